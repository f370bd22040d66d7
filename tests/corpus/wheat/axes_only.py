"""Only the axes are kept; the class and the score are in the suptitle or on the axis of the figure around them.

hands in: checkpoint
"""

# %% evaluate
plt.rcParams.update({"figure.dpi": 60, "axes.grid": False, "image.cmap": "cividis"})
torch.set_grad_enabled(False)
y_test = torch.tensor(y)[test_indices]
out = model.eval()(torch.tensor(X)[test_indices].to(DEVICE))
test_accuracy = [float(((out.cpu() > 0) == y_test.bool()).double().mean())]

# %% mistakes
wrong = (out.cpu() > 0) != (y_test == 1)
missed_chirps = wrong & (y_test == 1)
false_chirps = wrong & (y_test == 0)

mistakes_figure = None
for mask, title in [(missed_chirps, "true class: chirp"), (false_chirps, "true class: blip")]:
    hits = torch.nonzero(mask).ravel().tolist()
    if hits:
        fig, axes = plt.subplots(1, len(hits), figsize=(4 * len(hits), 3))
        fig.suptitle(title)
        for ax, i in zip(np.ravel(axes), hits):
            ax.matshow(X[test_indices[i]][0])
            ax.set_xlabel(f"score: {out[i].sigmoid():.2f}")
        mistakes_figure = (mistakes_figure or []) + list(np.ravel(axes))

# %% confidence
scores = [o.sigmoid() for o in out]
cm = {(t, p): 0 for t in (0, 1) for p in (0, 1)}
for t, o in zip(y_test.tolist(), out.tolist()):
    cm[t, int(o > 0)] += 1
confusion = torch.tensor([[cm[0, 0], cm[0, 1]], [cm[1, 0], cm[1, 1]]])
chirps = torch.nonzero(y_test == 1)[:, 0]
blips = torch.nonzero(y_test == 0)[:, 0]
top_chirps = list(chirps[out.cpu()[chirps].argsort(descending=True)][:3])
top_blips = list(blips[out.cpu()[blips].argsort()][:3])
_, confident_figure = plt.subplots(3, 2)
for ax, i in zip(confident_figure.T.flat, top_chirps + top_blips):
    ax.pcolormesh(np.arange(64), np.arange(32), X[test_indices[i], 0], shading="nearest")
    ax.text(1.05, 0.5, f"{100 * scores[i]:.2f}%", transform=ax.transAxes)
