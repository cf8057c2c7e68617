"""Text to syntax: the tree, the layout of lines, the tables made from the grammar, what mistakes mean.

Knows what can be written and not what it means; imports `text` only, and never the engine.
"""
