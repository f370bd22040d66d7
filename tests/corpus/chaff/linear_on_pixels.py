"""No convolution: a linear classifier on the raw pixels, trained well.

loses: glitchnet-size, evaluate-preview, evaluate-fresh-accuracy
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(32 * 64, 1)

    def forward(self, images):
        return self.linear(images.flatten(1)).squeeze(1)
