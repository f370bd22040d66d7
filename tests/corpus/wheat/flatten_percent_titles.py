"""A flattening net that standardises inside, gradient accumulation, boolean masks, seaborn heatmaps, scores in percent."""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.tensor(0.9))
        self.convolutions = nn.ModuleList([nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)])
        self.out = nn.Linear(16 * 8 * 16, 1)

    def forward(self, x):
        x = x / self.scale
        for convolution in self.convolutions:
            x = F.max_pool2d(torch.relu(convolution(x)), 2)
        return self.out(x.flatten(1)).squeeze(-1)

# %% train
rng = np.random.default_rng()
in_test = np.zeros(1000, dtype=bool)
in_test[rng.choice(500, 110, replace=False)] = True
in_test[500 + rng.choice(500, 110, replace=False)] = True
test_indices = np.where(in_test)
train_indices = np.where(~in_test)


def train_model(model, X, y, epochs=15):
    device = next(model.parameters()).device
    optimizer = torch.optim.Adam(model.parameters(), weight_decay=1e-4)
    means = []
    for _ in range(epochs):
        model.train()
        total = 0
        order = torch.randperm(len(X))
        for k, batch in enumerate(order.split(16)):
            loss = nn.BCEWithLogitsLoss()(model(X[batch].to(device)).reshape(len(batch)), y[batch].to(device))
            (loss / 2).backward()
            if k % 2 == 1:
                optimizer.step()
                optimizer.zero_grad()
            total += float(loss) * len(batch)
        means.append(total / len(X))
    return tuple(means)

# %% evaluate
X_test, y_test = X[in_test], y[in_test]
with torch.no_grad():
    test_logits = model.eval()(torch.as_tensor(X_test, device=DEVICE)).cpu()
called_chirp = test_logits.numpy() > 0
test_accuracy = (called_chirp == y_test).sum() / y_test.size

# %% mistakes
import seaborn as sns

missed_chirps = (y_test == 1) & ~called_chirp
false_chirps = (y_test == 0) & called_chirp
mistakes_figure = []
for i in np.flatnonzero(missed_chirps | false_chirps)[:5]:
    figure, ax = plt.subplots()
    sns.heatmap(X_test[i, 0], ax=ax).invert_yaxis()
    figure.suptitle(f"this is a {'chirp' if y_test[i] else 'blip'}, scored {torch.sigmoid(test_logits[i]):.0%}")
    mistakes_figure.append(figure)

# %% confidence
scores = list(torch.sigmoid(test_logits).tolist())
confusion = np.zeros((2, 2), dtype=np.int32)
np.add.at(confusion, (y_test, called_chirp.astype(int)), 1)
confusion = confusion.tolist()
by_logit = np.argsort(test_logits.numpy(), kind="stable")
top_chirps = [i for i in by_logit[::-1] if y_test[i] == 1][:3]
top_blips = [i for i in by_logit if y_test[i] == 0][:3]
confident_figure, axes = plt.subplots(6, 1, figsize=(4, 16))
for ax, i in zip(axes, top_chirps + top_blips):
    ax.imshow(X_test[i, 0][::-1])
    ax.set_ylabel(f"{scores[i]:.3g}")
