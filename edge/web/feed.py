"""The event stream's middle: what the journal commits, made ready once, handed to every listener in small bites.

Nothing here stands between a press and its wire: what was committed is looked at 80 ms later, and made ready and written
for at most 1 ms at a time, never while a press is being written. A listener that does not read is let go; it comes back
with `Last-Event-ID`.
"""

import asyncio
import collections
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from edge.journal.stamp import Stamped
from edge.journal.stored import Stored, stored
from edge.journal.upcast import upcast
from edge.web.courtesy import AGAIN_S, BITE_S, Courtesy
from edge.web.sieve import Position, Sieve
from edge.web.wire import Message, Out

SHOW_AFTER_S: Final = 0.08
"""Streams follow the wire, and the pages that people look at; they race neither."""
FRAMES_MOST: Final = 4_096
"""Kept for listeners that come back or lag: the rows of some lockdowns, 4 MB."""
PIECE: Final = 32 * 1024
"""Bytes handed to one listener at a time."""
BUFFERED_MOST: Final = 32 * 1024
"""Bytes that one listener may leave unread on our side."""
SLOW_S: Final = 10.0
"""A listener that took nothing for so long is let go."""
CHECK_S: Final = 0.5
"""How soon a listener who lost the right is gone."""
BEAT_S: Final = 2.0
LISTENERS_MOST: Final = 500
LAG_S: Final = 0.02


@dataclass(slots=True)
class Frame:
    """One event, put into bytes when the first listener of its kind takes it. shown_seq None: it is hidden from many."""

    event: Stored
    shown_seq: int | None
    full: bytes | None = None
    shown: bytes | None = None

    def bytes_for(self, duress: bool, encode: "Encode") -> bytes | None:
        """What goes on the wire; None: nothing, for it tells of something silent."""
        if duress:
            self.full = self.full or encode(self.event, True, self.event.seq)
            return self.full
        if self.shown_seq is not None and self.shown is None:
            self.shown = encode(self.event, False, self.shown_seq)
        return self.shown


@dataclass(eq=False)
class Listener:
    """next: the number of the frame it takes next, counted since the feed began."""

    out: Out
    duress: bool
    still: Callable[[], bool]
    ended: asyncio.Event
    next: int = 0
    waiting_since_s: float | None = None


Encode = Callable[[Stored, bool, int], bytes]
"""An event as one listener sees it: with `look-duress` or not, and its number there."""


class Feed:
    """Belongs to the loop's thread. `open` before the first listener; it stays open."""

    def __init__(self, sieve: Sieve, encode: Encode, beat: Callable[[], bytes], courtesy: Courtesy) -> None:
        self._sieve = sieve
        self._encode = encode
        self._beat = beat
        self._courtesy = courtesy
        self._frames: collections.deque[Frame] = collections.deque(maxlen=FRAMES_MOST)
        self._made = 0
        """Frames made so far: the number of the next."""
        self._base: Position | None = None
        """The event before the first frame kept."""
        self._pending: collections.deque[Stamped] = collections.deque()
        self._listeners: set[Listener] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._sender: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._open = False
        self.dropped = 0
        """Listeners let go since start."""

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    @property
    def is_open(self) -> bool:
        """Whether the frames follow the journal without a gap from some place on."""
        return self._open

    @property
    def last(self) -> Position | None:
        """The last event made ready; None: there is none yet."""
        return self._frames[-1].event.position if self._frames else self._base

    def open(self, base: Position | None) -> None:
        """Begin behind `base`, the last event that is known from elsewhere. What was committed since is pending."""
        self._base = base
        self._open = True

    def committed(self, events: Sequence[Stamped]) -> None:
        """What the journal has just taken."""
        self._pending.extend(events)
        if self._timer is None and self._open:
            self._timer = asyncio.get_running_loop().call_later(SHOW_AFTER_S, self._make)

    def catch_up(self) -> None:
        """Make ready all that is pending, now: before anybody asks the sieve of it."""
        while self._pending and self._open:
            self._take(self._pending.popleft())
        self._wake.set()

    def attach(self, listener: Listener, after: Position | None) -> bool:
        """Have a listener hear all behind `after`, None: behind the last. False: that is not kept any more."""
        self.catch_up()
        if after is None or after == self.last:
            listener.next = self._made
        else:
            place = self._place(after)
            if place is None:
                return False
            listener.next = place
        self._listeners.add(listener)
        if self._sender is None or self._sender.done():
            self._sender = asyncio.get_running_loop().create_task(self._send(), name="event stream")
        self._wake.set()
        return True

    def detach(self, listener: Listener) -> None:
        """Somebody hung up."""
        self._listeners.discard(listener)

    async def close(self) -> None:
        """Let everybody go."""
        for one in tuple(self._listeners):
            self._let_go(one)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None  # what is pending is made ready for whoever comes back
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.wait([self._sender])

    # --- making ready -------------------------------------------------------------------------

    def _make(self) -> None:
        """A bite of what is pending; the rest after the loop has looked at its sockets."""
        self._timer = None
        if self._courtesy.hurried():
            self._timer = asyncio.get_running_loop().call_later(AGAIN_S, self._make)
            return
        ends = time.monotonic() + BITE_S
        while self._pending and self._open and time.monotonic() < ends:
            self._take(self._pending.popleft())
        if self._pending:
            self._timer = asyncio.get_running_loop().call_later(0, self._make)
        self._wake.set()

    def _take(self, stamped: Stamped) -> None:
        position = (stamped.epoch, stamped.seq)
        last = self.last
        if last is not None and last[0] == stamped.epoch and stamped.seq <= last[1]:
            return  # known from elsewhere
        if last is not None and position not in ((last[0], last[1] + 1), (stamped.epoch, 1)):
            self._begin_again()
            return
        opened = {one.field: msgspec.json.decode(one.value) for one in stamped.sealed}
        event = upcast(stored(stamped.body, stamped.hash, opened))
        hidden = self._sieve.judge(event)
        if len(self._frames) == FRAMES_MOST:
            self._base = self._frames[0].event.position
        self._frames.append(Frame(event, None if hidden else self._sieve.shown_seq(position)))
        self._made += 1

    def _begin_again(self) -> None:
        """Something was committed that we were not told of: everybody comes back and reads it from the journal."""
        self._open = False
        self._frames.clear()
        self._pending.clear()
        for one in tuple(self._listeners):
            self._let_go(one)

    def _place(self, after: Position) -> int | None:
        first = self._made - len(self._frames)
        if after == self._base:
            return first
        for place, frame in enumerate(self._frames):
            if frame.event.position == after:
                return first + place + 1
        return None

    # --- handing on ---------------------------------------------------------------------------

    async def _send(self) -> None:
        checked_s = beaten_s = time.monotonic()
        while self._listeners:
            self._wake.clear()
            now = time.monotonic()
            if now - checked_s >= CHECK_S:
                checked_s = now
                for one in [one for one in self._listeners if not one.still()]:
                    self._let_go(one)
            beat = b""
            if now - beaten_s >= BEAT_S:
                beaten_s, beat = now, self._beat()
            lagging = await self._round(beat)
            patience_s = LAG_S if lagging else CHECK_S
            try:
                async with asyncio.timeout(patience_s):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def _round(self, beat: bytes) -> bool:
        """Give everybody what they can take; whether somebody could not take all."""
        lagging = False
        pieces: dict[tuple[bool, int], tuple[Message | None, int]] = {}
        for one in tuple(self._listeners):
            if self._courtesy.due:
                await self._courtesy.turn()
            if one.next < self._made - len(self._frames):
                self._let_go(one)
                continue
            if one.next == self._made and not beat:
                continue
            if one.out.unread() > BUFFERED_MOST:
                lagging = lagging or one.next < self._made
                if self._is_slow(one):
                    self._let_go(one)
                continue
            key = (one.duress, one.next)
            if key not in pieces:
                data, after = self._piece(*key)
                pieces[key] = Message(data + beat) if data or beat else None, after
            message, after = pieces[key]
            try:
                if message is not None:
                    one.out.put(message)
            except ConnectionError:
                self.detach(one)
                one.ended.set()
                continue
            one.next, one.waiting_since_s = after, None
            lagging = lagging or after < self._made
        return lagging

    def _is_slow(self, one: Listener) -> bool:
        now = time.monotonic()
        if one.waiting_since_s is None:
            one.waiting_since_s = now
        return now - one.waiting_since_s > SLOW_S

    def _piece(self, duress: bool, first: int) -> tuple[bytes, int]:
        """(the frames from the one numbered `first` on, as far as one piece goes; the number behind them)."""
        found: list[bytes] = []
        size, place = 0, first
        start = first - (self._made - len(self._frames))
        for frame in itertools.islice(self._frames, start, None):
            data = frame.bytes_for(duress, self._encode)
            if data is not None:
                if found and size + len(data) > PIECE:
                    break
                found.append(data)
                size += len(data)
            place += 1
        return b"".join(found), place

    def _let_go(self, one: Listener) -> None:
        self.dropped += 1
        self.detach(one)
        one.ended.set()
