"""Keeps every open page true: one snapshot and one rendering a change, however many look; nobody waits for anybody.

Belongs to the loop's thread. What a page shows comes from memory alone, and follows the press, never leads it: it is
made in bites, between which the loop does its own work.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, Final, cast

import msgspec

from edge.journal.writer import JournalRefused
from edge.web.office import Office
from edge.web.pages import templates, times
from edge.web.pages.frame import live_frame, start_words
from edge.web.pages.once import Once
from edge.web.pages.reading import Readings
from edge.web.pages.responses import bands
from edge.web.pages.scene import Scene, scene
from edge.web.pages.screens import EVERYWHERE, Screen, live_parts
from edge.web.pages.timeline import timeline
from rules.state import State

BEAT_S: Final = 2.0
LOOK_S: Final = 0.5
"""How often it is looked whether a listener may still listen: a revoked session sees nothing a second later."""
MOST_LISTENERS: Final = 1_000
MOST_WAITING: Final = 64
"""Messages for one listener; with more than that waiting it is gone, whatever its socket says."""
READ_EVERY_S: Final = 2.0
READ_S: Final = 5.0
MOST_LINES: Final = 400
SAID_S: Final = 120.0
MOST_SAID: Final = 500


@dataclass(frozen=True, slots=True)
class Looking:
    """What listeners have in common: the same page, as seen with or without `look-duress` and `record`."""

    screen: Screen
    of: str
    duress: bool
    record: bool = False

    @property
    def reads(self) -> bool:
        """Whether something on it comes from the record, for its timeline."""
        return self.record and self.screen.name == "incident"


@dataclass(eq=False, slots=True)
class Listener:
    """One open page. still: whether its session may still look."""

    looking: Looking
    still: Callable[[], bool]
    waiting: deque[bytes] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    out: bool = False
    closed: bool = False

    def put(self, message: bytes) -> None:
        self.waiting.append(message)
        self.woken.set()

    def end(self) -> None:
        """It is to go: its session ended, or it takes nothing."""
        self.out = True
        self.woken.set()

    def close(self) -> None:
        """The port closes: its browser comes back to the next one."""
        self.closed = True
        self.woken.set()


@dataclass(slots=True)
class _Group:
    listeners: set[Listener] = field(default_factory=set)
    sent: dict[str, str] = field(default_factory=dict)
    message: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Lines:
    """Journal rows of a live incident. seq: the journal's last number when they were read; task: while they are read."""

    rows: list[dict[str, Any]] | None = None
    seq: int = -1
    read_s: float = 0.0
    task: "asyncio.Task[None] | None" = None


@dataclass(frozen=True, slots=True)
class Said:
    """What became of what somebody did, shown once on the next page. tone: `done` or `not_done`."""

    tone: str
    text: str
    at_s: float


class Pages:
    """What all pages of one application share."""

    def __init__(self, office: Office) -> None:
        self.once = Once()
        self.readings = Readings(office)
        self.rendered = 0
        """Groups rendered so far: one for each page looked at and change, not for each who looks."""
        self._office = office
        self._groups: dict[Looking, _Group] = {}
        self._said: dict[str, Said] = {}
        self._lines: dict[str, _Lines] = {}
        self._changed = asyncio.Event()
        self._shown: State | None = None
        self._task: asyncio.Task[None] | None = None

    # --- one page -----------------------------------------------------------------------------

    def scene(self, *, duress: bool) -> Scene:
        """The campus of now."""
        office = self._office
        return scene(
            office.snapshot(), office.plan, office.state, times.zone_of(office.timezone), duress=duress
        )

    def say(self, to: str, text: str, *, done: bool = True) -> None:
        """Have the next page of this actor say something, once."""
        now_s = time.monotonic()
        self._said = {one: said for one, said in self._said.items() if now_s - said.at_s < SAID_S}
        if len(self._said) < MOST_SAID:
            self._said[to] = Said("done" if done else "not_done", text, now_s)

    def said(self, to: str) -> Said | None:
        """What the page of this actor has to say; asked once."""
        return self._said.pop(to, None)

    # --- the stream ---------------------------------------------------------------------------

    @property
    def listeners(self) -> int:
        """Open pages."""
        return sum(len(group.listeners) for group in self._groups.values())

    def listen(self, looking: Looking, still: Callable[[], bool]) -> Listener:
        """A page opened: it is sent the whole of its parts at once, and from then on what changes."""
        listener = Listener(looking, still)
        group = self._groups.setdefault(looking, _Group())
        group.listeners.add(listener)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="open pages")
        if not group.sent:
            now = self.scene(duress=looking.duress)
            group.sent, group.message = _at_once(self._rendering(looking, now))
            if looking.reads:
                self._read(looking.of, now)
        # What the others have: from here on all of them are told the same.
        listener.put(_event("parts", {**group.message, "parts": group.sent}))
        return listener

    def leave(self, listener: Listener) -> None:
        """A page is gone."""
        group = self._groups.get(listener.looking)
        if group is None:
            return
        group.listeners.discard(listener)
        if not group.listeners:
            del self._groups[listener.looking]
            if not any(one.of == listener.looking.of for one in self._groups):
                self._lines.pop(listener.looking.of, None)
        if not self._groups and self._task is not None:
            self._task.cancel()
            self._task = None

    def close(self) -> None:
        """The port closes."""
        for group in self._groups.values():
            for listener in group.listeners:
                listener.close()

    async def _run(self) -> None:
        end = self._office.watch(self._picture_changed)
        beat_s = time.monotonic() + BEAT_S
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), LOOK_S)
                self._turn_out()
                now_s = time.monotonic()
                if self._changed.is_set() or now_s >= beat_s:
                    self._changed.clear()
                    beat_s = now_s + BEAT_S
                    await self._tell()
        finally:
            end()

    def _picture_changed(self) -> None:
        """Cheap: boards are read ten times a second, and a reading that says the same moves nothing but ages."""
        was, now = self._shown, self._office.state
        if was is not None and (
            was.record is now.record
            and was.live.doors is now.live.doors
            and was.live.inputs is now.live.inputs
            and was.live.buttons is now.live.buttons
            and was.live.conditions is now.live.conditions
            and _up(was) == _up(now)
        ):
            return
        self._changed.set()

    async def _tell(self) -> None:
        self._shown = self._office.state
        scenes: dict[bool, Scene] = {}
        for looking, group in list(self._groups.items()):
            if looking.duress not in scenes:
                scenes[looking.duress] = self.scene(duress=looking.duress)
                await asyncio.sleep(0)
            if looking.reads:
                self._read(looking.of, scenes[looking.duress])
            parts, message = await _in_bites(self._rendering(looking, scenes[looking.duress]))
            changed = {name: html for name, html in parts.items() if group.sent.get(name) != html}
            group.sent, group.message = parts, message
            told = _event(
                "parts" if changed else "beat", {**message, "parts": changed} if changed else message
            )
            for count, listener in enumerate(list(group.listeners)):
                if len(listener.waiting) >= MOST_WAITING:
                    listener.end()
                else:
                    listener.put(told)
                if count % 50 == 49:
                    await asyncio.sleep(0)
            await asyncio.sleep(0)

    def _rendering(self, looking: Looking, now: Scene) -> "Rendering":
        """A page's parts and message; between two parts it stops, for the loop to do its own work."""
        self.rendered += 1
        values = live_frame(now, looking.screen.name, looking.of)
        view = looking.screen.view(now, looking.of)
        names = live_parts(looking.screen) if view is not None else EVERYWHERE
        if view is not None and looking.screen.name == "incident":
            lines = self._lines.get(looking.of)
            if lines is None or lines.rows is None or not looking.record:
                # Not read yet: what the page was made with stays.
                names = tuple(one for one in names if one != "timeline")
            else:
                view |= {"timeline": timeline(now, lines.rows)[:MOST_LINES], "timeline_read": True}
        parts: dict[str, str] = {}
        ages: dict[str, int | None] = {}
        # An incident that was closed under an open page leaves its parts as they were: the page says it is over.
        for name in names:
            parts[name], counted = templates.part(name, {**values, **(view or {})})
            ages |= counted
            yield
        live = bands(now)
        return parts, {
            "now": now.now_ms,
            "ages": ages,
            "live": live[0]["id"] if live else "",
            "title": live[0]["title"] if live else "",
            "start": start_words(live),
            "over": view is None,
        }

    def _read(self, of: str, now: Scene) -> None:
        """Have an incident's new rows read, if any were added to the journal; a page waits for no disk."""
        lines = self._lines.setdefault(of, _Lines())
        seq, now_s = now.picture["appliance"]["journal"]["seq"], time.monotonic()
        if lines.task is None and lines.seq != seq and now_s - lines.read_s >= READ_EVERY_S:
            lines.seq, lines.read_s = seq, now_s
            lines.task = asyncio.get_running_loop().create_task(self._reading(of, lines), name="timeline")

    async def _reading(self, of: str, lines: _Lines) -> None:
        try:
            async with asyncio.timeout(READ_S):
                lines.rows = await self.readings.of(of).rows()
            self._changed.set()
        except (TimeoutError, JournalRefused, KeyError, OSError):
            lines.seq = -1
        finally:
            lines.task = None

    def _turn_out(self) -> None:
        for group in list(self._groups.values()):
            for listener in list(group.listeners):
                if not listener.still():
                    listener.end()


Rendering = Generator[None, None, tuple[dict[str, str], dict[str, Any]]]


def _at_once(work: Rendering) -> tuple[dict[str, str], dict[str, Any]]:
    while True:
        try:
            next(work)
        except StopIteration as done:
            return cast(tuple[dict[str, str], dict[str, Any]], done.value)


async def _in_bites(work: Rendering) -> tuple[dict[str, str], dict[str, Any]]:
    while True:
        try:
            next(work)
        except StopIteration as done:
            return cast(tuple[dict[str, str], dict[str, Any]], done.value)
        await asyncio.sleep(0)


def _up(state: State) -> list[tuple[str, bool]]:
    return [(name, one.up) for name, one in state.live.controllers.items()]


def _event(name: str, message: dict[str, Any]) -> bytes:
    """A server-sent event; JSON has no line breaks of its own."""
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(message) + b"\n\n"
