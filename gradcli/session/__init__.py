"""What changes: names, leaves, accumulated grads, and the statements that change them, whole or not at all.

Knows no terminal, no stream and no command line; what is shown goes to whoever runs it.
"""
