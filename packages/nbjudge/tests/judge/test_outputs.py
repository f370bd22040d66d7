"""Of what a student's process claims to have put out, only what is well-formed reaches the graded notebook."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbjudge.judge.outputs import (
    MAX_ERROR,
    MAX_OUTPUTS,
    MAX_PICTURE_BYTES,
    MAX_PIXELS,
    MAX_TEXT,
    as_on_a_terminal,
    clean,
    is_image,
    size_of,
)
from PIL import Image


def encoded(image_format, size=(5, 4)):
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, image_format)
    return np.frombuffer(buffer.getvalue(), np.uint8)


def octets(content):
    return np.frombuffer(content, np.uint8)


PNG, JPEG, GIF = encoded("PNG"), encoded("JPEG"), encoded("GIF")
HTML = "<script>alert('mine')</script><img src=x onerror=alert(1)>"


def png_of_size(width, height):
    """A PNG that claims a size, with right checksums and no pixels."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return octets(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


# What may stay


@pytest.mark.parametrize(
    "output",
    [
        {"type": "stream", "name": "stdout", "text": "a\nb"},
        {"type": "stream", "name": "stderr", "text": ""},
        {"type": "error", "name": "ValueError", "value": "no", "traceback": ["\x1b[31mred\x1b[0m", "line 1\nline 2"]},
        {"type": "display", "text": "<Figure>"},
        {"type": "result", "text": "[1, 2]"},
    ],
    ids=lambda output: output["type"],
)
def test_what_is_well_formed_is_taken_over_as_it_is(output):
    assert clean([output]) == [output]


@pytest.mark.parametrize("kind", ["display", "result"])
@pytest.mark.parametrize(("key", "picture"), [("png", PNG), ("jpeg", JPEG)])
def test_whole_pictures_stay(kind, key, picture):
    (output,) = clean([{"type": kind, "text": "t", key: picture}])
    assert output == {"type": kind, "text": "t", key: picture}


def test_the_order_stays():
    outputs = [{"type": "stream", "name": "stdout", "text": str(n)} for n in range(5)]
    assert clean(outputs) == outputs


@pytest.mark.parametrize(
    "output",
    [
        {"type": "stream", "name": "stdout", "text": HTML},
        {"type": "error", "name": HTML, "value": HTML, "traceback": [HTML]},
        {"type": "result", "text": HTML},
    ],
    ids=lambda output: output["type"],
)
def test_html_in_text_is_just_text(output):
    # Nothing here is ever written as text/html, so nothing needs to be taken out of it.
    assert clean([output]) == [output]


# What may not


@pytest.mark.parametrize("claimed", [None, 0, 1.5, True, "stream", {}, {"type": "stream"}, PNG, ()], ids=repr)
def test_what_is_no_list_is_nothing(claimed):
    assert clean(claimed) == []


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        1,
        "text",
        [],
        PNG,
        {},
        {"type": None},
        {"type": ["stream"]},
        {"type": {}},
        {"type": PNG},
        {"type": "html", "text": HTML},
        {"type": "execute_result", "text": "10"},
        {"type": "stream", "text": "no name"},
        {"type": "stream", "name": "stdin", "text": "x"},
        {"type": "stream", "name": ["stdout"], "text": "x"},
        {"type": "stream", "name": PNG, "text": "x"},
    ],
    ids=lambda garbage: repr(garbage)[:40],
)
def test_garbage_is_dropped_and_the_rest_stays(garbage):
    good = {"type": "result", "text": "1"}
    assert clean([good, garbage, good]) == [good, good]


@pytest.mark.parametrize("wrong", [None, 3, ["x"], {"a": 1}, PNG, True], ids=lambda wrong: type(wrong).__name__)
def test_values_of_a_wrong_type_are_empty(wrong):
    assert clean([{"type": "stream", "name": "stdout", "text": wrong}])[0]["text"] == ""
    assert clean([{"type": "result", "text": wrong}]) == [{"type": "result", "text": ""}]
    (error,) = clean([{"type": "error", "name": wrong, "value": wrong, "traceback": [wrong]}])
    assert error == {"type": "error", "name": "", "value": "", "traceback": [""]}
    if not isinstance(wrong, list):
        assert clean([{"type": "error", "name": "E", "value": "", "traceback": wrong}])[0]["traceback"] == []


def test_keys_that_nobody_knows_are_dropped():
    claimed = {"text": "t", "html": HTML, "metadata": {"x": 1}, "data": {"text/html": HTML}, "display_id": "1"}
    for kind in ("display", "result"):
        assert clean([{"type": kind, **claimed}]) == [{"type": kind, "text": "t"}]
    (stream,) = clean([{"type": "stream", "name": "stdout", **claimed}])
    assert set(stream) == {"type", "name", "text"}


FAKES = {
    "text": "iVBORw0KGgo=",
    "list": PNG.tolist(),
    "floats": PNG.astype("<f4"),
    "bools": PNG.astype(bool),
    "the same bytes as integers": np.frombuffer(PNG.tobytes() + bytes(-len(PNG) % 4), "<i4"),
    "empty": octets(b""),
    "0-d": np.array(137, np.uint8),
    "html": octets(HTML.encode()),
    "svg": octets(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
    "signature": PNG[:8],
    "signature and html": octets(PNG[:8].tobytes() + HTML.encode()),
    "cut": PNG[:-20],
    "damaged": np.concatenate([PNG[:50], PNG[50:] ^ 255]),
    "gif": GIF,
    "jpeg": JPEG,
    "bomb": png_of_size(MAX_PIXELS // 2 + 1, 2),
    "largest": png_of_size(2**31 - 1, 2**31 - 1),
    "no size": png_of_size(0, 0),
}


@pytest.mark.parametrize("fake", FAKES.values(), ids=FAKES)
def test_a_fake_png_leaves_the_text_alone(fake):
    assert clean([{"type": "display", "text": "t", "png": fake}]) == [{"type": "display", "text": "t"}]


@pytest.mark.parametrize(
    "fake",
    [PNG, GIF, octets(b""), octets(b"\xff\xd8\xff\xe0" + HTML.encode()), JPEG[:20], "text"],
    ids=["png", "gif", "empty", "html", "cut", "text"],
)
def test_a_fake_jpeg_leaves_the_text_alone(fake):
    assert clean([{"type": "result", "text": "t", "jpeg": fake}]) == [{"type": "result", "text": "t"}]


def test_a_picture_of_any_array_shape_counts_by_its_bytes():
    assert is_image(PNG.reshape(1, -1), "PNG") and is_image(np.repeat(PNG, 2)[::2], "PNG")


# Sizes


def test_there_is_a_most_of_everything():
    assert len(clean([{"type": "result", "text": "1"}] * (MAX_OUTPUTS + 5))) == MAX_OUTPUTS
    long = "x" * (MAX_TEXT + 5)
    (stream,) = clean([{"type": "stream", "name": "stdout", "text": long}])
    assert len(stream["text"]) == MAX_TEXT
    (error,) = clean([{"type": "error", "name": long, "value": long, "traceback": [long] + ["x"] * 500}])
    assert (len(error["name"]), len(error["value"]), len(error["traceback"])) == (200, MAX_ERROR, 200)


def test_there_is_a_most_of_all_outputs_of_a_cell_together():
    long = "x" * (MAX_TEXT // 4 + 1)
    error = {"type": "error", "name": "E", "value": "v", "traceback": [long, long]}
    texts = [{"type": "stream", "name": "stdout", "text": long}, {"type": "result", "text": long}]
    outputs = clean([*texts * 3, error, error, error])
    assert sum(len(output.get("text", "")) for output in outputs) == MAX_TEXT
    assert sum(len("".join([e["value"], *e["traceback"]])) for e in outputs if e["type"] == "error") == MAX_TEXT
    # What was printed before takes no room from errors.
    assert outputs[6] == error


def test_there_is_a_most_of_all_pictures_of_a_cell_together():
    padded = np.concatenate([JPEG, np.zeros(MAX_PICTURE_BYTES // 2 - JPEG.size, np.uint8)])
    shown = clean([{"type": "display", "text": "", "jpeg": picture} for picture in (padded, padded, JPEG)])
    assert ["jpeg" in output for output in shown] == [True, True, False]


def test_the_size_of_outputs_counts_text_and_pictures():
    error = {"type": "error", "name": "E", "value": "no", "traceback": ["12", "3"]}
    assert size_of([]) == 0
    # Each with the word that says its type, and with its lines.
    assert size_of([error]) == len("error" + "E" + "no" + "12" + "3") + 2
    assert size_of([{"type": "result", "text": "ü", "png": PNG}]) == len("result" + "ü") + PNG.size


# Carriage returns


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("", ""),
        ("a\nb\n", "a\nb\n"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("1%\r2%\r3%", "3%"),
        ("\r  0%\r 50%\r100%\n", "100%\n"),
        ("before\n1%\r2%\nafter\n", "before\n2%\nafter\n"),
        ("done\r", "done"),
        ("1%\rdone\r\n", "done\n"),
        ("1%\rdone\r", "done"),
        ("a\rb\nc\rd\n", "b\nd\n"),
        ("\r", ""),
        ("\n\n", "\n\n"),
    ],
)
def test_carriage_returns_act_as_on_a_terminal(written, shown):
    assert as_on_a_terminal(written) == shown
    assert clean([{"type": "stream", "name": "stderr", "text": written}])[0]["text"] == shown


@given(st.text(st.sampled_from("ab\r\n")))
def test_no_carriage_return_is_left(written):
    shown = as_on_a_terminal(written)
    assert "\r" not in shown and shown.count("\n") == written.count("\n")


@pytest.mark.parametrize("line", ["x", "\r", "x\r", "\r\n"], ids=repr)
def test_long_lines_take_no_longer_than_others(line):
    start = time.monotonic()
    as_on_a_terminal(line * (100_000 // len(line)))
    assert time.monotonic() - start < 2
