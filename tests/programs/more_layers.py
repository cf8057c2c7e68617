"""Layers of many sorts: what they print, give and learn."""

import torch
import torch.nn as nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
layers = [
    nn.MaxPool1d(2),
    nn.AvgPool1d(2, stride=1),
    nn.MaxPool3d(2),
    nn.AvgPool3d(2),
    nn.AdaptiveAvgPool1d(1),
    nn.AdaptiveAvgPool2d((1, 2)),
    nn.AdaptiveMaxPool2d(2),
    nn.Conv3d(1, 2, 2),
    nn.ConvTranspose1d(2, 3, 3),
    nn.ConvTranspose2d(2, 4, 3, stride=2, padding=1, output_padding=1),
    nn.GroupNorm(2, 4),
    nn.GroupNorm(2, 4, affine=False),
    nn.PReLU(),
    nn.PReLU(3, init=0.1),
    nn.Upsample(scale_factor=2),
    nn.Upsample(size=(4, 4), mode="bilinear"),
    nn.Unflatten(1, (2, 2)),
    nn.PixelShuffle(2),
    nn.ChannelShuffle(2),
    nn.Unfold(2),
    nn.Fold((3, 3), 2),
    nn.Dropout1d(0.3),
    nn.Dropout2d(),
    nn.MultiLabelMarginLoss(),
    nn.AvgPool2d(3, padding=1),
    nn.AdaptiveMaxPool1d(3),
]
for l in layers:
    print(l, sum(p.numel() for p in l.parameters()))
x1 = torch.randn(2, 2, 6)
x2 = torch.randn(2, 4, 4, 4)
print(
    nn.MaxPool1d(2)(x1),
    nn.AvgPool1d(2, stride=1)(x1).sum(),
    layers[4](x1),
    layers[5](x2).sum(),
    layers[6](x2).shape,
)
print(layers[8](x1).sum(), layers[8].weight[0, 0], layers[8].bias)
y = layers[9](x2[:, :2])
print(y.shape, y.sum())
y.sum().backward()
print(layers[9].weight.grad.sum(), layers[9].bias.grad)
print(
    layers[10](x2).sum().item() < 1e-9,
    layers[12](x1).sum(),
    layers[14](x2).shape,
    layers[15](x2).sum(),
    layers[16](torch.arange(8.0).reshape(2, 4)),
)
print(layers[17](x2).shape, layers[18](x2)[0, :, 0, 0], layers[19](x2).shape, layers[20](torch.ones(1, 4, 4)))
d = layers[22]
print(d(torch.ones(1, 4, 2, 2)))
d.eval()
print(d(torch.ones(1, 1, 2, 2)))
net = nn.Sequential(nn.ConvTranspose2d(1, 1, 2), nn.GroupNorm(1, 1), nn.PReLU())
print(net, [n for n, _ in net.named_parameters()])
print(
    torch.nn.functional.dropout2d(torch.ones(2, 3, 1, 2), 0.5),
    nn.Dropout1d(0.5)(torch.ones(3, 2)),
    nn.Dropout1d(0.5)(torch.ones(2, 3, 2)),
)
