"""Magics, Colab's modules and packages of the student's front end, none of which is here; each in a cell with work.

hands in: checkpoint
"""

# %% scratch after=setup-course
from google.colab import drive
drive.mount('/content/drive')
drive_folder = drive.__name__
import pandas as pd
from sklearn.metrics import confusion_matrix

# %% glitchnet
import torchinfo
get_ipython().run_line_magic("load_ext", "lab_black")
get_ipython().run_line_magic("tensorflow_version", "2.x")


class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )
        self.classifier = nn.Linear(32, 1)

    def forward(self, images):
        return self.classifier(self.features(images)).squeeze(1)


table = torchinfo.summary(GlitchNet(), (8, 1, 32, 64))
print(table)

# %% mistakes
get_ipython().run_line_magic("matplotlib", "widget")
missed_chirps = np.flatnonzero((y_test == 1) & ~called_chirp)
false_chirps = np.flatnonzero((y_test == 0) & called_chirp)
shown = np.concatenate([missed_chirps[:4], false_chirps[:4]])
titles = [f"{simulators.CLASS_NAMES[y_test[i]]}, score {torch.sigmoid(test_logits[i]):.2f}" for i in shown]
mistakes_figure, _ = plots.spectrogram_grid(X_test[shown], titles=titles, columns=4)
print(pd.Series(shown).describe())

# %% confidence
get_ipython().run_line_magic("matplotlib", "qt")
scores = torch.sigmoid(test_logits).numpy()
confusion = confusion_matrix(y_test, scores > 0.5)
chirps, blips = np.flatnonzero(y_test == 1), np.flatnonzero(y_test == 0)
top_chirps = chirps[np.argsort(-scores[chirps])[:3]]
top_blips = blips[np.argsort(scores[blips])[:3]]
surest = np.concatenate([top_chirps, top_blips])
titles = [f"score {scores[i]:.3g}" for i in surest]
confident_figure, _ = plots.spectrogram_grid(X_test[surest], titles=titles, columns=3)
