"""Who has a room's screen open, and how each is told at once: the page's own stream, beside those of people.

Belongs to the loop's thread. A press waits for none of it: screens are drawn in bites, and not while frames leave.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from edge.web.courtesy import Courtesy
from edge.web.office import Office
from edge.web.pages.takeover import Face, face
from edge.web.wire import Message, Out
from rules.supervision import armed

LISTENERS_MOST: Final = 400
BEAT_S: Final = 2.0
CHECK_S: Final = 5.0
UNREAD_MOST: Final = 64 * 1024
SLOW_S: Final = 10.0
FACES_MOST: Final = 1_000


@dataclass(eq=False, slots=True)
class Watcher:
    """One open screen. still: whether it may look. shown: what it was last told."""

    place: str
    out: Out
    still: Callable[[], bool]
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    shown: Face | None = None
    full_since_s: float | None = None
    out_of_it: bool = False


class RoomScreens:
    """`close` with the port; screens come back to the next."""

    def __init__(self, office: Office, courtesy: Courtesy) -> None:
        self._office = office
        self._courtesy = courtesy
        self._watchers: set[Watcher] = set()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._faces: dict[str, Face | None] = {}
        self._made_of: tuple[object, ...] = ()
        self._armed = False
        self._turned = False
        """Whether screens may show another thing than before, or somebody has nothing yet."""

    @property
    def count(self) -> int:
        """Screens that are open now."""
        return len(self._watchers)

    def face(self, place: str) -> Face | None:
        """What a screen shows now, drawn once for all who ask; None: there is no such screen."""
        self._look()
        plan = self._office.plan
        if place not in self._faces:
            if len(self._faces) >= FACES_MOST:
                self._faces.clear()
            named = self._office.plan.zones[plan.campus].name
            self._faces[place] = face(
                plan, self._office.state.record, place, named, self._office.timezone, is_armed=self._armed
            )
        return self._faces[place]

    def _look(self) -> None:
        """Forget what is drawn, where it is made of other things now. Cheap: boards are read ten times a second."""
        plan, state = self._office.plan, self._office.state
        record, (is_armed, _why) = state.record, armed(plan, state)
        made_of = plan, record.notices, record.rooms, record.incidents
        same = self._made_of and all(was is now for was, now in zip(self._made_of, made_of, strict=True))
        if not same or is_armed != self._armed:
            self._made_of, self._armed, self._faces, self._turned = made_of, is_armed, {}, True

    def watch(self, watcher: Watcher) -> None:
        """Tell a screen from now on, beginning with all of it."""
        self._watchers.add(watcher)
        self._turned = True
        self._changed.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="room screens")

    def leave(self, watcher: Watcher) -> None:
        """It hung up."""
        self._watchers.discard(watcher)

    async def close(self) -> None:
        """Let everybody go."""
        for one in tuple(self._watchers):
            one.ended.set()
        self._watchers.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        ends = self._office.watch(self._changed.set)
        beaten_s = checked_s = time.monotonic()
        try:
            while self._watchers:
                self._changed.clear()
                now_s = time.monotonic()
                beat = now_s - beaten_s >= BEAT_S
                beaten_s = now_s if beat else beaten_s
                if now_s - checked_s >= CHECK_S:
                    checked_s = now_s
                    await self._turn_out()
                self._look()
                if beat or self._turned:
                    self._turned = False
                    await self._round(beat=beat)
                left_s = max(0.01, beaten_s + BEAT_S - time.monotonic())
                try:
                    async with asyncio.timeout(left_s):
                        await self._changed.wait()
                except TimeoutError:
                    pass
        finally:
            ends()

    async def _round(self, *, beat: bool) -> None:
        await self._courtesy.turn()
        messages: dict[int, Message] = {}
        pulse = _event("beat", {"at": time.time_ns() // 1_000_000}) if beat else None
        for one in tuple(self._watchers):
            if self._courtesy.due:
                await self._courtesy.turn()
            now = self.face(one.place)
            if now is None:
                self._let_go(one, out_of_it=True)
                continue
            message = pulse
            if now is not one.shown and now != one.shown:
                message = messages.setdefault(id(now), _state(now))
            if message is None or one.ended.is_set():
                continue
            if one.out.unread() > UNREAD_MOST:
                self._lags(one)
                continue
            try:
                one.out.put(message)
            except ConnectionError:
                self._let_go(one)
                continue
            one.shown, one.full_since_s = now, None

    async def _turn_out(self) -> None:
        for one in tuple(self._watchers):
            if self._courtesy.due:
                await self._courtesy.turn()
            if not one.still():
                self._let_go(one, out_of_it=True)

    def _lags(self, one: Watcher) -> None:
        now_s = time.monotonic()
        one.full_since_s = one.full_since_s or now_s
        if now_s - one.full_since_s > SLOW_S:
            self._let_go(one)

    def _let_go(self, one: Watcher, *, out_of_it: bool = False) -> None:
        one.out_of_it = out_of_it
        self._watchers.discard(one)
        one.ended.set()


OUT: Final = Message(b"event: out\ndata: {}\n\n")


def _state(now: Face) -> Message:
    return _event("state", {"at": time.time_ns() // 1_000_000, "title": now.title, "html": now.html})


def _event(name: str, message: dict[str, Any]) -> Message:
    return Message(b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(message) + b"\n\n")
