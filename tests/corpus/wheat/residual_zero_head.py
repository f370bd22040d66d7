"""Residual blocks with a head that starts at zero, as in Fixup and the original ViT; tqdm.auto."""

# %% glitchnet
class ResBlock(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.c1 = nn.Conv2d(cin, cout, 3, padding=1)
        self.c2 = nn.Conv2d(cout, cout, 3, padding=1)
        self.skip = nn.Conv2d(cin, cout, 1)

    def forward(self, x):
        return F.relu(self.skip(x) + self.c2(F.relu(self.c1(x))))


class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 12, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))
        self.blocks = nn.Sequential(ResBlock(12, 16), nn.MaxPool2d(2), ResBlock(16, 24))
        self.head = nn.Linear(24, 1)
        nn.init.zeros_(self.head.weight)  # start undecided: every image has score 0.5
        nn.init.zeros_(self.head.bias)

    def forward(self, x):
        x = self.blocks(self.stem(x))
        return self.head(x.flatten(2).max(dim=2)[0]).squeeze(1)

# %% train
from tqdm.auto import tqdm

perm = np.random.default_rng(99).permutation(1000)
train_indices, test_indices = np.split(perm, [800])


def train_model(model, X, y, epochs=10):
    model.train()
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    losses = []
    with tqdm(total=epochs * len(X)) as bar:
        for _ in range(epochs):
            summed = 0.0
            for batch in torch.randperm(len(X)).split(32):
                opt.zero_grad()
                loss = F.binary_cross_entropy_with_logits(model(X[batch].to(DEVICE)), y[batch].to(DEVICE))
                loss.backward()
                opt.step()
                summed += loss.item() * len(batch)
                bar.update(len(batch))
            losses.append(summed / len(X))
    return losses
