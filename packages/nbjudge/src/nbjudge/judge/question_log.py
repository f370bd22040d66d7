"""What the test cells asked of a submission, and what it answered: the reasons for each mark."""

import hashlib
import json
from typing import Any

import numpy as np

from ..protocol.wire import MAX_DEPTH, take_out

TRANSCRIPT = ".transcript.zip"  # the ending of the file names of transcripts, beside the graded notebooks
# Replies beyond these limits are left out: to judge again, one must execute the submission again. The limits exist
# because the grading process holds the replies of a whole notebook in memory several times.
MAX_ARRAY_BYTES = 32 * 2**20  # of all answers
MAX_ARRAYS = 2000  # in the answers to one test cell
MAX_JSON = 2**19  # in the answers to one test cell
# Three levels surround a reply in a message: the message, the report on the test cell, and its list of questions.
MAX_REPLY_DEPTH = MAX_DEPTH - 3


class QuestionLog:
    """Records questions and answers of each test cell.

    Attributes
    ----------
    cells : int
        How many of the student's cells have run so far; questions are about the variables that these cells left.
    """

    def __init__(self) -> None:
        self.cells = 0
        self._bytes = 0
        self._clear()

    def note(self, question: str, arguments: dict[str, Any], reply: dict[str, Any], key: str) -> bool:
        """Record one question and its reply. Return whether there was room for the reply."""
        entry = {"question": question, "key": key, "arguments": outline(arguments)}
        taken = self._takes(reply)
        self._asked.append(entry | (reply if taken else {}))
        return taken

    def note_seed(self, purpose: str, seed: int) -> None:
        """Record a seed."""
        self._seeds[purpose] = f"{seed:032x}"

    def take(self) -> dict[str, Any]:
        """What was recorded since the last call, if anything: questions (``asked``), and ``seeds`` by purpose."""
        noted = {"asked": self._asked, "seeds": self._seeds} if self._asked or self._seeds else {}
        self._clear()
        return noted

    def _clear(self) -> None:
        self._asked: list[dict[str, Any]] = []
        self._seeds: dict[str, str] = {}
        self._arrays = self._json = 0

    def _takes(self, reply: dict[str, Any]) -> bool:
        arrays: list[np.ndarray] = []
        body = take_out(reply, arrays)
        if _depth(body) > MAX_REPLY_DEPTH:
            return False
        self._json += len(json.dumps(body))
        self._arrays += len(arrays)
        size = sum(array.nbytes for array in arrays)
        if self._json > MAX_JSON or self._arrays > MAX_ARRAYS or self._bytes + size > MAX_ARRAY_BYTES:
            return False
        self._bytes += size
        return True


def _depth(value: Any) -> int:
    """How deep lists and objects are nested."""
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_depth, value.values() if isinstance(value, dict) else value), default=0)


def key_of(cells: int, question: str, arguments: dict[str, Any]) -> str:
    """SHA-256 of a question, its arguments, and the number of the student's cells that ran before it."""
    arrays: list[np.ndarray] = []
    digest = hashlib.sha256(json.dumps([cells, question, take_out(arguments, arrays)], sort_keys=True).encode())
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.data)
    return digest.hexdigest()


def outline(value: Any) -> Any:
    """A value in which each array is replaced by its dtype and shape, such as ``float32 (8, 1, 32, 64)``."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    if isinstance(value, dict):
        return {key: outline(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [outline(item) for item in value]
    return value
