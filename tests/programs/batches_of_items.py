"""Items of datasets that are dictionaries, texts and numbers come in batches; abstract classes are classes."""

import abc
from abc import ABC, abstractmethod

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


torch.manual_seed(0)


class Named(Dataset):
    def __len__(self):
        return 5

    def __getitem__(self, i):
        return {"input": torch.tensor([i, i]), "label": float(i)}


for batch in DataLoader(Named(), batch_size=2):
    print(batch["input"], batch["label"], batch)


def collate(samples):
    return {"x": torch.stack([each["input"] for each in samples])}


for batch in DataLoader(Named(), batch_size=5, collate_fn=collate):
    print(batch)


class Mixed(Dataset):
    def __init__(self, x):
        self.x = x
        self.y = np.arange(3)

    def __len__(self):
        return 3

    def __getitem__(self, i):
        return self.x[i], self.y[i], "abc"[i], (i, 2.5)


for x in (np.ones((3, 2)), np.ones((3, 2), dtype=np.float32), torch.ones(3, 2)):
    for rows, y, names, (i, z) in DataLoader(Mixed(x), batch_size=2):
        print(rows, y, list(names), i, z, rows.dtype)


class Numbers(Dataset):
    def __init__(self, scale):
        self.scale = scale

    def __len__(self):
        return 3

    def __getitem__(self, i):
        return i * self.scale


for scale in (1, 0.5):
    for batch in DataLoader(Numbers(scale), batch_size=2):
        print(batch)


class Layer(ABC):
    def __call__(self, x):
        return self.forward(x)

    @abstractmethod
    def forward(self, x):
        pass


class Double(Layer):
    def forward(self, x):
        return 2 * x


class Named2(abc.ABC):
    @abc.abstractmethod
    def name(self):
        pass


print(Double()(torch.ones(2)), isinstance(Double(), Layer))
