"""What a check shows: HTML for every theme, and a text that says the same where there is no HTML."""

import re

import pytest
from nbjudge.ask import Outcome
from nbjudge.ask.check import LOOKS, SHARE, NotPassed

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
