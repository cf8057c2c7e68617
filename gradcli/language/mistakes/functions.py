"""Functions of other libraries, languages, calculators and spreadsheets, and how the same is written here.

A function that gradcli has stands in no table here: what other names for it are, its entry says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradcli.language.vocabulary import DISTRIBUTIONS, DRAWS, OF_DISTRIBUTIONS
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
    "norm.dist(x, m, s, false)": "norm.pdf(x, m, s)",
    "norm.dist(x, m, s, cumulative)": "norm.cdf(x, m, s)",
    "norm.inv(p, m, s)": "norm.ppf(p, m, s)",
    "norm.s.dist(x, false)": "norm.pdf(x)",
    "norm.s.dist(x, cumulative)": "ndtr(x)",
    "norm.s.inv(p)": "ndtri(p)",
    "lognorm.dist(x, m, s, cumulative)": "ndtr((log(x) - m)/s)",
    "t.dist(x, n, false)": "t.pdf(x, n)",
    "t.dist(x, n, cumulative)": "t.cdf(x, n)",
    "t.inv(p, n)": "t.ppf(p, n)",
    "chisq.dist(x, n, false)": "chi2.pdf(x, n)",
    "chisq.dist(x, n, cumulative)": "chi2.cdf(x, n)",
    "chisq.inv(p, n)": "chi2.ppf(p, n)",
    "f.dist(x, m, n, cumulative)": "fdtr(m, n, x)",
    "gamma.dist(x, a, b, false)": "gamma.pdf(x, a, 0, b)",
    "gamma.dist(x, a, b, cumulative)": "gamma.cdf(x, a, 0, b)",
    "gamma.inv(p, a, b)": "gamma.ppf(p, a, 0, b)",
    "beta.dist(x, a, b, false)": "beta.pdf(x, a, b)",
    "beta.dist(x, a, b, cumulative)": "beta.cdf(x, a, b)",
    "beta.inv(p, a, b)": "beta.ppf(p, a, b)",
    "expon.dist(x, r, false)": "expon.pdf(x, 0, 1/r)",
    "expon.dist(x, r, cumulative)": "expon.cdf(x, 0, 1/r)",
    "poisson.dist(k, m, false)": "m**k*exp(-m)/factorial(k)",
    "poisson.dist(k, m, cumulative)": "pdtr(k, m)",
    "binom.dist(k, n, p, false)": "comb(n, k)*p**k*(1 - p)**(n - k)",
    "binom.dist(k, n, p, cumulative)": "bdtr(k, n, p)",
    "chisq.dist.rt(x, n)": "chi2.sf(x, n)",
    "gammaln.precise(x)": "lgamma(x)",
    "erf.precise(x)": "erf(x)",
    "erfc.precise(x)": "erfc(x)",
    "ceiling.math(x)": "ceil(x)",
    "floor.math(x)": "floor(x)",
    "stdev.s(x)": "std(x)",
    "stdev.p(x)": "std(x, correction=0)",
    "var.s(x)": "var(x)",
    "var.p(x)": "var(x, correction=0)",
    "mode.sngl(x)": "mode(x)",
    "percentile.inc(x, p)": "quantile(x, p)",
    "quartile.inc(x, n)": "quantile(x, n/4)",
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
    "Γ(x)": "gamma(x)",
    "Γ(a, x)": "gammaincc(a, x)*gamma(a)",
    "ψ(x)": "digamma(x)",
    "ζ(x)": "zeta(x)",
    "Φ(x)": "ndtr(x)",
    "φ(x)": "norm.pdf(x)",
    "σ(x)": "sigmoid(x)",
    "Θ(x)": "heaviside(x, 0.5)",
    "B(x, y)": "beta(x, y)",
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
    "expint(n, x)": "expn(n, x)",
    "besselJ(x, n)": "jv(n, x)",
    "besselY(x, n)": "yv(n, x)",
    "besselI(x, n)": "iv(n, x)",
    "besselI(x, n, scaled)": "ive(n, x)",
    "besselK(x, n)": "kv(n, x)",
    "besselK(x, n, scaled)": "kve(n, x)",
    "BESSELJ(x, n)": "jv(n, x)",
    "BESSELY(x, n)": "yv(n, x)",
    "BESSELI(x, n)": "iv(n, x)",
    "BESSELK(x, n)": "kv(n, x)",
    "add.reduce(v)": "sum(v)",
    "add.accumulate(v)": "cumsum(v)",
    "add.outer(v, w)": "v[:, None] + w",
    "subtract.outer(v, w)": "v[:, None] - w",
    "multiply.reduce(v)": "prod(v)",
    "multiply.accumulate(v)": "cumprod(v)",
    "multiply.outer(v, w)": "outer(v, w)",
    "maximum.reduce(v)": "max(v)",
    "maximum.accumulate(v)": "cummax(v, 0)",
    "minimum.reduce(v)": "min(v)",
    "minimum.accumulate(v)": "cummin(v, 0)",
    "logaddexp.reduce(v)": "logsumexp(v)",
    "append(v, w)": "cat([flatten(v), flatten(w)])",
    "insert(v, k, w)": "cat([v[:k], flatten(w), v[k:]])",
    "delete(v, k)": "cat([v[:k], v[k + 1:]])",
    "nancumsum(v)": "cumsum(where(isnan(v), 0, v))",
    "nancumprod(v)": "cumprod(where(isnan(v), 1, v))",
    "legenp(n, m, x)": "lpmv(m, n, x)",
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
    "C(n, k)": "comb(n, k)",
    "logn(x, b)": "log(x)/log(b)",
    "acosd(x)": "degrees(acos(x))",
    "acotd(x)": "degrees(acot(x))",
    "asind(x)": "degrees(asin(x))",
    "atand(x)": "degrees(atan(x))",
    "atan2d(y, x)": "degrees(atan2(y, x))",
    "pow2(x)": "exp2(x)",
    "nint(x)": "round(x)",
    "mround(x, m)": "round(x/m)*m",
    "cld(x, y)": "ceil(x/y)",
    "mod1(x, y)": "(x - 1) % y + 1",
    "iszero(x)": "x == 0",
    "isone(x)": "x == 1",
    "isapprox(x, y)": "isclose(x, y)",
    "kroneckerdelta(a, b)": "where(a == b, 1, 0)",
    "delta(a, b)": "where(a == b, 1, 0)",
    "gestep(a, b)": "where(a >= b, 1, 0)",
    "sqrtpi(x)": "sqrt(pi*x)",
    "trigamma(x)": "polygamma(1, x)",
    "psigamma(x, n)": "polygamma(n, x)",
    "fac(n)": "factorial(n)",
    "inverseerf(x)": "erfinv(x)",
    "sinintegral(x)": "si(x)",
    "cosintegral(x)": "ci(x)",
    "cosint(x)": "ci(x)",
    "expintegralei(x)": "expi(x)",
    "expintegrale(n, x)": "expn(n, x)",
    "sphericalbesselj(n, x)": "spherical_jn(n, x)",
    "jacobip(n, a, b, x)": "eval_jacobi(n, a, b, x)",
    "linsolve(A, b)": "solve(A, b)",
    "linearsolve(A, b)": "solve(A, b)",
    "mldivide(A, b)": "solve(A, b)",
    "leastsquares(A, b)": "pinv(A) @ b",
    "mdeterm(A)": "det(A)",
    "minverse(A)": "inv(A)",
    "pseudoinverse(A)": "pinv(A)",
    "rank(A)": "matrix_rank(A)",
    "matrixrank(A)": "matrix_rank(A)",
    "mpower(A, n)": "matrix_power(A, n)",
    "matrixpower(A, n)": "matrix_power(A, n)",
    "matrixexp(A)": "matrix_exp(A)",
    "eigenvalues(A)": "eigvals(A)",
    "eigen(A)": "eigh(A)",
    "eigensystem(A)": "eigh(A)",
    "eigenvectors(A)": "eigh(A)[1]",
    "eigvecs(A)": "eigh(A)[1]",
    "singularvaluedecomposition(A)": "svd(A)",
    "qrdecomposition(A)": "qr(A)",
    "chol(A)": "cholesky(A).T",
    "opnorm(A)": "matrix_norm(A, 2)",
    "vecnorm(A)": "norm(A, dim=0)",
    "kronecker(A, B)": "kron(A, B)",
    "kroneckerproduct(A, B)": "kron(A, B)",
    "crossprod(A)": "A.T @ A",
    "tcrossprod(A)": "A @ A.T",
    "matrix_transpose(A)": "A.T",
    "ipermute(A)": "A.T",
    "diagm(v)": "diag(v)",
    "diagonalmatrix(v)": "diag(v)",
    "blkdiag(...)": "block_diag(...)",
    "horzcat(...)": "hstack([...])",
    "hcat(...)": "hstack([...])",
    "vertcat(...)": "vstack([...])",
    "vcat(...)": "vstack([...])",
    "rbind(...)": "vstack([...])",
    "cbind(...)": "column_stack([...])",
    "repmat(A, k, n)": "tile(A, [k, n])",
    "repelem(v, n)": "repeat_interleave(v, n)",
    "rep(v, n)": "tile(v, n)",
    "circshift(v, n)": "roll(v, n)",
    "rot180(A)": "rot90(A, 2)",
    "rotl90(A)": "rot90(A)",
    "rotr90(A)": "rot90(A, -1)",
    "rev(v)": "flip(v)",
    "reverse(v)": "flip(v)",
    "order(v)": "argsort(v)",
    "first(v)": "v[0]",
    "last(v)": "v[-1]",
    "rest(v)": "v[1:]",
    "most(v)": "v[:-1]",
    "vector(...)": "[...]",
    "nnz(v)": "count_nonzero(v)",
    "count(v)": "numel(v)",
    "size(A)": "A.shape",
    "shape(A)": "A.shape",
    "dimensions(A)": "A.shape",
    "ndim(A)": "A.ndim",
    "ndims(A)": "A.ndim",
    "nrow(A)": "A.shape[0]",
    "ncol(A)": "A.shape[1]",
    "rows(A)": "A.shape[0]",
    "columns(A)": "A.shape[1]",
    "rowsums(A)": "sum(A, 1)",
    "rowmeans(A)": "mean(A, 1)",
    "colsums(A)": "sum(A, 0)",
    "colmeans(A)": "mean(A, 0)",
    "seq(a, b)": "arange(a, b + 1)",
    "seq(a, b, s)": "arange(a, b + s/2, s)",
    "seq_len(n)": "arange(1, n + 1)",
    "colon(a, b)": "arange(a, b + 1)",
    "geomspace(a, b, n)": "exp(linspace(log(a), log(b), n))",
    "trues(n)": "ones(n)",
    "interp1(u, v, x)": "interp(x, u, v)",
    "approx(u, v, x)": "interp(x, u, v)",
    "cumtrapz(v)": "cumulative_trapezoid(v)",
    "cumulative_sum(v)": "cumsum(v)",
    "cumulative_prod(v)": "cumprod(v)",
    "differences(v)": "diff(v)",
    "ediff1d(v)": "diff(v)",
    "polyval(p, x)": "sum(p*x**arange(len(p) - 1, -1, -1))",
    "array_equal(v, w)": "all(v == w)",
    "fdot(v, w)": "dot(v, w)",
    "product(v)": "prod(v)",
    "fsum(v)": "sum(v)",
    "fprod(v)": "prod(v)",
    "fmean(v)": "mean(v)",
    "pvariance(v)": "var(v, unbiased=False)",
    "pstdev(v)": "std(v, unbiased=False)",
    "moment(v, k)": "mean((v - mean(v))**k)",
    "devsq(v)": "sum((v - mean(v))**2)",
    "avedev(v)": "mean(abs(v - mean(v)))",
    "sem(v)": "std(v)/sqrt(len(v))",
    "variation(v)": "std(v, unbiased=False)/mean(v)",
    "zscore(v)": "(v - mean(v))/std(v, unbiased=False)",
    "standardize(v)": "(v - mean(v))/std(v)",
    "standardize(x, m, s)": "(x - m)/s",
    "skew(v)": "mean((v - mean(v))**3)/var(v, unbiased=False)**1.5",
    "kurtosis(v)": "mean((v - mean(v))**4)/var(v, unbiased=False)**2 - 3",
    "iqr(v)": "quantile(v, 0.75) - quantile(v, 0.25)",
    "quartile(v, q)": "quantile(v, q/4)",
    "prctile(v, q)": "percentile(v, q)",
    "small(v, k)": "kthvalue(v, k)[0]",
    "large(v, k)": "kthvalue(v, len(v) - k + 1)[0]",
    "gmean(v)": "exp(mean(log(v)))",
    "hmean(v)": "1/mean(1/v)",
    "geometric_mean(v)": "exp(mean(log(v)))",
    "harmonic_mean(v)": "1/mean(1/v)",
    "cor(u, v)": "corrcoef([u, v])[0, 1]",
    "correl(u, v)": "corrcoef([u, v])[0, 1]",
    "pearson(u, v)": "corrcoef([u, v])[0, 1]",
    "rsq(u, v)": "corrcoef([u, v])[0, 1]**2",
    "covar(u, v)": "cov([u, v], correction=0)[0, 1]",
    "covariance(u, v)": "cov([u, v])[0, 1]",
    "sumx2my2(v, w)": "sum(v**2 - w**2)",
    "sumx2py2(v, w)": "sum(v**2 + w**2)",
    "sumxmy2(v, w)": "sum((v - w)**2)",
    "euclidean(v, w)": "norm(v - w)",
    "sqeuclidean(v, w)": "sum((v - w)**2)",
    "cityblock(v, w)": "sum(abs(v - w))",
    "chebyshev(v, w)": "max(abs(v - w))",
    "rosen(v)": "sum(100*(v[1:] - v[:-1]**2)**2 + (1 - v[:-1])**2)",
    "fisher(x)": "atanh(x)",
    "fisherinv(x)": "tanh(x)",
    "phi(x)": "norm.pdf(x)",
    "npdf(x)": "norm.pdf(x)",
    "npdf(x, m, s)": "norm.pdf(x, m, s)",
    "ncdf(x)": "ndtr(x)",
    "ncdf(x, m, s)": "norm.cdf(x, m, s)",
    "normdist(x, m, s, false)": "norm.pdf(x, m, s)",
    "normdist(x, m, s, cumulative)": "norm.cdf(x, m, s)",
    "pnorm(x, m, s)": "norm.cdf(x, m, s)",
    "qnorm(p, m, s)": "norm.ppf(p, m, s)",
    "norminv(p, m, s)": "norm.ppf(p, m, s)",
    "normpdf(x, m, s)": "norm.pdf(x, m, s)",
    "dnorm(x, m, s)": "norm.pdf(x, m, s)",
    "lognormdist(x, m, s)": "norm.cdf(log(x), m, s)",
    "loginv(p, m, s)": "exp(norm.ppf(p, m, s))",
    "expondist(x, r, false)": "expon.pdf(x, 0, 1/r)",
    "expondist(x, r, cumulative)": "expon.cdf(x, 0, 1/r)",
    "gammadist(x, a, b, false)": "gamma.pdf(x, a, 0, b)",
    "gammadist(x, a, b, cumulative)": "gamma.cdf(x, a, 0, b)",
    "gammainv(p, a, b)": "gamma.ppf(p, a, 0, b)",
    "chiinv(p, n)": "chi2.ppf(1 - p, n)",
    "dt(x, n)": "t.pdf(x, n)",
    "pt(x, n)": "t.cdf(x, n)",
    "qt(p, n)": "t.ppf(p, n)",
    "tinv(p, n)": "t.ppf(1 - p/2, n)",
    "pf(x, m, n)": "fdtr(m, n, x)",
    "qf(p, m, n)": "fdtri(m, n, p)",
    "dbinom(k, n, p)": "comb(n, k)*p**k*(1 - p)**(n - k)",
    "pbinom(k, n, p)": "bdtr(k, n, p)",
    "dpois(k, m)": "m**k*exp(-m)/factorial(k)",
    "ppois(k, m)": "pdtr(k, m)",
    "factdouble(n)": "factorial2(n)",
    "fdist(x, m, n)": "fdtrc(m, n, x)",
    "pmt(r, n, p)": "-p*r/(1 - (1 + r)**-n)",
    "pv(r, n, p)": "-p*(1 - (1 + r)**-n)/r",
    "fv(r, n, p)": "-p*((1 + r)**n - 1)/r",
    "npv(r, v)": "sum(v/(1 + r)**arange(1, len(v) + 1))",
    "disp(x)": "print(x)",
    "display(x)": "print(x)",
    "println(x)": "print(x)",
    "echo(x)": "print(x)",
}
"""How a call is written here, in the parameters that are named; `...` are all of its arguments.

One that stands twice is meant by how many arguments it has; a capital letter alone is another name than a
small one.
"""

OF_COUNT = {
    "besselj(v, x, scaled)": "jv(v, x)",
    "bessely(v, x, scaled)": "yv(v, x)",
    "besseli(v, x, scaled)": "ive(v, x)",
    "besselk(v, x, scaled)": "kve(v, x)",
    "psi(n, x)": "polygamma(n, x)",
    "digamma(x, n)": "polygamma(n, x)",
    "gammainc(x, a, upper)": "gammaincc(a, x)",
    "zeta(n, x, k)": "zeta(n, x)",
    "erf(a, b)": "erf(b) - erf(a)",
}
"""How a call is written here whose name gradcli has, too, but not with so many arguments."""

ADVICE = {
    **dict.fromkeys(
        ("hankel1", "hankel2", "hankel1e", "hankel2e", "h1vp", "h2vp"),
        "there are no complex numbers here: its parts are `jv(v, x)` and `yv(v, x)`",
    ),
    **dict.fromkeys(
        (
            *("chndtr", "chndtridf", "chndtrinc", "chndtrix", "nctdtr", "nctdtridf", "nctdtrinc", "nctdtrit"),
            *("ncfdtr", "ncfdtri", "ncfdtridfd", "ncfdtridfn", "ncfdtrinc"),
        ),
        "noncentral distributions are not here",
    ),
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
    **dict.fromkeys(
        (
            "read_csv",
            "loadtxt",
            "genfromtxt",
            "fromfile",
            "read_table",
            "read_excel",
            "readmatrix",
            "csvread",
        ),
        "a file of numbers is read by A = @numbers.csv, and gradcli map takes its rows one by one",
    ),
    **dict.fromkeys(
        ("savetxt", "to_csv", "writematrix", "csvwrite"),
        "what is printed is the output, which the shell writes to a file: > out.txt",
    ),
    "gradienttape": "every formula is recorded: `grad(y, x)` is its gradient",
    "open": "a file is named on the command line, as in `--x @data.csv`",
    "str": '`print(f"{x}")` makes text of a value',
    "repr": '`print(f"{x}")` makes text of a value',
    "printf": '`print(f"x = {x:.4f}")` shows a value in a text',
    "sprintf": '`print(f"x = {x:.4f}")` shows a value in a text',
    "fprintf": '`print(f"x = {x:.4f}")` shows a value in a text',
    "uniroot": "write the equation out: `solve x**2 - 2, x=1`",
    "brentq": "write the equation out: `solve x**2 - 2, x=1`",
    "bisect": "write the equation out: `solve x**2 - 2, x=1`",
    "newton": "write the equation out: `solve x**2 - 2, x=1`",
    "root_scalar": "write the equation out: `solve x**2 - 2, x=1`",
    "polyroot": "write the equation out: `solve x**2 - 2, x=1`",
    "polyroots": "write the equation out: `solve x**2 - 2, x=1`",
    "nroots": "write the equation out: `solve x**2 - 2, x=1`",
    "solveset": "write the equation out: `solve x**2 - 2, x=1`",
    "vpasolve": "write the equation out: `solve x**2 - 2, x=1`",
    "irr": "write the equation out: `solve 100/(1 + r) + 100/(1 + r)**2 = 180, r=0.1`",
    "optimise": "write the formula out: `minimize (x - 1)**2, x=0`",
    "optimize": "write the formula out: `minimize (x - 1)**2, x=0`",
    "nlm": "write the formula out: `minimize (x - 1)**2, x=0`",
    "nlminb": "write the formula out: `minimize (x - 1)**2, x=0`",
    "fminbnd": "write the formula out: `minimize (x - 1)**2, x=0`",
    "minimize_scalar": "write the formula out: `minimize (x - 1)**2, x=0`",
    "maximize": "write the formula out: `minimize -(x*(1 - x)), x=0`",
    "nmaximize": "write the formula out: `minimize -(x*(1 - x)), x=0`",
    "findmaximum": "write the formula out: `minimize -(x*(1 - x)), x=0`",
    "lsqcurvefit": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "least_squares": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "leastsq": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "linregress": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "linear_regression": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "slope": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "intercept": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "trend": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "forecast": 'fits are asked of gradcli itself: gradcli fit "y = a*x + b" data.csv',
    "logest": 'fits are asked of gradcli itself: gradcli fit "y = a*b**x" data.csv',
    "growth": 'fits are asked of gradcli itself: gradcli fit "y = a*b**x" data.csv',
    "integral2": "there are no integrals here",
    "quadgk": "there are no integrals here",
    "dblquad": "there are no integrals here",
    "ode23": "differential equations are not solved here",
    "odefun": "differential equations are not solved here",
    "series": "write `taylor(exp(x), x, 0, 3)`: the formula, its variable, where, and the order",
    "simplify": "formulas are not rearranged: what is typed is what is computed",
    "factor": "formulas are not rearranged: what is typed is what is computed",
    "fullsimplify": "formulas are not rearranged: what is typed is what is computed",
    "symbols": "leave it out: a name is a variable as soon as it stands in a formula",
    "syms": "leave it out: a name is a variable as soon as it stands in a formula",
    "randomreal": "random numbers from 0 up to 1 are `rand(3)`, and normal ones `randn(3)`",
    "runif": "random numbers from 0 up to 1 are `rand(3)`, and normal ones `randn(3)`",
    "rnorm": "random numbers from 0 up to 1 are `rand(3)`, and normal ones `randn(3)`",
    "randi": "random whole numbers are `randint(0, 10, [3])`",
    "randbetween": "random whole numbers are `randint(0, 10, [3])`",
    "random": "random numbers from 0 up to 1 are `rand(3)`, and normal ones `randn(3)`",
    "normal": "normal random numbers are `randn(3)`, and about 1 with deviation 2 `1 + 2*randn(3)`",
    "uniform": "random numbers from 0 up to 1 are `rand(3)`, and from a up to b `a + (b - a)*rand(3)`",
}
"""What to say of a function that is written in another way altogether."""

_SIGNATURE = re.compile(r"([\w.]+)\((.*)\)")
_ATOM = re.compile(r"\w+(?:\.\w+)?|\w*\([^()]*\)|\[[^\[\]]*\]")


def signatures() -> dict[str, list[tuple[list[str], str]]]:
    """The parameters of the calls in `REWRITTEN`, and how each is written, by the name."""
    found: dict[str, list[tuple[list[str], str]]] = {}
    for signature, expression in REWRITTEN.items():
        match = _SIGNATURE.fullmatch(signature)
        assert match is not None
        found.setdefault(match[1], []).append((match[2].split(", "), expression))
    return found


def names_elsewhere(names: Sequence[str]) -> list[str]:
    """What a function of ours, by all of its names, is called in libraries and in other systems."""
    from gradcli.language.libraries import FUNCTIONS  # long, and for this question only

    found: dict[str, str] = {}
    distribution, _, what = names[0].partition("_")
    if distribution in DISTRIBUTIONS and what in OF_DISTRIBUTIONS:
        names = [f"{distribution}.{what}"]
        found["scipy"] = f"scipy.stats.{names[0]}"
    for module, functions in FUNCTIONS.items():
        library, there = module.partition(".")[0], functions.split()
        for name in names:
            if name in there and library in _ALIKE and name not in DRAWS:
                found.setdefault(library, f"{module}.{name}")
    others = []
    for signature, expression in {**REWRITTEN, **OF_COUNT}.items():
        call = _SIGNATURE.fullmatch(expression)
        if call is not None and call[1] in names and _PLAIN.fullmatch(call[2]):
            name, _, parameters = signature.partition("(")
            others.append(name if parameters == f"{call[2]})" else f"{signature} = {expression}")
    return [*found.values(), *dict.fromkeys(others)]


_ALIKE = ("jax", "math", "numpy", "scipy", "tensorflow", "torch")
"""Libraries in which the same name is the same function; SymPy's `jn` and mpmath's `gammainc` are others."""

_PLAIN = re.compile(r"[\w\s,.=]*")


def of_count(name: str, arguments: Sequence[str]) -> str | None:
    """How a call is written here that has more arguments than what gradcli has by that name."""
    for signature, expression in OF_COUNT.items():
        called, parameters = signature.removesuffix(")").split("(")
        if called == name and parameters.count(",") == len(arguments) - 1:
            return f"write {_filled(parameters.split(', '), expression, arguments)}"
    return None


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
    known = signatures()
    meant = known.get(name) or known.get(folded)
    if meant is not None:
        fitting = [each for each in meant if len(each[0]) >= len(arguments) or "..." in each[0]]
        denied = arguments and arguments[-1].casefold() in ("false", "0")
        fitting = [each for each in fitting if denied or each[0][-1] != "false"]
        parameters, expression = (fitting or meant)[0]
        alone = parameters == ["v"] or bool(fitting)
        return f"write {_filled(parameters, expression, arguments if alone else ())}"
    return ADVICE[folded].replace("`", "") if folded in ADVICE else None


def in_round_brackets(text: str) -> str:
    """A formula of Mathematica's with its calls as they are written here: `Sin[x]` is `sin(x)`."""
    found, opened = [], []
    for place, letter in enumerate(text):
        if letter == "[":
            opened.append(bool(re.search(r"[A-Za-z]\w*$", text[:place])))
        called = letter in "[]" and bool(opened) and opened[-1]
        found.append({"[": "(", "]": ")"}[letter] if called else letter)
        if letter == "]" and opened:
            opened.pop()
    return re.sub(r"\b[A-Z]\w+(?=\()", lambda match: match[0].casefold(), "".join(found))


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
