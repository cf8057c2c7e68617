def square(x):
    """The square of a number.

    >>> square(3)
    9
    >>> x = 3
    >>> backward square(x)
    x.grad = 6  # 1 pass
    """
    return x**2
