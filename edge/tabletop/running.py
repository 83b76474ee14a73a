"""Runs a written incident through the rules themselves, on a clock and boards that are made up: what the campus would do.

The rules' commands end here, at doors that are numbers in a table. There is no driver, no socket and no file.
"""

import heapq
from collections.abc import Callable, Iterable
from typing import Final

from edge.codec import Made, row
from edge.journal.stored import rfc3339
from edge.tabletop.film import Row, film, with_injects
from edge.tabletop.messages import MOST_ROWS, Door, Film, Inject, InjectCut, Scenario, Step
from edge.tabletop.places import NotHere, Places
from edge.version import VERSION
from rules.decide import decide
from rules.model.commands import Drive, Permit
from rules.model.events import CommandEnded, ControllerChanged, Ending, Event, Scanned, SessionChanged, Ticked
from rules.model.facts import Entry
from rules.model.ids import ControllerId, DoorId, InputId, Point, RequestId, Space
from rules.model.moments import MILLISECOND_US, SECOND_US, Instant
from rules.model.notices import Notice, NoticeEnded
from rules.plan import Plan
from rules.state import Live, Record, State

BOOT: Final = "tabletop"
SETTLES_US: Final = 40 * SECOND_US
"""Before its first moment boards are read for so long, as on any quiet day."""
ANSWERS_US: Final = 40 * MILLISECOND_US
TOLD_US: Final = 400 * MILLISECOND_US
AGAIN_US: Final = 25 * MILLISECOND_US
"""A contact counts once it was read twice."""
DENSE_US, QUIET_US, BUSY_US = 500 * MILLISECOND_US, 10 * SECOND_US, 4 * SECOND_US
"""How often boards are read while something happens and while nothing does; for how long something happens.

What has a moment of its own (an answer, a bolt that arrives) is read then besides.
"""
NO_TRAVEL_US: Final = 400 * MILLISECOND_US
TAIL_US: Final = 30 * SECOND_US
"""Behind the last step, so that its doors come to rest."""
WITHOUT_INCIDENT: Final = frozenset({"press.unanswered/1", "input.turned/1", "door.verdict/1"})
"""Kinds of no incident that a table wants to see all the same."""


def run(plan: Plan, scenario: Scenario, at_us: int) -> Film:
    """The film of a scenario on this campus; with `wrong` where it names what is not there."""
    places, wrong = Places(plan), []
    for step in scenario.steps:
        try:
            places.check(step)
        except NotHere as err:
            wrong.append((step.line, str(err)))
    if wrong:
        return Film(title=scenario.title, wrong=wrong)
    campus = Simulated(plan, at_us)
    injects: list[InjectCut] = []
    for step in scenario.steps:
        campus.until(step.at_ms * MILLISECOND_US)
        if isinstance(step, Inject):
            injects.append(InjectCut(len(injects) + 1, step.at_ms, step.text, step.to, step.expected))
        else:
            campus.step(places, step)
        if campus.full:
            break
    campus.until(campus.since_us + TAIL_US)
    made = film(campus.rows(), title=scenario.title, about=scenario.about, cut=campus.full, begins_us=at_us)
    return with_injects(made, injects)


class Simulated:
    """One campus whose devices are made up. Its time goes as fast as the rules decide."""

    def __init__(self, plan: Plan, at_us: int) -> None:
        self.plan = plan
        self.begins = Instant(at_us, SETTLES_US + SECOND_US)
        self.now = self.begins.plus(-SETTLES_US)
        self.state = State(Record(), Live(self.now, BOOT, self.now))
        self.entries: list[tuple[Instant, Entry]] = []
        self.does: dict[DoorId, str] = {}
        self.points: dict[ControllerId, dict[tuple[Space, int], int]] = {one: {} for one in plan.controllers}
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._number = 0
        self._busy_until_us = 0
        self._asked = 0
        self._contacts = {one.sensor.point.controller for one in plan.inputs.values()}
        self._contacts |= {one.wired.controller for one in plan.buttons.values() if one.wired is not None}
        self._at_rest()
        for session in ("presses", "status"):
            self.do(SessionChanged(self.now, session, True, ""))
        for controller in plan.controllers:
            self.do(ControllerChanged(self.now, controller, True, "up", ""))
        self._busy(BUSY_US)
        self.until(0)
        self.entries.clear()

    @property
    def since_us(self) -> int:
        """How long it has been since its first moment."""
        return self.now.mono_us - self.begins.mono_us

    @property
    def full(self) -> bool:
        """Whether there is no room for more rows."""
        return len(self.entries) >= MOST_ROWS

    def request(self) -> RequestId:
        """A fresh number."""
        self._asked += 1
        return RequestId(self._asked)

    def step(self, places: Places, step: Step) -> None:
        """Let one step happen now."""
        if isinstance(step, Door):
            self.does[places.door(step)] = step.does
            self._stand(places.door(step))
        else:
            places.happen(self, step)
        self._busy(BUSY_US)

    def do(self, event: Event) -> None:
        """Decide, believe it, and have the made-up devices do what they were told."""
        if self.full:
            return
        made = decide(self.plan, self.state, event)
        self.state = made.state
        self.entries += [(event.at, entry) for entry in made.entries][: MOST_ROWS - len(self.entries)]
        for permit in made.permits:
            self._carry_out(permit)
        for notice in made.notices:
            self._tell(notice)

    def until(self, since_us: int) -> None:
        """Let time pass, with boards read and the rules awake, until so long after the first moment."""
        ends_us = self.begins.mono_us + since_us
        while not self.full:
            wake_us = self.now.mono_us + (DENSE_US if self.now.mono_us < self._busy_until_us else QUIET_US)
            next_us = min(wake_us, ends_us, *(one[0] for one in self._due[:1]))
            self.now = self.now.plus(max(0, next_us - self.now.mono_us))
            while self._due and self._due[0][0] <= self.now.mono_us:
                heapq.heappop(self._due)[2]()
            self._read(self.points)
            self.now = self.now.plus(AGAIN_US)
            self._read(self._contacts)
            self.do(Ticked(self.now))
            if self.now.mono_us >= ends_us:
                return

    def later(self, in_us: int, what: Callable[[], None]) -> None:
        """Have something happen then."""
        self._number += 1
        heapq.heappush(self._due, (self.now.mono_us + in_us, self._number, what))

    def turn(self, input_id: InputId, active: bool) -> None:
        """Turn an input."""
        wired = self.plan.inputs[input_id].sensor
        self.set(wired.point, wired.when == active)

    def set(self, where: Point, value: bool | int) -> None:
        """Give a point a value, as hardware would."""
        self.points.setdefault(where.controller, {})[(where.space, where.number)] = int(value)

    def rows(self) -> list[Row]:
        """What was decided, as rows of a journal that is nowhere."""
        made, found = Made(self.plan.pack_hash, VERSION), list[Row]()
        for at, entry in self.entries:
            one = row(entry, at, made)
            if one.incident is None and one.kind not in WITHOUT_INCIDENT:
                continue
            found.append(
                {
                    "epoch": BOOT,
                    "seq": len(found) + 1,
                    "id": "",
                    "at": rfc3339(at.utc_us),
                    "boot": BOOT,
                    "monotonic_us": at.mono_us,
                    "kind": one.kind,
                    "subject": one.subject,
                    "actor": one.actor,
                    "incident": one.incident,
                    "because": None
                    if one.because is None
                    else {"code": one.because[0], "args": one.because[1]},
                    "data": one.data,
                    "opened": one.sealed,
                }
            )
        return found

    # --- devices ---

    def _at_rest(self) -> None:
        for door in self.plan.doors.values():
            self._stand(door.id, first=True)
        for each in self.plan.inputs.values():
            self.set(each.sensor.point, not each.sensor.when)
        for button in self.plan.buttons.values():
            if button.wired is not None:
                self.set(button.wired.contact.point, not button.wired.contact.when)

    def _stand(self, door: DoorId, *, first: bool = False) -> None:
        its = self.plan.doors[door]
        if first and its.lock is not None:
            at_rest = its.hardware is not None and its.hardware.rest == "unlocked"
            self.set(its.lock.point, its.lock.locked_when != at_rest)
            self._bolt(door, thrown=not at_rest)
        if its.position is not None:
            self.set(its.position.point, its.position.when == (self.does.get(door) != "open"))
        if not first and its.lock is not None:
            coil = self.points[its.controller].get((its.lock.point.space, its.lock.point.number), 0)
            self._bolt(door, thrown=bool(coil) == its.lock.locked_when)

    def _bolt(self, door: DoorId, *, thrown: bool) -> None:
        bolt = self.plan.doors[door].bolt
        # A bolt that does not latch stays back, and so does that of a door that stands open.
        if bolt is not None:
            self.set(bolt.point, bolt.when == (thrown and self.does.get(door) not in ("not-latched", "open")))

    def _read(self, controllers: Iterable[ControllerId]) -> None:
        for controller in controllers:
            points = self.points[controller]
            if points:
                self.do(Scanned(self.now, controller, self.now, dict(points)))

    def _carry_out(self, permit: Permit) -> None:
        ending, code = self._ending(permit)
        if ending == "written":
            for drive in permit.drives:
                self.set(drive.point, drive.on)
                self._move(drive)
        self.later(
            ANSWERS_US, lambda: self.do(CommandEnded(self.now, permit.id, permit.controller, ending, code))
        )
        self._busy(BUSY_US)

    def _ending(self, permit: Permit) -> tuple[Ending, str]:
        does = {self.does.get(DoorId(drive.target)) for drive in permit.drives}
        if "no-answer" in does:
            return "no_answer", "silent"
        return ("refused", "exception_4") if "refused" in does else ("written", "")

    def _move(self, drive: Drive) -> None:
        door = self.plan.doors.get(DoorId(drive.target))
        if door is None or door.lock is None:
            return
        travel_us = NO_TRAVEL_US if door.hardware is None else door.hardware.travel_us
        thrown = drive.on == door.lock.locked_when
        self.later(ANSWERS_US + travel_us // 2, lambda: self._bolt(door.id, thrown=thrown))

    def _tell(self, notice: Notice) -> None:
        # Nobody is told: the route says that it took it over, as on a good day.
        self.later(TOLD_US, lambda: self.do(NoticeEnded(self.now, notice.id, notice.output, "sent")))

    def _busy(self, for_us: int) -> None:
        self._busy_until_us = max(self._busy_until_us, self.now.mono_us + for_us)
