"""The district's process as the daemon sees it: started, watched, fed with the record; how it goes is told, and a flag.

Nothing of a press waits for anything here: nothing is read or sent while a press's commands are on their way. Killed, hung or
without a network for a month, it goes on from where the hub stands.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import msgspec
import structlog

from drivers.base import Emit
from drivers.child import Child, Terms
from drivers.clock import instant
from drivers.lines import line
from edge.district.api import CheckpointLine
from edge.district.messages import (
    LONGEST_DOWN,
    LONGEST_UP,
    PIECE,
    PIECE_BYTES,
    Answered,
    Directed,
    Down,
    EventLine,
    Live,
    More,
    Open,
    Piece,
    Pull,
    PullSigned,
    Signed,
    Standing,
    Up,
    up,
)
from edge.journal.chain import Head
from edge.journal.checkpoint import Checkpoint
from edge.journal.onward import Asked, SealedLine, behind, checkpoints, newest
from edge.journal.stamp import Stamped
from edge.journal.stored import stored
from edge.journal.writer import JournalRefused
from rules.model.events import ConditionChanged

log = structlog.get_logger(__name__)

TERMS: Final = Terms(
    "edge.district.process",
    up,
    LONGEST_UP,
    hung_ticks=100,
    start_ticks=300,
    most=1_000,
    unsent=2 * LONGEST_DOWN,
)
RESTART_S, RESTART_MOST_S = 0.5, 60.0
LIVED_S: Final = 60.0
PAGE_S, SETTLED_S = 5.0, 1.0
"""It starts behind the page and the book: the record has time, and whoever presses first needs the processor."""
HURRIED_S: Final = 0.05
AGAIN_S: Final = 1.0
AWAY_S: Final = 300.0
"""A hub that does not answer for so long is a flag; a router that starts anew is none."""
AWAY, REFUSED, HALTED = "district_away", "district_refused", "district_halted"
UNSIGNED: Final = "district_unsigned"
LOOKED_BACK: Final = 2_000
"""Events at the end of the record among which those of a live incident are looked for at the process's start."""
MOST_LIVE: Final = 200
"""Events of one message of the second lane; what is more comes by the main lane."""

Fields = Mapping[str, frozenset[str]]
"""Which sealed fields may travel, by kind without its version."""


@dataclass(slots=True)
class DistrictStanding:
    """For the picture. acknowledged: by epoch. heard_s: by time.monotonic(), when the hub last answered; None: not yet."""

    trouble: str = AWAY
    why: str = "starting"
    acknowledged: dict[str, int] = field(default_factory=dict)
    heard_s: float | None = None


class DistrictLink:
    """Belongs to the loop's thread. `run` is a part of the daemon.

    hurried: whether a press's commands are on their way. live: whether an incident is live and real: of no other the district
    hears at once. any_live: whether there is one. synced: called with what the hub acknowledged, by epoch.
    apply: has a directive applied or refused, and returns once its answer is recorded. answered: the number of the
    last one that was.
    """

    def __init__(
        self,
        emit: Emit,
        journal: Asked,
        hurried: Callable[[], bool],
        live: Callable[[str], bool],
        any_live: Callable[[], bool],
        synced: Callable[[dict[str, int]], None],
        apply: Callable[[Directed], Awaitable[None]],
        answered: Callable[[], int],
        terms: Terms[Up] = TERMS,
    ) -> None:
        self._emit = emit
        self._journal = journal
        self._hurried = hurried
        self._live = live
        self._any_live = any_live
        self._synced = synced
        self._apply = apply
        self._answered = answered
        self._directed: Directed | None = None
        self._stirred_down = asyncio.Event()
        self._unsigned = False
        self._terms = terms
        self._open: Open | None = None
        self._shares: Fields = {}
        self._child: Child[Up] | None = None
        self._configured = asyncio.Event()
        self._stirred = asyncio.Event()
        self._grew = False
        self._pulled: Pull | None = None
        self._pulled_signed: PullSigned | None = None
        self._ahead: list[EventLine] = []
        self._flagged: tuple[str, tuple[str, ...]] = ("", ())
        self._away_since_s: float | None = None
        self.standing = DistrictStanding()
        self.restarts = 0

    @property
    def process_id(self) -> int | None:
        """The process that lives now."""
        return None if self._child is None else self._child.process.pid

    def told(self, head: Head) -> dict[str, object] | None:
        """For the picture: which hub, how it goes, what it has, how many events wait; None: there is no district now."""
        if self._open is None:
            return None
        standing = self.standing
        held = standing.acknowledged.get(head.epoch)
        return {
            "hub": urlsplit(self._open.url).hostname or "",
            "trouble": standing.trouble,
            "why": standing.why,
            "acknowledged": held,
            # Of epochs before this one nobody counts: unknown is not none.
            "waiting": None if held is None or held > head.seq else head.seq - held,
            "heard_s": None if standing.heard_s is None else round(time.monotonic() - standing.heard_s),
        }

    def configure(self, opened: Open | None, shares: Fields) -> None:
        """What the accepted configuration says, from now on; None: there is no district."""
        self._shares = shares
        if opened == self._open:
            return
        self._open = opened
        self._configured.set()
        self._stirred.set()
        if opened is None:
            self._flag("", ())
            self.standing = DistrictStanding()
        else:
            self._write(self._with_answered(opened))

    def grew(self, events: Sequence[Stamped]) -> None:
        """The journal took these."""
        if self._open is None:
            return
        self._grew = True
        for one in events:
            if len(self._ahead) < MOST_LIVE:
                opened = {sealed.field: sealed for sealed in one.sealed}
                ahead = self._ahead_of(SealedLine(one.epoch, one.seq, one.hash, one.body, opened))
                if ahead is not None:
                    self._ahead.append(ahead)
        self._stirred.set()

    async def run(self, page_open: asyncio.Event, *, settled_s: float = SETTLED_S) -> None:
        """Keep the process up while there is a district."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PAGE_S):
                await page_open.wait()
        await asyncio.sleep(settled_s)
        pause_s = RESTART_S
        while True:
            while self._open is None:
                self._configured.clear()
                await self._configured.wait()
            await self._unhurried()
            began_s = time.monotonic()
            why = await self._one_life()
            self.restarts += 1
            pause_s = RESTART_S if time.monotonic() - began_s > LIVED_S else min(2 * pause_s, RESTART_MOST_S)
            log.error("the district's process ended and is started again; doors and presses work on", why=why)
            await asyncio.sleep(pause_s)

    # --- one life of the process ---------------------------------------------------------------

    async def _one_life(self) -> str:
        opened = self._open
        if opened is None:
            return "there is no district"
        try:
            child = await Child.start(self._terms)
        except OSError as err:
            return f"it could not be started: {err.strerror}"
        parts = [
            asyncio.ensure_future(child.watch(self._heard)),
            asyncio.ensure_future(self._feed()),
            asyncio.ensure_future(self._watch_away()),
            asyncio.ensure_future(self._direct()),
        ]
        try:
            self._pulled = self._pulled_signed = self._directed = None
            self._child = child
            child.write(line(self._with_answered(opened)))
            await self._begin_ahead()
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            return next(one for one in parts if one.done()).result()
        finally:
            self._child = None
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            await child.end()

    async def _begin_ahead(self) -> None:
        """What live incidents entered before this process lived: it may be behind a month's backlog."""
        if not self._any_live():
            return
        with contextlib.suppress(JournalRefused, ValueError):
            await self._unhurried()
            found = [self._ahead_of(one) for one in await newest(self._journal, LOOKED_BACK)]
            self._ahead = [*(one for one in found if one is not None), *self._ahead][-MOST_LIVE:]
            self._stirred.set()

    def _ahead_of(self, one: SealedLine) -> EventLine | None:
        """As it goes by the second lane; None: it is of no live incident."""
        if b'"incident":null' in one.body:
            return None
        event = stored(one.body, one.hash)
        return (
            self._line(one, event.kind) if event.incident is not None and self._live(event.incident) else None
        )

    async def _feed(self) -> str:
        """Give it what it pulls; never while a press is on its way. Ends when the district was taken away."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            if self._open is None:
                return "there is no district any more"
            await self._unhurried()
            if self._ahead:
                ahead, self._ahead = self._ahead, []
                self._write(Live(tuple(ahead)))
            if self._grew:
                self._grew = False
                self._write(More())
            if self._pulled_signed is not None:
                asked, self._pulled_signed = self._pulled_signed, None
                self._write(await self._signed(asked))
            if self._pulled is not None:
                pull, self._pulled = self._pulled, None
                self._write(await self._piece(pull))

    async def _direct(self) -> str:
        """Have each directive applied or refused; its answer is in the record before the next one comes."""
        while True:
            await self._stirred_down.wait()
            self._stirred_down.clear()
            directed = self._directed
            if directed is not None:
                await self._unhurried()
                await self._apply(directed)
                self._directed = None
                self._write(Answered(directed.number))

    async def _watch_away(self) -> str:
        """A hub that is silent for long is a flag."""
        while True:
            since_s = self._away_since_s
            if since_s is not None and time.monotonic() - since_s >= AWAY_S:
                self._flag(AWAY, (self.standing.why,))
            await asyncio.sleep(AGAIN_S)

    async def _unhurried(self) -> None:
        while self._hurried():  # noqa: ASYNC110  # for some ms, a few times a year
            await asyncio.sleep(HURRIED_S)

    async def _piece(self, pull: Pull) -> Piece:
        while True:
            try:
                found = await behind(self._journal, pull.epoch, pull.seq, pull.hash, PIECE)
                lines = [self._line(one, None) for one in found.lines]
            except (JournalRefused, ValueError):
                # An event whose bytes cannot be read waits for the journal to be mended, which has a flag of its own.
                await asyncio.sleep(AGAIN_S)
                continue
            fit = _fitting(lines)
            start = None if found.start is None else _checkpoint(found.start)
            return Piece(tuple(lines[:fit]), found.more or fit < len(lines), found.found, start)

    async def _signed(self, asked: PullSigned) -> Signed:
        with contextlib.suppress(JournalRefused):
            found = await checkpoints(self._journal, asked.epoch, asked.after, asked.upto)
            return Signed(tuple(map(_checkpoint, found)))
        return Signed(())

    def _line(self, one: SealedLine, kind: str | None) -> EventLine:
        opened = {}
        if one.opened and self._shares:
            kind = stored(one.body, one.hash).kind if kind is None else kind
            may = self._shares.get(kind.partition("/")[0], frozenset())
            opened = {
                name: (sealed.salt.hex(), sealed.value.decode("utf-8", "replace"))
                for name, sealed in one.opened.items()
                if name in may
            }
        return EventLine(one.epoch, one.seq, one.hash, one.body.decode("utf-8", "replace"), opened)

    def _with_answered(self, opened: Open) -> Open:
        return msgspec.structs.replace(opened, directive=self._answered())

    def _write(self, message: Down) -> None:
        if self._child is not None:
            self._child.write(line(message))

    # --- what it says --------------------------------------------------------------------------

    def _heard(self, message: Up) -> None:
        match message:
            case Pull():
                self._pulled = message
                self._stirred.set()
            case PullSigned():
                self._pulled_signed = message
                self._stirred.set()
            case Standing():
                self._stands(message)
            case Directed():
                if self._directed is None:
                    self._directed = message
                    self._stirred_down.set()
            case _:
                pass

    def _stands(self, said: Standing) -> None:
        standing = self.standing
        standing.trouble, standing.why = said.trouble, said.why
        if said.acknowledged != standing.acknowledged:
            standing.acknowledged = dict(said.acknowledged)
            self._synced(standing.acknowledged)
        if said.trouble != AWAY:
            standing.heard_s = time.monotonic()
            self._away_since_s = None
        elif self._away_since_s is None:
            self._away_since_s = time.monotonic()
        if said.unsigned != self._unsigned:
            self._unsigned = said.unsigned
            self._emit(ConditionChanged(instant(), UNSIGNED, said.unsigned, ()))
        if not said.trouble:
            self._flag("", ())
        elif said.trouble in (REFUSED, HALTED):
            self._flag(said.trouble, (said.why,))

    def _flag(self, code: str, args: tuple[str, ...]) -> None:
        if (code, args) == self._flagged:
            return
        if self._flagged[0] and self._flagged[0] != code:
            self._emit(ConditionChanged(instant(), self._flagged[0], False, ()))
        if code:
            self._emit(ConditionChanged(instant(), code, True, args))
        self._flagged = code, args


def _checkpoint(one: Checkpoint) -> CheckpointLine:
    return CheckpointLine(one.epoch, one.seq, one.hash, one.at, one.key, one.public_pem, one.signature.hex())


def _fitting(lines: Sequence[EventLine]) -> int:
    """How many of the first fit into one message; one does always."""
    left = PIECE_BYTES
    for place, one in enumerate(lines):
        # Quotation marks are written with a sign before them; in bytes, a sign is four at most.
        left -= 2 * len(one.body) + sum(4 * len(value) for _, value in one.opened.values())
        if left < 0 and place:
            return place
    return len(lines)
