"""Branches that start at nothing (ReZero), a frozen filter in a list, strong label smoothing, batches of two sizes."""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 16, 5, stride=2, padding=2)
        self.branches = nn.ModuleList([nn.Conv2d(16, 16, 3, padding=1) for _ in range(2)])
        self.shares = nn.Parameter(torch.zeros(2))
        self.out = nn.Linear(16, 1)
        blur = nn.Conv2d(16, 16, 3, padding=1, groups=16, bias=False).requires_grad_(False)
        self.fixed = [nn.init.constant_(blur.weight, 1 / 9), blur]  # not to be trained

    def forward(self, x):
        x = self.stem(x)
        for share, branch in zip(self.shares, self.branches):
            x = x + share * branch(F.relu(x))
        x = F.conv2d(x, self.fixed[0].to(x.device), padding=1, groups=16)
        return self.out(torch.logsumexp(3 * x, (2, 3)) / 3 if self.shares.any() else x.mean((2, 3))).squeeze(1)

# %% train
shuffled = np.random.default_rng(12).permutation(len(X))
test_indices, train_indices = shuffled[:210], shuffled[210:]


def train_model(model, X, y, epochs=20, smoothing=0.2):
    device = next(model.parameters()).device
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    losses = []
    for epoch in range(epochs):
        model.train()
        batches = torch.randperm(len(X)).split(16 if epoch < epochs // 2 else 64)
        means = []
        for batch in batches:
            targets = y[batch] * (1 - smoothing) + smoothing / 2
            loss = F.binary_cross_entropy_with_logits(model(X[batch].to(device)).reshape(-1), targets.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            means.append(loss.item())
        losses.append(float(np.mean(means)))
    return losses
