"""The attributes that a job, which travels as bytes, shares with the session that runs it."""

from dataclasses import dataclass, field, fields
from typing import Any

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
    gpu : bool
        Whether the student's code can use the graphics cards of this machine.
    sandboxed : bool
        Whether there is a sandbox. Without one, the only limits are those on single cells and answers.
    modules, objects : list
        What the instructor's cells import, if test cells use the student's names; see `ByName`.
    """

    cells: list[PlannedCell]
    files: dict[str, bytes] = field(default_factory=dict)
    answers: str | None = None
    secret: bytes = b""
    limits: Limits = field(default_factory=Limits)
    gpu: bool = False
    sandboxed: bool = True
    modules: list[str] = field(default_factory=list)
    objects: list[tuple[str, str]] = field(default_factory=list)

    def shared(self) -> dict[str, Any]:
        """The attributes above, by name."""
        return {each.name: getattr(self, each.name) for each in fields(Work)}
