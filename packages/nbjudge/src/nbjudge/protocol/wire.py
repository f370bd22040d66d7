"""Messages between two processes that need not trust each other.

A message is one JSON value in which any value may be a NumPy array. On the wire it is a frame::

    4 bytes   length of the header, big-endian
    header    UTF-8 JSON: {"body": ..., "arrays": [{"dtype": "<f4", "shape": [8, 1]}, ...]}
    buffers   the arrays' bytes in C order, one after the other

In the body, ``{"$array": k}`` stands for an array; each array has exactly one place. Nothing is evaluated or unpickled.
Every size is checked before memory is allocated for it, and the depth of nesting is checked before JSON is parsed.
"""

import json
import math
import re
import socket
import struct
import time
from contextlib import suppress
from typing import Any

import numpy as np

DTYPES = ("|b1", "|u1", "<i4", "<i8", "<f4", "<f8")
MAX_HEADER_BYTES = 16 * 2**20
# Of JSON outside of strings. There, one byte may become fifty bytes in memory, as in [[],[],[],
MAX_STRUCTURE_BYTES = 2**20
MAX_DEPTH = 32  # of nested lists and objects; the code that reads, copies and keeps messages is recursive
MAX_ARRAYS = 4096
MAX_ARRAY_BYTES = 256 * 2**20
MAX_DIMENSIONS = 8

SCALARS = {type(None), bool, int, float, str}
_LENGTH = struct.Struct(">I")
_INNERMOST = re.compile(rb"[\[{][^][{}]*[]}]")
# The group is possessive, because a string may hold millions of escapes, and the matcher would store each of them for
# backtracking. Python 3.11.0 to 3.11.4 resets a possessive group wrongly (gh-106052). This does no harm here: it only
# changes how a backslash at the very end is read.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)


class WireError(Exception):
    """The other side sent something that isn't a message, or went away."""


class Timeout(WireError):
    """The other side did not answer in time."""


class Wire:
    """One end of a connected stream socket.

    Parameters
    ----------
    sock : socket.socket
        A connected stream socket, which the wire owns from now on.
    max_array_bytes : int
        The most bytes of arrays that are accepted in one message.
    """

    def __init__(self, sock: socket.socket, max_array_bytes: int = MAX_ARRAY_BYTES) -> None:
        self._socket = sock
        self._max_array_bytes = max_array_bytes

    def send(self, message: Any, timeout: float | None = None) -> None:
        """Send one message.

        Parameters
        ----------
        message : JSON value, arrays allowed
            Arrays need a dtype of `DTYPES` in either byte order.
        timeout : float, optional
            Seconds until the other side must have taken the message.

        Raises
        ------
        TypeError
            The message holds something that is neither JSON nor such an array.
        WireError
            The other side is gone, or does not read.
        """
        arrays: list[np.ndarray] = []
        try:
            body = take_out(message, arrays)
            specs = [{"dtype": array.dtype.str, "shape": array.shape} for array in arrays]
            text = _ENCODER.encode({"body": body, "arrays": specs})
        except (ValueError, RecursionError) as error:
            raise TypeError(f"not a message: {error}") from error
        header = text.encode("utf-8", "replace")
        if reason := _refusal(header):
            raise TypeError(reason)
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            pieces: list[bytes | memoryview] = [_LENGTH.pack(len(header)) + header]
            # Empty arrays are not sent: the other side may already have read the whole message and be gone.
            pieces += [array.reshape(-1).view(np.uint8).data for array in arrays if array.size]
            for piece in pieces:
                self._socket.settimeout(_left(deadline))
                self._socket.sendall(piece)
        except TimeoutError as error:
            raise Timeout("the other side does not read") from error
        except OSError as error:
            raise WireError(f"the other side is gone ({error})") from error

    def receive(self, timeout: float | None = None) -> Any:
        """Receive one message.

        Parameters
        ----------
        timeout : float, optional
            Seconds until the whole message must be here.

        Returns
        -------
        JSON value, arrays allowed
            Arrays are writable copies.

        Raises
        ------
        WireError
            The data is not a message or is larger than allowed, or the other side is gone.
        Timeout
            The message was not complete in time.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
        if length > MAX_HEADER_BYTES:
            raise WireError(f"message too long: {length} bytes of text")
        text = self._read(length, deadline)
        if reason := _refusal(text):
            raise WireError(reason)
        try:
            header = _DECODER.decode(text.decode())
            specs = [_array_spec(spec) for spec in header["arrays"]]
            body = header["body"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise WireError(f"not a message: {error}") from error
        total = sum(math.prod(shape) * dtype.itemsize for dtype, shape in specs)
        if len(specs) > MAX_ARRAYS or total > self._max_array_bytes:
            raise WireError(f"message too large: {len(specs)} arrays, {total} bytes")
        if not specs and b"$array" not in text and b"\\u" not in text:
            return body  # nothing to put back, and no escape that spells "$array" or half a surrogate pair
        arrays = [self._read_array(dtype, shape, deadline) for dtype, shape in specs]
        try:
            return put_back(body if b"\\u" not in text else whole_text(body), dict(enumerate(arrays)))
        except (ValueError, TypeError, RecursionError) as error:
            raise WireError(f"not a message: {error}") from error

    def close(self) -> None:
        """Hang up, also for other processes that have this end open."""
        with suppress(OSError):  # the other side has hung up already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _read_array(self, dtype: np.dtype, shape: tuple[int, ...], deadline: float | None) -> np.ndarray:
        array = np.empty(shape, dtype)
        self._read_into(array.reshape(-1).view(np.uint8).data, deadline)
        # In a bool array, a byte other than 0 and 1 would make NumPy misbehave later.
        return np.asarray(array.view(np.uint8) != 0) if dtype == np.bool_ else array

    def _read(self, size: int, deadline: float | None) -> bytearray:
        buffer = bytearray(size)
        self._read_into(memoryview(buffer), deadline)
        return buffer

    def _read_into(self, view: memoryview, deadline: float | None) -> None:
        while len(view):
            if deadline is not None and deadline <= time.monotonic():
                raise Timeout("no answer in time")
            try:
                self._socket.settimeout(_left(deadline))
                count = self._socket.recv_into(view)
            except TimeoutError as error:
                raise Timeout("no answer in time") from error
            except OSError as error:
                raise WireError(f"the other side is gone ({error})") from error
            if count == 0:
                raise WireError("the other side is gone")
            view = view[count:]


class Ready(list[Any]):
    """A list that is ready to be sent: it was made of JSON values alone, so `take_out` does not look at them."""


def take_out(value: Any, arrays: list[np.ndarray]) -> Any:
    """Replace the arrays in a value by ``{"$array": k}`` and collect them."""
    if type(value) in SCALARS or type(value) is Ready:
        return value
    if isinstance(value, list | tuple):  # most values lie in long lists: for those that are plain, no call is made
        return [item if type(item) in SCALARS else take_out(item, arrays) for item in value]
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<")).reshape(value.shape)
        if array.dtype.str not in DTYPES:
            raise TypeError(f"arrays of dtype {value.dtype} can't be sent")
        arrays.append(array)
        return {"$array": len(arrays) - 1}
    if isinstance(value, dict):
        if "$array" in value or not all([isinstance(key, str) for key in value]):
            raise TypeError("keys must be strings")
        return {key: item if type(item) in SCALARS else take_out(item, arrays) for key, item in value.items()}
    if isinstance(value, int | float | str):
        return value
    raise TypeError(f"values of type {type(value).__name__} can't be sent")


def put_back(value: Any, arrays: dict[int, np.ndarray]) -> Any:
    """Put each array, by its number, in the place that `take_out` left for it.

    Raises
    ------
    ValueError
        A place refers to an array that does not exist, or that was already put in another place.
    """
    if isinstance(value, dict):
        if "$array" in value:
            index = value["$array"]
            if len(value) != 1 or type(index) is not int or index not in arrays:
                raise ValueError("reference to an array that isn't there, or is elsewhere")
            return arrays.pop(index)
        return {key: item if type(item) in SCALARS else put_back(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [item if type(item) in SCALARS else put_back(item, arrays) for item in value]
    return value


def whole_text(value: Any) -> Any:
    """A value whose text can be written as UTF-8: JSON's escapes can spell half a surrogate pair, which can't."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {whole_text(key): whole_text(item) for key, item in value.items()}
    return [whole_text(item) for item in value] if isinstance(value, list) else value


def _refusal(header: bytes | bytearray) -> str | None:
    """Why a header is too long or too deep to be parsed; None if it is not."""
    if len(header) > MAX_HEADER_BYTES:
        return f"message too long: {len(header)} bytes of text, at most {MAX_HEADER_BYTES}"
    if len(header) <= MAX_STRUCTURE_BYTES and header.count(b"[") + header.count(b"{") <= MAX_DEPTH:
        return None  # most messages are short, and too few lists and objects are never too deep
    structure: bytes | bytearray = _structure(header)
    if len(structure) > MAX_STRUCTURE_BYTES:
        return f"message too long: {len(structure)} bytes of JSON beside its strings, at most {MAX_STRUCTURE_BYTES}"
    removed, passes = 1, 0
    while removed and passes < MAX_DEPTH:  # each pass takes away the innermost lists and objects
        structure, removed = _INNERMOST.subn(b"", structure)
        passes += 1
    if b"[" in structure or b"{" in structure:
        return f"message too deep: at most {MAX_DEPTH} lists and objects in each other"
    return None


def _structure(header: bytes | bytearray) -> bytearray:
    """The part of a header outside of its strings."""
    structure, end = bytearray(), 0
    for string in _STRING.finditer(header):
        structure += header[end : string.start()]
        end = string.end()
    return structure + header[end:]


def _left(deadline: float | None) -> float | None:
    """Seconds until the deadline; never 0, because a socket with timeout 0 does not block at all."""
    return None if deadline is None else max(deadline - time.monotonic(), 1e-3)


def _array_spec(spec: Any) -> tuple[np.dtype, tuple[int, ...]]:
    shape = spec["shape"]
    if spec["dtype"] not in DTYPES:
        raise ValueError(f"dtype {spec['dtype']!r:.40} is not allowed")
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        raise ValueError("shape is not a short list")
    if not all(type(size) is int and 0 <= size <= MAX_ARRAY_BYTES for size in shape):
        raise ValueError("shape holds something other than sizes")
    dtype = np.dtype(spec["dtype"])
    # Even if one size is 0, NumPy refuses other sizes that are too large.
    if math.prod(max(size, 1) for size in shape) * dtype.itemsize > MAX_ARRAY_BYTES:
        raise ValueError("shape is too large")
    return dtype, tuple(shape)


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number:.40} is no JSON number")
    return value


_ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False)
_DECODER = json.JSONDecoder(parse_constant=_finite, parse_float=_finite)
