"""What was probably meant by a text that is not in the language, looked for once it was refused.

Reads tokens and the tree; never a session, a value or the engine.
"""
