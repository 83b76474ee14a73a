"""`/incidents/{id}/post|tasks|roles|responders|rooms`: who does what in an incident, and what its rooms say."""

from typing import Annotated, Literal

from aiohttp import web
from msgspec import Meta, Struct

from edge import words
from edge.control.desk import Make
from edge.named import called, whose
from edge.post import post_document
from edge.web.api.answering import answer, of
from edge.web.api.forms import Asked, Done, Id, KindShown, MaybeWords, Time
from edge.web.api.writing import caller_of, done, submit, write
from edge.web.incidents import known
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from rules.model.ids import Actor, IncidentId
from rules.model.moments import MINUTE_US
from rules.model.post_asks import RespondingAsked, RoleAsked, RoomAsked, TaskAddAsked, TaskAsked
from rules.model.post_facts import INCIDENT_ROLES, IncidentRole, RoomWord, TaskState
from rules.model.responses import Response

Minutes = Annotated[int, Meta(ge=1, le=1_440)]
Name = Annotated[str, Meta(max_length=64)]


class Holder(Struct, frozen=True, kw_only=True):
    """coordinates_and_responds: both in one incident, for the reason that is said."""

    name: str
    since: Time
    reason: str
    coordinates_and_responds: bool


class Role(Struct, frozen=True, kw_only=True):
    """holder null: nobody does it. primary, deputies: who is to, as the configuration names them."""

    role: IncidentRole
    words: str
    holder: Holder | None
    primary: str | None
    deputies: list[str]
    tasks_waiting: int


class Task(Struct, frozen=True, kw_only=True):
    """by, since: of its last turn. left_s: until it is due, below 0 since when it is late. every_s: it comes again.

    left_behind: the responses it is for, where none of them holds any more: it waits for nobody, and is not late.
    """

    number: int
    text: str
    role: IncidentRole
    state: TaskState
    by: str | None
    since: Time | None
    reason: str
    timer: bool
    every_s: int | None
    due: Time | None
    left_s: int | None
    late: bool
    left_behind: list[Response]
    opened: Time
    last_done: Time | None


class RoomHeard(Struct, frozen=True, kw_only=True):
    """room null: elsewhere, as `name` says. people null: not said."""

    room: str | None
    name: str
    word: RoomWord
    words: str
    people: int | None
    text: str
    by: str
    at: Time


class RoomSilent(Struct, frozen=True, kw_only=True):
    """A room that said nothing since what holds there began: nobody counts it as well. pressed: when its button was.

    safe_before: when it said that it is safe, before that.
    """

    room: str
    name: str
    zone: str
    pressed: Time | None
    safe_before: Time | None


class Rooms(Struct, frozen=True, kw_only=True):
    """heard: the loudest call first. of: how many rooms are in its zones."""

    heard: list[RoomHeard]
    silent: list[RoomSilent]
    of: int


class People(Struct, frozen=True, kw_only=True):
    """counted: as rooms said, in so many places; whoever is elsewhere is not among them."""

    counted: int
    places: int


class PostNote(Struct, frozen=True, kw_only=True):
    at: Time
    by: str
    text: str


class Post(Struct, frozen=True, kw_only=True):
    """coordinator false: nobody holds the command. people null: not known."""

    incident: str
    kind: KindShown
    coordinator: bool
    roles: list[Role]
    responders: list[Holder]
    tasks: list[Task]
    timers: list[Task]
    rooms: Rooms
    people: People | None
    notes: list[PostNote]


class AddTask(Asked, frozen=True, kw_only=True):
    """within_minutes: when it is due. timer: it runs out, named; every: and comes again once it was done."""

    text: Annotated[str, Meta(min_length=1, max_length=200)]
    role: IncidentRole
    within_minutes: Minutes | None = None
    timer: bool = False
    every: bool = False


class TurnTask(Asked, frozen=True, kw_only=True):
    """reason: asked for where it does not apply, where it is taken over, and where a responder takes the coordinator's."""

    state: TaskState
    reason: MaybeWords = ""


class HandOver(Asked, frozen=True, kw_only=True):
    """to: `me`, `nobody`, or `named` with a name. reason: a must where somebody holds it, or responds too."""

    to: Literal["me", "nobody", "named"]
    name: Name = ""
    reason: MaybeWords = ""


class Responding(Asked, frozen=True, kw_only=True):
    """name "": whoever asks. here false: no longer."""

    here: bool
    name: Name = ""
    reason: MaybeWords = ""


class ReportRoom(Asked, frozen=True, kw_only=True):
    """room null: elsewhere, as text says."""

    room: Id | None
    word: RoomWord
    people: Annotated[int, Meta(ge=0, le=9_999)] | None = None
    text: MaybeWords = ""


class Added(Done, frozen=True, kw_only=True):
    """task: its number in this incident."""

    task: int


async def post(visit: Visit) -> web.StreamResponse:
    """The post of a live incident."""
    here = await known(visit)
    book = visit.office.people.registrar.book
    found = post_document(visit.office.plan, visit.office.state, here.id, lambda one: called(book, one))
    if found is None:
        raise Problem(409, words.reply("not_live", {}), code="not_live")
    return answer(of(Post, found))


async def add_task(visit: Visit, asked: AddTask) -> web.Response:
    """One more task or timer."""
    here, silent = await _incident(visit), visit.may("look-duress")
    within_us = (asked.within_minutes or 0) * MINUTE_US
    every_us = within_us if asked.every else 0
    reply = done(
        await submit(
            visit,
            lambda at, number, actor: TaskAddAsked(
                at, number, actor, here, asked.role, asked.text, within_us, every_us, asked.timer, silent
            ),
        )
    )
    return answer(
        Added(
            durable=reply.durable,
            words=words.reply(reply.code, {}),
            task=int(dict(reply.args).get("task", 0)),
        )
    )


async def turn_task(visit: Visit, asked: TurnTask) -> web.Response:
    """Take a task, say that it is done or does not apply, or give it back."""
    here, silent = await _incident(visit), visit.may("look-duress")
    text = visit.request.match_info["task"]
    task = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return await _done(
        visit,
        lambda at, number, actor: TaskAsked(at, number, actor, here, task, asked.state, asked.reason, silent),
    )


async def hand_over(visit: Visit, asked: HandOver) -> web.Response:
    """Take a role, hand it over, or leave it."""
    here, silent = await _incident(visit), visit.may("look-duress")
    text = visit.request.match_info["role"]
    role = next((one for one in INCIDENT_ROLES if one == text), None)
    if role is None:
        raise Problem(
            404, f"There is no such role. There are {', '.join(INCIDENT_ROLES)}.", code="unknown_role"
        )
    if (asked.to == "named") is not bool(asked.name.strip()):
        raise Problem(422, words.reply("no_person_named", {}), code="no_person_named")
    who, name = whom(visit, asked.to, asked.name)
    return await _done(
        visit,
        lambda at, number, actor: RoleAsked(at, number, actor, here, role, who, name, asked.reason, silent),
    )


async def responding(visit: Visit, asked: Responding) -> web.Response:
    """Say who responds at the scene, or no longer."""
    here, silent = await _incident(visit), visit.may("look-duress")
    who, name = whom(visit, "named" if asked.name.strip() else "me", asked.name)
    return await _done(
        visit,
        lambda at, number, actor: RespondingAsked(
            at, number, actor, here, who, name, asked.here, asked.reason, silent
        ),
    )


async def report_room(visit: Visit, asked: ReportRoom) -> web.Response:
    """Say how a room is."""
    here, silent = await _incident(visit), visit.may("look-duress")
    return await _done(
        visit,
        lambda at, number, actor: RoomAsked(
            at, number, actor, here, asked.room or "", asked.word, asked.people, asked.text, silent
        ),
    )


def whom(visit: Visit, to: str, name: str) -> tuple[Actor, str]:
    """(actor, name): of whoever asks, of nobody, of whom a name means."""
    if to == "me":
        return caller_of(visit).actor, ""
    return (Actor(""), "") if to == "nobody" else whose(visit.office.people.registrar.book, name)


async def _incident(visit: Visit) -> IncidentId:
    """The one that the route names; the rules refuse one that is over. Raises Problem 404, 503."""
    name, duress = IncidentId(visit.request.match_info["id"]), visit.may("look-duress")
    live = visit.office.state.record.incidents.get(name)
    if live is not None and (duress or not live.silent):
        return name  # what is live waits for no disk
    return IncidentId((await known(visit)).id)


async def _done(visit: Visit, make: Make) -> web.Response:
    reply = done(await submit(visit, make))
    return answer(Done(durable=reply.durable, words=words.reply(reply.code, dict(reply.args))))


ROUTES = (
    Route(
        "GET",
        "/api/v1/incidents/{id}/post",
        "coordinate",
        post,
        says=Says(
            "Who does what in a live incident: roles, tasks, timers, rooms, notes", Post, problems=(409,)
        ),
    ),
    Route(
        "POST",
        "/api/v1/incidents/{id}/tasks",
        "coordinate",
        write(AddTask, add_task),
        says=Says("Add a task or a timer to a live incident", Added, takes=AddTask, problems=(409,)),
    ),
    Route(
        "POST",
        "/api/v1/incidents/{id}/tasks/{task}",
        "coordinate",
        write(TurnTask, turn_task),
        says=Says(
            "Take a task, or say that it is done or does not apply", Done, takes=TurnTask, problems=(409,)
        ),
    ),
    Route(
        "POST",
        "/api/v1/incidents/{id}/roles/{role}",
        "coordinate",
        write(HandOver, hand_over),
        says=Says(
            "Take an ICS role, hand it over, or leave it",
            Done,
            takes=HandOver,
            problems=(409,),
            text="Nobody coordinates and responds in one incident without a reason.",
        ),
    ),
    Route(
        "POST",
        "/api/v1/incidents/{id}/responders",
        "respond",
        write(Responding, responding),
        says=Says("Say who responds at the scene, or no longer", Done, takes=Responding, problems=(409,)),
    ),
    Route(
        "POST",
        "/api/v1/incidents/{id}/rooms",
        "report-room",
        write(ReportRoom, report_room),
        says=Says(
            "Say how a room is",
            Done,
            takes=ReportRoom,
            problems=(409, 429),
            text="A call for help is never refused for a limit; a calmer word may have to wait for a minute.",
        ),
    ),
)
