"""Bounds the time that formgrader and the feedback take to show code and outputs of a graded notebook."""

from nbconvert.filters import Highlight2HTML, ansi2html
from nbconvert.preprocessors import HighlightMagicsPreprocessor
from nbformat import NotebookNode

from .remarks import add_remarks
from .room import REMARK, NoRoomError, Room

MAX_CODE = 100_000  # characters; with longer input, it takes longer to interrupt a lexer
MAX_OUTPUTS = 2000
MAX_REMARKS = 50
MAX_MARK = 1000  # characters
_FRAME = "<" * 10  # stands for the tags that nbconvert puts around an output


def make_showable(nb: NotebookNode) -> None:
    """Change a graded notebook in place, so that what takes too long to show becomes plain text.

    The messages of tests get room first, then code and outputs in their order. If there is no room for the code, all of
    it is shown without colours, and code that is longer than any human would read is cut. This changes neither what was
    executed nor what was handed in. Each output gets room separately.

    Nothing that decides the points is changed.
    """
    room = Room()
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    for cell in cells:
        for output in cell.outputs:
            _bound_message(output, room)
    _bound_code(nb, [cell for cell in cells if not _says(cell, "locked")], room)
    count = 0
    for cell in cells:
        is_test = _says(cell, "grade")
        if not is_test and count + len(cell.outputs) > MAX_OUTPUTS:
            room.exceeded, cell.outputs = True, cell.outputs[: max(0, MAX_OUTPUTS - count)]
        count += len(cell.outputs)
        for output in cell.outputs:
            if not is_test or not _is_mark(output):
                _bound_output(output, room)
    if room.exceeded:
        add_remarks(nb, [REMARK])
    if len(remarks := nb.metadata.get("grading", {}).get("remarks", [])) > MAX_REMARKS:
        remarks[MAX_REMARKS:] = [f"and {len(remarks) - MAX_REMARKS} more"]


def _says(cell: NotebookNode, key: str) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get(key))


def _is_mark(output: NotebookNode) -> bool:
    """Whether nbgrader may read points in the output of a test cell."""
    return output.output_type == "execute_result" and len(output.data["text/plain"]) <= MAX_MARK


def _bound_message(output: NotebookNode, room: Room) -> None:
    """Remove the message of a test if there is no room for it; its points are in another text."""
    message = output.get("data", {}).get("text/html")
    if message is not None and not _fits(message, room):
        del output.data["text/html"]


def _bound_code(nb: NotebookNode, cells: list[NotebookNode], room: Room) -> None:
    language = nb.metadata.get("language_info", {})
    highlight = Highlight2HTML(pygments_lexer=language.get("pygments_lexer", language.get("name")))
    magics = HighlightMagicsPreprocessor()
    try:
        if sum(len(cell.source) for cell in cells) > MAX_CODE:
            raise NoRoomError
        for cell in cells:
            with room.spending():
                magic = magics.which_magic_language(cell.source)
                room.take(highlight(cell.source, metadata={"magics_language": magic} if magic else {}))
    except NoRoomError:
        room.exceeded = True
        nb.metadata["language_info"] = NotebookNode(name="python", pygments_lexer="text")
        for cell in cells:
            cell.source = room.cut(cell.source)


def _bound_output(output: NotebookNode, room: Room) -> None:
    match output.output_type:
        case "stream":
            output.text = _bounded_text(output.text, room)
        case "error":
            output.evalue = _bounded_text(output.evalue, room)
            output.traceback = [_bounded_text(line, room) for line in output.traceback]
        case _:
            output.data["text/plain"] = _bounded_text(output.data["text/plain"], room)
    for mime in ("image/png", "image/jpeg"):
        if mime in output.get("data", {}) and not _fits("", room, pictures=len(output.data[mime])):
            del output.data[mime]


def _bounded_text(text: str, room: Room) -> str:
    try:
        with room.spending():
            room.take(_FRAME + ansi2html(text))
    except NoRoomError:
        return room.cut(text.replace("\x1b", ""))
    return text


def _fits(page: str, room: Room, **other: int) -> bool:
    try:
        room.take(page, **other)
    except NoRoomError:
        room.exceeded = True
        return False
    return True
