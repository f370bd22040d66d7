"""A far side that sends as much as it can: the grader kernel stays small, and goes on to the next cell."""

import contextlib
import socket
import struct
import sys
import tempfile
import threading
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbjudge.judge import forkserver_client
from nbjudge.judge.outputs import MAX_PICTURE_BYTES, MAX_TEXT, size_of
from nbjudge.plugin.instructions import from_source
from nbjudge.protocol.wire import MAX_ARRAYS, MAX_HEADER_BYTES, Wire, WireError
from nbjudge.sandbox.limits import Limits

from helpers.hostile import frame, picture
from tests.corpus.build import NOTEBOOK, SOURCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

MEBIBYTE = 2**20
BOUND = 400 * MEBIBYTE  # of memory; docs/security.md says so
ANSWER = 64 * MEBIBYTE  # the most that one answer may hold in arrays
PATIENCE = 120.0
PEAK = """
import re

status = open("/proc/self/status").read()
int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])
"""


def reports(flood, *cells):
    """What the grader kernel, a process of its own, says of some (source, on student side); then its peak in bytes.

    At the other end of the door, `flood` is called with the socket and each request.
    """
    pairs = [socket.socketpair() for _ in range(3)]
    (control, door, why), (session, student, tell) = zip(*pairs, strict=True)

    def far_side():
        wire = Wire(student)
        with contextlib.suppress(OSError, WireError):
            wire.send({"id": wire.receive(PATIENCE)["id"]}, PATIENCE)
            while True:
                flood(student, wire.receive(PATIENCE))
        student.close()

    fds = [sock.fileno() for sock in (control, door, why)]
    thread = threading.Thread(target=far_side)
    thread.start()
    plan = {
        "cells": [
            {
                "source": source,
                "on_student_side": student_side,
                "on_grader_side": not student_side,
                "draws": True,
                "apart": None,
            }
            for source, student_side in (*cells, (PEAK, False))
        ],
        "files": {},
        "path": [],
        "answers": None,
        "secret": np.zeros(16, np.uint8),
        **dict.fromkeys(["start_timeout", "cell_timeout", "answer_timeout"], PATIENCE),
        "output": Limits.output,
        "imports": None,
    }
    with contextlib.ExitStack() as stack:
        for sock in (session, tell):
            stack.enter_context(sock)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        grader = forkserver_client.fork("grader kernel", fds, Path(folder), [], Limits())
        stack.callback(thread.join, PATIENCE)
        stack.callback(grader.stop)
        for sock in (control, door, why):
            sock.close()
        wire = Wire(session)
        wire.send(plan, PATIENCE)
        assert wire.receive(PATIENCE) == {"ready": True}
        wire.send({"go": True}, PATIENCE)
        *said, peak = [wire.receive(PATIENCE) for _ in plan["cells"]]
    return said, peak["points"] * 1024


def endless_replies(sock, request):
    reply = frame({"id": request["id"], "outputs": [{"type": "stream", "name": "stdout", "text": "x" * 100_000}]})
    while True:
        sock.sendall(reply)


def endless_text(announced):
    def flood(sock, request):
        sock.sendall(struct.pack(">I", announced))
        while True:
            sock.sendall(b'"' * MEBIBYTE)

    return flood


def endless_array(sock, request):
    sock.sendall(frame(None, b'{"body": 1, "arrays": [{"dtype": "|u1", "shape": [268435456]}]}'))
    while True:
        sock.sendall(bytes(MEBIBYTE))


def header(piece):
    """A reply whose header is as long as allowed, of one piece again and again."""

    def flood(sock, request):
        start = b'{"body": {"id": "%b", "outputs": [' % request["id"].encode()
        end = b'0]}, "arrays": []}'
        sock.sendall(frame(None, start + piece * ((MAX_HEADER_BYTES - len(start + end)) // len(piece)) + end))

    return flood


def saying(**content):
    def flood(sock, request):
        sock.sendall(frame({"id": request["id"], **content}))

    return flood


def error(*lines):
    return {"type": "error", "name": "Long", "value": "x", "traceback": list(lines)}


PADDED = np.concatenate([picture("JPEG"), np.zeros(MAX_PICTURE_BYTES - 1000, np.uint8)])
FLOODS = {
    "endless replies": endless_replies,
    "endless text": endless_text(MAX_HEADER_BYTES),
    "4 GiB of text": endless_text(2**32 - 1),
    "an endless array": endless_array,
    "lists": header(b"[[[[[[[[]]]]]]]],"),
    "objects": header(b'{"":0},'),
    "numbers": header(b"0.1,"),
    "short words": header(b'"ab",'),
    "streams": header(b'{"type":"stream","name":"stdout","text":"x"},'),
    "one long text": saying(outputs=[{"type": "result", "text": "\N{BIRD}" + "x" * (MAX_HEADER_BYTES - 200)}]),
    "long tracebacks": saying(outputs=[error(*["ü" * 10_000] * 200)]),
    "a long failure": saying(failure={"kind": "x" * 2**20, "message": "\N{BIRD}" * 2**20}),
    "small arrays": saying(outputs=[np.zeros(16_000, np.uint8)] * MAX_ARRAYS),
    "large arrays": saying(outputs=[{"type": "display", "png": np.zeros(ANSWER // 4, bool)}] * 4),
    "large pictures": saying(outputs=[{"type": "display", "text": "", "jpeg": PADDED}] * 3),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_a_flood_of_outputs_ends_at_the_door(flood):
    cells = 8
    said, peak = reports(flood, *[("1", True)] * cells)
    assert peak < BOUND
    for report in said:
        assert size_of(report["outputs"]) < 2 * MAX_TEXT + MAX_PICTURE_BYTES
    assert sum(size_of(report["outputs"]) for report in said) < Limits.output + cells * 1000


INSTRUCTIONS = from_source(nbformat.read(SOURCE / NOTEBOOK, as_version=4))
TESTS = [name for name in INSTRUCTIONS.points if name not in INSTRUCTIONS.written]
LARGE = {
    "of threes": np.full(ANSWER, 3, np.uint8),
    "of wholes": np.arange(ANSWER // 8),
    "of ones": np.ones((1,) * 7 + (ANSWER,), bool),
    "of floats": np.linspace(0, 1, ANSWER // 4, dtype=np.float32),
}


@pytest.mark.parametrize(
    "large",
    [
        pytest.param(large, id=name, marks=() if name == "of wholes" else pytest.mark.slow)
        for name, large in LARGE.items()
    ],
)
def test_a_large_answer_is_judged_in_little_memory(large):
    half = large.reshape(-1)[: large.size // 2]
    wanted = {
        "has": True,
        "alone_and_together": {"alone": half, "together": half},
        "gradients": {"names": ["x"] * 100_000, "gradient": half, "effect": half},
        "train_probe": {"losses": half, "logits": half, "stale_steps": 0, "changed": True},
        "figure": [{"images": [half, half], "text": " " * (MAX_HEADER_BYTES - 1000)}],
    }

    def flood(sock, request):
        saying(answer=wanted.get(request["question"], large))(sock, request)

    names = ["setup-checks", *TESTS]
    said, peak = reports(flood, *[(INSTRUCTIONS.sources[name], False) for name in names])
    assert peak < BOUND
    assert [report["fraction"] for report in said] == [1.0] + [0.0] * len(TESTS)
    assert all(report["passed"] and "not judged" not in (report["html"] or "") for report in said[1:])
