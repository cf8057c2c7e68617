"""Rows in, rows or sums out: `map` and `accumulate` over the streams, in one process or two.

Knows no option of the command line: what is wanted arrives as a request.
"""
