"""Graphs to texts and pictures for people: formulas as they are read and typed.

Needs the graph only; never a session, and never changes what is computed.
"""
