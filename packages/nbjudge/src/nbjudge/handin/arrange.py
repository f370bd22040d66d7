"""Restores the file names that a hand-in should have: browsers, learning platforms and people rename and move files."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .cells import grade_ids
from .files import MAX_NOTEBOOK_BYTES, HandInError, plain_files, printable, read_files
from .notebook import read_submitted

# What is added to a name. Before it: a number of the learning platform or of the student, or "Copy of". After it: the
# number of a copy, or "copy" in some languages. At the end: a second ending.
_BEFORE = r"(?:(?:.*[_ ])?\d+[_-]|.*_assignsubmission_file_+|(?:copy of|kopie von|copie de|copia de) )?"
_AFTER = r"(?:[ _-]*\(\d{1,3}\)|[ _-]\d{1,3}|[ _-]+(?:copy|kopie|copie|copia)[ _-]?\d{0,3}){0,3}"
_ENDING = re.compile(r"(?P<ending>(?:\.[a-z0-9_]{1,10})?)(?:\.(?:zip|txt|json|download))?", re.IGNORECASE)
_NOTEBOOK = re.compile(r"(?P<stem>.*)\.ipynb(?:\.(?:txt|json))?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Arranged:
    """A hand-in, with the names that its files need.

    Attributes
    ----------
    notebooks : dict of str to str
        The paths of the notebooks in the hand-in, by their released names.
    added : dict of str to str
        Additional names of files, each with the path of the file in the hand-in.
    files : dict of str to bytes
        The files beside the notebooks, and helper notebooks, under all their names.
    remarks : list of str
        For student and instructor: which files got another name, and which were left out.
    """

    notebooks: dict[str, str]
    added: dict[str, str]
    files: dict[str, bytes]
    remarks: list[str]


def arrange(folder: Path, released: list[Path], ignore: Iterable[str] = ()) -> Arranged:
    """Read a hand-in, and find out which file is which.

    If a notebook is recognised under another name, or in a folder, the files beside it also get the names that they
    should have beside the released notebook. Each file keeps its own name, too.

    Parameters
    ----------
    folder : Path
        The folder that one student handed in for one assignment.
    released : list of Path
        The notebooks of the release.
    ignore : iterable of str
        Patterns of names of files that are left out.

    Raises
    ------
    HandInError
        The hand-in has too many files, or something that is not a plain file.
    """
    contents, remarks = read_files(folder, ignore)
    notebooks = {name: str(path.relative_to(folder)) for name, path in find_notebooks(folder, released).items()}
    files = _without_versions(folder, contents, released, set(notebooks.values()), remarks)
    added = _outside(files, notebooks)
    inside = {path: name for name, path in notebooks.items() if "/" in path}
    remarks += [f"{name} was found in the folder {PurePosixPath(path).parent}" for path, name in inside.items()]
    for name, meant in _renamed({**files, **{name: files[path] for name, path in added.items()}}, notebooks, remarks):
        added[name] = added.get(meant, meant)
    files |= {name: files[path] for name, path in added.items()}
    for name, path in _composed(files):
        added[name], files[name] = added.get(path, path), files[path]
    return Arranged(notebooks, added, files, [printable(remark) for remark in remarks])


def find_notebooks(folder: Path, released: list[Path]) -> dict[str, Path]:
    """Find the notebooks of a release in a hand-in, even if renamed. Subfolders are searched last.

    Returns
    -------
    dict of str to Path
        The notebooks that were found, by their names in the release.
    """
    found = {path.name: folder / path.name for path in released if (folder / path.name).exists()}
    missing = [path for path in released if path.name not in found]
    others = [path for path in notebooks_in(folder) if path not in found.values()] if missing else []
    if sum(path.stat().st_size for path in others) > MAX_NOTEBOOK_BYTES:  # reading them would take too long
        return found
    ids = {path: _grade_ids(path) for path in others}
    for release in missing:
        versions = [path for path in others if _is_version(ids[path], _grade_ids(release))]
        outside = [path for path in versions if path.parent == folder]
        if len(chosen := outside or versions) == 1:
            found[release.name] = chosen[0]
    return found


def notebooks_in(folder: Path) -> list[Path]:
    """The paths of all notebooks in a hand-in, also in subfolders; those outside of subfolders come first."""
    try:
        names = [name for name, _, _ in plain_files(folder) if _NOTEBOOK.fullmatch(name)]
    except HandInError:  # `accept` reports it
        return []
    return [folder / name for name in sorted(names, key=lambda name: (name.count("/"), name))]


def _without_versions(
    folder: Path, contents: dict[str, bytes], released: list[Path], chosen: set[str], remarks: list[str]
) -> dict[str, bytes]:
    """All files except the graded notebooks and other versions of them. Notebooks that remain are helpers."""
    others = [name for name in contents if _NOTEBOOK.fullmatch(name) and name not in chosen]
    files = {name: raw for name, raw in contents.items() if name not in chosen and name not in others}
    if sum(len(contents[name]) for name in others) > MAX_NOTEBOOK_BYTES:  # reading them would take too long
        remarks.append(f"{', '.join(others)} were left out, for they are too large together; clear their outputs")
        return files
    wanted = [_grade_ids(path) for path in released]
    helpers = [name for name in others if not any(_is_version(_grade_ids(folder / name), ids) for ids in wanted)]
    return files | {name: contents[name] for name in helpers}


def _outside(files: dict[str, bytes], notebooks: dict[str, str]) -> dict[str, str]:
    """Names without the folder for files that lie beside a graded notebook in a folder."""
    folders = {str(PurePosixPath(path).parent) + "/" for path in notebooks.values() if "/" in path}
    moved = {path.removeprefix(folder): path for folder in sorted(folders) for path in files if path.startswith(folder)}
    taken = {part for path in files for part in (path, *map(str, PurePosixPath(path).parents))} | notebooks.keys()
    return {name: path for name, path in moved.items() if name not in taken}


def _renamed(files: dict[str, bytes], notebooks: dict[str, str], remarks: list[str]) -> Iterable[tuple[str, str]]:
    """For files named after a renamed notebook, and for copies of such files: the right name and the present name."""
    candidates: dict[str, list[str]] = {}
    for released, path in notebooks.items():
        for name in sorted(files):
            meant = None if "/" in name else _meant(name, Path(released).stem, PurePosixPath(path).name)
            if meant and meant != name and meant not in notebooks:
                candidates.setdefault(meant, []).append(name)
    for meant, names in candidates.items():
        beside = [name for name in names if any(_stem(name) == _stem(path) for path in notebooks.values())]
        names = beside if len(beside) == 1 else names
        if meant in files:
            others = [name for name in names if files[name] != files[meant]]
            remarks += [f"{name} is not used, for there is {meant}, too" for name in others]
        elif len(names) == 1:
            remarks.append(f"{names[0]} is taken for {meant}")
            yield meant, names[0]
        else:
            remarks.append(f"none of {', '.join(names)} is taken for {meant}; give this name to the right one")


def _composed(files: dict[str, bytes]) -> Iterable[tuple[str, str]]:
    """Composed (NFC) names, as code uses them, for files that macOS gave decomposed (NFD) names, unless taken."""
    taken = {str(above) for path in files for above in PurePosixPath(path).parents}.union(files)
    for path in sorted(files):
        parts = [
            unicodedata.normalize("NFC", part) if unicodedata.is_normalized("NFD", part) else part
            for part in path.split("/")
        ]
        name, above = "/".join(parts), {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        if name not in taken and not above & files.keys():
            yield name, path
            taken |= above | {name}


def _meant(name: str, core: str, notebook: str) -> str | None:
    """The name that a file would have if the notebook beside it had its released name; `core` is its stem."""
    own = _stem(notebook)
    begins = [re.escape(own)] if own != core else []
    begins.append(f"{_BEFORE}{re.escape(core)}{_AFTER}")
    plain = unicodedata.normalize("NFC", name)
    for begin in begins:
        if found := re.fullmatch(f"(?:{unicodedata.normalize('NFC', begin)}){_ENDING.pattern}", plain, re.I | re.S):
            return core + found["ending"].lower()
    before, middle, after = own.partition(core)
    stem, ending = PurePosixPath(name).stem, PurePosixPath(name).suffix
    if middle and before + after and stem.startswith(before) and stem.endswith(after):
        inner = stem[len(before) : len(stem) - len(after)]
        return inner + ending if inner else None
    return None


def _stem(name: str) -> str:
    name = PurePosixPath(name).name
    found = _NOTEBOOK.fullmatch(name)
    return found["stem"] if found else PurePosixPath(name).stem


def _is_version(ids: set[str], released: set[str]) -> bool:
    """Whether a notebook has most of the nbgrader cells of a released one."""
    return len(released & ids) > len(released) / 2


def _grade_ids(path: Path) -> set[str]:
    try:
        return grade_ids(read_submitted(path))
    except HandInError:
        return set()
