"""What a sandbox may reach besides its own files, if the instructor names it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# The sandbox has these places itself, so that nothing may cover them.
_TAKEN = ("/dev", "/etc", "/home/student", "/opt", "/proc", "/run", "/sys", "/tmp", "/usr")
# Nothing in these places may be shown: they tell about the machine, or the sandbox has something else there.
_CLOSED = (
    *("/dev", "/etc", "/proc", "/run", "/sys"),
    *("/opt/bin", "/opt/python", "/opt/release", "/opt/runner", "/opt/site-packages"),
)


class AccessError(ValueError):
    """A path that must not be shown in the sandbox; the message says why."""


@dataclass(frozen=True)
class Access:
    """What student code can reach besides its own files.

    Attributes
    ----------
    gpu : bool
        The graphics cards of this machine.
    network : bool
        The network of this machine; otherwise the sandbox has one of its own, with nobody else in it.
    data : tuple of str
        Absolute paths of files and folders that the sandbox shows, at the same paths and read-only.
    """

    gpu: bool = False
    network: bool = False
    data: tuple[str, ...] = ()

    def check(self, course: Path, closed: Iterable[Path]) -> None:
        """See that no path in `data` shows what student code must not see.

        Parameters
        ----------
        course : Path
            The course folder. Folders of data may lie in it, but no single files, which are settings and marks.
        closed : iterable of Path
            Folders of which nothing may be shown, such as the instructor's versions and the engine.

        Raises
        ------
        AccessError
            A path is not absolute, does not exist, or shows too much.
        """
        closed = [folder.resolve() for folder in closed]
        for name in self.data:
            if why := _objection(Path(name), course.resolve(), closed):
                raise AccessError(f"c.ExecuteApart.data has {name!r}, which {why}; name a folder that holds data alone")


NO_ACCESS = Access()


def _objection(path: Path, course: Path, closed: list[Path]) -> str | None:
    """Why a path can't be shown; None if it can."""
    if not path.is_absolute() or ".." in path.parts:
        return "is not an absolute path"
    if not path.exists():
        return "does not exist"
    for place in (path, path.resolve()):  # a link might lead elsewhere
        if any(Path(taken).is_relative_to(place) for taken in _TAKEN):
            return "is a folder of the system"
        for folder in (course, *closed):
            if folder.is_relative_to(place):
                return f"contains {folder}"
        for folder in (*map(Path, _CLOSED), *closed):
            if place.is_relative_to(folder):
                return f"is in {folder}"
        if place.is_relative_to(course) and _is_of_its_own(place.relative_to(course), place):
            return f"belongs to the course in {course}"
    return None


def _is_of_its_own(inside: Path, place: Path) -> bool:
    """Whether a path in the course folder is hidden, or a single file at the top."""
    return any(part.startswith(".") for part in inside.parts) or (len(inside.parts) == 1 and place.is_file())
