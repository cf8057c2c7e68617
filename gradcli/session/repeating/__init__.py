"""What is done again: statements and whole passes of loops, and formulas that Python evaluates in turn.

What lowering came to is kept, and run at other values while all that it was found from is the same.
"""
