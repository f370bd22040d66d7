"""The attributes that a job, which travels as bytes, shares with the session that runs it."""

import json
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
    notebook : str
        The name of the notebook, without its suffix; empty if the student's code finds no notebook in its folder.
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
    imports : list of (str, str, str)
        What the instructor's cells import, if test cells use the student's names; see `ByName`.
    """

    cells: list[PlannedCell]
    files: dict[str, bytes] = field(default_factory=dict)
    notebook: str = ""
    answers: str | None = None
    secret: bytes = b""
    limits: Limits = field(default_factory=Limits)
    access: Access = NO_ACCESS
    sandboxed: bool = True
    imports: list[tuple[str, str, str]] = field(default_factory=list)

    def own_notebook(self) -> dict[str, bytes]:
        """The notebook as student code can read it in its folder: the code cells of its side that are no tests.

        Tests run later, maybe in the same process, but must not be read before; some are hidden.
        """
        if not self.notebook:
            return {}
        sources = [cell.source for cell in self.cells if cell.on_student_side and cell.points is None]
        code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
        cells = [code | {"id": f"cell-{number}", "source": source} for number, source in enumerate(sources, 1)]
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        content = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        return {f"{self.notebook}.ipynb": json.dumps(content, indent=1).encode()}

    def shared(self) -> dict[str, Any]:
        """The attributes above, by name."""
        return {each.name: getattr(self, each.name) for each in fields(Work)}
