"""A huge layer of an earlier attempt was left in the class; it isn't used.

loses: glitchnet-size
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
        self.hidden = nn.Linear(32 * 64, 2500)
        self.output = nn.Linear(2500, 1)

    def forward(self, images):
        # return self.output(torch.relu(self.hidden(images.flatten(1)))).squeeze(1)
        return self.classifier(self.features(images)).squeeze(1)
