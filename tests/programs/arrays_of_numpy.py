"""What arrays of NumPy have that tensors have not, or call otherwise."""

import numpy as np

a = np.array([0.5, 1.5, 0.5])
b = a.copy()
b[0] = 9.0
print(a, b, np.unique(a), np.unique(np.array([3, 1, 3])))
print(a.size, a[:, np.newaxis], (a > 1).astype(int).sum() / a.size)
print(np.linspace(0, 1, 4, endpoint=False), np.eye(2, k=1), np.unique(np.arange(4) * 0.5))
print(np.where(a > 1), np.where(a > 1)[0], np.corrcoef([1.0, 2.0, 4.0], [2.0, 3.0, 7.0]))
