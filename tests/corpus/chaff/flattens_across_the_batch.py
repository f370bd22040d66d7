"""A reshape in the wrong order hands every image features of the others.

loses: glitchnet-one-image-at-a-time, train-loss-falls, evaluate-preview, evaluate-fresh-accuracy
hands in: checkpoint
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )
        self.classifier = nn.Linear(32, 1)

    def forward(self, images):
        features = self.features(images)
        features = features.reshape(32, -1).T
        return self.classifier(features).squeeze(1)
