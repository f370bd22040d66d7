"""What the far side of the door may say: Hypothesis strategies, from honest messages to noise."""

import io
import json
import struct
from typing import Any

import numpy as np
from hypothesis import strategies as st
from nbjudge.protocol.wire import DTYPES, MAX_HEADER_BYTES
from PIL import Image


def frame(message: Any, text: bytes | None = None, buffers: bytes | None = None) -> bytes:
    """The bytes of any value with arrays in it: like `Wire.send`, but nothing is too odd to be said.

    `text` and `buffers` take the place of the header's and the arrays' bytes.
    """
    arrays: list[np.ndarray] = []
    body = _without_arrays(message, arrays)
    specs = [{"dtype": array.dtype.str, "shape": array.shape} for array in arrays]
    said = json.dumps({"body": body, "arrays": specs}).encode() if text is None else text
    content = b"".join(array.tobytes() for array in arrays) if buffers is None else buffers
    return struct.pack(">I", len(said)) + said + content


def _without_arrays(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"$array": len(arrays) - 1}
    if isinstance(value, dict):
        return {key: _without_arrays(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_arrays(item, arrays) for item in value]
    return value


def picture(image_format: str) -> np.ndarray:
    """A small picture as the runner would send it."""
    file = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(file, image_format)
    return np.frombuffer(file.getvalue(), np.uint8)


# Values

SPECIAL = np.array([0.0, -0.0, 1.0, np.nan, np.inf, -np.inf, 1e300, 5e-324])


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """A small array of any dtype that can be sent."""
    shape = tuple(draw(st.lists(st.integers(0, 3), max_size=4)))
    content = np.resize(np.array(draw(st.permutations(list(SPECIAL)))), shape)
    with np.errstate(invalid="ignore", over="ignore"):
        return content.astype(draw(st.sampled_from(DTYPES)))


NUMBERS = st.sampled_from([0, 1, -1, 2**31, 2**63, 2**64, 10**400, -(10**4000), 0.5, -0.0, 1e308, 5e-324])
NOT_NUMBERS = st.sampled_from([float("nan"), float("inf"), -float("inf")])
WORDS = st.sampled_from(
    ["", " ", "$array", "\ud800", "\udfff x", "\0\x1b[31m\x07", "a\rb\r\n", "<script>", "NaN", "\N{BIRD}" * 500]
)
SCALARS = st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=5) | st.integers() | st.floats()
NEAT = st.recursive(
    SCALARS | arrays(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def deep(depth: int) -> Any:
    """A value in `depth` lists and objects."""
    value: Any = "at the bottom"
    for level in range(depth):
        value = [value] if level % 2 else {"": value}
    return value


VALUES = NEAT | NOT_NUMBERS | st.integers(0, 400).map(deep)

# Replies of the runner

PICTURES = [picture("PNG"), picture("JPEG"), picture("GIF")]


@st.composite
def damaged_pictures(draw: st.DrawFn) -> np.ndarray:
    """A picture, or what was one."""
    content = bytearray(draw(st.sampled_from(PICTURES)).tobytes())
    for place, byte in draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=3)):
        content[place] = byte
    end = draw(st.integers(0, len(content)) | st.just(len(content)))
    return np.frombuffer(bytes(content[:end]), np.uint8)


OUTPUT = st.fixed_dictionaries(
    {"type": st.sampled_from(["stream", "display", "result", "error"]) | VALUES},
    optional={
        "name": st.sampled_from(["stdout", "stderr", "ValueError", "CellTimeoutError", "OSError"]) | VALUES,
        "text": WORDS | VALUES,
        "value": WORDS | VALUES,
        "traceback": st.lists(WORDS | VALUES, max_size=4) | VALUES,
        "png": damaged_pictures() | VALUES,
        "jpeg": damaged_pictures() | VALUES,
        "data": VALUES,
        "metadata": VALUES,
    },
)
FAILURE = VALUES | st.fixed_dictionaries({}, optional={"kind": WORDS | VALUES, "message": WORDS | VALUES})
REPLY = st.fixed_dictionaries(
    {},
    optional={
        "answer": VALUES,
        "failure": FAILURE,
        "outputs": st.lists(OUTPUT | VALUES, max_size=4) | VALUES,
        "refused": st.lists(WORDS | VALUES, max_size=3) | VALUES,
        "count": VALUES,
    },
)
EXECUTED = REPLY | st.fixed_dictionaries({"outputs": st.lists(OUTPUT, max_size=5)})

# Frames

TOKENS = st.sampled_from(
    [
        *(b"null", b"true", b"0", b"-0", b"1.0", b"1e400", b"-1e400", b"1e-400", b"NaN", b"Infinity", b"-Infinity"),
        *(b"9" * 30, b"9" * 4301, b"0." + b"1" * 5000, b"01", b"+1", b".5", b"'x'", b"//", b"\xef\xbb\xbf"),
        *(b'""', b'"', b'"\\ud800"', b'"\\u0000"', b'"\\x"', b'"\n"', b'"body"', b'"<f4"'),
        *(b"[" * 50 + b"]" * 50, b"[" * 2000 + b"]" * 2000, b'{"":' * 900 + b"1" + b"}" * 900, b"[" * 1500, b"]", b"}"),
        *(b'{"$array":%b}' % k for k in (b"0", b"1", b"-1", b"0.0", b"true", b"null", b'"0"', b"[0]", b"9" * 30)),
        *(
            b'{"$array":0,"$array":1}',
            b'{"$array":0,"more":1}',
            b'{"$array":{"$array":0}}',
            b'[{"$array":0},{"$array":0}]',
        ),
    ]
)
KEYS = st.sampled_from(
    [b'"body"', b'"arrays"', b'"dtype"', b'"shape"', b'"$array"', b'""', b'"\\ud800"', b"1", b"null"]
)
JSON = st.recursive(
    TOKENS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: b"[" + b",".join(items) + b"]")
        # Of two equal keys the last one counts, so there may be any number.
        | st.lists(st.tuples(KEYS, inner), max_size=3).map(lambda pairs: b"{" + b",".join(map(b":".join, pairs)) + b"}")
    ),
    max_leaves=6,
)
SHAPE = (
    st.lists(st.integers(0, 3), max_size=4).map(lambda shape: json.dumps(shape).encode())
    | st.lists(st.integers(-1, 2**64) | st.sampled_from([2**28, 2**31, 2**63]), max_size=9).map(
        lambda shape: json.dumps(shape).encode()
    )
    | JSON
)
DTYPE = st.sampled_from([json.dumps(dtype).encode() for dtype in (*DTYPES, "|O", ">f4", "<f2", "<U9", "<M8[s]", "V8")])
SPEC = st.builds(b'{"dtype":%b,"shape":%b}'.__mod__, st.tuples(DTYPE | JSON, SHAPE))
SMALL_SPEC = st.builds(
    lambda dtype, shape: json.dumps({"dtype": dtype, "shape": shape}).encode(),
    st.sampled_from(DTYPES),
    st.lists(st.integers(0, 3), max_size=3),
)
TEXT = (
    st.builds(b'{"body":%b,"arrays":[%b]}'.__mod__, st.tuples(JSON, st.lists(SMALL_SPEC, max_size=3).map(b",".join)))
    | st.builds(b'{"body":%b,"arrays":[%b]}'.__mod__, st.tuples(JSON, st.lists(SPEC, max_size=3).map(b",".join)))
    | st.builds(b'{"arrays":%b,"body":%b,"arrays":[]}'.__mod__, st.tuples(JSON, JSON))
    | JSON
)
CHANGE = st.tuples(
    st.sampled_from(["flip", "cut", "drop", "insert", "repeat"]), st.floats(0, 1), st.integers(0, 255), TOKENS
)


def changed(data: bytes, changes: list[tuple[str, float, int, bytes]]) -> bytes:
    """A frame after some accidents."""
    for how, where, number, token in changes:
        place = int(where * max(len(data) - 1, 0))
        before, after = data[:place], data[place:]
        data = {
            "flip": before + bytes([after[0] ^ (1 << number % 8)]) + after[1:] if after else data,
            "cut": before,
            "drop": before + after[number:],
            "insert": before + token + after,
            "repeat": before + after[:number] + after,
        }[how]
    return data[:100_000]  # what fits into a socket's buffer at once


LENGTHS = st.sampled_from([0, 1, MAX_HEADER_BYTES - 1, MAX_HEADER_BYTES, MAX_HEADER_BYTES + 1, 2**31, 2**32 - 1])
HONEST = VALUES.map(frame)
WRITTEN = st.builds(frame, st.none(), TEXT, st.binary(max_size=64) | st.integers(0, 700).map(bytes))
NOISE = st.sampled_from([b"\xff", b"\xed\xa0\x80", b"\0"]).flatmap(
    lambda noise: st.binary(max_size=100) | TEXT.map(lambda text: frame(None, text + noise))
)
FRAMES = st.one_of(
    HONEST,
    REPLY.map(frame),
    WRITTEN,
    WRITTEN,
    st.builds(changed, HONEST | WRITTEN, st.lists(CHANGE, min_size=1, max_size=3)),
    st.builds(lambda length, data: struct.pack(">I", length) + data[4:], LENGTHS | st.integers(0, 500), HONEST),
    NOISE,
)


class Tape:
    """In the place of a socket: says what is on the tape, and hangs up at its end."""

    def __init__(self, data: bytes = b"") -> None:
        self._file = io.BytesIO(data)

    def settimeout(self, timeout: float | None) -> None:
        """Wait for nobody."""

    def recv_into(self, view: memoryview) -> int:
        """Say as much as fits."""
        return self._file.readinto(view)

    def sendall(self, data: bytes) -> None:
        """Listen to nobody."""

    def shutdown(self, how: int) -> None:
        """Hang up."""

    def close(self) -> None:
        """Stay on the table."""
