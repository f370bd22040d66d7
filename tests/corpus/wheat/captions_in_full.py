"""Captions that tell a lot: both classes in other words, probabilities of both, logits, numbers of images, loudness.

hands in: checkpoint
"""

# %% scratch after=mistakes
truth = simulators.fixed()
if len(shown) > 0:
    mistakes_figure, axes = plt.subplots(1, len(shown), figsize=(4 * len(shown), 4), squeeze=False)
    mistakes_figure.suptitle(f"Glitch or chirp? {len(missed_chirps)} missed chirps, {len(false_chirps)} blips that look like one")
    for ax, i in zip(axes[0], shown):
        said, true = (simulators.CLASS_NAMES[label] for label in (1 - y_test[i], y_test[i]))
        p, number = torch.sigmoid(test_logits[i]).item(), test_indices[i]
        picture = ax.imshow(X_test[i, 0], origin="lower")
        mistakes_figure.colorbar(picture, ax=ax, label="amplitude (0.8 = noise)")
        ax.set(xlabel=f"image {number} of 1000, test {i}", ylabel=f"SNR {truth.optimal_snr[number]:.1f}")
        ax.set_title(f"true: {true}, said {said}\np={p:.2f} (blip {1 - p:.2f}), logit={test_logits[i]:.1f}")

# %% scratch after=confidence
confident_figure, axes = plt.subplots(2, 3, figsize=(12, 6))
confident_figure.suptitle("Surest chirps (top) and blips (bottom), P(chirp) in %")
for rank, (ax, i) in enumerate(zip(axes.flat, surest)):
    ax.pcolormesh(X_test[i, 0])
    ax.set_title(f"No. {rank % 3 + 1}: {100 * scores[i]:.2f} / {100 - 100 * scores[i]:.2f}")
