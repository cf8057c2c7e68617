"""The words of the language that are neither functions nor commands of a prompt: one entry for each.

What a word does is attached to its name where that is done: to a keyword of the grammar by a rule, to a call,
an attribute or a method in `lowering/`, to what stands on a line of its own in `session/`. Help, completion,
hints, README and man page read this table, and so does all code that asks what a name is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from gradcli.records import NamedTuple


class Word(NamedTuple):
    """One word, and in which place: how it is written there, what it does, and lines that show it.

    `stands` says where it may stand: `statement` (begins a line), `body` (begins a line of a body), `call`,
    `factory` (a call that PyTorch has too), `builtin` (a call of Python's own), `value`, `constant` or
    `truth` (values that are always the same), `draw` (a call that draws random numbers), `word` (inside an
    expression or a statement), `attribute` and `method` (after a dot), `context` (a call after `with`),
    `module` and `submodule` (before a dot), `dtype`, `keyword` (before `=` in a call), `setting` (a call of a
    library's that changes nothing here), or `idea` (nowhere).
    """

    name: str
    stands: str
    usage: str
    doc: str
    example: str
    also: tuple[str, ...] = ()
    """Other spellings, which are the same."""
    means: object = None
    """What code needs to know: a constant's number, a module's full name, what a dtype holds, the operator of
    a method that changes a value in place, whether a context records."""
    typed: str = ""
    """For a statement, what to type where its word stands as if it were a value."""
    accepted: bool = False
    """Whether it is here for texts that are pasted: explained if someone asks, and not offered."""
    alone: bool = False
    """Whether a call stands on a line of its own, as it has no value."""

    @property
    def text(self) -> str:
        """What completion types."""
        if self.stands in ("call", "factory", "builtin", "method"):
            return f"{self.name}()" if self.usage.endswith("()") else f"{self.name}("
        return self.name

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way to write it."""
        return (self.name, *self.also)

    @property
    def offered(self) -> bool:
        """Whether lists of words have it."""
        return not self.accepted and (self.stands not in _PASTED or self.means == QUANTITIES)


QUANTITIES = "constants"
"""The prefix before constants of nature."""

_PASTED = ("context", "module", "submodule", "dtype", "keyword", "setting")

WORDS: tuple[Word, ...] = (
    # Statements
    Word(
        "const",
        "statement",
        "const t = …",
        "Binds a name to a constant, which is no leaf and collects no grad.",
        ">>> const t = 2\n>>> x = 3\n>>> backward t*x",
        typed="const t = 0",
    ),
    Word(
        "def",
        "statement",
        "def f(x):",
        "Defines a function, its body indented on the lines below; f(x) = … does it on one line.",
        ">>> def f(x):\n...     y = x**2\n...     return y + 1\n...\n>>> f(3)",
    ),
    Word(
        "class",
        "statement",
        "class Net(nn.Module):",
        "Defines a module of PyTorch's: __init__ makes its layers and parameters, forward uses them.",
        ">>> import torch.nn as nn\n>>> class Twice(nn.Module):\n...     def forward(self, x):\n"
        "...         return 2*x\n...\n>>> net = Twice()\n>>> net(3)",
    ),
    Word(
        "return",
        "body",
        "return …",
        "Gives the value of a function, in the body of its def.",
        ">>> def f(x):\n...     return x + 1\n...\n>>> f(3)",
    ),
    Word(
        "for",
        "statement",
        "for i in range(10):",
        "Repeats its body for each number of a range, or for each item of an array.",
        ">>> x = 3\n>>> for i in range(2): x -= 1\n>>> x",
    ),
    Word(
        "while",
        "statement",
        "while x > 1:",
        "Repeats its body as long as a condition holds.",
        ">>> x = 12\n>>> while x > 2: x -= 5\n>>> x",
    ),
    Word(
        "if",
        "statement",
        "if x > 0:",
        "Runs its body where a condition holds; `a if condition else b` is one of two values.",
        '>>> x = -3\n>>> if x > 0: print("up")\n... else: print("down")\n...\n>>> x if x > 0 else 0',
    ),
    Word(
        "elif",
        "word",
        "elif x < 0:",
        "The next case of an if.",
        '>>> x = 0\n>>> if x > 0: print("up")\n... elif x < 0: print("down")\n... else: print("flat")\n...',
    ),
    Word(
        "break",
        "body",
        "break",
        "Leaves the loop that it stands in.",
        ">>> for i in range(9):\n...     if i > 2: break\n...\n>>> i",
    ),
    Word(
        "continue",
        "body",
        "continue",
        "Begins the next round of the loop that it stands in.",
        ">>> for i in range(4):\n...     if i < 2: continue\n...     print(i)\n...",
    ),
    Word(
        "assert",
        "statement",
        "assert x > 0",
        'Is an error where a condition does not hold; `assert x > 0, "text"` says the text with it.',
        '>>> x = 3\n>>> assert x > 0, "x must be positive"',
        typed="assert x > 0",
    ),
    Word(
        "raise",
        "statement",
        'raise ValueError("text")',
        "Ends the program with an error of this name.",
        '>>> x = 3\n>>> if x > 5: raise ValueError("x is too large")\n...',
        typed='raise ValueError("text")',
    ),
    Word(
        "try",
        "statement",
        "try:",
        "Does its body, and where that fails what stands under `except RuntimeError as error:`; under "
        "`finally:` what is done at the end in each case.",
        '>>> try: assert 1 > 2, "no"\n... except AssertionError as error: print(error)\n...',
        typed='try: assert 1 > 2, "no"',
        accepted=True,
    ),
    Word(
        "except",
        "statement",
        "except RuntimeError as error:",
        "Goes on from `try`: what is done where that fails.",
        '>>> try: raise ValueError("no")\n... except ValueError as error: print("caught", error)\n...',
        accepted=True,
    ),
    Word(
        "finally",
        "statement",
        "finally:",
        "Goes on from `try`: what is done at its end, whatever has happened.",
        ">>> try: x = 3\n... finally: print(x)\n...",
        accepted=True,
    ),
    Word(
        "global",
        "body",
        "global n",
        "Lets a function bind a name of the program, in the body of its def.",
        ">>> n = 0\n>>> def f():\n...     global n\n...     n = n + 1\n...     print(n)\n...\n>>> f()",
        accepted=True,
    ),
    Word(
        "nonlocal",
        "body",
        "nonlocal n",
        "Lets a function bind a name of the function around it, in the body of its def.",
        ">>> def counter():\n...     n = 0\n...     def count():\n...         nonlocal n\n"
        "...         n = n + 1\n...         print(n)\n...     count()\n...     count()\n...\n>>> counter()",
        accepted=True,
    ),
    Word(
        "yield",
        "body",
        "yield x",
        "Gives one item after another, in the body of a def; all are made when it is called.",
        ">>> def squares(n):\n...     for k in range(n): yield k**2\n...\n>>> list(squares(3))",
        accepted=True,
    ),
    Word(
        "no_grad",
        "statement",
        "no_grad:",
        "Records nothing in its body: values computed there are constants.",
        ">>> x = 3\n>>> no_grad: y = x**2\n>>> y",
        typed="with no_grad():",
    ),
    Word(
        "with",
        "statement",
        "with torch.no_grad():",
        "PyTorch's spelling of no_grad.",
        ">>> x = 3\n>>> with torch.no_grad(): y = x**2\n>>> y",
        typed="with no_grad():",
    ),
    Word(
        "enable_grad",
        "context",
        "with torch.enable_grad():",
        "Records again in its body, inside one that records nothing.",
        ">>> x = 3\n>>> with torch.enable_grad(): y = x**2\n>>> y.requires_grad",
        means=True,
    ),
    Word(
        "no_grad",
        "context",
        "with torch.no_grad():",
        "PyTorch's spelling of no_grad.",
        ">>> x = 3\n>>> with torch.no_grad(): y = x**2\n>>> y",
        also=("inference_mode",),
        means=False,
    ),
    Word(
        "set_grad_enabled",
        "context",
        "with torch.set_grad_enabled(False):",
        "no_grad, or enable_grad with True.",
        ">>> x = 3\n>>> with torch.set_grad_enabled(False): y = x**2\n>>> y",
    ),
    Word(
        "detect_anomaly",
        "context",
        "with torch.autograd.detect_anomaly():",
        "Its body as it stands: what gives nan or inf is told anyway.",
        ">>> x = 3\n>>> with torch.autograd.detect_anomaly(): y = x**2\n>>> y",
        also=("set_detect_anomaly", "autocast", "record_function", "errstate", "catch_warnings"),
    ),
    Word(
        "backward",
        "statement",
        "backward [y[, SEED]]",
        "Adds the gradient of y (ans, if it is left out) into the grads of the leaves that it reaches.",
        ">>> x = 3\n>>> backward x**2\n>>> backward x**2",
        typed="backward y",
    ),
    Word(
        "zero",
        "statement",
        "zero [x …]",
        "Clears the grads of some leaves, or of every leaf. Nothing else ever clears a grad.",
        ">>> x = 3\n>>> backward x**2\n>>> zero x\n>>> grad x",
    ),
    Word(
        "correlation",
        "statement",
        "correlation x, y = r",
        "How uncertain leaves vary together: one number for every pair, or the matrix of all.",
        ">>> x = 3 ± 0.1\n>>> y = 4 ± 0.1\n>>> correlation x, y = 0.5\n>>> x + y",
    ),
    Word(
        "dof",
        "statement",
        "dof x = n",
        "How many degrees of freedom the uncertainty of a leaf has, n - 1 of the mean of n readings; budget "
        "says what follows.",
        ">>> x = 3 ± 0.1\n>>> dof x = 4\n>>> budget x**2",
        also=(),
    ),
    Word("del", "statement", "del x …", "Forgets names.", ">>> x = 3\n>>> del x\n>>> vars", typed="del x"),
    Word(
        "import",
        "statement",
        "import torch",
        "Accepted, so that a pasted tutorial runs; so is from … import …. Bare numbers are constants then.",
        ">>> import torch\n>>> torch.sin(0)",
        typed="import torch",
    ),
    Word(
        "from",
        "statement",
        "from math import pi",
        "Accepted as import is; a constant or a function may be given another name.",
        ">>> from math import pi as p\n>>> p",
        typed="from math import pi",
        accepted=True,
    ),
    Word(
        "pass",
        "statement",
        "pass",
        "Does nothing, where Python needs a statement.",
        ">>> for i in range(3): pass",
        accepted=True,
    ),
    Word(
        "print",
        "call",
        'print(a, "text")',
        "Prints values, every element of them, and text in quotes.",
        '>>> x = 3\n>>> print("x =", x)',
        alone=True,
    ),
    # Derivatives
    Word(
        "grad",
        "call",
        "grad(y, x)",
        "The derivative of a single number y in x, as a value, which can be differentiated again.",
        ">>> x = 3\n>>> grad(x**3, x)",
        also=("derivative", "gradient", "gradients", "D", "diff"),
    ),
    Word(
        "jacobian",
        "call",
        "jacobian(y, x)",
        "Every derivative of every element of y in every element of x: the shape of y, then that of x.",
        ">>> x = [1, 2]\n>>> jacobian(x**2, x)",
    ),
    Word(
        "hessian",
        "call",
        "hessian(y, x)",
        "The second derivatives of a single number y in x.",
        ">>> x = [2, 3]\n>>> hessian(x[0]**2 * x[1], x)",
    ),
    Word(
        "jvp",
        "call",
        "jvp(y, x, v)",
        "The derivative of y along v in x: the Jacobian times v, without the Jacobian.",
        ">>> x = [1, 2]\n>>> jvp(x**2, x, [1, 10])",
    ),
    Word(
        "vjp",
        "call",
        "vjp(y, x, u)",
        "The gradient in x of y weighted by u: u times the Jacobian, without the Jacobian.",
        ">>> x = [1, 2]\n>>> vjp(sum(x)*x, x, [1, 0])",
    ),
    Word(
        "hvp",
        "call",
        "hvp(y, x, v)",
        "The Hessian of a single number y in x times v, without the Hessian.",
        ">>> x = [1, 2]\n>>> hvp(sum(x**3), x, [1, 1])",
    ),
    Word(
        "directional",
        "call",
        "directional(y, x, v)",
        "The slope of y in x in the direction of v, whatever its length; jvp takes v as it is.",
        ">>> x = [1, 2]\n>>> directional(sum(x**2), x, [3, 4])",
    ),
    Word(
        "laplacian",
        "call",
        "laplacian(y, x)",
        "The sum of the second derivatives of y in each element of x, or in each of a list [x, y].",
        ">>> x = 2\n>>> y = 3\n>>> laplacian(x**2*y**3, [x, y])",
    ),
    Word(
        "divergence",
        "call",
        "divergence(F, x)",
        "The divergence of a vector field in the vector x, or in a list of coordinates.",
        ">>> x = 2\n>>> y = 3\n>>> divergence([x*y, y**2], [x, y])",
    ),
    Word(
        "curl",
        "call",
        "curl(F, x)",
        "The curl of a vector field in 3 coordinates; in 2 of them, a single number.",
        ">>> x = 2\n>>> y = 3\n>>> curl([-y, x], [x, y])",
    ),
    Word(
        "taylor",
        "call",
        "taylor(y, x, x0, n)",
        "The Taylor polynomial of y in the number x, about x0, of degree n; help shows it as a formula.",
        ">>> x = 0.5\n>>> taylor(exp(x), x, 0, 3)",
    ),
    # PyTorch's and Python's calls
    Word(
        "tensor",
        "factory",
        "tensor(data, requires_grad=False)",
        "A constant from a number or an array, or a leaf with requires_grad=True, as in PyTorch.",
        ">>> x = torch.tensor(3., requires_grad=True)\n>>> x.requires_grad",
        also=("Tensor", "as_tensor", "from_numpy", "Variable", "FloatTensor", "DoubleTensor", "LongTensor"),
    ),
    Word(
        "array",
        "call",
        "np.array(data)",
        "NumPy's way to write an array.",
        ">>> np.array([1, 2])*2",
        also=("asarray",),
        accepted=True,
    ),
    Word(
        "backward",
        "call",
        "torch.autograd.backward(y)",
        "PyTorch's other spelling of y.backward().",
        ">>> x = 3\n>>> y = x**2\n>>> torch.autograd.backward(y)",
        accepted=True,
    ),
    Word(
        "float",
        "call",
        "float(x)",
        "The number alone, as Python's float: a constant, as x.item() is.",
        ">>> x = 3\n>>> float(x**2)",
    ),
    Word(
        "int",
        "call",
        "int(x)",
        "The number alone, without its fraction: a constant.",
        ">>> int(7/2)",
    ),
    Word(
        "range",
        "call",
        "range(start, end, step)",
        "What a for runs over; arange makes an array.",
        ">>> for i in range(1, 3): print(i)",
    ),
    # Python's own functions
    Word(
        "list",
        "builtin",
        "list(xs)",
        "A list of the items of something.",
        ">>> list((1, 2))",
    ),
    Word(
        "tuple",
        "builtin",
        "tuple(xs)",
        "A tuple of the items of something.",
        ">>> tuple([1, 2])",
    ),
    Word(
        "dict",
        "builtin",
        "dict(a=1)",
        "A dictionary, of names, of pairs, or of another one.",
        ">>> dict(lr=0.1)",
    ),
    Word(
        "set",
        "builtin",
        "set(xs)",
        "The items of something, each once.",
        ">>> set([1, 2, 1])",
    ),
    Word(
        "zip",
        "builtin",
        "zip(xs, ys)",
        "The items of several things side by side.",
        ">>> for x, y in zip([1, 2], [3, 4]): print(x*y)",
    ),
    Word(
        "enumerate",
        "builtin",
        "enumerate(xs)",
        "The items of something, each with its place.",
        ">>> for k, x in enumerate([3, 4]): print(k, x)",
    ),
    Word(
        "reversed",
        "builtin",
        "reversed(xs)",
        "The items of something from the last to the first.",
        ">>> reversed([1, 2])",
    ),
    Word(
        "map",
        "builtin",
        "map(f, xs)",
        "What a function gives for each item.",
        ">>> map(lambda x: x**2, [1, 2])",
    ),
    Word(
        "filter",
        "builtin",
        "filter(f, xs)",
        "The items for which a function gives what counts as true.",
        ">>> filter(lambda x: x > 1, [1, 2])",
    ),
    Word(
        "iter",
        "builtin",
        "iter(xs)",
        "The items of something, which next takes one after another.",
        ">>> next(iter([1, 2]))",
    ),
    Word(
        "next",
        "builtin",
        "next(it)",
        "The next item of what iter gives.",
        ">>> next(iter([3, 4]))",
    ),
    Word(
        "sorted",
        "builtin",
        "sorted(xs, key=f, reverse=False)",
        "The items of something in order.",
        ">>> sorted([2, 1])",
    ),
    Word(
        "isinstance",
        "builtin",
        "isinstance(x, float)",
        "Whether a value is of a type.",
        '>>> isinstance("a", str)',
    ),
    Word(
        "type",
        "builtin",
        "type(x)",
        "What Python or PyTorch calls the sort of a value.",
        '>>> type("a")',
    ),
    Word(
        "str",
        "builtin",
        "str(x)",
        "A value as text.",
        '>>> str(3) + "!"',
    ),
    Word(
        "repr",
        "builtin",
        "repr(x)",
        "A value as text, as Python would read it.",
        '>>> repr("a")',
    ),
    Word(
        "bool",
        "builtin",
        "bool(x)",
        "Whether a value counts as true.",
        ">>> bool([])",
    ),
    Word(
        "id",
        "builtin",
        "id(x)",
        "A number that is another for each value.",
        '>>> id("a") > 0',
    ),
    Word(
        "ord",
        "builtin",
        'ord("a")',
        "The number of a character.",
        '>>> ord("a")',
    ),
    Word(
        "chr",
        "builtin",
        "chr(97)",
        "The character of a number.",
        ">>> print(chr(97))",
    ),
    Word(
        "setattr",
        "builtin",
        'setattr(model, "size", 3)',
        "Gives an object a value under a name, as model.size = 3 does.",
        ">>> import torch.nn as nn\n>>> model = nn.Linear(2, 1)\n"
        '>>> setattr(model, "size", 3)\n>>> model.size',
    ),
    Word(
        "hasattr",
        "call",
        'hasattr(x, "grad")',
        "Whether something stands behind the dot of a value under a name.",
        '>>> hasattr(3, "grad")',
        accepted=True,
    ),
    Word(
        "getattr",
        "call",
        'getattr(x, "grad", default)',
        "What stands behind the dot of a value under a name.",
        '>>> x = 3\n>>> getattr(x, "is_leaf")',
        accepted=True,
    ),
    Word(
        "dir",
        "call",
        "dir(x)",
        "The names behind the dot of a value, an object or a library.",
        '>>> dir("a")',
        accepted=True,
    ),
    # Values
    Word(
        "ans",
        "value",
        "ans",
        "The last value shown; _ means the same.",
        ">>> 3 + 4\n>>> ans * 2",
        also=("_",),
    ),
    Word(
        "pi",
        "constant",
        "pi, or π",
        "The circumference of a circle over its diameter.",
        ">>> pi",
        also=("π",),
        means=math.pi,
    ),
    Word("e", "constant", "e", "The base of the natural logarithm.", ">>> e", means=math.e),
    Word("tau", "constant", "tau, or τ", "Twice pi.", ">>> tau", also=("τ",), means=math.tau),
    Word("inf", "constant", "inf, or ∞", "Infinity.", ">>> exp(-inf)", also=("∞",), means=math.inf),
    Word(
        "nan",
        "constant",
        "nan",
        "Not a number: what an undefined operation gives.",
        ">>> isnan(nan)",
        means=math.nan,
    ),
    Word(
        "True",
        "truth",
        "True",
        "What a condition that holds gives; it counts as 1.",
        ">>> 2 < 3",
        means=True,
    ),
    Word(
        "False",
        "truth",
        "False",
        "What a condition that does not hold gives; it counts as 0.",
        ">>> 2 > 3",
        means=False,
    ),
    Word(
        "None",
        "word",
        "x.grad = None",
        "Forgets a grad. Elsewhere it is no value, and in a call the default.",
        ">>> x = 3\n>>> backward x**2\n>>> x.grad = None\n>>> x.grad",
        accepted=True,
    ),
    Word("else", "word", "a if condition else b", "One of two values.", ">>> x = -3\n>>> x if x > 0 else 0"),
    Word(
        "in",
        "word",
        "for i in range(10):",
        "What a for runs over stands behind it.",
        ">>> for i in [2, 3]: print(i)",
        accepted=True,
    ),
    Word(
        "is",
        "word",
        "x.grad is None",
        "Whether two values are one and the same: `x is not None`.",
        ">>> x = 3\n>>> x.grad is None",
        accepted=True,
    ),
    Word(
        "lambda",
        "word",
        "lambda x: x**2",
        "A function without a name, to be handed on or given one.",
        ">>> f = lambda x: x**2\n>>> f(3)",
    ),
    Word(
        "as",
        "word",
        "import numpy as np",
        "Gives what is imported another name.",
        ">>> import numpy as n\n>>> n.sqrt(4)",
        accepted=True,
    ),
    # After a dot
    Word("T", "attribute", "A.T", "The transpose.", ">>> A = [[1, 2], [3, 4]]\n>>> A.T"),
    Word(
        "mT",
        "attribute",
        "A.mT",
        "The transpose of the last two dimensions.",
        ">>> A = [[1, 2], [3, 4]]\n>>> A.mT",
        also=("mH", "H"),
        accepted=True,
    ),
    Word(
        "grad",
        "attribute",
        "x.grad",
        "What backward has accumulated in a leaf; none before the first pass.",
        ">>> x = 3\n>>> backward x**2\n>>> x.grad",
    ),
    Word(
        "data",
        "attribute",
        "x.data",
        "The value alone, as a constant.",
        ">>> x = 3\n>>> x.data",
    ),
    Word("shape", "attribute", "A.shape", "The sizes of its dimensions.", ">>> ones(2, 3).shape"),
    Word("ndim", "attribute", "A.ndim", "The number of its dimensions.", ">>> ones(2, 3).ndim"),
    Word(
        "requires_grad",
        "attribute",
        "x.requires_grad",
        "Whether it is a leaf or computed from leaves.",
        ">>> x = 3\n>>> (x**2).requires_grad",
    ),
    Word(
        "is_leaf",
        "attribute",
        "x.is_leaf",
        "Whether it was computed from no leaf.",
        ">>> x = 3\n>>> x.is_leaf",
    ),
    Word(
        "values",
        "attribute",
        "max(A, dim=0).values",
        "The values of max or min along a dim.",
        ">>> max([[1, 5], [3, 2]], dim=0).values",
    ),
    Word(
        "indices",
        "attribute",
        "max(A, dim=0).indices",
        "Where max or min along a dim found its values.",
        ">>> max([[1, 5], [3, 2]], dim=0).indices",
    ),
    Word(
        "dtype",
        "attribute",
        "x.dtype",
        "The sort of its numbers, shown as PyTorch names it; all arithmetic is in doubles.",
        ">>> x = 3\n>>> x.dtype",
        accepted=True,
    ),
    Word(
        "device",
        "attribute",
        "x.device",
        "Shows cpu, where everything is computed.",
        ">>> x = 3\n>>> x.device",
        accepted=True,
    ),
    Word(
        "grad_fn",
        "attribute",
        "y.grad_fn",
        "Shows what PyTorch calls the operation that it comes from; none of a leaf.",
        ">>> x = 3\n>>> y = x**2\n>>> y.grad_fn",
        accepted=True,
    ),
    Word(
        "backward",
        "method",
        "y.backward()",
        "Adds the gradient of y into the grads of the leaves that it reaches.",
        ">>> x = 3\n>>> y = x**2\n>>> y.backward()",
        alone=True,
    ),
    Word(
        "zero_",
        "method",
        "x.grad.zero_()",
        "Clears the grad of x, and shows it.",
        ">>> x = 3\n>>> backward x**2\n>>> x.grad.zero_()",
        alone=True,
    ),
    Word("item", "method", "y.item()", "The number alone, as a constant.", ">>> ([3]).item()"),
    Word(
        "requires_grad_",
        "method",
        "x.requires_grad_()",
        "Makes a constant a leaf.",
        ">>> const x = 3\n>>> x.requires_grad_()",
        alone=True,
    ),
    Word(
        "tolist",
        "method",
        "v.tolist()",
        "The numbers as a list of Python's: a constant.",
        ">>> v = [1, 2]\n>>> v.tolist()",
        accepted=True,
    ),
    Word(
        "copy",
        "method",
        "a.copy()",
        "An array of NumPy's with the same numbers, which nothing else changes.",
        ">>> import numpy as np\n>>> a = np.array([1, 2])\n>>> a.copy()",
        accepted=True,
    ),
    Word(
        "numpy",
        "method",
        "v.numpy()",
        "The value alone, as an array of NumPy's: a constant.",
        ">>> v = [1, 2]\n>>> v.numpy()",
        accepted=True,
    ),
    Word(
        "size",
        "method",
        "A.size(dim)",
        "The size of a dimension, or all of them, as A.shape.",
        ">>> ones(2, 3).size(0)",
        accepted=True,
    ),
    Word(
        "dim",
        "method",
        "A.dim()",
        "The number of its dimensions, as A.ndim.",
        ">>> ones(2, 3).dim()",
        also=("ndimension",),
        accepted=True,
    ),
    Word(
        "to",
        "method",
        "x.to(torch.float64)",
        "The value as the sort of number that a dtype names; of a device, the value itself.",
        ">>> (7/2).to(torch.long)",
        also=("type", "astype"),
        accepted=True,
    ),
    Word(
        "cpu",
        "method",
        "x.cpu()",
        "The value itself.",
        ">>> x = 3\n>>> x.cpu()",
        also=("contiguous", "block_until_ready"),
        accepted=True,
    ),
    Word(
        "add_",
        "method",
        "x.add_(2)",
        "Changes a leaf in place, as x += 2.",
        ">>> x = 3\n>>> x.add_(2)\n>>> x",
        means="+",
        accepted=True,
        alone=True,
    ),
    Word(
        "sub_",
        "method",
        "x.sub_(2)",
        "Changes a leaf in place, as x -= 2.",
        ">>> x = 3\n>>> x.sub_(2)\n>>> x",
        means="-",
        accepted=True,
        alone=True,
    ),
    Word(
        "mul_",
        "method",
        "x.mul_(2)",
        "Changes a leaf in place, as x *= 2.",
        ">>> x = 3\n>>> x.mul_(2)\n>>> x",
        means="*",
        accepted=True,
        alone=True,
    ),
    Word(
        "div_",
        "method",
        "x.div_(2)",
        "Changes a leaf in place, as x /= 2.",
        ">>> x = 3\n>>> x.div_(2)\n>>> x",
        means="/",
        accepted=True,
        alone=True,
    ),
    Word(
        "pow_",
        "method",
        "x.pow_(2)",
        "Changes a leaf in place, as x **= 2.",
        ">>> x = 3\n>>> x.pow_(2)\n>>> x",
        means="**",
        accepted=True,
        alone=True,
    ),
    Word(
        "copy_",
        "method",
        "x.copy_(2)",
        "Gives a leaf another value in place, and keeps its grad.",
        ">>> x = 3\n>>> x.copy_(2)\n>>> x",
        also=("fill_",),
        accepted=True,
        alone=True,
    ),
    Word(
        "retain_grad",
        "method",
        "y.retain_grad()",
        "Lets a computed value keep its grad, which backward adds into y.grad as into that of a leaf.",
        ">>> x = 3\n>>> y = x**2\n>>> y.retain_grad()\n>>> backward 2*y\n>>> y.grad",
        alone=True,
    ),
    Word(
        "constants",
        "module",
        "constants.c",
        "Constants of nature in SI units, with their standard uncertainties, as CODATA recommends them, and "
        "of mathematics; help constants lists the symbols, help constants.electron all with that word.",
        ">>> constants.c\n>>> 2*constants.G",
        means="constants",
    ),
    # PyTorch's and NumPy's names
    Word(
        "torch",
        "module",
        "torch.sin(x)",
        "PyTorch's name, which is looked through: torch.sin(x) is sin(x).",
        ">>> torch.sqrt(4)",
        means="torch",
    ),
    Word(
        "F",
        "module",
        "F.softplus(x)",
        "PyTorch's torch.nn.functional, looked through.",
        ">>> F.relu(-1)",
        means="torch.nn.functional",
    ),
    Word(
        "np",
        "module",
        "np.sin(x)",
        "NumPy's name, which is looked through; arguments are taken as NumPy takes them.",
        ">>> np.sqrt(4)",
        also=("numpy",),
        means="numpy",
    ),
    Word(
        "jnp",
        "module",
        "jnp.sin(x)",
        "JAX's jax.numpy, looked through; arguments are taken as NumPy takes them.",
        ">>> jnp.sqrt(4)",
        means="jax.numpy",
    ),
    Word(
        "math", "module", "math.sin(x)", "Python's module, looked through.", ">>> math.sqrt(4)", means="math"
    ),
    Word(
        "scipy",
        "module",
        "scipy.special.gammaln(x)",
        "SciPy, looked through.",
        ">>> scipy.special.gammaln(1)",
        means="scipy",
    ),
    Word("jax", "module", "jax.numpy.sin(x)", "JAX, looked through.", ">>> jax.numpy.sqrt(4)", means="jax"),
    Word("tf", "module", "tf.sin(x)", "TensorFlow, looked through.", ">>> tf.sqrt(4)", means="tensorflow"),
    Word(
        "nn",
        "submodule",
        "torch.nn.functional.softplus(x)",
        "A part of a library, looked through as the library is.",
        ">>> torch.nn.functional.relu(-1)",
        also=(
            "functional",
            "special",
            "linalg",
            "autograd",
            "chain",
            "stdout",
            "stderr",
            "numpy",
            "func",
            "constants",
            "random",
            "lax",
            "debug",
            "testing",
            "test_util",
            "extend",
            "optim",
            "lr_scheduler",
            "distributions",
            "tree",
            "tree_util",
            "_pytree",
            "utils",
            "data",
            "init",
            "parameter",
            "cuda",
            "backends",
            "mps",
            "pyplot",
            "style",
        ),
    ),
    Word(
        "float64",
        "dtype",
        "x.to(torch.float64)",
        "Real numbers: computed in doubles, and of a page in PyTorch's style shown in the width asked for.",
        ">>> torch.tensor(3, dtype=torch.float64)/2",
        also=("float", "double", "half", "float16", "float32", "bfloat16"),
        means="float",
    ),
    Word(
        "int64",
        "dtype",
        "x.to(torch.int64)",
        "Whole numbers, whatever width is asked for; what is real loses its fraction.",
        ">>> torch.tensor(3.5, dtype=torch.int64)",
        also=("int", "long", "short", "int8", "int16", "int32", "uint8"),
        means="integer",
    ),
    Word(
        "bool",
        "dtype",
        "x.to(torch.bool)",
        "Truth values: whether a number is not 0.",
        ">>> torch.tensor(3, dtype=torch.bool)",
        also=("bool_",),
        means="truth",
    ),
    Word(
        "dtype",
        "keyword",
        "torch.zeros(3, dtype=torch.float64)",
        "The sort of number that an array is made of; of functions it changes nothing.",
        ">>> torch.ones(2, dtype=torch.long)",
    ),
    Word(
        "device",
        "keyword",
        'torch.zeros(3, device="cpu")',
        "Changes nothing: everything is computed on the processor.",
        '>>> torch.ones(2, device="cpu")',
    ),
    Word(
        "copy",
        "keyword",
        "np.array(x, copy=True)",
        "Changes nothing: an array that is made is one of its own; so does order.",
        ">>> import numpy as np\n>>> np.array([1, 2], copy=True)",
        also=("order",),
    ),
    # Random numbers
    Word(
        "rand",
        "draw",
        "rand(2, 3)",
        "Uniform random numbers from 0 up to 1, as PyTorch draws them.",
        ">>> manual_seed(0)\n>>> rand(3)",
    ),
    Word(
        "randn",
        "draw",
        "randn(2, 3)",
        "Normal random numbers, as PyTorch draws them.",
        ">>> manual_seed(0)\n>>> randn(3)",
    ),
    Word(
        "randint",
        "draw",
        "randint(0, 10, (2, 3))",
        "Random integers from the first number up to, but without, the second.",
        ">>> manual_seed(0)\n>>> randint(0, 10, (5,))",
    ),
    Word(
        "randperm",
        "draw",
        "randperm(10)",
        "The numbers from 0 on in random order.",
        ">>> manual_seed(0)\n>>> randperm(5)",
    ),
    Word(
        "normal",
        "draw",
        "torch.normal(0, 0.1, (3,))",
        "Normal random numbers with a mean and a standard deviation, or with one of each for every number.",
        ">>> torch.manual_seed(0)\n>>> torch.normal(0, 0.1, (3,))",
    ),
    Word(
        "bernoulli",
        "draw",
        "bernoulli(p)",
        "1 with each of the probabilities, else 0.",
        ">>> manual_seed(0)\n>>> bernoulli([0.1, 0.9])",
    ),
    Word(
        "multinomial",
        "draw",
        "multinomial(weights, 2)",
        "Places drawn by their weights, each once unless replacement=True.",
        ">>> manual_seed(0)\n>>> multinomial([1, 2, 3], 2)",
    ),
    Word(
        "rand_like",
        "draw",
        "rand_like(x)",
        "As rand, in the shape of x; so are randn_like and randint_like.",
        ">>> manual_seed(0)\n>>> rand_like([1, 2])",
        also=("randn_like", "randint_like"),
    ),
    Word(
        "uniform",
        "draw",
        "np.random.uniform(-1, 1, 3)",
        "Draws as NumPy does, after np.random.seed(0), or as Python's random does.",
        ">>> np.random.seed(0)\n>>> np.random.uniform(-1, 1, 3)",
        also=(
            *("random", "random_sample", "standard_normal", "exponential", "permutation", "choice"),
            *("binomial", "poisson", "integers", "gauss", "normalvariate", "expovariate"),
            *("beta", "chisquare", "dirichlet", "gamma", "geometric", "gumbel", "laplace", "logistic"),
            *("lognormal", "multivariate_normal", "negative_binomial", "pareto", "rayleigh"),
            *("standard_cauchy", "standard_exponential", "standard_gamma", "standard_t", "triangular"),
            *("vonmises", "weibull"),
        ),
        accepted=True,
    ),
    Word(
        "PRNGKey",
        "draw",
        "jax.random.PRNGKey(0)",
        "A key of JAX's, from which jax.random draws the same numbers as there.",
        ">>> key = jax.random.PRNGKey(0)\n>>> jax.random.uniform(key, (2,))",
        also=("key", "split", "fold_in", "categorical"),
        accepted=True,
    ),
    Word(
        "normal_",
        "method",
        "x.normal_(0, 0.1)",
        "Puts random numbers in the place of those of x, which is a leaf or a constant.",
        ">>> manual_seed(0)\n>>> w = zeros(2)\n>>> w.normal_(0, 0.1)\n>>> w",
        also=("uniform_", "bernoulli_", "exponential_", "random_"),
        alone=True,
    ),
    Word(
        "requires_grad",
        "keyword",
        "torch.zeros(3, requires_grad=True)",
        "Makes a leaf of an array that is made.",
        ">>> w = torch.ones(2, requires_grad=True)\n>>> w.is_leaf",
    ),
    Word(
        "manual_seed",
        "setting",
        "torch.manual_seed(0)",
        "Seeds PyTorch's random numbers, which are the same from then on as there.",
        ">>> torch.manual_seed(0)\n>>> torch.rand(2)",
        also=("manual_seed_all",),
        alone=True,
    ),
    Word(
        "seed",
        "setting",
        "np.random.seed(0)",
        "Seeds NumPy's random numbers; random.seed(0) seeds Python's.",
        ">>> np.random.seed(0)\n>>> np.random.rand(2)",
        alone=True,
        accepted=True,
    ),
    Word(
        "shuffle",
        "setting",
        "np.random.shuffle(x)",
        "Puts the rows of a constant in random order.",
        ">>> np.random.seed(0)\n>>> const x = [1, 2, 3]\n>>> np.random.shuffle(x)\n>>> x",
        alone=True,
        accepted=True,
    ),
    Word(
        "set_default_dtype",
        "setting",
        "torch.set_default_dtype(torch.float64)",
        "Says in which dtype PyTorch's numbers are drawn and shown; everything is computed in doubles.",
        ">>> torch.set_default_dtype(torch.float64)\n>>> 1",
        also=("set_default_tensor_type",),
        alone=True,
    ),
    Word(
        "set_grad_enabled",
        "setting",
        "torch.set_grad_enabled(False)",
        "Whether what is computed from now on keeps its graph.",
        ">>> x = 3\n>>> torch.set_grad_enabled(False)\n>>> y = x**2\n>>> y.requires_grad",
        alone=True,
    ),
    Word(
        "set_num_threads",
        "setting",
        "torch.set_num_threads(1)",
        "Changes nothing: the same bits come from any number of processors, and nan and inf are told anyway.",
        ">>> torch.set_num_threads(1); 1 + 1",
        also=("set_detect_anomaly", "use_deterministic_algorithms"),
        alone=True,
    ),
    Word(
        "set_printoptions",
        "setting",
        "np.set_printoptions(precision=3)",
        "How NumPy's arrays print from then on; PyTorch's changes nothing.",
        ">>> torch.set_printoptions(precision=8)",
        alone=True,
    ),
    # Ideas
    Word(
        "leaf",
        "idea",
        "leaf",
        "A name bound to numbers. backward adds into its grad, x -= … changes it in place.",
        ">>> x = 3\n>>> x.is_leaf",
        also=("leaves",),
    ),
    Word(
        "constant",
        "idea",
        "constant",
        "A value that no leaf is in: const t = 2, x.detach(), x.grad. It collects no grad.",
        ">>> const t = 2\n>>> t.requires_grad",
    ),
    Word(
        "uncertainty",
        "idea",
        "x = 9.81 ± 0.02",
        "A leaf with a standard uncertainty; +/- is the same. What is computed from it has one, by the exact "
        "gradient; budget y says what contributes to it.",
        ">>> x = 9.81 ± 0.02\n>>> x**2",
        also=("±", "+/-"),
    ),
    Word(
        "gradient",
        "idea",
        "gradient",
        "The derivatives of a number in everything it depends on. backward y adds them into the grads of the "
        "leaves; grad(y, x) is one of them, as a value.",
        ">>> x = 3\n>>> y = x**2\n>>> backward y\n>>> grad(y, x)",
        also=("gradients",),
    ),
    Word(
        "derivative",
        "idea",
        "derivative",
        "f'(x) is the derivative of a function, f''(x) its second one; grad(y, x) is that of a value. "
        "help sin shows the formula for sin, and help y that for a value y of yours.",
        ">>> f(t) = t**3\n>>> f'(2)\n>>> f''(2)",
    ),
    Word(
        "accumulate",
        "idea",
        "accumulate",
        "Each backward adds to the grads that are there; a pass is one that reached the leaf.",
        ">>> x = 3\n>>> backward x**2\n>>> backward x**2\n>>> zero",
    ),
)
"""Every word, in the order in which help lists it."""


_STANDING: dict[str, list[Word]] = {}
for _word in WORDS:
    _STANDING.setdefault(_word.stands, []).append(_word)


def words_of(*places: str) -> Iterator[Word]:
    """The words that stand in some places, in the order of help."""
    if len(places) == 1:
        return iter(_STANDING.get(places[0], ()))
    return (word for word in WORDS if word.stands in places)


def named(name: str) -> Iterator[Word]:
    """What a spelling is, in each place where it may stand."""
    return (word for word in WORDS if name in word.spellings)


def _meanings(place: str) -> dict[str, Any]:
    return {spelling: word.means for word in words_of(place) for spelling in word.spellings}


def _spellings(*places: str) -> tuple[str, ...]:
    return tuple(spelling for word in words_of(*places) for spelling in word.spellings)


CONSTANTS: dict[str, float] = _meanings("constant")
"""Names that mean a number where the user has not bound them."""

TRUTHS: dict[str, bool] = _meanings("truth")

UNBINDABLE = (*TRUTHS, "None")
"""Names that nothing can be bound to."""

MODULES: dict[str, str] = _meanings("module")
"""Names that are looked through in front of a dot, unless the user has bound them, with their full names.

So is every module that an import line names.
"""

SUBMODULES = _spellings("submodule")

DISTRIBUTIONS = (
    *("beta", "cauchy", "chi2", "expon", "gamma", "laplace", "logistic", "lognorm", "norm", "t"),
    "uniform",
)
OF_DISTRIBUTIONS = ("cdf", "isf", "logcdf", "logpdf", "logsf", "pdf", "ppf", "sf")
"""What stands before and behind the dot in `norm.pdf(x)`, which calls the function `norm_pdf`."""

DTYPES: dict[str, str] = _meanings("dtype")
"""What PyTorch's and NumPy's dtypes hold; everything is computed in doubles."""

WIDTHS = {
    **dict.fromkeys(("float32", "float", "FloatTensor"), "single"),
    **dict.fromkeys(("float64", "double", "DoubleTensor"), "double"),
}
"""The widths of real numbers that PyTorch's names for them ask for."""

RECORDING: dict[str, bool] = {
    name: means for name, means in _meanings("context").items() if means is not None
}
"""Whether a context of PyTorch's records."""

PLAIN_CONTEXTS = next(word for word in words_of("context") if word.name == "detect_anomaly").spellings
"""Contexts of PyTorch's in which the same is computed as outside."""

IGNORED_KEYWORDS = _spellings("keyword")
"""Keywords of PyTorch and NumPy that do not change a value here: all arithmetic is float64."""

STATEMENT_CALLS = tuple(word.name for word in words_of("call", "method") if word.alone)
"""Calls that do something, and so stand on a line of their own."""

DRAWS = _spellings("draw")
"""The functions that draw random numbers, or make keys for it, in the libraries that have them."""

FILLS = next(word for word in words_of("method") if word.name == "normal_").spellings
"""PyTorch's methods that fill a tensor with random numbers."""

TENSORS = next(words_of("factory")).spellings
"""PyTorch's ways to make a tensor of given numbers, which is a constant unless it is told otherwise."""

IN_PLACE: dict[str, str] = {name: means for name, means in _meanings("method").items() if means is not None}
"""PyTorch's methods that update in place, by the operator of the update that they are."""

GRADS = next(word for word in words_of("call") if word.name == "grad").spellings
"""The words for a derivative in one variable."""

DERIVATIVES = (
    *GRADS,
    *("jacobian", "hessian", "jvp", "vjp", "hvp", "directional", "laplacian", "divergence", "curl"),
)
"""Calls whose second argument is what a derivative is taken in."""

USAGE = {word.name: word.typed for word in words_of("statement") if word.typed}
"""What to type where the word of a statement stands as a value."""
