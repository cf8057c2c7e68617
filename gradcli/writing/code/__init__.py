"""Graphs as source code of other languages: one table a target, and what all of them share.

A graph over arrays becomes one over single numbers (`scalars`); what a target has no word for is spelled by
its definition (`definitions`) or refused by name; `program` gives names to what is shared or long, and a
target writes the rest. Knows the engine and nothing of the language's text, of sessions or of files.
"""

TARGETS = ("c", "fortran", "javascript", "python", "numpy", "awk", "sql")
"""Every target; each is a module of its name here."""
