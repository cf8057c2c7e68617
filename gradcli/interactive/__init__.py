"""The prompt: entries, commands, completion, the preview, history, settings and help.

The only floor that may import prompt_toolkit; never the command line.
"""
