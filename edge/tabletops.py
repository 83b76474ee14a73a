"""Tabletop exercises as the daemon holds them: films made by processes of their own, and where each one stands.

What is here is a view. What a table decides goes through the inbox (`rules.tabletop`); no device hears of either. A film that
is not there, after a restart, is made again from the same incident or file, and stands at its beginning.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Protocol, TypeVar

import msgspec

from edge.control.desk import Make, Reply
from edge.control.rows import row
from edge.first_line import first_line, module
from edge.journal.stored import Stored
from edge.journal.writer import JournalRefused
from edge.operations import NotDone
from edge.scenarios import shelf
from edge.tabletop.messages import MOST_ROWS, Film, Line, Read, Wanted
from edge.tabletop.playing import Playing
from edge.tabletop.shown import Shown
from edge.tabletop_forms import Add, Clock, Decide, End, Find, Form, Join, Start
from edge.views import pages
from edge.views.database import Views
from rules.model.ids import Actor, DrillId
from rules.model.kinds import REAL
from rules.model.tabletop_asks import (
    DecideAtTabletop,
    EndTabletop,
    FindAtTabletop,
    JoinTabletop,
    StartTabletop,
    TabletopAsk,
    TabletopAsked,
)
from rules.plan import Plan
from rules.responses import live_of
from rules.state import Incident, State
from rules.tabletop_state import Tabletop

T = TypeVar("T")
MADE_S: Final = 120.0
READ_S: Final = 30.0
LONGEST_FILM: Final = 8 * 1_048_576
LONGEST_READ: Final = 1_048_576
BATCH: Final = 100
LOOKED_MOST: Final = 100_000
"""Events of the journal looked at for one film at most."""
BEFORE: Final = 20
"""Events before the opening one: the press that opened it stands there."""
MOST_TOLD: Final = 5
HURRIED_S: Final = 0.05


class WrongScenario(NotDone):
    """lines: each thing that is wrong, with its line."""

    def __init__(self, lines: list[Line]) -> None:
        told = "; ".join(f"line {line}: {why}" for line, why in lines[:MOST_TOLD])
        more = f"; and {len(lines) - MOST_TOLD} more" if len(lines) > MOST_TOLD else ""
        super().__init__("scenario_wrong", (("lines", told + more),))
        self.lines = lines


class Box(Protocol):
    """The appliance, as far as a tabletop looks at it."""

    @property
    def plan(self) -> Plan: ...

    @property
    def state(self) -> State: ...

    @property
    def store(self) -> Path: ...

    async def views(self, what: Callable[[Views], T]) -> T: ...

    async def events(self, after: tuple[str, int] | None, limit: int) -> list[Stored]: ...

    async def submit(self, actor: Actor, make: Make) -> Reply: ...


@dataclass(slots=True)
class Seat:
    """A film, and where it stands."""

    film: Film
    playing: Playing
    shown: Shown


class Tabletops:
    """Belongs to the loop's thread."""

    def __init__(self, box: Box, hurried: Callable[[], bool]) -> None:
        self._box = box
        self._hurried = hurried
        self._seats: dict[DrillId, Seat] = {}
        self._making = asyncio.Lock()

    # --- what there is ---

    @property
    def real(self) -> Incident | None:
        """A real incident that is live: it has every screen."""
        return live_of(self._box.state.record, REAL.word, silent=False)

    def running(self, name: str) -> Tabletop:
        """The one of this name that is under way. Raises NotDone."""
        found = self._box.state.record.drills.tabletops.get(DrillId(name))
        if found is None:
            raise NotDone("unknown_tabletop")
        return found

    async def scenarios(self) -> list[shelf.Written]:
        """Written incidents. Raises NotDone."""
        with _disk():
            return await asyncio.to_thread(shelf.listed, self._box.store)

    async def seat(self, one: Tabletop) -> Seat:
        """The film of one that is under way, where it stands; made anew where it is gone. Raises NotDone."""
        for gone in self._seats.keys() - self._box.state.record.drills.tabletops.keys():
            del self._seats[gone]
        found = self._seats.get(one.id)
        if found is None:
            film, sha256, _ = await self._film(one.source, one.of)
            if sha256 != one.sha256:
                raise NotDone("scenario_changed")
            found = self._seats.setdefault(one.id, _seated(film))
        if self.real is not None:
            found.playing = found.playing.pause(_now_us())
        found.shown.to(found.playing.position(_now_us()))
        return found

    # --- what is done ---

    async def do(self, actor: Actor, form: Form, name: str = "") -> Reply:
        """Do what a form asks. Raises NotDone."""
        match form:
            case Start():
                return await self._start(actor, form)
            case Add():
                await self._add(form)
                return Reply(True)
            case Clock():
                await self._clock(self.running(name), form)
                return Reply(True, args=(("tabletop", name),))
            case _:
                return await self._say(actor, self.running(name), form)

    async def _start(self, actor: Actor, form: Start) -> Reply:
        if self.real is not None:
            raise NotDone("real_incident_live")
        film, sha256, title = await self._film(form.source, form.of)
        ask = StartTabletop(form.source, form.of, sha256, title, form.minutes)
        reply = await self._submit(actor, ask)
        if reply.done:
            self._seats[DrillId(str(dict(reply.args)["tabletop"]))] = _seated(film)
        return reply

    async def _add(self, form: Add) -> None:
        if not shelf.may_be_called(form.name):
            raise NotDone("bad_scenario_name")
        data = form.text.encode()
        async with self._one_at_a_time():
            await self._of_scenario(data)
        with _disk():
            await asyncio.to_thread(shelf.kept, self._box.store, form.name, data)

    async def _clock(self, one: Tabletop, form: Clock) -> None:
        seat, now_us = await self.seat(one), _now_us()
        playing = seat.playing
        match form.do:
            case "play" if self.real is None:
                seat.playing = playing.play(form.speed, now_us)
            case "play" | "pause":
                seat.playing = playing.pause(now_us)
            case "step":
                moments = sorted(
                    {cut.at_ms for cut in seat.film.cuts} | {asked.at_ms for asked in seat.film.injects}
                )
                seat.playing = playing.step(moments, now_us)
            case "seek":
                seat.playing = playing.seek(form.at_ms, now_us)

    async def _say(self, actor: Actor, one: Tabletop, form: Join | Decide | Find | End) -> Reply:
        match form:
            case Join():
                return await self._submit(actor, JoinTabletop(one.id, form.role, form.name))
            case Find():
                return await self._submit(actor, FindAtTabletop(one.id, form.text))
            case End():
                return await self._submit(actor, EndTabletop(one.id, form.reason))
            case Decide():
                seat = await self.seat(one)
                at_ms = seat.playing.position(_now_us())
                asked = {each.number for each in seat.film.injects if each.at_ms <= at_ms}
                if form.inject and form.inject not in asked:
                    raise NotDone("bad_inject")
                return await self._submit(
                    actor, DecideAtTabletop(one.id, form.inject, at_ms, form.role, form.text)
                )

    async def _submit(self, actor: Actor, ask: TabletopAsk) -> Reply:
        return await self._box.submit(actor, lambda at, number, who: TabletopAsked(at, number, who, ask))

    # --- films ---

    @contextlib.asynccontextmanager
    async def _one_at_a_time(self) -> Any:
        if self._making.locked():
            raise NotDone("tabletop_busy")
        async with self._making:
            while self._hurried():  # noqa: ASYNC110  a press on its way to the wire comes first
                await asyncio.sleep(HURRIED_S)
            yield

    async def _film(self, source: str, of: str) -> tuple[Film, str, str]:
        """(film, hash of its file, title). Raises NotDone."""
        async with self._one_at_a_time():
            if source == "incident":
                film = await self._of_incident(of)
                return film, "", film.title
            with _disk():
                try:
                    data = await asyncio.to_thread(shelf.opened, self._box.store, of)
                except KeyError:
                    raise NotDone("unknown_scenario") from None
            return await self._of_scenario(data)

    async def _of_scenario(self, data: bytes) -> tuple[Film, str, str]:
        line = await _said("edge.scenarios.process", data, LONGEST_READ, READ_S)
        read = msgspec.json.decode(line, type=Read)
        if read.scenario is None:
            raise WrongScenario(read.wrong)
        wanted = Wanted(at_us=time.time_ns() // 1_000, plan=self._box.plan, scenario=read.scenario)
        return await _made(wanted), read.sha256, read.scenario.title

    async def _of_incident(self, of: str) -> Film:
        try:
            line = await self._box.views(lambda views: pages.incident(views, of))
            # Nobody at a table is told that there was a silent one.
            if line is None or line["silent"] or not line["closed_at"]:
                raise NotDone("unknown_incident_over")
            rows, cut = await self._rows(of, (str(line["epoch"]), int(str(line["seq"])) - BEFORE))
        except (JournalRefused, KeyError, OSError):
            raise NotDone("incident_long_ago") from None
        title = f"{line['kind']} {line['response']}, {str(line['opened_at'])[:16].replace('T', ' ')} UTC"
        return await _made(Wanted(at_us=0, rows=rows, title=title, cut=cut))

    async def _rows(self, of: str, after: tuple[str, int]) -> tuple[list[dict[str, Any]], bool]:
        rows: list[dict[str, Any]] = []
        place: tuple[str, int] | None = after
        for _ in range(LOOKED_MOST // BATCH):
            try:
                batch = await self._box.events(place, BATCH)
            except KeyError:
                if place is None:
                    raise
                place = None
                continue
            rows += [row(event) for event in batch if event.incident == of]
            over = any(event.incident == of and event.kind == "incident.closed/1" for event in batch)
            if over or not batch or len(rows) >= MOST_ROWS:
                break
            place = batch[-1].position
        return rows[:MOST_ROWS], len(rows) > MOST_ROWS


def _seated(film: Film) -> Seat:
    stops = tuple(sorted({one.at_ms for one in film.injects}))
    return Seat(film, Playing(stops, film.length_ms), Shown(film))


async def _made(wanted: Wanted) -> Film:
    line = await _said("edge.tabletop.process", msgspec.msgpack.encode(wanted), LONGEST_FILM, MADE_S)
    film = msgspec.json.decode(line, type=Film)
    if film.wrong:
        raise WrongScenario(film.wrong)
    return film


async def _said(program: str, data: bytes, most_bytes: int, patience_s: float) -> bytes:
    """What a process of ours answers to what it is given. Raises NotDone."""
    try:
        with _in_memory(data) as file:
            line = await first_line(module(program), most_bytes=most_bytes, patience_s=patience_s, reads=file)
    except (TimeoutError, ValueError):
        raise NotDone("tabletop_not_made", (("why", "it takes more time or memory than it may"),)) from None
    except OSError as err:
        raise NotDone("tabletop_not_made", (("why", err.strerror or "no process can be started"),)) from None
    if not line.endswith(b"\n"):
        raise NotDone("tabletop_not_made", (("why", "it takes more time or memory than it may"),))
    return line


def _in_memory(data: bytes) -> IO[bytes]:
    """A file of no disk."""
    file = os.fdopen(os.memfd_create("tabletop"), "w+b")
    file.write(data)
    file.flush()
    file.seek(0)
    return file


@contextlib.contextmanager
def _disk() -> Any:
    try:
        yield
    except OSError as err:
        raise NotDone("tabletop_not_made", (("why", err.strerror or "the disk does not answer"),)) from None
    except shelf.NoRoom:
        raise NotDone("too_many_scenarios") from None


def _now_us() -> int:
    return time.monotonic_ns() // 1_000
