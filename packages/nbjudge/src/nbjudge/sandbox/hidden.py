"""Finds installed packages that students must not see: an instructor's package may hold solutions."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

ENGINE = __name__.partition(".")[0]


@dataclass(frozen=True)
class Hidden:
    """The packages and folders that a course hides from the sandbox.

    Attributes
    ----------
    packages : tuple of str
        Import names of installed packages; see `hidden_files`.
    folders : tuple of Path
        Folders of this machine, such as the course folder. They might lie in a folder that the sandbox shows.
    """

    packages: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()


NOTHING_MORE = Hidden()


def hidden_files(site_packages: Path, packages: Collection[str]) -> list[str]:
    """The modules in ``site-packages`` that student code must not read.

    Parameters
    ----------
    site_packages : Path
        The folder of installed packages.
    packages : collection of str
        Import names. Everything installed together with one of them is hidden, too. This engine is always hidden.

    Returns
    -------
    list of str
        Names of files and folders in ``site-packages``, sorted.
    """
    wanted = {name.partition(".")[0] for name in packages} | {ENGINE}
    names = wanted | {f"{name}.py" for name in wanted}
    for top in _installed(site_packages).top_level:
        if top & names:
            names |= top
    return sorted(name for name in names if (site_packages / name).exists())


def development_folders(site_packages: Path) -> list[Path]:
    """The folders of projects that are installed in development mode, see PEP 610."""
    return list(_installed(site_packages).development)


@dataclass(frozen=True)
class _Installed:
    """What is installed in a folder: top-level names by distribution, and folders of projects in development."""

    top_level: tuple[frozenset[str], ...]
    development: tuple[Path, ...]


def _installed(site_packages: Path) -> _Installed:
    # Each sandbox asks, and reading the lists of some 200 distributions takes 0.7 s.
    return _read_installed(site_packages, site_packages.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read_installed(site_packages: Path, changed: int) -> _Installed:
    """Read what is installed; `changed` is when the folder was changed last, as far as is known."""
    found = list(distributions(path=[str(site_packages)]))
    folders = {folder for distribution in found if (folder := _development(distribution))}
    return _Installed(tuple(frozenset(_top_level(one)) for one in found), tuple(sorted(folders)))


def _top_level(distribution: Distribution) -> Iterator[str]:
    """The top-level names that a distribution has in ``site-packages``, without its metadata."""
    for file in distribution.files or ():
        first = PurePosixPath(file).parts[0]
        if first != ".." and not first.endswith((".dist-info", ".egg-info")) and first != "__pycache__":
            yield first


def _development(distribution: Distribution) -> Path | None:
    try:
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        if origin.get("dir_info", {}).get("editable"):
            return Path(unquote(urlsplit(origin["url"]).path))
    except (ValueError, KeyError, AttributeError, TypeError):  # pip has written no valid direct_url.json
        pass
    return None
