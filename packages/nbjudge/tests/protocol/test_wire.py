"""The wire: what may be sent arrives as it was, and a lying other side gets nothing but WireError."""

import contextlib
import json
import socket
import struct
import threading
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbjudge.protocol.wire import (
    DTYPES,
    MAX_ARRAYS,
    MAX_DEPTH,
    MAX_HEADER_BYTES,
    MAX_STRUCTURE_BYTES,
    Timeout,
    Wire,
    WireError,
)

PATIENCE = 10.0  # for what should be there at once; a hang becomes a Timeout
MEBIBYTE = 2**20


@pytest.fixture
def ends():
    left, right = (Wire(sock) for sock in socket.socketpair())
    yield left, right
    left.close()
    right.close()


@pytest.fixture
def sent(ends):
    """Send a message and return what arrives; a thread sends, for the socket's buffer is small."""

    def send_and_receive(message):
        sender = threading.Thread(target=ends[0].send, args=(message, PATIENCE))
        sender.start()
        try:
            return ends[1].receive(PATIENCE)
        finally:
            sender.join(60)

    return send_and_receive


def frame(header, buffers=b""):
    """The bytes of a message; `header` is bytes, or a value to write as JSON."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">I", len(text)) + text + buffers


def claim(*specs, body=None, buffers=b""):
    """A message that announces arrays of the given (dtype, shape)."""
    return frame({"body": body, "arrays": [{"dtype": dtype, "shape": shape} for dtype, shape in specs]}, buffers)


def hear(data, **options):
    """Receive from another side that says `data` and hangs up."""
    ours, theirs = socket.socketpair()
    wire = Wire(ours, **options)

    def say():
        with theirs, contextlib.suppress(OSError):  # when refused before the end, nobody listens any more
            theirs.sendall(data)

    talker = threading.Thread(target=say)
    talker.start()
    try:
        return wire.receive(PATIENCE)
    finally:
        wire.close()
        talker.join(60)


def assert_same_array(got, expected):
    assert isinstance(got, np.ndarray)
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(got, expected)


# Round trips


@pytest.mark.parametrize(
    "message",
    [
        None,
        True,
        0,
        -(2**70),
        0.1,
        1e308,
        "",
        "ünïcödé \N{BIRD} \0\n",
        [],
        {},
        {"a": [1, {"b": [None, False, "c"]}], "": {"d": {}}},
    ],
    ids=repr,
)
def test_plain_values_arrive_as_they_were(sent, message):
    arrived = sent(message)
    assert arrived == message and type(arrived) is type(message)


def test_tuples_arrive_as_lists(sent):
    assert sent((1, (2,))) == [1, [2]]


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (2, 3), (1,) * 8], ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_of_every_dtype_and_shape(sent, dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    assert_same_array(sent(array), array)


def test_special_floats_travel_in_arrays(sent):
    assert_same_array(sent(special := np.array([np.nan, np.inf, -np.inf, -0.0], "<f4")), special)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a.T,
        lambda a: a[::-2, 1:],
        lambda a: np.asfortranarray(a),
        lambda a: np.broadcast_to(a[0], (5, 4)),
        lambda a: a.astype(">f8"),
        lambda a: a[1, 2].astype(">i4"),
    ],
    ids=["transposed", "strided", "fortran", "broadcast", "big-endian", "big-endian scalar"],
)
def test_views_arrive_by_value(sent, view):
    array = np.asarray(view(np.arange(12.0).reshape(3, 4)))
    assert_same_array(sent(array), array.astype(array.dtype.newbyteorder("<")))


def test_arrays_keep_their_place_in_nested_values(sent):
    a, b = np.arange(3, dtype="<i8"), np.ones((2, 2), "<f4")
    arrived = sent({"x": [a, {"y": (b, "text")}], "again": a})
    assert_same_array(arrived["x"][0], a)
    assert_same_array(arrived["x"][1]["y"][0], b)
    assert_same_array(arrived["again"], a)
    assert arrived["x"][1]["y"][1] == "text"


def test_received_arrays_are_writable(sent):
    arrived = sent([np.zeros(3, "<f4"), np.zeros(3, bool)])
    for array in arrived:
        array[0] = 1


def test_a_large_message(sent):
    array = np.arange(4 * MEBIBYTE, dtype="<i4")
    assert_same_array(sent(array), array)


@pytest.mark.parametrize("char", ["x", ",", '"', "\\", "[", "\n", "\x01", "ü", "\N{BIRD}"], ids=repr)
def test_a_long_text_of_any_characters(sent, char):
    # What looks like JSON within a string is none.
    text = char * 2 * MAX_STRUCTURE_BYTES
    assert sent({"text": text, "more": [char]}) == {"text": text, "more": [char]}


def test_half_a_surrogate_pair_is_sent_as_a_question_mark(sent):
    assert sent({"\ud800": ["a\udfffb"]}) == {"?": ["a?b"]}


def test_messages_do_not_run_into_each_other(ends):
    for number in range(3):
        ends[0].send([number, np.full(number, number)])
    for number in range(3):
        arrived = ends[1].receive(PATIENCE)
        assert arrived[0] == number and arrived[1].tolist() == [number] * number


@settings(max_examples=50, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**64), 2**64)
        | st.floats(allow_nan=False, allow_infinity=False)
        # Lone surrogates are left out: they are no text, see below.
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.text(st.characters(exclude_categories=["Cs"])).filter("$array".__ne__), inner, max_size=4
            )
        ),
        max_leaves=10,
    )
)
def test_any_json_value_survives(message):
    left, right = socket.socketpair()
    ours, theirs = Wire(left), Wire(right)
    try:
        ours.send(message, PATIENCE)
        assert theirs.receive(PATIENCE) == message
    finally:
        ours.close()
        theirs.close()


# What can't be sent

LOOP = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    "message",
    [
        b"bytes",
        {1, 2},
        1j,
        object(),
        np.float32(1),
        np.int64(1),
        float("nan"),
        {"x": [-float("inf")]},
        pytest.param(10**5000, id="more digits than Python converts"),
        LOOP,
        {1: "key"},
        {"$array": 0},
        [{"a": {"$array": 0}}],
        np.array(["text"]),
        np.array([object()]),
        np.array([1j]),
        np.zeros(2, "f2"),
        np.zeros(2, "i2"),
        np.zeros(2, "u4"),
        np.zeros(2, "M8[s]"),
        np.zeros(2, [("a", "f4")]),
        "x" * (MAX_HEADER_BYTES + 1),
        [0] * MAX_STRUCTURE_BYTES,
    ],
    ids=lambda message: repr(message)[:14] if "object at" in repr(message) else repr(message)[:30],
)
def test_what_is_not_a_message_is_refused_before_anything_is_sent(ends, message):
    with pytest.raises(TypeError):
        ends[0].send(message, PATIENCE)
    ends[0].send("next")
    assert ends[1].receive(PATIENCE) == "next"


def test_a_side_that_does_not_read_is_a_timeout(ends):
    with pytest.raises(Timeout):
        ends[0].send(np.zeros(8 * MEBIBYTE, bool), 0.2)


def test_a_side_that_reads_slowly_does_not_put_the_timeout_off(ends):
    arrays = [np.zeros(MEBIBYTE, bool)] * 40

    def read():
        with contextlib.suppress(OSError):
            while ends[1]._socket.recv(MEBIBYTE // 4):
                time.sleep(0.02)  # each array in good time, all of them not

    reader = threading.Thread(target=read)
    reader.start()
    start = time.monotonic()
    try:
        with pytest.raises(Timeout):
            ends[0].send(arrays, 0.5)
        assert time.monotonic() - start < PATIENCE / 2
    finally:
        ends[0].close()
        reader.join(PATIENCE)


def test_sending_to_a_side_that_is_gone(ends):
    ends[1].close()
    with pytest.raises(WireError):
        ends[0].send("anyone?")


def test_a_message_that_was_taken_whole_is_sent_although_nobody_listens_any_more():
    """The grader kernel may have read the plan, and ended, before the last array is sent: it has no bytes."""

    class Heard(socket.socket):
        def sendall(self, data, *flags):
            super().sendall(data, *flags)
            arrived.append(right.receive(PATIENCE))
            right.close()

    left, theirs = socket.socketpair()
    right, arrived = Wire(theirs), []
    Wire(Heard(fileno=left.detach())).send({"secret": np.zeros(0, np.uint8), "nothing": np.zeros((0, 3))}, PATIENCE)
    assert [list(message) for message in arrived] == [["secret", "nothing"]]


@pytest.mark.parametrize("use", [lambda wire: wire.send("x", 1), lambda wire: wire.receive(1)], ids=["send", "receive"])
def test_a_wire_that_was_hung_up_is_of_no_use(ends, use):
    ends[0].close()
    with pytest.raises(WireError):
        use(ends[0])


# A lying other side

ONE = np.arange(3, dtype="<i4").tobytes()
WHOLE = claim(("<i4", [3]), body={"$array": 0}, buffers=ONE)


def test_the_forged_frames_below_would_be_right_if_they_did_not_lie():
    assert_same_array(hear(WHOLE), np.arange(3, dtype="<i4"))


@pytest.mark.parametrize("length", [0, 1, 3, 4, 10, len(WHOLE) - len(ONE), len(WHOLE) - 1])
def test_a_frame_cut_short(length):
    with pytest.raises(WireError, match="gone"):
        hear(WHOLE[:length])


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"17",
        b'"text"',
        b"\xff\xfe\x00",
        b'{"body": 1}',
        b'{"arrays": []}',
        b'{"body": 1, "arrays": null}',
        b'{"body": 1, "arrays": 5}',
        b'{"body": 1, "arrays": {"dtype": "<f4"}}',
        b'{"body": 1, "arrays": [[]]}',
        b'{"body": 1, "arrays": [null]}',
        b'{"body": 1, "arrays": [{"dtype": "<f4"}]}',
        b'{"body": 1, "arrays": []} trailing',
        b'{"body": NaN, "arrays": []}',
        b'{"body": Infinity, "arrays": []}',
        b'{"body": [-Infinity], "arrays": []}',
        b'{"body": ' + b"9" * 10_000 + b', "arrays": []}',
        b'{"body": ' + b"[" * 100_000 + b"]" * 100_000 + b', "arrays": []}',
        b'{"body": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b', "arrays": []}',
        b'{"body": 1, "arrays": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda header: header[:40].decode(errors="replace"),
)
def test_a_header_that_is_not_one(header):
    with pytest.raises(WireError):
        hear(frame(header))


def nested(kinds, depth):
    """JSON of `depth` lists and objects in each other, of these kinds in turns."""
    kinds = (kinds * depth)[:depth]
    opening = {"[": "[", "{": '{"a": '}
    return (
        "".join(map(opening.get, kinds)) + "1" + "".join("]" if kind == "[" else "}" for kind in kinds[::-1])
    ).encode()


@pytest.mark.parametrize("kinds", ["[", "{", "[{"])
def test_nesting_arrives_to_a_depth_and_no_further(kinds):
    deepest = nested(kinds, MAX_DEPTH - 1)  # the header is an object, too
    assert hear(frame(b'{"body": ' + deepest + b', "arrays": []}')) == json.loads(deepest)
    for depth in (MAX_DEPTH, 100, 486, 5000, 200_000):
        with pytest.raises(WireError, match="32 lists and objects in each other"):
            hear(frame(b'{"body": ' + nested(kinds, depth) + b', "arrays": []}'))


@pytest.mark.parametrize("kinds", ["[", "{", "[{"])
def test_what_is_nested_deeper_is_not_sent(sent, ends, kinds):
    deepest = json.loads(nested(kinds, MAX_DEPTH - 1))
    assert sent(deepest) == deepest
    for deeper in ([deepest], {"a": (deepest,)}, json.loads(nested(kinds, 900))):
        with pytest.raises(TypeError):
            ends[0].send(deeper)


def test_brackets_in_texts_and_beside_each_other_are_no_depth(sent):
    message = [["[{" * 100, '\\"[' * 100], *([[]] * 1000), {"[" * 40: {}}]
    assert sent(message) == message


@pytest.mark.parametrize("piece", [b"[", b"]", b"[]", b"{[", b'"[', b"[" * 40 + b"]" * 40], ids=repr)
def test_the_depth_of_a_long_text_is_counted_in_no_time(piece):
    start = time.process_time()
    with pytest.raises(WireError):
        hear(frame((piece * 2**20)[:MAX_STRUCTURE_BYTES]))
    assert time.process_time() - start < 3


@pytest.mark.parametrize("number", [b"1e999", b"-1e999"])
def test_numbers_too_large_for_a_float_are_no_back_door_to_infinity(number):
    with pytest.raises(WireError):
        hear(frame(b'{"body": ' + number + b', "arrays": []}'))


@pytest.mark.parametrize("header", [{"body": "\ud800", "arrays": []}, {"body": {"\udfff": [1]}, "arrays": []}], ids=str)
def test_what_arrives_as_text_can_be_written_to_a_file(header):
    # JSON's escapes can spell half a surrogate pair, which no file or database takes.
    try:
        arrived = hear(frame(header))
    except WireError:
        return
    json.dumps(arrived, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "dtype", ["|O", "O", "<f2", ">f4", "f4", "<U10", "<M8[s]", "<c8", "|V100", "", None, 4, [], {}, [["a", "<f4"]]]
)
def test_dtypes_off_the_list_are_refused(dtype):
    with pytest.raises(WireError):
        hear(claim((dtype, [1]), buffers=bytes(200)))


@pytest.mark.parametrize(
    "shape",
    [
        *[None, 3, "3", {}, [-1], [2, -3], [1.0], ["1"], [None], [True], [[1]], [2**31], [2**63], [2**200], [1] * 9],
        # Empty, and yet larger than NumPy can count.
        *[[0, 2**28, 2**28, 2**28], [2**28, 2**28, 2**28, 0], [0] + [2**28] * 7],
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", ["|b1", "<f8"])
def test_shapes_that_are_none_are_refused(dtype, shape):
    with pytest.raises(WireError):
        hear(claim((dtype, shape), buffers=bytes(200)))


@pytest.mark.parametrize("reference", [1, -1, 0.0, True, False, None, "0", [0], {}, 2**70])
def test_references_to_arrays_that_are_not_there(reference):
    with pytest.raises(WireError):
        hear(claim(("<i4", [3]), body=[{"$array": reference}], buffers=ONE))


@pytest.mark.parametrize("key", [b"$array", rb"\u0024array", rb"$arra\u0079"], ids=bytes.decode)
def test_a_reference_to_an_array_in_a_message_that_has_none(key):
    with pytest.raises(WireError, match="reference"):
        hear(frame(b'{"body": [1, {"a": {"' + key + b'": 0}}], "arrays": []}'))


def test_an_array_is_in_one_place():
    # Or what was sent once would be shown, or sent on, a million times.
    with pytest.raises(WireError, match="elsewhere"):
        hear(claim(("<i4", [3]), body=[{"$array": 0}, {"$array": 0}], buffers=ONE))


@pytest.mark.parametrize(
    "piece",
    [
        b"[],",
        b"   ",
        *(pytest.param(piece, marks=pytest.mark.slow) for piece in (b'{"":0},', b"0.1,", b'"ab",', b'"\\"",')),
    ],
    ids=repr,
)
def test_long_json_is_refused_before_it_is_taken_apart(piece):
    # In memory it would take up to eighty times its length.
    lists = b'{"arrays": [], "body": [' + piece * (6 * MEBIBYTE // len(piece)) + b"0]}"
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match="beside its strings"):
            hear(frame(lists))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 * MEBIBYTE


@pytest.mark.parametrize("end", [b"", b"\\"], ids=repr)
@pytest.mark.parametrize("piece", [b'\\"', b"\\", b'"'], ids=repr)
def test_a_string_without_an_end_takes_no_longer_than_others(piece, end):
    start = time.process_time()
    with pytest.raises(WireError):
        hear(frame(b'{"arrays": [], "body": "' + piece * (2 * MEBIBYTE // len(piece)) + end))
    assert time.process_time() - start < PATIENCE / 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_json_in_another_encoding_is_none(encoding):
    with pytest.raises(WireError):
        hear(frame('{"body": 1, "arrays": []}'.encode(encoding)))


def test_a_reference_with_something_beside_it():
    with pytest.raises(WireError):
        hear(claim(("<i4", [3]), body={"$array": 0, "more": 1}, buffers=ONE))


def test_bools_are_0_and_1_whatever_was_sent():
    assert hear(claim(("|b1", [4]), body={"$array": 0}, buffers=b"\x00\x01\x02\xff")).view("u1").tolist() == [
        0,
        1,
        1,
        1,
    ]


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", MAX_HEADER_BYTES + 1),
        b"\xff\xff\xff\xff",
        claim(("<f8", [10 * 2**30 // 8])),
        claim(("<f8", [2**14, 2**14, 5])),
        claim(*[("|u1", [2**28])] * 40),
        claim(*[("|u1", [0])] * (MAX_ARRAYS + 1)),
    ],
    ids=[
        "header of 16 MiB + 1",
        "header of 4 GiB",
        "10 GiB",
        "10 GiB in 3 dimensions",
        "40 arrays",
        "4097 empty arrays",
    ],
)
def test_too_much_is_refused_before_memory_is_set_aside(data):
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            hear(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MEBIBYTE


def test_each_wire_has_its_own_limit():
    message = claim(("|u1", [65]), body={"$array": 0}, buffers=bytes(65))
    assert len(hear(message, max_array_bytes=65)) == 65
    with pytest.raises(WireError, match="too large"):
        hear(message, max_array_bytes=64)


@pytest.mark.parametrize("said", [b"", b"\0\0", WHOLE[:20], WHOLE[:-1]], ids=["nothing", "length", "header", "array"])
def test_silence_is_a_timeout(said):
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(said)
        start = time.monotonic()
        with pytest.raises(Timeout):
            Wire(ours).receive(0.2)
        assert 0.1 < time.monotonic() - start < PATIENCE
    ours.close()


def test_a_trickle_of_bytes_does_not_put_the_timeout_off():
    ours, theirs = socket.socketpair()
    done = threading.Event()

    def trickle():
        theirs.sendall(claim(("|u1", [64 * MEBIBYTE])))
        end = time.monotonic() + 3
        while time.monotonic() < end and not done.wait(0.1):
            theirs.sendall(b"x")
        theirs.close()

    talker = threading.Thread(target=trickle)
    talker.start()
    try:
        with pytest.raises(Timeout):
            Wire(ours).receive(0.5)
    finally:
        done.set()
        talker.join(60)
        ours.close()


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(DTYPES),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["$array", "body", "arrays", "dtype", "shape"]), inner, max_size=3)
    ),
    max_leaves=8,
)
SPEC = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from([*DTYPES, "|O"]) | JSON_LIKE,
        "shape": st.lists(st.integers(-2, 5) | st.integers(), max_size=9) | JSON_LIKE,
    }
)
HEADER = st.fixed_dictionaries({"body": JSON_LIKE, "arrays": st.lists(SPEC, max_size=3) | JSON_LIKE})


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.builds(frame, HEADER | st.binary(max_size=50), st.binary(max_size=200)))
def test_random_bytes_give_a_message_or_a_wire_error(data):
    try:
        hear(data, max_array_bytes=MEBIBYTE)
    except Timeout:
        pytest.fail("the other side hung up, and we still waited for it")
    except WireError:
        pass
