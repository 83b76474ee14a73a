"""What goes out when a rule raised: on a press or a start that asks for lockdown, the lockdown itself; a person is told.

Issue 2, E19. Kept apart from the rules it stands in for, and small: it uses the interlock and nothing else of them.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rules import interlock
from rules.decision import Answer, Decision, PressAnswer, RequestAnswer
from rules.interlock import Passed
from rules.model.events import Asked, Event, MessageRefused, PressAsked, PressHeard, Scanned, StartAsked
from rules.model.facts import (
    Because,
    DoorsOrdered,
    Entry,
    Fact,
    FlagRaised,
    IncidentOpened,
    IncidentRaised,
    PressRecorded,
    PressUnanswered,
    RuleFailed,
    StartRecorded,
    ZoneResponded,
)
from rules.model.ids import Actor, DoorId, IncidentId, Point, PressId
from rules.model.kinds import REAL
from rules.model.moments import SECOND_US
from rules.model.responses import Ask
from rules.model.values import dataclass
from rules.plan import ButtonPlan, Plan, Wired
from rules.prepared import Key, key_of
from rules.state import Contact, ControllerLive, Incident, Read, Record, State
from rules.step import DAEMON, Step

ACTS_UP_TO_US: Final = 90 * SECOND_US
DEBOUNCE_US: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Pressed:
    """A press told without any of the rules that may have raised. sure: neither old nor a level found at first sight."""

    button: ButtonPlan
    press: PressId
    path: str
    actor: Actor
    sure: bool


@dataclass(frozen=True, slots=True)
class _Lockdown:
    """A lockdown that goes out: what was asked for, what the interlock passed, and by which of its two ways."""

    by: "_Pressed | StartAsked"
    ask: Ask
    doors: tuple[DoorId, ...]
    passed: Passed[DoorId]
    why: str


def after_failure(plan: Plan, state: State, event: Event, error: str) -> Decision:
    """The decision on an event whose rule raised `error` (the exception's own words)."""
    step = Step(plan, state, event.at)
    pressed = list(_pressed(step, event))
    lockdowns = [made for one in pressed if (made := _of_press(step, one)) is not None]
    if isinstance(event, StartAsked):
        lockdowns += _of_start(step, event)
    for made in lockdowns:
        step.let_out(made.passed.permits)
    what = "lockdown" if lockdowns else "person" if pressed else "none"
    failed = RuleFailed(type(event).__name__, what, error)
    tell = pressed or lockdowns or "rule_failed" not in state.live.conditions
    step.change(conditions={**state.live.conditions, "rule_failed": (type(event).__name__,)})
    try:
        if tell:
            # A rule that fails on every tick is told once; the flag stands until the next start.
            step.write(failed, plan.campus, actor=DAEMON, because=Because("rule_failed"))
        if ("rule_failed", str(plan.campus)) not in step.record.flags:
            raised = FlagRaised("rule_failed", plan.campus, (type(event).__name__,))
            step.write(raised, plan.campus, actor=DAEMON, because=Because("rule_failed"))
        locking = {made.by.button.id for made in lockdowns if isinstance(made.by, _Pressed)}
        for made in lockdowns:
            _enter(step, made)
        for one in pressed:
            if one.button.id not in locking:
                _leave_to_a_person(step, one)
    except Exception:  # noqa: BLE001 - what was let out goes, even where the record cannot take it
        left = Entry(failed, plan.campus, DAEMON, None, Because("record_failed"))
        kept = State(state.record, step.live)
        return Decision(kept, (left,), step.decision().permits, _answers(event, state.record, lockdowns))
    for answer in _answers(event, step.record, lockdowns):
        step.answer(answer)
    return step.decision()


def _answers(event: Event, record: Record, lockdowns: list[_Lockdown]) -> tuple[Answer, ...]:
    live = _visible(record) if lockdowns else None
    incident = None if live is None else live.id
    match event:
        case PressHeard(retained=True) | MessageRefused(delivery=int()):
            return (PressAnswer(None, None, None, REAL.word, event.delivery, topic_answer=False),)
        case PressHeard():
            press = event.press_id or _made_up(event)
            return (PressAnswer(event.button, press, incident, REAL.word, event.delivery),)
        case _ if isinstance(event, Asked):
            return (RequestAnswer(event.request, bool(lockdowns), "rule_failed", (), incident),)
        case _:
            return ()


# --- what was pressed ------------------------------------------------------------------------


def _made_up(event: Event) -> PressId:
    return PressId(f"failed.{event.at.utc_us}")


def _pressed(step: Step, event: Event) -> Iterator[_Pressed]:
    buttons, made_up = step.plan.buttons, _made_up(event)
    match event:
        case PressHeard(retained=False) if event.button in buttons:
            waited = event.waited_at_most_us
            sure = waited is not None and waited <= ACTS_UP_TO_US
            actor = Actor(f"device:{event.button}")
            yield _Pressed(buttons[event.button], event.press_id or made_up, event.path, actor, sure)
        case PressAsked() if event.kind == REAL and event.button in buttons:
            yield _Pressed(buttons[event.button], made_up, "cli", event.actor, True)
        case Scanned():
            for button in buttons.values():
                if button.wired is not None and button.wired.controller == event.controller:
                    edge = _wired(step, event, button.wired)
                    if edge is not None:
                        yield _Pressed(button, made_up, "wired", Actor(f"device:{button.id}"), edge)
        case _:
            return


def _wired(step: Step, event: Scanned, wired: Wired) -> bool | None:
    """Whether a scan holds a press of this button: True, None for no, False for a level found at first sight.

    What was read is kept, so that a press is told once though the rules fail on each scan.
    """
    live = step.live.controllers.get(event.controller) or ControllerLive(False, event.at)
    key = key_of(wired.contact.point)
    registers = [point for point in (wired.counter, wired.latch) if point is not None]
    moved = any(_moved(live, event, point) for point in registers)
    keys = [key, *(key_of(point) for point in registers)]
    reads = {one: Read(event.values[one], event.started) for one in keys if one in event.values}
    was = live.contacts.get(key)
    now = was
    contacts: dict[Key, Contact] = dict(live.contacts)
    if key in event.values:
        now = contacts[key] = _debounced(was, int(event.values[key] != 0), event)
    kept = replace(live, contacts=contacts, reads={**live.reads, **reads})
    step.set_controller(event.controller, kept)
    before = None if was is None else was.stable
    if moved:
        return True
    if now is None or now.stable != int(wired.contact.when) or now.stable == before:
        return None
    return before is not None


def _moved(live: ControllerLive, event: Scanned, register: Point) -> bool:
    last, value = live.reads.get(key_of(register)), event.values.get(key_of(register))
    return last is not None and value is not None and value not in (0, last.value)


def _debounced(was: Contact | None, raw: int, event: Scanned) -> Contact:
    """Two equal reads at least 20 ms apart, as `rules.contacts` counts them."""
    at = event.started
    if was is None or was.raw != raw:
        return Contact(raw, at, at, stable=None if was is None else was.stable)
    if at.since(was.raw_since) < DEBOUNCE_US:
        return replace(was, raw_at=at)
    return replace(was, raw_at=at, stable=raw, confirmed=at, turned=was.turned if was.stable == raw else at)


# --- what goes out ---------------------------------------------------------------------------


def _of_press(step: Step, pressed: _Pressed) -> _Lockdown | None:
    """The widest lockdown that the pressed button can ask for; None: it can ask for none, is in test, or is not sure."""
    ask = _widest(step.plan, pressed.button)
    test = step.record.walk_tests.get(pressed.button.id)
    tested = test is not None and test.boot == step.live.boot and step.at.mono_us < test.until.mono_us
    if ask is None or tested or not pressed.sure:
        return None
    return _lockdown(step, pressed, ask)


def _of_start(step: Step, event: StartAsked) -> list[_Lockdown]:
    """The lockdown that a person asked for in each of these zones; none where the rule itself would have refused it."""
    known = all(zone in step.plan.zones for zone in event.zones)
    if event.kind != REAL or event.response != "lockdown" or not known:
        return []
    return [_lockdown(step, event, Ask("lockdown", zone)) for zone in dict.fromkeys(event.zones)]


def _lockdown(step: Step, by: _Pressed | StartAsked, ask: Ask) -> _Lockdown:
    """The prepared lockdown after the interlock's live check; if that raises too, the doors that need none."""
    within = step.plan.zones[ask.zone].within
    kinds = step.plan.responses[ask.response].locks
    doors = tuple(door.id for door in step.plan.doors.values() if door.kind in kinds and door.zone in within)
    try:
        passed = interlock.permits(step, doors, "lock", frozenset(doors))
        why = "rule_failed"
    except Exception:  # noqa: BLE001 - the last line of defence; what failed is in the entry's code
        passed = interlock.bare_permits(step, doors)
        why = "interlock_failed"
    return _Lockdown(by, ask, doors, passed, why)


def _widest(plan: Plan, button: ButtonPlan) -> Ask | None:
    """The widest lockdown this button can ask for."""
    asks = [*button.asks.values(), button.highest]
    if button.escalation is not None:
        asks.append(button.escalation.ask)
    wanted = [ask for ask in asks if ask.response == "lockdown"]
    return max(wanted, key=lambda ask: len(plan.zones[ask.zone].within), default=None)


def _enter(step: Step, made: _Lockdown) -> None:
    ask, because, actor = made.ask, Because(made.why), made.by.actor
    live = _visible(step.record)
    incident = _fresh_id(step) if live is None else live.id
    ranks = step.plan.responses

    def write(fact: Fact) -> None:
        subject = fact.button if isinstance(fact, PressRecorded) else ask.zone
        step.write(fact, subject, actor=actor, incident=incident, because=because)

    if isinstance(made.by, _Pressed):
        write(_record(made.by, ask))
    else:
        joined = live is not None
        write(StartRecorded(ask.response, (ask.zone,), REAL.word, joined, made.by.reason))
    if live is None:
        write(IncidentOpened(incident, REAL.word, ask.response, ask.zone, silent=False))
    elif ranks[ask.response].rank > ranks[live.response].rank:
        write(IncidentRaised(incident, ask.response, ask.zone))
    own = step.record.zones.get(ask.zone)
    if own is None or own.kind != REAL.word or ranks[ask.response].rank > ranks[own.response].rank:
        write(ZoneResponded(step.record.number + 1, ask.zone, ask.response, REAL.word, incident))
    held = dict(made.passed.held)
    doors = tuple(door for door in made.doors if door not in held)
    write(DoorsOrdered("lock", doors, made.passed.held, made.passed.ids, ""))


def _leave_to_a_person(step: Step, pressed: _Pressed) -> None:
    ask, because = pressed.button.highest, Because("rule_failed")
    step.write(_record(pressed, ask), pressed.button.id, actor=pressed.actor, because=because)
    waiting = {(one.button, one.response) for one in step.record.unanswered.values()}
    if (pressed.button.id, ask.response) in waiting:
        return
    number = step.record.last_unanswered + 1
    fact = PressUnanswered(number, pressed.button.id, pressed.press, ask.response, ask.zone, "rule_failed")
    step.write(fact, pressed.button.id, actor=pressed.actor, because=because)


def _record(pressed: _Pressed, ask: Ask) -> PressRecorded:
    return PressRecorded(
        button=pressed.button.id,
        press=pressed.press,
        standing="rule_failed",
        path=pressed.path,
        gesture="unlisted",
        response=ask.response,
        zone=ask.zone,
        kind=REAL.word,
        counter=None,
        age_us=None,
        word="",
    )


def _visible(record: Record) -> Incident | None:
    """The live real incident that people see."""
    found = (one for one in record.incidents.values() if one.kind == "real" and not one.silent)
    return next(found, None)


def _fresh_id(step: Step) -> IncidentId:
    number = step.at.utc_us
    while IncidentId(f"inc-{number}") in step.record.incidents:
        number += 1
    return IncidentId(f"inc-{number}")
