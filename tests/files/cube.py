import numpy as np

import gradcli
from gradcli.extend import Elementwise

cube = Elementwise(
    "cube",
    lambda x, out=None: np.power(x, 3, out=out),
    (lambda x: 3 * x**2,),
    "x",
    "x times x times x.",
    ("cube(2)", "8"),
)
print(gradcli.evaluate("cube(x) + x.cube()", x=2))
