"""A Trainer class in a scratch cell: gradient accumulation, an average of the weights, copied back at the end."""

# %% scratch after=task-train
import copy
from itertools import islice


class Trainer:
    """My trainer from last semester's project."""

    def __init__(self, model, lr=3e-3, accumulate=2, decay=0.9):
        self.model = model
        self.device = next(model.parameters()).device
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.accumulate, self.decay = accumulate, decay
        self.average = copy.deepcopy(model.state_dict())
        self.losses = []

    def batches(self, X, y, size=16):
        order = torch.randperm(len(X))
        for i in range(0, len(X), size):
            chosen = order[i:i + size]
            yield X[chosen].to(self.device), y[chosen].to(self.device)

    def epoch(self, X, y):
        self.model.train()
        it, total = self.batches(X, y), 0.0
        while group := list(islice(it, self.accumulate)):
            self.optimizer.zero_grad()
            for xb, yb in group:
                loss = F.binary_cross_entropy_with_logits(self.model(xb).reshape(yb.shape), yb)
                (loss / len(group)).backward()
                total += loss.item() * len(xb)
            self.optimizer.step()
            with torch.no_grad():
                for k, v in self.model.state_dict().items():
                    self.average[k].lerp_(v, 1 - self.decay)
        self.losses.append(total / len(X))

    def fit(self, X, y, epochs):
        for _ in range(epochs):
            self.epoch(X, y)
        self.model.load_state_dict(self.average)
        return self.losses

# %% glitchnet
def out_channels(i):
    return 12 * 2 ** i


class GlitchNet(nn.Module):
    n_blocks = 2

    def __init__(self):
        super().__init__()
        for i in range(self.n_blocks):
            setattr(self, f"conv{i}", nn.Conv2d(1 if i == 0 else out_channels(i - 1), out_channels(i), 5, padding=2))
        self.mlp = nn.Sequential(nn.Linear(2 * out_channels(self.n_blocks - 1), 16), nn.ELU(), nn.Linear(16, 1))

    def forward(self, x):
        x = torch.clamp(x, -3, 6) / 2  # scaling
        for i in range(self.n_blocks):
            x = F.max_pool2d(F.elu(getattr(self, f"conv{i}")(x)), 2)
        return self.mlp(torch.cat([x.mean((2, 3)), x.amax((2, 3))], dim=1))

# %% train
train_indices, test_indices = torch.utils.data.random_split(
    np.arange(1000), [800, 200], generator=torch.Generator().manual_seed(77)
)
train_indices, test_indices = sorted(train_indices.indices), sorted(test_indices.indices)


def train_model(model, X, y, epochs=10):
    return Trainer(model).fit(X, y, epochs)

# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
with torch.no_grad():
    test_logits = model(torch.tensor(X_test, device=DEVICE)).cpu().view(-1)
called_chirp = test_logits.numpy() > 0
test_accuracy = torch.tensor(called_chirp == y_test).float().mean()
