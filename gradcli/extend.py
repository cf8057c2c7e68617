"""The public door for new functions: an entry made here is a function of the language from then on.

`Elementwise` states its partial derivatives, `Structural` its transpose, and a `Composite` is defined
by other entries; `Edge` and `Kink` say what holds at points where analysis leaves a choice, and `Accuracy`
where fewer digits are right than elsewhere.
"""

from gradcli.engine.primitives import TABLE, Composite, Edge, Elementwise, Entry, Structural
from gradcli.engine.primitives.entry import Accuracy, Kink

__all__ = ["TABLE", "Accuracy", "Composite", "Edge", "Elementwise", "Entry", "Kink", "Structural"]
