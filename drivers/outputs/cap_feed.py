"""A CAP 1.2 feed for signs and desktops: they come and fetch it; what was fetched, and by how many, is the evidence.

A message is served from memory as soon as it is told; the file beside it only makes the next run go on with the same chains.
A file that cannot be read or written takes nothing from anybody: what holds is told anew after each start.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from drivers.base import Emit, checked_notice
from drivers.clock import instant
from drivers.outputs.cap_message import Alert, Speaker, bounded, current, document, feed, followed, identifier
from drivers.outputs.route import Wording
from rules.model.ids import NoticeId, OutputId, ZoneId
from rules.model.notices import Notice, NoticeEnded, Outcome
from rules.model.values import dataclass

LISTED: Final = 50
"""Messages in the feed, beside all that hold still."""
READERS_MOST: Final = 256
READER_S: Final = 180.0
"""Who did not ask for so long is no longer counted among those who follow."""
FILE_MOST: Final = 2 * 1_048_576
PATIENCE_S: Final = 5.0
"""As long as a disk may take to give back what was said before; then the feed goes on without it."""


@dataclass(frozen=True, slots=True)
class CapConfig:
    """file: where what was said is kept. by: who says it, with the second language."""

    output: OutputId
    by: Speaker
    file: Path


class CapFeed:
    """The route of one `cap-feed` output. Belongs to the loop's thread."""

    def __init__(self, config: CapConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self.output = config.output
        self._config = config
        self._clock = clock
        self._kept: list[Alert] = []
        self._loaded = False
        self._early: dict[ZoneId, tuple[Notice, Wording]] = {}
        self._of: dict[str, NoticeId] = {}
        """The notice by which a message was last told, for what holds and for ends."""
        self._got: dict[str, set[str]] = {}
        self._readers: dict[str, float] = {}
        self._ends: list[tuple[NoticeId, Outcome, str, int, int]] = []
        self._stirred, self._new = asyncio.Event(), asyncio.Event()

    # --- what is told -------------------------------------------------------------------------

    def tell(self, notice: Notice, wording: Wording) -> None:
        """See `Route.tell`."""
        checked_notice(notice, self.output)
        if self._loaded:
            self._publish(notice, wording)
        else:
            self._early[notice.zone] = notice, wording
        self._stirred.set()

    async def run(self, emit: Emit) -> None:
        """See `Route.run`."""
        if not self._loaded:
            before: list[Alert] = []
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    before = await asyncio.to_thread(kept_in, self._config.file)
            self._kept, self._loaded = before, True
            for notice, wording in self._early.values():
                self._publish(notice, wording)
            self._early.clear()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._say(emit))
            group.create_task(self._keep(emit))

    async def _say(self, emit: Emit) -> None:
        while True:
            ends, self._ends = self._ends, []
            for notice, outcome, code, told, of in ends:
                emit(NoticeEnded(instant(), notice, self.output, outcome, code, told, of))
            self._stirred.clear()
            await self._stirred.wait()

    async def _keep(self, emit: Emit) -> None:
        """Beside what is said: a disk that hangs holds up nothing but the next run's memory."""
        while True:
            self._new.clear()
            if self._kept and not await asyncio.to_thread(keep, self._config.file, tuple(self._kept)):
                for notice in self._of.values():
                    emit(NoticeEnded(instant(), notice, self.output, "sent", "not_kept"))
            await self._new.wait()

    def _publish(self, notice: Notice, wording: Wording) -> None:
        at_s = time.time_ns() // 1_000_000_000
        added = followed(self._kept, self._config.by.campus, notice, wording, at_s)
        if added:
            self._kept = bounded([*self._kept, *added])
            self._new.set()
        name = identifier(self._config.by.campus, notice)
        listed = {one.identifier for one in self._kept}
        self._of[name], self._got[name] = notice.id, set()
        self._of = {name: its for name, its in self._of.items() if name in listed}
        self._got = {name: its for name, its in self._got.items() if name in listed}
        self._ends.append((notice.id, "sent", "", 0, 0))

    # --- what is fetched ----------------------------------------------------------------------

    @property
    def tag(self) -> str:
        """Another one whenever the feed is another."""
        return f'"{self._kept[-1].identifier}.{len(self._kept)}"' if self._kept else '"none"'

    @property
    def ready(self) -> bool:
        """Whether what was said before this run is known: before that, an empty feed would be a guess."""
        return self._loaded

    def atom(self, place: str) -> bytes:
        """The feed. place: the address by which it was asked for."""
        return feed(self._kept, self._config.by, self.output, LISTED, place)

    def message(self, name: str) -> bytes | None:
        """One message; None: there is none of this name."""
        found = next((one for one in self._kept if one.identifier == name), None)
        return None if found is None else document(found, self._config.by)

    def fetched(self, reader: str, message: str | None = None) -> None:
        """Somebody who follows was given the feed, or one message: evidence that it arrived there, and of no more."""
        now = self._clock()
        self._readers.pop(reader, None)
        self._readers[reader] = now
        while len(self._readers) > READERS_MOST:
            self._readers.pop(next(iter(self._readers)))
        names = [one.identifier for one in current(self._kept)] if message is None else [message]
        if message is None and self._kept:
            names.append(self._kept[-1].identifier)
        following = {one for one, at in self._readers.items() if now - at <= READER_S}
        for name in dict.fromkeys(names):
            got, notice = self._got.get(name), self._of.get(name)
            if got is None or notice is None or reader in got or len(got) >= READERS_MOST:
                continue
            got.add(reader)
            self._ends.append((notice, "received", "", len(got), len(got | following)))
            self._stirred.set()


def kept_in(file: Path) -> list[Alert]:
    """What was said before; nothing, where the file is away, too large or not sound."""
    try:
        with file.open("rb") as opened:
            return read(opened.read(FILE_MOST + 1))
    except OSError:
        return []


def read(data: bytes) -> list[Alert]:
    """The messages of a file's bytes; none, where they are not what `keep` writes."""
    if len(data) > FILE_MOST:
        return []
    try:
        found = msgspec.json.decode(data, type=list[Alert])
        for one in found:
            # What cannot be rendered would silence the whole feed.
            document(one, Speaker("", ""))
    except (msgspec.DecodeError, ValueError, OverflowError, OSError, RecursionError):
        return []
    return bounded(found)


def keep(file: Path, kept: tuple[Alert, ...]) -> bool:
    """Write what was said, whole or not at all; whether it is on disk."""
    new = file.with_name(file.name + ".new")
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        with new.open("wb") as opened:
            opened.write(msgspec.json.encode(kept))
            opened.flush()
            os.fsync(opened.fileno())
        new.replace(file)
    except OSError:
        return False
    return True
