"""Pages with code and what it has shown: notebooks, transcripts, Markdown. Cells are run, compared, written.

Runs cells in a session and renders what they show; never prints, and knows no prompt.
"""
