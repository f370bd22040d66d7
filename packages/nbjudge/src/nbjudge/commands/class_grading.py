"""Grades a whole class: hand-ins are sanitized one by one, executed in parallel, and recorded as they finish."""

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..handin.files import HandInError
from ..handin.hand_in import SubmissionKey
from ..judge.archive import ArchiveError
from ..judge.rejudge import judge
from ..judge.transcript import Transcript
from ..plugin.course import Course
from ..plugin.folders import NotAcceptedError
from ..plugin.prepare import Prepared
from ..plugin.record.recorder import ChangedError
from ..run.executors import Executor, connect
from ..run.interrupt import defer_sigint
from ..run.job import Job, execute
from ..run.store import OtherEnvironmentError, Store
from .canary import Canary, CanaryError
from .status import HandInStatus, concerns_all, what_happened
from .study import Study


class Grading:
    """The grading of a class.

    Each result is stored at once (`Store`). If this process is killed, the next run goes on from there.

    Parameters
    ----------
    course : Course
        The course folder.
    assignment : str
        The name of the assignment.
    scheduler, workers : str, int, optional
        See `executors.connect`.
    force : bool
        Whether to execute and record hand-ins again that were executed and recorded before.
    from_transcripts : bool
        Whether to judge hand-ins that were executed before by their transcripts, if these contain enough.
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
        self._wanted: dict[str, tuple[Job, list[tuple[str, str]]]] = {}
        self._resources = ExitStack()
        self._connected: Executor | None = None
        self._changed: set[str] = set()

    def __enter__(self) -> "Grading":
        self._resources.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._resources.__exit__(*error)

    def canary(self) -> str | None:
        """What is wrong with the marks that the assignment gives, and what to do; None if they are as they should be.

        Raises
        ------
        CanaryError
            The assignment can't be executed here.
        OSError
            Results can't be written, or there is no such scheduler.
        """
        canary = Canary(self._course, self._assignment)
        return canary.complaint(self._results_of(canary.jobs))

    def study(self) -> None:
        """Find out which ordinary test cells can be judged apart from the student's process, unless this is known.

        Raises
        ------
        CanaryError
            The model solution can't be executed here.
        OSError
            Results can't be written, or there is no such scheduler.
        """
        study = Study(self._course, self._assignment)
        while jobs := study.jobs:
            study.follow(self._results_of(jobs))

    def _results_of(self, jobs: dict[str, Job]) -> dict[str, Transcript]:
        """Execute the jobs of the model solution and the release, by their digests."""
        results: dict[str, Transcript] = {}
        if self._is_here:  # not on a cluster: its workers may have changed since the last time
            results = {digest: kept for digest in jobs if (kept := self._store.get(digest))}
        for digest in jobs.keys() - results.keys():
            self._execute(digest, jobs[digest])
        while len(results) < len(jobs):
            digest, raw = self._executor.next()
            if raw is None:
                self._execute(digest, jobs[digest])
                continue
            result = self._kept(digest, raw)
            if isinstance(result, BaseException):
                raise CanaryError(
                    "nobody was graded, for the model solution and the untouched release can't be executed here: "
                    f"{what_happened(result)}. Mend that, and run the same command again."
                ) from result
            results[digest] = result
        return results

    @contextmanager
    def instead(self, course: Course) -> Iterator[None]:
        """In the block, grade in another course, such as a copy; its results are stored in the original course."""
        real, self._course = self._course, course
        try:
            yield
        finally:
            self._course = real

    @property
    def running(self) -> int:
        """How many hand-ins are being executed."""
        return 0 if self._connected is None else self._connected.running

    def grade(self, students: list[str]) -> Iterator[HandInStatus]:
        """Grade hand-ins, each as soon as possible.

        Parameters
        ----------
        students : list of str
            The students whose hand-ins are graded.

        Yields
        ------
        HandInStatus
            The status of each hand-in.

        Raises
        ------
        sqlalchemy.exc.DBAPIError
            The gradebook can't be read or written.
        OSError
            Marks or results can't be written, or there is no such scheduler.
        """
        waiting = deque(students)
        under_way: dict[str, _UnderWay] = {}
        while waiting or under_way:
            ready: list[_UnderWay] = []
            if waiting and self._has_room:
                opened = self._open(waiting.popleft())
                if isinstance(opened, HandInStatus):
                    yield opened
                elif opened.complete:
                    ready.append(opened)
                else:
                    under_way[opened.student] = opened
                    self._submit(opened)
            else:
                digest, result = self._executor.next()
                job, wanted = self._wanted[digest]
                if result is None:
                    self._execute(digest, job)
                    continue
                del self._wanted[digest]
                kept = self._kept(digest, result)
                for student, name in wanted:
                    if (hand_in := under_way.get(student)) is None:  # another notebook of this student has failed
                        continue
                    if isinstance(kept, BaseException):
                        del under_way[student]
                        yield HandInStatus(student, what_happened(kept), failed=True)
                        continue
                    hand_in.results[name] = kept
                    if hand_in.complete:
                        ready.append(under_way.pop(student))
            for hand_in in ready:
                if ended := self._recorded(hand_in):
                    yield ended
                else:
                    waiting.append(hand_in.student)

    def _open(self, student: str) -> "_UnderWay | HandInStatus":
        """Prepare a hand-in, unless it can't be graded or its marks are up to date."""
        try:
            prepared = self._course.prepare(SubmissionKey(self._assignment, student), self._force)
        except NotAcceptedError as error:
            return HandInStatus(student, str(error))
        except Exception as error:
            return self._failed(student, error)
        if prepared is None:
            return HandInStatus(student)
        hand_in = _UnderWay(prepared)
        for name, digest in hand_in.digests.items():
            if result := self._store.get(digest, anew=self._force):
                hand_in.results[name] = result
        return hand_in

    def _submit(self, hand_in: "_UnderWay") -> None:
        student = hand_in.student
        for name in hand_in.prepared.notebooks.keys() - hand_in.results.keys():
            job, digest = hand_in.job(name), hand_in.digests[name]
            if digest in self._wanted:  # another student handed in the same
                self._wanted[digest][1].append((student, name))
                continue
            self._wanted[digest] = job, [(student, name)]
            before = self._course.transcript(hand_in.prepared.key, name) if self._from_transcripts else None
            if before and before.is_file():
                self._executor.submit(digest, judge, job.pack(), before.read_bytes(), limit=job.longest)
            else:
                self._execute(digest, job)

    def _execute(self, digest: str, job: Job) -> None:
        self._executor.submit(digest, execute, job.pack(), limit=job.longest)

    def _recorded(self, hand_in: "_UnderWay") -> HandInStatus | None:
        """Record a hand-in. None if it has changed meanwhile: then the new version must be graded."""
        student = hand_in.student
        try:
            with defer_sigint():
                self._course.recorder.record(hand_in.prepared, hand_in.results)
        except Exception as error:
            if isinstance(error, ChangedError | HandInError) and student not in self._changed:
                self._changed.add(student)
                return None
            return self._failed(student, error)
        return HandInStatus(student)

    def _failed(self, student: str, error: Exception) -> HandInStatus:
        """The status of a hand-in that failed. If the error concerns all hand-ins, raise it."""
        if concerns_all(error):
            raise error
        self._course.autograde.log.error("%s", student, exc_info=error)
        return HandInStatus(student, what_happened(error), failed=True)

    def _kept(self, digest: str, result: bytes | BaseException) -> Transcript | BaseException:
        """Store a result and return it; it is not stored if the judging side has failed in it."""
        if isinstance(result, BaseException):
            if self._is_here and concerns_all(result):
                raise result
            return result
        try:
            return self._store.keep(digest, result)
        except (ArchiveError, OtherEnvironmentError) as error:
            return error

    @property
    def _has_room(self) -> bool:
        return self._connected is None or self._connected.has_room

    @property
    def _executor(self) -> Executor:
        """The executor. It is made for the first job, because with Dask this takes a second."""
        if self._connected is None:
            self._connected = self._resources.enter_context(connect(*self._where))
        return self._connected


@dataclass
class _UnderWay:
    """A hand-in, and its results so far."""

    prepared: Prepared
    results: dict[str, Transcript] = field(default_factory=dict)

    @property
    def student(self) -> str:
        return self.prepared.key.student

    def job(self, name: str) -> Job:
        return self.prepared.notebooks[name][1]

    @cached_property
    def digests(self) -> dict[str, str]:
        return {name: job.cache_key() for name, (_, job) in self.prepared.notebooks.items()}

    @property
    def complete(self) -> bool:
        return self.results.keys() == self.prepared.notebooks.keys()
