"""Everything but Task 1: the rest is judged on a net of ours.

loses: glitchnet-logit-shape, glitchnet-no-sigmoid, glitchnet-gradient-flow, glitchnet-size,
    glitchnet-one-image-at-a-time, glitchnet-looks-at-the-image,
    evaluate-preview, evaluate-fresh-accuracy
"""

# %% glitchnet
class GlitchNet(nn.Module):
    """Tells chirps from blips: images (N, 1, 32, 64) in, one logit per image out."""

    def __init__(self):
        super().__init__()
        raise NotImplementedError("make the layers of your network")

    def forward(self, images):
        raise NotImplementedError("send the images through the layers and return one logit per image")
