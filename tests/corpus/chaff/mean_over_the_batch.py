"""The pooling averages over the batch, too: one number for all images.

loses: glitchnet-logit-shape, glitchnet-one-image-at-a-time, glitchnet-looks-at-the-image, train-loss-falls,
    evaluate-test-accuracy, evaluate-preview, evaluate-fresh-accuracy, mistakes-exact-preview, mistakes-exact,
    mistakes-figure, confidence-scores, confidence-confusion, confidence-figure, confidence-top-preview,
    confidence-top-chirps, confidence-top-blips
hands in: checkpoint
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.classifier = nn.Linear(32, 1)

    def forward(self, images):
        return self.classifier(self.features(images).mean(dim=(0, 2, 3)))
