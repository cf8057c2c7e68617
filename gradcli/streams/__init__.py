"""Bytes to columns and back: the readers and writers of every format, in constant memory.

Stands alone: it knows no expression and no graph, and imports neither language nor engine.
"""
