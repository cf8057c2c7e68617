"""What makes objects: calls of a library's classes, by their full paths, such as `torch.optim.SGD`.

A maker is given the lowering and the call, and comes to a host value (`gradcli.lowering.kinds.Host`), or is a
rule that does. It is asked only where something may act, which is in a session. The files that have makers
are imported when a program first calls something of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeAlias

from gradcli.lowering.deeds import changes

Maker: TypeAlias = Callable[[Any, Any], Any]
"""Makes an object for a call; is given the context and the call."""

OF_NUMPY = {
    "moving": "append array_split block delete dsplit hsplit insert resize rollaxis split vsplit",
    "counting": (
        "argpartition array_equal array_equiv bartlett bincount blackman compress diag_indices "
        "diag_indices_from ediff1d extract flatnonzero geomspace gradient hamming hanning histogram "
        "histogram2d histogram_bin_edges in1d indices intersect1d isin ix_ kaiser lexsort logspace nanargmax "
        "nanargmin nonzero partition poly polyadd polyder polydiv polyfit polyint polymul polysub "
        "ravel_multi_index roots setdiff1d setxor1d tri tril_indices tril_indices_from triu_indices "
        "triu_indices_from union1d unique unravel_index unwrap"
    ),
    "ndarrays": (
        "apply_along_axis around array2string array_repr array_str asanyarray ascontiguousarray "
        "asfortranarray copy cumproduct fix fromfunction identity isscalar ndim product round_ "
        "seterr shape size trapz vectorize"
    ),
    "polynomials": "poly1d polyval",
}
"""NumPy's functions that are no function of the table, or more than that, by the file that has them."""

OF_TENSORS = {
    "torch": (
        "Size bincount equal get_default_dtype is_floating_point is_grad_enabled is_tensor logspace nonzero "
        "unique"
    ),
    "torch.Tensor": (
        "backward bincount contiguous equal is_contiguous is_floating_point new_empty new_full new_ones "
        "new_tensor new_zeros nonzero storage_offset stride unique"
    ),
}
"""What the file `tensors` has, by the module: names that stand here, as most calls are of none of them."""

_FILES: Mapping[str, tuple[str, ...]] = {
    "torch.nn": ("layers", "containers", "recurrent", "attention", "transformers"),
    "torch.nn.Transformer": ("transformers",),
    "torch.nn.parameter": ("containers",),
    "torch.nn.init": ("initial",),
    "torch.optim": ("optimizers",),
    "torch.optim.lr_scheduler": ("schedulers",),
    "torch.cuda": ("absent",),
    "torch.backends.mps": ("absent",),
    "torch.autograd": ("checks",),
    "torch.utils.data": ("data",),
    "torch.utils._pytree": ("trees",),
    "jax": ("trees", "rules", "compared", "unchanged"),
    "jax.test_util": ("compared",),
    "jax.ad_checkpoint": ("compared", "unchanged"),
    "jax.config": ("unchanged",),
    "autograd.test_util": ("compared",),
    "numpy.testing": ("compared",),
    **{
        f"{module}.{name}": (file,)
        for module in ("numpy", "jax.numpy")
        for file, names in OF_NUMPY.items()
        for name in names.split()
    },
    "jax.custom_derivatives": ("rules",),
    "jax.lax": ("lax",),
    "jax.debug": ("lax",),
    "autograd.extend": ("rules",),
    "jax.tree": ("trees",),
    "jax.tree_util": ("trees", "compared"),
    "torch.nn.utils": ("clipping",),
    "torch.utils.checkpoint": ("recomputed",),
    **{
        f"{module}.{name}": ("limits",)
        for module in ("torch", "numpy", "jax.numpy")
        for name in ("finfo", "iinfo")
    },
    "copy": ("collected",),
    "random": ("choices",),
    "itertools": ("iterations",),
    "itertools.chain": ("iterations",),
    "functools": ("partials",),
    **dict.fromkeys(
        (
            "torch.distributions",
            *[f"torch.distributions.{each}" for each in ("normal", "uniform", "exponential", "kl")],
            *[f"torch.distributions.{each}" for each in ("bernoulli", "categorical")],
            *[f"torch.distributions.{each}" for each in ("gamma", "beta", "dirichlet", "poisson")],
        ),
        ("distributions",),
    ),
    "torch.save": ("saved",),
    "torch.load": ("saved",),
    "out": ("in_place",),
    "collections": ("collected",),
    **{f"{module}.{name}": ("tensors",) for module, names in OF_TENSORS.items() for name in names.split()},
    "torch.Tensor.register_hook": ("hooks",),
    "torch.Generator": ("generators",),
    "torch.initial_seed": ("generators",),
    "numpy.random.default_rng": ("generators",),
    "numpy.random.RandomState": ("generators",),
}
"""The files of `objects` that have makers of a module, or of one path."""

_CHANGING = ("torch", "torch.Tensor", "torch.nn.functional")
"""Where functions and methods stand that change a tensor in place, all of which one file has."""


def made_in(module: str) -> list[str]:
    """The names of what is made under the path of a module, as `Linear` under `torch.nn`."""
    paths = {path for path in _FILES if path.rpartition(".")[0] == module}
    for file in _FILES.get(module, ()):
        paths.update(import_module(f"gradcli.session.objects.{file}").MAKERS)
    return sorted(path.rpartition(".")[2] for path in paths if path.rpartition(".")[0] == module)


def maker(path: str) -> Maker | None:
    """What makes an object for a call of that path; `None` where nothing does."""
    if path.startswith("matplotlib."):
        from gradcli.session.objects.absent import picture

        return picture
    module, _, name = path.rpartition(".")
    files = _FILES.get(path) or _FILES.get(module, ())
    for file in (*files, "in_place") if changes(name) and module in _CHANGING else files:
        makers: Mapping[str, Maker] = import_module(f"gradcli.session.objects.{file}").MAKERS
        if path in makers:
            return makers[path]
    return None
