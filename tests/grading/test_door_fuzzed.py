"""A far side that says anything: each message is an answer or a failure, in little time and little memory.

A share of the messages is tried with every ``make test``, always the same ones. At least 100,000 others are tried by
``pytest -m slow tests/grading/test_door_fuzzed.py`` in a quarter of an hour; a message that fails is printed, cut down
to what is needed.
"""

import base64
import functools
import io
import socket
import time
import tracemalloc
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import nbformat
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbjudge.judge.door import MAX_MESSAGE, Door, StudentSideDied
from nbjudge.judge.grader_kernel import GraderKernel
from nbjudge.judge.report import CellReport
from nbjudge.plugin.autograde.outputs import outputs_of, remarks_on
from nbjudge.plugin.instructions import from_source
from nbjudge.protocol.wire import DTYPES, MAX_HEADER_BYTES, Timeout, Wire, WireError
from nbjudge.run.plan import PlannedCell
from PIL import Image

from course_utils import simulators
from helpers import hostile
from tests.corpus.build import NOTEBOOK, SOURCE
from tests.liar import HONEST, LIE, NO_ANSWER, NO_NUMBERS, TWISTS, Liar

PATIENCE = 10.0  # seconds, for what takes milliseconds
MOST_ARRAY_BYTES = 64 * 2**10
HEARD: Counter[str] = Counter()  # messages, by what they are

settings.register_profile(
    "quick",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile("long", settings.get_profile("quick"), derandomize=False, print_blob=True)
QUICK, LONG = settings.get_profile("quick"), settings.get_profile("long")


# Bytes


def a_message_or_a_wire_error(data):
    HEARD["bytes"] += 1
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.settimeout(PATIENCE)
        theirs.sendall(data)
    wire = Wire(ours, MOST_ARRAY_BYTES)
    start = time.process_time()
    tracemalloc.start()
    try:
        message = wire.receive(PATIENCE)
    except Timeout:
        pytest.fail("the other side hung up, and we still waited for it")
    except WireError as error:
        assert 0 < len(str(error)) < 500
        message = None
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        wire.close()
    assert time.process_time() - start < PATIENCE
    announced = int.from_bytes(data[:4]) if len(data) >= 4 else 0
    # What is announced and allowed may be set aside at once; the rest follows from what was really sent.
    assert peak < 2 * announced * (announced <= MAX_HEADER_BYTES) + 2 * MOST_ARRAY_BYTES + 200 * len(data) + 100_000
    assert_plain(message, set())


def assert_plain(value, seen):
    match value:
        case None | bool() | int():
            pass
        case float():
            assert np.isfinite(value)
        case str():
            value.encode()
        case np.ndarray():
            assert value.dtype.str in DTYPES and value.nbytes <= MOST_ARRAY_BYTES and value.flags.writeable
            assert value.dtype != bool or set(value.view("u1").flat) <= {0, 1}
            assert id(value) not in seen  # or a small message could become a large one
            seen.add(id(value))
        case list():
            for item in value:
                assert_plain(item, seen)
        case dict():
            for key, item in value.items():
                assert isinstance(key, str)
                key.encode()
                assert_plain(item, seen)
        case _:
            pytest.fail(f"a {type(value).__name__} came out of the wire")


# Replies


class FarSide(Wire):
    """The judging end of a wire; at the other end is a function that makes replies of requests."""

    def __init__(self, reply):
        super().__init__(hostile.Tape())
        self._reply = reply

    def send(self, message, timeout=None):
        HEARD[message["do"]] += 1
        reply = self._reply(message)
        # What is no object can have no id, and an id of its own is a wrong one.
        reply = {"id": message["id"], **reply} if isinstance(reply, dict) else reply
        self._socket = hostile.Tape(hostile.frame(reply))


def kernel_before(reply):
    return GraderKernel(Door(FarSide(reply), PATIENCE, b"secret"))


def an_answer_or_a_death(reply):
    door = kernel_before(lambda request: reply).door
    start = time.process_time()
    said = door.ask("q", {})
    assert isinstance(said, dict) and set(said) in ({"answer"}, {"failure"})
    assert_plain(said, set())
    if "failure" in said:
        kind, message = said["failure"]["kind"], said["failure"]["message"]
        assert isinstance(kind, str) and isinstance(message, str) and len(message) <= MAX_MESSAGE
        assert (kind, message) == ("died", door.died) if door.died else message.strip()
    try:
        assert isinstance(door.execute("1", PATIENCE), dict) and door.died is None
    except StudentSideDied as death:
        assert str(death) == door.died != ""
    assert time.process_time() - start < PATIENCE


# Outputs


def outputs_that_can_be_shown(reply):
    report = sent(kernel_before(lambda request: reply).student_cell("1", PATIENCE))
    read = CellReport.read(report)
    assert_shown(outputs_of(PlannedCell("1", on_student_side=True), read, 1))
    for remark in (*remarks_on("cell 1", read), *read.refused):
        assert isinstance(remark, str) and len(remark) < 300


def sent(report):
    """The report as it arrives at the session."""
    ends = [Wire(sock) for sock in socket.socketpair()]
    try:
        with ThreadPoolExecutor(1) as pool:
            received = pool.submit(ends[1].receive, PATIENCE)
            ends[0].send(report, PATIENCE)
            return received.result()
    finally:
        for end in ends:
            end.close()


def assert_shown(outputs):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=outputs, execution_count=1)])
    nbformat.validate(notebook)
    assert nbformat.reads(nbformat.writes(notebook).encode().decode(), 4).cells[0].outputs == outputs
    for output in outputs:
        assert output.output_type in ("stream", "error", "execute_result", "display_data")
        data = output.get("data", {})
        assert set(data) <= {"text/plain", "text/html", "image/png", "image/jpeg"} and not output.get("metadata")
        for mime, image_format in (("image/png", "PNG"), ("image/jpeg", "JPEG")):
            if mime in data:
                with Image.open(io.BytesIO(base64.b64decode(data[mime]))) as image:
                    assert image.format == image_format


def test_a_long_error_is_a_short_remark():
    error = {"type": "error", "name": "CellTimeoutError", "value": "long " * 1000, "traceback": []}
    outputs_that_can_be_shown({"outputs": [error]})


# Answers


@functools.cache
def instructions():
    return from_source(nbformat.read(SOURCE / NOTEBOOK, as_version=4))


TESTS = [name for name in instructions().points if name not in instructions().written]


@pytest.fixture(scope="module", autouse=True)
def _images_made_once():
    """A test cell asks in no time, if its images need not be simulated again; and the liar gets to know them."""

    def learnt(draw):
        @functools.cache
        def fresh(n, seed):
            the_liar().learn(dataset := draw(n, seed))
            return dataset

        return fresh

    with pytest.MonkeyPatch.context() as patch:
        for name in ("fresh", "fresh_in_bulk"):
            patch.setattr(simulators, name, learnt(getattr(simulators, name)))
        patch.setattr(simulators, "fixed_dataset", functools.cache(simulators.fixed_dataset))
        yield


the_liar = functools.cache(Liar)


def report_on(test, *lies):
    """What the grader kernel says of a test cell whose questions are answered with these lies in turns."""
    liar = the_liar()
    liar.lies, liar.asked = lies, []
    kernel = kernel_before(lambda request: liar.reply(request["question"], request["arguments"]))
    assert kernel.trusted_cell(instructions().sources["setup-checks"])["passed"]
    start = time.process_time()
    report = sent(kernel.trusted_cell(instructions().sources[test]))
    assert time.process_time() - start < PATIENCE
    assert liar.asked and report["passed"]  # it ran to its end, and judged
    assert type(report["fraction"]) is float and 0 <= report["fraction"] <= 1
    assert len(report["html"]) < 10_000 and "not judged" not in report["html"]
    (output,) = outputs = outputs_of(PlannedCell("", on_grader_side=True, points=3.0), CellReport.read(report), 1)
    assert_shown(outputs)
    assert float(output.data["text/plain"]) == round(3 * report["fraction"], 4)
    return report


@pytest.mark.parametrize("test", TESTS)
def test_the_liar_knows_all_right_answers(test):
    # Or the lies below would be told in places that no test cell comes to.
    assert report_on(test, HONEST)["fraction"] == 1


@pytest.mark.parametrize("how", NO_NUMBERS)
@pytest.mark.parametrize("test", TESTS)
def test_nothing_passes_that_is_not_a_number(test, how):
    assert report_on(test, ("twisted", how))["fraction"] == 0


@pytest.mark.parametrize("how", TWISTS)
@pytest.mark.parametrize("test", TESTS)
def test_every_kind_of_answer_is_judged(test, how):
    report_on(test, ("twisted", how))


@pytest.mark.parametrize("depth", range(26, 33))
def test_a_deep_answer_still_fits_into_the_report_on_it(depth):
    report_on("glitchnet-logit-shape", ("made up", hostile.deep(depth)))


def test_a_net_whose_outputs_have_different_shapes_is_judged():
    report_on("glitchnet-no-sigmoid", HONEST, ("twisted", "none"))


def a_mark_within_bounds(case):
    test, lies = case
    report_on(test, *lies)


def no_mark(case):
    test, lies = case
    assert report_on(test, *lies)["fraction"] == 0


# All of it

# What holds; of what; how many examples are tried with every `make test`; how many in the long search.
SEARCHES = {
    a_message_or_a_wire_error: (hostile.FRAMES, 1000, 65_000),
    an_answer_or_a_death: (hostile.REPLY | hostile.VALUES, 600, 20_000),
    outputs_that_can_be_shown: (hostile.EXECUTED, 150, 6_000),
    a_mark_within_bounds: (st.tuples(st.sampled_from(TESTS), st.lists(LIE, min_size=1, max_size=4)), 150, 5_000),
    no_mark: (st.tuples(st.sampled_from(TESTS), st.lists(NO_ANSWER, min_size=1, max_size=3)), 80, 2_000),
}


def search(holds, examples, profile):
    messages, *_ = SEARCHES[holds]
    settings(profile, max_examples=examples)(given(messages)(lambda message: holds(message)))()


@pytest.mark.parametrize("holds", SEARCHES, ids=lambda holds: holds.__name__)
def test_some_messages(holds):
    _, few, _ = SEARCHES[holds]
    search(holds, few, QUICK)


@pytest.mark.slow
def test_a_hundred_thousand_messages():
    HEARD.clear()
    for holds, (_, _, many) in SEARCHES.items():
        search(holds, many, LONG)
    assert sum(HEARD.values()) >= 100_000
    print(dict(HEARD))
