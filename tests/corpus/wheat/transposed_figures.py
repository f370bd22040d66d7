"""Draws time upwards (transposed); a list of figures and an array of axes; positions from sets, unsorted; scores in x labels.

hands in: checkpoint
"""

# %% mistakes
p = torch.sigmoid(test_logits)
t = torch.tensor(y_test)
missed_chirps = list({int(i) for i in torch.where(t == 1)[0]} & {int(i) for i in torch.where(p < 0.5)[0]})
false_chirps = list({int(i) for i in torch.where(t == 0)[0]} - {int(i) for i in torch.where(p <= 0.5)[0]})

figures = {}
for i in (missed_chirps + false_chirps)[:6]:
    fig, ax = plt.subplots(figsize=(2.5, 4), constrained_layout=True)
    img = ax.imshow(X_test[i, 0].T, origin="lower", cmap="jet")
    cb = fig.colorbar(img, ax=ax, orientation="horizontal")
    cb.set_label("amplitude")
    ax.set(xlabel=f"frequency\n(score {p[i]:.2f})", ylabel="time")
    fig.text(0.5, 0.99, "CHIRP" if y_test[i] else "BLIP", ha="center", va="top")
    figures[i] = fig
mistakes_figure = list(figures.values()) or None

# %% confidence
scores = tuple(p.numpy())
confusion = [[sum(1 for a, b in zip(t, p) if a == r and (b >= 0.5) == c) for c in (0, 1)] for r in (0, 1)]
everything = torch.argsort(test_logits)
top_blips = everything[t[everything] == 0][:3]
top_chirps = everything.flip(0)[t[everything.flip(0)] == 1][:3].tolist()
f, confident_figure = plt.subplots(1, 6, figsize=(15, 4), sharey=True)
for a, i in zip(confident_figure, [*top_chirps, *top_blips]):
    a.pcolormesh(X_test[i, 0].T, cmap="coolwarm")
    a.set_xlabel(f"$\\sigma$ = {p[i] * 100:.1f}\\%")
f.savefig("confident.png")
plt.close(f)
