"""Holds the book in memory and brings each change to disk: in memory at once, on disk as soon as the disk takes it.

The loop never waits for the disk: writing happens in threads of its own, and a disk that refuses is told as a
condition and tried again.
"""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import structlog

from edge.people import shelf
from edge.people.book import Book

T = TypeVar("T")

PATIENCE_S: Final = 1.0
"""As the journal's: whoever waits is told after this long that the disk takes nothing (contract section 4)."""
AGAIN_S: Final = 5.0

Condition = Callable[[str, bool, tuple[str, ...]], None]
"""Tells that a condition of the box holds, or no longer: code, whether, arguments for its text."""

log = structlog.get_logger(__name__)


class Keeper:
    """Belongs to the loop's thread."""

    def __init__(self, store: Path, condition: Condition, *, again_s: float = AGAIN_S) -> None:
        self.store = store
        self.book = Book()
        self.loaded = asyncio.Event()
        """Set once it is known what the file holds."""
        self._condition = condition
        self._again_s = again_s
        self._wanted = 0
        self._saved = 0
        self._turned = asyncio.Condition()
        self._saver: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read the file."""
        book, trouble = await in_a_thread("people: load", lambda: shelf.load(self.store))
        self.book = book
        if trouble:
            log.error("people.file_damaged", detail=trouble)
            self._condition("accounts_damaged", True, (trouble,))
        self.loaded.set()

    async def read_in_time(self, patience_s: float = PATIENCE_S) -> bool:
        """Wait until it is known what the file holds; False: the disk did not give it in this time."""
        try:
            async with asyncio.timeout(patience_s):
                await self.loaded.wait()
        except TimeoutError:
            return False
        return True

    async def keep(self, book: Book) -> bool:
        """Go on with this book from now on. True: it is on disk; False: the disk took nothing for 1 s."""
        self.put(book)
        wanted = self._wanted
        try:
            async with asyncio.timeout(PATIENCE_S), self._turned:
                await self._turned.wait_for(lambda: self._saved >= wanted)
        except TimeoutError:
            return False
        return True

    def put(self, book: Book) -> None:
        """Go on with this book from now on, and wait for nothing."""
        if not self.loaded.is_set():
            # It would be written over everybody who is in the file.
            raise RuntimeError("the accounts are not read yet")
        self.book = book
        self._wanted += 1
        if self._saver is None or self._saver.done():
            self._saver = asyncio.get_running_loop().create_task(self._save(), name="people: save")

    async def close(self, timeout_s: float) -> None:
        """Let what is being written end, within a time."""
        if self._saver is not None:
            await asyncio.wait([self._saver], timeout=timeout_s)
            self._saver.cancel()

    async def _save(self) -> None:
        refused = False
        while self._saved < self._wanted:
            number, book = self._wanted, self.book
            try:
                await in_a_thread("people: save", partial(shelf.save, self.store, book))
            except OSError as err:
                refused = True
                self._condition("accounts_not_saved", True, (err.strerror or type(err).__name__,))
                await asyncio.sleep(self._again_s)
                continue
            self._saved = number
            async with self._turned:
                self._turned.notify_all()
        if refused:
            self._condition("accounts_not_saved", False, ())


def in_a_thread(name: str, what: Callable[[], T]) -> "asyncio.Future[T]":
    """Do something that a disk may hold up for ever: in a thread that keeps nobody from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def set_result(value: T) -> None:
        if not done.done():
            done.set_result(value)

    def set_exception(err: Exception) -> None:
        if not done.done():
            done.set_exception(err)

    def run() -> None:
        try:
            value = what()
        except Exception as err:  # noqa: BLE001  raised where it is awaited
            tell(set_exception, err)
        else:
            tell(set_result, value)

    def tell(how: Callable[..., None], value: object) -> None:
        try:
            loop.call_soon_threadsafe(how, value)
        except RuntimeError:
            return  # the loop has ended meanwhile: nobody waits any more

    threading.Thread(target=run, name=name, daemon=True).start()
    return done
