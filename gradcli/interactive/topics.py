"""The words of the language that are neither functions nor commands, each said once.

Help and completion read this table.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradcli.records import NamedTuple


class Topic(NamedTuple):
    """One word: how it is written, what it does, and lines that show it.

    `kind` says where it may stand: `statement` (begins a line), `body` (begins a line of a body), `call`,
    `factory` (a call that PyTorch has too), `value`, `word` (inside an expression), `attribute` and `method`
    (after a dot), or `idea` (nowhere).
    """

    name: str
    kind: str
    usage: str
    doc: str
    example: str

    @property
    def text(self) -> str:
        """What completion types."""
        if self.kind in ("call", "factory", "method"):
            return f"{self.name}()" if self.usage.endswith("()") else f"{self.name}("
        return self.name


TOPICS: tuple[Topic, ...] = (
    # Statements
    Topic(
        "const",
        "statement",
        "const t = …",
        "Binds a name to a constant, which is no leaf and collects no grad.",
        ">>> const t = 2\n>>> x = 3\n>>> backward t*x",
    ),
    Topic(
        "def",
        "statement",
        "def f(x):",
        "Defines a function, its body indented on the lines below; f(x) = … does it on one line.",
        ">>> def f(x):\n...     y = x**2\n...     return y + 1\n...\n>>> f(3)",
    ),
    Topic(
        "return",
        "body",
        "return …",
        "Gives the value of a function, in the body of its def.",
        ">>> def f(x):\n...     return x + 1\n...\n>>> f(3)",
    ),
    Topic(
        "for",
        "statement",
        "for i in range(10):",
        "Repeats its body for each number of a range, or for each item of an array.",
        ">>> x = 3\n>>> for i in range(2): x -= 1\n>>> x",
    ),
    Topic(
        "no_grad",
        "statement",
        "no_grad:",
        "Records nothing in its body: values computed there are constants.",
        ">>> x = 3\n>>> no_grad: y = x**2\n>>> y",
    ),
    Topic(
        "with",
        "statement",
        "with torch.no_grad():",
        "PyTorch's spelling of no_grad.",
        ">>> x = 3\n>>> with torch.no_grad(): y = x**2\n>>> y",
    ),
    Topic(
        "import",
        "statement",
        "import torch",
        "Accepted, and does nothing, so that a pasted tutorial runs; so is from … import ….",
        ">>> import torch\n>>> torch.sin(0)",
    ),
    Topic(
        "print",
        "call",
        'print(a, "text")',
        "Prints values, every element of them, and text in quotes.",
        '>>> x = 3\n>>> print("x =", x)',
    ),
    # Derivatives
    Topic(
        "grad",
        "call",
        "grad(y, x)",
        "The derivative of a single number y in x, as a value, which can be differentiated again.",
        ">>> x = 3\n>>> grad(x**3, x)",
    ),
    Topic(
        "jacobian",
        "call",
        "jacobian(y, x)",
        "Every derivative of every element of y in every element of x: the shape of y, then that of x.",
        ">>> x = [1, 2]\n>>> jacobian(x**2, x)",
    ),
    Topic(
        "hessian",
        "call",
        "hessian(y, x)",
        "The second derivatives of a single number y in x.",
        ">>> x = [2, 3]\n>>> hessian(x[0]**2 * x[1], x)",
    ),
    # PyTorch's and Python's calls
    Topic(
        "tensor",
        "factory",
        "tensor(data, requires_grad=False)",
        "A constant from a number or an array, or a leaf with requires_grad=True, as in PyTorch.",
        ">>> x = torch.tensor(3., requires_grad=True)\n>>> x.requires_grad",
    ),
    Topic(
        "float",
        "call",
        "float(x)",
        "The number alone, as Python's float: a constant, as x.item() is.",
        ">>> x = 3\n>>> float(x**2)",
    ),
    Topic(
        "int",
        "call",
        "int(x)",
        "The number alone, without its fraction: a constant.",
        ">>> int(7/2)",
    ),
    Topic(
        "range",
        "call",
        "range(start, end, step)",
        "What a for runs over; arange makes an array.",
        ">>> for i in range(1, 3): print(i)",
    ),
    # Values
    Topic("ans", "value", "ans", "The last value shown; _ means the same.", ">>> 3 + 4\n>>> ans * 2"),
    Topic("pi", "value", "pi, or π", "The circumference of a circle over its diameter.", ">>> pi"),
    Topic("e", "value", "e", "The base of the natural logarithm.", ">>> e"),
    Topic("tau", "value", "tau, or τ", "Twice pi.", ">>> tau"),
    Topic("inf", "value", "inf, or ∞", "Infinity.", ">>> exp(-inf)"),
    Topic("nan", "value", "nan", "Not a number: what an undefined operation gives.", ">>> isnan(nan)"),
    Topic("True", "value", "True", "What a condition that holds gives; it counts as 1.", ">>> 2 < 3"),
    Topic(
        "False", "value", "False", "What a condition that does not hold gives; it counts as 0.", ">>> 2 > 3"
    ),
    Topic("if", "word", "a if condition else b", "One of two values.", ">>> x = -3\n>>> x if x > 0 else 0"),
    Topic("else", "word", "a if condition else b", "One of two values.", ">>> x = -3\n>>> x if x > 0 else 0"),
    # After a dot
    Topic("T", "attribute", "A.T", "The transpose.", ">>> A = [[1, 2], [3, 4]]\n>>> A.T"),
    Topic(
        "grad",
        "attribute",
        "x.grad",
        "What backward has accumulated in a leaf; none before the first pass.",
        ">>> x = 3\n>>> backward x**2\n>>> x.grad",
    ),
    Topic(
        "data",
        "attribute",
        "x.data",
        "The value alone, as a constant.",
        ">>> x = 3\n>>> x.data",
    ),
    Topic("shape", "attribute", "A.shape", "The sizes of its dimensions.", ">>> ones(2, 3).shape"),
    Topic("ndim", "attribute", "A.ndim", "The number of its dimensions.", ">>> ones(2, 3).ndim"),
    Topic(
        "requires_grad",
        "attribute",
        "x.requires_grad",
        "Whether it is a leaf or computed from leaves.",
        ">>> x = 3\n>>> (x**2).requires_grad",
    ),
    Topic(
        "is_leaf",
        "attribute",
        "x.is_leaf",
        "Whether it was computed from no leaf.",
        ">>> x = 3\n>>> x.is_leaf",
    ),
    Topic(
        "values",
        "attribute",
        "max(A, dim=0).values",
        "The values of max or min along a dim.",
        ">>> max([[1, 5], [3, 2]], dim=0).values",
    ),
    Topic(
        "indices",
        "attribute",
        "max(A, dim=0).indices",
        "Where max or min along a dim found its values.",
        ">>> max([[1, 5], [3, 2]], dim=0).indices",
    ),
    Topic(
        "backward",
        "method",
        "y.backward()",
        "Adds the gradient of y into the grads of the leaves that it reaches.",
        ">>> x = 3\n>>> y = x**2\n>>> y.backward()",
    ),
    Topic(
        "zero_",
        "method",
        "x.grad.zero_()",
        "Clears the grad of x, and shows it.",
        ">>> x = 3\n>>> backward x**2\n>>> x.grad.zero_()",
    ),
    Topic("item", "method", "y.item()", "The number alone, as a constant.", ">>> ([3]).item()"),
    Topic(
        "requires_grad_",
        "method",
        "x.requires_grad_()",
        "Makes a constant a leaf.",
        ">>> const x = 3\n>>> x.requires_grad_()",
    ),
    # Ideas
    Topic(
        "leaf",
        "idea",
        "leaf",
        "A name bound to numbers. backward adds into its grad, x -= … changes it in place.",
        ">>> x = 3\n>>> x.is_leaf",
    ),
    Topic(
        "constant",
        "idea",
        "constant",
        "A value that no leaf is in: const t = 2, x.detach(), x.grad. It collects no grad.",
        ">>> const t = 2\n>>> t.requires_grad",
    ),
    Topic(
        "gradient",
        "idea",
        "gradient",
        "The derivatives of a number in everything it depends on. backward y adds them into the grads of the "
        "leaves; grad(y, x) is one of them, as a value.",
        ">>> x = 3\n>>> y = x**2\n>>> backward y\n>>> grad(y, x)",
    ),
    Topic(
        "derivative",
        "idea",
        "derivative",
        "f'(x) is the derivative of a function, f''(x) its second one; grad(y, x) is that of a value. "
        "help sin shows the formula for sin, and help y that for a value y of yours.",
        ">>> f(t) = t**3\n>>> f'(2)\n>>> f''(2)",
    ),
    Topic(
        "accumulate",
        "idea",
        "accumulate",
        "Each backward adds to the grads that are there; a pass is one that reached the leaf.",
        ">>> x = 3\n>>> backward x**2\n>>> backward x**2\n>>> zero",
    ),
)
"""Every word, in the order in which help lists it."""


def topics_of(*kinds: str) -> Iterator[Topic]:
    """The topics of some kinds."""
    return (topic for topic in TOPICS if topic.kind in kinds)
