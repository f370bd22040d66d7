"""The checkpoint claims weights of another net, and tensors of terabytes in few bytes."""

# %% scratch after=setup-data
from course_utils import checkpoint

if checkpoint.load(nn.Linear(2, 2), "glitch_or_chirp.pt") is not None:
    print("got through: the checkpoint is taken for weights")

# %% before handing in
import torch

weights = {"weight": torch.zeros(1).expand(2**20, 2**20), "bias": torch.tensor(float("nan"))}
torch.save({"weights": weights, "losses": [float("nan"), -1.0]}, folder / "glitch_or_chirp.pt")
