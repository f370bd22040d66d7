"""Jobs: the execution of one submission as a function of bytes, which runs wherever this package is installed."""

import hashlib
import importlib.metadata
import json
import platform
import sysconfig
import tempfile
import threading
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..judge import archive
from ..judge.report import CellReport
from ..sandbox.access import Access
from ..sandbox.hidden import Hidden
from ..sandbox.limits import Limits
from .plan import PlannedCell
from .session import OverloadedError, ProcessKilledError, Session
from .work import Work

PACKAGE = Path(__file__).parents[1]
# The folders whose code decides how an execution goes. If this code changes, all submissions are executed again.
EXECUTING = ("judge", "protocol", "run", "sandbox", "student")
# When this is set, all executions in this process end and no new one begins.
interrupted = threading.Event()
# If the student's own code may have killed a process, we retry this many times, then accept the result.
OWN_DOING = 2
# A submission is executed at most this many times if something else kills its processes.
ATTEMPTS = 5
# A submission is executed at most this many times if other programs use its processors. The second time, it has as much
# more time as it lacked processors, and a half more, for they may be busier then; but at most MOST_STRETCH times its
# limits.
OVERLOADED, MORE, MOST_STRETCH = 2, 1.5, 4.0
MAX_SHORT = 2000  # characters of each output of a test cell in the student's process
GRACE = 60.0  # extra seconds to begin and to end


@dataclass(frozen=True)
class Job(Work):
    """Everything that decides how the execution of a submission goes: its `Work`, and the attributes below.

    Attributes
    ----------
    release : dict of str to bytes
        The files of the released assignment, by relative path.
    cgroup : str
        See `Session`; empty for none.
    judging : list of str
        Patterns of the released files that only the judging side needs.
    hidden : list of str
        Import names of installed packages that student code must not see.
    course : str
        The course folder, which student code must not see either.
    compares : bool
        Whether all ordinary test cells that are judged apart also run in the student's process, not only those that
        lose points.
    """

    release: dict[str, bytes] = field(default_factory=dict)
    cgroup: str = ""
    judging: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    course: str = ""
    compares: bool = False

    def pack(self) -> bytes:
        """The job as bytes; equal jobs give equal bytes."""
        content = asdict(self)
        for name in ("files", "release"):
            content[name] = {path: _to_array(raw) for path, raw in content[name].items()}
        return archive.pack(content | {"secret": _to_array(self.secret)})

    @staticmethod
    def unpack(packed: bytes) -> "Job":
        """The job that `pack` packed."""
        content = archive.unpack(packed)
        for name in ("files", "release"):
            content[name] = {path: raw.tobytes() for path, raw in content[name].items()}
        cells = [PlannedCell.read(cell) for cell in content["cells"]]
        limits, secret = Limits(**content["limits"]), content["secret"].tobytes()
        access = Access(**content["access"] | {"data": tuple(content["access"]["data"])})
        return Job(**content | {"cells": cells, "limits": limits, "secret": secret, "access": access})

    def cache_key(self) -> str:
        """SHA-256 of what can change the outcome: the job without its tests' points, and `installed_versions`."""
        worthless = [replace(cell, points=None if cell.points is None else 0.0) for cell in self.cells]
        return _digest([_outline(replace(self, cells=worthless, course="")), installed_versions()])

    def student_key(self) -> str:
        """SHA-256 of all that the student side can notice. It stays the same if only tests have changed."""
        cells = [(cell.source, cell.draws) for cell in self.cells if cell.on_student_side]
        seen = {name: raw for name, raw in self.release.items() if not any(fnmatch(name, p) for p in self.judging)}
        return _digest(
            [
                cells,
                _outline(replace(self, cells=[], release=seen, judging=[], secret=b"", course="")),
                installed_versions(),
            ]
        )

    @property
    def longest(self) -> float:
        """Seconds after which the execution is given up: the sum of its limits, and some grace."""
        limits = self.limits
        in_cells = limits.cell + limits.answer
        cells = limits.notebook + in_cells if self.sandboxed else len(self.cells) * in_cells
        once = ATTEMPTS * (2 * limits.start + GRACE) + (1 + MOST_STRETCH) * cells
        return 2 * once if self.has_ordinary else once

    @property
    def has_ordinary(self) -> bool:
        """Whether ordinary test cells are judged apart."""
        return any(cell.apart for cell in self.cells)

    def run(self, processors: list[int] | None = None) -> dict[str, Any]:
        """Execute the job in this process.

        Parameters
        ----------
        processors : list of int, optional
            The processors that the student side runs on; by default all.

        Returns
        -------
        dict
            The transcript: ``reports`` on the cells (see `Session.run`), and the entries of `about`.

        Raises
        ------
        SandboxError
            The sandbox can't be started; nothing was executed.
        ProcessKilledError
            In each try, something killed the processes or used the processors of this job.
        """
        with tempfile.TemporaryDirectory(prefix="release-") as folder:
            release = Path(folder)
            release.chmod(0o755)  # for the user that student code runs as
            for name, content in self.release.items():
                path = release / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            session = Session(
                **self.shared(),
                release=release if self.release else None,
                cgroup=Path(self.cgroup) if self.cgroup else None,
                processors=processors,
                hidden=Hidden(tuple(self.hidden), (Path(self.course),) if self.course else ()),
            )
            reports = run_with_retries(session, self.limits.notebook)
            if any(map(self._is_in_question, self.cells, reports)):
                reports = self._compared(session, reports)
            return {"reports": reports} | self.about()

    def _is_in_question(self, cell: PlannedCell, report: dict[str, Any]) -> bool:
        """Whether a test cell that was judged apart has to run in the student's process as well."""
        if cell.apart is None or "lost" in report:
            return False
        earned = CellReport.read(report).earned(cell.points or 0.0)
        return self.compares or earned < (cell.points or 0.0)

    def _compared(self, session: Session, reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Add to the reports what the tests in question put out in the student's process.

        This is another execution of the whole notebook: what student code sees there of hidden tests, it can't write
        into the outputs that the student gets to see.
        """
        inside = replace(session, cells=[cell.inside() for cell in self.cells])
        there = run_with_retries(inside, self.limits.notebook)
        return [
            report | {"inside": [_shortened(output) for output in other.get("outputs", [])]}
            if self._is_in_question(cell, report)
            else report
            for cell, report, other in zip(self.cells, reports, there, strict=True)
        ]

    def about(self) -> dict[str, Any]:
        """The rest of a transcript: names of the ``cells``, digests, versions, limits, and whether in a sandbox."""
        return {
            "cells": [
                {
                    "name": cell.name,
                    "student": cell.on_student_side,
                    "grader": cell.on_grader_side,
                    "test": cell.points is not None,
                }
                for cell in self.cells
            ],
            "digest": self.cache_key(),
            "work": self.student_key(),
            "files": _outline(self)["files"],
            "environment": installed_versions(),
            "limits": asdict(self.limits),
            "sandboxed": self.sandboxed,
        }


def run_with_retries(session: Session, seconds: float) -> list[dict[str, Any]]:
    """Run a session, and run it again if one of its processes was killed.

    Parameters
    ----------
    session : Session
        The session to run.
    seconds : float
        The time limit of the student's code, for all tries together.

    Returns
    -------
    list of dict
        The reports; see `Session.run`.

    Raises
    ------
    ProcessKilledError
        The machine killed its processes each time, or there is no time left for another try.
    OverloadedError
        Other programs used its processors each time.
    """
    own, overloaded, left = 0, 0, seconds
    for _ in range(ATTEMPTS):
        if interrupted.is_set():
            raise ProcessKilledError("interrupted")
        try:
            return session.run(left)
        except ProcessKilledError as disturbed:
            last = disturbed
        if isinstance(last, OverloadedError):
            overloaded += 1
            if overloaded == OVERLOADED:
                raise last
            stretch = round(min(MORE / max(last.share, 1 / MOST_STRETCH), MOST_STRETCH), 1)
            session, left = session.stretched(stretch), left * stretch
            continue
        left -= last.seconds
        # If the student's own code was the cause, it will kill the process again.
        own += last.reports is not None
        is_over = left < last.seconds  # another try takes about as long as the last one
        if last.reports is not None and (own > OWN_DOING or is_over):
            return last.reports
        if is_over:
            raise last
    raise ProcessKilledError(f"{last}, {ATTEMPTS} times in a row")


def execute(job: bytes, processors: list[int] | None = None) -> bytes:
    """Execute a packed `Job` and pack the result of `Job.run`."""
    return archive.pack(Job.unpack(job).run(processors))


@cache
def installed_versions() -> dict[str, str]:
    """Versions of Python and all installed packages, and a digest of the code in `EXECUTING`."""
    code = hashlib.sha256()
    for folder in EXECUTING:
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            code.update(path.read_bytes())
    # Only the packages that a sandbox shows: the rest of this process's path may depend on earlier imports.
    places = sorted({sysconfig.get_path(kind) for kind in ("purelib", "platlib")})
    packages = {package.name: package.version for package in importlib.metadata.distributions(path=places)}
    machine = {"python": platform.python_version(), "machine": platform.machine(), "execution": code.hexdigest()}
    return dict(sorted(packages.items())) | machine


def _outline(job: Job) -> dict[str, Any]:
    """The job as a dict, with hashes in place of the contents of files."""
    content = asdict(job) | {"secret": job.secret.hex()}
    for name in ("files", "release"):
        content[name] = {path: hashlib.sha256(raw).hexdigest() for path, raw in content[name].items()}
    return content


def _shortened(output: dict[str, Any]) -> dict[str, Any]:
    """An output without pictures and traceback, and with little text."""
    texts = {name: value[:MAX_SHORT] for name, value in output.items() if isinstance(value, str)}
    return texts | ({"traceback": []} if output.get("type") == "error" else {})


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _to_array(raw: bytes) -> np.ndarray:
    return np.frombuffer(raw, np.uint8)
