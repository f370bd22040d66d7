"""Makes the secret of each hand-in, from which the seeds of its hidden inputs are made.

A seed depends on the course's secret, on the contents of the hand-in, and on the seed's purpose (`door.seed_for`). The
same hand-in is asked the same again, also after tests have changed. If a student learns what one hand-in was asked and
puts it into the next one, the next one has other contents, and is asked something else.
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
    """The secret of one hand-in: HMAC-SHA256 of its `contents` under the course's secret.

    Parameters
    ----------
    course_secret : bytes
        The course's secret.
    cells : list of PlannedCell
        The cells of the notebook.
    instructions : Instructions
        Says which of the cells are the instructor's.
    files, release : dict of str to bytes
        The files beside the notebook, and those of the released assignment, by relative path.

    Returns
    -------
    bytes
        32 bytes.
    """
    return hmac.digest(course_secret, contents(cells, instructions, files, release).encode(), "sha256")


def contents(
    cells: list[PlannedCell], instructions: Instructions, files: dict[str, bytes], release: dict[str, bytes]
) -> str:
    """SHA-256 of everything that the student chose and that the student's code can read; see `hand_in_secret`.

    This is: the sources of the student's cells, the places of cells that are not in the release, and the files handed
    in. Places count, because a student could otherwise encode what an earlier hand-in saw in the places of empty cells.
    """
    own, after = [], ""
    for cell in cells:
        if not cell.runs:
            continue
        if cell.name in instructions.sources:
            after = cell.name
        else:
            own.append([cell.name or f"after {after}", cell.source])
    # An instructor may correct a released file, so its contents don't count. That it was handed in can carry
    # information, so its name counts.
    handed_in = {
        name: "as released" if release.get(name) == raw else hashlib.sha256(raw).hexdigest()
        for name, raw in files.items()
    }
    return hashlib.sha256(json.dumps([own, handed_in], sort_keys=True).encode()).hexdigest()
