"""The rooms of the engine import one another as `docs/architecture.md` says, and nothing of this course."""

import ast
from pathlib import Path

import nbjudge
import pytest

ENGINE = Path(nbjudge.__file__).parent
EVERY = frozenset(path.name for path in ENGINE.iterdir() if (path / "__init__.py").exists())
MAY_IMPORT = {
    "protocol": set(),
    "ask": set(),
    "student": {"protocol"},
    "sandbox": set(),
    "judge": {"protocol", "sandbox", "run"},
    "run": {"protocol", "sandbox", "judge"},
    "handin": {"run", "judge"},
    "lms": {"handin"},
    "feedback": {"handin"},
    "plugin": EVERY - {"commands"},
    "commands": EVERY,
}
MODULES = sorted(path.relative_to(ENGINE) for path in ENGINE.glob("*/**/*.py"))


def imported(path):
    """Absolute names of the modules that a file imports, wherever in it."""
    package = ["nbjudge", *path.parent.parts]
    for node in ast.walk(ast.parse((ENGINE / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def test_each_room_is_on_the_list():
    assert MAY_IMPORT.keys() == EVERY


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_room_imports_only_what_it_may(path):
    room = path.parts[0]
    names = list(imported(path))
    rooms = {name.split(".")[1] for name in names if name.startswith("nbjudge.")} & EVERY
    assert rooms - {room} <= MAY_IMPORT[room]
    others = {name.partition(".")[0] for name in names}
    assert "course_utils" not in others and "torch" not in others
    assert room == "plugin" or "nbgrader" not in others
