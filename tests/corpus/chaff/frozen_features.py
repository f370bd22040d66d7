"""The convolutions are frozen, as in transfer learning, though nothing was learnt before.

loses: glitchnet-gradient-flow
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
        for parameter in self.features.parameters():
            parameter.requires_grad_(False)

    def forward(self, images):
        return self.classifier(self.features(images)).squeeze(1)
