"""The daemon's parts, each a task: kept from the collector, told of when it fails, ended together."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import structlog

log = structlog.get_logger(__name__)


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
    """Cancel tasks, and wait until they have ended."""
    ending = list(tasks)
    for task in ending:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*ending, return_exceptions=True)
