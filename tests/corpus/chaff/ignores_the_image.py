"""A line from debugging still blanks the images in forward().

loses: glitchnet-looks-at-the-image, train-loss-falls, evaluate-preview,
    evaluate-fresh-accuracy
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
        images = torch.zeros_like(images)  # test
        return self.classifier(self.features(images)).squeeze(1)
