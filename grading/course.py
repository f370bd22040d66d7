"""A course folder: what is in it, and nbgrader's commands on it."""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader, NbGraderAPI
from nbgrader.converters import Autograde

from .execute.plan import from_gradebook
from .execute.preprocessor import TRANSCRIPT, ExecuteApart, course_secret
from .gradebook import check_gradebook
from .interrupt import undisturbed
from .prepare import Preparer
from .preprocessors import SupportFiles
from .record.recorder import Recorder
from .sanitize.accept import accept
from .sanitize.hand_in import HandInError
from .temporary import new_folder

LOG = Path(".cache", "grade.log")


class CourseError(RuntimeError):
    """An nbgrader command failed for a reason that has nothing to do with one submission."""


@dataclass(frozen=True)
class Course:
    """A course folder, configured by the ``nbgrader_config.py`` in the current one.

    Attributes
    ----------
    root : Path
        The folder with ``source/``, ``submitted/`` and ``gradebook.db``.
    """

    root: Path

    @cached_property
    def api(self) -> NbGraderAPI:
        """Nbgrader's commands as functions."""
        app = NbGrader()
        app.load_config_file()
        app.config.CourseDirectory.root = str(self.root.resolve())
        return NbGraderAPI(config=app.config)

    @property
    def db_url(self) -> str:
        """The gradebook."""
        return self.api.coursedir.db_url

    @property
    def sandboxed(self) -> bool:
        """Whether students' code runs in a sandbox."""
        return not ExecuteApart(config=self.api.config).run_student_code_without_a_sandbox

    def students(self, assignment: str) -> list[str]:
        """Who handed in something for an assignment."""
        return sorted(path.parent.name for path in (self.root / "submitted").glob(f"*/{assignment}") if path.is_dir())

    def notebooks(self, assignment: str) -> list[str]:
        """File names of an assignment's notebooks."""
        return sorted(path.name for path in (self.root / "source" / assignment).glob("*.ipynb"))

    def forgeable(self, assignment: str) -> list[str]:
        """File names of the notebooks whose test cells run in the student's process, for they do not use its door."""
        setup = ExecuteApart(config=self.api.config).grader_setup
        found = []
        for name in self.notebooks(assignment):
            instructions = from_gradebook(
                {"notebook": Path(name).stem, "assignment": assignment, "db_url": self.db_url}
            )
            if instructions.points.keys() - instructions.written and not instructions.use_door(setup):
                found.append(name)
        return found

    def generate(self, assignment: str) -> None:
        """Generate the release, unless it is newer than all it is made from.

        Raises
        ------
        CourseError
            nbgrader could not; the message says why.
        sqlalchemy.exc.DBAPIError, GradebookError
            The gradebook can't be read or written, or is damaged.
        """
        if self._is_generated(assignment):
            return
        release = self.root / "release" / assignment
        with new_folder(self.root) as folder:
            kept = folder / "release"
            if release.exists():
                release.rename(kept)
            with undisturbed():
                result = self.api.generate_assignment(assignment, force=True)
            if result["success"]:
                (self.root / "gradebook.db").touch()  # nothing may have changed in it, and all is well
                return
            if kept.exists():
                shutil.rmtree(release, ignore_errors=True)
                kept.rename(release)
        raise CourseError(f"the release of {assignment} could not be generated:\n{result.get('log') or result}")

    @contextmanager
    def for_rehearsal(self, assignment: str) -> Iterator["Course"]:
        """A course with the newest release, for whom only wants to know the marks.

        It is this one if nothing is to be generated; else one with a release and a gradebook of its own, and all the
        rest is this one's.
        """
        if self._is_generated(assignment):
            yield self
            return
        course_secret(self.root)
        with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
            for path in self.root.resolve().iterdir():
                if path.name == "gradebook.db":
                    shutil.copy(path, folder)
                elif path.name != "release":
                    Path(folder, path.name).symlink_to(path)
            course = Course(Path(folder))
            course.generate(assignment)
            yield course

    def _is_generated(self, assignment: str) -> bool:
        """Whether the release is newer than all it is made from."""
        check_gradebook(self.db_url)
        release = self.root / "release" / assignment
        made = [*(release / name for name in self.notebooks(assignment)), self.root / "gradebook.db"]
        newest = max(_newest(self.root / "source" / assignment), self._newest_support_file())
        whole = min(map(_modified, made)) > newest and all(map(_is_notebook, made[:-1]))
        return whole and self._in_gradebook(assignment)

    def _in_gradebook(self, assignment: str) -> bool:
        with Gradebook(self.db_url) as gradebook:
            try:
                return bool(gradebook.find_assignment(assignment).notebooks)
            except MissingEntry:
                return False

    def _newest_support_file(self) -> float:
        files = SupportFiles(config=self.api.config)
        return max((_modified(path) for pattern in files.files for path in Path(files.root).glob(pattern)), default=0.0)

    def broken_hand_in(self, assignment: str, student: str) -> str | None:
        """Why a hand-in can't be graded, in words for the instructor; None if it can."""
        try:
            accept(self.api.coursedir, student, assignment)
        except HandInError as error:
            return str(error)
        return None

    def remarks(self, assignment: str, student: str) -> list[str]:
        """What sanitizing and executing left for the instructor in the graded notebooks."""
        names, there = self.notebooks(assignment), self._handed_in(assignment, student)
        said = [f"{name} was not handed in" for name in names if there and name not in there]
        said += [f"handed in as {path.name}" for path in self._other_notebooks(assignment, student)]
        for name in names:
            path = self.root / "autograded" / student / assignment / name
            if path.is_file():
                left = nbformat.read(path, as_version=4).metadata.get("grading", {}).get("remarks", [])
                said += [f"{name}: {remark}" if len(names) > 1 else remark for remark in left]
        return said

    def _handed_in(self, assignment: str, student: str) -> list[str]:
        """File names of an assignment's notebooks that a student handed in."""
        folder = self.root / "submitted" / student / assignment
        return [name for name in self.notebooks(assignment) if (folder / name).is_file()]

    def _other_notebooks(self, assignment: str, student: str) -> list[Path]:
        """What else a student handed in of notebooks."""
        found = sorted((self.root / "submitted" / student / assignment).glob("*.ipynb"))
        return [path for path in found if path.is_file() and path.name not in self.notebooks(assignment)]

    def is_current(self, assignment: str, student: str) -> bool:
        """Whether a hand-in was graded since it or the release changed."""
        handed_in = self.root / "submitted" / student / assignment
        graded = self.root / "autograded" / student / assignment
        newest_input = max(_newest(handed_in), _newest(self.root / "release" / assignment))
        written = [name for name in self.notebooks(assignment) if _modified(graded / name) > newest_input]
        return written == self._handed_in(assignment, student) and all(_is_executed(graded / name) for name in written)

    @cached_property
    def autograde(self) -> Autograde:
        """What ``nbgrader autograde`` is made of. Its log goes into a file."""
        converter = Autograde(coursedir=self.api.coursedir, parent=self.api)
        converter.log = _log_to(self.root / LOG)
        return converter

    @cached_property
    def preparer(self) -> Preparer:
        """Makes hand-ins ready to be executed."""
        return Preparer(self.autograde)

    @cached_property
    def recorder(self) -> Recorder:
        """Writes their marks."""
        return Recorder(self.autograde)

    def transcript(self, assignment: str, student: str, notebook: str) -> Path:
        """Where the transcript of a graded notebook is."""
        return self.root / "autograded" / student / assignment / (notebook + TRANSCRIPT)

    def feedback(self, assignment: str, student: str) -> str | None:
        """Write the feedback page of one student, unless it is newer than the graded notebook and the gradebook."""
        graded = self.root / "autograded" / student / assignment
        pages = (self.root / "feedback" / student / assignment).glob("*.html")
        newest = max(_newest(graded), _modified(self.root / "gradebook.db"))
        if not graded.is_dir() or max(map(_modified, pages), default=0.0) > newest:
            return None
        with undisturbed():
            result = self.api.generate_feedback(assignment, student, force=True)
        return None if result["success"] else _last_line(result)


def _log_to(path: Path) -> logging.Logger:
    path.parent.mkdir(parents=True, exist_ok=True)
    log = logging.getLogger(f"{__name__}.{path}")
    log.propagate = False
    log.setLevel(logging.INFO)
    if not log.handlers:
        handler = logging.FileHandler(path, delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
    return log


def _is_executed(path: Path) -> bool:
    """Whether nbgrader has come to the end of a notebook; if it was killed before, the file may be cut."""
    notebook = _read(path)
    return notebook is not None and "executed" in notebook.metadata.get("grading", {})


def _is_notebook(path: Path) -> bool:
    return _read(path) is not None


def _read(path: Path) -> NotebookNode | None:
    """A notebook, or None if the file is damaged."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception:
        # nbformat raises many kinds of error; here they are all one.
        return None


def _modified(path: Path) -> float:
    """When it changed last; or came to its place, for a copy may keep the time of the original."""
    return max(path.stat().st_mtime, path.stat().st_ctime) if path.exists() else 0.0


def _newest(folder: Path) -> float:
    return max((_modified(path) for path in folder.rglob("*")), default=0.0)


def _last_line(result: dict) -> str:
    """The line of nbgrader's log that says most: the exception itself."""
    lines = [line.strip() for line in (result.get("log") or result.get("error") or "").splitlines() if line.strip()]
    told = [line for line in lines if "Error" in line and not line.startswith(("File", "["))]
    return (told or lines or ["failed without a word"])[-1][:300]
