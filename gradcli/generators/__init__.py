"""Random numbers as PyTorch, NumPy and JAX draw them, from the same seeds and bit for bit.

Knows arrays and nothing else: no language, no graph and no session.
"""
