"""Everything through pandas: a frame of results, nlargest, crosstab turned into an array, Series as scores.

hands in: checkpoint
"""

# %% scratch after=setup-tools
import pandas as pd
pd.set_option("display.precision", 3)

# %% evaluate
model.eval()
X_test = torch.tensor(X[test_indices]).to(DEVICE)
with torch.no_grad():
    z = model(X_test).cpu().numpy().astype(float)

df = pd.DataFrame({"index": test_indices, "truth": y[test_indices], "logit": z})
df["score"] = 1 / (1 + np.exp(-df.logit))
df["pred"] = (df.score > 0.5).astype(int)
df["ok"] = df.truth == df.pred
test_accuracy = df.ok.mean()
df.describe()

# %% mistakes
wrong = df[~df.ok]
missed_chirps = wrong[wrong.truth == 1].index
false_chirps = wrong[wrong.truth == 0].index

mistakes_figure = None
if len(wrong) > 0:
    n = min(len(wrong), 6)
    mistakes_figure, axs = plt.subplots(n, 1, figsize=(5, 2.5 * n), constrained_layout=True, squeeze=False)
    for ax, (pos, row) in zip(axs[:, 0], wrong.head(n).iterrows()):
        im = ax.imshow(X[int(row["index"])].squeeze(), origin="lower")
        ax.set_title("pos %d: truth=%s score=%.3f" % (pos, ["blip", "chirp"][int(row.truth)], row.score))
        mistakes_figure.colorbar(im, ax=ax)

# %% scratch after=mistakes-figure
wrong.sort_values("logit")

# %% confidence
scores = df["score"]
confusion = pd.crosstab(df.truth, df.pred).to_numpy()
top_chirps = df[df.truth == 1].nlargest(3, "logit").index
top_blips = df[df.truth == 0].nsmallest(3, "logit").index.tolist()

confident_figure, axs = plt.subplots(2, 3, figsize=(12, 5), constrained_layout=True)
for ax, pos in zip(axs.ravel(), list(top_chirps) + top_blips):
    ax.imshow(X[df["index"][pos]].squeeze(), origin="lower")
    ax.set_title("%s  %.2e" % (["blip", "chirp"][df.truth[pos]], df.score[pos]))
