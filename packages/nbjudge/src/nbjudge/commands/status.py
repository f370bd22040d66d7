"""What became of a hand-in, in words for the instructor."""

import errno
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from ..run.executors import GivenUpError
from ..run.secret import SecretError
from ..run.session import OverloadedError, ProcessKilledError

NO_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True)
class HandInStatus:
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


def concerns_all(error: BaseException) -> bool:
    """Whether the next hand-in would fare no better."""
    return isinstance(error, DBAPIError | SecretError) or getattr(error, "errno", None) in NO_DISK


def what_happened(error: BaseException) -> str:
    """Why a hand-in could not be graded, in a line."""
    if isinstance(error, OverloadedError):
        return f"set aside, for the machine that executed it was too busy: {error}; grade it again when less runs there"
    if isinstance(error, ProcessKilledError):
        return f"set aside: {error}; look at the memory of the machine that executed it, then grade it again"
    if isinstance(error, GivenUpError):
        return f"set aside: {error}, twice; look at the machine that executed it, then grade it again"
    kind = type(error).__name__
    if kind == "KilledWorker":  # of Dask, which a local run does not import
        return "set aside: each worker that executed it died; look at the memory of your workers, then grade it again"
    return f"{kind}: {str(error) or 'no message'}".splitlines()[0][:300]
