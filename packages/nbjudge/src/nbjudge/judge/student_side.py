"""The student's side as a test cell sees it that uses names: each operation is one request through the door."""

import builtins
import sys
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from ..protocol.random_states import are_same, get_states, set_states
from ..protocol.sharing import Twins
from ..protocol.values import EXACT, NotPlain, Packer, ValueTooLarge, crosses
from . import errors
from .brief import brief, not_granted
from .door import Door, StudentSideDied, message_of
from .handles import Handle, Method, Opaque, handle_of
from .imported import Imported
from .printed import Printed
from .reached import Reached

MOST_CALLBACKS = 100_000
MOST_NESTED = 40  # calls of the test cell's functions within each other; each takes a dozen of Python's own
MOST_NOTED = 60  # operations of one test cell in the transcript
NOT_ASKED = "not asked: the model solution does not need it"
NOT_RISKY = {"iter", "next", "copy", "deepcopy", "exit", "enter"}
_ORIGINAL_INPUT = builtins.input
_ORIGINAL_STDIN = sys.stdin


class CannotCross(TypeError):
    """A value of the test cell can't go to the student's side."""


class NotGranted(TypeError):
    """An object of the student's is used in a way in which the model solution's was not."""


class TestTimeout(BaseException):
    """A test cell took too long; ``except Exception`` does not catch this."""


class StudentSide:
    """Carries out operations on the student's side.

    Parameters
    ----------
    door : Door
        The way to the student's process.
    imports : list of (str, str, str)
        What the instructor's cells import; see `names_used.imports_of`. If a name of the student's has such a value,
        the value is imported here, too.

    Attributes
    ----------
    names : set of str
        The names of the student's variables.
    used : set of str
        The operations on the student's objects in the current test cell.
    granted : frozenset of str or None
        The operations that the current test cell may use; None for all.
    waits : int
        How many requests wait for their replies; more than one if the student's code calls functions of the test cell.
    seeded : bool
        Whether the test cell has set the state of a random generator.
    noted : list of (str, list of str, str)
        The first operations of the current test cell, their operands and results, as short texts.
    """

    def __init__(self, door: Door, imports: list[tuple[str, str, str]]) -> None:
        self._door = door
        self._imported = Imported(imports)
        self._wanted = ""
        self._twins = Twins()
        self._handles: WeakValueDictionary[int, Handle] = WeakValueDictionary()
        self._classes: dict[int, type] = {}
        self._reached = Reached()
        self._callbacks = self._depth = 0
        self._raised: list[BaseException] = []
        self.names: set[str] = set()
        self.used: set[str] = set()
        self.granted: frozenset[str] | None = None
        self.seeded = False
        self.waits = 0
        self._expired: TestTimeout | None = None
        self._refused: str | None = None
        self._printed = Printed()
        self.deadline = float("inf")
        self.noted: list[tuple[str, list[str], str]] = []
        self.on_change: Callable[[list[str]], None] = lambda names: None

    def begin(self, granted: frozenset[str] | None, seconds: float) -> None:
        """Begin a test cell, which has so many seconds."""
        self.granted, self.used, self.seeded = granted, set(), False
        self._raised, self.noted = [], []
        self._refused, self._printed = None, Printed()
        self.begin_cell(seconds)
        self("names")

    def begin_cell(self, seconds: float) -> None:
        """Begin a cell, of the test or of the student, which has so many seconds."""
        self._callbacks, self._depth, self.waits, self._expired = 0, 0, 0, None
        self.deadline = time.monotonic() + seconds

    @property
    def doubt(self) -> str | None:
        """Why a test cell that ran to its end proves nothing: it may have caught our errors in place of the student's.

        Python itself catches an error in ``len``, for example in ``list(...)``.
        """
        late = "this test took too long" if time.monotonic() > self.deadline else None
        return self._door.died or self._refused or late

    def grants(self, claim: str) -> bool:
        """Whether the model solution needed this claim, too; in a study, note it."""
        if self.granted is None:
            self.used.add(claim)
        elif claim not in self.granted:
            note: tuple[str, list[str], str] = (claim, [], NOT_ASKED)
            if note not in self.noted and len(self.noted) < MOST_NOTED:
                self.noted.append(note)
        return self.granted is None or claim in self.granted

    def __call__(self, operation: str, *operands: Any, claim: str | None = None) -> Any:
        """Carry out an operation.

        Parameters
        ----------
        operation : str
            See `nbjudge.student.objects`.
        *operands : any
            Plain data, handles, or objects of the test cell.
        claim : str, optional
            What the student's object says of itself with this operation, such as ``"len"``; it must be granted.

        Raises
        ------
        Exception
            What the student's code raised.
        NotGranted
            The model solution did not need this claim.
        """
        if claim is not None and claim not in NOT_RISKY:
            if self.granted is not None and claim not in self.granted:
                why = not_granted(claim)
                self._refused = self._refused if claim == "len" else why
                raise NotGranted(why)
            self.used.add(claim)
        if time.monotonic() > self.deadline:
            raise TestTimeout("this test took too long")
        runs = operation not in ("get", "names")
        states = get_states() if self.seeded and runs else None
        reads = builtins.input is not _ORIGINAL_INPUT or sys.stdin is not _ORIGINAL_STDIN
        message = (states, *operands) if states is not None else operands
        self.waits += 1  # until both sides have the same twins
        try:
            forget = self._twins.unused()
            packed = self._packed(message)
            content = {"operation": operation, "packed": packed, "forget": forget, "states": states is not None}
            left = self.deadline - time.monotonic()
            reply = self._door.reach(content | {"reads": reads and runs}, self.answer_back, left)
            result = self._result(reply, operation)
        finally:
            self.waits -= 1
            if self._expired:
                raise self._expired
        if len(self.noted) < MOST_NOTED:
            self.noted.append((operation, [brief(each) for each in operands], brief(result)))
        return result

    def get(self, name: str) -> Any:
        """The value of a variable.

        Raises
        ------
        NameError
            There is no such variable.
        """
        self._wanted = name
        try:
            return self("get", name)
        finally:
            self._wanted = ""

    def can_take(self, value: Any) -> bool:
        """Whether a value of the test cell can go to the student's side."""
        try:
            Packer(self._node).packed(value)
        except (NotPlain, ValueTooLarge):
            return False
        return True

    def _result(self, reply: dict[str, Any], operation: str) -> Any:
        if "failure" in reply:
            self._refused = message_of(reply["failure"])
            raise TimeoutError(self._refused)
        try:
            result, states = self._twins.unpack(reply.get("packed"), self._value)
            if isinstance(names := reply.get("names"), list):
                self.names = {name for name in names if isinstance(name, str)}
            if isinstance(rebound := reply.get("rebound"), list):
                self.on_change([name for name in rebound if isinstance(name, str)])
            if states is not None and self.seeded:
                self._follow(states)
            self._printed.show(reply.get("printed"))
            status, *value = result
            if status == "returned":
                return value[0]
            kind, arguments, message, attributes, theirs = value
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self._door.refuse(f"your kernel sent something that was not asked for ({error})"[:300])
        if isinstance(theirs, int) and 0 <= theirs < len(self._raised):
            raise self._raised[theirs]
        made = errors.made(kind, arguments, message if isinstance(message, str) else "", attributes)
        if isinstance(made, StopIteration) and operation != "next" and not self.grants("StopIteration"):
            raise RuntimeError("StopIteration in the student's code")  # map() would end, as if all were well
        raise made

    def _follow(self, states: Any) -> None:
        """Take over the states of random generators, if the model solution's code has used them, too."""
        if not are_same(states) and (self.granted is None or "random" in self.granted):
            self.used.add("random")
            set_states(states)

    def _packed(self, message: tuple[Any, ...]) -> dict[str, Any]:
        try:
            return self._twins.pack(message, self._node)
        except (NotPlain, ValueTooLarge) as error:
            self._refused = f"a value can't go to the student's side: {error}"
            raise CannotCross(self._refused) from error

    def _node(self, value: Any) -> list[Any] | None:
        if type(value) in EXACT:
            return None
        if isinstance(value, Handle):
            return ["yours", object.__getattribute__(value, "_nbjudge_number")]
        if isinstance(value, type) and (number := vars(value).get("__theirs__")) is not None:
            return ["yours", number]
        if isinstance(value, Method):
            return ["method", *value.path]
        if crosses(value):
            return None
        return self._imported.node(value) or self._reached.node(value)

    def _value(self, node: list[Any]) -> Any:
        match node:
            case ["yours", int(number)]:
                return self._reached[number]
            case ["builtin", str(name)] if isinstance(found := getattr(builtins, name, None), type):
                return found
            case ["numpy type", str(name)] if isinstance(found := getattr(np, name, None), type):
                return found
            case ["module", str(name)]:
                own = self._imported.module(self._wanted, name)
                return Opaque(f"the module {name[:100]}") if own is None else own
            case ["object", int(number), dict(described)]:
                return self._object(number, described)
        raise ValueError("a node that is none")

    def _object(self, number: int, described: dict[str, Any]) -> Any:
        if (own := self._imported.object(self._wanted, described.get("named"))) is not None:
            return own
        if "errors" in described:
            return errors.class_of(described["errors"], self._classes)
        if (handle := self._handles.get(number)) is None:
            handle = self._handles[number] = handle_of(self, number, described)
        return handle

    def answer_back(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer what the student's code asks of an object of the test cell, which may be anything."""
        try:
            number, *operands = self._twins.unpack(request.get("packed"), self._value)
        except (ValueError, TypeError) as error:
            self._door.refuse(f"your kernel sent something that was not asked for ({error})"[:300])
        self._printed.show(request.get("printed"))
        self._callbacks += 1
        self._depth += 1
        waits = self.waits
        try:
            if self._expired or self._callbacks > MOST_CALLBACKS or time.monotonic() > self.deadline:
                raise TestTimeout("the student's code calls functions of this test without end")
            if self._depth > MOST_NESTED:
                raise RecursionError("the student's code and a function of this test call each other too often")
            self.waits = 0  # the test cell's own code can be interrupted, and nothing else in here
            try:
                result: tuple[Any, ...] = ("returned", self._reached.use(number, request.get("back"), operands))
            finally:
                self.waits = waits
        except TestTimeout as error:
            # The student's code is told, so that it ends, and then the test cell ends.
            self._expired = self._expired or error
            result = ("over",)
        except StudentSideDied:
            raise
        except Exception as error:
            result = self._told(error)
        finally:
            self.waits = waits
            self._depth -= 1
        try:
            return self._packed(result)
        except CannotCross as error:
            return self._packed(self._told(error))

    def _told(self, error: Exception) -> tuple[Any, ...]:
        self._raised.append(error)
        return errors.told(error, len(self._raised) - 1)
