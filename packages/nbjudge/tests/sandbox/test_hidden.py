"""Instructors' packages that are installed on the grading machine stay outside of the sandbox."""

import json
import shutil
import sysconfig
import uuid
from importlib.metadata import PathDistribution, distributions
from pathlib import Path

import pytest
from nbjudge.run.plan import PlannedCell
from nbjudge.run.session import Session
from nbjudge.sandbox import bubblewrap, hidden
from nbjudge.sandbox.access import NO_ACCESS
from nbjudge.sandbox.hidden import Hidden, development_folders, hidden_files

LOOK = """
import importlib.util
for name in {names!r}:
    try:
        print(name, importlib.util.find_spec(name) is not None and bool(__import__(name).SOLUTION))
    except Exception as error:
        print(name, type(error).__name__)
"""


def install(site_packages, name, files, origin=None):
    """What pip leaves of a distribution: its files and notes on them."""
    notes = site_packages / f"{name}-1.0.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (notes / "RECORD").write_text("".join(f"{file},,\n" for file in [*files, f"{notes.name}/METADATA", "../../bin/x"]))
    if origin is not None:
        (notes / "direct_url.json").write_text(json.dumps(origin))
    for file in files:
        (site_packages / file).parent.mkdir(exist_ok=True)
        (site_packages / file).write_text("SOLUTION = 42\n")


@pytest.fixture
def site_packages(tmp_path):
    install(tmp_path, "my-course", ["answers/__init__.py", "answers/model.py", "solutions.py", "my-course.pth"])
    install(tmp_path, "numbers-course", ["numbers_course/__init__.py"])
    install(tmp_path, "nbjudge", ["nbjudge/__init__.py"])
    return tmp_path


@pytest.mark.parametrize(
    ("packages", "names"),
    [
        ((), ["nbjudge"]),
        (["answers.model"], ["answers", "my-course.pth", "nbjudge", "solutions.py"]),
        (["solutions"], ["answers", "my-course.pth", "nbjudge", "solutions.py"]),
        (["numbers_course", "nowhere"], ["nbjudge", "numbers_course"]),
    ],
)
def test_what_was_installed_together_is_hidden_together(site_packages, packages, names):
    assert hidden_files(site_packages, packages) == names


def test_a_package_that_pip_does_not_know_is_hidden_by_its_name(site_packages):
    (site_packages / "copied").mkdir()
    assert hidden_files(site_packages, ["copied"]) == ["copied", "nbjudge"]


def test_what_is_installed_is_read_once_and_again_when_it_has_changed(site_packages, monkeypatch):
    read = []
    monkeypatch.setattr(hidden, "distributions", lambda path: read.append(path) or distributions(path=path))
    for _ in range(3):  # as often as there are sandboxes
        assert hidden_files(site_packages, ["answers"]) == ["answers", "my-course.pth", "nbjudge", "solutions.py"]
        assert development_folders(site_packages) == []
    assert len(read) == 1
    install(
        site_packages, "another-course", ["answers2.py"], {"url": "file:///home/ada/two", "dir_info": {"editable": 1}}
    )
    assert "answers2.py" in hidden_files(site_packages, ["answers2"])
    assert development_folders(site_packages) == [Path("/home/ada/two")] and len(read) == 2


def test_projects_in_development_are_known_by_their_folders(site_packages):
    course = {"url": "file:///home/ada/My%20Course", "dir_info": {"editable": True}}
    install(site_packages, "in-development", ["__editable__.in_development.pth"], course)
    install(site_packages, "from-a-folder", ["plain.py"], {"url": "file:///home/ada/other", "dir_info": {}})
    install(site_packages, "from-an-archive", ["other.py"], {"url": "https://example.org/a.whl", "archive_info": {}})
    install(site_packages, "odd", ["odd.py"], ["no object"])
    assert development_folders(site_packages) == [Path("/home/ada/My Course")]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A course's package with its solutions, installed beside NumPy as any other.

    The notes on it lie elsewhere: for other tests, which run at the same time, the list of what is installed must stay
    the same.
    """
    name, there = f"course_{uuid.uuid4().hex[:8]}", Path(sysconfig.get_path("purelib"))
    files = [f"{name}/__init__.py", f"{name}/answers.py", f"{name}_solutions.py"]
    install(tmp_path, name, files)
    noted = PathDistribution(tmp_path / f"{name}-1.0.dist-info")
    known = hidden.distributions
    monkeypatch.setattr(hidden, "distributions", lambda path: [*known(path=path), noted])
    try:
        for file in files:
            (there / file).parent.mkdir(exist_ok=True)
            shutil.copy(tmp_path / file, there / file)
        yield name
    except PermissionError:
        pytest.skip("nothing can be installed here")
    finally:
        shutil.rmtree(there / name, ignore_errors=True)
        for file in [there / f"{name}_solutions.py", *there.glob(f"__pycache__/{name}_solutions*")]:
            file.unlink(missing_ok=True)


def test_another_courses_solutions_are_not_there(installed):
    names = [installed, f"{installed}_solutions"]
    cells = [PlannedCell(LOOK.format(names=names), on_student_side=True)]
    (seen,) = Session(cells).run()
    assert seen["outputs"][0]["text"] == "".join(f"{name} True\n" for name in names), "else this test shows nothing"
    (seen,) = Session(cells, hidden=Hidden((f"{installed}_solutions",))).run()
    assert "True" not in seen["outputs"][0]["text"]


def test_the_folder_of_a_course_is_not_there_wherever_it_lies(tmp_path, monkeypatch):
    """Of /usr and Python's own folder the sandbox shows everything else."""
    folder = Path(bubblewrap.sys.base_prefix, "share", "course")
    words = bubblewrap.arguments(None, 2**20, 0, NO_ACCESS, Hidden(folders=(folder, tmp_path)), {})
    hidden = {words[number + 1] for number, word in enumerate(words) if word == "--tmpfs"}
    assert hidden & {str(folder), str(bubblewrap.PYTHON / "share" / "course")} and str(tmp_path) not in hidden
