"""What nbgrader would execute for a hand-in, found out without touching anything of nbgrader's."""

import shutil
import tempfile
from copy import deepcopy
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files
from traitlets.config import Config

from .execute.job import Job
from .execute.preprocessor import ExecuteApart
from .sanitize.active_files import remove_active
from .sanitize.hand_in import files_beside_notebooks


def jobs_of(course: CourseDirectory, config: Config, assignment: str, student: str) -> list[Job]:
    """The jobs that `ExecuteApart` will ask for when nbgrader autogrades a hand-in.

    Parameters
    ----------
    course : CourseDirectory
        Where everything is.
    config : Config
        Nbgrader's whole configuration.
    assignment, student : str
        Whose hand-in, one that `sanitize.accept` accepts.

    Returns
    -------
    list of Job
        One for each notebook that was handed in.
    """
    submitted = Path(course.format_path(course.submitted_directory, student, assignment))
    released = Path(course.format_path(course.release_directory, ".", assignment))
    settings = deepcopy(config)
    settings.Exporter.default_preprocessors = []
    exporter = NotebookExporter(config=settings)
    for step in Autograde(coursedir=course, config=config).sanitize_preprocessors:
        exporter.register_preprocessor(step)
    files = files_of(course, assignment, student)
    execute = ExecuteApart(config=config)
    jobs = []
    for name in sorted(path.stem for path in released.glob("*.ipynb") if (submitted / path.name).is_file()):
        names = {"student": student, "assignment": assignment, "notebook": name, "db_url": course.db_url}
        text, _ = exporter.from_filename(str(submitted / f"{name}.ipynb"), resources={"nbgrader": names})
        jobs.append(execute.job(nbformat.reads(text, as_version=4), names, files))
    return jobs


def files_of(course: CourseDirectory, assignment: str, student: str) -> dict[str, bytes]:
    """The files beside the notebooks as they will be in ``autograded/``: the student's, then the assignment's."""
    with tempfile.TemporaryDirectory() as folder:
        copies = Path(folder) / assignment
        copies.mkdir()
        submitted = course.format_path(course.submitted_directory, student, assignment)
        source = course.format_path(course.source_directory, ".", assignment)
        for place in (submitted, source):
            for name in find_all_files(place, [*course.ignore, "*.ipynb"]):
                copy = copies / Path(name).relative_to(place)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(name, copy)
        remove_active(copies, but_keep=Path(source))
        return files_beside_notebooks(copies)[0]
