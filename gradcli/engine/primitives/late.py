"""Which names have their entries in files that are read when one of the names is first looked up.

`FILES` says which files beside this one wait, in the order of the table. What follows it is generated from
them by python tools/manual.py.
"""

FILES = ("trigonometry_of_turns", "gamma", "error_functions")

# Generated from here on.

LATE: dict[str, str] = {
    "sinpi": "trigonometry_of_turns",
    "cospi": "trigonometry_of_turns",
    "tanpi": "trigonometry_of_turns",
    "sindg": "trigonometry_of_turns",
    "sind": "trigonometry_of_turns",
    "cosdg": "trigonometry_of_turns",
    "cosd": "trigonometry_of_turns",
    "tandg": "trigonometry_of_turns",
    "tand": "trigonometry_of_turns",
    "cotdg": "trigonometry_of_turns",
    "cotd": "trigonometry_of_turns",
    "gamma": "gamma",
    "tgamma": "gamma",
    "lgamma": "gamma",
    "gammaln": "gamma",
    "loggamma": "gamma",
    "digamma": "gamma",
    "psi": "gamma",
    "polygamma": "gamma",
    "rgamma": "gamma",
    "gammasgn": "gamma",
    "beta": "gamma",
    "betaln": "gamma",
    "lbeta": "gamma",
    "factorial": "gamma",
    "binom": "gamma",
    "binomial": "gamma",
    "comb": "gamma",
    "poch": "gamma",
    "rising_factorial": "gamma",
    "pochhammer": "gamma",
    "rf": "gamma",
    "perm": "gamma",
    "falling_factorial": "gamma",
    "ff": "gamma",
    "multigammaln": "gamma",
    "mvlgamma": "gamma",
    "erfcx": "error_functions",
    "erfi": "error_functions",
    "dawsn": "error_functions",
    "dawson": "error_functions",
    "erfinv": "error_functions",
    "erfcinv": "error_functions",
    "ndtr": "error_functions",
    "normcdf": "error_functions",
    "log_ndtr": "error_functions",
    "ndtri": "error_functions",
    "probit": "error_functions",
    "fresnels": "error_functions",
    "fresnelc": "error_functions",
    "fresnel": "error_functions",
}
