"""A hand-in goes down through the engine once; `class_grading` passes it on from one stage to the next."""

import sys
import threading
from functools import cache
from itertools import groupby
from pathlib import Path

import nbjudge
import pytest
from nbjudge.commands import class_grading
from nbjudge.plugin.course import Course

from helpers.tiny_course import build_light, hand_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

ENGINE = Path(nbjudge.__file__).parent
# A room calls only rooms below it or beside it. `run` and `judge` are side by side: `judge` reads the plans of `run`.
HEIGHT = {"commands": 4, "plugin": 3, "handin": 2, "run": 1, "judge": 1, "sandbox": 0, "protocol": 0}


@cache
def room_of(file):
    path = Path(file)
    return path.relative_to(ENGINE).parts[0] if path.is_relative_to(ENGINE) else None


class Walk:
    """The calls from one room into another, while a block runs, in this thread and those that it starts."""

    def __init__(self):
        self.calls = []

    def __enter__(self):
        threading.setprofile(self._seen)
        sys.setprofile(self._seen)
        return self

    def __exit__(self, *error):
        sys.setprofile(None)
        threading.setprofile(None)

    def _seen(self, frame, event, _):
        if event != "call" or frame.f_back is None:
            return
        caller, called = room_of(frame.f_back.f_code.co_filename), room_of(frame.f_code.co_filename)
        if caller in HEIGHT and called in HEIGHT and caller != called:
            self.calls.append((caller, called, frame.f_back.f_code.co_filename, frame.f_code.co_qualname))


def test_a_hand_in_goes_down_and_is_passed_on_twice(tmp_path):
    build_light(tmp_path)
    hand_in(tmp_path, "lee")
    course = Course(tmp_path)
    course.generate("ex1")
    with class_grading.Grading(course, "ex1") as grading, Walk() as walk:
        (status,) = grading.grade(["lee"])
    assert status.problem is None
    assert [call for call in walk.calls if HEIGHT[call[1]] > HEIGHT[call[0]]] == []
    assert {room for call in walk.calls for room in call[:2]} == HEIGHT.keys()
    passed_on = [called for _, called, file, _ in walk.calls if file == class_grading.__file__]
    assert [room for room, _ in groupby(passed_on)] == ["plugin", "run", "plugin"]
