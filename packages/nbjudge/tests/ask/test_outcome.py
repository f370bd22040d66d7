"""What a check shows: HTML for every theme, and a text that says the same where there is no HTML."""

import re
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from nbjudge.ask import NoAnswer, Outcome
from nbjudge.ask.check import LOOKS, SHARE, NotPassed, as_block, in_colour, in_html, judge

PARTLY = Outcome("A <check>", "partly passed", 1 / 3, 4, "`x` is 1 < 2\nand more", ("`y` is older.",))
TEXT = "◐ partly passed: A <check> (1.3333 of 4 points)\n  ↻ out of date: `y` is older.\n  `x` is 1 < 2\nand more"
# Grounds with their text: JupyterLab light and dark (also the grey of its tables), VS Code dark, Colab dark.
THEMES = [("#ffffff", "#212121"), ("#f5f5f5", "#212121"), ("#111111", "#ffffff"), ("#1f1f1f", "#cccccc")]
THEMES += [("#383838", "#d5d5d5"), ("#212121", "#ffffff")]


def test_text_says_what_html_says(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    assert repr(PARTLY) == str(PARTLY) == TEXT
    shown = re.sub(r"<br>", "\n", PARTLY._repr_html_())
    for part in (
        "◐ partly passed",
        "A &lt;check&gt;",
        "1.3333 of 4 points",
        "↻ out of date",
        "<code>y</code> is older.",
    ):
        assert part in shown
    assert "<code>x</code> is 1 &lt; 2\nand more" in shown


@pytest.mark.parametrize("by", ["autograde", "validate"])
def test_nbgrader_reads_points(monkeypatch, by):
    monkeypatch.setenv("NBGRADER_EXECUTION", by)
    assert repr(PARTLY) == "1.3333" and str(NotPassed(PARTLY)) == TEXT


def light(colour):
    """Relative luminance, by WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a, b):
    """Contrast ratio, by WCAG 2.1."""
    darker, lighter = sorted((light(a), light(b)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(a, b):
    shares = ((SHARE, a), (1 - SHARE, b))
    return "#" + "".join(f"{int(sum(share * int(c[i : i + 2], 16) for share, c in shares)):02x}" for i in (1, 3, 5))


@pytest.mark.parametrize("status", LOOKS)
def test_words_are_readable_in_every_theme(status):
    symbol, colour = LOOKS[status]
    html = Outcome("A check", status, 0, 1)._repr_html_()
    assert f"color-mix(in srgb, {colour} 33%, currentColor)" in html and f">{symbol} {status}<" in html
    assert "background" not in html and "<script" not in html
    for ground, text in THEMES:
        assert contrast(mixed(colour, text), ground) >= 4.5, (status, ground)


def test_bars_are_seen_in_light_and_dark():
    for _, colour in LOOKS.values():
        assert contrast(colour, "#ffffff") >= 3 and contrast(colour, "#111111") >= 3


@pytest.mark.parametrize(
    ("fraction", "points", "worth"),
    [(1, 1, "1 of 1 point"), (0.5, 1, "0.5 of 1 point"), (0.5, 3, "1.5 of 3 points"), (0, 0, "0 of 0 points")],
)
def test_points_are_told_in_words(fraction, points, worth):
    assert Outcome("A check", "passed", fraction, points).worth == worth


def test_points_have_four_digits():
    assert Outcome("A check", "partly passed", 1 / 3, 1).earned == 0.3333


def test_an_outcome_stays_as_it_was_judged():
    with pytest.raises(FrozenInstanceError):
        PARTLY.fraction = 1.0


def test_a_text_without_message_is_one_line(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    passed = Outcome("A check", "passed", 1, 2)
    assert str(passed) == repr(passed) == "✓ passed: A check (2 of 2 points)"
    assert str(NotPassed(passed)) == str(passed) and NotPassed(passed)._render_traceback_() == [str(passed)]


def test_of_several_reasons_the_first_is_shown():
    older = Outcome("A check", "passed", 1, 2, out_of_date=("first", "second"))
    assert str(older) == "✓ passed: A check (2 of 2 points)\n  ↻ out of date: first"
    assert "first" in older._repr_html_() and "second" not in older._repr_html_()
    assert older._repr_html_().count("margin-top") == 1


def test_pieces_of_html():
    assert as_block("") == "" and as_block("<b>x</b>") == '<div style="margin-top: 0.2em;"><b>x</b></div>'
    assert in_html("`a < b` and\n`c`, ``") == "<code>a &lt; b</code> and<br><code>c</code>, ``"
    assert in_colour("passed").endswith(">✓ passed</span>")
    assert in_colour("passed", "right & wrong").endswith(">✓ right &amp; wrong</span>")


# Judging


def answers(value):
    return lambda: value


def fails(error):
    def question():
        raise error

    return question


@pytest.mark.parametrize(
    ("question", "judged"),
    [
        (answers(None), ("passed", 1.0, 2, "")),
        (answers("well done"), ("passed", 1.0, 2, "well done")),
        (answers((1.0, "")), ("passed", 1.0, 2, "")),
        (answers((0.5, "half")), ("partly passed", 0.5, 2, "half")),
        (answers((0.01, "little")), ("partly passed", 0.01, 2, "little")),
        (answers((0.0, "nothing")), ("not passed", 0.0, 2, "nothing")),
        (fails(AssertionError("wrong")), ("not passed", 0.0, 2, "wrong")),
        (fails(AssertionError("a" * 4001)), ("not passed", 0.0, 2, "a" * 4000)),
        (fails(NoAnswer("not attempted", "to do")), ("not attempted", 0.0, 2, "to do")),
        (fails(NoAnswer("error", "ValueError")), ("not passed", 0.0, 2, "ValueError")),
        (fails(NoAnswer("broken", "no answer")), ("not passed", 0.0, 2, "no answer")),
        (
            fails(KeyError("x")),
            ("not judged", 0.0, 2, "This check could not be done (KeyError: 'x'). Please tell your instructor."),
        ),
    ],
    ids=range(12),
)
def test_a_question_is_judged_by_what_comes_of_it(question, judged):
    assert judge(question, 2) == judged


def test_settings_of_the_notebook_change_no_verdict():
    with np.errstate(divide="raise"), pytest.warns(RuntimeWarning, match="divide by zero"):
        assert judge(lambda: str(np.float64(1) / np.float64(0)), 2) == ("passed", 1.0, 2, "inf")
