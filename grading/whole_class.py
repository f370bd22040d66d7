"""A whole class: hand-ins are sanitized one after another, executed at once, and recorded as they come."""

import signal
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from .course import Course
from .execute import archive
from .execute.store import Store


@dataclass(frozen=True)
class Ended:
    """What became of one hand-in.

    Attributes
    ----------
    student : str
        Whose it is.
    problem : str or None
        Why there is no new mark, or None.
    failed : bool
        Whether that is no student's doing.
    """

    student: str
    problem: str | None = None
    failed: bool = False


def grade_class(
    course: Course,
    assignment: str,
    students: list[str],
    scheduler: str | None = None,
    workers: int | None = None,
    force: bool = False,
) -> Iterator[Ended]:
    """Grade hand-ins, each as soon as it can be.

    What was executed is kept at once (`Store`), so that whatever ends this, the next time goes on from there.

    Parameters
    ----------
    course : Course
        The course folder.
    assignment : str
        Its assignment.
    students : list of str
        Whose hand-ins.
    scheduler, workers : str, int, optional
        See `cluster.connect`.
    force : bool
        Whether to execute and record again what was before.

    Yields
    ------
    Ended
        For each student.

    Raises
    ------
    OSError
        Results can't be written, or there is no such scheduler.
    """
    store, ready, open_jobs = Store(course.root), deque(), {}

    def to_execute() -> Iterator[tuple[tuple[str, str], bytes]]:
        for student in students:
            if broken := course.broken_hand_in(assignment, student):
                ready.append(Ended(student, broken))
                continue
            if not force and course.is_current(assignment, student):
                ready.append(Ended(student))
                continue
            try:
                jobs = course.jobs(assignment, student)
            except Exception as error:
                # Whatever it is, it concerns this hand-in; nbgrader's log has the whole story.
                ready.append(Ended(student, f"{type(error).__name__}: {error}", failed=True))
                continue
            digests = {job.digest(): job for job in jobs}
            if force:
                for digest in digests:
                    store.remove(digest)
            missing = {digest for digest in digests if digest not in store}
            open_jobs[student] = missing
            if not missing:
                ready.append(recorded(student))
            for digest in missing:
                yield (student, digest), digests[digest].pack()

    def recorded(student: str) -> Ended:
        with _undisturbed():
            problem = course.autograde(assignment, student)
        return Ended(student, problem, failed=problem is not None)

    jobs = to_execute()
    first = next(jobs, None)
    yield from _drain(ready)
    if first is None:
        return
    # Only now, for it takes a second.
    from .cluster import connect, execute_all

    with connect(scheduler, workers) as client:
        for (student, digest), result in execute_all(client, chain([first], jobs)):
            if isinstance(result, bytes):
                if not _is_doubtful(result):
                    store.put(digest, result)
                missing = open_jobs.get(student, {None})  # another notebook of theirs may have failed
                missing.discard(digest)
                if not missing:
                    ready.append(recorded(student))
            elif open_jobs.pop(student, None) is not None:
                ready.append(Ended(student, f"{type(result).__name__}: {result}", failed=True))
            yield from _drain(ready)
    yield from _drain(ready)


def _is_doubtful(result: bytes) -> bool:
    """Whether the judging side died, which may be the doing of this machine: recording will execute it once more."""
    return any("lost" in report for report in archive.unpack(result)["reports"])


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl-C wait until the block is done: nbgrader would take it for a problem with the hand-in."""
    interrupts = []
    previous = signal.signal(signal.SIGINT, lambda *_: interrupts.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if interrupts:
        raise KeyboardInterrupt


def _drain(ready: deque[Ended]) -> Iterator[Ended]:
    while ready:
        yield ready.popleft()
