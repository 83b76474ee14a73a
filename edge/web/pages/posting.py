"""What is done at an incident's post and reported from a room: plain forms, each done once however often it is sent."""

from collections.abc import Awaitable
from typing import Final

from aiohttp import web

from edge.control.desk import Make, Reply
from edge.named import whose
from edge.web.pages.acting import decided, onward
from edge.web.pages.cameras import incident_cameras
from edge.web.pages.forms import Form, form_of
from edge.web.pages.language import _
from edge.web.pages.replies import told
from edge.web.pages.showing import actor_of, moment_of, pages, show_shared
from edge.web.pages.watching import tiles
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from rules.model.ids import Actor, IncidentId
from rules.model.moments import MINUTE_US
from rules.model.post_asks import RespondingAsked, RoleAsked, RoomAsked, TaskAddAsked, TaskAsked
from rules.model.post_facts import INCIDENT_ROLES, ROOM_WORDS, TaskState

STATES: Final[tuple[TaskState, ...]] = ("open", "taken", "done", "not-applicable")


def _of(visit: Visit) -> IncidentId:
    return IncidentId(visit.request.match_info["id"])


async def post(visit: Visit) -> web.StreamResponse:
    """The coordinator's page; of what is over, its record."""
    return await _page(visit, "post")


async def responder(visit: Visit) -> web.StreamResponse:
    """The responders' page."""
    return await _page(visit, "responder")


async def _page(visit: Visit, screen: str) -> web.StreamResponse:
    moment, of = moment_of(visit), _of(visit)
    if not any(one["id"] == of for one in moment.scene.picture["incidents"]):
        # Over, or none of this visitor's: its own page says which.
        raise web.HTTPSeeOther(f"/incidents/{of}")
    eyes = [one["id"] for one in incident_cameras(moment.scene, of)["rows"]]
    more = {
        **tiles(visit, moment.scene, eyes),
        "may_respond": visit.may("respond"),
        "role_names": INCIDENT_ROLES,
    }
    return await show_shared(visit, screen, of, seen=moment, more=more)


async def turn_task(visit: Visit) -> web.StreamResponse:
    """Take a task, say that it is done or does not apply, give it back."""
    form, of, silent = await form_of(visit), _of(visit), visit.may("look-duress")
    state = next((one for one in STATES if one == form.text("state")), None)
    text = visit.request.match_info["task"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if state is None:
        raise Problem(422, _("Say what became of the task. Nothing was changed."))
    reason = form.line("reason")
    key = f"task {of} {number} {state} {form.text('was')} {reason}"
    return await _asked(
        visit,
        key,
        lambda at, request, actor: TaskAsked(at, request, actor, of, number, state, reason, silent),
        f"/incidents/{of}/post#tasks",
    )


async def add_task(visit: Visit) -> web.StreamResponse:
    """One more task or timer."""
    form, of, silent = await form_of(visit), _of(visit), visit.may("look-duress")
    role = next((one for one in INCIDENT_ROLES if one == form.text("role")), None)
    if role is None:
        raise Problem(422, _("Choose a role. Nothing was added."))
    timer, every = form.text("timer") == "timer", form.text("every") == "every"
    within_us = form.number("minutes") * MINUTE_US
    words = form.line("text")[:200]
    return await _asked(
        visit,
        form.text("key"),
        lambda at, request, actor: TaskAddAsked(
            at, request, actor, of, role, words, within_us, within_us if every else 0, timer, silent
        ),
        f"/incidents/{of}/post#{'timers' if timer else 'tasks'}",
    )


async def hand_over(visit: Visit) -> web.StreamResponse:
    """Take a role, hand it over, or leave it."""
    form, of, silent = await form_of(visit), _of(visit), visit.may("look-duress")
    role = next((one for one in INCIDENT_ROLES if one == visit.request.match_info["role"]), None)
    if role is None:
        raise Problem(404, _("There is no such role. Nothing was changed."))
    to, reason = form.text("to"), form.line("reason")
    who, name = _whom(visit, to, form)
    key = f"role {of} {role} {to} {who} {name} {form.text('was')} {reason}"
    return await _asked(
        visit,
        key,
        lambda at, request, actor: RoleAsked(at, request, actor, of, role, who, name, reason, silent),
        f"/incidents/{of}/post#roles",
    )


async def responding(visit: Visit) -> web.StreamResponse:
    """Say who responds at the scene, or no longer."""
    form, of, silent = await form_of(visit), _of(visit), visit.may("look-duress")
    here, reason = form.text("here") != "no", form.line("reason")
    who, name = _whom(visit, "named" if form.line("name") else "me", form)
    return await _asked(
        visit,
        form.text("key"),
        lambda at, request, actor: RespondingAsked(at, request, actor, of, who, name, here, reason, silent),
        f"/incidents/{of}/{'post' if form.text('back_to') == 'post' else 'responder'}#responders",
    )


def _whom(visit: Visit, to: str, form: Form) -> tuple[Actor, str]:
    """Of whoever asks, of nobody, of whom a name means. Raises Problem: a name is asked for and none is there."""
    if to == "me":
        return actor_of(visit), ""
    if to == "nobody":
        return Actor(""), ""
    name = form.line("name")[:64]
    if not name:
        raise Problem(422, _("Write who. Nothing was changed."))
    return whose(visit.office.people.registrar.book, name)


# --- a room -----------------------------------------------------------------------------------


async def rooms(visit: Visit) -> web.StreamResponse:
    """Which room is mine."""
    return await show_shared(visit, "classrooms")


async def classroom(visit: Visit) -> web.StreamResponse:
    """One room: what holds there, and the way to report."""
    return await show_shared(visit, "classroom", visit.request.match_info["room"], more={"missing": ""})


async def report(visit: Visit) -> web.StreamResponse:
    """A room says how it is."""
    form, room = await form_of(visit), visit.request.match_info["room"]
    word = next((one for one in ROOM_WORDS if one == form.text("word")), None)
    if word is None:
        raise Problem(422, _("Say how the room is. Nothing was reported: go back and choose one."))
    counted = form.line("people")
    people = form.number("people") if counted.isascii() and counted.isdigit() and len(counted) < 5 else None
    text, of, silent = form.line("text"), IncidentId(form.text("incident")), visit.role_may("look-duress")
    key = f"room {room} {form.text('key')} {word}"
    return await _asked(
        visit,
        key,
        lambda at, request, actor: RoomAsked(at, request, actor, of, room, word, people, text, silent),
        f"/classroom/{room}"
        if visit.may("report-room") and visit.caller and not visit.caller.lapsed
        else "/sign-in",
        _("Reported. Whoever coordinates sees it now."),
    )


async def _asked(visit: Visit, key: str, make: Make, to: str, done: str = "") -> web.StreamResponse:
    def ask() -> Awaitable[Reply]:
        return visit.office.submit(actor_of(visit), make)

    reply = await decided(pages(visit).once.do(actor_of(visit), key, ask))
    return onward(visit, to, told(reply, done or _("It is in the record.")), done=reply.done)


ROUTES: Final = (
    Route("GET", "/incidents/{id}/post", "coordinate", post, page=True),
    Route("GET", "/incidents/{id}/responder", "respond", responder, page=True),
    Route("POST", "/incidents/{id}/tasks", "coordinate", add_task, page=True),
    Route("POST", "/incidents/{id}/tasks/{task}", "coordinate", turn_task, page=True),
    Route("POST", "/incidents/{id}/roles/{role}", "coordinate", hand_over, page=True),
    Route("POST", "/incidents/{id}/responding", "respond", responding, page=True),
    Route("GET", "/classroom", "report-room", rooms, page=True),
    Route("GET", "/classroom/{room}", "report-room", classroom, page=True),
    Route("POST", "/classroom/{room}", "report-room", report, page=True),
)
