"""What can be done to an object that lives on the other side: Python's operators and protocols, by name."""

import copy
import math
import operator
from collections.abc import Callable
from typing import Any

ARITHMETIC = (
    *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow"),
    *("lshift", "rshift", "xor", "and", "or"),
)
# Operations with one object.
UNARY: dict[str, Callable[[Any], Any]] = {
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": operator.abs,
    "invert": operator.invert,
    "len": len,
    "bool": bool,
    "int": int,
    "float": float,
    "complex": complex,
    "index": operator.index,
    "str": str,
    "repr": repr,
    "bytes": bytes,
    "iter": iter,
    "next": next,
    "reversed": reversed,
    "dir": dir,
    "trunc": math.trunc,
    "floor": math.floor,
    "ceil": math.ceil,
    "enter": lambda manager: type(manager).__enter__(manager),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}
# Operations with an object and another value.
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    **{name: getattr(operator, f"{name}_" if name in ("and", "or") else name) for name in ARITHMETIC},
    **{
        name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge", "contains", "getitem", "delitem")
    },
    "divmod": divmod,
    "round": round,
    "format": format,
}
IN_PLACE = {f"i{name}": getattr(operator, f"i{name}") for name in ARITHMETIC}
BINARY |= IN_PLACE
# Operations that compare an object with another one, or compute something from both.
WITH_ANOTHER = {"lt", "le", "gt", "ge", *ARITHMETIC, *IN_PLACE}
REFLECTED = {f"r{name}": name for name in (*ARITHMETIC, "divmod")}
# The special methods of an object that its handle has, too; the others are the same for all objects.
SPECIAL = {
    *("neg", "pos", "abs", "invert", "len", "bool", "int", "float", "complex", "index", "bytes"),
    *("iter", "next", "reversed", "trunc", "floor", "ceil", "enter", "exit", "call", "round"),
    *("eq", "lt", "le", "gt", "ge", "contains", "getitem", "setitem", "delitem", "divmod"),
    *ARITHMETIC,
    *IN_PLACE,
    *REFLECTED,
}
