"""Another GlitchNet from ex04, with two outputs and max pooling, and its checkpoint beside the notebook."""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(),
        )
        self.out = nn.Linear(24, 2)

    def forward(self, images):
        return self.out(self.features(images))


def train_model(model, X, y, epochs=10):
    device = next(model.parameters()).device
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(X)).split(32):
            logits = model(X[batch].to(device))
            logits = logits.reshape(-1) if logits.shape[1:] in ((), (1,)) else logits[:, 1] - logits[:, 0]
            loss = F.binary_cross_entropy_with_logits(logits, y[batch].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses

# %% lost-chirps
logits3 = ask(model3, X3_test)
called = logits3.argmax(axis=1)
confusion3 = np.array([[np.sum((y3_test == true) & (called == said)) for said in range(3)] for true in range(3)])
lost_chirps = np.where((y3_test == 1) & (called == 2))
pair = y3_test < 2
before = ask(model, X3_test[pair]).argmax(1) == 1
after = logits3[pair, :2].argmax(1) == 1
pair_accuracy = [np.mean(said == (y3_test[pair] == 1)) for said in (before, after)]

# %% drift-map
rng = np.random.default_rng(7)
chirp_share = np.empty((len(DRIFTS), len(WIDTHS)))
for i, drift in enumerate(DRIFTS):
    for j, width in enumerate(WIDTHS):
        noisy = stretch.stretched_blip(drift, width) + simulators.noises(DRAWS, rng)
        chirp_share[i, j] = np.mean(chirp_logits(model, noisy) > 0)
plt.imshow(chirp_share)
drift_figure = plt.gcf()

# %% halves
score = lambda images: torch.softmax(torch.from_numpy(ask(model, images)), 1)[:, 1].numpy()
half_scores = np.empty((6, 2, 2))
panels, titles = [], []
for i, image in enumerate(X_sure[confident, 0]):
    for half in (0, 1):
        hidden = np.repeat(image[None], 21, axis=0)
        hidden[:20, :, 32 * half : 32 * half + 32] = fillings[:, :, 32 * half : 32 * half + 32]
        hidden[20, :, 32 * half : 32 * half + 32] = 0
        half_scores[i, half] = score(hidden)[20], score(hidden)[:20].mean()
        panels.append(hidden[20])
        titles.append(f"{half_scores[i, half, 0]:.3f}")
halves_figure, _ = plots.spectrogram_grid(panels, titles=titles, columns=4)
whole = X_sure[confident[0], 0]
hidden = np.repeat(whole[None], 128, axis=0)
for tile in range(128):
    hidden[tile, tile // 16 * 4 : tile // 16 * 4 + 4, tile % 16 * 4 : tile % 16 * 4 + 4] = 0
occlusion = (chirp_logits(model, whole) - chirp_logits(model, hidden)).reshape(8, 16)

# %% before handing in
import contextlib, io, torch

from torch import nn
import torch.nn.functional as F
from course_utils import simulators

space = {"nn": nn, "torch": torch, "F": F}
exec(next(cell.source for cell in notebook.cells if cell.id == "glitchnet"), space)
torch.manual_seed(1)
X, y = simulators.fixed_dataset()
net = space["GlitchNet"]()
space["train_model"](net, torch.from_numpy(X), torch.from_numpy(y).float())
torch.save({"weights": net.state_dict(), "losses": []}, folder / "glitch_or_chirp.pt")
