"""Each link between a press and a bolt: which there are, and what can be said of each without anybody noticing."""

from collections.abc import Iterable, Iterator
from typing import Final

from rules.contacts import contact_fresh, input_state
from rules.evidence import read_back, read_of, says, sensors
from rules.interlock import output_refusal
from rules.model.ids import ButtonId, ControllerId, DoorId, InputId, OutputId
from rules.model.moments import Instant
from rules.model.selftest import LinkKind, LinkName, Outcome, link_name
from rules.model.values import dataclass
from rules.plan import ButtonPlan, DoorPlan, OutputPlan, Plan
from rules.prepared import OncePerPlan
from rules.selftest_state import (
    OutputTest,
    SelfTestRun,
)
from rules.silence import button_state
from rules.state import (
    ButtonLive,
    DoorLive,
    Live,
    State,
)
from rules.verdict import coil_differs

BOX_TROUBLE: Final = frozenset(
    {
        "driver_failed",
        "journal_corrupt",
        "journal_hung",
        "journal_refused",
        "journal_shed",
        "journal_trouble",
        "part_failed",
        "rule_failed",
        "safe_mode",
    }
)
"""Conditions in which the box itself is not what it should be, whatever stands around it."""
Said = tuple[Outcome, str]
PROVEN: Final[Said] = ("proven", "")


@dataclass(frozen=True, slots=True)
class Link:
    """One link. behind: the links that it cannot work without, in the order in which they are blamed."""

    name: LinkName
    kind: LinkKind
    subject: str
    behind: tuple[LinkName, ...] = ()


def _links(plan: Plan) -> tuple[Link, ...]:
    return tuple(_each(plan))


def _each(plan: Plan) -> Iterator[Link]:
    yield _link("daemon", plan.campus)
    if any(button.wired is None for button in plan.buttons.values()):
        yield _link("broker", plan.campus)
    for controller in plan.controllers:
        yield _link("controller", controller)
    for one in plan.inputs.values():
        yield _link("input", one.id, _on(one.controller))
    broker = link_name("broker", plan.campus)
    for button in plan.buttons.values():
        yield _link("button", button.id, broker if button.wired is None else _on(button.wired.controller))
    for button in plan.buttons.values():
        yield _link("decision", button.id)
    for door in plan.doors.values():
        yield _link("lock", door.id, *dict.fromkeys(_on(one) for one in _boards_of(door)))
    for output in plan.outputs.values():
        yield _link("output", output.id, *(() if output.point is None else (_on(output.point.controller),)))


def _link(kind: LinkKind, subject: str, *behind: LinkName) -> Link:
    return Link(link_name(kind, subject), kind, subject, behind)


def _on(controller: ControllerId) -> LinkName:
    return link_name("controller", controller)


def _boards_of(door: DoorPlan) -> Iterator[ControllerId]:
    yield door.controller
    for one in (door.lock, *sensors(door)):
        if one is not None:
            yield one.point.controller


links: Final = OncePerPlan(_links)
"""All links of a plan, those that others stand behind first."""


def found(plan: Plan, state: State, run: SelfTestRun, now: Instant) -> dict[LinkName, Said]:
    """What can be said of every link, at the end of a run."""
    told: dict[LinkName, Said] = {}
    for link in links(plan):
        broken = next((one for one in link.behind if told[one][0] == "not_proven"), None)
        told[link.name] = ("behind", broken) if broken is not None else _said(plan, state, run, link, now)
    for button in plan.buttons.values():
        name = link_name("decision", button.id)
        if told[name] == ("not_proven", "nothing_locks"):
            told[name] = _blamed(plan, run, name, told)
    return told


def _blamed(plan: Plan, run: SelfTestRun, name: LinkName, told: dict[LinkName, Said]) -> Said:
    """Where every door is held for inputs that nobody can read, their board is to blame and not the rules."""
    doors = [plan.doors[one] for one, _ in run.held.get(name, ()) if one in plan.doors]
    inputs = {one for door in doors for one in (*door.fire, *door.rex, *door.exit_buttons)}
    first = next(
        (one for one in plan.inputs if one in inputs and told[link_name("input", one)][0] == "behind"), None
    )
    return ("not_proven", "nothing_locks") if first is None else told[link_name("input", first)]


def _said(plan: Plan, state: State, run: SelfTestRun, link: Link, now: Instant) -> Said:
    live = state.live
    match link.kind:
        case "daemon":
            return _because(next((one for one in live.conditions if one in BOX_TROUBLE), ""))
        case "broker":
            return _because(run.answers.get(link.name, "no_answer"))
        case "controller":
            return _controller(plan, live, run, ControllerId(link.subject))
        case "input":
            state_now = input_state(plan, live, InputId(link.subject), now)
            return _because("" if state_now in ("quiet", "active") else "not_read")
        case "button":
            return _button(plan, state, plan.buttons[ButtonId(link.subject)], now)
        case "decision":
            code = run.answers.get(link.name, "no_answer")
            return ("untestable", code) if code == "in_walk_test" else _because(code)
        case "lock":
            return _lock(plan, state, plan.doors[DoorId(link.subject)], run.began, now)
        case _:
            output = plan.outputs[OutputId(link.subject)]
            return _output(plan, live, output, run.outputs.get(output.id), now)


def _because(code: str) -> Said:
    return ("not_proven", code) if code else PROVEN


def _controller(plan: Plan, live: Live, run: SelfTestRun, name: ControllerId) -> Said:
    its = live.controllers.get(name)
    if its is None or not its.up:
        return "not_proven", "never_heard" if its is None else its.code or "silent"
    if name in run.heard:
        return PROVEN
    return ("not_proven", "not_read") if name in watched(plan) else ("untestable", "nothing_to_read")


def _watched_of(plan: Plan) -> frozenset[ControllerId]:
    """Controllers of which anything is read."""
    points = [
        *(
            one.point
            for door in plan.doors.values()
            for one in (door.lock, *sensors(door))
            if one is not None
        ),
        *(one.sensor.point for one in plan.inputs.values()),
        *(one.point for one in plan.outputs.values() if one.point is not None),
        *(one.wired.contact.point for one in plan.buttons.values() if one.wired is not None),
    ]
    return frozenset(point.controller for point in points)


watched: Final = OncePerPlan(_watched_of)
"""Controllers of which anything is read."""


def _button(plan: Plan, state: State, button: ButtonPlan, now: Instant) -> Said:
    if button.wired is not None:
        return _because("" if contact_fresh(plan, state.live, button.id, now) else "not_read")
    if state.live.buttons.get(button.id, ButtonLive()).online is False:
        return "not_proven", "offline"
    match button_state(button, state, now):
        case "heard":
            return PROVEN
        case "unsupervised":
            return "untestable", "unsupervised"
        case "silent":
            return "not_proven", "silent"
        case _:
            return "not_proven", "not_heard_yet"


def _lock(plan: Plan, state: State, door: DoorPlan, began: Instant, now: Instant) -> Said:
    """The evidence that a lockdown would rest on: wired, read since the test began, and nothing that cannot be so."""
    live, lock, hardware = state.live, door.lock, door.hardware
    if door.defects or lock is None or hardware is None:
        delayed = hardware is not None and (hardware.type == "delayed-egress" or hardware.egress == "delayed")
        return ("untestable", "delayed_egress") if delayed else ("not_proven", "never_driven")
    names = ((door.bolt, "bolt_not_read"), (door.position, "position_not_read"))
    for sensor, code in names:
        read = None if sensor is None else read_of(live, sensor.point)
        if sensor is not None and (read is None or read.at.since(began) < 0):
            return "not_proven", code
    coil = read_back(live, lock.point, now)
    if coil is None or coil.at.since(began) < 0:
        return "not_proven", "lock_not_read"
    if coil_differs(plan, state.record, live, door, now):
        return "not_proven", "coil_differs"
    if door.bolt is None:
        return "untestable", "no_bolt_sensor"
    its = live.doors.get(door.id, DoorLive())
    thrown, locked = says(live, door.bolt), (coil.value != 0) == lock.locked_when
    if says(live, door.position) is False:
        # Or the wire of its position switch is cut: a press now would not secure it either way.
        return "not_proven", "stands_open"
    if door.id in live.exercises or _moving(door, its, now):
        return PROVEN
    if locked and not thrown:
        # Told to be locked, closed, and its bolt says no: unlocked by hand, or a sensor that is cut.
        return "not_proven", "bolt_not_thrown"
    return ("untestable", "bolt_thrown_at_rest") if thrown and not locked else PROVEN


def _moving(door: DoorPlan, its: DoorLive, now: Instant) -> bool:
    """Whether a command of ours is on its way, or its bolt still is."""
    last = its.command
    travel = 0 if door.hardware is None else door.hardware.travel_us
    return last is not None and (last.ended is None or now.since(last.ended) <= travel)


def _output(plan: Plan, live: Live, output: OutputPlan, test: OutputTest | None, now: Instant) -> Said:
    refused = output_refusal(plan, output)
    if refused:
        # A loudspeaker, a mail: it cannot be tried and not be heard.
        return "untestable", "not_commissioned" if output.commissioned is None else "no_silent_test"
    if test is None:
        return "not_proven", "not_tested"
    if test.code or test.ended is None or output.point is None:
        return "not_proven", test.code or "no_answer"
    after = read_of(live, output.point)
    if after is None or after.at.since(test.ended) <= 0:
        return "not_proven", "not_read_back"
    return _because("reads_on" if after.value else "")


def broken(plan: Plan, others: Iterable[tuple[LinkName, Said]]) -> Iterator[tuple[LinkName, str]]:
    """The links of this plan that were seen not to work, with why; what stands behind them is not told again."""
    known = {link.name for link in links(plan)}
    for name, (outcome, code) in others:
        if outcome == "not_proven" and name in known:
            yield name, code
