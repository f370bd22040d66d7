"""The student's texts make text, formulas, links and pasted pictures in a browser, and nothing else.

What a real browser makes of them is in `test_browser`.
"""

import re
import time

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import InvalidNotebook
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook
from nbjudge.handin import texts
from nbjudge.handin.texts import MAX_RENDERED, as_code, inactive

from helpers import hostile_notebook as hostile
from helpers.hostile_notebook import PIXEL

ALL = hostile.CALLING_TEXTS | hostile.OTHER_TEXTS
PASSIVE = ("style", "src", "srcset", "background", "poster", "data")
FIELDS = {"essay", "essay-comment"}
EXPORTER = HTMLExporter(template_name="basic")
PICTURE = f"data:image/png;base64,{PIXEL}"


def shown(text, attachments=None):
    """What nbconvert makes of a cell."""
    cell = new_markdown_cell(text, attachments=NotebookNode(attachments or {}))
    page, _ = EXPORTER.from_notebook_node(new_notebook(cells=[cell]))
    return BeautifulSoup(page, "html.parser").find(class_="text_cell_render")


def dangers(page):
    """What there is in a page that could run, call, or lead to formgrader."""
    return [
        element
        for element in page.find_all(True)
        if element.name in ("script", "style", "iframe", "object", "embed", "base", "form", "meta", "link", "svg")
        or any(attribute.startswith("on") for attribute in element.attrs)
        or any("url(" in value or "URL" in value for name, value in element.attrs.items() if name in PASSIVE)
        or not element.get("src", "data:image/png;base64,").startswith("data:image/png;base64,")
        or not re.match(r"https?://\w|mailto:|#", element.get("href", "#"))
    ]


# What may stay


@pytest.mark.parametrize(
    "text",
    [
        "$a < b$ and 3 <4; $f(x)=\\displaystyle\\frac{1}{2}$, $n!$",
        "AT&T, R&D; a & b &mdash; c",
        "`if x<3:`",
        "> a quotation!",
        "a javascript: it runs",
        "# A heading\n\n- a list\n  1. in a list\n- [x] a task\n\n| a | b |\n|:--|--:|\n| 1 | 2 |\n\nterm\n: meaning",
        "```python\nx[0] = y[1] < 3\n```",
        "[a](https://example.org/b?c=d#e 'title'), [b](mailto:me@example.org), [c](#heading), https://example.org",
        "[a][b]\n\n[b]: https://example.org",
        "one  \ntwo *three* **four** ~~five~~ `six`",
    ],
)
def test_ordinary_text_is_left_alone(text):
    assert inactive(text, None) == (text, {})


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("plot.png", "attachment:plot.png"),
        ("my plot.png", "attachment:my%20plot.png"),
        ("my plot.png", "<attachment:my plot.png>"),
        ("my%20plot.png", "attachment:my%20plot.png"),
        ("Schaubild ü.png", "attachment:Schaubild%20%C3%BC.png"),
    ],
)
def test_pasted_pictures_are_shown_whatever_their_names(name, reference):
    text, pictures = inactive(f"See ![my plot: 1]({reference})!", {name: {"image/png": PIXEL}})
    assert pictures == {"picture-0": {"image/png": PIXEL}}
    (picture,) = shown(text, pictures).find_all("img")
    assert (picture["src"], picture["alt"]) == (PICTURE, "my plot: 1")


@pytest.mark.parametrize(
    "text",
    [
        f"![a]({PICTURE})",  # Colab
        f"![a](<{PICTURE}>)",
        f'![a]({PICTURE} "a title")',
        f"![a][image1]\n\n[image1]: <{PICTURE}>",  # Google Docs
        f"<img src='{PICTURE}' width=300>",
        f'<IMG alt="x > y" src="{PICTURE}"/>',
        '<img src="attachment:plot.png" width="300"/>',  # Jupyter, in order to change its size
        "<img width=300 src=attachment:plot.png></img>",
    ],
    ids=lambda text: text[:30],
)
def test_a_picture_is_shown_however_it_was_pasted(text):
    words = "So *many* blips. " * 500
    shown_text, pictures = inactive(f"{words}\n\n{text}\n\nIndeed.", {"plot.png": {"image/png": PIXEL}})
    page = shown(shown_text, pictures)
    assert [picture["src"] for picture in page.find_all("img")] == [PICTURE]
    assert len(page.find_all("em")) == 500 and "Indeed." in page.text and "base64" not in page.text


@pytest.mark.parametrize(
    "picture",
    ["data:image/gif;base64,R0lGODdh", "data:image/svg+xml;base64,PHN2Zz4=", "data:image/png;base64,PHNjcmlwdD4="],
)
def test_a_pasted_picture_that_can_not_be_shown_leaves_the_text_around_it(picture):
    text, pictures = inactive(f"So *many*: ![a]({picture}{'A' * 20_000})", None)
    assert (text, pictures) == ("So *many*: ! [a] (attachment:pasted-0)", {})


@pytest.mark.parametrize(
    "attachments",
    [
        None,
        3,
        [],
        {"a.png": None},
        {"a.png": {"image/png": None}},
        {"a.png": {"image/png": "PHNjcmlwdD4="}},
        {"a.png": {"text/html": "<script>"}},
        {"a.png": {"image/svg+xml": "PHN2Zz4="}},
        {"a.png": {"image/jpeg": PIXEL}},
    ],
)
def test_what_is_no_picture_is_not_taken(attachments):
    assert inactive("![a](attachment:a.png)", attachments) == ("! [a] (attachment:a.png)", {})


def test_pictures_are_encoded_again():
    _, pictures = inactive("", {"a.png": {"image/png": PIXEL + '" onerror="alert(1)'}})
    assert pictures == {"picture-0": {"image/png": PIXEL}}


# What may not


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_nothing_hostile_is_left(text):
    text, pictures = inactive(text, hostile.ATTACHMENTS, FIELDS)
    page = shown(text, pictures)
    assert dangers(page) == []
    assert not any(heading.get("id") in FIELDS for heading in page.find_all(re.compile("h[1-6]")))


@pytest.mark.parametrize("text", hostile.CALLING_TEXTS.values(), ids=hostile.CALLING_TEXTS)
def test_the_spaces_alone_are_enough(text, monkeypatch):
    monkeypatch.setattr(texts, "_is_plain", lambda *_: True)
    text, pictures = inactive(text, hostile.ATTACHMENTS)
    assert dangers(shown(text, pictures)) == []


@pytest.mark.parametrize("text", hostile.CALLING_TEXTS.values(), ids=hostile.CALLING_TEXTS)
def test_the_look_at_what_comes_out_is_enough(text, monkeypatch):
    monkeypatch.setattr(texts, "_ACTIVE", re.compile("(?!)"))
    text, pictures = inactive(text, hostile.ATTACHMENTS)
    assert text.startswith("    ") and dangers(shown(text, pictures)) == []


PIECES = [
    *(
        "<",
        ">",
        "![",
        "[",
        "]",
        "](",
        "](",
        ")",
        "]:",
        "\n",
        "\n\n",
        " ",
        "\\",
        "`",
        "```",
        "$",
        "$$",
        "#",
        "&lt;",
        "|",
    ),
    *(
        "img src=URL",
        "script",
        "/",
        "a",
        "URL",
        "javascript:x",
        "page.html",
        "https://example.org",
        '"',
        "'",
        "mermaid",
    ),
    *("attachment:pixel.png", "attachment:picture-0", "attachment:picture-7", "&colon;", "\\begin{a}", "\\end{a}", "!"),
    *("\r", "\t", "\x0b", "\u2028", "\u00a0"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_nothing_is_left_of_any_mixture(text):
    text, pictures = inactive(text, hostile.ATTACHMENTS)
    assert dangers(shown(text, pictures)) == []


def test_a_link_has_words():
    assert inactive("[](https://example.org)", None) == ("[] (https://example.org)", {})


def test_a_missing_picture_breaks_no_page():
    with pytest.raises(InvalidNotebook):
        shown("![a](attachment:missing.png)")
    for name in ("missing.png", "picture-7"):
        text, _ = inactive(f"![a](attachment:{name})", None)
        assert f"(attachment:{name})" in shown(text).text


@pytest.mark.parametrize("macro", ["style", "mmlToken", "href", "class", "cssId", "require"])
def test_macros_that_reach_beyond_a_formula_are_spelt_out(macro):
    text, _ = inactive(f"${macro} \\{macro}{{a}}{{b}}$", None)
    assert text == f"${macro} \\ {macro}{{a}}{{b}}$"


def test_formulas_that_the_browser_would_put_together_become_code():
    text, _ = inactive(hostile.OTHER_TEXTS["maths-hidden"], None)
    (element,) = shown(text).find_all("pre")
    assert "&dollar;&bsol;style" in element.text


@pytest.mark.parametrize("end", ["", "\n", "\r", "\r\n", "\x0b", "\x0c", "\u2028", "\t", " \n\t\n", "\u00a0"])
def test_code_is_code_however_its_lines_end(end):
    page = shown(as_code(f"{end}# essay\n\n{end}# essay{end}*a*"))
    assert {element.name for element in page.find_all(True)} == {"pre", "code"}


def test_long_texts_are_code_in_lines_of_bounded_length():
    words = "word " * (MAX_RENDERED // 5)
    assert inactive(words, None)[0] == words
    text, _ = inactive(words + "x" * 500, None)
    lines = shown(text).find("code").text.splitlines()
    assert max(map(len, lines)) <= 120 and lines[0].endswith("word ")
    assert "".join(lines) == words + "x" * 500


PASTED = ["<img ", "<img '", '<img src="', "![a](data:image/png;base64,", "![a](data:image/png;base64,A)", "![a][b]"]
PASTED += ["\n[b]: data:image/png;base64,A", "<img src=data:", "![a](<data:image/png;base64,A "]


@pytest.mark.parametrize("piece", ["\\\\[", "![a](attachment:", "\\begin{a}", "[", "]: ", "<a", "$$ ", "> ", *PASTED])
def test_no_text_takes_long(piece):
    start = time.monotonic()
    text, pictures = inactive(piece * 20_000, None)
    shown(text, pictures)
    assert time.monotonic() - start < 10
