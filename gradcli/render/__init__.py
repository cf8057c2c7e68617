"""How results look: gradcli's own style and PyTorch's, tables of variables, answers.

Reads results of sessions; never runs a statement, and never prints.
"""
