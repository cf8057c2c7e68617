"""What can be asked of a formula beside its value: each capability is one record, read by every surface.

A record says how a capability is written (as a subcommand, at the prompt, in Python), what it takes and what
answers it; the subcommand, the statement, help, completion and the manual page are readings of it. Knows
sessions and everything below; never a terminal, a stream or a command line.
"""
