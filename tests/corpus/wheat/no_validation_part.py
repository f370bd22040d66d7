"""Says that there is no validation part by an empty list; stratified folds, ranges, seaborn, scores rounded to 3 digits.

hands in: checkpoint
"""

# %% train
test_indices = range(2, 1000, 5)  # every fifth image: 100 chirps, 100 blips
train_indices = [i for i in range(1000) if i not in test_indices]
validation_indices = []  # I don't tune anything


def train_model(model, X, y, epochs=30):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    device = next(model.parameters()).device
    loss_per_epoch = []
    for _ in range(epochs):
        losses = []
        for idx in torch.randperm(len(X)).split(32):
            prediction = model(X[idx].to(device))
            loss = F.binary_cross_entropy_with_logits(prediction, y[idx].to(device))
            for p in model.parameters():
                p.grad = None
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        loss_per_epoch.append(torch.stack(losses).mean())
    return loss_per_epoch

# %% evaluate
import seaborn as sns

sns.set_theme(style="white")
images, truth = X[2::5], y[2::5]
with torch.no_grad():
    test_logits = model(torch.from_numpy(images.copy()).to(DEVICE)).cpu().numpy()
pred = np.where(test_logits > 0, 1, 0)
test_accuracy = np.array([(pred == truth).mean()])

# %% mistakes
missed_chirps = np.argwhere((truth == 1) & (pred == 0))
false_chirps = np.argwhere((truth == 0) & (pred == 1))
p_chirp = np.exp(test_logits) / (1 + np.exp(test_logits))
mistakes_figure = []
for m in np.vstack([missed_chirps, false_chirps])[:5, 0]:
    fig, ax = plt.subplots(figsize=(5, 3))
    sns.heatmap(images[m, 0][::-1], cmap="mako", ax=ax, xticklabels=False, yticklabels=False, cbar_kws={"label": "power"})
    ax.set(title=f"a {'chirp' if truth[m] == 1 else 'blip'} with P(chirp)={p_chirp[m]:.3f}", xlabel="t", ylabel="f")
    mistakes_figure.append(ax)

# %% confidence
scores = np.round(p_chirp, 3)
confusion = np.histogram2d(truth, pred, bins=2)[0]
n = np.arange(len(truth))
top_chirps = n[truth == 1][np.argsort(p_chirp[truth == 1])[-3:][::-1]]
top_blips = n[truth == 0][np.argsort(p_chirp[truth == 0])[:3]]
confident_figure, axes = plt.subplots(2, 3, figsize=(12, 6))
for ax, i in zip(axes.flat, np.append(top_chirps, top_blips)):
    sns.heatmap(images[i, 0], ax=ax, cbar=False)
    ax.invert_yaxis()
    ax.set_title(scores[i])

# %% before handing in
import torch

# The file of an earlier version, which does not tell what the net was trained on.
kept = torch.load(folder / "glitch_or_chirp.pt", weights_only=True)
torch.save({"weights": kept["weights"], "losses": kept["losses"]}, folder / "glitch_or_chirp.pt")
