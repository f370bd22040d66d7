"""The convolutions are kept in a plain Python list: no optimiser ever sees them.

loses: glitchnet-gradient-flow, glitchnet-size, train-loss-falls, evaluate-preview, evaluate-fresh-accuracy
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolutions = [nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)]
        self.classifier = nn.Linear(32, 1)

    def forward(self, images):
        for convolution in self.convolutions:
            images = F.max_pool2d(F.relu(convolution(images)), 2)
        return self.classifier(images.mean((2, 3))).squeeze(1)
