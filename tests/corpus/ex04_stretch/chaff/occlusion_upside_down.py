"""The map begins with the highest frequencies.

loses: halves-occlusion
hands in: checkpoint
"""

# %% halves
# Leaves behind
#   half_scores    (6, 2, 2): image, half hidden (early, late), filled with (zeros, noise)
#   halves_figure  each of the six images with a half hidden, with its score
#   occlusion      by how much the logit of X_sure[confident[0]] falls when a tile is hidden

half_columns = (slice(0, 32), slice(32, 64))
half_scores = np.empty((6, 2, 2))
for i, image in enumerate(X_sure[confident, 0]):
    for half, columns in enumerate(half_columns):
        for filling, noise in enumerate((np.zeros((1, 32, 64)), fillings)):
            hidden = np.repeat(image[None], len(noise), axis=0)
            hidden[:, :, columns] = noise[:, :, columns]
            half_scores[i, half, filling] = np.mean(1 / (1 + np.exp(-ask(model, hidden))))

panels, titles = [], []
for half, columns in enumerate(half_columns):
    for i, image in enumerate(X_sure[confident, 0]):
        panels.append(image.copy())
        panels[-1][:, columns] = 0
        titles.append(f"{simulators.CLASS_NAMES[y_sure[confident[i]]]}, score {half_scores[i, half, 0]:.2f}")
halves_figure, axes = plots.spectrogram_grid(panels, titles=titles, columns=3)

surest_chirp = X_sure[confident[0], 0]
without = []
for row in range(8):
    for column in range(16):
        without.append(surest_chirp.copy())
        without[-1][4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = 0
occlusion = (ask(model, surest_chirp) - ask(model, np.array(without))).reshape(8, 16)[::-1]

fig, (ax, ax_map) = plt.subplots(1, 2, figsize=(9, 2.6), layout="compressed")
plots.spectrogram(surest_chirp, ax=ax, title="the surest chirp")
drawn = ax_map.imshow(occlusion, origin="lower", cmap="cividis", extent=(0, 64, 0, 32))
ax_map.set(title="by how much the logit falls without a tile", xlabel="time bin")
fig.colorbar(drawn, ax=ax_map);

