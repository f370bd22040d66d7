"""Augmentation by rolling and noise inside train_model, mild label smoothing by hand, SGD with Nesterov momentum."""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self, kernel_size=5, channels=(16, 32)):
        super().__init__()
        layers, c_in = [], 1
        for c in channels:
            layers += [nn.Conv2d(c_in, c, kernel_size, padding=kernel_size // 2), nn.SiLU(), nn.MaxPool2d(2)]
            c_in = c
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(c_in, 1)

    def forward(self, x):
        if self.training:
            x = x + 0.1 * torch.randn_like(x)
        f = self.features(x)
        return self.classifier(torch.logsumexp(4 * f, dim=(2, 3)) / 4).squeeze(1)

# %% train
order = torch.randperm(1000).numpy()
test_indices = order[:230]
train_indices = order[230:]

assert not set(test_indices) & set(train_indices)


def augment(x):
    """Shift in time (not flip!), a little louder or fainter."""
    shift = int(torch.randint(-8, 9, ()))
    x = torch.roll(x, shifts=shift, dims=3)
    return x * (0.9 + 0.2 * torch.rand(len(x), 1, 1, 1))


def train_model(model, X, y, epochs=14, smoothing=0.04):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs, eta_min=1e-3)
    losses = []
    for epoch in range(epochs):
        model.train()
        losses.append(0.0)
        for k in torch.randperm(len(X)).split(32):
            target = y[k] * (1 - smoothing) + smoothing / 2
            out = model(augment(X[k]).to(DEVICE))
            loss = F.binary_cross_entropy_with_logits(out, target.to(DEVICE))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_value_(model.parameters(), 1.0)
            optimizer.step()
            losses[-1] += loss.item() * len(k) / len(X)
        scheduler.step()
    return losses
