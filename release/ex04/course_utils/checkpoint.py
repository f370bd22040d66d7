"""Train once, keep what was trained: the cell ``setup-fit`` of the notebook."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

SEED = 2015  # the year of GW150914
# What is raised for files that hold something else, and for weights of another net.
_DOES_NOT_FIT = (RuntimeError, KeyError, IndexError, TypeError, ValueError, AttributeError)
_ENDINGS = (".pt", ".pth", ".ckpt")  # of what torch saves


def fit(
    build: Callable[[], nn.Module],
    train: Callable[..., Any],
    X: np.ndarray,
    y: np.ndarray,
    train_indices: Any,
    device: torch.device | str,
    path: str,
) -> tuple[nn.Module, list[float]]:
    """Train a student's net and keep weights and losses in a checkpoint; in grading, load what was handed in.

    Parameters
    ----------
    build : callable
        ``GlitchNet``.
    train : callable
        ``train_model(model, X, y)``, returning the mean loss of each epoch.
    X : (N, 1, 32, 64) float32 array
        All images.
    y : (N,) int64 array
        All labels.
    train_indices : array-like of int, or bool mask of length N
        The training part.
    device : torch.device or str
        Where the net lives.
    path : str
        The checkpoint file.

    Returns
    -------
    model : nn.Module
        The trained net, in evaluation mode.
    losses : list of float
        Mean loss of each epoch.
    """
    torch.manual_seed(SEED)
    model = build().to(device)
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        losses = load(model, path)
        if losses is not None:
            print(f"Using the trained net in {path}.")
            return model.eval(), losses
        print("No checkpoint that fits this GlitchNet was handed in: training again.")
        torch.manual_seed(SEED)
        model = build().to(device)
    chosen = train_indices.cpu() if isinstance(train_indices, torch.Tensor) else train_indices
    chosen = np.asarray(chosen).reshape(-1)
    images = torch.as_tensor(X[chosen], dtype=torch.float32)
    labels = torch.as_tensor(y[chosen], dtype=torch.float32)
    losses = [float(loss) for loss in train(model, images, labels)]
    torch.save({"weights": model.state_dict(), "losses": losses}, path)
    return model.eval(), losses


def load(model: nn.Module, path: str) -> list[float] | None:
    """Load a checkpoint into a net; if it can't be used, print a remark that says why.

    Returns
    -------
    list of float or None
        The losses, or None if there is no checkpoint that fits the net.
    """
    if not Path(path).is_file():
        others = sorted(other.name for other in Path(path).absolute().parent.glob("*") if other.suffix in _ENDINGS)
        hint = f" If it is {' or '.join(others)}, give it this name." if others else ""
        print(f"Remark: there is no {path} beside the notebook: the network is trained again.{hint}")
        return None
    try:
        kept = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # torch raises many kinds of error for damaged files, and for what is more than numbers.
        print(f"Remark: {path} can't be read: the network is trained again. ({_first_line(error)})")
        return None
    try:
        kept = dict(kept)
        model.load_state_dict(_named_as_in(model, kept["weights"]))
        return [float(loss) for loss in kept["losses"]]
    except _DOES_NOT_FIT as error:
        print(f"Remark: {path} does not fit this notebook: the network is trained again. ({_first_line(error)})")
        return None


def _named_as_in(model: nn.Module, weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights under the names that they have in a net, with or without what torch.compile and DataParallel add."""
    names = model.state_dict().keys()
    if weights.keys() == names:
        return weights
    wanted = {_without_wrappers(name): name for name in names}
    return {wanted.get(_without_wrappers(name), name): weight for name, weight in weights.items()}


def _without_wrappers(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in ("_orig_mod", "module"))


def _first_line(error: Exception) -> str:
    """What an error says, without the lines that torch adds."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and "Error(s) in loading" not in line]
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"[:200]
