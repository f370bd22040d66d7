"""A Sequential of lazy layers, dry-run in __init__, handed in with the checkpoint of another architecture: trained again.

hands in: checkpoint
"""

# %% glitchnet
class GlitchNet(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.LazyConv2d(10, 5, padding=2), nn.LazyBatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2),
            nn.LazyConv2d(20, 3, padding=1), nn.LazyBatchNorm2d(), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
            nn.Flatten(), nn.LazyLinear(1),
        )
        with torch.no_grad():
            self(torch.zeros(2, 1, 32, 64))

# %% train
train_indices, test_indices = [], []
for label in (0, 1):
    members = np.random.default_rng(label).permutation(np.flatnonzero(y == label)).tolist()
    test_indices += members[:100]
    train_indices += members[100:]


def train_model(model, X, y, epochs=12, *, optimizer_class=torch.optim.Adam, **optimizer_options):
    optimizer = optimizer_class(model.parameters(), **(optimizer_options or {"lr": 2e-3}))
    losses = []
    while len(losses) < epochs:
        model.train()
        batches = torch.randperm(len(X)).split(32)
        mean = torch.tensor(0.0)
        for batch in batches:
            optimizer.zero_grad(set_to_none=True)
            logits = model(X[batch].to(DEVICE))
            loss = F.binary_cross_entropy_with_logits(logits, y[batch].view_as(logits).to(DEVICE))
            loss.backward()
            optimizer.step()
            mean += loss.detach().cpu() / len(batches)
        losses.append(mean)
        if mean < 0.004:
            break  # good enough
    return losses

# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
model.eval()
with torch.no_grad():
    test_logits = model(torch.from_numpy(X_test).to(DEVICE)).cpu()[:, 0]
called_chirp = (test_logits > 0).numpy()
test_accuracy = np.mean(called_chirp == y_test)
