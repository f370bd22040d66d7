"""The attributes that a job, which travels as bytes, shares with the session that runs it."""

from dataclasses import dataclass, field, fields
from typing import Any

from ..sandbox.access import NO_ACCESS, Access
from ..sandbox.limits import Limits
from .plan import PlannedCell


@dataclass(frozen=True)
class Work:
    """What a `Job` and the `Session` that executes it have in common.

    Attributes
    ----------
    cells : list of PlannedCell
        The cells in the order of the notebook.
    files : dict of str to bytes
        The files handed in beside the notebook, by relative path.
    answers : str or None
        Module that answers questions on the student side.
    secret : bytes
        The hand-in's secret, from which its seeds are made; see `seeds.hand_in_secret`.
    limits : Limits
        How much time, memory and so on the submission may use.
    access : Access
        What the student's code can reach besides its own files.
    sandboxed : bool
        Whether there is a sandbox. Without one, the only limits are those on single cells and answers.
    """

    cells: list[PlannedCell]
    files: dict[str, bytes] = field(default_factory=dict)
    answers: str | None = None
    secret: bytes = b""
    limits: Limits = field(default_factory=Limits)
    access: Access = NO_ACCESS
    sandboxed: bool = True

    def shared(self) -> dict[str, Any]:
        """The attributes above, by name."""
        return {each.name: getattr(self, each.name) for each in fields(Work)}
