"""Syntax to graphs: what names, calls and operators mean, with the guilty text on every error.

Asks its surface through `Scope`; never imports a session, and does no arithmetic on values that may change.
"""
