"""Nothing of a student's runs in the browser of whoever reads their work, in the feedback and in formgrader.

A hostile notebook is graded, and its pages are opened in a real browser. Stock nbgrader and stock nbconvert show the
same notebook to the same browser, and there it does run.
"""

import json
import re
import sys
import urllib.error
import urllib.request
from copy import deepcopy
from dataclasses import dataclass, field

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook
from nbjudge.feedback.page import FeedbackPage

from helpers import commands
from helpers import hostile_notebook as hostile
from helpers.browser import BROWSER, NAMES, beacon, open_page
from helpers.formgrader import formgrader
from helpers.tiny_course import build, cell, marked, master

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
    # nbgrader's own queries and nbconvert's templates.
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning", "ignore:Your element:UserWarning"),
    pytest.mark.skipif(BROWSER is None, reason=f"needs a browser: none of {', '.join(NAMES)} is there"),
]

ESSAY = "I think that *it works*, since $a < b$: see [the paper](https://example.org/paper)."
# nbgrader's page shows this name as it is.
NAME = "<img src=x onerror=document.title='ran'>"
OURS = ("feedback", "formgrader", "manage_submissions/ex1", "gradebook/ex1/work")
STOCK = ("stock formgrader", "stock nbconvert")
# Stock nbconvert shows no page at all for these.
TOO_MUCH = ("missing-attachment", "attachment-named-like-html", "attachment", "slow")
# In nbconvert's own page one needs jQuery from the internet, and another formgrader itself.
ONLY_IN_FORMGRADER = {"output-javascript", "picture-that-configures"}
HANDLERS = {"toggle_name(true);", "toggle_name(false);", "toggleAllNames()"}  # nbgrader's own


@dataclass
class Opened:
    """What became of the pages in the browser, by name.

    Attributes
    ----------
    page : dict of str to BeautifulSoup
        Their elements.
    heard : dict of str to set of str
        The payloads that called.
    answered : dict of str to int
        How formgrader answers for each file that was handed in.
    printed : str
        What the command ``grade`` printed.
    """

    page: dict[str, BeautifulSoup] = field(default_factory=dict)
    heard: dict[str, set[str]] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    printed: str = ""


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    course, home = tmp_path_factory.mktemp("hostile") / "course", tmp_path_factory.mktemp("jupyter")
    opened = Opened()
    with beacon() as called:

        def look(name, address):
            opened.page[name], opened.heard[name] = open_page(address), called.heard()

        handed_in = make_hostile_course(course, called.url)
        opened.printed = grade(course)
        submissions = {"ada": "", NAME: ""}
        with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
            gradebook.update_or_create_student(NAME)
            gradebook.update_or_create_submission("ex1", NAME)
            for student in submissions:
                submissions[student] = gradebook.find_submission_notebook("work", "ex1", student).id
        # As stock nbgrader would leave it.
        hand_in(course / "autograded" / NAME / "ex1", handed_in, called.url)

        look("feedback", (course / "feedback/ada/ex1/work.html").as_uri())
        with formgrader(course, home) as server:
            ada, stock = (f"{server}/formgrader/submissions/{ident}" for ident in submissions.values())
            look("formgrader", f"{ada}/?index=0")
            look("manage_submissions/ex1", f"{server}/formgrader/manage_submissions/ex1")
            look("gradebook/ex1/work", f"{server}/formgrader/gradebook/ex1/work")
            for name in hostile.ACTIVE_FILES | hostile.OTHER_FILES:
                opened.answered[name] = status(f"{ada}/{name}")
            look("stock file", f"{stock}/page.html")
            look("stock formgrader", f"{stock}/?index=0")
        for name, exporter in (("stock nbconvert", HTMLExporter), ("policy alone", FeedbackPage)):
            path = home / f"{name}.html"
            path.write_text(exporter(template_name="classic").from_notebook_node(handed_in)[0])
            look(name, path.as_uri())
    return opened


def make_hostile_course(course, url):
    """Make a course with one hostile hand-in under two names; return it without what stock nbconvert can't show."""
    notebook = master()
    notebook.cells.append(marked("essay", "*Model answer*", new_markdown_cell, grade=True, solution=True, points=3))
    build(course, notebook=notebook)
    cell(notebook, "second").source = hostile.aimed(hostile.QUOTED, "quoted", url)
    cell(notebook, "essay").source = ESSAY
    notebook.cells[2:2] = hostile.hostile_cells(url)
    notebook.metadata = nbformat.from_dict(hostile.aimed(hostile.METADATA, "metadata", url))
    for student in ("ada", NAME):
        hand_in(course / "submitted" / student / "ex1", notebook, url)
    (course / "settings").mkdir()
    settings = hostile.aimed(hostile.SETTINGS, "picture-that-configures", url)
    (course / "settings" / "nbgrader_config.py").write_text(settings)
    shown = deepcopy(notebook)
    shown.cells = [cell for cell in shown.cells if cell.id not in TOO_MUCH]
    return shown


def hand_in(folder, notebook, url):
    for name, content in (hostile.ACTIVE_FILES | hostile.OTHER_FILES).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(hostile.aimed(content, path.name, url))
    (folder / "work.ipynb").write_text(json.dumps(notebook))


def grade(course):
    done = commands.run("nbjudge", "grade", "ex1", cwd=course)
    assert done.returncode in (0, 3), done.stdout + done.stderr  # who hands in names of HTML is refused
    return done.stdout


def status(address):
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


# The browser and the payloads are worth something


@pytest.mark.parametrize("name", STOCK)
def test_what_stock_pages_show_does_run(opened, name):
    calling = hostile.CALLING_TEXTS.keys() | hostile.CALLING_OUTPUTS.keys()
    assert calling - opened.heard[name] <= (ONLY_IN_FORMGRADER if name == "stock nbconvert" else set())


def test_stock_formgrader_runs_names_and_files(opened):
    assert opened.page["stock formgrader"].title.text == "ran"
    assert opened.heard["stock file"] == {"page.html"}
    # The first field of that name, to which formgrader binds the points.
    assert opened.page["stock formgrader"].find(id="essay").name == "h1"


# Our pages


@pytest.mark.parametrize("name", OURS)
def test_nothing_calls(opened, name):
    assert opened.heard[name] == set()


@pytest.mark.parametrize("name", OURS)
def test_the_title_is_ours(opened, name):
    assert opened.page[name].title.text == ("nbgrader formgrade" if "/" in name else "work")


@pytest.mark.parametrize("name", OURS)
def test_nothing_waits_for_a_click(opened, name):
    for element in opened.page[name].find_all(True):
        for attribute, value in element.attrs.items():
            assert not attribute.startswith("on") or value in HANDLERS, element
        assert re.match(r"#|/|https?://\w|mailto:|$", element.get("href", "")), element
        assert element.name != "script" or "127.0.0.1" not in str(element), element


@pytest.mark.parametrize("name", ["feedback", "formgrader"])
def test_there_is_nothing_but_text_and_pictures(opened, name):
    body = deepcopy(opened.page[name]).find(id="notebook-container")
    active = "script, style, link, meta, base, iframe, object, embed, video, audio, svg, math, form, details"
    assert not body.select(active)
    assert {picture["src"].partition(",")[0] for picture in body.find_all("img")} == {"data:image/png;base64"}
    # MathJax reads all text but code and what it is told to ignore.
    for ignored in body.select("pre, code, textarea, .tex2jax_ignore"):
        ignored.decompose()
    macros = "style|mmlToken|href|class|cssId|require|rule|raise|Huge|rlap|kern|smash|def|newcommand"
    assert not re.search(rf"\\({macros})", body.get_text())


def test_formgrader_finds_its_fields(opened):
    page = opened.page["formgrader"]
    assert page.find(id="essay").name == "input" and page.find(id="essay-comment").name == "textarea"


def test_what_a_browser_would_run_is_not_served(opened):
    assert opened.answered == dict.fromkeys(hostile.ACTIVE_FILES, 404) | dict.fromkeys(hostile.OTHER_FILES, 200)


def test_a_name_of_html_is_refused(opened):
    assert "formgrader can't show the name" in " ".join(opened.printed.replace("│", " ").split())


@pytest.mark.parametrize("name", ["feedback", "formgrader"])
def test_the_page_is_still_good_to_read(opened, name):
    body = opened.page[name].find(id="notebook-container")
    assert body.find("em", string="it works") and body.find("a", href="https://example.org/paper")
    assert "$a < b$" in body.get_text()
    assert [picture["alt"] for picture in body.find_all("img")[:2]] == ["plot one", "plot two"]
    for text in ("<script>fetch(`http", "< script>fetch", "! [] (http", "numbers only (<script>"):
        assert text in body.get_text()


def test_marks_come_first(opened):
    body = opened.page["feedback"].find(id="notebook-container")
    assert body.find(re.compile("h[1-6]")).text.startswith("Your marks")


def test_the_policy_of_the_feedback_page_alone_stops_almost_everything(opened):
    # A page may always send the browser elsewhere; that is for the first wall.
    assert opened.heard["policy alone"] == {"refresh"}
