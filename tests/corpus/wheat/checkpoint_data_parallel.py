"""Trained on a machine with several graphics cards: the weights' names begin with "module.".

hands in: checkpoint
"""

# %% before handing in
import torch

path = folder / "glitch_or_chirp.pt"
kept = torch.load(path, weights_only=True)
kept["weights"] = {f"module.{name}": weight for name, weight in kept["weights"].items()}
torch.save(kept, path)
