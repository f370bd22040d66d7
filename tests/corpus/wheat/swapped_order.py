"""Works out Tasks 3 and 4 in scratch cells of its own and only names the results where they belong; a plotting helper.

hands in: checkpoint
"""

# %% scratch after=setup-tools
def show(indices, texts, ncols=3, flip=True):
    """my plotting function"""
    nrows = int(np.ceil(len(indices) / ncols))
    fig = plt.figure(figsize=(4 * ncols, 2.6 * nrows))
    gs = fig.add_gridspec(nrows, ncols, hspace=0.4)
    for k, (index, text) in enumerate(zip(indices, texts)):
        ax = fig.add_subplot(gs[k // ncols, k % ncols])
        img = np.flipud(X[index, 0]) if flip else X[index, 0]
        mesh = ax.imshow((img - img.min()) / (img.max() - img.min()), cmap="viridis")
        ax.set_xticks([])
        ax.text(0.02, 0.9, text, transform=ax.transAxes, color="white", fontweight="bold")
    cax = fig.add_axes([0.93, 0.2, 0.015, 0.6])
    fig.colorbar(mesh, cax=cax)
    return fig

# %% evaluate
class Evaluation(dict):
    __getattr__ = dict.__getitem__


def evaluate(net, idx):
    net.eval()
    with torch.no_grad():
        z = net(torch.from_numpy(X[idx]).to(DEVICE)).cpu().double().numpy()
    return Evaluation(z=z, p=1 / (1 + np.exp(-z)), t=y[idx], right=(z > 0) == y[idx])


res = evaluate(model, test_indices)
test_accuracy = res.right.mean()
train_accuracy = evaluate(model, train_indices).right.mean()
f"test {test_accuracy:.3f}, train {train_accuracy:.3f}"

# %% scratch after=task-mistakes
wrong_ones = np.nonzero(~res.right)[0]
by_class = {c: [int(w) for w in wrong_ones if res.t[w] == c] for c in (0, 1)}
some = by_class[1][:3] + by_class[0][:3]
gallery = show(test_indices[some], [f"class: {res.t[w]}, P={res.p[w]:.2f}" for w in some]) if some else None

# %% mistakes
missed_chirps, false_chirps = by_class[1], by_class[0]
mistakes_figure = gallery

# %% scratch after=discussion
table = np.zeros((2, 2), int)
for t, p in zip(res.t, res.p):
    table[t, round(p)] += 1
best = {c: max for c in (0, 1)}
best[1] = np.array([w for w in np.argsort(res.p)[::-1] if res.t[w] == 1])[:3]
best[0] = np.array([w for w in np.argsort(res.p) if res.t[w] == 0])[:3]

# %% confidence
scores, confusion = res.p.reshape(-1, 1), table.astype(float)
top_chirps, top_blips = best[1][:, None], best[0][:, None]
six = np.hstack([best[1], best[0]])
confident_figure = show(test_indices[six], [f"score: {100 * res.p[w]:.3f} %" for w in six], flip=False)
