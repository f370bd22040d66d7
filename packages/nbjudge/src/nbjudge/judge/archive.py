"""JSON with arrays in one file: a zip of ``content.json`` and of each array as ``arrays/K.npy``.

To look into such a file, ``unzip`` and ``numpy.load`` are enough. Equal content gives equal bytes.
"""

import io
import json
import zipfile
from typing import Any

import numpy as np

from ..protocol.wire import put_back, take_out, whole_text

_DATE = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold; with the real date, equal content would differ


class ArchiveError(ValueError):
    """A file is not what `pack` wrote."""


def pack(content: Any) -> bytes:
    """Pack JSON in which any value may be a NumPy array.

    Raises
    ------
    TypeError
        The content holds something other than JSON and arrays.
    """
    arrays: list[np.ndarray] = []
    text = json.dumps(take_out(content, arrays), indent=1, sort_keys=True)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(_entry("content.json"), text)
        for number, array in enumerate(arrays):
            file = io.BytesIO()
            np.save(file, array, allow_pickle=False)
            archive.writestr(_entry(f"arrays/{number}.npy"), file.getvalue())
    return packed.getvalue()


def unpack(packed: bytes) -> Any:
    """Read what `pack` wrote.

    Raises
    ------
    ArchiveError
        The bytes are damaged, or were not written by `pack`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            content = json.loads(archive.read("content.json"))
            count = sum(name.startswith("arrays/") for name in archive.namelist())
            arrays = [
                np.load(io.BytesIO(archive.read(f"arrays/{number}.npy")), allow_pickle=False) for number in range(count)
            ]
        return put_back(whole_text(content), dict(enumerate(arrays)))
    except Exception as error:
        # zipfile, json and NumPy raise a dozen kinds of error for wrong bytes; here all mean the same.
        raise ArchiveError(f"this is no archive of ours: {error}") from error


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
