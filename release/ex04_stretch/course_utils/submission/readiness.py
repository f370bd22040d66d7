"""Finds out whether the checkpoint, which students hand in with their notebook, belongs to this notebook."""

from typing import Any

from nbjudge.ask.no_trace import random_states_of_its_own
from nbjudge.ask.summary import Ready

from .. import checkpoint
from ..checkpoint import GLITCH_OR_CHIRP
from ..stretch_training import THREE_CLASSES

# The training of a notebook, by the id of its cell for the answer in words.
_TRAINED = {"stretch-discussion": THREE_CLASSES}


def checkpoint_ready(namespace: dict[str, Any], written: str) -> Ready:
    """Say whether the checkpoint exists, fits the net, and was made by the present code.

    Parameters
    ----------
    namespace : dict
        The notebook's globals.
    written : str
        Id of the cell for the answer in words.
    """
    task = _TRAINED.get(written, GLITCH_OR_CHIRP)
    with random_states_of_its_own(0):
        wrong = checkpoint.what_is_wrong(namespace, task)
    if not wrong:
        return Ready(True, f"{task.file} holds the network of this notebook. Hand it in, too.")
    return Ready(False, f"{wrong} Run the cell with `{task.call}` again.")
