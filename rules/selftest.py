"""Self-tests: begun by the campus's clock or by a person, gone through silently, told link by link. Issue 4, D10.

A run reads, asks the box itself (`Probe`), and writes to outputs that are off the value that they have. It moves no
lock; locks are exercised by `rules.exercising`.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rules import interlock, links
from rules.decision import RequestAnswer
from rules.evidence import read_of, says, sensors
from rules.model.events import ClockTold, CommandEnded, ProbeEnded, Scanned, SelfTestAsked
from rules.model.facts import (
    Because,
    RequestRefused,
)
from rules.model.ids import Actor, DoorId
from rules.model.kinds import TEST
from rules.model.moments import SECOND_US, Instant
from rules.model.selftest import BrokerProbe, DecisionProbe, TestCause, link_name
from rules.model.selftest_facts import (
    SelfTestEnded,
    SelfTestScheduled,
    SelfTestStarted,
)
from rules.plan import OutputPlan, Plan
from rules.selftest_state import (
    OutputTest,
    SelfTestRun,
)
from rules.silence import settled
from rules.state import (
    LocalClock,
    Record,
    State,
)
from rules.step import RULE, Step

LEAST_US: Final = 3 * SECOND_US
"""A controller that hung up this moment is back by then, and is not told of."""
MOST_US: Final = 20 * SECOND_US
"""What was not seen by then was not seen: a serial bus of many boards is read whole in a few seconds."""
OVERDUE_MINUTES: Final = 60
CLOCK_SILENT_US: Final = 180 * SECOND_US
FlagKey = tuple[str, str]


# --- when ------------------------------------------------------------------------------------


def clock_told(step: Step, event: ClockTold) -> None:
    """The campus's clock: begin what is due. A day has one test, whatever daylight saving does to its hours."""
    clock = LocalClock(event.at, event.day, event.minute, event.sure, event.attended)
    step.change(clock=clock)
    at = step.plan.self_test_at
    if at is None:
        return
    due = clock.day if clock.minute >= at else clock.day - 1
    tests = step.record.self_tests
    if tests.since is None or due < tests.day - 1:
        # The first day, or a clock that was wrong by days: what lies before is nobody's fault.
        step.write(SelfTestScheduled(due), step.plan.campus, because=Because("self_test_scheduled"))
    elif due > tests.day and not _not_now(step) and settled(step.live):
        _begin(step, "schedule", RULE, due)


def asked(step: Step, event: SelfTestAsked) -> None:
    """A person wants to know now."""
    code = _not_now(step)
    if code:
        step.write(RequestRefused("selftest", code), step.plan.campus, actor=event.actor)
        step.answer(RequestAnswer(event.request, False, code))
        return
    number = _begin(step, "person", event.actor, None)
    step.answer(RequestAnswer(event.request, True, "done", (("number", number),)))


def _not_now(step: Step) -> str:
    if step.live.self_test is not None:
        return "self_test_running"
    if _shown(step.record):
        # A silent one is no reason: the refusal would tell of it, and nothing here could be noticed.
        return "incident_live"
    return "in_safe_mode" if "safe_mode" in step.live.conditions else ""


def _shown(record: Record) -> bool:
    return any(not one.silent for one in record.incidents.values())


# --- a run -----------------------------------------------------------------------------------


def _begin(step: Step, cause: TestCause, actor: Actor, day: int | None) -> int:
    number = step.record.self_tests.number + 1
    because = Because("self_test", (("cause", cause),))
    step.write(SelfTestStarted(number, cause, day), step.plan.campus, actor=actor, because=because)
    step.change(self_test=SelfTestRun(number, cause, day, step.at))
    if any(button.wired is None for button in step.plan.buttons.values()):
        step.probe(BrokerProbe(number))
    step.probe(*(DecisionProbe(number, button) for button in step.plan.buttons))
    return number


def scanned(step: Step, event: Scanned) -> None:
    """A controller answered a read, over the connection that its commands take."""
    run = step.live.self_test
    if run is None or not event.by_commands or event.started.since(run.began) < 0:
        return
    if event.controller not in run.heard:
        step.change(self_test=replace(run, heard=run.heard | {event.controller}))


def probe_ended(step: Step, event: ProbeEnded) -> None:
    """The box itself answered. An answer to an earlier run is none to this one."""
    run = step.live.self_test
    if run is not None and run.number == event.run:
        answers = {**run.answers, event.link: event.code}
        held = {**run.held, event.link: event.held} if event.held else run.held
        step.change(self_test=replace(run, answers=answers, held=held))


def command_ended(step: Step, event: CommandEnded) -> None:
    """A test write to an output came to its end."""
    run = step.live.self_test
    if run is None:
        return
    for one, test in run.outputs.items():
        if test.command == event.command:
            code = "" if event.ending == "written" else event.code or event.ending
            ended = replace(test, ended=event.at, code=code)
            step.change(self_test=replace(run, outputs={**run.outputs, one: ended}))


def sweep(step: Step) -> None:
    """Go on with a run, and end it once everything was seen, or nothing more is to be waited for."""
    run = step.live.self_test
    if run is None:
        return
    if _shown(step.record):
        _end(step, run, "incident_live")
        return
    run = _test_outputs(step, run)
    passed_us = step.at.since(run.began)
    if passed_us >= MOST_US or not any(_awaited(step.plan, step.state, run)):
        _end(step, run, "")


def _test_outputs(step: Step, run: SelfTestRun) -> SelfTestRun:
    """The run with one more write on each board that is free: a press waits for one answer there at most."""
    busy = {
        point.controller
        for one, test in run.outputs.items()
        if test.ended is None
        and (output := step.plan.outputs.get(one)) is not None
        and (point := output.point) is not None
    }
    outputs = dict(run.outputs)
    for output in step.plan.outputs.values():
        point = output.point
        if output.id in outputs or point is None or point.controller in busy or not _up(step, output, run):
            continue
        passed = interlock.output_test_permits(step, output, TEST)
        step.let_out(passed.permits)
        for permit in passed.permits:
            busy.add(point.controller)
            outputs[output.id] = OutputTest(permit.id, step.at)
        for _, code in passed.held:
            outputs[output.id] = OutputTest(None, step.at, step.at, code)
    if len(outputs) == len(run.outputs):
        return run
    now = replace(run, outputs=outputs)
    step.change(self_test=now)
    return now


def _up(step: Step, output: OutputPlan, run: SelfTestRun) -> bool:
    """Whether its board answers, and has read the output back since the run began."""
    point = output.point
    if point is None or point.controller not in run.heard:
        return False
    read = read_of(step.live, point)
    return read is not None and read.at.since(run.began) >= 0


def _awaited(plan: Plan, state: State, run: SelfTestRun) -> Iterator[bool]:
    """What is still to come in."""
    live = state.live
    networked = any(button.wired is None for button in plan.buttons.values())
    yield networked and link_name("broker", plan.campus) not in run.answers
    yield any(link_name("decision", one) not in run.answers for one in plan.buttons)
    down = {one for one in plan.controllers if (its := live.controllers.get(one)) is None or not its.up}
    yield bool(down) and live.now.since(run.began) < LEAST_US
    yield any(one not in down and one not in run.heard for one in links.watched(plan))
    for door in plan.doors.values():
        for one in (door.lock, *sensors(door)):
            if one is not None and one.point.controller not in down:
                read = read_of(live, one.point)
                yield read is None or read.at.since(run.began) < 0
    for output in plan.outputs.values():
        if output.point is None or interlock.output_refusal(plan, output) or output.point.controller in down:
            continue
        test = run.outputs.get(output.id)
        yield test is None or test.ended is None or not (test.code or _read_after(state, output, test.ended))


def _read_after(state: State, output: OutputPlan, ended: Instant) -> bool:
    read = None if output.point is None else read_of(state.live, output.point)
    return read is not None and read.at.since(ended) > 0


def _end(step: Step, run: SelfTestRun, code: str) -> None:
    said = {} if code else links.found(step.plan, step.state, run, step.at)
    fact = SelfTestEnded(
        number=run.number,
        cause=run.cause,
        day=run.day,
        complete=not code,
        code=code,
        proven=tuple(name for name, (outcome, _) in said.items() if outcome == "proven"),
        others=tuple((name, outcome, why) for name, (outcome, why) in said.items() if outcome != "proven"),
        commands=tuple(test.command for test in run.outputs.values() if test.command is not None),
    )
    step.change(self_test=None)
    step.write(fact, step.plan.campus, because=Because(code or "self_test_ended"))


# --- shortcomings ----------------------------------------------------------------------------


def flags(plan: Plan, state: State) -> Iterator[tuple[FlagKey, tuple[str, ...]]]:
    """Links that were seen not to work and were not proven since; and a day's test that did not come to its end."""
    last = state.record.self_tests.last
    if last is not None:
        for name, code in links.broken(plan, last.others.items()):
            if not _proven_since(state, name, last.at) and not _closed_since(plan, state, name, code):
                yield ("link_not_proven", name), (code,)
    overdue = _overdue(plan, state)
    if overdue:
        yield ("self_test_overdue", str(plan.campus)), (overdue,)


def _proven_since(state: State, name: str, at: Instant) -> bool:
    """A press that came through since, or a door that was proven locked, is better than any test."""
    kind, _, subject = name.partition(":")
    if kind == "button":
        proven = (b.proven.values() for one, b in state.record.buttons.items() if one == subject)
        return any(when.utc_us > at.utc_us for each in proven for when in each)
    if kind == "lock":
        secured = (when for one, when in state.record.secured.items() if one == subject)
        return any(when.utc_us > at.utc_us for when in secured)
    return False


def _closed_since(plan: Plan, state: State, name: str, code: str) -> bool:
    """Of a door that stood open its own sensor says whether it still does."""
    door = plan.doors.get(DoorId(name.partition(":")[2]))
    return code == "stands_open" and door is not None and says(state.live, door.position) is not False


def _overdue(plan: Plan, state: State) -> str:
    at, live, tests = plan.self_test_at, state.live, state.record.self_tests
    if at is None:
        return ""
    told = live.started if live.clock is None else live.clock.at
    if live.now.since(told) > CLOCK_SILENT_US:
        return "clock_silent"
    if live.clock is None or tests.since is None:
        return ""
    # The day's test has an hour; before that yesterday's is the one that must have come to its end.
    needed = live.clock.day if live.clock.minute >= at + OVERDUE_MINUTES else live.clock.day - 1
    return "not_ended" if tests.done < needed else ""
