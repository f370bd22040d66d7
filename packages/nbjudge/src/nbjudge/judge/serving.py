"""Serves one submission in a grader kernel: gets the plan, runs it, and reports each cell."""

import socket
from collections.abc import Callable
from typing import Any

from ..protocol.wire import Wire
from .door import Door, StudentSideDied
from .grader_kernel import GraderKernel
from .kernel_plan import KernelPlan
from .ordinary_kernel import OrdinaryKernel


def serve(control: Wire, door_wire: Wire, why_ended: Callable[[], str | None] = lambda: None) -> None:
    """Get the plan, run it when told to, and report each cell. If the student side dies, the cell's report says why."""
    plan: KernelPlan = control.receive()
    door = Door(door_wire, plan["answer_timeout"], plan["secret"].tobytes(), why_ended)
    try:
        door.begin(plan["files"], plan["answers"], plan["path"], plan["start_timeout"])
    except StudentSideDied as death:
        control.send({"no_start": str(death)})
        return
    control.send({"ready": True})
    control.receive()
    kernel = _kernel(door, plan)
    for cell in plan["cells"]:
        report: dict[str, Any] = {}
        died_before = door.died is not None
        if cell["on_student_side"]:
            report |= kernel.student_cell(cell["source"], plan["cell_timeout"], cell["draws"])
        if cell["on_grader_side"]:
            report |= kernel.grader_cell(cell)
        if door.died and not died_before:
            report["died"] = door.died
        try:
            control.send(report)
        except TypeError as error:  # too long or not JSON: only this cell's report is lost
            control.send({"passed": False, "fraction": 0.0, "text": f"the report on this cell can't be sent: {error}"})


def _kernel(door: Door, plan: KernelPlan) -> GraderKernel:
    if (imports := plan["imports"]) is None:
        return GraderKernel(door, plan["output"])
    return OrdinaryKernel(door, plan["output"], imports, plan["cell_timeout"])


def told_on(sock: socket.socket) -> Callable[[], str | None]:
    """A function that reads from a socket why the sandbox is being ended; it returns None if no reason was sent."""
    sock.setblocking(False)

    def read() -> str | None:
        try:
            return f"your code {sock.recv(4096).decode()}"
        except BlockingIOError:
            return None

    return read


def start(control: int, door: int, why: int) -> None:
    """Serve on the file descriptors of three sockets."""
    control_socket, door_socket, why_socket = (socket.socket(fileno=fd) for fd in (control, door, why))
    serve(Wire(control_socket), Wire(door_socket, max_array_bytes=64 * 2**20), told_on(why_socket))
