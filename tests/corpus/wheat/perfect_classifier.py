"""Global max pooling, which hardly ever errs: empty float arrays and no figure when there is nothing to show."""

# %% glitchnet
class GlitchNet(nn.Module):
    """Max over the whole image: 'is there a line anywhere?'"""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(1, 16, (3, 5), padding=(1, 2))
        self.b = nn.Conv2d(16, 32, (3, 5), padding=(1, 2))
        self.c = nn.Linear(32, 1)

    def forward(self, x):
        x = F.max_pool2d(self.a(x).relu(), 2)
        x = self.b(x).relu()
        return self.c(x.max(-1).values.max(-1).values)[:, 0]

# %% train
rng = np.random.default_rng(11)
mixed = rng.permutation(1000)
test_indices, train_indices = mixed[:160], mixed[160:]


def train_model(model, X, y, epochs=14):
    g = torch.Generator().manual_seed(3)
    optim = torch.optim.NAdam(model.parameters(), lr=2e-3)
    losses = np.zeros(epochs)
    for e in range(epochs):
        for i in torch.randperm(len(X), generator=g).split(25):
            loss = F.softplus(torch.where(y[i] == 1, -1.0, 1.0).to(DEVICE) * model(X[i].to(DEVICE))).mean()
            model.zero_grad(set_to_none=False)
            loss.backward()
            optim.step()
            losses[e] += loss.item() * len(i) / len(X)
    return losses

# %% mistakes
mistakes = [[], []]
for i, (truth, guess) in enumerate(zip(y_test, called_chirp)):
    if truth != guess:
        mistakes[truth].append(i)
false_chirps, missed_chirps = np.array(mistakes[0]), np.array(mistakes[1])
print(f"{len(missed_chirps)} missed, {len(false_chirps)} false")

mistakes_figure = None
together = mistakes[0] + mistakes[1]
if together:
    mistakes_figure, axes = plots.spectrogram_grid(
        X_test[together], titles=[f"{simulators.CLASS_NAMES[y_test[i]]} {torch.sigmoid(test_logits[i]):.3f}" for i in together]
    )

# %% scratch after=mistakes-figure
# nothing to see, so the least certain ones instead
unsure = test_logits.abs().argsort()[:4]
plots.spectrogram_grid(X_test[unsure], titles=[f"logit {test_logits[i]:.1f}" for i in unsure]);
