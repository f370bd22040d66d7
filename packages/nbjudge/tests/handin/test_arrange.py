"""What browsers, platforms and people did to the names of files is undone, and what is not used is told."""

import json
import unicodedata

import nbformat
import pytest
from nbjudge.handin.arrange import arrange, find_notebooks

from helpers.tiny_course import master

WORK = json.dumps(master())
HELPER = json.dumps(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("second = 2")]))


@pytest.fixture
def release(tmp_path):
    path = tmp_path / "release" / "work.ipynb"
    path.parent.mkdir()
    path.write_text(WORK)
    return [path]


def put(folder, *names):
    """A hand-in with files of these names; each holds its name, and a notebook is a right one."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(WORK if ".ipynb" in name and "helper" not in name else HELPER if ".ipynb" in name else name)
    return folder


@pytest.mark.parametrize(
    ("notebook", "checkpoint"),
    [
        *[
            (f"work{end}.ipynb", f"work{end}.pt")
            for end in (" (1)", "(2)", "-1", "_2", "-Copy1", " copy", " - Kopie (3)")
        ],
        *[(f"{begin}work.ipynb", f"{begin}work.pt") for begin in ("12345_", "Copy of ", "ada_12345_678901_")],
        ("Ada Lovelace_1234567_assignsubmission_file_work.ipynb", "Ada Lovelace_1234567_assignsubmission_file_work.pt"),
        ("ex1_ada_lovelace.ipynb", "ex1_ada_lovelace.pt"),
        ("work (1).ipynb", "work (2).pt"),
        ("work.ipynb", "work (1).pt"),
        ("mine.ipynb", "work-1.pt"),
        ("work.ipynb", "work.PT"),
        ("work.ipynb", "Work.pt"),
        ("work.ipynb", "work.pt.zip"),
        ("work.ipynb.txt", "work.pt"),
        ("work (1).ipynb.json", "work (1).pt"),
        ("12345_67890_work-2.ipynb", "12345_67891_work-2.pt"),
    ],
)
def test_a_checkpoint_gets_the_name_that_it_has_beside_the_notebook(tmp_path, release, notebook, checkpoint):
    found = arrange(put(tmp_path / "ada", notebook, checkpoint), release)
    assert found.notebooks == {"work.ipynb": notebook}
    assert found.files["work.pt"] == found.files[checkpoint] == checkpoint.encode()
    assert found.remarks == ([f"{checkpoint} is taken for work.pt"] if checkpoint != "work.pt" else [])


@pytest.mark.parametrize(
    ("notebook", "others", "added"),
    [
        ("work (1).ipynb", ["helpers (1).py", "data.csv"], {"helpers.py": "helpers (1).py"}),
        ("12345_work.ipynb", ["12345_helper.ipynb"], {"helper.ipynb": "12345_helper.ipynb"}),
        ("work.ipynb", ["helpers (1).py", "run_1.csv", "2027-01-31.csv"], {}),
        ("mine.ipynb", ["mine.pt", "work (1).pt"], {"work.pt": "mine.pt"}),
        ("work.ipynb", ["framework.pt", "works.pt", "best_work.pt", "work_best.pt", "epoch10_work.pt"], {}),
    ],
)
def test_other_files_only_get_names_that_the_notebook_tells(tmp_path, release, notebook, others, added):
    found = arrange(put(tmp_path / "ada", notebook, *others), release)
    assert found.added == added and found.files.keys() == {*others, *added}


@pytest.mark.parametrize(
    ("names", "remark"),
    [
        (
            ["work (1).pt", "work (2).pt"],
            "none of work (1).pt, work (2).pt is taken for work.pt; give this name to the rig",
        ),
        (["work.pt", "work (1).pt"], "work (1).pt is not used, for there is work.pt, too"),
    ],
)
def test_what_is_not_used_is_told(tmp_path, release, names, remark):
    found = arrange(put(tmp_path / "ada", "work.ipynb", *names), release)
    assert not found.added
    (said,) = found.remarks
    assert said.startswith(remark)


def test_an_equal_copy_is_no_remark(tmp_path, release):
    folder = put(tmp_path / "ada", "work.ipynb", "work.pt", "work (1).pt")
    (folder / "work (1).pt").write_text("work.pt")
    assert not arrange(folder, release).remarks


@pytest.mark.parametrize("inside", ["ex1", "ex1/Abgabe [final]", "ada/ü"])
def test_a_notebook_in_a_folder_is_found_with_what_is_beside_it(tmp_path, release, inside):
    names = ("work (1).ipynb", "work (1).pt", "data/a.csv")
    folder = put(tmp_path / "ada", *(f"{inside}/{name}" for name in names), "__MACOSX/ex1/._work.ipynb", "readme.txt")
    found = arrange(folder, release)
    assert found.notebooks == {"work.ipynb": f"{inside}/work (1).ipynb"}
    assert {"work.pt", "work (1).pt", "data/a.csv", "readme.txt"} < found.files.keys()
    assert found.remarks == [f"work.ipynb was found in the folder {inside}", "work (1).pt is taken for work.pt"]


def test_of_two_notebooks_in_folders_none_is_chosen_but_one_outside_is(tmp_path, release):
    folder = put(tmp_path / "ada", "a/work.ipynb", "b/work.ipynb")
    assert find_notebooks(folder, release) == {}
    put(folder, "mine.ipynb")
    assert find_notebooks(folder, release) == {"work.ipynb": folder / "mine.ipynb"}


def test_helper_notebooks_are_files_and_other_versions_are_not(tmp_path, release):
    names = ("work.ipynb", "work-Copy1.ipynb", "my_helper.ipynb", "lib/helper.ipynb")
    assert arrange(put(tmp_path / "ada", *names), release).files.keys() == {"my_helper.ipynb", "lib/helper.ipynb"}


def test_names_that_a_pattern_could_be_stuck_in_take_no_time(tmp_path, release):
    for name in ("work" + "-copy-1" * 30 + "!", "1_" * 120 + "x", "work" + " (1)" * 50, "work" + "-" * 240):
        put(tmp_path / "ada", "work.ipynb", name)
    assert not arrange(tmp_path / "ada", release).added


def decomposed(name):
    return unicodedata.normalize("NFD", name)


def test_a_file_that_macos_named_is_found_by_the_name_that_code_has(tmp_path, release):
    names = ("hilfe_ä.py", "Maße für ö/é.csv")
    found = arrange(put(tmp_path / "ada", "work.ipynb", *map(decomposed, names)), release)
    assert found.added == {name: decomposed(name) for name in names} and not found.remarks
    assert found.files.keys() == {*names, *map(decomposed, names)}


@pytest.mark.parametrize("other", ["ä", "ä/b/c"])
def test_a_file_that_is_called_so_already_stays(tmp_path, release, other):
    assert not arrange(put(tmp_path / "ada", "work.ipynb", decomposed("ä/b"), other), release).added
