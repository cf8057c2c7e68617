"""What the references of entries name besides mpmath's own functions, for mpmath's numbers."""

from __future__ import annotations

from typing import Any

import mpmath as mp


def root(function: Any, start: Any) -> Any:
    """The zero of a function near a start, to all digits."""
    return mp.findroot(function, start, tol=mp.mpf(10) ** (-2 * mp.mp.dps + 30), maxsteps=200)


def by_scipy(name: str, *arguments: Any) -> Any:
    """SciPy's value, as a start for a root."""
    import scipy.special

    return mp.mpf(float(getattr(scipy.special, name)(*map(float, arguments))))


def lgamma(x: Any) -> Any:
    """log |Γ(x)|."""
    return mp.log(abs(mp.gamma(x))) if x < 1e4 else mp.loggamma(x)


def gamma_share(a: Any, x: Any) -> Any:
    """P(a, x), by the series of positive terms."""
    term = mp.mpf(1) / a
    total, n, least = term, a, mp.mpf(10) ** (-mp.mp.dps - 3)
    while term > least * total:
        n += 1
        term *= x / n
        total += term
    return total * mp.exp(a * mp.log(x) - x - mp.loggamma(a))


def gamma_rest(a: Any, x: Any) -> Any:
    """1 - P(a, x), in as many digits more as that loses."""
    size = mp.re(a * mp.log(x) - x - mp.loggamma(a)) / mp.log(10)
    with mp.extradps(int(max(0, -size)) + 10):
        return 1 - gamma_share(a, x)


def beta_share(a: Any, b: Any, x: Any) -> Any:
    """I_x(a, b), by the series of positive terms where it is quick, and else by that of the other share."""
    with mp.extradps(25):
        y = 1 - x
        log_weight = a * mp.log(x) + b * mp.log(y) - mp.loggamma(a) - mp.loggamma(b) + mp.loggamma(a + b)
        if x > (a + 1) / (a + b + 2):
            return 1 - _beta_series(b, a, y, log_weight)
        return _beta_series(a, b, x, log_weight)


def beta_rest(a: Any, b: Any, x: Any) -> Any:
    """1 - I_x(a, b)."""
    return beta_share(b, a, 1 - x)


def _beta_series(a: Any, b: Any, x: Any, log_weight: Any) -> Any:
    term = total = 1 / a
    n, least = mp.mpf(0), mp.mpf(10) ** (-mp.mp.dps - 3)
    while term > least * total:
        term *= (a + b + n) / (a + 1 + n) * x
        total += term
        n += 1
    return total * mp.exp(log_weight)


def gammaincinv(a: Any, y: Any) -> Any:
    """The x with P(a, x) = y."""
    return root(lambda x: gamma_share(a, x) - y, by_scipy("gammaincinv", a, y))


def gammainccinv(a: Any, y: Any) -> Any:
    """The x with 1 - P(a, x) = y."""
    return root(lambda x: gamma_rest(a, x) - y, by_scipy("gammainccinv", a, y))


def betaincinv(a: Any, b: Any, y: Any) -> Any:
    """The x with I_x(a, b) = y."""
    return root(lambda x: beta_share(a, b, x) - y, by_scipy("betaincinv", a, b, y))


def betainccinv(a: Any, b: Any, y: Any) -> Any:
    """The x with 1 - I_x(a, b) = y."""
    return root(lambda x: beta_rest(a, b, x) - y, by_scipy("betainccinv", a, b, y))


def erfcinv(x: Any) -> Any:
    """The y with erfc(y) = x."""
    return root(lambda y: mp.log(mp.erfc(y)) - mp.log(x), by_scipy("erfcinv", x))


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


DEFINED = {
    each.__name__: each
    for each in (
        *(lgamma, gamma_share, gamma_rest, beta_share, beta_rest, gammaincinv, gammainccinv),
        *(betaincinv, betainccinv, erfcinv, erfcx, log_ndtr),
    )
}
