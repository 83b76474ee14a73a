"""An incident's command post: what is to be done and by which ICS role, who holds it, who responds, what rooms report.

Issue 7, C7 to C9. Real, drill and exercise alike: a drill whose tasks are others teaches others.
"""

from typing import Final

from rules.decision import RequestAnswer
from rules.holding import effective
from rules.model.facts import Because, Fact, RequestRefused
from rules.model.ids import Actor, IncidentId
from rules.model.moments import MINUTE_US, Instant
from rules.model.post_asks import PostAsked, RespondingAsked, RoleAsked, RoomAsked, TaskAddAsked, TaskAsked
from rules.model.post_facts import (
    COORDINATOR,
    ROOM_WORDS,
    ResponderMarked,
    RoleHandedOver,
    RoomReported,
    TaskOverdue,
    TasksOpened,
    TaskTurned,
)
from rules.model.responses import Response
from rules.notices import UNSAID
from rules.plan import Plan
from rules.post_state import Post, Task, person, place
from rules.rooms import rooms_of
from rules.state import Incident, Record
from rules.step import Step

MOST_TASKS: Final = 300
"""Of one incident; who adds more is told to end some."""
MOST_RESPONDERS: Final = 500
LONGEST_US: Final = 24 * 60 * MINUTE_US
REPORTS_A_MINUTE: Final = 6
"""Facts of one room in a minute. Beyond it only what is worse than what stands enters, so that none is ever too late."""
NOBODY: Final = Actor("")


# --- tasks ------------------------------------------------------------------------------------


def open_tasks(step: Step, incident: IncidentId, response: Response) -> None:
    """Open what the pack asks for with this response, once an incident; what another response opened stays one."""
    post = step.record.posts.get(incident, Post())
    if incident not in step.record.incidents or response in post.opened:
        return
    known = {task.code for task in post.tasks.values()}
    wanted = [one for one in step.plan.tasks.get(response, ()) if one.id not in known]
    if not wanted:
        return
    first, real = _next_number(post), step.record.incidents[incident].kind == "real"
    fact = TasksOpened(
        incident,
        response,
        step.live.boot,
        tuple(
            (first + n, one.id, one.role, one.within_us, one.every_us, one.timer)
            for n, one in enumerate(wanted)
        ),
        tuple(one.text if real else one.drill or one.text for one in wanted),
    )
    step.write(fact, incident, incident=incident, because=Because("response", (("response", response),)))


def sweep(step: Step) -> None:
    """Open what was never opened (an incident of an earlier version, a start in between), and name what ran out."""
    for one in tuple(step.record.incidents.values()):
        open_tasks(step, one.id, one.response)
        for task in step.record.posts.get(one.id, Post()).tasks.values():
            if task.overdue or not overdue(task, step.at, step.live.boot):
                continue
            if not left_behind(step.plan, step.record, one, task):
                late = TaskOverdue(one.id, task.number)
                step.write(late, one.id, incident=one.id, because=Because("time"))


def left_behind(plan: Plan, record: Record, live: Incident, task: Task) -> tuple[Response, ...]:
    """The responses that a task of the pack is for, where none of them holds any more; `()`: it is still to be done.

    After a change the way out is nobody's task in a lockdown. A call for help stands whatever holds.
    """
    asked = tuple(one for one, its in plan.tasks.items() if any(row.id == task.code for row in its))
    holds = {live.response, *UNSAID, *(response for _, response in live.played)}
    for zone, own in record.zones.items():
        if own.incident == live.id and (zone not in plan.zones or effective(plan, record, zone) is own):
            holds.add(own.response)
    return () if holds.intersection(asked) else asked


def overdue(task: Task, at: Instant, boot: str) -> bool:
    """Whether its time has passed and nobody did it."""
    left = left_us(task, at, boot)
    return left is not None and left <= 0


def left_us(task: Task, at: Instant, boot: str) -> int | None:
    """Microseconds until it is due, below 0: since when it is late; None: it has no time, or is done with.

    By the monotonic clock in the boot it was set in; after another one only the wall clock knows.
    """
    if task.due is None or task.state in ("done", "not-applicable"):
        return None
    return task.due.mono_us - at.mono_us if task.boot == boot else task.due.utc_us - at.utc_us


def task(step: Step, event: TaskAsked) -> None:
    """Take a task, say that it is done or does not apply (with a reason), or give it back."""
    post = _post(step, event, "task")
    if post is None:
        return
    its = post.tasks.get(event.number)
    if its is None:
        _refuse(step, event, "task", "unknown_task", ("task", event.number))
    elif event.state == "not-applicable" and not event.reason.strip():
        _refuse(step, event, "task", "no_reason_task")
    elif event.state == its.state and (event.state != "taken" or its.by == event.actor):
        _refuse(step, event, "task", "task_stands", ("state", event.state))
    elif event.state == its.state and not event.reason.strip():
        _refuse(step, event, "task", "task_taken")
    elif (
        event.state == "taken"
        and its.role == COORDINATOR
        and person(event.actor, "") in post.responders
        and not event.reason.strip()
    ):
        _refuse(step, event, "task", "responds_too")
    else:
        fact = TaskTurned(event.incident, event.number, event.state, step.live.boot, event.reason.strip())
        _done(step, event, fact)


def add_task(step: Step, event: TaskAddAsked) -> None:
    """One more task or timer, by hand."""
    post = _post(step, event, "task")
    if post is None:
        return
    text = event.text.strip()
    if not text:
        _refuse(step, event, "task", "no_task_text")
    elif len(post.tasks) >= MOST_TASKS:
        _refuse(step, event, "task", "too_many_tasks", ("most", MOST_TASKS))
    elif (
        not 0 <= event.within_us <= LONGEST_US
        or not 0 <= event.every_us <= LONGEST_US
        or (event.timer and not event.within_us)
    ):
        _refuse(step, event, "task", "bad_time")
    else:
        number = _next_number(post)
        row = (number, "", event.role, event.within_us, event.every_us, event.timer)
        fact = TasksOpened(event.incident, None, step.live.boot, (row,), (text,))
        _done(step, event, fact, ("task", number))


def _next_number(post: Post) -> int:
    return max(post.tasks, default=0) + 1


# --- roles ------------------------------------------------------------------------------------


def role(step: Step, event: RoleAsked) -> None:
    """Take a vacant role, hand one over, or leave it. What somebody holds passes on with a reason only.

    Nobody coordinates and responds in one incident without a stated reason: who runs to the door sees no board.
    """
    post = _post(step, event, "role")
    if post is None:
        return
    held, name, reason = post.roles.get(event.role), _line(event.name), event.reason.strip()
    empty = not event.holder and not name
    same = held is not None and not empty and person(held.who, held.name) == person(event.holder, name)
    responds = not empty and event.role == COORDINATOR and person(event.holder, name) in post.responders
    if same or (held is None and empty):
        _refuse(step, event, "role", "role_stands")
    elif held is not None and not reason:
        _refuse(step, event, "role", "no_reason_role")
    elif responds and not reason:
        _refuse(step, event, "role", "responds_too")
    else:
        was, was_name = (NOBODY, "") if held is None else (held.who, held.name)
        shown = "" if event.holder else name
        fact = RoleHandedOver(
            event.incident, event.role, was, event.holder, responds, shown, was_name, reason
        )
        _done(step, event, fact)


def responding(step: Step, event: RespondingAsked) -> None:
    """Mark somebody as responding at the scene, or as no longer."""
    post = _post(step, event, "respond")
    if post is None:
        return
    name, reason = _line(event.name), event.reason.strip()
    who = person(event.who, name)
    command = post.roles.get(COORDINATOR)
    coordinates = event.here and command is not None and person(command.who, command.name) == who
    if not event.who and not name:
        _refuse(step, event, "respond", "no_person_named")
    elif event.here is (who in post.responders):
        _refuse(step, event, "respond", "responding_stands")
    elif event.here and len(post.responders) >= MOST_RESPONDERS:
        _refuse(step, event, "respond", "too_many_responders", ("most", MOST_RESPONDERS))
    elif coordinates and not reason:
        _refuse(step, event, "respond", "coordinates_too")
    else:
        shown = "" if event.who else name
        fact = ResponderMarked(event.incident, event.who, event.here, coordinates, shown, reason)
        _done(step, event, fact)


# --- rooms ------------------------------------------------------------------------------------


def room(step: Step, event: RoomAsked) -> None:
    """What a room says of itself. The same again is heard and not written twice; a call for help is never held up.

    A calmer word beyond `REPORTS_A_MINUTE` is not taken, and says so: the room goes on standing at the worse one.
    """
    post = _post(step, event, "room")
    if post is None:
        return
    if event.room and event.room not in rooms_of(step.plan):
        _refuse(step, event, "room", "unknown_room", ("room", event.room))
        return
    text = event.text.strip()
    if not event.room and not text:
        _refuse(step, event, "room", "no_place")
        return
    before = post.rooms.get(place(post, event.room, text, event.actor))
    fact = RoomReported(event.incident, event.room, event.word, event.people, text)
    if before is not None and len(_recent(before.written, step.at)) >= REPORTS_A_MINUTE:
        if ROOM_WORDS.index(event.word) < ROOM_WORDS.index(before.word):
            _refuse(step, event, "room", "room_too_often", ("word", before.word))
            return
        if event.word == before.word:
            # Heard before: it stands, with who said it first and when.
            step.answer(RequestAnswer(event.request, True, "done", (("stands", True),)))
            return
    _done(step, event, fact)


def _recent(written: tuple[int, ...], at: Instant) -> tuple[int, ...]:
    return tuple(one for one in written if abs(at.utc_us - one) < MINUTE_US)


# --- shared -----------------------------------------------------------------------------------


def _post(step: Step, event: PostAsked, verb: str) -> Post | None:
    """The post of a live incident; a silent one is nobody's who may not know of it."""
    live = step.record.incidents.get(event.incident)
    if live is None or (live.silent and not event.silent):
        _refuse(step, event, verb, "not_live", ("incident", event.incident))
        return None
    return step.record.posts.get(event.incident, Post())


def _line(text: str) -> str:
    return " ".join(text.split())


def _refuse(step: Step, event: PostAsked, verb: str, code: str, *args: tuple[str, str | int | bool]) -> None:
    step.write(RequestRefused(verb, code), step.plan.campus, actor=event.actor)
    step.answer(RequestAnswer(event.request, False, code, args))


def _done(step: Step, event: PostAsked, fact: Fact, *args: tuple[str, str | int | bool]) -> None:
    step.write(fact, event.incident, actor=event.actor, incident=event.incident, because=Because("asked"))
    step.answer(RequestAnswer(event.request, True, "done", args))
