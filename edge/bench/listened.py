"""The campus with everybody looking: presses with nobody and with all listening by turns, and how soon all have a change."""

import contextlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge.bench import children
from edge.bench.children import Child, Lost
from edge.bench.first_view import FirstView, first_views
from edge.bench.guests import Guests, invite
from edge.bench.running import PROVEN_S, Pressed
from edge.bench.scenarios import Shape
from edge.bench.stage import How, Stage, stage

BLOCK: Final = 10
"""Presses of one phase before the other's turn: a drift of the machine hits both."""
STIRS_S: Final = 0.5
"""A door is held open for up to so long before each press, so that pages change while it comes."""
HEARD_S: Final = 5.0
OPENINGS: Final = 40
HOME: Final = "/events/page?screen=campus&of="


@dataclass(frozen=True, slots=True)
class HowListened:
    """presses: in each phase. pages, programs: open while it is listened; one program at least, by which changes are followed.

    browser: measure the first paint too.
    """

    presses: int
    pages: int
    programs: int
    settle_s: float
    nodelay: bool
    browser: bool = True
    doors: int = 200
    boards: int = 50


@dataclass(slots=True)
class Phase:
    """Presses with nobody, or with everybody listening."""

    daemon: list[Pressed] = field(default_factory=list)
    bare: list[Pressed] = field(default_factory=list)


@dataclass(slots=True)
class Listened:
    """changes: by what changed, ms from the event's own time to the last page that had it.

    unheard: changes that not every page had in time. unwritten: presses that left a door unwritten.
    """

    doors: int
    pages: int
    programs: int
    idle: Phase = field(default_factory=Phase)
    listened: Phase = field(default_factory=Phase)
    changes: dict[str, list[float]] = field(default_factory=dict)
    unheard: list[str] = field(default_factory=list)
    unwritten: int = 0
    lost: int = 0
    mib_a_press: float = 0.0
    views: list[FirstView] = field(default_factory=list)


def measure_listened(how: HowListened, folder: Path) -> Listened:
    """Start everything, press, open doors, look, end everything. Raises Lost."""
    with stage(Shape(how.doors, how.boards), folder, How(how.settle_s, how.nodelay)) as here:
        host, _, port = here.listen.rpartition(":")
        guests = invite(here.socket, here.listen)
        with children.obeying("crowd", "edge.bench.crowd", host, port) as crowd:
            return _Measuring(how, here, guests, crowd).all()


class _Measuring:
    def __init__(self, how: HowListened, here: Stage, guests: Guests, crowd: Child) -> None:
        self._how = how
        self._here = here
        self._guests = guests
        self._crowd = crowd
        self._found = Listened(how.doors, how.pages, how.programs)
        self._chance = random.Random(how.doors)  # noqa: S311  spreads doors and moments

    def all(self) -> Listened:
        found = self._found
        for begin in range(0, self._how.presses, BLOCK):
            numbers = range(begin, min(begin + BLOCK, self._how.presses))
            for number in numbers:
                self._press_both(found.idle, number, listened=False)
            with self._listening(HOME):
                before = self._crowd.do("traffic")["bytes"]
                for number in numbers:
                    self._press_both(found.listened, number, listened=True)
                traffic = self._crowd.do("traffic")["bytes"] - before
                found.mib_a_press = traffic / len(numbers) / 2**20
        _, doors = self._here.running.lock(self._here.presser)
        incident = self._live()
        with self._listening(f"/events/page?screen=incident&of={incident}", HOME):
            self._open_doors(doors)
            found.views = first_views(
                self._here.listen, self._guests.cookies[0], incident, browser=self._how.browser
            )
        self._here.running.release(doors)
        return found

    @contextlib.contextmanager
    def _listening(self, *paths: str) -> Iterator[None]:
        pages = self._guests.pages(self._how.pages, *paths)
        programs = self._guests.programs(self._how.programs)
        answer = self._crowd.do("listen", pages=pages, programs=programs)
        if answer["listening"] != (wanted := len(pages) + len(programs)):
            raise Lost(f"only {answer['listening']} of {wanted} could listen")
        try:
            yield
            self._found.lost += self._crowd.do("traffic")["lost"]
        finally:
            self._crowd.do("leave")

    def _press_both(self, phase: Phase, number: int, *, listened: bool) -> None:
        """By turns, and each first every second time."""
        for ours in (number % 2 == 0, number % 2 == 1):
            self._stir()
            if not ours:
                phase.bare.append(self._here.running.press_bare(self._here.presser, self._here.bare))
                continue
            self._crowd.do("forget")
            try:
                moved = self._follow_press if listened else None
                pressed, doors = self._here.running.lock(self._here.presser, moved=moved)
            except Lost:
                self._found.unwritten += 1
                raise
            phase.daemon.append(pressed)
            self._here.running.release(doors)

    def _stir(self) -> None:
        door = f"door-{self._chance.randrange(self._how.doors):03}"
        self._here.boards.do("door", door=door, open=True)
        time.sleep(self._chance.random() * STIRS_S)
        self._here.boards.do("door", door=door, open=False)

    def _follow_press(self) -> None:
        """By the programs' stream alone: whoever asks for a picture now has it made by the loop that is measured."""
        opened = self._said("incident.opened/1", 1)[-1]
        self._change("incident opened", f"band-{opened['data']['id']}", opened["at_us"])
        secured = self._said("door.verdict/1", self._how.doors, verdict="secured")
        last_us = max(one["at_us"] for one in secured)
        self._change("last door secured", f">0 of {self._how.doors}<", last_us)

    def _open_doors(self, doors: list[str]) -> None:
        """One after the other, each in a lockdown that stands: what a page must show at once."""
        for door in self._chance.sample(doors, min(OPENINGS, len(doors))):
            self._crowd.do("forget")
            time.sleep(self._chance.random() * 0.2)
            self._here.boards.do("door", door=door, open=True)
            said = self._said("door.verdict/1", 1, verdict="opened", door=door)
            # As JSON has it within the message.
            self._change("door opened in a lockdown", f'id=\\"door-{door}\\"', said[0]["at_us"])
            self._here.boards.do("door", door=door, open=False)
            self._here.running.until(
                f"{door} shut again",
                lambda document, door=door: _verdict(document, door) == "secured",  # type: ignore[misc]
                HEARD_S,
            )

    def _change(self, what: str, mark: str, at_us: int) -> None:
        heard = self._crowd.do("heard", mark=mark, after_us=at_us, within_s=HEARD_S)
        if heard["pages"] == self._how.pages:
            self._found.changes.setdefault(what, []).append((heard["last_us"] - at_us) / 1000)
        else:
            self._found.unheard.append(f"{what}: {heard['pages']} of {self._how.pages} pages had it")

    def _said(self, kind: str, least: int, *, verdict: str = "", door: str = "") -> list[dict[str, Any]]:
        """What a program heard of this kind, once it is so many. Raises Lost."""
        ends = time.monotonic() + PROVEN_S
        while time.monotonic() < ends:
            events = self._crowd.do("said", kinds=[kind])["events"]
            found = [
                one
                for one in events
                if one["data"].get("verdict", "") in ("", verdict) and door in ("", one["subject"])
            ]
            if len(found) >= least:
                return found
            time.sleep(0.02)
        raise Lost(f"programs heard of {kind} {len(found)} times, and {least} were due")

    def _live(self) -> str:
        document = self._here.running.until("a live incident", lambda seen: bool(seen["incidents"]), HEARD_S)
        return str(document["incidents"][0]["id"])


def _verdict(document: dict[str, Any], door: str) -> str:
    return next(str(one["verdict"]) for one in document["doors"] if one["id"] == door)
