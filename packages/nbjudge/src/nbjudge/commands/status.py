"""The status of a hand-in after grading, with a message for the instructor."""

import errno
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from ..run.executors import GivenUpError
from ..run.secret import SecretError
from ..run.session import OverloadedError, ProcessKilledError

NO_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True)
class HandInStatus:
    """The status of one hand-in.

    Attributes
    ----------
    student : str
        The student who handed it in.
    problem : str or None
        Why there is no new mark; None if there is one.
    failed : bool
        Whether the problem is not the student's fault.
    """

    student: str
    problem: str | None = None
    failed: bool = False


def concerns_all(error: BaseException) -> bool:
    """Whether an error would stop the next hand-in, too."""
    return isinstance(error, DBAPIError | SecretError) or getattr(error, "errno", None) in NO_DISK


def what_happened(error: BaseException) -> str:
    """One line that says why a hand-in could not be graded."""
    if isinstance(error, OverloadedError):
        return f"set aside, for the machine that executed it was too busy: {error}; grade it again when less runs there"
    if isinstance(error, ProcessKilledError):
        return f"set aside: {error}; look at the memory of the machine that executed it, then grade it again"
    if isinstance(error, GivenUpError):
        return f"set aside: {error}, twice; look at the machine that executed it, then grade it again"
    kind = type(error).__name__
    if kind == "KilledWorker":  # an error of Dask; its class is not used, because a local run does not import Dask
        return "set aside: each worker that executed it died; look at the memory of your workers, then grade it again"
    return f"{kind}: {str(error) or 'no message'}".splitlines()[0][:300]
