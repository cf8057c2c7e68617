"""Write what PyTorch prints: `torch_prints.json` beside this file, for some hundreds of tensors, and
`torch_expressions.json`, for expressions after the assignments of `SETUP`.

Run it with a Python that has torch 2.13 (`pip install torch==2.13.0`); nothing else in the project needs
torch. Every sample is an object on a line of its own:

    data           nested lists; nan and the infinities are the texts "nan", "inf" and "-inf"
    arange         instead of `data`, for long tensors: element i is `start + step * i`
    shape          the shape
    integer        true for an integer tensor
    requires_grad  true for a leaf that requires grad
    grad_fn        the name that the tensor was printed with
    text           what `str(tensor)` gave
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from math import inf, nan, prod
from pathlib import Path
from typing import Any

import torch

torch.set_default_dtype(torch.float64)
chance = random.Random(20)

SCALARS = [
    0.0, -0.0, 1.0, -1.0, 3.0, 0.5, -0.2879, 1 / 3, 3.141592653589793, 6.7012, 100000.0, 123456.0,
    99999.5, 99999999.5, 1e8, 1e8 + 1, 12345678.0, 1e10, 1e16, 1e300, 1e-3, 1e-4, 9.9999e-5, 1e-5, 5e-324,
    nan, inf, -inf,
]  # fmt: skip
VECTORS: list[list[float]] = [
    [], [1, 2, 3], [1.5, 2], [2 / 3, 4 / 3, 2], [1, 1e6], [1e-5, 1], [1, 1e4], [1, 1000], [1, 1001],
    [1000, 1001], [0.0001, 0.1], [0.0001, 0.11], [nan, 1], [inf, 1.5], [1, nan, inf], [-inf, 2, -0.0],
    [-1, 2], [0, 0], [-0.0, 0], [nan, nan], [1.0001, 2], [1.00001, 2], [1e-8, 1e-7], [123456789],
    [0.1, 0.25, 1000], [1e38, 1], [-1.5, 0, -0.0],
]  # fmt: skip
SHAPES = [
    (1,), (2,), (5,), (12,), (30,), (1, 1), (2, 2), (2, 3), (3, 1), (4, 12),
    (2, 2, 2), (1, 2, 3), (2, 1, 2, 2),
]  # fmt: skip
EMPTY = [(0,), (0, 3), (2, 0), (0, 0), (1, 0, 2)]
LONG = [(1001,), (1000,), (2000,), (2, 1000), (40, 40), (1200, 1), (11, 10, 10), (7, 6, 30), (2, 3, 4, 50)]
# Functions that change nothing, for `grad_fn` names of several lengths: those decide where a line breaks.
IDENTITIES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "NegBackward0": lambda x: x.neg().neg(),
    "CloneBackward0": lambda x: x.clone(),
    "MaskedFillBackward0": lambda x: x.masked_fill(torch.zeros(x.shape, dtype=torch.bool), 0),
    "AsStridedBackward0": lambda x: x.as_strided(x.shape, x.stride()),
}

SETUP = """
x = torch.tensor(1.5, requires_grad=True)
y = torch.tensor(0.7, requires_grad=True)
v = torch.tensor([1.5, 2.5, 0.5], requires_grad=True)
w = torch.tensor([0.1, 0.2, 0.3], requires_grad=True)
A = torch.tensor([[1.5, 2.5], [0.5, 4.0]], requires_grad=True)
B = torch.tensor([[1.0, 2.0, 3.0], [0.5, 4.0, 2.0]], requires_grad=True)
C = torch.tensor([[[1.0, 2.0, 3.0], [0.5, 4.0, 2.0]]], requires_grad=True)
t = torch.tensor([1.0, 2.0, 3.0])
"""
EXPRESSIONS = r"""
x+1
1+x
x-1
1-x
t-v
v-t
x-y
x*2
x/2
2/x
t/v
x/y
-x
+x
x**2
x**0.5
2**x
x**y
v**t
t**v
x//2
x%2
x%y
v%w
v%t
t%v
torch.remainder(x, 2)
torch.remainder(v, w)
torch.fmod(x, 2)
torch.fmod(v, w)
torch.fmod(v, t)
torch.abs(x)
abs(x)
torch.exp(x)
torch.log(x)
torch.log2(x)
torch.log10(x)
torch.log1p(x)
torch.expm1(x)
torch.exp2(x)
torch.sqrt(x)
torch.rsqrt(x)
torch.square(x)
torch.reciprocal(x)
torch.sin(x)
torch.cos(x)
torch.tan(x)
torch.asin(y)
torch.acos(y)
torch.atan(y)
torch.atan2(x,y)
torch.sinh(x)
torch.cosh(x)
torch.tanh(x)
torch.asinh(x)
torch.acosh(x)
torch.atanh(y)
torch.arcsin(y)
torch.hypot(x,y)
torch.sigmoid(x)
torch.relu(x)
F.softplus(x)
F.relu(x)
F.sigmoid(x)
F.tanh(x)
F.logsigmoid(x)
torch.clamp(x,0,1)
torch.clamp(x,min=0)
torch.clamp(x,max=0)
torch.clamp(v,w,t)
torch.clamp(v,min=w)
torch.clamp(v,max=w)
torch.clamp(v,min=t)
torch.clamp(v,t,t)
torch.clamp_min(x, 0)
torch.clamp_max(x, 0)
torch.clamp_min(v, w)
torch.clamp_max(v, w)
torch.clamp_min(v, t)
x.clamp_min(0)
x.clamp(0,1)
x.clamp(min=0)
torch.clip(x,0,1)
torch.sign(x)
torch.floor(x)
torch.ceil(x)
torch.round(x)
torch.round(x, decimals=1)
torch.trunc(x)
torch.frac(x)
torch.erf(x)
torch.erfc(x)
torch.sinc(x)
torch.logaddexp(x,y)
torch.copysign(x,y)
torch.copysign(x,torch.tensor(2.0))
torch.deg2rad(x)
torch.rad2deg(x)
torch.sum(v)
v.sum()
v.sum(0)
A.sum(dim=0)
A.sum(dim=(0,1))
A.sum(dim=1, keepdim=True)
v.mean()
A.mean(dim=0)
v.prod()
A.prod(dim=0)
v.max()
A.max(dim=0).values
A.min(dim=1).values
v.min()
v.amax()
A.amax(dim=0)
v.amin()
torch.maximum(v,w)
torch.minimum(v,w)
torch.max(v,w)
torch.min(v,w)
v.var()
A.var(dim=0)
v.std()
v.norm()
torch.norm(v)
A.norm()
v.norm(p=1)
A.norm(dim=0)
torch.linalg.norm(v)
torch.linalg.vector_norm(v)
torch.logsumexp(v, dim=0)
torch.softmax(v, dim=0)
F.softmax(v, dim=0)
F.log_softmax(v, dim=0)
v.softmax(0)
A@A
A@B
A.mm(B)
A@A[0]
A.mv(A[0])
v@w
torch.dot(v,w)
torch.matmul(v,w)
torch.outer(v,w)
A[0]@A
C@B.T
A.T
A.t()
v.t()
v.T
x.T
A.transpose(0,1)
torch.transpose(A,0,1)
A.mT
torch.t(A)
C.transpose(0,2)
A.permute(1,0)
C.permute(2,0,1)
torch.trace(A)
A.trace()
v[0]
v[-1]
v[0:2]
v[:]
v[1:]
v[::2]
v[[0,1]]
v[v>1]
A[0]
A[0,1]
A[:,0]
A[:,0:1]
A[0:1,0:1]
A[0,0:1]
A[0:1,0]
A[:]
A[:,:]
A[[0,1]]
A[A>1]
torch.cat([v,w])
torch.cat((v,w), dim=0)
torch.stack([v,w])
torch.stack((x,y))
v.reshape(3,1)
v.view(3,1)
v.view(-1)
v.view(3)
v.reshape(3)
v.reshape(-1)
A.reshape(-1)
A.view(4)
A.view(2,2)
A.flatten()
v.flatten()
x.flatten()
x.reshape(1)
A.ravel()
v.ravel()
A.T.reshape(4)
A.T.flatten()
A.T.ravel()
v.unsqueeze(0)
v.unsqueeze(1)
x.unsqueeze(0)
torch.unsqueeze(v,0)
v.unsqueeze(0).squeeze()
v.unsqueeze(0).squeeze(0)
torch.squeeze(v)
x.expand(3)
v.expand(2,3)
v.expand(3)
torch.where(v>1, v, 0)
torch.where(v>1, v, w)
v.clone()
x.clone()
v.contiguous()
v.detach()
torch.zeros_like(v)
torch.ones_like(v)*v
torch.add(x,y)
torch.sub(x,y)
torch.mul(x,y)
torch.div(x,y)
torch.pow(x,2)
torch.pow(x,y)
torch.pow(2,x)
torch.neg(x)
x.neg()
x.sin()
x.pow(2)
torch.positive(x)
torch.linspace(0,1,3,requires_grad=True)**3
torch.zeros(0,requires_grad=True)*2
torch.ones(2, requires_grad=True)
torch.tensor(2.0, requires_grad=True)*3
x*x
x+x
x*1
x+0
0+x
x-0
x/1
x**1
x**0
x*0
1*x
0*x
0-x
x*-1
--x
-(-x)
-x+y
y-(-x)
x+(-y)
(x+1)*1
v*1
v+0
v[0]+v[1]
v.sum()/3
1/(1+torch.exp(-x))
2*x+1
1-x*2
x.item()
(x>0)
(v>1)
v.argmax()
v.argmax(0)
A.argmax(dim=1)
v.sum()/len(v)
v[0]*t[0]
t.sum()
(v*t).sum()
(v>1).sum()
torch.arange(5)
torch.arange(0,1,0.25)
torch.arange(3)*2
torch.arange(3)/2
torch.arange(3)*2.0
torch.arange(3)**2
-torch.arange(3)
torch.arange(3)*v
torch.arange(6).reshape(2,3)
torch.arange(6).view(2,3).sum(dim=0)
torch.arange(6).view(2,3).T
torch.tensor([1,2])@torch.tensor([3,4])
torch.tensor(3)
torch.tensor([[1,2],[3,4]])
torch.tensor([1,2.])
torch.tensor([True,False])
torch.tensor(True)
torch.tensor([1,2],dtype=torch.float64)
torch.full((2,),7)
torch.full((2,),7.0)
torch.eye(2)
torch.zeros(2)
torch.zeros(2,3)
torch.ones(2,dtype=torch.long)
torch.zeros_like(torch.arange(3))
torch.tensor([])
torch.zeros(0,3)
torch.tensor(3)/2
torch.tensor(7)//2
torch.tensor(7)%4
torch.tensor(3)+1
torch.tensor(3)+1.0
torch.tensor([3,1]).max()
torch.tensor([3,1]).max(dim=0)
torch.tensor([[3,1],[4,5]]).min(dim=1)
A.max(dim=0)
A.min(1)
A.max(0,keepdim=True)
(A*2).max(dim=1).indices
torch.tensor(3).item()
t.tolist()
torch.tensor([1,2]).tolist()
torch.tensor(2.5).tolist()
A.tolist()
[1,2]
[1.0,2]
[[1,2],[3,4]]
[v[0],v[1]]
[x.item(), 3]
[x, y]
[True, False]
3
3.0
1/3
7//2
7%4
2**10
2**-1
2**0.5
10/2
1e3
1_000
-3
-3.0
+3
3>2
math.pi
math.sqrt(2)
math.floor(2.5)
math.e
torch.pi
len(v)
len(A)
v.shape
A.shape
x.shape
A.size()
A.size(0)
A.shape[1]
A.shape[0]*2
A.numel()
v.numel()/2
A.dim()
A.ndim
x.dtype
torch.arange(3).dtype
(v>1).dtype
x.is_leaf
(x*2).is_leaf
x.requires_grad
t.requires_grad
t.is_leaf
x.grad
x.grad_fn
abs(-3)
max(2,3)
min(2.5,3)
round(2.6)
round(2.567,2)
sum([1,2,3])
max([1,2])
v.max().item()
v.argmax().item()
True
not True
v.mean().item()
torch.tensor([1e10,1])
torch.tensor([-0.0, 0.0])
torch.tensor(-0.0)
torch.tensor([1.5, 2.0])*1e6
torch.tensor([0.00001, 1])
t/0
(t-1)/(t-1)
torch.sqrt(t-2)
torch.tensor([1e-5])
torch.arange(1001)
torch.arange(1001)*1.0
torch.arange(2000).reshape(2,1000)
torch.zeros(3,400)
C*2
C
B.T
torch.linspace(0,1,5)
torch.linspace(0,1,30)
torch.linspace(0,100,11)
(torch.linspace(0,1,30)>0.5)
(torch.arange(12).reshape(3,4)>5)
torch.zeros(2,0)
torch.zeros(2,2,2)
torch.zeros(2,2,2)*x
torch.arange(24).reshape(2,3,4)
torch.ones(11,11)*x
t*1e-3
t*1e8
v*12345.678
v[0]*1e-5
x*1e5
1/v
(v>1).sum().item()
v.long()
float(x)
int(x)
(v>1).all()
(v>1).any()
torch.isnan(t)
f"{x}"
f"{x:.4f}"
f"{x!r}"
f"{x=}"
f"{x = }"
f"{x=:.2f}"
f"{v}"
f"{v!s:>50}|"
f"{x*2}"
f"{v.sum().item():8.3f}|{len(v):3d}|{1/3:.3e}|{1000000:,}|{0.25:%}|{2.5:g}|{3:+d}"
f"{torch.arange(3)}"
f"{v.argmax()}"
f"{v.argmax():03d}"
f"{v.shape}"
f"{3:{4+2}d}|{2.0:{8}.{3}f}"
f"{{x}} is {x.item()}"
f"{x > 1} {3 > 2}"
f"{x.grad}"
f"{'txt':>6}"
f"{A.max(dim=0).values}"
f"{[1, 2.5]}"
F.silu(v)
F.gelu(v)
F.gelu(v, approximate='tanh')
F.mish(v)
F.softsign(v)
F.tanhshrink(v)
F.elu(v)
F.selu(v)
F.celu(v)
F.leaky_relu(v)
F.hardtanh(v)
F.relu6(v)
F.hardsigmoid(v)
F.hardswish(v)
F.hardshrink(v)
F.softshrink(v)
F.threshold(v, 1., 0.)
F.rrelu(v)
F.prelu(v, x)
F.glu(C, 1)
F.softmin(v, 0)
F.mse_loss(v, w)
F.mse_loss(v, w, reduction='none')
F.l1_loss(v, w)
F.l1_loss(v, w, reduction='sum')
F.smooth_l1_loss(v, w)
F.huber_loss(v, w)
F.binary_cross_entropy(w, t*0)
F.binary_cross_entropy_with_logits(v, t*0)
F.nll_loss(B, torch.tensor([0, 2]))
F.cross_entropy(B, torch.tensor([0, 2]))
F.kl_div(v, t, reduction='sum')
F.kl_div(v, t, reduction='batchmean')
F.soft_margin_loss(v, t)
F.poisson_nll_loss(v, t)
F.gaussian_nll_loss(v, t, t)
F.cosine_similarity(v, w, dim=0)
F.pairwise_distance(v, w)
F.multilabel_soft_margin_loss(B, B.detach()*0)
F.hinge_embedding_loss(v, t*0 + 1)
F.margin_ranking_loss(v, w, t)
F.triplet_margin_loss(B, B + 1, B - 1)
torch.cumsum(v, 0)
v.cumprod(0)
torch.logcumsumexp(v, 0)
torch.cummax(v, 0).values
torch.sort(v).values
torch.sort(v).indices
torch.argsort(v)
torch.topk(v, 2).values
torch.kthvalue(v, 2).values
torch.median(v)
torch.median(A, 1).values
torch.quantile(v, 0.5)
torch.gather(A, 1, torch.tensor([[0], [1]]))
torch.index_select(A, 0, torch.tensor([1]))
torch.take(A, torch.tensor([0, 3]))
torch.masked_fill(v, v > 1, 0.)
v.masked_select(v > 1)
torch.diff(v)
torch.trapezoid(v)
torch.flip(v, (0,))
torch.roll(v, 1)
torch.rot90(A)
v.repeat(2)
torch.tile(v, (2,))
torch.repeat_interleave(v, 2)
F.pad(v, (1, 1))
torch.vstack((v, w))
torch.hstack((v, w))
torch.block_diag(A, B)
torch.tril(A)
torch.triu(A)
torch.diag(v)
torch.diagonal(A)
torch.diag_embed(v)
torch.movedim(A, 0, 1)
torch.swapaxes(A, 0, 1)
torch.unflatten(v, 0, (3, 1))
torch.narrow(v, 0, 1, 2)
torch.select(A, 0, 1)
torch.lerp(v, w, 0.5)
torch.addcmul(v, w, t)
torch.addcdiv(v, w, t)
torch.fmax(v, w)
torch.nan_to_num(v)
torch.logaddexp2(v, w)
torch.float_power(v, 2)
torch.einsum('ij,j->i', B, v)
torch.tensordot(A, B, 1)
torch.kron(v, w)
torch.cross(v, w, dim=0)
torch.inner(v, w)
torch.inner(A, A)
torch.vdot(v, w)
torch.addmm(x, A, B)
torch.addmv(x, B, v)
torch.bmm(C, C.mT)
torch.outer(v, w)
torch.nansum(v)
torch.nanmean(v)
torch.var_mean(v)[0]
torch.var_mean(v)[1]
torch.aminmax(v).max
torch.cov(B)
torch.corrcoef(B)
torch.dist(v, w)
torch.cdist(A, A)
F.pdist(A)
F.linear(v, B)
F.linear(v, B, x)
F.normalize(v, dim=0)
F.layer_norm(v, (3,))
F.batch_norm(B, None, None, training=True)
F.group_norm(B, 1)
F.embedding(torch.tensor([0, 1]), A)
F.one_hot(torch.tensor([0, 1]), 3)
F.conv1d(C, torch.ones(1, 2, 2))
F.max_pool1d(C, 2)
F.max_pool2d(C, 2)
F.avg_pool1d(C, 2)
F.avg_pool2d(C, 2)
F.adaptive_avg_pool1d(C, 1)
F.interpolate(C, 4)
F.unfold(C[None], (1, 2))
torch.split(v, 2)[0]
torch.chunk(v, 2)[1]
torch.unbind(v)[1]
torch.meshgrid(v, w, indexing='ij')[0]
torch.add(v, w, alpha=2)
torch.div(v, w, rounding_mode='floor')
A[..., 0]
torch.isclose(v, v)
torch.bucketize(v, t)
torch.heaviside(t, t)
"""


def elements(count: int) -> list[float]:
    """Random numbers of one temper: whole, wide, tiny, huge, or salted with nan and inf."""
    scale = 10.0 ** chance.choice([0, 0, 0, 1, 2, 4, -3, -6, 9])
    values = [chance.gauss(0, 1) * scale for _ in range(count)]
    if chance.random() < 0.4:
        values = [float(round(x)) for x in values]
    if chance.random() < 0.3:
        values = [chance.choice([x, x, nan, inf, -inf, 0.0, -0.0]) for x in values]
    return values


def encoded(data: Any) -> Any:
    if isinstance(data, list):
        return [encoded(item) for item in data]
    return str(data) if data in (inf, -inf) or data != data else data


def printed(tensor: torch.Tensor, sample: dict[str, Any]) -> dict[str, Any]:
    """The sample with the text that torch prints, under the `grad_fn` that the sample asks for."""
    if sample.get("requires_grad"):
        tensor = tensor.requires_grad_()
    name = sample.get("grad_fn", "")
    if name:
        tensor = IDENTITIES[name](tensor.requires_grad_())
    text = str(tensor)
    assert name in text
    assert "dtype" not in text
    return {**sample, "text": text}


def sample(values: list[Any], shape: tuple[int, ...], **how: Any) -> dict[str, Any]:
    kind = torch.int64 if how.get("integer") else None
    tensor = torch.tensor(values, dtype=kind).reshape(shape)
    return printed(tensor, {"data": encoded(tensor.tolist()), "shape": list(shape), **how})


def ramp(start: float, step: float, shape: tuple[int, ...], **how: Any) -> dict[str, Any]:
    tensor = torch.tensor([start + step * float(i) for i in range(prod(shape))]).reshape(shape)
    if how.get("integer"):
        tensor = tensor.to(torch.int64)
    return printed(tensor, {"arange": [start, step], "shape": list(shape), **how})


def decoration() -> dict[str, Any]:
    return chance.choice([{}, {"requires_grad": True}, {"grad_fn": chance.choice(list(IDENTITIES))}])


def samples() -> list[dict[str, Any]]:
    found = [sample([x], ()) for x in SCALARS]
    found += [sample([float(x) for x in values], (len(values),)) for values in VECTORS]
    found += [sample([], shape, **how) for shape in EMPTY for how in ({}, {"requires_grad": True})]
    found += [sample(elements(1), (), **decoration()) for _ in range(30)]
    found += [sample(elements(prod(shape)), shape, **decoration()) for shape in SHAPES for _ in range(10)]
    # Every length of the last line, so that the suffix meets the edge in each way.
    found += [sample([1.0] * n, (n,), grad_fn="CloneBackward0") for n in range(8, 24)]
    found += [sample([0.25] * n, (n,), requires_grad=True) for n in range(4, 12)]
    for shape in SHAPES[:11]:
        count = prod(shape)
        found.append(sample([chance.randrange(-400, 400) for _ in range(count)], shape, integer=True))
        found.append(sample([chance.random() < 0.5 for _ in range(count)], shape))
    found += [sample([x], (), integer=True) for x in (0, 3, -12)] + [sample([x], ()) for x in (True, False)]
    for shape in LONG:
        found += [ramp(0, 1, shape), ramp(-3, 0.01, shape, **decoration()), ramp(1, 1e6, shape)]
        found.append(ramp(-7, 1, shape, integer=True))
    return found


def expressions() -> list[list[str]]:
    """Each expression with what `print` makes of it; an object's address is left out."""
    import math

    names: dict[str, Any] = {"torch": torch, "F": torch.nn.functional, "math": math}
    exec(SETUP, names)
    texts = [[line, str(eval(line, names))] for line in EXPRESSIONS.strip().split("\n")]
    return [[line, re.sub(r" object at 0x\w+>", ">", text)] for line, text in texts]


if __name__ == "__main__":
    found = {"setup": SETUP.strip(), "expressions": expressions()}
    text = json.dumps(found, ensure_ascii=False, indent=0)
    Path(__file__).with_name("torch_expressions.json").write_text(f"{text}\n", encoding="utf-8")
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in samples())
    Path(__file__).with_name("torch_prints.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
