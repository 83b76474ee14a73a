"""What a press counts as: retained, repeated, too old, a test, or real; and what it then asks for.

Contract section 3 (scope, gestures) and section 4 (press_id, age).
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from rules import enrolment, responses, supervision
from rules.contacts import WiredPress
from rules.decision import PressAnswer
from rules.model.drill_facts import DrillButtonsReal
from rules.model.events import MessageRefused, PressAsked, PressHeard
from rules.model.facts import Because, PressRecorded, PressUnanswered, Standing, WalkTestEnded
from rules.model.ids import Actor, ButtonId, DeliveryId, IncidentId, PressId
from rules.model.kinds import DRILL, REAL, TEST, Drill, Exercise, Kind, Real, kind_of
from rules.model.moments import SECOND_US, Instant
from rules.model.responses import Ask
from rules.model.values import dataclass
from rules.plan import ButtonPlan
from rules.record import REMEMBERED_US
from rules.state import ButtonLive, ButtonMemory, PressMemory, Record, State
from rules.step import Step

ACTS_UP_TO_US: Final = 90 * SECOND_US
"""Contract section 4: up to 90 s old a press acts."""
CLOCK_WITHIN_US: Final = 5 * SECOND_US
"""Contract section 4: a device clock is proven within 5 s of ours."""
SAME_WITHIN_US: Final = SECOND_US
"""Contract section 4: with neither time nor counter, an equal arrival within 1 s is the same press."""
SECOND_TEST_PRESS_US: Final = 10 * SECOND_US
"""Issue 2, C12: a second press within 10 s during a walk-test is real."""

MEANS_HOLD: Final = frozenset(
    {"emergency", "triple", "quad", "quadruple", "penta", "quintuple", "many", "hold"}
)
LEFT_TO_A_PERSON: Final[frozenset[Standing]] = frozenset({"too_old", "unknown_age"})
"""Standings of a networked button's press that started nothing by itself."""
PLAIN: Final = frozenset({"single", "double", "hold"})
BY_NAME: Final = "asked/"
"""What the ids of presses begin with that a person made by name; no device's id holds a slash (contract section 4)."""


@dataclass(frozen=True, slots=True)
class _Press:
    """One press on its way through the judgement."""

    plan: ButtonPlan
    id: PressId
    word: str
    gesture: str
    ask: Ask
    path: str
    counter: int | None
    age_us: int | None
    actor: Actor
    delivery: DeliveryId | None
    answers: bool


def heard(step: Step, event: PressHeard) -> None:
    """A networked button's press."""
    plan = step.plan.buttons.get(event.button)
    if plan is None:
        _nobodys(step, event)
        return
    memory = step.record.buttons.get(event.button) or ButtonMemory()
    live = step.live.buttons.get(event.button) or ButtonLive()
    gesture, ask = meaning(plan, event.gesture)
    age = age_us(plan, live, event)
    acts = age is not None and age <= ACTS_UP_TO_US
    known, name = _identity(step.record, memory, event, gesture, acts)
    press = _Press(
        plan=plan,
        id=name,
        word=event.gesture,
        gesture=gesture,
        ask=ask,
        path=event.path,
        counter=event.counter,
        age_us=age,
        actor=Actor(f"device:{plan.id}"),
        delivery=event.delivery,
        answers=True,
    )
    if event.retained:
        _record(step, press, "retained", None)
        step.answer(PressAnswer(None, None, None, "real", event.delivery, topic_answer=False))
        return
    if known is not None:
        kind = kind_of(known.kind)
        _record(step, press, "repeated", known.incident, kind)
        _answer(step, press, _shown(step, plan, known.incident), kind)
    elif not acts:
        _leave_to_a_person(step, press, "unknown_age" if age is None else "too_old")
    else:
        _judge(step, press)
    if age is not None:
        # A press that the broker kept shows life when it was pressed, not now.
        supervision.heard(step, plan, step.at.plus(-age))


def wired(step: Step, event: WiredPress) -> None:
    """A wired button's press."""
    plan = step.plan.buttons[event.button]
    gesture, ask = meaning(plan, "single")
    press = _Press(
        plan=plan,
        id=PressId(f"wired.{step.at.utc_us}"),
        word="single",
        gesture=gesture,
        ask=ask,
        path="wired",
        counter=event.counter,
        age_us=event.waited_at_most_us,
        actor=Actor(f"device:{plan.id}"),
        delivery=None,
        answers=False,
    )
    if event.found:
        _leave_to_a_person(step, press, "found_pressed")
    elif event.waited_at_most_us is None or event.waited_at_most_us > ACTS_UP_TO_US:
        _leave_to_a_person(step, press, "unknown_age")
    else:
        _judge(step, press)


def asked(step: Step, event: PressAsked, kind: Real | Drill | Exercise) -> IncidentId | None:
    """A person's press of a configured button, by name; the incident it went to, None for a silent one."""
    press = _asked(step, event)
    return _act(step, press, kind)


def tested(step: Step, event: PressAsked) -> None:
    """A person's test press: recorded, and nothing else."""
    _record(step, _asked(step, event), "test", None, TEST)


def meaning(plan: ButtonPlan, word: str) -> tuple[str, Ask]:
    """The gesture a word means and what it asks for; a word not listed for the button asks for its highest."""
    gesture = "hold" if word in MEANS_HOLD else word
    ask = plan.asks.get(gesture)
    if ask is None:
        return (gesture if gesture in PLAIN else "unlisted"), plan.highest
    return gesture, ask


def age_us(plan: ButtonPlan, live: ButtonLive, event: PressHeard) -> int | None:
    """How old a press is, in microseconds; None: nobody can say, after an outage longer than a press may be old.

    A device clock counts only where a status proved it (contract section 4, Age).
    """
    if event.device_at_us is not None and plan.silence_limit_us is not None and live.clock is not None:
        device_us, ours = live.clock
        # Our clock as it ran when the status proved the device's: one set since must not make a press look old.
        passed_us = event.at.since(ours)
        now_us = ours.utc_us + passed_us
        proven = (
            passed_us < plan.silence_limit_us
            and abs(device_us - ours.utc_us) <= CLOCK_WITHIN_US
            and device_us <= event.device_at_us <= now_us + CLOCK_WITHIN_US
        )
        if proven:
            return max(0, now_us - event.device_at_us)
    if event.waited_at_most_us is None or event.waited_at_most_us > ACTS_UP_TO_US:
        return None
    return event.waited_at_most_us


def in_walk_test(state: State, button: ButtonId, at: Instant) -> bool:
    """Whether a button's presses are tests now. Ends by itself at its time and with the boot it began in."""
    test = state.record.walk_tests.get(button)
    return test is not None and test.boot == state.live.boot and at.mono_us < test.until.mono_us


def _judge(step: Step, press: _Press) -> None:
    """A fresh, new press of a button: a walk-test's, a drill's, or real."""
    if in_walk_test(step.state, press.plan.id, step.at):
        last = step.record.walk_tests[press.plan.id].last_press
        if last is None or step.at.since(last.at) > SECOND_TEST_PRESS_US:
            _record(step, press, "test", None, TEST)
            _answer(step, press, None, TEST)
            return
        # Somebody presses twice: that is not a tester going down a list.
        ended = WalkTestEnded((press.plan.id,), "second_press")
        step.write(ended, press.plan.id, because=Because("second_press"))
    run = enrolment.run_of(step.state, press.plan.id, step.at)
    if run is not None:
        ask = _escalated(step, press, DRILL)
        why = enrolment.why_real(step.plan, run, press.plan.id, ask, press.age_us, step.at)
        if not why:
            _drill(step, press, enrolment.asks(step.plan, run, ask))
            return
        if why != "silent":
            real = DrillButtonsReal(run.id, (press.plan.id,), why)
            step.write(real, press.plan.id, incident=run.incident, because=Because(why))
    _act(step, press, REAL)


def _drill(step: Step, press: _Press, asks: tuple[Ask, ...]) -> None:
    """A press of a drill: what the button asks for, in the drill's own zones."""
    first, *others = asks
    _act(step, replace(press, ask=first), DRILL)
    for ask in others:
        responses.respond(step, ask, DRILL, responses.joining(step, ask, DRILL), actor=press.actor)


def _act(step: Step, press: _Press, kind: Real | Drill | Exercise) -> IncidentId | None:
    ask = _escalated(step, press, kind)
    to = responses.joining(step, ask, kind)
    locking = responses.let_out(step, ask, kind)
    _record(step, press, "acted" if to.new else "joined", to.incident, kind, ask)
    responses.respond(step, ask, kind, to, actor=press.actor, locking=locking)
    shown = None if to.silent else to.incident
    _answer(step, press, shown, kind)
    return shown


def _escalated(step: Step, press: _Press, kind: Kind) -> Ask:
    """What the press asks for, or what its button's `escalate_after` makes of this many in so short a time."""
    rule = press.plan.escalation
    if rule is None:
        return press.ask
    memory = step.record.buttons.get(press.plan.id, ButtonMemory())
    # Presses of a drill do not add up to a real one: only those of a live incident of this kind count.
    same = {one.id for one in step.record.incidents.values() if one.kind == kind.word}
    before = [
        one
        for one in memory.presses
        if one.incident in same
        and one.standing in ("acted", "joined")
        and 0 <= step.at.utc_us - one.at.utc_us <= rule.within_us
    ]
    ranks = step.plan.responses
    if len(before) + 1 < rule.presses or ranks[rule.ask.response].rank <= ranks[press.ask.response].rank:
        return press.ask
    return rule.ask


def _leave_to_a_person(step: Step, press: _Press, why: Standing) -> None:
    """It starts nothing by itself and waits for a person; one a button and response is enough."""
    _record(step, press, why, None)
    waiting = (
        one
        for one in step.record.unanswered.values()
        if one.button == press.plan.id and one.response == press.ask.response
    )
    if next(waiting, None) is None:
        number = step.record.last_unanswered + 1
        fact = PressUnanswered(number, press.plan.id, press.id, press.ask.response, press.ask.zone, why)
        step.write(fact, press.plan.id, actor=press.actor, because=Because(why))
    _answer(step, press, None, REAL)


def _record(
    step: Step,
    press: _Press,
    standing: Standing,
    incident: IncidentId | None,
    kind: Kind = REAL,
    ask: Ask | None = None,
) -> None:
    ask = ask or press.ask
    fact = PressRecorded(
        button=press.plan.id,
        press=press.id,
        standing=standing,
        path=press.path,
        gesture=press.gesture,
        response=ask.response,
        zone=ask.zone,
        kind=kind.word,
        counter=press.counter,
        age_us=press.age_us,
        word=press.word,
    )
    step.write(fact, press.plan.id, actor=press.actor, incident=incident, because=Because(standing))


def _answer(step: Step, press: _Press, incident: IncidentId | None, kind: Kind) -> None:
    if press.answers:
        step.answer(PressAnswer(press.plan.id, press.id, incident, kind.word, press.delivery))


def _shown(step: Step, plan: ButtonPlan, incident: IncidentId | None) -> IncidentId | None:
    """The incident as a repeat's answer may name it: never a silent one, not even one that may have been and is over."""
    live = None if incident is None else step.record.incidents.get(incident)
    if live is not None:
        return None if live.silent else incident
    asks = [*plan.asks.values(), *(() if plan.escalation is None else (plan.escalation.ask,))]
    return None if any(step.plan.responses[ask.response].silent for ask in asks) else incident


def _nobodys(step: Step, event: PressHeard) -> None:
    """A press of a button that a reload took away while it was on its way: told, and taken from the broker."""
    refused = MessageRefused(event.at, event.button, "unknown_button", "", event.gesture.encode(), None)
    supervision.message_refused(step, refused)
    step.answer(PressAnswer(None, None, None, REAL.word, event.delivery, topic_answer=False))


def _asked(step: Step, event: PressAsked) -> _Press:
    plan = step.plan.buttons[event.button]
    word = event.gesture
    gesture, ask = ("unlisted", plan.highest) if word is None else meaning(plan, word)
    return _Press(
        plan=plan,
        id=PressId(f"{BY_NAME}{event.request}.{event.at.utc_us}"),
        word=word or "",
        gesture=gesture,
        ask=ask,
        path="cli",
        counter=None,
        age_us=0,
        actor=event.actor,
        delivery=None,
        answers=False,
    )


def _identity(
    record: Record, memory: ButtonMemory, event: PressHeard, gesture: str, acts: bool
) -> tuple[PressMemory | None, PressId]:
    """(the same press heard before, its id), or (None, the id of a new press). acts: it is young enough to."""

    def counts(one: PressMemory) -> bool:
        # A retained copy did nothing, and a person's press by name is not the button's: neither makes one a repeat.
        if one.standing == "retained" or one.press.startswith(BY_NAME):
            return False
        return event.at.utc_us - one.at.utc_us <= REMEMBERED_US or one.incident in record.incidents

    # Newest first and no further than needed: a stuck button has thousands, and its next press is on its way.
    newest = reversed(memory.presses)
    if event.press_id is not None or event.device_at_us is not None:
        name = event.press_id or PressId(f"{gesture}.{event.counter}.{event.device_at_us}")
        for one in newest:
            if one.press == name and counts(one):
                return one, name
        return None, name
    fresh = PressId(f"{gesture}.{event.counter}.at.{event.at.utc_us}")
    if event.counter is not None:
        last = _first(newest, counts)
        # Lower than the last: the device was restarted and this is new. Equal: the same, sent again.
        if last is not None and event.counter == memory.counter and last.gesture == gesture:
            return last, last.press
        return None, fresh
    # What the broker kept arrived late: a press made now, by chance within 1 s of that, is not the one made then.
    equal = _first(
        newest,
        lambda one: (
            one.gesture == gesture and not (acts and one.standing in LEFT_TO_A_PERSON) and counts(one)
        ),
    )
    if equal is not None and 0 <= event.at.utc_us - equal.at.utc_us <= SAME_WITHIN_US:
        return equal, equal.press
    return None, fresh


def _first(presses: Iterable[PressMemory], holds: Callable[[PressMemory], bool]) -> PressMemory | None:
    return next((one for one in presses if holds(one)), None)
