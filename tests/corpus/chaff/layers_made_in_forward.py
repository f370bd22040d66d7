"""The last layer is made in each call, with new random weights: nothing that is learnt stays.

loses: glitchnet-gradient-flow, glitchnet-one-image-at-a-time, train-loss-falls, evaluate-*, mistakes-*, confidence-*
hands in: checkpoint
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 16, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())

    def forward(self, images):
        last = nn.Linear(64, 1).to(images.device)
        return last(self.features(images)).squeeze(1)
