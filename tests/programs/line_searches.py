# A line search asks as often as PyTorch's does: never more than what max_eval leaves, and along any line.
import torch

torch.set_default_dtype(torch.float64)


def fitted(loss_of, start, **settings):
    asked = 0
    w = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe", **settings)

    def closure():
        nonlocal asked
        asked += 1
        optimizer.zero_grad()
        loss = loss_of(w)
        loss.backward()
        return loss

    for _ in range(3):
        loss = optimizer.step(closure)
    print(f"{loss.item():.4f}", asked, [f"{each:.4f}" for each in w.tolist()])


def wavy(w):
    return torch.log(1 + (w**2).sum()) + torch.sin(3 * w).sum() + torch.exp(-w[0] * w[1] / 50)


fitted(wavy, [0.3, 0.2, 4.0], max_iter=7, history_size=3)
fitted(wavy, [5.0, -7.0, 2.0], max_iter=7, history_size=3, lr=10.0)
fitted(lambda w: (w**4 - 3 * w).sum(), [2.0], max_eval=4)
fitted(lambda w: (w**2).sum() / 1e3 + w.sum(), [3.0, 1.0], max_iter=2, max_eval=6)
fitted(lambda w: 2 * w.sum(), [0.0], max_iter=1)
