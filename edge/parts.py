"""The daemon's parts, each a task: kept from the collector, told of when it fails, ended together."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

import structlog

log = structlog.get_logger(__name__)

CANCEL_AGAIN_S: Final = 2.0
"""More than what any part takes to end, such as the word that nobody is armed."""


class Parts:
    """Belongs to the loop's thread. failed: called with (part, the exception's type) when one raised."""

    def __init__(self, failed: Callable[[str, str], None]) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed = failed

    def keep(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a part, by its name for the log and the flag."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def end(self) -> None:
        """End all that still run."""
        await cancelled(list(self._tasks))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (err := task.exception()) is not None:
            log.error("a part failed", part=task.get_name(), exc_info=err)
            self._failed(task.get_name(), type(err).__name__)


async def cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks, and wait until they have ended.

    Again and again: before Python 3.12 `asyncio.wait_for`, and a group whose child fails at that moment, drop a
    cancellation (bpo-37658), and a library may use either.
    """
    ending = {task for task in tasks if not task.done()}
    while ending:
        for task in ending:
            task.cancel()
        _, ending = await asyncio.wait(ending, timeout=CANCEL_AGAIN_S)
        for task in ending:
            log.warning("a part has not ended yet and is cancelled again", part=task.get_name())
