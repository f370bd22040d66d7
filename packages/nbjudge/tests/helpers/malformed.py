"""Notebooks that are none, or hardly, by what is done to a right one."""

import json
from collections.abc import Callable
from typing import Any


def without(key):
    return lambda notebook: notebook.pop(key)


def with_metadata(**metadata):
    return lambda notebook: notebook["metadata"].update(metadata)


def with_cell(cell):
    return lambda notebook: notebook["cells"].append(cell)


def with_first(**changes):
    return lambda notebook: notebook["cells"][0].update(changes)


MALFORMED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no metadata": without("metadata"),
    "no cells": without("cells"),
    "no version": without("nbformat"),
    "cells that are none": lambda notebook: notebook.update(cells=None),
    "metadata that are none": lambda notebook: notebook.update(metadata=[]),
    "a version of another kind": lambda notebook: notebook.update(nbformat="4"),
    "an old version": lambda notebook: notebook.update(nbformat=3),
    "a language that is none": with_metadata(language=1),
    "a kernel that is none": with_metadata(kernelspec=7),
    "a cell that is none": with_cell(None),
    "a cell of nothing": with_cell({}),
    "a cell of no kind": with_cell({"cell_type": 7, "source": {}, "metadata": []}),
    "the same cell twice": lambda notebook: notebook["cells"].append(notebook["cells"][0]),
    "a source that is none": with_first(source=None),
    "an id that is none": with_first(id=[]),
    "marks that are none": with_first(metadata={"nbgrader": "yes"}),
    "outputs that are none": with_first(outputs=7),
    "half a character": with_first(source="\ud800"),
    "half a character in an id": with_first(id="\udfff"),
    "a long id": with_first(id="x" * 65),
    "an id with a command": with_first(id="\x1b[2J"),
    "an id of nothing": with_first(id=""),
    "an output of another kind": with_first(outputs=[{"output_type": "\x1b[31mevil", "text": 7}]),
    "an output that is none": with_first(outputs=[None, 7, []]),
    "a count that is none": with_first(execution_count="\x1b]0;x\x07"),
    "lines that are none": with_first(source=["first = 1\n", 7, None, {"x": []}]),
    "a kernel of numbers": with_metadata(kernelspec={"name": 7, "display_name": [], "language": {}}),
    "a kernel with a command": with_metadata(kernelspec={"name": "\x1b[2J\n"}),
    "a language of lists": with_metadata(language_info=[]),
    "widgets that are none": with_metadata(widgets=[1]),
    "an original version": with_metadata(orig_nbformat="x", orig_nbformat_minor=[]),
    "authors that are none": with_metadata(authors={"x": 1}, title=7),
    "tags that are none": with_first(metadata={"tags": 7, "name": 7, "collapsed": "x", "jupyter": []}),
    "numbers that are none": with_first(metadata={"x": float("inf"), "y": float("nan"), "z": 10**4000}),
    "marks of numbers": with_first(metadata={"nbgrader": {"grade_id": 7, "points": float("nan"), "grade": []}}),
    "pictures that are none": with_first(cell_type="markdown", attachments=[7]),
    "pictures of numbers": with_cell(
        {"cell_type": "markdown", "source": "x", "attachments": {"a": {"image/png": [7]}}}
    ),
    "pictures in pictures": with_cell(
        {"cell_type": "raw", "source": "x", "attachments": {"a": {"b": {"c": {}}}, "d": 7}}
    ),
    "an odd minor version": lambda notebook: notebook.update(nbformat_minor="5"),
    "a minor version to come": lambda notebook: notebook.update(nbformat_minor=10**18),
    "a null character": with_first(source="a\0b"),
    "worksheets": lambda notebook: notebook.update(nbformat=3, worksheets=[{"cells": notebook.pop("cells")}, 7, {}]),
    "worksheets that are none": lambda notebook: notebook.update(nbformat=3, worksheets=7),
    "cells of another kind": lambda notebook: notebook.update(cells={"a": 1}),
}
# The same for its text.
TEXTS: dict[str, Callable[[str], str | bytes]] = {
    "a mark of the byte order": lambda text: text.encode("utf-8-sig"),
    "another encoding": lambda text: text.encode("utf-16"),
    "bytes of no encoding": lambda text: text.encode() + b"\xff",
    "a number that is infinite": lambda text: with_more(text, "1e999"),
    "numbers that are none": lambda text: with_more(text, "[NaN, -Infinity]"),
    "a number without end": lambda text: with_more(text, "9" * 5000),
    "nested": lambda text: with_more(text, "[" * 500 + "]" * 500),
    "nested without end": lambda text: with_more(text, '{"a":' * 50_000 + "1" + "}" * 50_000),
    "keys that are there twice": lambda text: text.replace('"cells":', '"cells": 7, "metadata": [], "cells":', 1),
    "a control character": lambda text: with_more(text, '"\x1b[2J"'),
    "the end missing": lambda text: text[:-1],
    "a word": lambda text: '"\\u001b[31m"',
    "null": lambda text: "null",
    "nothing": lambda text: "",
}
MALFORMED |= TEXTS
# All others hold an honest text.
UNREADABLE = {
    "no version",
    "a version of another kind",
    "another encoding",
    "bytes of no encoding",
    "a number without end",
    "nested without end",
    "a control character",
    "the end missing",
    "a word",
    "null",
    "nothing",
}


def with_more(text: str, more: str) -> str:
    """A notebook's text with more in its metadata."""
    return text.replace('"metadata": {', f'"metadata": {{"more": {more}, ', 1)


def malformed(notebook: dict[str, Any], do: Callable[[Any], Any]) -> bytes:
    """The file of a notebook to which something was done."""
    notebook = json.loads(json.dumps(notebook))
    if do in TEXTS.values():
        text = do(json.dumps(notebook))
        return text if isinstance(text, bytes) else text.encode()
    do(notebook)
    return json.dumps(notebook).encode()
