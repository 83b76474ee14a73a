"""How a drill ends, and what the devices showed of it: written once, when it ends, from evidence alone."""

from collections.abc import Iterator

from rules.drill_state import DrillRun
from rules.model.drill_facts import DrillEnded
from rules.model.facts import Because
from rules.model.ids import Actor, DoorId, IncidentId, OutputId
from rules.model.moments import MILLISECOND_US, Instant
from rules.notice_state import NoticeMemory
from rules.plan import Plan
from rules.post_state import Post
from rules.rooms import Room, room_called, rooms_in, rooms_of
from rules.state import Record
from rules.step import RULE, Step

INFORMED = frozenset({"received", "acknowledged"})
"""States of a notice with evidence that it reached somebody: sent is not informed."""
SIMULATED = "simulated"


def ends_with(
    step: Step, incident: IncidentId, actor: Actor, because: Because, before: Record | None = None
) -> None:
    """The incident of the drill under way is about to be closed: the drill ends with it. before: as in `end`."""
    run = step.record.drills.run
    if run is not None and run.incident == incident:
        end(step, run, because.code, actor, before)


def end(step: Step, run: DrillRun, code: str, actor: Actor = RULE, before: Record | None = None) -> None:
    """It is over: what is known of every door, room and message now is its score.

    before: the record before a real press, which told by the same routes what took the place of the drill's messages.
    """
    failed = frozenset(run.failures)
    doors = tuple(
        (door, run.secured[door] // MILLISECOND_US)
        for door in run.ordered
        if door in run.secured and ("door", door) not in failed
    )
    unsecured = tuple(_unsecured(step, run))
    pressed = tuple(one for one in run.asked if one in run.pressed and ("button", one) not in failed)
    silent = tuple(one for one in run.asked if one not in pressed)
    told = dict(_told(before or step.record, run))
    heard = tuple(one for one, state in told.items() if state in INFORMED)
    unheard = tuple((one, state) for one, state in told.items() if state not in INFORMED)
    asked, heard_of = _rooms(step.plan, run), _heard_of(step, run)
    rooms_silent = tuple(one for one in asked if one not in heard_of)
    of_rooms = {one.button: one.id for one in asked.values() if one.button is not None}
    answers = heard_of.keys() - {of_rooms.get(one) for one in pressed}
    findings = (
        *(("door_unsecured", door) for door, code in unsecured if code != SIMULATED),
        # A room that was heard from by its page or screen is not silent, though nobody pressed.
        *(
            ("room_silent", one)
            for one in silent
            if ("button", one) not in failed and of_rooms.get(one) not in heard_of
        ),
        # Where rooms report at all, those that did not are a finding; elsewhere nobody was asked to.
        *(("room_unheard", one) for one in rooms_silent if answers and asked[one].button not in silent),
        *(("output_failed", one) for one, state in unheard if state not in ("sent", SIMULATED)),
    )
    rooms_heard = tuple((one, took // MILLISECOND_US) for one, took in heard_of.items() if one in asked)
    fact = DrillEnded(
        run.id, code, doors, unsecured, pressed, silent, heard, unheard, findings, rooms_heard, rooms_silent
    )
    step.write(fact, run.id, actor=actor, incident=run.incident, because=Because(code))


def _rooms(plan: Plan, run: DrillRun) -> dict[str, Room]:
    """The rooms of the drill's zones. One that waited for its first press asked no room for anything."""
    if run.incident is None:
        return {}
    return {one.id: one for zone in run.zones if zone in plan.zones for one in rooms_in(plan, zone)}


def _heard_of(step: Step, run: DrillRun) -> dict[str, int]:
    """Rooms that somebody was heard from in the drill, each with microseconds from its beginning until the first time."""
    record, plan = step.record, step.plan
    said: list[tuple[str, Instant]] = []
    if run.incident is not None:
        said += [(one.room, one.first) for one in record.posts.get(run.incident, Post()).rooms.values()]
    for name, screen in record.rooms.items():
        output = plan.outputs.get(screen.output)
        # That a screen drew what holds is no word of those inside.
        if screen.incident == run.incident and screen.answered is not None and output is not None:
            room = room_called(plan, output.zone, name)
            said += [] if room is None else [(room.id, screen.answered)]
    buttons = {one.button: one.id for one in rooms_of(plan).values() if one.button is not None}
    said += [
        (buttons[button], at)
        for button, at in run.pressed.items()
        if button in buttons and ("button", button) not in run.failures
    ]
    first: dict[str, int] = {}
    for one, at in said:
        took = max(0, at.since(run.started))
        first[one] = min(took, first.get(one, took))
    return first


def _unsecured(step: Step, run: DrillRun) -> Iterator[tuple[DoorId, str]]:
    simulated = [DoorId(one) for what, one in run.failures if what == "door"]
    yield from ((door, SIMULATED) for door in simulated)
    for door in dict.fromkeys((*run.ordered, *run.held)):
        if door not in run.secured and door not in simulated:
            yield door, run.held.get(door) or step.door(door).verdict.word


def _told(record: Record, run: DrillRun) -> Iterator[tuple[OutputId, str]]:
    """Of each output that was told of the drill, the worst that is known of it."""
    worst: dict[OutputId, NoticeMemory] = {}
    for one in record.notices.values():
        if one.incident == run.incident and one.response is not None:
            worst[one.output] = max(worst.get(one.output, one), one, key=_doubt)
    for output, notice in worst.items():
        yield output, SIMULATED if ("output", output) in run.failures else notice.state


def _doubt(one: NoticeMemory) -> int:
    """The less evidence that anybody was reached, the worse: what is not known is worse than what was sent."""
    return ("acknowledged", "received", "sent", "ordered", "failed").index(one.state)
