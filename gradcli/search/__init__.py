"""Plans to answers: where a function is least, where it is zero, which parameters fit data.

SciPy iterates, behind one door; our graphs give it exact derivatives. Knows graphs and plans only: never a
text, a session or a file.
"""
