"""Every setting that reaches other people's code, with a checkpoint of another net.

hands in: checkpoint
"""

# %% glitchnet
import locale
import os
import random
import sys
import warnings

import matplotlib

warnings.simplefilter("error")
np.seterr(all="raise")
np.set_printoptions(precision=1, threshold=3, sign=" ")
np.random.seed(1)
random.seed(1)
torch.manual_seed(1)
torch.use_deterministic_algorithms(True)
torch.autograd.set_detect_anomaly(True)
torch.set_default_device("cpu")
torch.set_num_threads(1)
torch.set_printoptions(precision=1)
sys.setrecursionlimit(500)
locale.setlocale(locale.LC_ALL, "C.UTF-8")
os.environ["LC_NUMERIC"] = "de_DE.UTF-8"
plt.ion()
plt.rcParams.update({
    "figure.dpi": 30, "figure.max_open_warning": 1, "figure.autolayout": True, "axes.formatter.use_locale": True,
    "image.origin": "lower", "image.cmap": "Reds", "axes.titlesize": 3, "lines.linewidth": 9,
    "axes.prop_cycle": matplotlib.cycler(color="k"), "text.parse_math": False, "font.family": "no such font",
    "axes.grid": True, "figure.constrained_layout.use": False,
})
torch.set_grad_enabled(False)  # training says so itself


class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 18, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(18, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.AdaptiveMaxPool2d(1), nn.Flatten(),
        )
        self.classifier = nn.Linear(32, 1)

    def forward(self, images):
        return self.classifier(self.features(images)).squeeze(1)

# %% train
shuffled = np.random.default_rng(2).permutation(len(X))
test_indices, train_indices = shuffled[:200], shuffled[200:]


def train_model(model, X, y, epochs=12):
    device = next(model.parameters()).device
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(X)).split(32):
            loss = F.binary_cross_entropy_with_logits(model(X[batch].to(device)).reshape(-1), y[batch].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses
