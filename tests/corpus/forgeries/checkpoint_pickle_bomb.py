"""The checkpoint is a pickle that runs a command when it is loaded."""

# %% scratch after=setup-data
from pathlib import Path

from course_utils import checkpoint

if checkpoint.load(nn.Linear(2, 2), "glitch_or_chirp.pt") is not None:
    print("got through: the checkpoint is taken for weights")
if Path("/tmp/left-by-a-forgery").exists():
    print("got through: the checkpoint ran a command")

# %% before handing in
import os

import torch


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/left-by-a-forgery",)


torch.save({"weights": Bomb(), "losses": [1.0, 0.1]}, folder / "glitch_or_chirp.pt")
