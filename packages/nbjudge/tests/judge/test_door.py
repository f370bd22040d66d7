"""The door: what it makes of a student side that answers, fails, lies, falls silent or dies."""

import contextlib
import json
import socket
import struct
import threading
import time

import numpy as np
import pytest
from nbjudge.judge import door as door_module
from nbjudge.judge.door import MAX_MESSAGE, Door, StudentSideDied
from nbjudge.protocol.wire import Wire, WireError

SECRET = bytes(range(16))
PATIENCE = 10.0


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch):
    monkeypatch.setattr(door_module, "GRACE", 0.2)


@contextlib.contextmanager
def runner(behave, answer_timeout=PATIENCE):
    """A door whose student side is a thread with a runner that calls `behave` with its wire and each request.

    `behave` returns the reply, or None to send none.
    """
    ours, theirs = socket.socketpair()
    wire = Wire(theirs)
    requests = []

    def serve():
        with contextlib.suppress(WireError):
            while True:
                requests.append(wire.receive(PATIENCE))
                if (reply := behave(wire, requests[-1])) is not None:
                    wire.send(reply, PATIENCE)
        wire.close()

    thread = threading.Thread(target=serve)
    thread.start()
    door = Door(Wire(ours), answer_timeout, SECRET)
    door.requests = requests
    try:
        yield door
    finally:
        ours.close()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def replying(**content):
    """A runner that says the same to every request."""
    return lambda wire, request: {"id": request["id"], **content}


def assert_dead(door):
    """Everything that is asked of a dead student side gets its answer at once, with nothing sent."""
    sent = len(door.requests)
    start = time.monotonic()
    for _ in range(3):
        assert door.ask("anything", {})["failure"]["kind"] == "died"
    with pytest.raises(StudentSideDied):
        door.execute("1", PATIENCE)
    with pytest.raises(StudentSideDied):
        door.begin({}, None, [], PATIENCE)
    assert time.monotonic() - start < 1 and len(door.requests) == sent


# An honest student side


def test_begin_hands_over_the_files():
    with runner(replying()) as door:
        door.begin({"a/b.txt": np.frombuffer(b"hi", np.uint8)}, "module", ["/somewhere"], PATIENCE)
    (request,) = door.requests
    assert request["do"] == "begin" and request["answers"] == "module" and request["path"] == ["/somewhere"]
    assert request["files"]["a/b.txt"].tobytes() == b"hi"


def test_begin_fails_with_the_reason():
    with runner(replying(failure={"kind": "broken", "message": "no such module"})) as door:
        with pytest.raises(StudentSideDied, match="no such module"):
            door.begin({}, None, [], PATIENCE)
        assert_dead(door)


def test_execute_passes_the_cell_on_and_returns_the_reply():
    with runner(replying(outputs=[{"type": "stream"}], count=3)) as door:
        reply = door.execute("print(1)", 7.0)
    (request,) = door.requests
    assert (request["do"], request["source"], request["timeout"]) == ("execute", "print(1)", 7.0)
    assert reply["outputs"] == [{"type": "stream"}] and reply["count"] == 3


def test_a_question_and_its_answer():
    def add(wire, request):
        return {"id": request["id"], "answer": request["arguments"]["x"] + 1}

    with runner(add) as door:
        answer = door.ask("add", {"x": np.arange(3)})
        assert answer["answer"].tolist() == [1, 2, 3] and set(answer) == {"answer"}
        assert door.ask("add", {"x": 1}) == {"answer": 2}
    assert door.requests[0]["question"] == "add" and door.requests[0]["id"] != door.requests[1]["id"]


@pytest.mark.parametrize("answer", [None, 0, "", [], {"failure": {}}, {"deep": [1]}], ids=repr)
def test_whatever_is_answered_is_no_more_than_an_answer(answer):
    with runner(replying(answer=answer)) as door:
        assert door.ask("q", {}) == {"answer": answer}


def test_a_reply_without_an_answer_is_an_answer_of_nothing():
    with runner(replying()) as door:
        assert door.ask("q", {}) == {"answer": None}


@pytest.mark.parametrize("kind", ["not attempted", "contract", "error"])
def test_failures_keep_their_kind_and_message_and_the_door_stays_open(kind):
    with runner(replying(failure={"kind": kind, "message": "why"})) as door:
        for _ in range(2):
            assert door.ask("q", {}) == {"failure": {"kind": kind, "message": "why"}}


@pytest.mark.parametrize(
    "failure",
    [None, 0, "text", [], {}, {"kind": 3, "message": ["x"]}, {"kind": None}, {"message": {}}, {"message": " \n"}],
    ids=repr,
)
def test_malformed_failures_are_failures_still(failure):
    with runner(replying(failure=failure, answer="right")) as door:
        assert door.ask("q", {}) == {"failure": {"kind": "broken", "message": "no message"}}


def test_long_messages_are_cut():
    with runner(replying(failure={"kind": "error", "message": "x" * 10 * MAX_MESSAGE})) as door:
        assert door.ask("q", {})["failure"]["message"] == "x" * MAX_MESSAGE


def test_an_argument_that_cannot_be_sent_is_the_askers_fault_and_harms_nobody():
    with runner(replying(answer=1)) as door:
        with pytest.raises(TypeError):
            door.ask("q", {"x": object()})
        assert door.ask("q", {}) == {"answer": 1}


# One that breaks the protocol


def in_advance(wire, request):
    # The right reply to one question cannot be the reply to the next.
    wire.send({"id": request["id"], "answer": 1})
    return {"id": request["id"], "answer": 1}


def test_a_reply_sent_in_advance_answers_nothing():
    with runner(in_advance) as door:
        assert door.ask("q", {}) == {"answer": 1}
        assert door.ask("another", {})["failure"]["kind"] == "died"
        assert_dead(door)


def raw(data):
    def behave(wire, request):
        wire._socket.sendall(data)

    return behave


def announcing(shape):
    """A message with an array of that shape, but for the array."""
    header = json.dumps({"body": 1, "arrays": [{"dtype": "<f8", "shape": shape}]}).encode()
    return struct.pack(">I", len(header)) + header


def hang_up(wire, request):
    wire.close()


LIES = {
    "wrong id": lambda wire, request: {"id": "0" * 16, "answer": 1},
    "no id": lambda wire, request: {"answer": 1},
    "id of another type": lambda wire, request: {"id": [request["id"]], "answer": 1},
    "array as id": lambda wire, request: {"id": np.zeros(3), "answer": 1},
    # NumPy compares element by element, and nothing is not unequal to anything.
    "empty array as id": lambda wire, request: {"id": np.zeros(0), "answer": 1},
    "list": lambda wire, request: [request["id"], {"answer": 1}],
    "text": lambda wire, request: request["id"],
    "number": lambda wire, request: 1,
    "array": lambda wire, request: np.zeros(3),
    "garbage": raw(b"\0\0\0\x03abc"),
    "endless header": raw(b"\xff" * 100),
    "huge array": raw(announcing([2**28, 5])),
    "impossible array": raw(announcing([0, 2**28, 2**28, 2**28])),
    "gone": hang_up,
}


@pytest.mark.parametrize("behave", LIES.values(), ids=LIES)
def test_after_a_broken_protocol_nothing_more_is_asked(behave):
    with runner(behave) as door:
        failure = door.ask("q", {})["failure"]
        assert failure["kind"] == "died" and failure["message"]
        assert_dead(door)


@pytest.mark.parametrize("behave", LIES.values(), ids=LIES)
def test_a_broken_protocol_ends_a_cell_too(behave):
    with runner(behave) as door:
        with pytest.raises(StudentSideDied):
            door.execute("1", PATIENCE)
        assert_dead(door)


def silent(wire, request):
    return None


def test_silence_is_death():
    with runner(silent) as door:
        start = time.monotonic()
        with pytest.raises(StudentSideDied, match=r"did not stop within 0\.1 s"):
            door.execute("while True: pass", 0.1)
        assert time.monotonic() - start < PATIENCE / 2
        assert_dead(door)
        assert "did not stop within 0.1 s" in door.ask("q", {})["failure"]["message"]  # still the reason


def test_silence_after_a_question_is_death():
    with runner(silent, answer_timeout=0.1) as door:
        assert door.ask("q", {})["failure"]["kind"] == "died"
        assert_dead(door)


def test_a_side_that_takes_its_time_to_listen_has_no_more_of_it_to_answer():
    ours, theirs = socket.socketpair()
    door = Door(Wire(ours), 0.8, SECRET)  # a second, with the grace

    def listen_late():
        time.sleep(0.8)
        wire = Wire(theirs)
        with contextlib.suppress(WireError):
            request = wire.receive(PATIENCE)
            time.sleep(0.8)
            wire.send({"id": request["id"], "answer": 1}, PATIENCE)

    thread = threading.Thread(target=listen_late)
    thread.start()
    try:
        assert door.ask("q", {"x": np.zeros(2**20)})["failure"]["kind"] == "died"
    finally:
        thread.join(PATIENCE)
        theirs.close()


def test_an_answer_within_the_grace_still_counts(monkeypatch):
    monkeypatch.setattr(door_module, "GRACE", PATIENCE)

    def slow(wire, request):
        time.sleep(0.15)
        return {"id": request["id"], "answer": 1}

    with runner(slow, answer_timeout=0.1) as door:
        assert door.ask("q", {}) == {"answer": 1}


# Seeds


@pytest.fixture
def door_with():
    socks = []

    def make(secret):
        pair = socket.socketpair()
        socks.extend(pair)
        return Door(Wire(pair[0]), 1.0, secret)

    yield make
    for sock in socks:
        sock.close()


def test_seeds_are_stable(door_with):
    # A changed number here would re-mark every course with other images.
    assert door_with(SECRET).seed("images") == 141178013959735944322056573044884915747


def test_seeds_depend_on_the_secret_and_the_purpose(door_with):
    secrets = [SECRET, bytes(16), b"", SECRET[:-1]]
    purposes = ["images", "labels", "", "imagesimages", "ïmages"]
    seeds = {door_with(secret).seed(purpose) for secret in secrets for purpose in purposes}
    assert len(seeds) == len(secrets) * len(purposes)


def test_seeds_fill_128_bits_and_seed_a_generator(door_with):
    seeds = [door_with(SECRET).seed(str(n)) for n in range(64)]
    assert all(0 <= seed < 2**128 for seed in seeds)
    together = 0
    for seed in seeds:
        together |= seed
        np.random.default_rng(seed)
    assert together == 2**128 - 1  # each bit is used


# The same question twice


def test_a_question_is_not_asked_again_until_a_cell_has_run():
    images = np.zeros((2, 3), np.float32)
    with runner(replying(outputs=[], answer=np.arange(3))) as door:
        for _ in range(3):
            first = door.ask("logits", {"images": images, "seed": 1})["answer"]
            assert first.tolist() == [0, 1, 2]
            first[:] = 9  # a test cell may do with it what it likes
        assert len(door.requests) == 1
        for other in ({"images": images, "seed": 2}, {"images": images + 1, "seed": 1}):
            door.ask("logits", other)
        door.ask("values", {"images": images, "seed": 1})
        assert len(door.requests) == 4
        door.execute("model = None", PATIENCE)
        door.ask("logits", {"images": images, "seed": 1})
        assert len(door.requests) == 6
        assert len(door._answered) == 1, "answers from before the cell are of no use"


def test_a_question_that_failed_is_asked_again():
    with runner(replying(failure={"kind": "error", "message": "took too long"})) as door:
        for _ in range(2):
            assert door.ask("logits", {})["failure"]["message"] == "took too long"
        assert len(door.requests) == 2
