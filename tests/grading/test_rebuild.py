"""Whatever a student did to the instructor's cells, the graded notebook has them as they were released."""

from copy import deepcopy

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbjudge.handin.rebuild import rebuild
from nbjudge.plugin.instructions import from_source
from nbjudge.run.plan import plan

from helpers.hostile_notebook import PIXEL
from tests.corpus.build import NOTEBOOK, RELEASE

TEST, SOLUTION, GIVEN = "glitchnet-logit-shape", "glitchnet", "quiz-guesses"


@pytest.fixture(scope="module")
def release():
    return nbformat.read(RELEASE / NOTEBOOK, as_version=4)


@pytest.fixture
def submitted(release):
    notebook = deepcopy(release)
    find(notebook, SOLUTION).source = "class GlitchNet: ..."
    return notebook


def find(notebook, ident):
    (cell,) = (cell for cell in notebook.cells if cell.id == ident)
    return cell


def position(notebook, ident):
    return [cell.id for cell in notebook.cells].index(ident)


def sources(notebook):
    return [cell.source for cell in notebook.cells]


def delete_test(notebook):
    del notebook.cells[position(notebook, TEST)]


def duplicate_test(notebook):
    notebook.cells.append(deepcopy(find(notebook, TEST)))


def move_test(notebook):
    notebook.cells.insert(0, notebook.cells.pop(position(notebook, TEST)))


def retype_test(notebook):
    notebook.cells[position(notebook, TEST)] = NotebookNode(find(notebook, TEST) | {"cell_type": "markdown"})


def edit_test(notebook):
    find(notebook, TEST).source = "pass"


def flip_flags(notebook):
    find(notebook, TEST).metadata.nbgrader.update(grade=False, solution=True, locked=False, points=1000)


def skip_test(notebook):
    find(notebook, TEST).metadata.tags = ["skip-execution"]


def unknown_schema(notebook):
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.schema_version = 99


def garbage(notebook):
    find(notebook, TEST).metadata = NotebookNode(nbgrader="yes")
    notebook.cells.insert(3, None)
    notebook.cells.insert(5, NotebookNode(cell_type=7, source={"a": 1}, metadata=[]))


@pytest.mark.parametrize(
    "harm",
    [delete_test, duplicate_test, move_test, retype_test, edit_test, flip_flags, skip_test, unknown_schema, garbage],
)
def test_harm_to_the_instructors_cells_is_undone(harm, submitted, release):
    harm(submitted)
    rebuilt = rebuild(submitted, deepcopy(release))
    known = [cell for cell in rebuilt.cells if not cell.id.startswith("students-own")]
    assert [cell.id for cell in known] == [cell.id for cell in release.cells]
    for cell, released in zip(known, release.cells, strict=True):
        assert cell.metadata == released.metadata and cell.cell_type == released.cell_type
        assert cell.source == ("class GlitchNet: ..." if cell.id == SOLUTION else released.source), cell.id
    nbformat.validate(rebuilt)


def test_own_cells_stay_where_they_were_without_their_metadata(submitted, release):
    mine = new_code_cell("mine = 1", metadata={"tags": ["x"], "nbgrader": {"grade": True, "grade_id": "mine"}})
    note = new_markdown_cell("a note")
    at = position(submitted, SOLUTION)
    submitted.cells[at:at] = [mine]
    submitted.cells.insert(0, note)
    rebuilt = rebuild(submitted, deepcopy(release))
    assert rebuilt.cells[0].source == "a note"
    own = rebuilt.cells[position(rebuilt, SOLUTION) - 1]
    assert own.source == "mine = 1" and own.metadata == {}


def test_of_two_copies_of_a_solution_the_last_counts_and_both_run(submitted, release):
    copy = deepcopy(find(submitted, SOLUTION))
    copy.source, copy.id = "class GlitchNet: second = True", "copied"
    submitted.cells.insert(position(submitted, SOLUTION) + 1, copy)
    rebuilt = rebuild(submitted, deepcopy(release))
    at = position(rebuilt, SOLUTION)
    assert sources(rebuilt)[at - 1 : at + 1] == ["class GlitchNet: ...", "class GlitchNet: second = True"]


def test_a_deleted_solution_is_the_untouched_stub(submitted, release):
    del submitted.cells[position(submitted, SOLUTION)]
    assert find(rebuild(submitted, deepcopy(release)), SOLUTION).source == find(release, SOLUTION).source


def test_given_cells_that_were_not_locked_keep_the_students_text(submitted, release):
    find(submitted, GIVEN).source = 'my_guesses = "cbcb cbcb cbcb"'
    assert "cbcb" in find(rebuild(submitted, deepcopy(release)), GIVEN).source


@pytest.mark.parametrize("behind", ["import pandas as pd", "\n\nimport pandas as pd\npd.options\n"])
def test_lines_behind_locked_code_are_a_cell_of_the_students(submitted, release, behind):
    for ident in ("setup-tools", "setup-checks"):
        find(submitted, ident).source += f"\n{behind}"
    find(submitted, "setup-course").source = (
        find(release, "setup-course").source.replace('ZIP = ""', 'ZIP = "https://a.example"') + f"\n{behind}"
    )
    rebuilt = rebuild(submitted, deepcopy(release))
    for ident in ("setup-course", "setup-tools", "setup-checks"):
        assert find(rebuilt, ident).source == find(release, ident).source
        own = rebuilt.cells[position(rebuilt, ident) + 1]
        assert own.source == behind.strip() and own.cell_type == "code" and not own.metadata
    planned = plan(rebuilt, from_source(release), ["setup-checks"])
    assert [cell.on_grader_side for cell in planned if "pandas" in cell.source] == [False] * 3


@pytest.mark.parametrize(
    ("ident", "change"),
    [
        (TEST, lambda source: f"{source}\nimport pandas as pd"),
        ("setup-tools", lambda source: f"import pandas as pd\n{source}"),
        ("setup-tools", lambda source: f"{source}; import pandas as pd"),
        ("setup-course", lambda source: f"{source}\n    import pandas as pd"),
    ],
)
def test_other_changes_of_locked_code_are_dropped(submitted, release, ident, change):
    find(submitted, ident).source = change(find(release, ident).source)
    assert len(rebuild(submitted, deepcopy(release)).cells) == len(release.cells)


@pytest.mark.parametrize("cell_type", ["markdown", "raw", "a new type", None])
def test_lines_behind_locked_code_that_is_no_code_any_more_are_dropped(submitted, release, cell_type):
    find(submitted, "setup-tools").source += "\nimport pandas as pd"
    find(submitted, "setup-tools")["cell_type"] = cell_type
    assert len(rebuild(submitted, deepcopy(release)).cells) == len(release.cells)


def test_of_two_copies_of_a_locked_cell_the_last_counts(submitted, release):
    copy = deepcopy(find(submitted, "setup-tools"))
    copy.source += "\nimport pandas as pd"
    submitted.cells.insert(position(submitted, "setup-tools"), copy)
    expected = [source for source in sources(submitted) if source != copy.source]
    assert sources(rebuild(submitted, deepcopy(release))) == expected


# A small release: where do cells of the student's own go?


def small(*sources):
    """A release of locked cells, and of solution cells whose sources begin with "def"."""
    cells = []
    for source in sources:
        solution = source.startswith("def")
        ident = source[4] if solution else source[0]
        says = {"grade_id": ident, "solution": solution, "locked": not solution, "grade": False}
        cells.append(new_code_cell(source, id=ident, metadata={"nbgrader": says}))
    return new_notebook(cells=cells)


def test_the_students_cells_stay_behind_a_deleted_solution_at_the_very_beginning():
    release = small("def s(): ...", "a = 1", "b = 1")
    submitted = new_notebook(cells=[new_code_cell("mine = 1"), *deepcopy(release.cells[1:])])
    assert sources(rebuild(submitted, release)) == ["def s(): ...", "mine = 1", "a = 1", "b = 1"]


def test_cells_behind_a_locked_cell_that_was_moved_stay_and_those_behind_a_moved_solution_go_along():
    mine = new_code_cell("mine = 1")
    release = small("a = 1", "def s(): ...", "b = 1")
    a, s, b = deepcopy(release.cells)
    assert sources(rebuild(new_notebook(cells=[s, b, a, mine]), deepcopy(release))) == [
        "a = 1",
        "def s(): ...",
        "b = 1",
        "mine = 1",
    ]
    s.source = "def s(): return 2"
    assert sources(rebuild(new_notebook(cells=[a, b, s, mine]), deepcopy(release))) == [
        "a = 1",
        "def s(): return 2",
        "mine = 1",
        "b = 1",
    ]


def test_a_stub_does_not_define_again_what_another_solution_cell_defines():
    release = small("def s(): ...", "def t(): ...")
    submitted = deepcopy(release)
    for source in ("def a(): ...\ndef t(): return 1", "def z(): ...\ndef t(): return 1"):
        submitted.cells[0].source = source
        rebuilt = rebuild(deepcopy(submitted), deepcopy(release))
        assert sources(rebuilt) == [source, "# Defined in other cells of the student's: t"]


def test_a_release_in_a_newer_format_keeps_its_ids():
    release = small("a = 1")
    release.nbformat_minor = 6
    assert [cell.id for cell in rebuild(deepcopy(release), release).cells] == ["a"] and release.nbformat_minor == 6


def test_a_frontend_that_loses_ids_costs_nothing(submitted, release):
    for cell in submitted.cells:
        cell.pop("id")
    rebuilt = rebuild(submitted, deepcopy(release))
    assert len(rebuilt.cells) == len(release.cells)
    assert find(rebuilt, SOLUTION).source == "class GlitchNet: ..."


LETTERS = {"a": "a = 1", "twice": "n += 1", "b": "b = 1", "twice again": "n += 1", "c": "c = 1", "text": "# Text"}


def letters(drop_ids=True):
    """A notebook of plain cells with a test in the middle, as it was before cells had ids."""
    cells = [(new_markdown_cell if name == "text" else new_code_cell)(source) for name, source in LETTERS.items()]
    test = new_code_cell("test", metadata={"nbgrader": {"grade": True, "locked": True, "grade_id": "the-test"}})
    notebook = new_notebook(cells=[*cells[:3], test, *cells[3:]])
    if drop_ids:
        notebook.nbformat_minor = 4
        for cell in notebook.cells:
            del cell["id"]
    return notebook


def without_ids(*submitted):
    """What becomes of code cells with these sources, of which "test" is the test."""
    notebook, test = letters(), letters().cells[3]
    notebook.cells = [
        test if source == "test" else NotebookNode(cell_type="code", source=source) for source in submitted
    ]
    rebuilt = rebuild(notebook, letters())
    nbformat.validate(rebuilt)
    assert [cell.source for cell in rebuilt.cells if "nbgrader" in cell.metadata] == ["test"]
    return [cell.source for cell in rebuilt.cells if cell.cell_type == "code"]


RELEASED = ["a = 1", "n += 1", "b = 1", "test", "n += 1", "c = 1"]


@pytest.mark.parametrize(
    "submitted",
    [
        RELEASED,
        ["a = 2", "n += 1", "b = 1", "test", "n += 1", "c = 1"],
        ["a = 2", "n += 2", "b = 2", "test", "n += 3", "c = 2"],
        ["mine = 0", "a = 2", "n += 1", "b = 1", "test", "n += 1", "mine = 1", "c = 1"],
        ["a = 1", "n += 1", "mine = 1", "b = 1", "test", "n += 1", "c = 2", "mine = 2"],
        ["a = 1", "n += 1", "b = 1", "test", "n += 1", "n += 1", "mine = 1", "c = 1"],
    ],
    ids=repr,
)
def test_without_ids_the_students_cells_are_run_and_nothing_else(submitted):
    assert without_ids(*submitted) == submitted


def test_without_ids_deleted_cells_come_back_in_their_place():
    assert without_ids("a = 1", "test", "n += 1", "mine = 1") == [
        "a = 1",
        "n += 1",
        "b = 1",
        "test",
        "n += 1",
        "mine = 1",
    ]
    assert without_ids() == RELEASED


def test_cells_without_ids_are_named_alike_each_time():
    first, second = (rebuild(letters(), letters()) for _ in range(2))
    assert [cell.id for cell in first.cells] == [cell.id for cell in second.cells]
    assert (first.nbformat, first.nbformat_minor) == (4, 5)


def test_new_ids_for_all_cells_cost_nothing():
    submitted = letters(drop_ids=False)
    submitted.cells[0].source = "a = 2"
    rebuilt = rebuild(submitted, letters(drop_ids=False))
    assert [cell.source for cell in rebuilt.cells] == ["a = 2", *(cell.source for cell in letters().cells[1:])]


def test_remarks_name_cells_by_their_nbgrader_id():
    submitted = letters()
    submitted.cells[3].source = "pass"
    assert rebuild(submitted, letters()).metadata.grading.remarks == ["edited the-test"]


@pytest.mark.parametrize("own", [False, True])
def test_what_would_be_active_in_a_students_text_is_spelt_out(own, submitted, release):
    cell = new_markdown_cell("") if own else find(submitted, "discussion")
    if own:
        submitted.cells.append(cell)
    cell.source = "mine: <script>x</script> ![a](attachment:a.png)"
    cell.attachments = NotebookNode({"a.png": {"image/png": PIXEL}, "b.png": {"image/png": "PHNjcmlwdD4="}})
    (shown,) = (cell for cell in rebuild(submitted, deepcopy(release)).cells if cell.source.startswith("mine"))
    assert shown.source == "mine: < script>x< /script> ![a](attachment:picture-0)"
    assert shown.attachments == {"picture-0": {"image/png": PIXEL}}


@pytest.mark.parametrize("ident", ["discussion", "discussion-comment"])
def test_no_heading_takes_the_place_of_one_of_formgraders_fields(ident, submitted, release):
    submitted.cells.insert(0, new_markdown_cell(f"# {ident}"))
    assert rebuild(submitted, deepcopy(release)).cells[0].source == f"    # {ident}"


def test_the_released_texts_keep_their_html(submitted, release):
    released = deepcopy(release)
    submitted.cells[0].source = released.cells[0].source = "<b>bold</b> &amp; <br>"
    assert rebuild(submitted, released).cells[0].source == "<b>bold</b> &amp; <br>"


@pytest.mark.parametrize("new_cell", [new_code_cell, new_markdown_cell])
def test_half_a_surrogate_pair_is_written_as_a_question_mark(new_cell, submitted, release):
    submitted.cells.insert(0, new_cell("'a \ud800 b'"))
    assert rebuild(submitted, deepcopy(release)).cells[0].source == "'a ? b'"


@pytest.mark.parametrize("cells", [None, 3, [], [[]], [{"cell_type": "code"}], [{"source": ["a", 1]}]])
def test_malformed_notebooks_become_the_release(cells, release):
    rebuilt = rebuild(NotebookNode(cells=cells), deepcopy(release))
    assert {cell.id for cell in release.cells} <= {cell.id for cell in rebuilt.cells}
