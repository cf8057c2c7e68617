"""Mathematics: graphs of primitives, their derivatives as graphs, and the plans that run them.

Knows no text position, no statement and no library's way of printing (an entry of the table says what PyTorch
calls it, as it says its documentation); imports `text` for its errors only.
"""
