"""The event loop in which cells run, as in a Jupyter kernel: it goes on for as long as a cell, and a moment longer."""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

MOMENT = 0.05  # seconds after each cell for tasks that it left; in Jupyter they would go on until the next cell
STOPS = 100  # so many times, a cell may stop the loop in which it runs

Returned = TypeVar("Returned")


class CellLoop:
    """Runs each cell in one event loop, which is at rest between cells, and while questions are answered.

    Attributes
    ----------
    interrupt : KeyboardInterrupt or None
        The interrupt that ended the last cell while it waited in an ``await``; None if there was none.
    """

    def __init__(self) -> None:
        self.interrupt: KeyboardInterrupt | None = None
        # One for all cells: decimal, NumPy and others keep their settings there.
        self._context = contextvars.copy_context()
        self._renew()

    def run(self, cell: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a cell to its end. Then let the tasks that are left go on, but only for a moment.

        Raises
        ------
        RuntimeError
            Student code does not let the loop run.
        """
        self.interrupt = None
        if self._loop.is_closed():  # by student code
            self._renew()
        task = self._loop.create_task(cell(), context=self._context)
        for _ in range(STOPS):
            try:
                self._loop.run_until_complete(task)
                break
            except KeyboardInterrupt as interrupt:
                # It hit the loop, or another task. In the cell's own code, IPython would have shown it.
                if task.done():
                    break
                self.interrupt = interrupt
                task.cancel()
            except RuntimeError:  # student code stopped the loop
                if task.done():
                    raise
        else:
            raise RuntimeError("the event loop of this notebook does not run")
        if left := asyncio.all_tasks(self._loop):
            with suppress(KeyboardInterrupt, RuntimeError):
                self._loop.run_until_complete(asyncio.wait(left, timeout=MOMENT))

    def at_rest(self, function: Callable[..., Returned], *arguments: Any) -> Returned:
        """Call a function with the settings of the cells, such as the precision of decimals, but outside of the loop.

        No task goes on meanwhile.
        """
        return self._context.run(function, *arguments)

    def _renew(self) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
