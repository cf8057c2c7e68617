"""Functions of other libraries, languages, calculators and spreadsheets, and how the same is written here.

A function that gradcli has stands in no table here: what other names for it are, its entry says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradcli.text.suggest import letters_for

REWRITTEN = {
    "if(condition, a, b)": "where(condition, a, b)",
    "iif(condition, a, b)": "where(condition, a, b)",
    "ifelse(condition, a, b)": "where(condition, a, b)",
    "not(x)": "not x",
    "and(a, b)": "a and b",
    "or(a, b)": "a or b",
    "xor(a, b)": "(a > 0) != (b > 0)",
    "c(...)": "[...]",
    "list(...)": "[...]",
    "d(y, x)": "grad(y, x)",
    "deriv(y, x)": "grad(y, x)",
    "nabla(y, x)": "grad(y, x)",
    "jac(y, x)": "jacobian(y, x)",
    "hess(y, x)": "hessian(y, x)",
    "ld(x)": "log2(x)",
    "lb(x)": "log2(x)",
    "lg(x)": "log10(x)",
    "logb(x, b)": "log(x)/log(b)",
    "antilog(x)": "10**x",
    "sine(x)": "sin(x)",
    "sen(x)": "sin(x)",
    "seno(x)": "sin(x)",
    "arcsen(x)": "asin(x)",
    "arctang(x)": "atan(x)",
    "cosine(x)": "cos(x)",
    "tangent(x)": "tan(x)",
    "tg(x)": "tan(x)",
    "ctg(x)": "cot(x)",
    "cotg(x)": "cot(x)",
    "cotan(x)": "cot(x)",
    "cosec(x)": "csc(x)",
    "arctg(x)": "atan(x)",
    "arcctg(x)": "acot(x)",
    "sh(x)": "sinh(x)",
    "ch(x)": "cosh(x)",
    "th(x)": "tanh(x)",
    "arsinh(x)": "asinh(x)",
    "arcosh(x)": "acosh(x)",
    "artanh(x)": "atanh(x)",
    "versin(x)": "1 - cos(x)",
    "haversin(x)": "(1 - cos(x))/2",
    "rad(x)": "radians(x)",
    "deg(x)": "degrees(x)",
    "degtorad(x)": "radians(x)",
    "radtodeg(x)": "degrees(x)",
    "sqr(x)": "square(x)",
    "abs2(x)": "square(x)",
    "root(x, n)": "x**(1/n)",
    "nthroot(x, n)": "x**(1/n)",
    "surd(x, n)": "x**(1/n)",
    "cuberoot(x)": "cbrt(x)",
    "signum(x)": "sign(x)",
    "ceiling(x)": "ceil(x)",
    "fix(x)": "trunc(x)",
    "integerpart(x)": "trunc(x)",
    "fractionalpart(x)": "frac(x)",
    "around(x)": "round(x)",
    "rem(x, y)": "fmod(x, y)",
    "fld(x, y)": "x // y",
    "quotient(x, y)": "x // y",
    "idivide(x, y)": "x // y",
    "plus(x, y)": "x + y",
    "minus(x, y)": "x - y",
    "times(x, y)": "x*y",
    "mtimes(A, B)": "A @ B",
    "mmult(A, B)": "A @ B",
    "rdivide(x, y)": "x/y",
    "muladd(x, y, z)": "fma(x, y, z)",
    "iseven(n)": "n % 2 == 0",
    "isodd(n)": "n % 2 == 1",
    "fact(n)": "factorial(n)",
    "lfactorial(n)": "lgamma(n + 1)",
    "ncr(n, k)": "comb(n, k)",
    "choose(n, k)": "comb(n, k)",
    "combin(n, k)": "comb(n, k)",
    "nchoosek(n, k)": "comb(n, k)",
    "lchoose(n, k)": "log(comb(n, k))",
    "expint(x)": "exp1(x)",
    "legendrep(n, x)": "eval_legendre(n, x)",
    "laguerrel(n, x)": "eval_laguerre(n, x)",
    "hermiteh(n, x)": "eval_hermite(n, x)",
    "chebyshevt(n, x)": "eval_chebyt(n, x)",
    "chebyshevu(n, x)": "eval_chebyu(n, x)",
    "gegenbauerc(n, a, x)": "eval_gegenbauer(n, a, x)",
    "npr(n, k)": "falling_factorial(n, k)",
    "permut(n, k)": "falling_factorial(n, k)",
    "ellipticf(phi, m)": "ellipkinc(phi, m)",
    "ellipticpi(...)": "ellippi(...)",
    "ellipke(m)": "[ellipk(m), ellipe(m)]",
    "comp_ellint_1(k)": "ellipk(k**2)",
    "comp_ellint_2(k)": "ellipe(k**2)",
    "comp_ellint_3(k, n)": "ellippi(n, k**2)",
    "ellint_1(k, phi)": "ellipkinc(phi, k**2)",
    "ellint_2(k, phi)": "ellipeinc(phi, k**2)",
    "ellint_3(k, n, phi)": "ellippi(n, phi, k**2)",
    "jacobiamplitude(u, m)": "jacobi_am(u, m)",
    "jacobisn(u, m)": "jacobi_sn(u, m)",
    "jacobicn(u, m)": "jacobi_cn(u, m)",
    "jacobidn(u, m)": "jacobi_dn(u, m)",
    "pnorm(x)": "ndtr(x)",
    "normsdist(x)": "ndtr(x)",
    "qnorm(p)": "ndtri(p)",
    "norminv(p)": "ndtri(p)",
    "normsinv(p)": "ndtri(p)",
    "normpdf(x)": "exp(-x**2/2)/sqrt(2*pi)",
    "dnorm(x)": "exp(-x**2/2)/sqrt(2*pi)",
    "pgamma(x, a)": "gamma.cdf(x, a)",
    "qgamma(p, a)": "gamma.ppf(p, a)",
    "dchisq(x, n)": "chi2.pdf(x, n)",
    "pchisq(x, n)": "chi2.cdf(x, n)",
    "qchisq(p, n)": "chi2.ppf(p, n)",
    "chidist(x, n)": "chi2.sf(x, n)",
    "dbeta(x, a, b)": "beta.pdf(x, a, b)",
    "pbeta(x, a, b)": "beta.cdf(x, a, b)",
    "qbeta(p, a, b)": "beta.ppf(p, a, b)",
    "betadist(x, a, b)": "beta.cdf(x, a, b)",
    "betainv(p, a, b)": "beta.ppf(p, a, b)",
    "dexp(x)": "expon.pdf(x)",
    "pexp(x)": "expon.cdf(x)",
    "qexp(p)": "expon.ppf(p)",
    "dunif(x, a, b)": "uniform.pdf(x, a, b - a)",
    "punif(x, a, b)": "uniform.cdf(x, a, b - a)",
    "hypergeometric0f1(b, x)": "hyp0f1(b, x)",
    "hypergeometric1f1(a, b, x)": "hyp1f1(a, b, x)",
    "hypergeometric2f1(a, b, c, x)": "hyp2f1(a, b, c, x)",
    "hypergeometricu(a, b, x)": "hyperu(a, b, x)",
    "gammaregularized(a, x)": "gammaincc(a, x)",
    "betaregularized(x, a, b)": "betainc(a, b, x)",
    "unitstep(x)": "where(x >= 0, 1, 0)",
    "hypotenuse(x, y)": "hypot(x, y)",
    "pmax(x, y)": "maximum(x, y)",
    "pmin(x, y)": "minimum(x, y)",
    "avg(v)": "mean(v)",
    "stdev(v)": "std(v)",
    "sd(v)": "std(v)",
    "standarddeviation(v)": "std(v)",
    "stdevp(v)": "std(v, unbiased=False)",
    "variance(v)": "var(v)",
    "varp(v)": "var(v, unbiased=False)",
    "rms(v)": "sqrt(mean(v**2))",
    "geomean(v)": "exp(mean(log(v)))",
    "harmean(v)": "1/mean(1/v)",
    "sumsq(v)": "sum(v**2)",
    "sumproduct(v, w)": "sum(v*w)",
    "dotproduct(v, w)": "dot(v, w)",
    "distance(v, w)": "norm(v - w)",
    "magnitude(v)": "norm(v)",
    "mag(v)": "norm(v)",
    "total(v)": "sum(v)",
    "length(v)": "len(v)",
    "copy(v)": "clone(v)",
    "vec(A)": "flatten(A)",
    "tr(A)": "trace(A)",
    "identity(n)": "eye(n)",
    "identitymatrix(n)": "eye(n)",
    "disp(x)": "print(x)",
    "display(x)": "print(x)",
    "println(x)": "print(x)",
    "echo(x)": "print(x)",
}
"""How a call is written here, in the parameters that are named; `...` are all of its arguments."""

ADVICE = {
    "integrate": "there are no integrals here",
    "integral": "there are no integrals here",
    "quad": "there are no integrals here",
    "nintegrate": "there are no integrals here",
    "piecewise": "write `where(x > 0, x, 0)`, one in another for several cases",
    "dsolve": "differential equations are not solved here",
    "ndsolve": "differential equations are not solved here",
    "odeint": "differential equations are not solved here",
    "solve_ivp": "differential equations are not solved here",
    "ode45": "differential equations are not solved here",
    "nminimize": "write the formula out: `minimize (x - 1)**2, x=0`",
    "findminimum": "write the formula out: `minimize (x - 1)**2, x=0`",
    "fmincon": "write the formula out: `minimize (x - 1)**2, x=0`",
    "curve_fit": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "polyfit": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "findfit": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "nls": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "lm": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "linest": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "limit": "there are no limits here: evaluate close by",
    "roots": "write the equation out: `solve x**2 - 2, x=1`",
    "fsolve": "write the equation out: `solve x**2 - 2, x=1`",
    "fzero": "write the equation out: `solve x**2 - 2, x=1`",
    "nsolve": "write the equation out: `solve x**2 - 2, x=1`",
    "findroot": "write the equation out: `solve x**2 - 2, x=1`",
    "minimize": "it is a statement: `minimize (x - 1)**2, x=0`",
    "optim": "write the formula out: `minimize (x - 1)**2, x=0`",
    "fminsearch": "write the formula out: `minimize (x - 1)**2, x=0`",
    "fminunc": "write the formula out: `minimize (x - 1)**2, x=0`",
    "plot": "it is a statement: `plot x**2, x=0:1`",
    "table": "it is a statement: `table x**2, x=0:1:0.25`",
    "zero": "`zero` on a line of its own clears every grad; `zeros(3)` is an array",
    "zero_grad": "`zero` on a line of its own clears every grad",
    "no_grad": "write `with no_grad(): y = x`",
    "inference_mode": "write `with no_grad(): y = x`",
    "set_grad_enabled": "write `with no_grad(): y = x`",
    "enable_grad": "leave it out: grads are enabled, but for what `with no_grad():` holds",
    "bool": "leave it out: a comparison is a truth value",
    "device": "leave it out: everything is computed on the processor, in doubles",
    "cuda": "leave it out: everything is computed on the processor, in doubles",
    "elliptick": "`ellipk(m)` is of the parameter m, as in Mathematica, and `ellipk(k**2)` of the modulus",
    "elliptice": "`ellipe(m)` is the complete integral, and `ellipeinc(phi, m)` that up to an angle",
    "ellipfun": "each of Jacobi's functions has a name of its own: `jacobi_sn(u, m)`, `jacobi_cn(u, m)`",
    "exit": "leave it out: a script ends with its last line",
    "quit": "leave it out: a script ends with its last line",
    "help": "at the prompt, `help sin` explains a function",
    "input": 'values come from the command line, as in `gradcli eval "x**2" --x 3`',
    "open": "a file is named on the command line, as in `--x @data.csv`",
    "str": '`print(f"{x}")` makes text of a value',
    "repr": '`print(f"{x}")` makes text of a value',
    "printf": '`print(f"x = {x:.4f}")` shows a value in a text',
    "sprintf": '`print(f"x = {x:.4f}")` shows a value in a text',
    "fprintf": '`print(f"x = {x:.4f}")` shows a value in a text',
    "random": "random numbers from 0 up to 1 are `rand(3)`, and normal ones `randn(3)`",
    "normal": "normal random numbers are `randn(3)`, and about 1 with deviation 2 `1 + 2*randn(3)`",
    "uniform": "random numbers from 0 up to 1 are `rand(3)`, and from a up to b `a + (b - a)*rand(3)`",
}
"""What to say of a function that is written in another way altogether."""

_SIGNATURE = re.compile(r"(\w+)\((.*)\)")
_ATOM = re.compile(r"\w+(?:\.\w+)?|\w*\([^()]*\)|\[[^\[\]]*\]")


def signatures() -> dict[str, tuple[list[str], str]]:
    """The parameters of each call in `REWRITTEN`, and how it is written, by the name."""
    found = {}
    for signature, expression in REWRITTEN.items():
        match = _SIGNATURE.fullmatch(signature)
        assert match is not None
        found[match[1]] = (match[2].split(", "), expression)
    return found


def function_of_others(name: str, arguments: Sequence[str] = ()) -> str | None:
    """What to say of a call of a function that other libraries and languages have.

    `arguments` are the texts of what it is given. `None` for a name that none of them has.
    """
    known = advice(name, arguments)
    library = None if known is not None else library_with(name.casefold())
    if library is None:
        return known
    defined = f"{name}({', '.join(letters_for(arguments))}) = …"
    return f"{library} has it, and gradcli does not; define it first: {defined}"


def advice(name: str, arguments: Sequence[str] = ()) -> str | None:
    """How a call of a function of others is written here, or what to do instead, where that is known."""
    folded = name.casefold()
    known = signatures().get(folded)
    if known is not None:
        return f"write {_filled(*known, arguments)}"
    return ADVICE[folded].replace("`", "") if folded in ADVICE else None


def library_with(name: str) -> str | None:
    """The library, language or spreadsheet that has a function of this name, which is in lower case."""
    # Long, and for this mistake only.
    from gradcli.language.libraries import FUNCTIONS
    from gradcli.language.mistakes.libraries import LIBRARIES, TITLES

    known = {library: set(names.split()) for library, names in LIBRARIES.items()}
    for module, names in FUNCTIONS.items():
        known[TITLES[module.partition(".")[0]]] |= {*names.casefold().split()}
    return next((library for library, names in known.items() if name in names), None)


def _filled(parameters: Sequence[str], expression: str, arguments: Sequence[str]) -> str:
    """An expression with arguments in the places of its parameters, in brackets where they need some."""
    if parameters == ["v"] and len(arguments) > 1:
        arguments = [f"[{', '.join(arguments)}]"]
    if parameters == ["..."]:
        return expression.replace("...", ", ".join(arguments))
    given = dict(zip(parameters, map(_bare, arguments), strict=False))

    def argument(match: re.Match[str]) -> str:
        text = given.get(match[0], match[0])
        before, after = expression[: match.start()].rstrip()[-1:], expression[match.end() :][:1]
        alone = before in ("", "(", ",") and after in ("", ")", ",")
        return text if alone or text == match[0] or _ATOM.fullmatch(text) else f"({text})"

    return re.sub(r"\b[A-Za-z]\w*\b(?!\()", argument, expression)


def _bare(text: str) -> str:
    """A text without brackets around all of it."""
    inner = text[1:-1] if text[:1] == "(" and text[-1:] == ")" else "()"
    return text if re.search(r"\)[^(]*\(|[()]", inner) else inner
