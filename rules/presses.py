"""What a press counts as: retained, repeated, too old, a test, or real; and what it then asks for.

Contract section 3 (scope, gestures) and section 4 (press_id, age).
"""

from dataclasses import dataclass
from typing import Final

from rules import responses
from rules.contacts import WiredPress
from rules.decision import PressAnswer
from rules.model.events import PressAsked, PressHeard
from rules.model.facts import Because, PressRecorded, PressUnanswered, Standing, WalkTestEnded
from rules.model.ids import Actor, ButtonId, DeliveryId, IncidentId, PressId
from rules.model.kinds import REAL, TEST, Drill, Exercise, Kind, Real
from rules.model.moments import SECOND_US, Instant
from rules.model.responses import Ask
from rules.plan import ButtonPlan, Plan
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
PLAIN: Final = frozenset({"single", "double", "hold"})


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
    plan = step.plan.buttons[event.button]
    memory = step.record.buttons.get(event.button, ButtonMemory())
    live = step.live.buttons.get(event.button, ButtonLive())
    gesture, ask = meaning(plan, event.gesture)
    known, name = _identity(step.record, memory, event, gesture)
    age = age_us(plan, live, event)
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
    step.change(
        buttons={**step.live.buttons, plan.id: _heard(live, step.at)},
    )
    if known is not None:
        _record(step, press, "repeated", known.incident)
        # Never the id of a silent incident, not even of one that is over.
        shown = None if step.plan.responses[ask.response].silent else known.incident
        _answer(step, press, shown, "test" if known.standing == "test" else "real")
        return
    if age is None or age > ACTS_UP_TO_US:
        _leave_to_a_person(step, press, "unknown_age" if age is None else "too_old")
        return
    _judge(step, press)


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


def asked(step: Step, event: PressAsked, kind: Real | Drill | Exercise) -> IncidentId:
    """A person's press of a configured button, by name; the incident it went to."""
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
        proven = (
            event.at.since(ours) <= plan.silence_limit_us
            and abs(device_us - ours.utc_us) <= CLOCK_WITHIN_US
            and device_us <= event.device_at_us <= event.at.utc_us + CLOCK_WITHIN_US
        )
        if proven:
            return max(0, event.at.utc_us - event.device_at_us)
    if event.waited_at_most_us is None or event.waited_at_most_us > ACTS_UP_TO_US:
        return None
    return event.waited_at_most_us


def in_walk_test(state: State, button: ButtonId, at: Instant) -> bool:
    """Whether a button's presses are tests now. Ends by itself at its time and with the boot it began in."""
    test = state.record.walk_tests.get(button)
    return test is not None and test.boot == state.live.boot and at.mono_us < test.until.mono_us


def _judge(step: Step, press: _Press) -> None:
    """A fresh, new press of a button: a walk-test's, or real."""
    if in_walk_test(step.state, press.plan.id, step.at):
        last = step.record.walk_tests[press.plan.id].last_press
        if last is None or step.at.since(last.at) > SECOND_TEST_PRESS_US:
            _record(step, press, "test", None, TEST)
            _answer(step, press, None, "test")
            return
        # Somebody presses twice: that is not a tester going down a list.
        ended = WalkTestEnded((press.plan.id,), "second_press")
        step.write(ended, press.plan.id, because=Because("second_press"))
    _act(step, press, REAL)


def _act(step: Step, press: _Press, kind: Real | Drill | Exercise) -> IncidentId:
    ask = _escalated(step, press)
    to = responses.joining(step, ask, kind)
    _record(step, press, "acted" if to.new else "joined", to.incident, kind, ask)
    responses.respond(step, ask, kind, to, actor=press.actor)
    if press.answers:
        _answer(step, press, None if to.silent else to.incident, kind.word)
    return to.incident


def _escalated(step: Step, press: _Press) -> Ask:
    """What the press asks for, or what its button's `escalate_after` makes of this many in so short a time."""
    rule = press.plan.escalation
    if rule is None:
        return press.ask
    memory = step.record.buttons.get(press.plan.id, ButtonMemory())
    before = [
        one
        for one in memory.presses
        if one.standing in ("acted", "joined") and 0 <= step.at.utc_us - one.at.utc_us <= rule.within_us
    ]
    ranks = step.plan.responses
    if len(before) + 1 < rule.presses or ranks[rule.ask.response].rank <= ranks[press.ask.response].rank:
        return press.ask
    return rule.ask


def _leave_to_a_person(step: Step, press: _Press, why: Standing) -> None:
    """It starts nothing by itself and stays visible until a person answers; one waiting a button is enough."""
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
    _answer(step, press, None, "real")


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


def _answer(step: Step, press: _Press, incident: IncidentId | None, kind: str) -> None:
    if not press.answers:
        return
    word = TEST.word if kind == "test" else REAL.word
    step.answer(PressAnswer(press.plan.id, press.id, incident, word, press.delivery))


def _heard(live: ButtonLive, at: Instant) -> ButtonLive:
    return ButtonLive(at, live.battery, True, live.status_at, live.clock)


def _asked(step: Step, event: PressAsked) -> _Press:
    plan = step.plan.buttons[event.button]
    word = event.gesture
    gesture, ask = ("unlisted", plan.highest) if word is None else meaning(plan, word)
    return _Press(
        plan=plan,
        id=PressId(f"asked.{event.request}.{event.at.utc_us}"),
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
    record: Record, memory: ButtonMemory, event: PressHeard, gesture: str
) -> tuple[PressMemory | None, PressId]:
    """(the same press heard before, its id), or (None, the id of a new press)."""
    known = [
        one
        for one in memory.presses
        if event.at.utc_us - one.at.utc_us <= REMEMBERED_US or one.incident in record.incidents
    ]
    # A retained copy did nothing, so it does not make the live one a repeat.
    known = [one for one in known if one.standing != "retained"]
    if event.press_id is not None:
        return _same(known, event.press_id), event.press_id
    if event.device_at_us is not None:
        name = PressId(f"{gesture}.{event.counter}.{event.device_at_us}")
        return _same(known, name), name
    last = known[-1] if known else None
    fresh = PressId(f"{gesture}.{event.counter}.at.{event.at.utc_us}")
    if event.counter is not None:
        # Lower than the last: the device was restarted and this is new. Equal: the same, sent again.
        if last is not None and event.counter == memory.counter and last.gesture == gesture:
            return last, last.press
        return None, fresh
    equal = [one for one in known if one.gesture == gesture]
    if equal and 0 <= event.at.utc_us - equal[-1].at.utc_us <= SAME_WITHIN_US:
        return equal[-1], equal[-1].press
    return None, fresh


def _same(known: list[PressMemory], name: PressId) -> PressMemory | None:
    return next((one for one in known if one.press == name), None)
