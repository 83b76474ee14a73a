"""A small campus as the rules see it, and moments of it: what tests of the picture, the topics and the CLI start from."""

from dataclasses import replace

from edge.config.packs import shipped
from edge.snapshot import BoxFacts
from rules.model.ids import (
    ButtonId,
    CommandId,
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
from rules.model.moments import Instant
from rules.model.responses import Ask, Response
from rules.model.verdicts import Verdict, VerdictWord
from rules.plan import (
    ButtonPlan,
    ControllerPlan,
    DoorPlan,
    InputPlan,
    OutputPlan,
    Plan,
    ResponsePlan,
    Sensor,
    Wired,
    ZonePlan,
)
from rules.state import (
    ButtonLive,
    CommandLive,
    Contact,
    ControllerLive,
    DoorLive,
    DoorOrder,
    Incident,
    Live,
    Read,
    Record,
    State,
    ZoneState,
)

NOON = Instant(1_786_708_800_000_000, 5_000_000_000)  # 2026-08-14T12:00:00Z
STARTED = NOON.plus(-3_600_000_000)
HS, A, B = ZoneId("hs"), ZoneId("a"), ZoneId("b")
PLC = ControllerId("plc-east")
D1, D2, D3 = DoorId("a-101"), DoorId("a-102"), DoorId("b-201")
PB, PB_WIRED = ButtonId("pb-101"), ButtonId("pb-office")
INCIDENT = IncidentId("inc-1")
BOX = BoxFacts("0.1.0", "normal", STARTED, "0f8b1c5e-0000-4000-8000-000000000001", 42)

RANKS: dict[Response, int] = {"lockdown": 90, "secure": 50, "staff-assist": 10, "duress": 95}


def sensor(number: int, when: bool = True) -> Sensor:
    return Sensor(Point(PLC, "discrete_input", number), when, 2_000_000)


def door(name: DoorId, zone: ZoneId, first_input: int) -> DoorPlan:
    return DoorPlan(
        id=name,
        name=f"Room {name[2:]}",
        zone=zone,
        kind="classroom",
        controller=PLC,
        lock=None,
        bolt=sensor(first_input),
        position=sensor(first_input + 1),
        hardware=None,
    )


def button(name: ButtonId, wired: Wired | None = None) -> ButtonPlan:
    ask = Ask("lockdown", HS)
    return ButtonPlan(
        id=name,
        name="Room 101 desk",
        zone=A,
        room="101",
        wired=wired,
        asks={"hold": ask, "single": Ask("staff-assist", A)},
        highest=ask,
        escalation=None,
        silence_limit_us=180_000_000,
    )


def response(word: Response) -> ResponsePlan:
    return ResponsePlan(word, RANKS[word], "campus", word == "duress", frozenset({"classroom"}), True)


PLAN = Plan(
    campus=HS,
    zones={
        HS: ZonePlan(HS, "Lincoln High School", None, frozenset({HS, A, B}), (HS,)),
        A: ZonePlan(A, "Building A", HS, frozenset({A}), (A, HS)),
        B: ZonePlan(B, "Building B", HS, frozenset({B}), (B, HS)),
    },
    controllers={PLC: ControllerPlan(PLC, "modbus-tcp", "secure-side")},
    doors={D1: door(D1, A, 0), D2: door(D2, A, 2), D3: door(D3, B, 4)},
    inputs={
        InputId("fire"): InputPlan(InputId("fire"), "fire-alarm", PLC, sensor(6, False), frozenset({A}), ())
    },
    buttons={PB: button(PB), PB_WIRED: button(PB_WIRED, Wired(PLC, sensor(7, False), None, None))},
    outputs={
        OutputId("strobe-a"): OutputPlan(
            OutputId("strobe-a"), "modbus-coil", A, Point(PLC, "coil", 7), "2026-08-14"
        )
    },
    responses={word: response(word) for word in RANKS},
    pack_hash="p" * 64,
    config_hash="c" * 64,
    standing_flags=(("nc_relay", "a-101"),),
    flags=shipped().flags,
)


def quiet(now: Instant = NOON) -> State:
    """Everything up, read 100 ms ago, bolts thrown, doors closed, no response."""
    read = now.plus(-100_000)
    points: list[tuple[Space, int]] = [("discrete_input", number) for number in range(8)]
    levels = {point: Read(1, read) for point in points}
    contacts = {point: Contact(1, read, read, 1, read) for point in points}
    closed = Verdict("closed_locked", bolt=True, position=True)
    live = Live(
        started=STARTED,
        boot="boot-1",
        now=now,
        controllers={PLC: ControllerLive(True, STARTED, "up", levels, contacts)},
        doors={one: DoorLive(verdict=closed, verdict_at=STARTED) for one in PLAN.doors},
        buttons={PB: ButtonLive(heard=now.plus(-42_000_000), battery=80, online=True)},
        inputs={InputId("fire"): "quiet"},
        sessions={"presses": True, "status": True},
    )
    return State(Record(), live)


def locked_down(
    verdicts: dict[DoorId, VerdictWord], *, kind: KindWord = "real", now: Instant = NOON
) -> State:
    """A campus lockdown ordered 1 s ago, commanded 3 ms later, with these verdicts."""
    before = quiet(now)
    ordered = now.plus(-1_000_000)
    commanded = ordered.plus(3_000)
    doors = {
        one: DoorLive(
            command=CommandLive(CommandId(1), "lock", commanded, commanded.plus(8_000), "written"),
            verdict=Verdict(word, bolt=word == "secured", position=True),
            verdict_at=commanded.plus(400_000),
            commanded=commanded,
            written=commanded.plus(8_000),
            bolt_at=commanded.plus(350_500),
            position_at=commanded.plus(350_500),
        )
        for one, word in verdicts.items()
    }
    record = Record(
        number=1,
        zones={HS: ZoneState("lockdown", kind, INCIDENT, ordered)},
        incidents={
            INCIDENT: Incident(
                INCIDENT,
                kind,
                "lockdown",
                HS,
                False,
                ordered,
                ((HS, "lockdown"),) if kind == "exercise" else (),
            )
        },
        orders=dict.fromkeys(verdicts, DoorOrder("lock", ordered, INCIDENT)),
        outputs_on=frozenset({OutputId("strobe-a")}),
    )
    return State(record, replace(before.live, doors={**before.live.doors, **doors}))
