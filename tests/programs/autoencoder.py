import torch
import torch.nn as nn
torch.manual_seed(12)
encoder = nn.Sequential(nn.Linear(6, 3), nn.ReLU())
decoder = nn.Linear(3, 6)
params = list(encoder.parameters()) + list(decoder.parameters())
opt = torch.optim.Adam(params, lr=0.01)
data = torch.rand(16, 6)
criterion = nn.MSELoss()
for epoch in range(30):
    out = decoder(encoder(data))
    loss = criterion(out, data)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if (epoch + 1) % 10 == 0:
        print(f"Epoch [{epoch + 1}/30], Loss: {loss.item():.4f}")
print(encoder)
