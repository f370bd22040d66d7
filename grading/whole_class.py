"""A whole class: hand-ins are sanitized one after another, executed at once, and recorded as they come."""

import errno
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy.exc import DBAPIError

from .canary import Canary, CanaryError
from .course import Course
from .execute.archive import ArchiveError
from .execute.job import Job, environment, execute
from .execute.replayer import judge
from .execute.result import Result
from .execute.session import Overloaded
from .execute.store import Store
from .executors import Executor, GivenUpError, connect
from .interrupt import undisturbed
from .prepare import Prepared
from .record.recorder import ChangedError
from .sanitize.hand_in import HandInError
from .secret import SecretError

NO_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


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


class OtherEnvironmentError(RuntimeError):
    """A worker has other packages than this machine, by which marks might differ."""


class Grading:
    """The grading of a class.

    What was executed is kept at once (`Store`), so that whatever ends this, the next time goes on from there.

    Parameters
    ----------
    course : Course
        The course folder.
    assignment : str
        Its assignment.
    scheduler, workers : str, int, optional
        See `executors.connect`.
    force : bool
        Whether to execute and record again what was before.
    from_transcripts : bool
        Whether to judge by the transcripts what was executed before, as far as they tell.
    """

    def __init__(
        self,
        course: Course,
        assignment: str,
        scheduler: str | None = None,
        workers: int | None = None,
        force: bool = False,
        from_transcripts: bool = False,
    ) -> None:
        self._course = course
        self._assignment = assignment
        self._where = (scheduler, workers)
        self._is_here = scheduler is None
        self._force = force
        self._from_transcripts = from_transcripts
        self._store = Store(course.root)
        self._fresh: set[str] = set()
        self._wanted: dict[str, tuple[Job, list[tuple[str, str]]]] = {}
        self._resources = ExitStack()
        self._connected: Executor | None = None
        self._changed: set[str] = set()

    def __enter__(self) -> "Grading":
        self._resources.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._resources.__exit__(*error)

    def canary(self) -> None:
        """See that the assignment gives the marks that it should give.

        Raises
        ------
        CanaryError
            It does not, or can't be executed here.
        OSError
            Results can't be written, or there is no such scheduler.
        """
        canary = Canary(self._course, self._assignment)
        jobs = canary.jobs
        results = {}
        if self._is_here:  # workers elsewhere may be others than the last time
            results = {digest: result for digest in jobs if (result := self._store.get(digest))}
        for digest in jobs.keys() - results.keys():
            self._execute(digest, jobs[digest])
        while len(results) < len(jobs):
            digest, result = self._executor.next()
            kept = self._kept(digest, result)
            if isinstance(kept, BaseException):
                raise CanaryError(
                    "nobody was graded, for the model solution and the untouched release can't be executed here: "
                    f"{what_happened(kept)}. Mend that, and run the same command again."
                ) from kept
            results[digest] = kept
        canary.check(results)

    @contextmanager
    def instead(self, course: Course) -> Iterator[None]:
        """In this block grade in another course, such as a copy; what was executed for it is kept for this one."""
        real, self._course = self._course, course
        try:
            yield
        finally:
            self._course = real

    @property
    def running(self) -> int:
        """How many hand-ins are being executed."""
        return 0 if self._connected is None else self._connected.running

    def grade(self, students: list[str]) -> Iterator[Ended]:
        """Grade hand-ins, each as soon as it can be.

        Parameters
        ----------
        students : list of str
            Whose.

        Yields
        ------
        Ended
            For each student.

        Raises
        ------
        sqlalchemy.exc.DBAPIError
            The gradebook can't be read or written.
        OSError
            Marks or results can't be written, or there is no such scheduler.
        """
        waiting, under_way = deque(students), {}
        while waiting or under_way:
            ready: list[_HandIn] = []
            if waiting and self._has_room:
                hand_in = self._open(waiting.popleft())
                if isinstance(hand_in, Ended):
                    yield hand_in
                elif hand_in.complete:
                    ready.append(hand_in)
                else:
                    under_way[hand_in.prepared.student] = hand_in
                    self._submit(hand_in)
            else:
                digest, result = self._executor.next()
                job, wanted = self._wanted[digest]
                if result is None:
                    self._execute(digest, job)
                    continue
                del self._wanted[digest]
                kept = self._kept(digest, result)
                for student, name in wanted:
                    if (hand_in := under_way.get(student)) is None:  # another notebook of theirs has failed
                        continue
                    if isinstance(kept, BaseException):
                        del under_way[student]
                        yield Ended(student, what_happened(kept), failed=True)
                        continue
                    hand_in.results[name] = kept
                    if hand_in.complete:
                        ready.append(under_way.pop(student))
            for hand_in in ready:
                if ended := self._recorded(hand_in):
                    yield ended
                else:
                    waiting.append(hand_in.prepared.student)

    def _open(self, student: str) -> "_HandIn | Ended":
        """Look at a hand-in, and prepare it if there is anything to do."""
        try:
            if broken := self._course.broken_hand_in(self._assignment, student):
                return Ended(student, broken)
            if not self._force and self._course.is_current(self._assignment, student):
                return Ended(student)
            hand_in = _HandIn(self._course.preparer.prepare(self._assignment, student))
        except Exception as error:
            return self._failed(student, error)
        for name, digest in hand_in.digests.items():
            if (not self._force or digest in self._fresh) and (result := self._store.get(digest)):
                hand_in.results[name] = result
        return hand_in

    def _submit(self, hand_in: "_HandIn") -> None:
        student = hand_in.prepared.student
        for name in hand_in.prepared.notebooks.keys() - hand_in.results.keys():
            job, digest = hand_in.job(name), hand_in.digests[name]
            if digest in self._wanted:  # somebody handed in the same
                self._wanted[digest][1].append((student, name))
                continue
            self._wanted[digest] = job, [(student, name)]
            before = self._course.transcript(self._assignment, student, name) if self._from_transcripts else None
            if before and before.is_file():
                self._executor.submit(digest, judge, job.pack(), before.read_bytes(), limit=job.longest)
            else:
                self._execute(digest, job)

    def _execute(self, digest: str, job: Job) -> None:
        self._executor.submit(digest, execute, job.pack(), limit=job.longest)

    def _recorded(self, hand_in: "_HandIn") -> Ended | None:
        """Record a hand-in; None if another version was handed in meanwhile, which is to be graded instead."""
        student = hand_in.prepared.student
        try:
            with undisturbed():
                self._course.recorder.record(hand_in.prepared, hand_in.results)
        except Exception as error:
            if isinstance(error, ChangedError | HandInError) and student not in self._changed:
                self._changed.add(student)
                return None
            return self._failed(student, error)
        return Ended(student)

    def _failed(self, student: str, error: Exception) -> Ended:
        """What became of a hand-in that failed, if this concerns it alone."""
        if concerns_all(error):
            raise error
        self._course.autograde.log.error("%s", student, exc_info=error)
        return Ended(student, what_happened(error), failed=True)

    def _kept(self, digest: str, result: bytes | BaseException) -> Result | BaseException:
        """A result, which will be there the next time, too, unless the judging side has failed in it."""
        if isinstance(result, BaseException):
            if self._is_here and concerns_all(result):
                raise result
            return result
        kept = Result(result)
        try:
            content = kept.content
        except ArchiveError as error:
            return error
        if content["digest"] != digest:
            return OtherEnvironmentError(_differences(content["environment"]))
        if not kept.is_doubtful:
            self._store.put(digest, kept)
            self._fresh.add(digest)
        return kept

    @property
    def _has_room(self) -> bool:
        return self._connected is None or self._connected.has_room

    @property
    def _executor(self) -> Executor:
        """Made when the first job is there, for with Dask it takes a second."""
        if self._connected is None:
            self._connected = self._resources.enter_context(connect(*self._where))
        return self._connected


@dataclass
class _HandIn:
    """A hand-in, and what has come of it so far."""

    prepared: Prepared
    results: dict[str, Result] = field(default_factory=dict)

    def job(self, name: str) -> Job:
        return self.prepared.notebooks[name][1]

    @cached_property
    def digests(self) -> dict[str, str]:
        return {name: job.digest() for name, (_, job) in self.prepared.notebooks.items()}

    @property
    def complete(self) -> bool:
        return self.results.keys() == self.prepared.notebooks.keys()


def concerns_all(error: BaseException) -> bool:
    """Whether the next hand-in would fare no better."""
    return isinstance(error, DBAPIError | SecretError) or getattr(error, "errno", None) in NO_DISK


def _differences(there: dict[str, str]) -> str:
    here = environment()
    other = [
        f"{name} {there.get(name, 'none')} instead of {here.get(name, 'none')}"
        for name in sorted(there.keys() | here.keys())
        if there.get(name) != here.get(name)
    ]
    return f"a worker has {', '.join(other)}; install on all of them what is installed here"


def what_happened(error: BaseException) -> str:
    """Why a hand-in could not be graded, in a line."""
    kind = type(error).__name__
    if kind == "Disturbed":
        return f"set aside: {error}; look at the memory of the machine that executed it, then grade it again"
    if isinstance(error, Overloaded):
        return f"set aside, for the machine that executed it was too busy: {error}; grade it again when less runs there"
    if isinstance(error, GivenUpError):
        return f"set aside: {error}, twice; look at the machine that executed it, then grade it again"
    if kind == "KilledWorker":
        return "set aside: each worker that executed it died; look at the memory of your workers, then grade it again"
    return f"{kind}: {str(error) or 'no message'}".splitlines()[0][:300]
