"""What `make docs` adds to the pages of this folder: pages from elsewhere in the repository, and the API reference.

See ``hooks`` in mkdocs.yml.
"""

import logging
import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

REPOSITORY = Path(__file__).resolve().parents[1]
# Pages that lie elsewhere in the repository, by their names in the site.
ELSEWHERE = {
    "index.md": "README.md",
    "nbjudge.md": "packages/nbjudge/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changes.md": "CHANGELOG.md",
}
PACKAGES = {"nbjudge": REPOSITORY / "packages/nbjudge/src/nbjudge", "course_utils": REPOSITORY / "course_utils"}
NOT_SHOWN = {"instructor"}  # studies, whose results are in threshold.md
_LOG = logging.getLogger("mkdocs.hooks")  # warnings of which fail a strict build
_MODULE = re.compile(r"`((?:nbjudge|course_utils|benchmarks/|[\w/]*/test_)[\w/]*\.py)`")
_LINK = re.compile(r"(?P<text>\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<path>[^)#:\s]+)(?P<anchor>#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the reference into the navigation."""
    config.nav.append({"Reference": [{name: path} for path, (name, _) in _reference().items()]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not in this folder."""
    for path, origin in ELSEWHERE.items():
        files.append(File.generated(config, path, content=(REPOSITORY / origin).read_text("utf-8")))
    for path, (_, content) in _reference().items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links between files of the repository lead to the pages of the site; of other files only the text stays.

    A link to a file that is not there is left as it is, and fails the build; so does the name of a module that is gone.
    """
    for name in _MODULE.findall(markdown):
        if not any((folder / name).is_file() for folder in (REPOSITORY, PACKAGES["nbjudge"].parent)):
            _LOG.warning("'%s' names %s, which is not there", page.file.src_uri, name)
    origin = PurePosixPath(ELSEWHERE.get(page.file.src_uri, f"docs/{page.file.src_uri}"))
    pages = {target: path for path, target in ELSEWHERE.items()}

    def link(found: re.Match[str]) -> str:
        target = os.path.normpath(origin.parent / found["path"])
        if not (REPOSITORY / target).exists():
            return found[0]
        shown = pages.get(target) or (target.removeprefix("docs/") if target.startswith("docs/") else None)
        if shown is None:
            return found["text"][1:-1]
        here = PurePosixPath(page.file.src_uri).parent
        return f"{found['text']}({os.path.relpath(shown, here)}{found['anchor'] or ''})"

    return _LINK.sub(link, markdown)


def _reference() -> dict[str, tuple[str, str]]:
    """The pages of the reference: name and content by path, one for each folder of a package."""
    found = {}
    for package, folder in PACKAGES.items():
        rooms = sorted(path.parent.name for path in folder.glob("*/__init__.py"))
        for room in [""] + [room for room in rooms if room not in NOT_SHOWN]:
            name = f"{package}.{room}" if room else package
            modules = sorted((folder / room).rglob("*.py") if room else folder.glob("*.py"))
            directives = [_directive(package, path.relative_to(folder)) for path in modules]
            found[f"reference/{name}.md"] = name, "\n".join([f"# `{name}`\n", *filter(None, directives)])
    return found


def _directive(package: str, path: Path) -> str:
    parts = path.with_suffix("").parts
    if parts[-1] in {"__main__", "sitecustomize"}:
        return ""
    name = ".".join([package, *parts]).removesuffix(".__init__")
    return f"::: {name}\n"
