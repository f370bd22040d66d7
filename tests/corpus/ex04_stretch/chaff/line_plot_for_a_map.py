"""The figure holds lines and no image.

loses: drift-map-figure
hands in: checkpoint
"""

# %% drift-map
# Leaves behind
#   chirp_share   (len(DRIFTS), len(WIDTHS)): the share of noisy blips that model calls chirp
#   drift_figure  this map as an image

rng = np.random.default_rng(5)
chirp_share = np.empty((len(DRIFTS), len(WIDTHS)))
for i, drift in enumerate(DRIFTS):
    for j, width in enumerate(WIDTHS):
        noisy = stretch.stretched_blip(drift, width) + simulators.noises(DRAWS, rng)
        chirp_share[i, j] = np.mean(ask(model, noisy) > 0)

drift_figure, ax = plt.subplots(figsize=(5.6, 3.8), layout="compressed")
ax.plot(DRIFTS, chirp_share)
ax.set_xticks(range(len(WIDTHS)), WIDTHS)
ax.set_yticks(range(len(DRIFTS)), DRIFTS)
ax.set(xlabel="width (columns)", ylabel="drift (rows per column)")


