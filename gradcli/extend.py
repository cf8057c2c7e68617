"""The public door for new functions: an entry made here is a function of the language from then on.

`Elementwise` states its partial derivatives, `Structural` its transpose, and a `Composite` is defined
by other entries; `Edge` and `Kink` say what holds at points where analysis leaves a choice.
"""

from gradcli.engine.primitives import TABLE, Composite, Edge, Elementwise, Entry, Structural
from gradcli.engine.primitives.entry import Kink

__all__ = ["TABLE", "Composite", "Edge", "Elementwise", "Entry", "Kink", "Structural"]
