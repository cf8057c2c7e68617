"""The command line: words to requests, results to stdout, errors to an exit status.

Stands on everything, and nothing stands on it; the only floor that may import click.
"""
