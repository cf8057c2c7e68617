"""The memory that tensors share, as in PyTorch and NumPy: who has which elements, and who holds what."""
