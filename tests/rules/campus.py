"""Small campuses for the tests of rules: plans built from a few words, and a world whose locks do what they are told."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from rules import contacts, doors, fire, outputs
from rules.contacts import Observed
from rules.decision import Decision
from rules.model.commands import Permit
from rules.model.events import CommandEnded, ControllerChanged, Ending, Scanned
from rules.model.facts import Because, DoorsOrdered, Entry, Fact, IncidentOpened, ZoneResponded
from rules.model.ids import (
    Actor,
    ButtonId,
    ControllerId,
    DoorId,
    IncidentId,
    InputId,
    OutputId,
    Point,
    Space,
    ZoneId,
)
from rules.model.kinds import KindWord
from rules.model.moments import MILLISECOND_US, SECOND_US, Instant
from rules.model.responses import Ask, Response
from rules.plan import (
    ButtonPlan,
    ControllerPlan,
    DoorKind,
    DoorPlan,
    Hardware,
    InputKind,
    InputPlan,
    Lock,
    Mounted,
    OutputPlan,
    Plan,
    ResponsePlan,
    Sensor,
    Stair,
    Wired,
    ZonePlan,
)
from rules.record import fold
from rules.state import ControllerLive, DoorLive, Live, Record, State
from rules.step import Step

CAMPUS: Final = ZoneId("campus")
A: Final = ZoneId("a")
A1: Final = ZoneId("a-1")
B: Final = ZoneId("b")
PLC: Final = ControllerId("plc")
OTHER: Final = ControllerId("other")
PERSON: Final = Actor("socket:1000")
ASKED: Final = Because("asked")
INCIDENT: Final = IncidentId("inc-1")
EPOCH_US: Final = 1_760_000_000_000_000
TRAVEL_US: Final = 400 * MILLISECOND_US
FRESH_US: Final = 2 * SECOND_US
STARTED: Final = Instant(EPOCH_US, 50 * SECOND_US)

STRIKE: Final = Hardware(
    type="strike",
    egress="free-mechanical",
    on_power_loss="secure",
    on_comm_loss="hold",
    relay="no",
    fire_rated=False,
    travel_us=TRAVEL_US,
    rest="locked",
    commissioned="2026-08-14",
    by="somebody",
)
"""Fail-secure: de-energised is locked, the lever always opens it."""
FIRE_STRIKE: Final = replace(STRIKE, fire_rated=True, rest="unlocked")
LOCKSET: Final = replace(STRIKE, type="electrified-lockset")
MAGLOCK: Final = replace(
    STRIKE,
    type="maglock",
    egress="sensor-release",
    on_power_loss="safe",
    on_comm_loss="unlocked",
    fire_release_tested="2026-08-01",
)
"""Fail-safe: energised is locked, and nobody leaves while it is."""
STAIR_LOCK: Final = replace(
    LOCKSET,
    on_power_loss="safe",
    on_comm_loss="unlocked",
    stair=Stair("stair", discharge=False),
    reentry_release="2026-08-01",
)
DELAYED: Final = replace(MAGLOCK, type="delayed-egress", egress="delayed")

ALL_KINDS: Final[frozenset[DoorKind]] = frozenset({"classroom", "exterior", "interior", "stair"})
RESPONSES: Final[Mapping[Response, ResponsePlan]] = {
    "lockdown": ResponsePlan("lockdown", 90, "campus", False, ALL_KINDS, True),
    "evacuate": ResponsePlan("evacuate", 95, "campus", False, frozenset(), True),
    "duress": ResponsePlan("duress", 50, "zone", True, frozenset(), False),
    "staff-assist": ResponsePlan("staff-assist", 10, "zone", False, frozenset(), False),
}


def point(number: int, space: Space = "discrete_input", controller: ControllerId = PLC) -> Point:
    """A point on a controller."""
    return Point(controller, space, number)


def sensor(
    number: int, when: bool = True, controller: ControllerId = PLC, freshness_us: int = FRESH_US
) -> Sensor:
    """A contact on a discrete input."""
    return Sensor(point(number, controller=controller), when, freshness_us)


def door(
    name: str,
    number: int = 0,
    hardware: Hardware | None = STRIKE,
    *,
    kind: DoorKind = "classroom",
    zone: ZoneId = A1,
    controller: ControllerId = PLC,
    bolt: bool = True,
    position: bool = True,
    lock: bool = True,
    defects: tuple[str, ...] = (),
    rex: tuple[str, ...] = (),
    exits: tuple[str, ...] = (),
    fire: tuple[str, ...] = (),
) -> DoorPlan:
    """A door on coil `number`, bolt on discrete input 2 x number, position on the next one.

    Locked is coil off for fail-secure hardware and coil on for fail-safe (with a `no` contact).
    """
    locked_when = False
    if hardware is not None:
        locked_when = (hardware.on_power_loss == "safe") == (hardware.relay == "no")
    return DoorPlan(
        id=DoorId(name),
        name=name,
        zone=zone,
        kind=kind,
        controller=controller,
        lock=Lock(point(number, "coil", controller), locked_when) if lock else None,
        bolt=sensor(2 * number, controller=controller) if bolt else None,
        position=sensor(2 * number + 1, controller=controller) if position else None,
        hardware=hardware,
        defects=("no_record",) if hardware is None else defects,
        rex=tuple(InputId(one) for one in rex),
        exit_buttons=tuple(InputId(one) for one in exits),
        fire=tuple(InputId(one) for one in fire),
    )


def contact(
    name: str, number: int, kind: InputKind = "rex", controller: ControllerId = PLC, when: bool = True
) -> InputPlan:
    """An input on a discrete input."""
    return InputPlan(
        InputId(name), kind, controller, sensor(number, when, controller), frozenset({A, A1}), ()
    )


def button(
    name: str,
    number: int,
    *,
    when: bool = True,
    counter: int | None = None,
    latch: int | None = None,
    controller: ControllerId = PLC,
) -> ButtonPlan:
    """A wired button that asks for lockdown; counter or latch on a holding register."""
    ask = Ask("lockdown", CAMPUS)
    registers = [
        None if one is None else point(one, "holding_register", controller) for one in (counter, latch)
    ]
    wired = Wired(controller, sensor(number, when, controller), *registers)
    return ButtonPlan(ButtonId(name), name, A, "", wired, {"single": ask}, ask, None, None)


def output(
    name: str,
    number: int,
    *,
    zone: ZoneId = A,
    commissioned: str | None = "2026-08-14",
    driver: str = "modbus-coil",
    controller: ControllerId = PLC,
) -> OutputPlan:
    """An on-site output on a coil, or of a reader."""
    spaces: dict[str, Space] = {"modbus-coil": "coil", "osdp-output": "output"}
    where = point(number, spaces[driver], controller) if driver in spaces else None
    return OutputPlan(OutputId(name), driver, zone, where, commissioned)


def campus(
    *doors: DoorPlan,
    inputs: Iterable[InputPlan] = (),
    buttons: Iterable[ButtonPlan] = (),
    outputs: Iterable[OutputPlan] = (),
    controllers: Iterable[ControllerId] = (PLC, OTHER),
    mounted: Mounted = "secure-side",
    responses: Mapping[Response, ResponsePlan] = RESPONSES,
) -> Plan:
    """A campus of buildings a (with floor a-1) and b."""
    zones = {
        CAMPUS: ZonePlan(CAMPUS, "Campus", None, frozenset({CAMPUS, A, A1, B}), (CAMPUS,)),
        A: ZonePlan(A, "Building A", CAMPUS, frozenset({A, A1}), (A, CAMPUS)),
        A1: ZonePlan(A1, "Floor 1", A, frozenset({A1}), (A1, A, CAMPUS)),
        B: ZonePlan(B, "Building B", CAMPUS, frozenset({B}), (B, CAMPUS)),
    }
    return Plan(
        campus=CAMPUS,
        zones=zones,
        controllers={one: ControllerPlan(one, "modbus-tcp", mounted) for one in controllers},
        doors={one.id: one for one in doors},
        inputs={one.id: one for one in inputs},
        buttons={one.id: one for one in buttons},
        outputs={one.id: one for one in outputs},
        responses=responses,
        pack_hash="0" * 64,
        config_hash="1" * 64,
    )


def locked_down(
    record: Record,
    at: Instant,
    *,
    response: Response = "lockdown",
    zone: ZoneId = CAMPUS,
    kind: KindWord = "real",
    incident: IncidentId = INCIDENT,
) -> Record:
    """The record with a live incident of this response."""
    facts: tuple[Fact, ...] = (
        IncidentOpened(incident, kind, response, zone, silent=False),
        ZoneResponded(record.number + 1, zone, response, kind, incident),
    )
    for fact in facts:
        record = fold(record, at, Entry(fact, zone, PERSON, incident))
    return record


class World:
    """A campus with its hardware: a clock, points with values, boards that answer, and the state rules believe in.

    `lazy_bolts` do not follow their coil. `answers` says how a board ends a command.
    """

    def __init__(self, plan: Plan, *, up: bool = True) -> None:
        self.plan = plan
        self.now = STARTED
        self.points: dict[ControllerId, dict[tuple[Space, int], int]] = {one: {} for one in plan.controllers}
        self.lazy_bolts: set[DoorId] = set()
        self.answers: dict[ControllerId, tuple[Ending, str]] = {}
        boards = {one: ControllerLive(True, self.now, "up") for one in plan.controllers} if up else {}
        self.state = State(Record(), Live(STARTED, "boot", STARTED, controllers=boards))
        for one in plan.doors.values():
            if one.lock is not None:
                at_rest = one.hardware is not None and one.hardware.rest == "unlocked"
                self.set(one.lock.point, one.lock.locked_when != at_rest)
                if one.bolt is not None:
                    self.set(one.bolt.point, one.bolt.when != at_rest)
            if one.position is not None:
                self.set(one.position.point, one.position.when)
        for each in plan.inputs.values():
            self.set(each.sensor.point, not each.sensor.when)
        for pressed in plan.buttons.values():
            if pressed.wired is not None:
                self.set(pressed.wired.contact.point, not pressed.wired.contact.when)

    def set(self, where: Point, value: bool | int) -> None:
        """Give a point a value, as the hardware would."""
        self.points[where.controller][(where.space, where.number)] = int(value)

    def turn(self, name: str, active: bool = True) -> None:
        """Turn an input."""
        wired = self.plan.inputs[InputId(name)].sensor
        self.set(wired.point, wired.when == active)

    def bolt(self, name: str, thrown: bool) -> None:
        """Move a door's bolt."""
        wired = self.plan.doors[DoorId(name)].bolt
        assert wired is not None
        self.set(wired.point, wired.when == thrown)

    def leaf(self, name: str, closed: bool) -> None:
        """Move a door's leaf."""
        wired = self.plan.doors[DoorId(name)].position
        assert wired is not None
        self.set(wired.point, wired.when == closed)

    def coil(self, name: str) -> bool:
        """What a door's coil holds."""
        lock = self.plan.doors[DoorId(name)].lock
        assert lock is not None
        return bool(self.points[lock.point.controller][(lock.point.space, lock.point.number)])

    def wait(self, ms: float) -> None:
        """Let time pass."""
        self.now = self.now.plus(int(ms * MILLISECOND_US))

    def apply(self, rule: Callable[[Step], object]) -> Decision:
        """Let a rule decide now, and believe what it decided."""
        step = Step(self.plan, self.state, self.now)
        rule(step)
        self.state = step.state
        return step.decision()

    def scan(
        self,
        controller: ControllerId = PLC,
        only: Iterable[tuple[Space, int]] | None = None,
        started: Instant | None = None,
    ) -> tuple[Decision, Observed]:
        """One round of a board, of all of its points or only some."""
        points = self.points[controller]
        chosen = points if only is None else {key: points[key] for key in only}
        event = Scanned(self.now, controller, self.now if started is None else started, dict(chosen))
        observed: list[Observed] = []

        def rule(step: Step) -> None:
            observed.append(contacts.observe(step, event))
            if observed[0].turned:
                fire.sweep(step)
            doors.observe(step, event)

        return self.apply(rule), observed[0]

    def tick(self, ms: int = 100) -> Decision:
        """Time passes, and the loop says so."""
        self.wait(ms)

        def rule(step: Step) -> None:
            fire.sweep(step)
            doors.sweep(step)
            outputs.sweep(step)

        return self.apply(rule)

    def end(self, permit: Permit, ending: Ending = "written", code: str = "") -> Decision:
        """A command comes to this end."""
        event = CommandEnded(self.now, permit.id, permit.controller, ending, code)
        return self.apply(lambda step: doors.command_ended(step, event))

    def link(self, up: bool, controller: ControllerId = PLC) -> Decision:
        """A board is lost or comes back."""
        event = ControllerChanged(self.now, controller, up, "up" if up else "silent", "")

        def rule(step: Step) -> None:
            before = step.live.controllers[controller]
            step.set_controller(controller, replace(before, up=up, since=self.now))
            if not up:
                contacts.away(step, controller)
            doors.controller_changed(step, event, before)

        return self.apply(rule)

    def carry_out(self, decision: Decision) -> list[Decision]:
        """Boards write what they were told and answer; bolts follow their coils at once unless lazy."""
        after = []
        for permit in decision.permits:
            ending, code = self.answers.get(permit.controller, ("written", ""))
            if ending == "written":
                for drive in permit.drives:
                    self.set(drive.point, drive.on)
                    its = self.plan.doors.get(DoorId(drive.target))
                    if its is None or its.bolt is None or its.lock is None or its.id in self.lazy_bolts:
                        continue
                    self.set(its.bolt.point, its.bolt.when == (drive.on == its.lock.locked_when))
            after.append(self.end(permit, ending, code))
        return after

    def run(self, seconds: float, *, scans: bool = True) -> list[Decision]:
        """Ticks, scans of every board and answers for a while; all decisions in order."""
        made: list[Decision] = []
        # Long times in longer steps, so that a test of a minute does not take one.
        every_ms = 100 if seconds <= 3 else 250
        for _ in range(round(seconds * 1000 / every_ms)):
            decision = self.tick(every_ms)
            made += [decision, *self.carry_out(decision)]
            for controller in self.plan.controllers if scans else ():
                decision, _ = self.scan(controller)
                made += [decision, *self.carry_out(decision)]
        return made

    def press(self, *names: str, zone: ZoneId = CAMPUS, incident: IncidentId = INCIDENT) -> Decision:
        """A lockdown: the incident, the response in its zone, and the order to lock these doors (or all)."""
        named = [DoorId(one) for one in names] or list(self.plan.doors)
        record = self.state.record
        if incident not in record.incidents:
            record = locked_down(record, self.now, zone=zone, incident=incident)
            self.state = replace(self.state, record=record)
        return self.apply(
            lambda step: doors.lock(step, tuple(named), incident=incident, actor=PERSON, because=ASKED)
        )

    def lock(self, *names: str) -> Decision:
        """A person locks named doors, without an incident."""
        named = [DoorId(one) for one in names]
        return self.apply(
            lambda step: doors.lock(
                step, tuple(named), incident=None, actor=PERSON, because=ASKED, reason="why"
            )
        )

    def release(self, *names: str) -> Decision:
        """A person returns named doors to their rest."""
        named = [DoorId(one) for one in names]
        return self.apply(lambda step: doors.rest(step, named, actor=PERSON, because=ASKED, reason="why"))

    def its(self, name: str) -> DoorLive:
        """A door's live part."""
        return self.state.live.doors.get(DoorId(name), DoorLive())

    def word(self, name: str) -> str:
        """A door's verdict, with who refused or a code after a colon where there is one."""
        its = self.its(name).verdict
        return ":".join(part for part in (its.word, its.code) if part)

    def order(self, name: str) -> str:
        """The order that stands for a door, `""` for none."""
        order = self.state.record.orders.get(DoorId(name))
        return "" if order is None else order.word


def facts(decisions: Iterable[Decision] | Decision, kind: str = "") -> list[Fact]:
    """The facts of decisions, of one kind (such as `door.verdict`) or all."""
    made = [decisions] if isinstance(decisions, Decision) else decisions
    return [entry.fact for one in made for entry in one.entries if entry.fact.KIND.startswith(kind)]


def freed(decisions: Iterable[Decision] | Decision) -> list[DoorId]:
    """The doors that the fire rule ordered free."""
    found = facts(decisions, "doors.ordered")
    return [
        one for fact in found if isinstance(fact, DoorsOrdered) and fact.order == "free" for one in fact.doors
    ]


def driven(decisions: Iterable[Decision] | Decision) -> dict[str, bool]:
    """The last value written to each target."""
    made = [decisions] if isinstance(decisions, Decision) else decisions
    return {str(drive.target): drive.on for one in made for permit in one.permits for drive in permit.drives}
