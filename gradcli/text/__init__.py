"""How things are told: places in a text, errors, reports with a caret, numbers, JSON.

Knows no language, no graph and no NumPy: everything else stands above it.
"""
