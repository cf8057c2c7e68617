"""Pages that hold code beside what it showed: notebooks. Their cells are read, run and written.

Runs cells in a session and renders what they show; never prints, and knows no prompt.
"""
