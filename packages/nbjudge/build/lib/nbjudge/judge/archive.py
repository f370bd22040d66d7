"""JSON with arrays in one file: a zip of ``content.json`` and of each array as ``arrays/K.npy``.

Whoever wants to look into one needs nothing but ``unzip`` and ``numpy.load``. Equal content gives equal bytes.
"""

import io
import json
import zipfile
from typing import Any

import numpy as np

from ..protocol.wire import put_back, take_out

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can tell; the real one would make equal content differ


class ArchiveError(ValueError):
    """A file is not what `pack` wrote."""


def pack(content: Any) -> bytes:
    """Write JSON in which NumPy arrays may stand anywhere.

    Raises
    ------
    TypeError
        It holds something else.
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
        It is damaged, or something else.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            content = json.loads(archive.read("content.json"))
            count = sum(name.startswith("arrays/") for name in archive.namelist())
            arrays = [
                np.load(io.BytesIO(archive.read(f"arrays/{number}.npy")), allow_pickle=False) for number in range(count)
            ]
        return put_back(content, dict(enumerate(arrays)))
    except Exception as error:
        # zipfile, json and NumPy raise a dozen kinds of error for other bytes; here they are all one.
        raise ArchiveError(f"this is no archive of ours: {error}") from error


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
