"""A course folder: what is in it, and nbgrader's commands on it."""

import logging
import os
import shutil
from contextlib import chdir
from dataclasses import asdict, dataclass, field
from functools import cached_property
from math import inf
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader, NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter
from nbgrader.utils import capture_log, temp_attrs
from traitlets.config import Config

from .converters import GenerateNamedAssignment, GenerateNamedFeedback
from .execute.plan import from_gradebook
from .execute.preprocessor import TRANSCRIPT, ExecuteApart
from .folders import by_assignment, by_student
from .gradebook import check_gradebook, sqlite_file
from .interrupt import undisturbed
from .plain_log import PlainLog
from .prepare import Preparer
from .preprocessors import SupportFiles
from .preprocessors.save_cells import SettledMarksError, change_notebooks
from .record.recorder import Recorder
from .releases import keep_release
from .sanitize.accept import accept, handed_in
from .sanitize.cells import grade_ids, has_work
from .sanitize.hand_in import MAX_NOTEBOOK_BYTES, HandInError
from .sanitize.submitted import read_submitted
from .temporary import new_folder

LOG = Path(".cache", "grade.log")
CONFIG = "nbgrader_config.py"
# Without these steps, students' code would run as the grader's own user, in a notebook that they have made.
INDISPENSABLE = {"Rebuild", "ExecuteApart"}


class CourseError(RuntimeError):
    """An nbgrader command failed for a reason that has nothing to do with one submission."""


@dataclass(frozen=True)
class Course:
    """A course folder, configured by the ``nbgrader_config.py`` in it or, failing that, in the current one.

    Attributes
    ----------
    root : Path
        The folder with ``source/``, ``submitted/`` and ``gradebook.db``, as they are called by default.
    settings : Config
        What is otherwise than in the configuration.
    """

    root: Path
    settings: Config = field(default_factory=Config)

    @cached_property
    def api(self) -> NbGraderAPI:
        """Nbgrader's commands as functions.

        Raises
        ------
        CourseError
            By its configuration, nbgrader would execute students' code itself.
        """
        app = NbGrader()
        with chdir(self.root if (self.root / CONFIG).is_file() else "."):
            app.load_config_file()
        app.config.CourseDirectory.root = str(self.root.resolve())
        app.config.merge(self.settings)
        api = NbGraderAPI(config=app.config)
        _check_url(api.coursedir.db_url, Path(api.coursedir.root, "gradebook.db"))
        _check_steps(api)
        return api

    @property
    def db_url(self) -> str:
        """The gradebook."""
        return self.api.coursedir.db_url

    def folder(self, step: str, assignment: str, student: str = ".") -> Path:
        """Where the files of an assignment are in one of nbgrader's steps, such as ``"submitted"``."""
        course = self.api.coursedir
        path = Path(course.format_path(getattr(course, f"{step}_directory"), student, assignment))
        return self.root / path.relative_to(course.root) if path.is_relative_to(course.root) else path

    @property
    def sandboxed(self) -> bool:
        """Whether students' code runs in a sandbox."""
        return not ExecuteApart(config=self.api.config).run_student_code_without_a_sandbox

    def students(self, assignment: str) -> list[str]:
        """Who handed in something for an assignment."""
        return list(by_student(self.api.coursedir, "submitted", assignment))

    def assignment(self, given: str) -> str:
        """The name of an assignment, which may be given as a shell completes it: ``ex04/``.

        Raises
        ------
        CourseError
            There is no such assignment.
        """
        known = [name for name in by_assignment(self.api.coursedir, "source") if self.notebooks(name)]
        name = os.path.normpath(given)
        if name not in known:
            source = self.folder("source", "")
            raise CourseError(f"there is no assignment '{given}' in {source}; there is {', '.join(known) or 'none'}")
        return name

    def notebooks(self, assignment: str) -> list[str]:
        """File names of an assignment's notebooks."""
        return sorted(path.name for path in self.folder("source", assignment).glob("[!.]*.ipynb"))

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

    def generate(self, assignment: str, discard_marks: bool = False) -> None:
        """Generate the release, unless it is newer than all it is made from.

        Cells and notebooks may have been added, renamed or taken out, also if somebody has handed in the assignment.

        Parameters
        ----------
        assignment : str
            Its name.
        discard_marks : bool
            Whether settled marks given by hand may be lost with the cells they are for.

        Raises
        ------
        CourseError
            nbgrader could not; the message says why.
        sqlalchemy.exc.DBAPIError, GradebookError
            The gradebook can't be read or written, or is damaged.
        """
        self._note_release(assignment)
        if self.is_generated(assignment):
            return
        release = self.folder("release", assignment)
        self.api.config.SaveCells.discard_marks = discard_marks
        try:
            change_notebooks(self.db_url, assignment, self.folder("source", assignment), discard_marks)
        except SettledMarksError as error:
            raise CourseError(str(error)) from error
        with new_folder(self.root) as folder:
            kept = folder / "release"
            if release.exists():
                release.rename(kept)
            with undisturbed():
                result = self._convert(GenerateNamedAssignment, assignment)
            if result["success"]:
                if file := sqlite_file(self.db_url):
                    file.touch()  # nothing may have changed in it, and all is well
                return
            if kept.exists():
                shutil.rmtree(release, ignore_errors=True)
                kept.rename(release)
        if SettledMarksError.__name__ in (why := _last_line(result)):
            raise CourseError(why.partition(": ")[2])
        raise CourseError(f"the release of {assignment} could not be generated:\n{result.get('log') or result}")

    def _note_release(self, assignment: str) -> None:
        """Note down the release that is there, which may be from before releases were noted down."""
        for path in sorted(self.folder("release", assignment).glob("*.ipynb")):
            if notebook := _read(path):
                keep_release(self.api.coursedir, assignment, path.stem, notebook)

    def is_generated(self, assignment: str) -> bool:
        """Whether the release is newer than all it is made from.

        Raises
        ------
        sqlalchemy.exc.DBAPIError, GradebookError
            The gradebook can't be read or written, or is damaged.
        """
        check_gradebook(self.db_url)
        release = self.folder("release", assignment)
        notebooks = [release / name for name in self.notebooks(assignment)]
        newest = max(_newest(self.folder("source", assignment)), self._newest_support_file())
        made = [
            *notebooks,
            *filter(None, [sqlite_file(self.db_url)]),
        ]  # an old gradebook may have been put in its place
        whole = min(map(_modified, made), default=0.0) > newest and all(map(_is_notebook, notebooks))
        return whole and self._in_gradebook(assignment)

    def _in_gradebook(self, assignment: str) -> bool:
        with Gradebook(self.db_url) as gradebook:
            try:
                known = {f"{notebook.name}.ipynb" for notebook in gradebook.find_assignment(assignment).notebooks}
                return bool(known) and known == set(self.notebooks(assignment))
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
        names = self.notebooks(assignment)
        try:
            there = self._handed_in(assignment, student)
            said = [f"{name} was not handed in" for name in names if there and name not in there]
            said += self._said_of_other_notebooks(assignment, student)
        except OSError as error:  # such as of a folder that nobody may enter
            said = [f"the folder can't be read: {error.strerror}"]
        for name in names:
            path = self.folder("autograded", assignment, student) / name
            if graded := path.is_file() and _read(path):
                left = graded.metadata.get("grading", {}).get("remarks", [])
                said += [f"{name}: {remark}" if len(names) > 1 else remark for remark in left]
        return said

    def _handed_in(self, assignment: str, student: str) -> list[str]:
        """File names of an assignment's notebooks that a student handed in, if under other names."""
        found = handed_in(self.api.coursedir, student, assignment)
        return [name for name in self.notebooks(assignment) if name in found]

    def _said_of_other_notebooks(self, assignment: str, student: str) -> list[str]:
        """What an instructor should know of notebooks that have other names than the assignment's."""
        found = handed_in(self.api.coursedir, student, assignment)
        said = [f"handed in as {path.name}" for name, path in found.items() if path.name != name]
        there = self.folder("submitted", assignment, student).glob("*.ipynb")
        others = sorted(
            path for path in there if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
        )
        others = [path for path in others if path not in found.values()]
        if sum(path.stat().st_size for path in others) > MAX_NOTEBOOK_BYTES:  # to look would take too long
            return said
        for name, path in found.items() if others else ():
            if (released := _read(self.folder("release", assignment) / name)) is None:
                continue
            graded = _submitted(path)
            for other in others:
                notebook = _submitted(other)
                if not has_work(graded, released) and has_work(notebook, released):
                    said.append(f"{path.name} is as it was handed out, but {other.name} is not")
                elif grade_ids(notebook) & grade_ids(released) and has_work(notebook, graded):
                    said.append(f"{other.name} was handed in, too, and not graded")
        return said

    def is_current(self, assignment: str, student: str) -> bool:
        """Whether the hand-in as it is, with the assignment as it is, has its marks in the gradebook."""
        folder = self.folder("autograded", assignment, student)
        written = [name for name in self.notebooks(assignment) if (folder / name).exists()]
        if written != self._handed_in(assignment, student):
            return False
        inputs = asdict(self.preparer.inputs(assignment, student))
        graded = {Path(name).stem: _read(folder / name) for name in written}
        return all(
            _executed_from(notebook) == inputs and self.recorder.holds(student, assignment, name, notebook)
            for name, notebook in graded.items()
        )

    def _convert(self, kind: type[BaseConverter], assignment: str, student: str = "*") -> dict[str, Any]:
        """Run one of nbgrader's converters as its API does; what came of it, and the log."""
        with temp_attrs(self.api.coursedir, assignment_id=assignment, student_id=student):
            converter = kind(coursedir=self.api.coursedir, parent=self.api)
            converter.force = True
            return capture_log(converter)

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
        return self.folder("autograded", assignment, student) / (notebook + TRANSCRIPT)

    def feedback(self, assignment: str, student: str) -> str | None:
        """Write the feedback pages of one student, unless they are newer than the graded notebooks and the gradebook.

        Returns
        -------
        str or None
            Why they could not be written, or None.
        """
        graded, pages = self.folder("autograded", assignment, student), self.folder("feedback", assignment, student)
        wanted = [pages / f"{path.stem}.html" for path in graded.glob("*.ipynb")]
        file = sqlite_file(self.db_url)
        newest = max(_newest(graded), _modified(file)) if file else inf
        if all(_modified(page) > newest and _is_page(page) for page in wanted):
            return None
        with undisturbed():
            result = self._convert(GenerateNamedFeedback, assignment, student)
        return None if result["success"] else _last_line(result)


def _check_steps(api: NbGraderAPI) -> None:
    autograde = Autograde(coursedir=api.coursedir, config=api.config)
    steps = [*autograde.sanitize_preprocessors, *autograde.autograde_preprocessors]
    names = {step.rpartition(".")[2] if isinstance(step, str) else step.__name__ for step in steps}
    if missing := INDISPENSABLE - names:
        raise CourseError(
            f"nothing was graded, for students' code would run without a sandbox: {', '.join(sorted(missing))} is not "
            f"in c.Autograde's preprocessors. Is there a {CONFIG} in {api.coursedir.root} or in {Path.cwd()}? "
            "docs/graders.md tells what belongs into it"
        )


def _check_url(db_url: str, file: Path) -> None:
    """Refuse a gradebook that is elsewhere, for nbgrader puts the path into an address, in which ? and % mean more."""
    if db_url == f"sqlite:///{file}" and sqlite_file(db_url) != file:
        raise CourseError(
            f"nbgrader would keep the gradebook in {sqlite_file(db_url)}, for there is a ? or % in the path of the "
            "course folder; give it another name, or write into nbgrader_config.py: "
            f"c.CourseDirectory.db_url = 'sqlite:///{quote(str(file))}'"
        )


def _log_to(path: Path) -> logging.Logger:
    path.parent.mkdir(parents=True, exist_ok=True)
    log = logging.getLogger(f"{__name__}.{path}")
    log.propagate = False
    log.setLevel(logging.INFO)
    if not log.handlers:
        handler = logging.FileHandler(path, delay=True)
        handler.addFilter(PlainLog())
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
    return log


def _executed_from(notebook: NotebookNode | None) -> dict[str, str] | None:
    """From what a notebook was made; None if nbgrader did not come to its end."""
    return notebook and notebook.metadata.get("grading", {}).get("executed")


def _submitted(path: Path) -> NotebookNode:
    """A notebook that was handed in; without cells if it can't be read."""
    try:
        return read_submitted(path)
    except HandInError:
        return NotebookNode(cells=[])


def _is_notebook(path: Path) -> bool:
    return _read(path) is not None


def _read(path: Path) -> NotebookNode | None:
    """A notebook, or None if the file is damaged."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception:
        # nbformat raises many kinds of error; here they are all one.
        return None


def _is_page(path: Path) -> bool:
    """Whether a page of HTML is there to its end."""
    return path.exists() and path.read_bytes().rstrip().endswith(b"</html>")


def _modified(path: Path) -> float:
    """When it changed last; or came to its place, for a copy may keep the time of the original."""
    return max(path.stat().st_mtime, path.stat().st_ctime) if path.exists() else 0.0


def _newest(folder: Path) -> float:
    return max(map(_modified, [folder, *folder.rglob("*")]))  # the folder itself: something in it may be gone


def _last_line(result: dict) -> str:
    """The line of nbgrader's log that says most: the exception itself."""
    lines = [line.strip() for line in (result.get("log") or result.get("error") or "").splitlines() if line.strip()]
    told = [line for line in lines if "Error" in line and not line.startswith(("File", "["))]
    return (told or lines or ["failed without a word"])[-1][:300]
