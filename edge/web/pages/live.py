"""Keeps every open page true: one snapshot and one rendering a change, however many look; nobody waits for anybody.

Belongs to the loop's thread. What a page shows comes from memory alone, and follows the press, never leads it: it is
made in bites, between which the loop does its own work.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, Final

from edge.control.desk import Reply
from edge.journal.writer import JournalRefused
from edge.named import called
from edge.web.courtesy import Courtesy, at_once
from edge.web.office import Office
from edge.web.once import Once
from edge.web.pages import files, times
from edge.web.pages.alert_views import NOTHING, alerts_view
from edge.web.pages.files import Files
from edge.web.pages.frame import start_words
from edge.web.pages.listeners import Group, Listener, Looking, tell
from edge.web.pages.moment import Moment, look_of, same_look
from edge.web.pages.reading import Readings
from edge.web.pages.responses import bands
from edge.web.pages.scene import Scene, scene
from edge.web.pages.screens import EVERYWHERE, Screen, live_parts
from edge.web.pages.templates import Ages
from edge.web.pages.timeline import timeline
from edge.web.wire import Out
from rules.plan import Plan
from rules.state import State

BEAT_S: Final = 2.0
LOOK_S: Final = 0.5
"""How often it is looked whether a listener may still listen: a revoked session sees nothing a second later."""
FRESH_S: Final = 0.1
"""How long one moment serves all who ask for a page, while nothing but ages changes; it carries its own time."""
MOST_LISTENERS: Final = 1_000
READ_EVERY_S: Final = 2.0
READ_S: Final = 5.0
MOST_LINES: Final = 400
TOGETHER: Final = 60
"""Pages that hear of an incident in one go: 2 ms, when the press that opened it is written."""
FORM_S: Final = 60.0
"""A form sent twice is done once; a page that was left open may be used again, and then it must start again."""
SAID_S: Final = 120.0
MOST_SAID: Final = 500

Drawn = Generator[None, None, tuple[dict[str, str], dict[str, Any], dict[str, int | None]]]
"""A page's parts, what is told beside them, and its ages."""


@dataclass(slots=True)
class _Lines:
    """Journal rows and files of a live incident. seq: the journal's last number when they were read; task: while they are.

    drawn: the part made of them, with the rows and the plan that it was made of.
    """

    rows: list[dict[str, Any]] | None = None
    seq: int = -1
    read_s: float = 0.0
    task: "asyncio.Task[None] | None" = None
    drawn: "tuple[object, object, tuple[str, Ages]] | None" = None
    files: Files = field(default_factory=Files)


@dataclass(frozen=True, slots=True)
class Said:
    """What became of what somebody did, shown once on the next page. tone: `done` or `not_done`."""

    tone: str
    text: str
    at_s: float


class Pages:
    """What all pages share. It outlives the port: another address or certificate forgets no form that was sent."""

    def __init__(self, office: Office) -> None:
        self.courtesy = Courtesy(office.hurried)
        self.once: Once[Reply] = Once(FORM_S)
        self.readings = Readings(office)
        self.rendered = 0
        """Groups rendered so far: one for each page looked at and change, not for each who looks."""
        self._office = office
        self._groups: dict[Looking, Group] = {}
        self._said: dict[str, Said] = {}
        self._lines: dict[str, _Lines] = {}
        self._changed = asyncio.Event()
        self._shown: tuple[object, ...] | None = None
        self._moments: dict[bool, Moment] = {}
        self._look: tuple[object, ...] = ()
        self._task: asyncio.Task[None] | None = None

    # --- one page -----------------------------------------------------------------------------

    def moment(self, *, duress: bool) -> Moment:
        """The campus of now."""
        look = look_of(self._office.state)
        if not (self._look and same_look(self._look, look)):
            self._moments.clear()
        known = self._moments.get(duress)
        if known is None or time.monotonic() - known.made_s > FRESH_S:
            self._look = look
            known = self._moment_of(self._office.snapshot(), self._office.plan, self._office.state, duress)
        return known

    def _moment_of(self, picture: dict[str, Any], plan: Plan, state: State, duress: bool) -> Moment:
        zone = times.zone_of(self._office.timezone)
        book = self._office.people.registrar.book
        made = Moment(
            scene(
                picture,
                plan,
                state,
                zone,
                duress=duress,
                campus_map=self._office.floorplans.now,
                called=lambda one: called(book, one),
            )
        )
        self._moments[duress] = made
        return made

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

    def listen(self, looking: Looking, out: Out, still: Callable[[], bool]) -> Listener:
        """A page opened: it is sent the whole of its parts at once, and from then on what changes.

        Raises ConnectionError where it is gone already.
        """
        group = self._groups.setdefault(looking, Group())
        if not group.sent:
            now = self.moment(duress=looking.duress)
            parts, message, ages = at_once(self._drawing(looking, now))
            group.turn(parts, message, ages)
            if looking.reads:
                self._read(looking.of, now.scene)
        listener = Listener(looking, out, still)
        group.listeners.add(listener)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="open pages")
        # What the others have: from here on all of them are told the same.
        out.put(group.whole())
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
        """The port closes: browsers come back to the next one."""
        for group in self._groups.values():
            for listener in group.listeners:
                listener.end("closed")

    async def _run(self) -> None:
        end = self._office.watch(self._picture_changed)
        beat_s = looked_s = time.monotonic()
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._changed.wait()
                now_s = time.monotonic()
                if self._changed.is_set() or now_s >= beat_s:
                    self._changed.clear()
                    beat_s = now_s + BEAT_S
                    await self._tell()
                if time.monotonic() - looked_s >= LOOK_S:
                    looked_s = time.monotonic()
                    await self._turn_out()
        finally:
            end()

    def _picture_changed(self) -> None:
        """Cheap: boards are read ten times a second, and a reading that says the same moves nothing but ages."""
        if self._shown is None or not same_look(self._shown, look_of(self._office.state)):
            self._changed.set()

    async def _tell(self) -> None:
        courtesy = self.courtesy
        await courtesy.turn()
        plan, state, was = self._office.plan, self._office.state, self._shown
        self._shown = look_of(state)
        self._look = self._shown
        picture = await courtesy.in_bites(self._office.picture())
        moments = {
            duress: self._moment_of(picture, plan, state, duress)
            for duress in {looking.duress for looking in self._groups}
        }
        if was is None or was[0] is not state.record:
            await self._tell_bands(moments)
        for looking, group in list(self._groups.items()):
            if looking.duress not in moments:
                continue  # it came meanwhile, and has what is newer
            now = moments[looking.duress]
            await courtesy.in_bites(now.prepare())
            if looking.reads:
                self._read(looking.of, now.scene)
            parts, message, ages = await courtesy.in_bites(self._drawing(looking, now))
            await tell(group, group.turn(parts, message, ages), courtesy)

    async def _tell_bands(self, moments: dict[bool, Moment]) -> None:
        """What is live, and what waits for a person, before all that is made of 200 doors: it is small, and comes first."""
        for looking, group in list(self._groups.items()):
            if looking.duress not in moments or not group.sent:
                continue
            now, parts = moments[looking.duress], dict(group.sent)
            ages = dict(group.ages)
            for name in EVERYWHERE:
                parts[name], counted = await self.courtesy.in_bites(_everywhere(looking, name, now))
                ages |= counted
            if parts != group.sent:
                message = _message(now, over=bool(group.message.get("over")))
                await tell(
                    group,
                    group.turn(parts, message, ages, brief=True),
                    self.courtesy,
                    together=TOGETHER,
                )

    def _drawing(self, looking: Looking, now: Moment) -> Drawn:
        """A page's parts; between two bites it stops, for the loop to do its own work."""
        self.rendered += 1
        screen, of = looking.screen, looking.of
        view = now.view(screen, of)
        yield
        names = live_parts(screen) if view is not None else EVERYWHERE
        lines = self._lines.get(of, _Lines())
        if view is not None and screen.name == "incident":
            # Not read yet: what the page was made with stays.
            unread = {
                *(("timeline",) if lines.rows is None or not looking.record else ()),
                *(() if lines.files.known else (files.PART,)),
            }
            names = tuple(one for one in names if one not in unread)
        parts: dict[str, str] = {}
        ages: dict[str, int | None] = {}
        # An incident that was closed under an open page leaves its parts as they were: the page says it is over.
        for name in names:
            if name in EVERYWHERE:
                parts[name], counted = yield from _everywhere(looking, name, now)
            elif name == "timeline":
                parts[name], counted = yield from _timeline(lines, screen, of, now)
            elif name == files.PART:
                parts[name], counted = yield from lines.files.part(screen, of, now, takes=looking.takes)
            else:
                parts[name], counted = yield from now.part(screen, of, name, streamed=True)
            ages |= counted
            yield
        return parts, _message(now, over=view is None), ages

    def _read(self, of: str, now: Scene) -> None:
        """Have an incident's new rows read, if any were added to the journal; a page waits for no disk."""
        lines = self._lines.setdefault(of, _Lines())
        journal, now_s = now.picture["appliance"]["journal"], time.monotonic()
        if lines.task is None and lines.seq != journal["seq"] and now_s - lines.read_s >= READ_EVERY_S:
            lines.seq, lines.read_s = journal["seq"], now_s
            reading = self._reading(of, lines, journal["epoch"])
            lines.task = asyncio.get_running_loop().create_task(reading, name="timeline")

    async def _reading(self, of: str, lines: _Lines, epoch: str) -> None:
        try:
            async with asyncio.timeout(READ_S):
                if any(one.of == of and one.record for one in self._groups):
                    lines.rows = await self.readings.of(of).rows()
                    self._changed.set()
                if not await lines.files.read(self._office, of, (epoch, lines.seq)):
                    # The views follow the journal a little behind.
                    lines.seq = -1
            self._changed.set()
        except (TimeoutError, JournalRefused, KeyError, OSError):
            lines.seq = -1
        finally:
            lines.task = None

    async def _turn_out(self) -> None:
        for group in list(self._groups.values()):
            for listener in list(group.listeners):
                if self.courtesy.due:
                    await self.courtesy.turn()
                if not listener.still():
                    listener.end("out")


def _everywhere(looking: Looking, name: str, now: Moment) -> Generator[None, None, tuple[str, Ages]]:
    """A part of every page; what machines report is for those alone who have the right to it."""
    more = {"alerts": alerts_view(now.scene) if looking.alerts else NOTHING} if name == "alerts" else None
    return (yield from now.part(looking.screen, looking.of, name, streamed=True, more=more))


def _timeline(lines: _Lines, screen: Screen, of: str, now: Moment) -> Generator[None, None, tuple[str, Ages]]:
    """An incident's timeline, drawn anew when rows were added to it."""
    made_of = lines.rows, now.scene.plan
    if lines.drawn is None or lines.drawn[0] is not made_of[0] or lines.drawn[1] is not made_of[1]:
        shown = timeline(now.scene, lines.rows or [])[:MOST_LINES]
        yield
        more = {"timeline": shown, "timeline_read": True}
        lines.drawn = *made_of, (yield from now.part(screen, of, "timeline", streamed=True, more=more))
    return lines.drawn[2]


def _message(now: Moment, *, over: bool) -> dict[str, Any]:
    """What is told beside a page's parts. over: what the page is about is there no more."""
    live = bands(now.scene)
    return {
        "now": now.scene.now_ms,
        "live": live[0]["id"] if live else "",
        "title": live[0]["title"] if live else "",
        "start": start_words(live),
        "over": over,
    }
