"""Makes students' texts harmless: their Markdown gives text, formulas, links and pasted pictures, and nothing else.

Formgrader shows these texts with the grader's rights, on the same origin as its own pages, which change marks. Even a
picture can do harm there: the browser fetches its address at once, and some of formgrader's addresses run code.
"""

import base64
import binascii
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote

import numpy as np
from bs4 import BeautifulSoup
from nbconvert.filters import strip_files_prefix
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from ..judge.outputs import is_image
from .formulas import has_formulas, is_listed, spelt_out
from .room import NoRoomError, Room

MAX_RENDERED = 10_000  # characters; a longer text can't be read at once, and is shown as code

_ADDRESS = r"(?:https?://\w|mailto:|#)"
# Finds tags, pictures, links without words, and addresses. A space after each match turns it into ordinary text.
_ACTIVE = re.compile(
    r"<(?=[a-z/!?])"
    r"|!(?=\[)(?!\[[^][\\`$<>\n]*\]\(attachment:picture-\d+\))"
    r"|(?<=\[)\](?=\((?!attachment:picture-\d))"
    rf"|\](?=[(:])(?!\(attachment:picture-\d|\({_ADDRESS}|:[ ]?{_ADDRESS})",
    re.IGNORECASE,
)
_PASTED = re.compile(r"!\[([^][\\`$<>\n]*)\]\(<?attachment:([^][\\<>()\n]*)>?\)")
# Pictures in HTML, as front ends write them when somebody changes their size; and the source of such a picture.
_HTML_PICTURE = re.compile(r"<img\s((?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*)>(?:\s*+</img>)?", re.IGNORECASE)
_HTML_SOURCE = re.compile(r"\bsrc\s*=\s*[\"']?((?:attachment|data):[^\"'\s]++)", re.IGNORECASE)
# Pictures within the text, as Colab pastes them, and pictures that are defined at the end, as in Google Docs.
_DATA = r"<?data:image/([\w.+-]++);base64,([A-Za-z0-9+/=%\s]*+)>?"
_INLINE = re.compile(rf"!\[([^][\\`$<>\n]*+)\]\({_DATA}(?:\"[^\"\n]*+\")?\)", re.IGNORECASE)
_NAMED = re.compile(r"!\[([^][\\`$<>\n]*+)\]\[([^][\\`$<>\n]*+)\]")
_REFERENCE = re.compile(
    r"(?m)^\[([^][\\`$<>\n]++)\]:[ \t]*+<?data:image/([\w.+-]++);base64,([A-Za-z0-9+/=%]*+)>?[ \t]*+$"
)
# The tags and attributes that nbconvert generates from Markdown.
_TAGS = re.compile(
    r"a|blockquote|br|code|dd|del|div|dl|dt|em|h[1-6r]|img|input|li|ol|p|pre|span|strong|table|tbody|t[dhr]|thead|ul"
)
_ATTRIBUTES = {
    **dict.fromkeys(("alt", "checked", "class", "disabled", "id", "start", "title"), re.compile("")),
    "href": re.compile(_ADDRESS, re.IGNORECASE),
    "src": re.compile("data:image/(png|jpeg);base64,"),
    "style": re.compile(r"text-align:\w+$"),
    "type": re.compile("checkbox$"),
}


def inactive(
    text: str, attachments: Any, fields: Collection[str] = (), room: Room | None = None
) -> tuple[str, dict[str, dict[str, str]]]:
    """A harmless version of a student's text, and the pictures in it.

    Parameters
    ----------
    text : str
        Markdown.
    attachments : any
        The pictures that were pasted into the text, in the format of notebooks; may be malformed.
    fields : collection of str
        Ids that no heading may have, because formgrader finds its own fields by these ids.
    room : Room, optional
        The remaining budget of the notebook.

    Returns
    -------
    text : str
        The text, in which HTML, pictures from elsewhere, doubtful addresses and doubtful macros in formulas are shown
        as source. If that is not enough, or if there is no room for nbconvert's result, the whole text is one block of
        code.
    attachments : dict
        Verified PNG and JPEG pictures, under new names.
    """
    room = room or Room()
    try:
        with room.spending():
            text, attachments = _with_pictures_apart(text, attachments)
            if len(text) <= MAX_RENDERED:
                return _inactive(text, attachments, fields, room)
    except NoRoomError:
        pass
    return as_code(room.cut(text)), {}


def as_code(text: str) -> str:
    """Markdown that shows a text letter by letter, in lines of a bounded length."""
    # Split lines exactly where Markdown does.
    lines = re.split(r"\r\n|\r|\n", re.sub(r".{100,119} |.{120}", "\\g<0>\n", text))
    return "\n".join(f"    {line}" for line in lines)


def _inactive(
    text: str, attachments: Any, fields: Collection[str], room: Room
) -> tuple[str, dict[str, dict[str, str]]]:
    names: dict[str, str] = {}
    pictures: dict[str, dict[str, str]] = {}
    for name, content in _verified(attachments).items():
        picture = f"picture-{len(pictures)}"
        names[name], pictures[picture] = picture, content
    text = _PASTED.sub(lambda found: _renamed(found, names), text)
    text = _ACTIVE.sub(r"\g<0> ", text)
    shown = next((version for version in (text, spelt_out(text)) if _is_plain(version, pictures, fields, room)), None)
    return (as_code(room.cut(text)) if shown is None else shown), pictures


def _with_pictures_apart(text: str, attachments: Any) -> tuple[str, dict[str, Any]]:
    """The text with all pasted pictures as attachments, however they were pasted. They are not verified here."""
    pictures = dict(attachments) if isinstance(attachments, dict) else {}

    def pasted(kind: str, content: str) -> str:
        name = f"pasted-{len(pictures)}"
        pictures[name] = {f"image/{kind.lower().replace('jpg', 'jpeg')}": unquote(content)}
        return name

    def in_markdown(found: re.Match[str]) -> str:
        source = _HTML_SOURCE.search(found[1])
        return f"![]({source[1]})" if source else found[0]

    text = _HTML_PICTURE.sub(in_markdown, text)
    text = _INLINE.sub(lambda found: f"![{found[1]}](attachment:{pasted(found[2], found[3])})", text)
    named = {found[1]: pasted(found[2], found[3]) for found in _REFERENCE.finditer(text)}
    if named:
        text = _NAMED.sub(
            lambda found: f"![{found[1]}](attachment:{named[found[2]]})" if found[2] in named else found[0],
            _REFERENCE.sub("", text),
        )
    return text, pictures


def _renamed(reference: re.Match[str], names: dict[str, str]) -> str:
    """The reference to a pasted picture, with its new name. Front ends write the old name plain or URL-encoded."""
    name = next((names[name] for name in (reference[2], unquote(reference[2])) if name in names), None)
    return f"![{reference[1]}](attachment:{name})" if name else reference[0]


def _is_plain(text: str, pictures: dict[str, dict[str, str]], fields: Collection[str], room: Room) -> bool:
    """Whether nbconvert makes only text, formulas, links and these pictures of a text; if so, take room for it."""
    shown = sum(
        text.count(f"(attachment:{name})") * len(raw) for name, content in pictures.items() for raw in content.values()
    )
    room.take(pictures=shown)
    try:
        page = strip_files_prefix(MarkdownWithMath(IPythonRenderer(escape=False, attachments=pictures)).render(text))
    except Exception:
        # Whatever the error is, formgrader and the feedback could not show the text either.
        return False
    elements = BeautifulSoup(page, "html.parser")
    if not all(
        _TAGS.fullmatch(element.name)
        and element.get("id") not in fields
        and all(name in _ATTRIBUTES and _ATTRIBUTES[name].match(str(value)) for name, value in element.attrs.items())
        for element in elements.find_all(True)
    ):
        return False
    for code in elements.find_all(["pre", "code"]):  # MathJax reads everything else
        code.clear()
    read = elements.get_text()
    if has_formulas(read) and not is_listed(read):
        return False
    room.take(page, formulas=len(read) * has_formulas(read))
    return True


def _verified(attachments: Any) -> dict[str, dict[str, str]]:
    """The pictures pasted into a cell that really have the type that they claim, encoded again."""
    verified: dict[str, dict[str, str]] = {}
    for name, content in (attachments if isinstance(attachments, dict) else {}).items():
        for mime, picture in (content if isinstance(content, dict) else {}).items():
            try:
                raw = base64.b64decode(picture)
            except (TypeError, ValueError, binascii.Error):
                continue
            image_format = {"image/png": "PNG", "image/jpeg": "JPEG"}.get(mime)
            if image_format and is_image(np.frombuffer(raw, np.uint8), image_format):
                verified.setdefault(name, {})[mime] = base64.b64encode(raw).decode()
    return verified
