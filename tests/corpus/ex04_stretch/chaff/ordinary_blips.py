"""The drift is changed, the width is not.

loses: drift-map-share, drift-map-every-point
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
        noisy = simulators.blip_signal(drift=drift) + simulators.noises(DRAWS, rng)
        chirp_share[i, j] = np.mean(ask(model, noisy) > 0)

drift_figure, ax = plt.subplots(figsize=(5.6, 3.8), layout="compressed")
drawn = ax.imshow(chirp_share, origin="lower", cmap="cividis", vmin=0, vmax=1, aspect="auto")
if chirp_share.min() < 0.5 < chirp_share.max():
    ax.contour(chirp_share, levels=[0.5], colors="white", linestyles="--")
ax.set_xticks(range(len(WIDTHS)), WIDTHS)
ax.set_yticks(range(len(DRIFTS)), DRIFTS)
ax.set(xlabel="width (columns)", ylabel="drift (rows per column)")
drift_figure.colorbar(drawn, label="share called chirp");

