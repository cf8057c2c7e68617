"""Constants of nature: `constants.c`, `scipy.constants.c`, and what an import line takes from that module."""

from __future__ import annotations

from gradcli.engine.graph import constant
from gradcli.language.vocabulary import QUANTITIES
from gradcli.lowering.context import Context
from gradcli.lowering.kinds import REAL, TENSOR, Typed
from gradcli.lowering.names import EVERYTHING, OF_NATURE
from gradcli.text.errors import InputError
from gradcli.text.source import Span
from gradcli.text.suggest import did_you_mean

_, IN_SCIPY = OF_NATURE


def quantity_of(context: Context, module: str, name: str, span: Span) -> Typed:
    """A constant of nature by its name, which stands at `span`; raises `InputError` for no such name.

    Behind our own prefix it brings its standard uncertainty; SciPy's are numbers alone.
    """
    from gradcli.engine.primitives.quantities import quantities, quantity  # SciPy, for those alone

    found = quantity(name)
    if found is None:
        near = did_you_mean(name, quantities())
        hint = f"did you mean {near}?" if near else f"help {QUANTITIES} lists the symbols"
        raise context.wrong(f"there is no constant {name}", span, hint)
    if found.uncertainty and module == QUANTITIES:
        written = f"{QUANTITIES}.{name}"
        node = context.scope.quantity(found.words, written, found.value, found.uncertainty)
        if node is not None:
            return node, TENSOR
    return constant(found.value), REAL


def imported_quantity(context: Context, name: str, span: Span) -> Typed | None:
    """The constant of SciPy's that an import line gave a name; `None` where none did."""
    imported = context.imported(name)
    if imported is not None:
        is_one = imported.member is not None and imported.module == IN_SCIPY
        return quantity_of(context, IN_SCIPY, str(imported.member), span) if is_one else None
    everything = context.imported(EVERYTHING)
    if everything is None or everything.module != IN_SCIPY:
        return None
    try:
        return quantity_of(context, IN_SCIPY, name, span)
    except InputError:
        return None
