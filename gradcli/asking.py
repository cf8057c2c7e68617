"""Python's door to the capabilities: a function for each, which returns what it found as data.

Variables are given by keyword, or in the mapping `variables`, where a name may be an option's, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, overload

from gradcli.api import names_of, sizes_of, text_of
from gradcli.arrays import Shape
from gradcli.capabilities.equations import constraint, equations, models
from gradcli.capabilities.formula import Surface, from_text
from gradcli.capabilities.found import Request
from gradcli.capabilities.ranges import points_of
from gradcli.capabilities.record import Capability, answered, capability
from gradcli.capabilities.rows import ArrayRows, columns_of
from gradcli.engine.primitives import is_function
from gradcli.language.parser import parse, parse_given
from gradcli.language.tree import Range
from gradcli.language.walk import names_in
from gradcli.lowering.lower import Lowering
from gradcli.session.evaluation import by_name, checked, keywords_used, variables_given
from gradcli.session.scope import SessionScope
from gradcli.session.state import Session
from gradcli.session.uncertainty.given import Given, given_of, read_given
from gradcli.session.uncertainty.measurement import Asked, distribution_of
from gradcli.session.uncertainty.uncertain import Uncertain
from gradcli.text.errors import GradcliError, InputError, Notice
from gradcli.text.keywords import in_python
from gradcli.text.report import rendering
from gradcli.text.source import Source

if TYPE_CHECKING:
    from gradcli.capabilities.budget import Budget
    from gradcli.capabilities.check import Verdict
    from gradcli.capabilities.diff import Derivatives
    from gradcli.capabilities.explain import Explanation
    from gradcli.capabilities.export import Exported
    from gradcli.capabilities.fit import Fitted
    from gradcli.capabilities.graph import Graph
    from gradcli.capabilities.minimize import Minimized
    from gradcli.capabilities.plot import Plot
    from gradcli.capabilities.solve import Roots, Solved
    from gradcli.capabilities.table import Table


def diff(
    expression: str,
    *wrt: str,
    variables: Mapping[str, Any] | None = None,
    shapes: Mapping[str, Shape] | None = None,
    order: int = 1,
    jacobian: bool = False,
    hessian: bool = False,
    cse: bool = False,
    **named: Any,
) -> Derivatives:
    """The derivatives of a formula as formulas: `diff("sin(x**2)")` prints `2*x*cos(x**2)`.

    `wrt` names variables (default: each), `"x,y"` a mixed derivative; `order` is that of each; `jacobian` and
    `hessian` ask for a whole matrix, `cse` for names of repeated parts. `shapes` are those of variables that
    are vectors or matrices; `variables` gives values, and then the derivatives have `values`, too. The result
    has `derivatives` (texts by name) and `written("latex")`. Raises `GradcliError`.
    """
    settings = {"order": order, "jacobian": jacobian, "hessian": hessian, "cse": cse}
    if not all(isinstance(each, str) for each in wrt):
        raise InputError("the variables to differentiate in are names", hint='name one by one: "x", "y"')
    found: Derivatives = _ask("diff", expression, (variables, named), settings, shapes=shapes, words=wrt)
    return found


def explain(
    expression: str,
    variables: Mapping[str, Any] | None = None,
    *,
    wrt: str | Iterable[str] = (),
    shapes: Mapping[str, Shape] | None = None,
    forward_mode: bool = False,
    accumulate: bool = False,
    grad_fn: bool = False,
    seed: Any = None,
    **named: Any,
) -> Explanation:
    """The worked solution: every step of a formula and of its derivatives, at a point.

    `variables` gives values, `wrt` what it is differentiated in (default: each). `forward_mode` explains
    tangents, `accumulate` what a second backward adds, `grad_fn` has PyTorch's names; `seed` is the cotangent
    that an array starts with. The result has `steps` (dicts in forward order: `name`, `expression`, `value`,
    `cotangent`, `partials`, `formulas`, `shares`), `value` and `gradients`, prints as a text of 80 columns,
    and is written as `written("markdown")`, `"latex"` or `"html"`. Raises `GradcliError`.
    """
    settings: dict[str, Any] = {"forward_mode": forward_mode, "accumulate": accumulate, "grad_fn": grad_fn}
    settings["seed"] = None if seed is None else checked("seed", seed)
    words = names_of(wrt) or ()
    found: Explanation = _ask("explain", expression, (variables, named), settings, shapes=shapes, words=words)
    return found


def check(
    expression: str,
    variables: Mapping[str, Any] | None = None,
    *,
    shapes: Mapping[str, Shape] | None = None,
    claim: Mapping[str, str | float] | None = None,
    second: bool = False,
    seed: int = 0,
    **named: Any,
) -> Verdict:
    """Whether the gradients of a formula are right, against numbers alone; and derivatives that are claimed.

    `check("sin(x**2)", x=4)` compares gradcli's gradient with a complex step (or with extrapolated
    differences); `second` asks for second derivatives, too. `claim` has derivatives by variable, as texts:
    a formula is tried at random points that follow from `seed`, a number at the point given, by its digits.
    The result has `agrees` (true, false, or `None` where that is left undecided), `gradients`, `second` and
    `claims`. Raises `GradcliError`.
    """
    example = '{"x": "2*x"}'
    stated = {}
    for name, each in by_name("claims", claim, example).items():
        try:
            stated[name] = each if isinstance(each, str) else repr(float(each))
        except (TypeError, ValueError):
            told = f"the claim about {name} is neither a formula nor a number"
            raise InputError(told, hint=f"as in claim={example}") from None
    settings = {"second": second, "seed": seed}
    found: Verdict = _ask("check", expression, (variables, named), settings, shapes=shapes, claims=stated)
    return found


def graph(
    expression: str,
    variables: Mapping[str, Any] | None = None,
    *,
    wrt: str | Iterable[str] = (),
    shapes: Mapping[str, Shape] | None = None,
    backward: bool = False,
    **named: Any,
) -> Graph:
    """The computational graph of a formula, or (`backward`) of its gradient in each of `wrt` (default: all).

    `variables` gives values; where all have one, values and cotangents are shown. The result has `nodes` and
    `edges` (lists of dicts), prints as a tree, and is written as `written("dot")`, `"mermaid"` or `"svg"`.
    Raises `GradcliError`.
    """
    settings = {"backward": backward}
    words = names_of(wrt) or ()
    found: Graph = _ask("graph", expression, (variables, named), settings, shapes=shapes, words=words)
    return found


@overload
def solve(
    equations: str | Sequence[str],
    variables: Mapping[str, Any] | None = None,
    *,
    fix: str | Iterable[str] = (),
    all_roots: Literal[False] = False,
    plot: bool = False,
    **named: Any,
) -> Solved: ...


@overload
def solve(
    equations: str | Sequence[str],
    variables: Mapping[str, Any] | None = None,
    *,
    fix: str | Iterable[str] = (),
    all_roots: Literal[True],
    plot: bool = False,
    **named: Any,
) -> Roots: ...


def solve(
    equations: str | Sequence[str],
    variables: Mapping[str, Any] | None = None,
    *,
    fix: str | Iterable[str] = (),
    all_roots: bool = False,
    plot: bool = False,
    **named: Any,
) -> Solved | Roots:
    """Searches for values of the unknowns at which equations hold.

    `solve("x**2 = a", x=1, a=2, fix="a")`: an expression alone is to be 0; several equations stand
    apart by `;`, or are several texts. `variables` gives starts, a range as text that brackets a single
    unknown, and values of what `fix` names, which is held. The result has `place`, `residual`, `converged`,
    `multiplicity`, and, with something held, `sensitivities`. With `all_roots` the range of one unknown is
    searched by intervals, and the result has `roots`, and `complete` where these are proved to be all. Raises
    `GradcliError`.
    """
    settings = {"fix": names_of(fix) or (), "all_roots": all_roots, "plot": plot}
    found: Solved | Roots = _ask("solve", equations, (variables, named), settings)
    return found


def table(
    expression: str | Sequence[str],
    variables: Mapping[str, Any] | None = None,
    *,
    order: int = 1,
    given: Fitted | str | None = None,
    correlation: Mapping[tuple[str, ...], Any] | None = None,
    second_order: bool = False,
    **named: Any,
) -> Table:
    """A formula (or several) and its derivatives at the points of ranges.

    A variable is given a number, or a range as text: `table("sin(a*x)", x="0:2:0.25", a=3)`; the end
    of a range is included, and one without a step has 11 points. `order` is that of the highest derivative.
    `given` is a fit (or the file of one) whose parameters have error bars, `correlation` and `second_order`
    as for `budget`. The result has `columns` (key, heading, NumPy array) and `rows` (dicts), and prints as a
    table. Raises `GradcliError`.
    """
    with rendering():
        asked = Asked(_by_names("correlations", correlation), second_order=second_order)
    found: Table = _ask(
        "table", expression, (variables, named), {"order": order, "asked": asked}, given=given
    )
    return found


def export(
    expression: str,
    to: str = "python",
    variables: Mapping[str, Any] | None = None,
    *,
    shapes: Mapping[str, Shape] | None = None,
    name: str = "f",
    arguments: str | Iterable[str] | None = None,
    wrt: str | Iterable[str] | None = None,
    parts: str | None = None,
    hessian: bool = False,
    dialect: str = "duckdb",
    table: str = "t",
    sum: bool = False,  # noqa: A002 (it is what the option is called)
    **named: Any,
) -> Exported:
    """A formula with its derivatives as code of another language: `export("sin(x**2)", "c").code`.

    `to` is c, fortran, javascript, python, numpy, awk or sql. Variables are arguments, in order of appearance
    or of `arguments`; those with a value in `variables` are numbers in the code, and `shapes` are those of
    vectors and matrices. `wrt` names what is differentiated in, `parts` asks for the "value" or the
    "gradients" alone, `hessian` for second derivatives. `dialect` (duckdb, postgres, spark or sqlite),
    `table` and `sum` (over all rows) are about SQL. Raises `GradcliError`.
    """
    settings = {"to": to, "name": name, "parts": parts, "hessian": hessian, "sum": sum}
    settings |= {"arguments": _comma(arguments), "wrt": _comma(wrt), "dialect": dialect, "table": table}
    found: Exported = _ask("export", expression, (variables, named), settings, shapes=shapes)
    return found


def _comma(names: str | Iterable[str] | None) -> str | None:
    """Names that a caller gave, as an option takes them."""
    given = names_of(names)
    return None if given is None else ",".join(given)


def fit(
    model: str | Sequence[str],
    data: Mapping[str, Any],
    variables: Mapping[str, Any] | None = None,
    *,
    errors: str | Iterable[str] = (),
    absolute: bool = False,
    fix: str | Iterable[str] = (),
    bounds: Mapping[str, tuple[float | None, float | None]] | None = None,
    loss: str = "linear",
    loss_scale: float = 1.0,
    plot: bool = False,
    **named: Any,
) -> Fitted:
    """Fits models to columns of data: `fit("y = a*exp(-k*t)", {"t": t, "y": y}, a=1, k=0.1)`.

    `data` holds the columns, arrays whose first axis are the rows (a mapping, a data frame, a structured
    array); variables are starts of parameters, and values of those that `fix` names, which are held. Several
    models, apart by `;` or as several texts, may share parameters. `errors` are the standard errors of what
    is fitted, as formulas of columns, and `absolute` leaves those of the parameters unscaled;
    `bounds` gives limits by name (`None`: none); `loss` is `linear`, `soft_l1`, `huber`, `cauchy` or
    `arctan`, with the width `loss_scale`; with `plot` the result has a picture (`written("png")`). The result
    has `parameters` (each with `value`, `standard_error`, `interval`), `covariance`, `converged`, `predict`.
    Raises `GradcliError`.
    """
    settings = {
        "errors": _texts(errors),
        "absolute": absolute,
        "fix": names_of(fix) or (),
        "bounds": _limits(bounds),
        "loss": loss,
        "loss_scale": loss_scale,
        "plot": plot,
    }
    found: Fitted = _ask("fit", model, (variables, named), settings, data=data)
    return found


def _limits(bounds: Mapping[str, tuple[float | None, float | None]] | None) -> list[str]:
    """Bounds as the command line has them; raises `InputError`."""
    example = '{"x": (0, None)}'
    found = []
    for name, ends in by_name("bounds", bounds, example).items():
        try:
            low, high = ("" if end is None else repr(float(end)) for end in ends)
        except (TypeError, ValueError):
            told = f"the bounds of {name} are two numbers, or None for no bound"
            raise InputError(told, hint=f"as in bounds={example}") from None
        found.append(f"{name}={low}:{high}")
    return found


def plot(
    expression: str | Sequence[str],
    variables: Mapping[str, Any] | None = None,
    *,
    order: int | None = None,
    data: Any = None,
    given: Fitted | str | None = None,
    correlation: Mapping[tuple[str, ...], Any] | None = None,
    second_order: bool = False,
    **named: Any,
) -> Plot:
    """A formula (or several) and its derivative as curves: `plot("sin(a*x)", x="-3:3", a=2)`.

    One variable has a range as text, of 101 points where it has no step; of two the picture is a contour map.
    `order` is that of the highest derivative (else 1 of a formula alone, and 0 of several), `data` points to
    draw, as a file or as rows of two numbers; `given`, `correlation` and `second_order` are as for `table`.
    The result has `columns` and `rows` as a table has, prints as a drawing in characters, and
    `written("png")` (or `"svg"`, `"pdf"`) gives the bytes of a file, by Matplotlib. Raises `GradcliError`.
    """
    with rendering():
        asked = Asked(_by_names("correlations", correlation), second_order=second_order)
    settings = {"order": order, "data": data, "asked": asked}
    found: Plot = _ask("plot", expression, (variables, named), settings, given=given)
    return found


def minimize(
    expression: str,
    variables: Mapping[str, Any] | None = None,
    *,
    data: Any = None,
    mean: bool = False,
    fix: str | Iterable[str] = (),
    bounds: Mapping[str, tuple[float | None, float | None]] | None = None,
    subject_to: str | Iterable[str] = (),
    maximize: bool = False,
    method: str | None = None,
    start_from: int | None = None,
    seed: int = 0,
    trace: bool = False,
    plot: bool = False,
    **named: Any,
) -> Minimized:
    """Searches for values of the variables at which a formula, a single number, is least.

    `variables` gives starts, and values of those that `fix` names, which are held; `bounds` gives limits by
    name (`None`: none), `subject_to` equations and inequalities as texts. With `start_from` that many random
    starts, which follow from `seed`, are tried too. With `data` (columns, as `fit` takes them) the formula is
    summed over their rows, or its `mean` taken. `method` is what iterates: `trust-exact`, `trust-krylov`,
    `bfgs`, `l-bfgs-b` or `slsqp`; without it, a good choice. The result has `value`, `place`, `kind`
    (`minimum`, `saddle`, `flat`, …), `converged`, and, with something held, `sensitivities`. Raises
    `GradcliError`.
    """
    relations = (subject_to,) if isinstance(subject_to, str) else tuple(subject_to)
    settings = {
        "fix": names_of(fix) or (),
        "bounds": _limits(bounds),
        "maximize": maximize,
        "mean": mean,
        "method": method,
        "start_from": start_from,
        "seed": seed,
        "trace": trace,
        "plot": plot,
    }
    found: Minimized = _ask("minimize", (expression, *relations), (variables, named), settings, data=data)
    return found


def budget(
    expression: str,
    variables: Mapping[str, Any] | None = None,
    *,
    correlation: Mapping[tuple[str, ...], Any] | None = None,
    covariance: Mapping[tuple[str, ...], Any] | None = None,
    given: Fitted | str | None = None,
    distribution: Mapping[str, str] | None = None,
    second_order: bool = False,
    samples: float | None = None,
    seed: int = 0,
    digits: int | None = None,
    dof: Mapping[str, float] | None = None,
    **named: Any,
) -> Budget:
    """How uncertain a value is, and what each uncertain variable contributes to that.

    `budget("x*y", x=Uncertain(3, 0.1), y=4)`. `correlation` has numbers (or matrices) by the names of
    what varies together, `covariance` matrices by the names that they are of; `given` is a fit, or the file
    of one, whose parameters vary together. With `second_order` curvature counts; `samples` are Monte Carlo
    trials (JCGM 101), which follow from `seed`, draw from `distribution` (`normal`, `uniform`, `triangular`,
    `t:3`) and are judged at `digits` of the uncertainty. `dof` are the degrees of freedom of the
    uncertainties of variables (`Uncertain(3, 0.1, dof=4)` has its own), from which follow those of the value
    and `coverage`, its interval of 95 % (JCGM 100:2008, G.4). The result has `value`, `uncertainty`,
    `budget`, `coverage`, `shift` and `trials`, and prints as a table. Raises `GradcliError`.
    """
    with rendering():
        asked = Asked(
            _by_names("correlations", correlation),
            _by_names("covariances", covariance),
            {
                name: distribution_of(name, text)
                for name, text in by_name("distributions", distribution, '{"x": "uniform"}').items()
            },
            second_order,
            samples,
            seed,
            digits,
            {
                name: checked("degrees of freedom", number)
                for name, number in by_name("dof", dof, '{"x": 4}').items()
            },
        )
    found: Budget = _ask("budget", expression, (variables, named), {"asked": asked}, given=given)
    return found


def _texts(given: Any) -> tuple[Any, ...]:
    """One text, or several, as a caller gave them."""
    return tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)


def _by_names(what: str, given: Any) -> tuple[tuple[tuple[str, ...], Any], ...]:
    """What a caller gave by names together, as `{("x", "y"): 0.3}`; raises `InputError`."""
    if not isinstance(given, Mapping | None):
        raise InputError(f"{what} are given by the names that they are of", hint='as in {("x", "y"): 0.3}')
    return tuple((names_of(names) or (), data) for names, data in (given or {}).items())


def _ask(
    name: str,
    expressions: str | Sequence[str],
    variables: tuple[Mapping[str, Any] | None, Mapping[str, Any]],
    settings: Mapping[str, Any],
    *,
    shapes: Mapping[str, Shape] | None = None,
    words: Iterable[str] = (),
    claims: Mapping[str, str] = MappingProxyType({}),
    data: Any = None,
    given: Any = None,
) -> Any:
    """What the capability of that name finds; raises `GradcliError`, with `rendered`.

    Variables are those of a mapping, and those that were given by keyword.
    """
    asked = capability(name)
    names: set[str] = set()
    with rendering(), _speaking(asked, names):
        settings = _read(asked, settings)
        texts = _texts(expressions)
        known = variables_given(*variables)
        sources = [Source(text_of(each)) for each in texts]
        rows = None if data is None else ArrayRows(columns_of(data))
        if asked.models:
            columns = rows.shapes if rows is not None else ()
            programs = [program for source in sources for program in models(source, columns)]
            programs += [parse(Source(text_of(each)), is_function=is_function) for each in settings["errors"]]
        elif asked.equations:
            programs = [program for source in sources for program in equations(source, known)]
        else:
            first, *others = sources
            programs = [parse(first, is_function=is_function)]
            if asked.relations:
                programs += map(constraint, others)
            else:
                programs += [parse(source, is_function=is_function) for source in others]
        used = dict.fromkeys(name for program in programs for name in names_in(program))
        names |= used.keys()
        if used:  # else there may be no expression at all, which is said first
            keywords_used(variables[1], used, globals()[name].__kwdefaults__)
        values = {name: _value(asked, name, data) for name, data in known.items()}
        if given is not None:
            found, correlations = _given(given, used, values)
            values |= found
            beside = settings["asked"]
            together = (*correlations, *beside.correlations)
            settings = {**settings, "asked": beside._replace(correlations=together)}
        sizes = {
            name: sizes_of(name, shape) for name, shape in by_name("shapes", shapes, '{"x": (3,)}').items()
        }
        stated = [(name, parse(Source(text), is_function=is_function)) for name, text in claims.items()]
        if rows is not None:
            rows = rows.only(name for name in used if name not in values)
            sizes = {**rows.shapes, **sizes}
        formula = from_text(
            programs,
            values,
            sizes,
            {},
            Surface(partial(_giving, name)),
            relations=asked.relations,
            claims=stated,
            measured=asked.uncertain,
        )
        settings = {**asked.defaults(), **settings}
        found = answered(name, Request(formula, names_of(words) or (), settings, rows))
        found.notices = tuple(_notice(each, asked, names) for each in found.notices)
        return found


def _read(asked: Capability, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings whose words and numbers are those that options take; raises `InputError`."""
    read = dict(settings)
    for option in asked.declared.options:
        value = settings.get(option.parameter)
        is_checked = option.takes_value and (option.choices or option.least is not None)
        if is_checked and value is not None and value != option.default:
            read[option.parameter] = option.read(str(value))
    return read


def _giving(capability: str, name: str, value: str) -> str:
    """How a variable is given a value; a range is a text."""
    typed = f'"{value}"' if ":" in value else value
    return f'gradcli.{capability}(…, {{"{name}": {typed}}})'


@contextmanager
def _speaking(asked: Capability, names: Collection[str]) -> Iterator[None]:
    """Has errors, which speak of options, speak of arguments by keyword."""
    try:
        yield
    except GradcliError as error:
        options = asked.declared.options
        error.message = in_python(error.message, options, names)
        error.hint = error.hint and in_python(error.hint, options, names)
        raise


def _notice(notice: Notice, asked: Capability, names: Collection[str]) -> Notice:
    """A notice that speaks of arguments by keyword."""
    options = asked.declared.options
    hint = notice.hint and in_python(notice.hint, options, names)
    return notice._replace(message=in_python(notice.message, options, names), hint=hint)


def _given(fit: Any, used: Collection[str], bound: Collection[str]) -> Given:
    """The parameters of a fit, or of the file of one, that a formula uses; raises `InputError`."""
    if isinstance(fit, str):
        return read_given(fit, used, bound)
    if not hasattr(fit, "to_dict"):
        raise InputError(
            "given is neither a fit nor the file of one", hint='given=gradcli.fit(…), or "fit.json"'
        )
    return given_of(fit.to_dict(), "the fit", used, bound, "given=")


def _value(asked: Capability, name: str, data: Any) -> Any:
    """What a caller gave for a variable: numbers, or a range as text; raises `InputError`."""
    if asked.uncertain and isinstance(data, Uncertain):
        return data
    if not isinstance(data, str) or not asked.ranges:
        return checked(name, data)
    source, session = Source(data), Session()
    lowering = Lowering(source, SessionScope(session))
    given = parse_given(source)
    if not isinstance(given, Range):
        raise InputError(f"{name} is given a text that is no range", hint='as in {"x": "0:2:0.25"}')
    return points_of(given, lambda each: session.evaluate((lowering.lower(each),))[0], lowering.mark)
