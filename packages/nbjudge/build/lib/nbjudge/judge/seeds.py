"""What the seeds of hidden inputs are made from: what leaks from one hand-in is worth nothing in the next.

A seed depends on the course's secret, on the contents of the hand-in, and on what it is for (`door.seed_for`). The same
hand-in is asked the same again, also when tests have changed. A hand-in that knows what another one was asked has other
contents, and is asked something else.
"""

import hashlib
import hmac
import json

from ..run.plan import Instructions, PlannedCell


def hand_in_secret(
    course_secret: bytes,
    cells: list[PlannedCell],
    instructions: Instructions,
    files: dict[str, bytes],
    release: dict[str, bytes],
) -> bytes:
    """What the seeds of one hand-in are made from: HMAC-SHA256 of its `contents` under the course's secret.

    Parameters
    ----------
    course_secret : bytes
        The course's secret.
    cells : list of PlannedCell
        The cells of the notebook.
    instructions : Instructions
        Which of them are the instructor's.
    files, release : dict of str to bytes
        The files beside the notebook, and those of the released assignment, by relative path.

    Returns
    -------
    bytes
        32 of them.
    """
    return hmac.digest(course_secret, contents(cells, instructions, files, release).encode(), "sha256")


def contents(
    cells: list[PlannedCell], instructions: Instructions, files: dict[str, bytes], release: dict[str, bytes]
) -> str:
    """SHA-256 of all that the student's code can know and that the student chose: see `hand_in_secret`.

    These are the sources of the student's cells, where those stand that are not in the release, and the files handed
    in. Without a cell's place, many empty cells in well-chosen places could bring along what another hand-in saw.
    """
    own, after = [], ""
    for cell in cells:
        if not cell.runs:
            continue
        if cell.name in instructions.sources:
            after = cell.name
        else:
            own.append([cell.name or f"after {after}", cell.source])
    # A file of the release may be corrected; that it is there can say something, too.
    handed_in = {
        name: "as released" if release.get(name) == raw else hashlib.sha256(raw).hexdigest()
        for name, raw in files.items()
    }
    return hashlib.sha256(json.dumps([own, handed_in], sort_keys=True).encode()).hexdigest()
