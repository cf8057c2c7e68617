"""What the references of entries name besides mpmath's own functions, for mpmath's numbers."""

from __future__ import annotations

import math
from functools import lru_cache, wraps
from typing import Any

import mpmath as mp
import numpy as np


def kept(function: Any) -> Any:
    """The function, with what it gave in as many digits: differences in other arguments ask for it again."""

    @lru_cache(5000)
    def known(prec: int, *arguments: Any) -> Any:
        return function(*arguments)

    return wraps(function)(lambda *arguments: known(mp.mp.prec, *map(mp.mpf, arguments)))


def root(function: Any, slope: Any, start: Any, digits: int = 12) -> Any:
    """The zero near a start of so many digits, by Newton's steps, each with twice as many."""
    x = start
    while digits < mp.mp.dps + 10:
        digits *= 2
        with mp.workdps(min(digits, mp.mp.dps) + 20):
            size = function(x)
            with mp.workdps(digits // 2 + 20):  # of a step that is small no more is needed
                step = size / slope(x)
            x = x - step
    return +x


def by_scipy(name: str, *arguments: Any) -> Any:
    """SciPy's value, as a start for a root."""
    import scipy.special

    return mp.mpf(float(getattr(scipy.special, name)(*map(float, arguments))))


def lgamma(x: Any) -> Any:
    """log |Γ(x)|."""
    return mp.log(abs(mp.gamma(x))) if x < 1e4 else mp.loggamma(x)


def voigt_profile(x: Any, sigma: Any, gamma: Any) -> Any:
    """Re w(z)/(sigma sqrt(2π)) with w = exp(-z²) erfc(-iz), with more digits for the small part."""
    with mp.extradps(15):
        z = mp.mpc(x, gamma) / (sigma * mp.sqrt(2))
        return mp.re(mp.exp(-z * z) * mp.erfc(mp.mpc(0, -1) * z)) / (sigma * mp.sqrt(2 * mp.pi))


@kept
def log_gamma(a: Any) -> Any:
    """log Γ(a) of a positive number."""
    return mp.loggamma(a)


def gamma_share(a: Any, x: Any) -> Any:
    """P(a, x), by the series of positive terms."""
    one = 1 << mp.mp.prec + 30
    share, below = (int(mp.floor(each * one)) for each in (x, a))
    term = total = one
    while term:
        below += one
        term = term * share // below
        total += term
    weight = mp.exp(a * mp.log(x) - x - log_gamma(a)) / a
    return mp.mpf(total) / one * weight


def gamma_rest(a: Any, x: Any) -> Any:
    """1 - P(a, x), in as many digits more as that loses."""
    size = mp.re(a * mp.log(x) - x - mp.loggamma(a)) / mp.log(10)
    with mp.extradps(int(max(0, -size)) + 10):
        return 1 - gamma_share(a, x)


def beta_share(a: Any, b: Any, x: Any) -> Any:
    """I_x(a, b), by the series of positive terms where it is quick, and else by that of the other share."""
    with mp.extradps(25):
        y = 1 - x
        log_weight = a * mp.log(x) + b * mp.log(y) - log_beta(a, b)
        if x > (a + 1) / (a + b + 2):
            return 1 - _beta_series(b, a, y, log_weight)
        return _beta_series(a, b, x, log_weight)


@kept
def log_beta(a: Any, b: Any) -> Any:
    """log B(a, b)."""
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def beta_rest(a: Any, b: Any, x: Any) -> Any:
    """1 - I_x(a, b)."""
    return beta_share(b, a, 1 - x)


def _beta_series(a: Any, b: Any, x: Any, log_weight: Any) -> Any:
    """By whole numbers, which are many times as quick; the first term is 1/a."""
    one = 1 << mp.mp.prec + 30
    above, below, share = (int(mp.floor(each * one)) for each in (a + b, a + 1, x))
    term = total = one
    while term:
        term = term * above // below * share // one
        total += term
        above, below = above + one, below + one
    return mp.mpf(total) / one / a * mp.exp(log_weight)


def _gamma_weight(a: Any, x: Any) -> Any:
    return mp.exp((a - 1) * mp.log(x) - x - log_gamma(a))


def _beta_weight(a: Any, b: Any, x: Any) -> Any:
    return mp.exp((a - 1) * mp.log(x) + (b - 1) * mp.log(1 - x) - log_beta(a, b))


@kept
def gammaincinv(a: Any, y: Any) -> Any:
    """The x with P(a, x) = y."""
    start = by_scipy("gammaincinv", a, y)
    return root(lambda x: gamma_share(a, x) - y, lambda x: _gamma_weight(a, x), start)


def gammainccinv(a: Any, y: Any) -> Any:
    """The x with 1 - P(a, x) = y."""
    return gammaincinv(a, 1 - y)


@kept
def betaincinv(a: Any, b: Any, y: Any) -> Any:
    """The x with I_x(a, b) = y."""
    start = by_scipy("betaincinv", a, b, y)
    return root(lambda x: beta_share(a, b, x) - y, lambda x: _beta_weight(a, b, x), start)


def betainccinv(a: Any, b: Any, y: Any) -> Any:
    """The x with 1 - I_x(a, b) = y."""
    return betaincinv(a, b, 1 - y)


def student_share(df: Any, t: Any) -> Any:
    """What Student's t distribution with df degrees of freedom has below t."""
    return mp.mpf(0.5) + mp.sign(t) * beta_share(mp.mpf(0.5), df / 2, t * t / (df + t * t)) / 2


@kept
def stdtrit(df: Any, p: Any) -> Any:
    """The t at which Student's t distribution with df degrees of freedom has p below it."""

    def share(t: Any) -> Any:
        return student_share(df, t)

    def density(t: Any) -> Any:
        return (1 + t * t / df) ** (-(df + 1) / 2) / (mp.sqrt(df) * mp.beta(df / 2, 0.5))

    return root(lambda t: share(t) - p, density, by_scipy("stdtrit", df, p))


def parameter(name: str, share: Any, *arguments: Any) -> Any:
    """Where a share less what is wanted, which a parameter moves one way, is 0: near SciPy's own function."""

    def slope(s: Any) -> Any:
        apart = mp.mpf(10) ** -(mp.mp.dps // 3)
        return (share(s + apart) - share(s - apart)) / (2 * apart)

    return root(share, slope, by_scipy(name, *arguments), digits=8)


@kept
def gdtrib(a: Any, p: Any, x: Any) -> Any:
    """The s with P(s, a x) = p."""
    return parameter("gdtrib", lambda s: gamma_share(s, a * x) - p, a, p, x)


@kept
def chdtriv(p: Any, x: Any) -> Any:
    """The v with P(v/2, x/2) = p."""
    return parameter("chdtriv", lambda s: gamma_share(s / 2, x / 2) - p, p, x)


@kept
def pdtrik(p: Any, m: Any) -> Any:
    """The k with 1 - P(k + 1, m) = p."""
    return parameter("pdtrik", lambda s: 1 - gamma_share(s + 1, m) - p, p, m)


@kept
def btdtria(p: Any, b: Any, x: Any) -> Any:
    """The a with I_x(a, b) = p."""
    return parameter("btdtria", lambda s: beta_share(s, b, x) - p, p, b, x)


@kept
def btdtrib(a: Any, p: Any, x: Any) -> Any:
    """The b with I_x(a, b) = p."""
    return parameter("btdtrib", lambda s: beta_share(a, s, x) - p, a, p, x)


@kept
def nbdtrik(y: Any, n: Any, p: Any) -> Any:
    """The k with I_p(n, k + 1) = y."""
    return parameter("nbdtrik", lambda s: beta_share(n, s + 1, p) - y, y, n, p)


@kept
def nbdtrin(k: Any, y: Any, p: Any) -> Any:
    """The n with I_p(n, k + 1) = y."""
    return parameter("nbdtrin", lambda s: beta_share(s, k + 1, p) - y, k, y, p)


@kept
def bdtrik(y: Any, n: Any, p: Any) -> Any:
    """The k with 1 - I_p(k + 1, n - k) = y."""
    return parameter("bdtrik", lambda s: 1 - beta_share(s + 1, n - s, p) - y, y, n, p)


@kept
def bdtrin(k: Any, y: Any, p: Any) -> Any:
    """The n with 1 - I_p(k + 1, n - k) = y."""
    return parameter("bdtrin", lambda s: 1 - beta_share(k + 1, s - k, p) - y, k, y, p)


@kept
def fdtridfd(dfn: Any, p: Any, x: Any) -> Any:
    """The dfd at which the F distribution has p below x."""
    return parameter("fdtridfd", lambda s: beta_share(dfn / 2, s / 2, dfn * x / (s + dfn * x)) - p, dfn, p, x)


@kept
def stdtridf(p: Any, t: Any) -> Any:
    """The degrees of freedom at which Student's t distribution has p below t."""
    return parameter("stdtridf", lambda s: student_share(s, t) - p, p, t)


def associated_legendre(m: int, v: int, x: Any) -> Any:
    """(-1)^m (1-x²)^(m/2) times the mth derivative of Legendre's polynomial of degree v, power by power."""
    total = mp.mpf(0)
    for k in range((v - m) // 2 + 1):
        below = 2**v * math.factorial(k) * math.factorial(v - k) * math.factorial(v - 2 * k - m)
        total += (-1) ** k * mp.mpf(math.factorial(2 * v - 2 * k)) / below * x ** (v - 2 * k - m)
    return (-1) ** m * (1 - x * x) ** (mp.mpf(m) / 2) * total


@kept
def erfcinv(x: Any) -> Any:
    """The y with erfc(y) = x."""
    return root(
        lambda y: mp.log(mp.erfc(y) / x),
        lambda y: -2 / mp.sqrt(mp.pi) * mp.exp(-y * y) / mp.erfc(y),
        by_scipy("erfcinv", x),
    )


def erfcx(x: Any) -> Any:
    """exp(x²) erfc(x); of a large number by its series in 1/x²."""
    if x < 1e5:
        return mp.exp(x * x) * mp.erfc(x)
    total = term = mp.mpf(1)
    k = 0
    while abs(term) > mp.mpf(10) ** (-mp.mp.dps - 5):
        k += 1
        term *= -(2 * k - 1) / (2 * x * x)
        total += term
    return total / (x * mp.sqrt(mp.pi))


def log_ndtr(x: Any) -> Any:
    """The logarithm of the normal distribution function, from whichever tail is small."""
    if x < -1e3:
        return -x * x / 2 + mp.log(erfcx(-x / mp.sqrt(2)) / 2)
    tail = mp.erfc(abs(x) / mp.sqrt(2)) / 2
    return mp.log(tail) if x < 0 else mp.log1p(-tail)


def besselk(v: Any, x: Any) -> Any:
    """K_v(x) by the trapezoidal rule for its integral (DLMF 10.32.9).

    Its error is what the integrand is half π beside the real line, which is greater by exp(x) at most, times
    exp(-π²/step).
    """
    with mp.extradps(15):
        least = mp.mpf(10) ** -mp.mp.dps
        step = mp.pi**2 / (-mp.log(least) + x + mp.pi * abs(v))
        grow, turn = mp.exp(step), mp.exp(v * step)
        e, p = mp.mpf(1), mp.mpf(1)
        total = mp.exp(-x) / 2
        while True:
            e, p = e * grow, p * turn
            term = mp.exp(-x * (e + 1 / e) / 2) * (p + 1 / p) / 2
            total += term
            if term < least * total and x * (e - 1 / e) / 2 > abs(v):
                return total * step


@kept
def ndtri_exp(x: Any) -> Any:
    """The y at which the logarithm of the normal distribution function is x."""

    def tail(y: Any) -> Any:
        return mp.erfc(abs(y) / mp.sqrt(2)) / 2

    def distance(y: Any) -> Any:
        return log_ndtr(y) - x if y < 0 else mp.log(tail(y) / -mp.expm1(x))

    def slope(y: Any) -> Any:
        if y < 0:
            return mp.sqrt(2 / mp.pi) / erfcx(-y / mp.sqrt(2))
        return -mp.exp(-y * y / 2) / mp.sqrt(2 * mp.pi) / tail(y)

    return root(distance, slope, by_scipy("ndtri_exp", x))


def owens_t(h: Any, a: Any) -> Any:
    """T(h, a) by its series in a, whose terms fall as P(j+1, h²/2) does; for abs(a) > 1 by that of 1/a."""
    with mp.extradps(30):
        h, size = abs(h), abs(a)
        if size > 1:
            one, two = (mp.erfc(each / mp.sqrt(2)) / 2 for each in (h, size * h))
            return mp.sign(a) * ((one + two) / 2 - one * two - owens_t(size * h, 1 / size))
        z = h * h / 2
        power, term, least = a, mp.exp(-z), mp.mpf(10) ** (10 - mp.mp.dps)
        rest, total, j = 1 - term, mp.atan(a), 0
        while abs(rest) > least or j < z:
            total -= (-1) ** j * rest * power / (2 * j + 1)
            j += 1
            term *= z / j
            rest -= term
            power *= a * a
        return total / (2 * mp.pi)


def kolmogorov(x: Any) -> Any:
    """2 Σ (-1)^(k-1) exp(-2k²x²), or for small x what the other series of the same sum lacks to 1."""
    k, total, least = 1, mp.mpf(0), mp.mpf(10) ** (-mp.mp.dps - 10)
    while True:
        if x > 1:
            term = 2 * (-1) ** (k - 1) * mp.exp(-2 * (k * x) ** 2)
        else:
            term = mp.sqrt(2 * mp.pi) / x * mp.exp(-(((2 * k - 1) * mp.pi / x) ** 2) / 8)
        total += term
        if abs(term) < least * abs(total):
            return total if x > 1 else 1 - total
        k += 1


@kept
def kolmogi(p: Any) -> Any:
    """The x at which kolmogorov(x) is p."""

    def slope(x: Any) -> Any:
        step = mp.mpf(10) ** (-mp.mp.dps // 3)
        return (kolmogorov(x + step) - kolmogorov(x - step)) / (2 * step)

    return root(lambda x: kolmogorov(x) - p, slope, by_scipy("kolmogi", p))


def _by_quarters(part: Any, phi: Any) -> Any:
    """An integral over angles of what has a period of half a turn, from what it is of sine and cosine."""
    turns = mp.nint(phi / mp.pi)
    found = part(mp.sin(phi - turns * mp.pi), mp.cos(phi - turns * mp.pi))
    return found + 2 * turns * part(mp.mpf(1), mp.mpf(0)) if turns else found


def elliptic_pi(n: Any, phi: Any, m: Any) -> Any:
    """Π(n, φ, m) by Carlson's integrals (DLMF 19.25.14), which mpmath has quicker than its own."""

    def part(s: Any, c: Any) -> Any:
        rest = 1 - m * s * s
        third = mp.elliprj(c * c, rest, 1, 1 - n * s * s)
        return s * mp.elliprf(c * c, rest, 1) + n * s**3 / 3 * third

    return _by_quarters(part, phi)


def elliptic_d(phi: Any, m: Any) -> Any:
    """D(φ, m), by Carlson's integral (DLMF 19.25.13): a difference of F and E would lose digits."""
    return _by_quarters(lambda s, c: s**3 / 3 * mp.elliprd(c * c, 1 - m * s * s, 1), phi)


def jacobi_am(u: Any, m: Any) -> Any:
    """The angle of (cn, sn), followed from u = 0: half a turn for each 2K."""
    angle = mp.atan2(mp.ellipfun("sn", u, m=m), mp.ellipfun("cn", u, m=m))
    return angle + 2 * mp.pi * mp.nint(u / (4 * mp.ellipk(m)) - angle / (2 * mp.pi))


DEFINED = {
    each.__name__: each
    for each in (
        voigt_profile,
        *(lgamma, gamma_share, gamma_rest, beta_share, beta_rest, gammaincinv, gammainccinv),
        *(betaincinv, betainccinv, erfcinv, erfcx, log_ndtr, elliptic_pi, elliptic_d, jacobi_am),
        *(ndtri_exp, owens_t, kolmogorov, kolmogi),
        besselk,
        *(stdtrit, associated_legendre),
        *(gdtrib, chdtriv, pdtrik, btdtria, btdtrib, nbdtrik, nbdtrin, bdtrik, bdtrin, fdtridfd, stdtridf),
    )
}


# Functions of arrays that NumPy does not have: plainly, window by window


def _windows_of(
    x: Any, kernel: Any, stride: Any, before: Any, behind: Any, dilation: Any, ceil: bool, outside: float
) -> Any:
    """The windows over the last dimensions of an array: first where they are, then what is in them."""
    rank = len(kernel)
    lead = [(0, 0)] * (x.ndim - rank)
    more = [step - 1 if ceil else 0 for step in stride]
    margins = [(a, b + c) for a, b, c in zip(before, behind, more, strict=True)]
    wide: Any = np.pad(x, lead + margins, constant_values=outside)
    sizes = x.shape[x.ndim - rank :]
    counts = []
    for size, width, step, a, b, far in zip(sizes, kernel, stride, before, behind, dilation, strict=True):
        reach = size + a + b - far * (width - 1) - 1
        count = -(-reach // step) + 1 if ceil else reach // step + 1
        counts.append(count - (ceil and (count - 1) * step >= size + a))
    found = np.empty((*x.shape[: x.ndim - rank], *counts, *kernel))
    for at in np.ndindex(*counts):
        here = tuple(
            slice(place * step, place * step + far * (width - 1) + 1, far)
            for place, step, far, width in zip(at, stride, dilation, kernel, strict=True)
        )
        found[..., *at, *[slice(None)] * rank] = wide[..., *here]
    return found


def _each(sizes: Any, rank: int) -> Any:
    return tuple(sizes) * rank if len(sizes) == 1 else tuple(sizes)


def convolution(x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """PyTorch's convolution."""
    rank = weight.ndim - 2
    if x.ndim == rank + 1:
        return convolution(x[None], weight, bias, stride, padding, dilation, groups)[0]
    stride, dilation, kernel = _each(stride, rank), _each(dilation, rank), weight.shape[2:]
    if padding == "same":
        whole = [far * (width - 1) for far, width in zip(dilation, kernel, strict=True)]
        before, behind = [each // 2 for each in whole], [each - each // 2 for each in whole]
    else:
        before = behind = _each(padding, rank)
    windows = _windows_of(x, kernel, stride, before, behind, dilation, False, 0.0)
    axes = tuple(range(-rank, 0))
    parts = []
    for rows, inputs in zip(np.split(weight, groups), np.split(windows, groups, axis=1), strict=True):
        parts.append(np.tensordot(inputs, rows, ((1, *axes), (1, *axes))))
    found = np.moveaxis(np.concatenate(parts, axis=-1), -1, 1)
    return found if bias is None else found + bias.reshape(-1, *[1] * rank)


def transposed_convolution(
    x: Any, weight: Any, bias: Any, stride: Any, padding: Any, more: Any, groups: int, dilation: Any
) -> Any:
    """PyTorch's transposed convolution: what each element adds to its neighbourhood."""
    rank = weight.ndim - 2
    stride, padding, more, dilation = (_each(each, rank) for each in (stride, padding, more, dilation))
    sizes = [
        (size - 1) * step + far * (width - 1) + 1 + added
        for size, step, far, width, added in zip(
            x.shape[2:], stride, dilation, weight.shape[2:], more, strict=True
        )
    ]
    outputs = weight.shape[1]
    whole: Any = np.zeros((x.shape[0], groups * outputs, *sizes))
    for at in np.ndindex(*x.shape[2:]):
        for k in range(x.shape[1]):
            group = k // (x.shape[1] // groups)
            here = tuple(
                slice(place * step, place * step + far * (width - 1) + 1, far)
                for place, step, far, width in zip(at, stride, dilation, weight.shape[2:], strict=True)
            )
            channels = slice(group * outputs, (group + 1) * outputs)
            whole[:, channels, *here] += np.multiply.outer(x[:, k, *at], weight[k])
    inside = [slice(edge, size - edge) for edge, size in zip(padding, sizes, strict=True)]
    found = whole[..., *inside]
    return found if bias is None else found + bias.reshape(-1, *[1] * rank)


def pooled(
    reduce: Any, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool, outside: float
) -> Any:
    """What `reduce` makes of each window; where nan is outside, of its elements inside."""
    rank = len(kernel)
    steps, edges, apart = (_each(each, rank) for each in (stride or kernel, padding, dilation))
    windows = _windows_of(x, kernel, steps, edges, edges, apart, ceil, outside)
    rows = windows.reshape(*windows.shape[:-rank], -1)
    return np.nanmean(rows, axis=-1) if outside != outside else reduce(rows, axis=-1)


def adapted(reduce: Any, x: Any, output_size: Any) -> Any:
    """What `reduce` makes of each of so many parts along the last dimension; the others have size 1."""
    size, count = x.shape[-1], output_size[-1]
    ends = [(k * size // count, -(-(k + 1) * size // count)) for k in range(count)]
    return np.stack([reduce(x[..., start:end], axis=-1) for start, end in ends], axis=-1)


def unfolded(x: Any, kernel: Any, dilation: Any, padding: Any, stride: Any) -> Any:
    """The windows of images as columns."""
    if x.ndim == 3:
        return unfolded(x[None], kernel, dilation, padding, stride)[0]
    kernel, dilation, padding, stride = (_each(each, 2) for each in (kernel, dilation, padding, stride))
    windows = _windows_of(x, kernel, stride, padding, padding, dilation, False, 0.0)
    turned = windows.transpose(0, 1, 4, 5, 2, 3)
    return turned.reshape(x.shape[0], x.shape[1] * kernel[0] * kernel[1], -1)


OF_ARRAYS = {each.__name__: each for each in (convolution, transposed_convolution, pooled, adapted, unfolded)}
