"""Subfigures, whose own titles tell the class; a list of figures, each with the score in its suptitle.

hands in: checkpoint
"""

# %% mistakes
prob = torch.sigmoid(test_logits).numpy()
missed_chirps = [int(i) for i in range(len(y_test)) if y_test[i] == 1 and prob[i] <= 0.5]
false_chirps = [int(i) for i in range(len(y_test)) if y_test[i] == 0 and prob[i] > 0.5]

if not missed_chirps and not false_chirps:
    mistakes_figure = None
else:
    mistakes_figure = plt.figure(figsize=(10, 5), layout="constrained")
    halves = mistakes_figure.subfigures(2, 1)
    for half, name, which in zip(halves, ("chirps called blips", "blips called chirps"), (missed_chirps, false_chirps)):
        half.suptitle(name)
        if which:
            axs = half.subplots(1, min(4, len(which)), squeeze=False)
            for ax, i in zip(axs[0], which):
                ax.imshow(X_test[i, 0], origin="lower", cmap="inferno")
                ax.set_title(f"{prob[i]:.2f}")

# %% confidence
scores = prob.tolist()
confusion = [[0, 0], [0, 0]]
for t, s in zip(y_test, scores):
    confusion[t][int(s >= 0.5)] += 1

ranked = sorted(range(len(y_test)), key=lambda i: test_logits[i].item())
top_blips = [i for i in ranked if y_test[i] == 0][:3]
top_chirps = [i for i in reversed(ranked) if y_test[i] == 1][:3]

confident_figure = []
for i in top_chirps + top_blips:
    f = plt.figure(figsize=(4, 2))
    plt.imshow(X_test[i].reshape(32, 64)[::-1, :], extent=(0, 64, 0, 32))
    plt.suptitle("{} with score {:.4%}".format("chirp" if y_test[i] else "blip", scores[i]))
    confident_figure.append(f)
plt.close("all")
