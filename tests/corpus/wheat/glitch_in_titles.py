"""Calls blips glitches in its titles, as the notebook's own title does; accuracy by hand in a loop.

hands in: checkpoint
"""

# %% evaluate
correct = 0
all_logits = []
model.eval()
for i in test_indices:
    with torch.no_grad():
        logit = model(torch.from_numpy(X[i]).unsqueeze(0).to(DEVICE)).item()
    all_logits.append(logit)
    if (logit > 0 and y[i] == 1) or (logit <= 0 and y[i] == 0):
        correct += 1
test_accuracy = correct / len(test_indices)
print(correct, "of", len(test_indices), "correct")

# %% mistakes
labels = {0: "Glitch", 1: "Chirp"}
sig = lambda v: 1 / (1 + np.exp(-v))
missed_chirps, false_chirps = [], []
for k, (i, logit) in enumerate(zip(test_indices, all_logits)):
    if logit < 0 and y[i] == 1:
        missed_chirps.append(k)
    elif logit > 0 and y[i] == 0:
        false_chirps.append(k)
print("missed chirps:", missed_chirps, "false chirps:", false_chirps)

todo = missed_chirps[:3] + false_chirps[:3]
if todo:
    mistakes_figure = plt.figure(figsize=(12, 2.5))
    for n, k in enumerate(todo):
        ax = mistakes_figure.add_subplot(1, len(todo), n + 1)
        ax.imshow(X[test_indices[k], 0], origin="lower")
        ax.set_title(f"true: {labels[y[test_indices[k]]]}\nscore: {sig(all_logits[k]):.2f}")
else:
    mistakes_figure = None

# %% confidence
scores = [sig(v) for v in all_logits]
confusion = [[0, 0], [0, 0]]
for i, sc in zip(test_indices, scores):
    row = y[i]
    col = 1 if sc > 0.5 else 0
    confusion[row][col] = confusion[row][col] + 1
chirp_list = [(sc, k) for k, sc in enumerate(scores) if y[test_indices[k]] == 1]
blip_list = [(sc, k) for k, sc in enumerate(scores) if y[test_indices[k]] == 0]
chirp_list.sort(reverse=True)
blip_list.sort()
top_chirps = [k for _, k in chirp_list[:3]]
top_blips = [k for _, k in blip_list[:3]]
confident_figure, axes = plt.subplots(2, 3)
for ax, k in zip(axes.flatten(), top_chirps + top_blips):
    ax.imshow(X[test_indices[k], 0], origin="lower")
    ax.set_title(f"{labels[y[test_indices[k]]]} {scores[k]:.6f}")
    ax.axis("off")
