"""What names mean that nobody bound: modules that are looked through, dtypes, calls."""

from __future__ import annotations

from gradcli.language.tree import Attribute, Expression, Imported, Name
from gradcli.language.vocabulary import DTYPES, GRADS, MODULES, QUANTITIES, SUBMODULES, WIDTHS
from gradcli.records import NamedTuple, Protocol


class Names(Protocol):
    """What a name may stand for besides a built-in one: a value, or what an import line says."""

    def bound(self, name: str) -> bool:
        """Whether the user has bound a name to a value."""

    def imported(self, name: str) -> Imported | None:
        """What an import line said that a name is."""

    def calls_user(self, function: Expression) -> bool:
        """Whether what is called is the user's own function."""


class Member(NamedTuple):
    """What a library has under a name: `module` is its full path, as `numpy.linalg`."""

    module: str
    name: str

    @property
    def library(self) -> str:
        """The library that it is of, as `numpy`."""
        return self.module.partition(".")[0]

    @property
    def convention(self) -> str:
        """Whose habits it has: JAX's arrays are NumPy's in this."""
        return "numpy" if self.module.startswith("jax.numpy") else self.library

    @property
    def path(self) -> str:
        """How it is written whole, as `numpy.linalg.norm`."""
        return f"{self.module}.{self.name}"


OF_NATURE = (QUANTITIES, "scipy.constants")
"""The modules whose members are constants of nature: ours, which have uncertainties, and SciPy's."""

EVERYTHING = "*"
"""The name under which scopes keep what `from math import *` says."""

TRANSFORMING = ("torch", "jax")
"""The libraries whose functions of functions are known here: `torch.func.grad(f)`, `jax.jvp(f, …)`."""

PRODUCTS = ("jvp", "vjp", "hvp", "vhp", "linearize", "linear_transpose")
"""What of these libraries takes a function, where it is differentiated, and a vector."""

KINDS: dict[str, str] = {
    **dict.fromkeys(GRADS, "grad"),
    "value_and_grad": "value_and_grad",
    "grad_and_value": "grad_and_value",
    **dict.fromkeys(("jacobian", "jacfwd", "jacrev"), "jacobian"),
    "hessian": "hessian",
    "elementwise_grad": "elementwise_grad",
    "vmap": "vmap",
    "jit": "jit",
}
"""What makes a function of a function, by its name."""

_SAME_AS = {
    "autograd.numpy": "numpy",
    "autograd.scipy": "scipy",
    "cupy": "numpy",
    "tensorflow.math": "tensorflow",
}
"""Modules that have the functions of others, with the meanings that these have there."""


def _known_as(path: str) -> str:
    """The path of a module under the name that its library goes by."""
    for other, same in _SAME_AS.items():
        if path == other or path.startswith(f"{other}."):
            return same + path[len(other) :]
    return path


def module_of(expression: Expression, names: Names) -> str | None:
    """The full path of the module that an expression is, as `torch.nn.functional`; `None` for a value."""
    below = ""
    while isinstance(expression, Attribute) and (expression.name in SUBMODULES or expression.name in MODULES):
        below = f".{expression.name}{below}"
        expression = expression.value
    if not isinstance(expression, Name) or names.bound(expression.name):
        return None
    imported = names.imported(expression.name)
    if imported is None:
        module = MODULES.get(expression.name)
        return None if module is None else _known_as(module + below)
    if imported.member is None:
        return _known_as(imported.module + below)
    is_module = imported.member in SUBMODULES or imported.member in MODULES
    return _known_as(f"{imported.module}.{imported.member}{below}") if is_module else None


def is_module_path(expression: Expression, names: Names) -> bool:
    """Whether an expression is `torch`, `torch.nn.functional` and so on."""
    return module_of(expression, names) is not None


def member_of(function: Expression, names: Names) -> Member | None:
    """What a library has that is called, by its path or by what an import line says; `None` for all else."""
    if isinstance(function, Attribute):
        module = module_of(function.value, names)
        return None if module is None else Member(module, function.name)
    if not isinstance(function, Name):
        return None
    imported = names.imported(function.name)
    if imported is not None:
        return None if imported.member is None else Member(_known_as(imported.module), imported.member)
    everything = names.imported(EVERYTHING)
    if everything is None:
        return None
    member = Member(_known_as(everything.module), function.name)
    return member if has(member) else None


def has(member: Member) -> bool | None:
    """Whether a module has a function of that name; `None` for modules of which nothing is known."""
    from gradcli.language.libraries import FUNCTIONS  # long, and for libraries only

    functions = FUNCTIONS.get(member.module)
    return None if functions is None else f" {member.name} " in f" {functions} "


def found_in(member: Member) -> Member | None:
    """What a name means in its library: what its module has, or else another module of the library."""
    if has(member):
        return member
    from gradcli.language.libraries import FUNCTIONS

    for module in FUNCTIONS:
        other = Member(module, member.name)
        if module.partition(".")[0] == member.library and has(other):
            return other
    return None


def called_name(function: Expression, names: Names) -> str | None:
    """The plain name of what is called, modules looked through; `None` for a method or a value."""
    if isinstance(function, Name):
        imported = names.imported(function.name)
        return function.name if imported is None or imported.member is None else imported.member
    if isinstance(function, Attribute) and is_module_path(function.value, names):
        return function.name
    return None


class Dtype(NamedTuple):
    """What a dtype holds (of `DTYPES`), and the width of its real numbers (of `WIDTHS`), if it has one."""

    holds: str
    width: str = ""


def dtype_named(name: str) -> Dtype | None:
    """The dtype of a name, as `float32`; `None` for what is none."""
    return Dtype(DTYPES[name], WIDTHS.get(name, "")) if name in DTYPES else None


def dtype_of(expression: Expression, names: Names) -> Dtype | None:
    """The dtype that an expression is, as `torch.long`, or `None`; `float` alone is Python's own."""
    if not isinstance(expression, Name):
        return dtype_named(called_name(expression, names) or "")
    if names.bound(expression.name):
        return None
    is_python = expression.name == "float" and names.imported("float") is None
    return dtype_named("double" if is_python else called_name(expression, names) or "")


def library_of(function: Expression, names: Names) -> str | None:
    """The library whose conventions a call asks for, by a prefix or an import line."""
    member = member_of(function, names)
    return None if member is None else member.convention
