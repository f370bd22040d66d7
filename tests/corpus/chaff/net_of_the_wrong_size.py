"""The linear layer does not fit what comes before it: no image goes through.

loses: glitchnet-logit-shape, glitchnet-no-sigmoid, glitchnet-gradient-flow, glitchnet-size,
    glitchnet-one-image-at-a-time, glitchnet-looks-at-the-image, evaluate-preview, evaluate-fresh-accuracy
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.AdaptiveMaxPool2d(1), nn.Flatten(),
        )
        self.classifier = nn.Linear(64, 1)

    def forward(self, images):
        return self.classifier(self.features(images)).squeeze(1)
