"""A course folder: its contents, and nbgrader's commands on it."""

import os
import shutil
from contextlib import chdir
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader, NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter
from nbgrader.utils import capture_log, temp_attrs
from traitlets.config import Config

from ..handin.hand_in import SubmissionKey
from ..handin.releases import keep_release
from ..judge.question_log import TRANSCRIPT
from ..run.disk import new_folder
from ..run.interrupt import defer_sigint
from ..run.plan import Instructions
from .autograde.execute_apart import ExecuteApart
from .configuration import CONFIG, LOG, CourseError, check_steps, check_url, log_to, why_no_config
from .converters import GenerateNamedAssignment, GenerateNamedFeedback, why_it_failed
from .course_files import is_notebook, is_page, modified, newest, newest_support_file, read_notebook
from .folders import accept, by_assignment, by_student
from .generate import SupportFiles
from .generate.save_cells import SettledMarksError, change_notebooks
from .gradebook import check_gradebook, sqlite_file
from .instructions import from_gradebook
from .other_notebooks import handed_in, remarks_on_other_notebooks
from .prepare import Prepared, Preparer
from .record.recorder import Recorder


@dataclass(frozen=True)
class Course:
    """A course folder, configured by the ``nbgrader_config.py`` in it or, failing that, in the current one.

    Attributes
    ----------
    root : Path
        The folder with ``source/``, ``submitted/`` and ``gradebook.db`` (these are the default names).
    settings : Config
        Overrides of ``nbgrader_config.py``.
    """

    root: Path
    settings: Config = field(default_factory=Config)

    @cached_property
    def api(self) -> NbGraderAPI:
        """Nbgrader's commands as functions.

        Raises
        ------
        CourseError
            With this configuration, nbgrader would execute students' code itself.
        """
        app = NbGrader()
        app.raise_config_file_errors = True  # otherwise nbgrader goes on without the file
        with chdir(self.root if (self.root / CONFIG).is_file() else "."):
            try:
                app.load_config_file()
            except Exception as error:
                raise CourseError(why_no_config(error)) from error
        app.config.CourseDirectory.root = str(self.root.resolve())
        app.config.merge(self.settings)
        api = NbGraderAPI(config=app.config)
        check_url(api.coursedir.db_url, Path(api.coursedir.root, "gradebook.db"))
        check_steps(api)
        return api

    @property
    def db_url(self) -> str:
        """The address of the gradebook."""
        db_url: str = self.api.coursedir.db_url
        return db_url

    def folder(self, step: str, assignment: str, student: str = ".") -> Path:
        """The folder of an assignment in one of nbgrader's steps, such as ``"submitted"``."""
        course = self.api.coursedir
        path = Path(course.format_path(getattr(course, f"{step}_directory"), student, assignment))
        return self.root / path.relative_to(course.root) if path.is_relative_to(course.root) else path

    @property
    def sandboxed(self) -> bool:
        """Whether students' code runs in a sandbox."""
        return not ExecuteApart(config=self.api.config).run_student_code_without_a_sandbox

    def students(self, assignment: str) -> list[str]:
        """The students who handed in something for an assignment."""
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

    def instructions(self, assignment: str, notebook: str) -> Instructions:
        """What the instructor's notebook (its file name) says about its cells."""
        return from_gradebook({"notebook": Path(notebook).stem, "assignment": assignment, "db_url": self.db_url})

    def is_declared_apart(self, instructions: Instructions) -> bool:
        """Whether the test cells of a notebook ask ``submission``; see `Instructions.are_apart`."""
        return instructions.are_apart(ExecuteApart(config=self.api.config).grader_setup)

    def generate(self, assignment: str, discard_marks: bool = False) -> None:
        """Generate the release, unless it is newer than all files it is made from.

        Cells and notebooks may have been added, renamed or removed, even after students have handed in the assignment.

        Parameters
        ----------
        assignment : str
            The name of the assignment.
        discard_marks : bool
            Whether settled marks given by hand may be lost together with their cells.

        Raises
        ------
        CourseError
            nbgrader could not generate the release; the message says why.
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
            with defer_sigint():
                result = self._convert(GenerateNamedAssignment, assignment)
            if result["success"]:
                if file := sqlite_file(self.db_url):
                    file.touch()  # `is_generated` compares times, and nbgrader may not have changed the file
                return
            if kept.exists():
                shutil.rmtree(release, ignore_errors=True)
                kept.rename(release)
        if SettledMarksError.__name__ in (why := why_it_failed(result)):
            raise CourseError(why.partition(": ")[2])
        raise CourseError(f"the release of {assignment} could not be generated:\n{result.get('log') or result}")

    def _note_release(self, assignment: str) -> None:
        """Keep an outline of the current release; it may be from before outlines were kept."""
        for path in sorted(self.folder("release", assignment).glob("*.ipynb")):
            if notebook := read_notebook(path):
                keep_release(Path(self.api.coursedir.root), assignment, path.stem, notebook)

    def is_generated(self, assignment: str) -> bool:
        """Whether the release is newer than all files it is made from.

        Raises
        ------
        sqlalchemy.exc.DBAPIError, GradebookError
            The gradebook can't be read or written, or is damaged.
        """
        check_gradebook(self.db_url)
        release = self.folder("release", assignment)
        notebooks = [release / name for name in self.notebooks(assignment)]
        changed = max(
            newest(self.folder("source", assignment)),
            newest_support_file(SupportFiles(config=self.api.config), release),
        )
        # The gradebook must be newer, too: somebody may have put back an old copy.
        made = [*notebooks, *filter(None, [sqlite_file(self.db_url)])]
        whole = min(map(modified, made), default=0.0) > changed and all(map(is_notebook, notebooks))
        return whole and self._in_gradebook(assignment)

    def _in_gradebook(self, assignment: str) -> bool:
        with Gradebook(self.db_url) as gradebook:
            try:
                known = {f"{notebook.name}.ipynb" for notebook in gradebook.find_assignment(assignment).notebooks}
                return bool(known) and known == set(self.notebooks(assignment))
            except MissingEntry:
                return False

    def prepare(self, key: SubmissionKey, force: bool = False) -> Prepared | None:
        """Accept a hand-in and make it ready to be executed; None if its marks are up to date.

        Parameters
        ----------
        key : SubmissionKey
            The student and the assignment.
        force : bool
            Whether to prepare the hand-in even if its marks are up to date.

        Raises
        ------
        NotAcceptedError
            The hand-in can't be graded; the message names the file, and says why and what to do.
        HandInError
            It was changed or removed while it was being read.
        LanguageError
            A notebook is not in Python.
        sqlalchemy.exc.DBAPIError
            The gradebook can't be read.
        """
        hand_in = self.preparer.hand_in(key)
        accept(hand_in)
        names = self.notebooks(key.assignment)
        if not force and self.recorder.holds(hand_in, names, self.preparer.fingerprint(hand_in)):
            return None
        return self.preparer.prepare(hand_in)

    def remarks(self, key: SubmissionKey) -> list[str]:
        """The remarks for the instructor on a hand-in, also those in its graded notebooks."""
        hand_in, names = self.preparer.hand_in(key), self.notebooks(key.assignment)
        try:
            there = handed_in(hand_in, names)
            said = [f"{name} was not handed in" for name in names if there and name not in there]
            said += remarks_on_other_notebooks(hand_in)
        except OSError as error:  # for example, a folder that nobody may enter
            said = [f"the folder can't be read: {error.strerror}"]
        for name in names:
            path = self.folder("autograded", key.assignment, key.student) / name
            if graded := path.is_file() and read_notebook(path):
                noted = graded.metadata.get("grading", {})
                said += [f"{name}: {remark}" if len(names) > 1 else remark for remark in noted.get("remarks", [])]
        return said

    def _convert(self, kind: type[BaseConverter], assignment: str, student: str = "*") -> dict[str, Any]:
        """Run one of nbgrader's converters as nbgrader's API does. Return the result and the log."""
        with temp_attrs(self.api.coursedir, assignment_id=assignment, student_id=student):
            converter = kind(coursedir=self.api.coursedir, parent=self.api)
            converter.force = True
            result: dict[str, Any] = capture_log(converter)
            return result

    @cached_property
    def autograde(self) -> Autograde:
        """The converter behind ``nbgrader autograde``. Its log goes into a file."""
        converter = Autograde(coursedir=self.api.coursedir, parent=self.api)
        converter.log = log_to(self.root / LOG)
        return converter

    @cached_property
    def preparer(self) -> Preparer:
        """Makes hand-ins ready to be executed."""
        return Preparer(self.autograde)

    @cached_property
    def recorder(self) -> Recorder:
        """Writes the marks of hand-ins."""
        return Recorder(self.autograde)

    def transcript(self, key: SubmissionKey, notebook: str) -> Path:
        """The path of the transcript of a graded notebook."""
        return self.folder("autograded", key.assignment, key.student) / (notebook + TRANSCRIPT)

    def feedback(self, key: SubmissionKey) -> str | None:
        """Write the feedback pages of one student, unless they are newer than the graded notebooks and the gradebook.

        Returns
        -------
        str or None
            Why the pages could not be written; None if they were.
        """
        graded, pages = (self.folder(step, key.assignment, key.student) for step in ("autograded", "feedback"))
        wanted = [pages / f"{path.stem}.html" for path in graded.glob("*.ipynb")]
        file = sqlite_file(self.db_url)
        changed = max(newest(graded), modified(file)) if file else inf
        if all(modified(page) > changed and is_page(page) for page in wanted):
            return None
        with defer_sigint():
            result = self._convert(GenerateNamedFeedback, key.assignment, key.student)
        return None if result["success"] else why_it_failed(result)
