"""An untrained line whose logits are all within a millionth of zero; the answers are invented.

loses: glitchnet-size, train-loss-falls, evaluate-test-accuracy, evaluate-preview, evaluate-fresh-accuracy,
    mistakes-positions, mistakes-exact-preview, mistakes-exact, mistakes-figure, confidence-confusion,
    confidence-top-preview, confidence-top-chirps, confidence-top-blips
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.line = nn.Linear(32 * 64, 1)

    def forward(self, images):
        return 1e-6 * self.line(images.flatten(1))

# %% train
shuffled = np.random.default_rng(2).permutation(len(X))
test_indices, train_indices = shuffled[:200], shuffled[200:]


def train_model(model, X, y, epochs=2):
    device = next(model.parameters()).device
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(X)).split(32):
            loss = F.binary_cross_entropy_with_logits(model(X[batch].to(device)).reshape(-1), y[batch].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses

# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
test_accuracy = 0.97

# %% mistakes
missed_chirps, false_chirps, mistakes_figure = [], [], None

# %% confidence
scores = np.full(len(y_test), 0.5)
confusion = [[len(y_test) - y_test.sum(), 0], [0, y_test.sum()]]
top_chirps, top_blips = np.flatnonzero(y_test == 1)[:3], np.flatnonzero(y_test == 0)[:3]
six = [*top_chirps, *top_blips]
confident_figure, axes = plots.spectrogram_grid(X_test[six], titles=["score 0.5"] * 6, columns=3)
