"""What an entry of the table is: the three kinds, and all that is said about each function once.

* `Elementwise` states its partial derivatives; the VJP and the JVP both follow from them.
* `Structural` (shapes, sums, products of matrices) states a pullback and a pushforward; where it is
  linear, its transpose is the pullback and it is its own pushforward.
* `Composite` is a definition in terms of other entries, and is differentiated as its definition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np

from gradcli.arrays import Shape
from gradcli.engine.graph import (
    NOTHING,
    RULES,
    Constant,
    Kernel,
    Node,
    Primitive,
    alias,
    as_node,
    broadcast,
    constant,
    expand,
    intern,
    nothing_like,
    substitute,
)
from gradcli.engine.primitives.late import FILES, homes
from gradcli.records import NamedTuple
from gradcli.text.errors import EvaluationError


class Table(Mapping[str, "Entry"]):
    """Every entry by its name and by each of its aliases.

    What few programs call (`homes` says which names, and where their entries are) is made when its name is
    first looked up, a whole file at a time; the names themselves are known from the start.
    """

    def __init__(self) -> None:
        self.made: dict[str, Entry] = {}

    def __getitem__(self, name: str) -> Entry:
        entry: Entry | None = self.get(name)
        if entry is None:
            raise KeyError(name)
        return entry

    def get(self, name: str, default: Any = None) -> Any:
        """The entry of a name, or `default` where it names none."""
        entry = self.made.get(name)
        if entry is None and name in homes():
            import_module(f"gradcli.engine.primitives.{homes()[name]}")
            entry = self.made[name]
        return default if entry is None else entry

    def __contains__(self, name: object) -> bool:
        return name in self.made or name in homes()

    def __iter__(self) -> Iterator[str]:
        yield from self.made
        yield from [name for name in homes() if name not in self.made]

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Entries(Sequence["Entry"]):
    """Every public entry once, in the order of the table; to look at them makes those that wait."""

    def __init__(self) -> None:
        self.made: list[Entry] = []
        self.waiting = True

    def all(self) -> list[Entry]:
        """The entries as a list, in the order of the table."""
        if self.waiting:
            for file in FILES:
                import_module(f"gradcli.engine.primitives.{file}")
            place = {file: index for index, file in enumerate(FILES)}
            self.made.sort(key=lambda entry: place.get(homes().get(entry.name, ""), -1))
            self.waiting = False
        return self.made

    def __getitem__(self, index: Any) -> Any:
        return self.all()[index]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self.all())


TABLE = Table()
ENTRIES = Entries()


_family = ""


def begin_family(name: str) -> None:
    """Says which family the public entries from here on belong to; an entry can name another itself."""
    global _family
    _family = name


class Edge(NamedTuple):
    """What an entry gives at a point where analysis leaves a choice, or a limit is taken."""

    at: tuple[float, ...]
    value: float
    partials: tuple[float, ...]
    why: str


class Kink(NamedTuple):
    """Where a derivative is a convention: `where(*inputs)` is true there, and `told` says which.

    At a corner there are slopes on both sides, which differ; elsewhere there is no slope at all.
    """

    where: Callable[..., Node]
    told: str
    is_corner: bool = True


class Accuracy(NamedTuple):
    """Where an entry keeps fewer digits than every entry is held to (`Entry`), and why.

    `what` is "value", "first" or "second", for partial derivatives of that order; `reached` is the most that
    is lost, in the units of `Entry`; `where` a condition in Python on the arguments and the exact `result`,
    or empty for everywhere.
    """

    what: str
    reached: float
    where: str
    why: str


class Result(NamedTuple):
    """One of the further results of an entry that gives several: what makes its node, of the same arguments.

    `whole` and `overload` (a name) are as an entry's.
    """

    name: str
    build: Callable[..., Node]
    whole: str = ""
    overload: str = ""


class Results(NamedTuple):
    """The results of a call that gives a tuple: what the entry gives, called `first`, and `further` ones.

    `title` is what PyTorch calls a tuple whose parts have these names; without one they have none. `alone`
    says what the tuple is where one value is needed: its "first", or nothing. Calls whose arguments `asked`
    denies, and those in NumPy's way, give no tuple but what the entry gives; but what is `listed` has as many
    parts in NumPy, too. Where their number follows from the arguments, `further` is called with them.
    """

    first: str
    further: tuple[Result, ...] | Callable[..., Sequence[Result]]
    title: str = ""
    alone: str = "first"
    asked: Callable[..., bool] = lambda *arguments: True
    listed: bool = False

    def beyond_first(self, arguments: Sequence[Any]) -> Sequence[Result]:
        """The further results of a call with these arguments."""
        return self.further if isinstance(self.further, tuple) else self.further(*arguments)


class Meaning(NamedTuple):
    """What libraries mean by an entry's name where that differs from what the entry is.

    `where` has their modules, with blanks between, and `told` says what it is there, as the end of a sentence
    that begins with the name. `signature` and `build` (of its arguments; else the entry's own) are the
    function there; without them, a call is refused, as `told` says, or (if `kept`) means what it means here.
    `names` are the spellings of the entry that are meant so, if not all, and `whole` is the entry's `whole`
    there, where that is another.
    """

    where: str
    told: str
    signature: str = ""
    build: Callable[..., Node] | None = None
    names: str = ""
    kept: bool = False
    holds: Mapping[str, str | None] = {}
    whole: str = ""

    @property
    def refused(self) -> bool:
        """Whether a call is an error, which `told` explains."""
        return not self.signature and not self.kept

    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the function there."""
        return parse_signature(self.signature, self.holds)


class Parameter(NamedTuple):
    """One parameter in a signature; `default` is a literal's text, or `None` where it is required.

    `holds` says what it holds where that must be known before arithmetic (see `STATIC`); a node has none.
    """

    name: str
    default: str | None
    variadic: bool
    holds: str | None

    @property
    def left_out(self) -> Any:
        """What it is where it is left out."""
        text = self.default
        assert text is not None
        if text in _LITERALS:
            return _LITERALS[text]
        if text[0] in "'\"":
            return text[1:-1]
        number: Any = float(text) if "." in text or "e" in text else int(text)
        if self.holds is None:
            return as_node(number)
        return (number,) if self.holds in ("integers", "integers or None", "sizes", "words") else number


_LITERALS = {"None": None, "True": True, "False": False, "()": ()}


STATIC: dict[str, str] = {
    "dim": "integers",
    "shape": "integers",
    "dims": "integers",
    "dim0": "integer",
    "dim1": "integer",
    "dim2": "integer",
    "keepdim": "truth",
    "unbiased": "truth",
    "correction": "number",
    "decimals": "integer",
    "steps": "integer",
    "d": "integer",
    "rows": "integer",
    "columns": "integer",
    "p": "order",
    "rounding_mode": "text",
    "reduction": "text",
    "dtype": "nothing",
    "out": "nothing",
}
"""The parameters that must be known before arithmetic, and what they hold. All others are nodes.

An entry says by `holds` what only it has, or what its parameter of such a name holds instead (`None`: a
node). An order (of a norm) is a number, or the text of the one that has a name: the Frobenius norm, of order
2; an "order of a matrix" keeps its text. "words" are integers or text, "sizes" integers or None (as -1),
"places" an array of numbers, "lists" a number or lists of integers, and "some or all" integers or None for
all that there are. "integers or None" tell None from what is left out. What holds "nothing" must be left
out.
"""

SPELLINGS: dict[str, tuple[str, ...]] = {
    "axis": ("dim",),
    "axes": ("dim", "dims"),
    "dim": ("dims",),
    "dims": ("dim", "reps"),
    "dimension": ("dim",),
    "axis0": ("dim0",),
    "axis1": ("dim1",),
    "axis2": ("dim2", "dim0"),
    "k": ("diagonal", "offset"),
    "shift": ("shifts",),
    "method": ("interpolation",),
    "indices": ("index",),
    "split_size_or_sections": ("split_size",),
    "split_sizes": ("split_size",),
    "unflattened_size": ("sizes",),
    "keepdims": ("keepdim",),
    "ddof": ("correction",),
    "size": ("shape",),
    "min": ("low",),
    "max": ("high",),
    "min_val": ("min",),
    "max_val": ("max",),
    "a_min": ("min",),
    "a_max": ("max",),
    "ord": ("p",),
    "p": ("d",),
    "num": ("steps",),
    "stop": ("end",),
    "N": ("rows",),
    "n": ("rows",),
    "M": ("columns",),
    "m": ("columns",),
    "ndigits": ("decimals",),
    "train": ("training",),
    # In functions that have their operands in other places
    "input": ("values", "yes"),
    "other": ("no",),
    "x": ("yes",),
    "y": ("no",),
    "v": ("values",),
    "b": ("B",),
    "tensor": ("b",),
    "values": ("y",),
    "value": ("src",),
    "sorted_sequence": ("edges",),
    "LU_data": ("LU",),
    "LU_pivots": ("pivots",),
}
"""Other libraries' names of parameters: what each may be called here, the first that a function has."""

OPERANDS: tuple[tuple[str, ...], ...] = (
    (
        *("input", "self", "a", "A", "x", "m", "v", "arr", "ary", "array", "tup"),
        *("tensor", "tensors", "arrays", "matrices", "input1"),
    ),
    ("other", "exponent", "mat2", "vec", "vec2", "x2", "b", "input2"),
)
"""What other libraries call the first and the second operand, whatever these are called here."""


NO_OTHERS: Mapping[str, str | None] = {}


class Entry:
    """The part of an entry that people read, and that help, README and man page print.

    `signature` is Python's (`x, dim=None`); `domain` holds one closed interval for each argument,
    where the function is real and smooth enough to be tested; `example` is an expression and
    what it prints. `poles` says where a periodic function is infinite, and `derivative` what it is
    where no rule of the entry prints as a formula. `method_signature` is given where `x.f(…)` takes its
    arguments in another order. An entry that is not public says in `written` how its parameters are put
    together in public terms. `whole` says when PyTorch would answer in integers: "kept" where all arguments
    hold integers, "always", "rounded" (kept, and always for Python's own numbers), "counted" (Python's own),
    or never.
    `itself`: the result may be x itself, as in PyTorch, and is then another name for the same leaf.
    `settled`: every argument must be a number that is known before arithmetic, as the limits of `arange`.
    `meanings` say what libraries mean by its name, where that is something else.
    `results` says that a call gives a tuple, of which the entry's own value is the first.
    `grad_fn` is PyTorch's name of the operation, where it is not the usual one, or tells it from the node.
    `overload` tells it from the arguments of `build`, where PyTorch has several names for what is one node
    here (`None`: as the node says); such a name is kept by who built the node.
    `analytic` is a kernel for complex arguments next to the real line, of which the real parts decide where
    there is a choice (a `Structural` has a maker of it, as `make_kernel`); without it, that of NumPy serves
    where NumPy has one and the entry no kink.

    What its results are checked against is said here too, and nowhere else. A function of numbers is its
    `reference`, an expression in mpmath's functions and the names of the signature, and needs none where
    mpmath has a function of that name, or Python the operator that is its symbol. Its value and first
    partials are held to 4, and its second partials to 8 times what an ulp of the result, and half an ulp
    of each argument, make; `accuracy` lists what is not. `tested` are the intervals that the points are
    taken from (a `range`, for whole numbers), if not the domain. An entry of arrays is the expression
    `numpy`, in NumPy's functions and the names of the signature (`axis` for `dim`), and needs none where
    NumPy has a function of that name. `samples` are arguments of it, in the order of the signature: a list
    is the shape of an array, anything else a known argument (of a node, a constant). Without them they follow
    from the signature.
    """

    def __init__(
        self,
        name: str,
        signature: str,
        doc: str,
        example: tuple[str, str],
        *,
        aliases: Sequence[str] = (),
        symbol: str = "",
        method_signature: str = "",
        domain: Sequence[tuple[float, float]] = (),
        poles: str = "",
        derivative: str = "",
        edges: Sequence[Edge] = (),
        kink: Kink | None = None,
        grad_fn: str | Callable[[Node], str] | None = None,
        overload: Callable[..., str | None] | None = None,
        family: str = "",
        written: str = "",
        whole: str = "",
        itself: bool = False,
        settled: bool = False,
        results: Results | None = None,
        meanings: Sequence[Meaning] = (),
        reference: str = "",
        tested: Sequence[tuple[float, float] | range] = (),
        accuracy: Sequence[Accuracy] = (),
        numpy: str = "",
        samples: Sequence[tuple[Any, ...]] = (),
        holds: Mapping[str, str | None] = NO_OTHERS,
        analytic: Callable[..., Any] | None = None,
        public: bool = True,
    ) -> None:
        self.name = name
        self.signature = signature
        self.doc = doc
        self.example = example
        self.aliases = tuple(aliases)
        self.symbol = symbol
        self.domain = tuple(domain)
        self.poles = poles
        self.derivative = derivative
        self.edges = tuple(edges)
        self.kink = kink
        self.grad_fn = grad_fn
        self.overload = overload
        self.family = family or (_family if public else "")
        self.written = written
        self.whole = whole
        self.itself = itself
        self.settled = settled
        self.results = results
        self.meanings = tuple(meanings)
        self.reference = reference
        self.tested = tuple(tested) or self.domain
        self.accuracy = tuple(accuracy)
        self.numpy = numpy
        self.samples = tuple(samples)
        self.analytic = analytic
        self._method_signature = method_signature
        self._holds = holds
        if public:
            ENTRIES.made.append(self)
            for each in (name, *self.aliases):
                assert each not in TABLE.made, each
                TABLE.made[each] = self

    def __repr__(self) -> str:
        return self.name

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the signature, in its order."""
        return parse_signature(self.signature, self._holds)

    @cached_property
    def method_parameters(self) -> tuple[Parameter, ...]:
        """Those of `x.f(…)`, beginning with x."""
        if not self._method_signature:
            return self.parameters
        return parse_signature(self._method_signature, self._holds)

    @property
    def needed(self) -> tuple[Parameter, ...]:
        """The parameters that cannot be left out."""
        return tuple(each for each in self.parameters if each.default is None)

    def meaning(self, module: str, name: str) -> Meaning | None:
        """What a module means by one of the names of the entry, where that is something else."""
        for each in self.meanings:
            if module in each.where.split() and (not each.names or name in each.names.split()):
                return each
        return None

    def build(self, *arguments: Any) -> Node:
        """The node for arguments in the order of the signature: nodes, and values for `STATIC` ones."""
        raise NotImplementedError


def parse_signature(text: str, others: Mapping[str, str | None] = NO_OTHERS) -> tuple[Parameter, ...]:
    """The parameters of a signature such as `x, dim=None` or `*xs`; `others` hold what they say."""
    parameters = []
    for item in text.split(", ") if text else ():
        name, _, default = item.partition("=")
        plain = name.lstrip("*")
        holds = others[plain] if plain in others else STATIC.get(plain)
        parameters.append(Parameter(plain, default or None, name.startswith("*"), holds))
    return tuple(parameters)


def camel(name: str) -> str:
    """PyTorch's usual node name: `log_softmax` is `LogSoftmaxBackward0`."""
    return "".join(part.capitalize() for part in name.split("_")) + "Backward0"


def called(name: str) -> Callable[..., str]:
    """PyTorch's name of an operation, whatever its arguments are."""
    return lambda *arguments: f"{name}Backward0"


def grad_fn_name(node: Node) -> str:
    """The name of PyTorch's `grad_fn` for the operation that made a node, as far as the node tells it."""
    named = node.primitive.grad_fn if isinstance(node.primitive, Entry) else None
    if named is None:
        return camel(node.primitive.name)
    return named if isinstance(named, str) else str(named(node))


class Elementwise(Entry, Primitive):
    """A function of each element on its own.

    `partials` has one rule for each input: called with the inputs, it gives the partial derivative as a node;
    one that is a node of truth values selects (1 where true, and a guarded 0 elsewhere); `None` stands for a
    derivative that is 0 wherever it exists, and a structural 0 then. `reads` has the partials as textbooks
    print them, where these compute in another form: equal in exact arithmetic, and never computed with.
    `spelled` is what formulas show for one that is not public, as nodes that are.
    `demands` says what its argument must be, where it is there to give nan for any other.
    `encloses` is the rule of search/intervals.py for its values over intervals: `rising`, `valley`,
    `product`; without one they may be anything.
    """

    elementwise = True

    def __init__(
        self,
        name: str,
        ufunc: Kernel,
        partials: Sequence[Callable[..., Node | None] | None] | None,
        signature: str = "x",
        doc: str = "",
        example: tuple[str, str] = ("", ""),
        *,
        boolean: bool = False,
        takes_truth: bool = False,
        guards: bool = False,
        keeps_zeros: bool = False,
        specialise: Callable[[Node], Kernel | None] | None = None,
        simplify: Callable[..., Node | None] | None = None,
        reads: Sequence[Callable[..., Node | None] | None] | None = None,
        spelled: Callable[..., Node] | None = None,
        encloses: str = "",
        demands: str = "",
        **about: Any,
    ) -> None:
        Primitive.__init__(self, name)
        Entry.__init__(self, name, signature, doc, example, **about)
        self.ufunc = ufunc
        self.partials = partials
        self.reads = reads
        self.spelled = spelled
        self.encloses = encloses
        self.demands = demands
        self.boolean = boolean
        self.takes_truth = takes_truth
        self.guards = guards
        self.keeps_zeros = keeps_zeros
        self.specialise = specialise
        self.simplify = simplify
        self.arity = len(self.parameters if partials is None else partials)
        """How many inputs it has; parameters beyond them say how to build it."""

    def tracks(self, index: int) -> bool:
        return self.partials is not None

    def build(self, *arguments: Node) -> Node:
        return self.apply(*arguments)

    def apply(self, *inputs: Node, params: tuple[Any, ...] = ()) -> Node:
        """The node as it stands; truth values count as 0 and 1 unless the entry takes them."""
        return intern(self, broadcast(self._counted(inputs)), params)

    def __call__(self, *operands: Node | float, params: tuple[Any, ...] = ()) -> Node:
        inputs = broadcast(self._counted(tuple(map(as_node, operands))))
        return self.simplified(inputs) or intern(self, inputs, params)

    def _counted(self, inputs: tuple[Node, ...]) -> tuple[Node, ...]:
        if not self.takes_truth:
            for each in inputs:
                if each.boolean:
                    return tuple(map(as_number, inputs))
        return inputs

    def kernel(self, node: Node) -> Kernel:
        special = self.specialise(node) if self.specialise else None
        return special or self.ufunc

    def simplified(self, inputs: tuple[Node, ...]) -> Node | None:
        if self.simplify is not None:
            found = self.simplify(*inputs)
            if found is not None:
                return found
        numbers = []
        for each in inputs:
            if not isinstance(each, Constant) or each.shape:
                return None
            numbers.append(each.value)
        with np.errstate(all="ignore"):
            node = intern(self, inputs)
            folded = self.kernel(node)(*numbers)
        if node.guarded and folded == 0:
            return NOTHING
        # What is not finite stays an operation, so that a warning can say which.
        return constant(folded) if np.isfinite(folded) else None

    def partial(self, node: Node, index: int) -> Node | None:
        """The partial derivative of a node in one of its inputs; `None` where it is flat."""
        assert self.partials is not None
        rule = self.partials[index]
        return None if rule is None else rule(*node.inputs)

    def pullback(self, node: Node, cotangent: Node, index: int) -> Node | None:
        if self.partials is None or node.inputs[index].boolean:
            return None
        rule = self.partials[index]
        partial = None if rule is None else rule(*node.inputs)
        return nothing_like(node) if partial is None else scaled(cotangent, partial)

    def pushforward(self, node: Node, tangents: Sequence[Node | None]) -> Node | None:
        total: Node | None = None
        for index, tangent in enumerate(tangents):
            if tangent is None:
                continue
            term = self.pullback(node, tangent, index)
            if term is not None:
                total = term if total is None else total + term
        return total


class NoDerivativeError(EvaluationError):
    """A derivative was asked for in an argument in which nobody knows a formula that keeps its digits."""


class Unknown:
    """The partial of an argument in which no formula is known: to ask for it is an error that says so."""

    def __init__(self, function: str, argument: str, why: str = "") -> None:
        self.function = function
        self.argument = argument
        self.why = why

    def __call__(self, *inputs: Node) -> Node:
        why = self.why and ": " + self.why
        raise NoDerivativeError(
            f"no derivative of {self.function} in {self.argument} is known here{why}",
            hint=f"make {self.argument} a constant, as in const {self.argument} = …, or write its number",
        )


ONE = constant(1.0)


def scaled(cotangent: Node, partial: Node) -> Node:
    """A cotangent (or tangent) times a partial derivative, which may select."""
    if partial is ONE:  # that of every sum: the most frequent by far
        return cotangent
    if partial.boolean:
        return RULES["masked"](cotangent, partial)
    return partial if cotangent is ONE else cotangent * partial


def as_number(node: Node) -> Node:
    """Truth values as the numbers 0 and 1; numbers as they are."""
    return intern(truth_as_number, (node,)) if node.boolean else node


class _TruthAsNumber(Primitive):
    elementwise = True

    def kernel(self, node: Node) -> Kernel:
        def to_number(truth: Any, out: Any = None) -> Any:
            return np.multiply(truth, 1.0, out=out)

        return to_number

    def tracks(self, index: int) -> bool:
        return False

    def pullback(self, node: Node, cotangent: Node, index: int) -> Node | None:
        return None

    def pushforward(self, node: Node, tangents: Sequence[Node | None]) -> Node | None:
        return None


truth_as_number = _TruthAsNumber("truth_as_number")


def as_single(node: Node) -> Node:
    """Numbers rounded to float32, as doubles; nothing is differentiated through that."""
    return intern(rounded_to_single, (node,))


class _Single(_TruthAsNumber):
    def kernel(self, node: Node) -> Kernel:
        def to_single(x: Any, out: Any = None) -> Any:
            with np.errstate(all="ignore"):
                rounded = np.asarray(x).astype(np.float32)
            return np.multiply(rounded, 1.0, out=out, dtype=np.float64)

        return to_single


rounded_to_single = _Single("rounded_to_single")


class Structural(Entry, Primitive):
    """An operation on whole arrays, with its parameters in `Node.params`.

    `shape_rule(params, *shapes)` gives the shape of the result or raises `ShapeError`;
    `make_kernel(node)` the NumPy call. `transpose(node, ct, index)` is the pullback. An entry that
    is linear in each input on its own needs nothing else (`linear`: in all of them together);
    others give `jvp(node, tangents)` too. `definition(*inputs, **params)`, where there is one,
    is an equal graph that is differentiated in its place. `reads` is the pullback as textbooks print it,
    where another form is computed.
    """

    def __init__(
        self,
        name: str,
        signature: str,
        shape_rule: Callable[..., Shape],
        make_kernel: Callable[[Node], Kernel],
        *,
        transpose: Callable[[Node, Node, int], Node | None] | None = None,
        linear: bool = False,
        jvp: Callable[[Node, Sequence[Node | None]], Node | None] | None = None,
        definition: Callable[[Node], Node] | None = None,
        reads: Callable[[Node, Node, int], Node | None] | None = None,
        builder: Callable[..., Node] | None = None,
        doc: str = "",
        example: tuple[str, str] = ("", ""),
        boolean: bool = False,
        keeps_kind: bool = False,
        keeps_zeros: bool = False,
        joins: bool = False,
        views: bool = False,
        mixes_batches: bool = False,
        guards: bool = False,
        indexed: bool = False,
        differentiable: bool = True,
        **about: Any,
    ) -> None:
        Primitive.__init__(self, name)
        about.setdefault("whole", "kept" if keeps_kind else "")
        Entry.__init__(self, name, signature, doc, example, **about)
        self.shape_rule = shape_rule
        self.make_kernel = make_kernel
        self.transpose = transpose
        self.linear = linear
        self.jvp = jvp
        self.definition = definition
        self.reads = reads
        self.builder = builder
        self.boolean = boolean
        self.keeps_kind = keeps_kind
        self.keeps_zeros = keeps_zeros
        self.joins = joins
        self.views = views
        self.mixes_batches = mixes_batches
        self.guards = guards
        self.indexed = indexed
        self.differentiable = differentiable

    def build(self, *arguments: Any) -> Node:
        assert self.builder is not None
        return self.builder(*arguments)

    def apply(self, *inputs: Node, params: tuple[Any, ...] = ()) -> Node:
        if not self.keeps_kind:
            inputs = tuple(as_number(each) for each in inputs)
        return intern(self, inputs, params)

    def tracks(self, index: int) -> bool:
        return self.differentiable

    def shape(self, inputs: Sequence[Node], params: tuple[Any, ...]) -> Shape:
        return self.shape_rule(params, *(each.shape for each in inputs))

    def kernel(self, node: Node) -> Kernel:
        return self.make_kernel(node)

    def pullback(self, node: Node, cotangent: Node, index: int) -> Node | None:
        if not self.differentiable or node.inputs[index].boolean:
            return None
        assert self.transpose is not None
        return self.transpose(node, cotangent, index)

    def pushforward(self, node: Node, tangents: Sequence[Node | None]) -> Node | None:
        if not self.differentiable:
            return None
        if self.jvp is not None:
            return self.jvp(node, tangents)
        if self.linear:
            dense = tuple(
                nothing_like(each) if tangent is None else tangent
                for each, tangent in zip(node.inputs, tangents, strict=True)
            )
            return self.apply(*dense, params=node.params)
        total: Node | None = None
        for index, tangent in enumerate(tangents):
            if tangent is not None:
                inputs = (*node.inputs[:index], tangent, *node.inputs[index + 1 :])
                term = self.apply(*inputs, params=node.params)
                total = term if total is None else total + term
        return total


class Composite(Entry):
    """A function defined by others; it leaves no node of its own.

    `definition` takes the arguments of the signature. It may use operators and call primitives, which
    simplify; but none looks through an argument, which may be what somebody differentiates in.
    """

    def __init__(
        self,
        name: str,
        signature: str,
        definition: Callable[..., Node],
        doc: str,
        example: tuple[str, str],
        **about: Any,
    ) -> None:
        Entry.__init__(self, name, signature, doc, example, **about)
        self.definition = definition

    def build(self, *arguments: Any) -> Node:
        stand_ins = {
            each: alias(each)
            for argument in arguments
            for each in (argument if isinstance(argument, list) else (argument,))
            if isinstance(each, Node) and each.inputs and not each.static
        }
        if not stand_ins:
            return self.definition(*arguments)
        apart = [
            [stand_ins.get(each, each) for each in argument]
            if isinstance(argument, list)
            else stand_ins.get(argument, argument)
            if isinstance(argument, Node)
            else argument
            for argument in arguments
        ]
        back = {stand_in: each for each, stand_in in stand_ins.items()}
        return substitute((self.definition(*apart),), back)[0]


def differentiated(name: str, *places: int) -> str:
    """How a derivative of a function without a formula is written: `grad(f, argnums=0)`."""
    for place in places:
        name = f"grad({name}, argnums={place})"
    return name


def ones_like(node: Node) -> Node:
    """Ones in the shape of a node."""
    return expand(as_node(1.0), node.shape)
