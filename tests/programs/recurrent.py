"""Recurrent layers and cells over batches, single sequences, layers and directions."""

import torch
import torch.nn as nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
for cls in (nn.RNN, nn.LSTM, nn.GRU):
    m = cls(3, 4, 2, batch_first=True, bidirectional=True, bias=False)
    print(m)
    y, h = m(torch.randn(2, 5, 3))
    print(y)
    print(h)
    y.sum().backward()
    print(m.weight_hh_l1_reverse.grad)
    m = cls(3, 4)
    y, h = m(torch.randn(5, 3))
    print(y.shape, m.hidden_size)
    if cls is nn.LSTM:
        y2, (a, b) = m(torch.randn(5, 3), h)
        print(a, b)
    else:
        y2, a = m(torch.randn(5, 3), h)
        print(a)
for cls in (nn.RNNCell, nn.LSTMCell, nn.GRUCell):
    m = cls(3, 4)
    print(m, m(torch.ones(3)))
    h = m(torch.randn(2, 3))
    h = m(torch.randn(2, 3), h)
    print(h)
m = nn.RNN(3, 4, nonlinearity="relu")
print(m, m(torch.ones(2, 1, 3)))
m = nn.LSTM(3, 4, num_layers=2, dropout=0.5).eval()
m.flatten_parameters()
print(m, m(torch.ones(2, 1, 3))[0].sum().item() < 0, list(m.state_dict()))


class Tagger(nn.Module):
    """Words to tags, as in the tutorial on sequences."""

    def __init__(self, words, tags):
        super().__init__()
        self.embeddings = nn.Embedding(words, 6)
        self.lstm = nn.LSTM(6, 5)
        self.out = nn.Linear(5, tags)

    def forward(self, sentence):
        found, _ = self.lstm(self.embeddings(sentence).view(len(sentence), 1, -1))
        return torch.log_softmax(self.out(found.view(len(sentence), -1)), dim=1)


model = Tagger(4, 2)
print(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
words, tags = torch.tensor([0, 1, 2, 3, 1]), torch.tensor([0, 1, 0, 0, 1])
for epoch in range(20):
    optimizer.zero_grad()
    loss = nn.NLLLoss()(model(words), tags)
    loss.backward()
    optimizer.step()
    if epoch % 5 == 0:
        print(f"{epoch} {loss:.3f}")
print(model(words).argmax(dim=1))
