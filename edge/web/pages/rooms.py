"""`/screen/PLACE`: a browser left open in a room, known by an enrolled token and not by a log-in.

`/screen/PLACE/as/TOKEN` enrols it once: the token goes into a cookie of these addresses alone and out of sight. What a screen
drew, and what those inside answer, is evidence of the room; a person who looks at the address is none.
"""

import time
from typing import Final

from aiohttp import web

from drivers.clock import instant
from edge.web.cookies import give_screen
from edge.web.pages import templates, times
from edge.web.pages.acting import decided
from edge.web.pages.forms import form_of
from edge.web.pages.language import _
from edge.web.pages.language import say as say_of
from edge.web.pages.replies import told
from edge.web.pages.showing import actor_of, answer
from edge.web.pages.takeover import ANSWERS, Face
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from edge.web.screens import LISTENERS_MOST, OUT, RoomScreens, Watcher
from edge.web.shared import shared
from edge.web.wire import Message, opened
from rules.model.screens import ScreenAnswer, ScreenAnswerAsked, ScreenDrew
from rules.screens import has, room_of, shown

DOT: Final = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
"""A picture of one clear dot."""


def _screens(visit: Visit) -> RoomScreens:
    return shared(visit.request).screens


def _face(visit: Visit) -> Face:
    """Raises Problem 404."""
    found = _screens(visit).face(visit.request.match_info["place"])
    if found is None:
        raise Problem(
            404, _("There is no screen of this name. The configuration names each room that has one.")
        )
    return found


def _own(visit: Visit) -> None:
    """A token of one room is no other one's screen; one of no room may be any, and that is a flag. Raises Problem 403."""
    caller, place = visit.caller, visit.request.match_info["place"]
    if caller is None or caller.by != "token":
        return
    if caller.room and caller.room != place:
        raise Problem(
            403,
            say_of(
                "This browser is the screen of {room}, and of no other room. Open /screen/{room}, or enrol it anew.",
                room=caller.room,
            ),
        )
    if not caller.room:
        visit.office.people.screens.used(caller)


async def enrol(visit: Visit) -> web.StreamResponse:
    """Have this browser be a screen. The token is looked at by the page that it is sent to, as on each request."""
    onward = web.Response(status=303, headers={"Location": f"/screen/{visit.request.match_info['place']}"})
    give_screen(visit.request, onward, visit.request.match_info["token"])
    return onward


async def page(visit: Visit) -> web.StreamResponse:
    """The whole screen, right at the moment it is asked for."""
    _own(visit)
    now, zone = _face(visit), visit.office.timezone
    values = {
        **now.values,
        "title": now.title,
        "timezone": zone,
        "as_of": times.clock(time.time_ns() // 1_000_000, times.zone_of(zone)),
    }
    return answer(visit, templates.page("takeover.html", values))


async def events(visit: Visit) -> web.StreamResponse:
    """Server-sent events: `state` at once and with each change, `beat` every 2 s, `out` when it is no screen any more."""
    _own(visit)
    _face(visit)
    screens = _screens(visit)
    if screens.count >= LISTENERS_MOST:
        raise Problem(503, _("More screens are open than this box serves. This one asks again by itself."))

    def still() -> bool:
        caller = None if visit.caller is None else visit.office.people.still(visit.caller)
        return caller is not None and caller.may(visit.office.rights, "screen")

    response, out = await opened(visit.request)
    out.put(Message(b"retry: 1000\n\n"))
    watcher = Watcher(visit.request.match_info["place"], out, still)
    try:
        screens.watch(watcher)
        await watcher.ended.wait()
        if watcher.out_of_it:
            out.put(OUT)
    except (ConnectionError, TimeoutError):
        pass  # it hung up, and comes back by itself
    finally:
        screens.leave(watcher)
    return response


async def drawn(visit: Visit) -> web.StreamResponse:
    """The picture that a browser asks for when it has drawn the state of this number: the evidence that the room has it."""
    _own(visit)
    found, caller = room_of(visit.office.plan, visit.request.match_info["place"]), visit.caller
    number = visit.request.match_info["number"]
    if found is None or not (number.isascii() and number.isdigit() and len(number) < 16):
        raise Problem(404, _("There is no such picture."))
    output, room = found
    if caller is not None and caller.by == "token" and visit.request.method == "GET":
        record = visit.office.state.record
        on = shown(visit.office.plan, record, output.id)
        if on is not None and on.number == int(number) and not has(record.rooms, room, on):
            visit.office.emit(ScreenDrew(instant(), caller.actor, output.id, room, on.number))
    return web.Response(body=DOT, content_type="image/gif")


async def say(visit: Visit) -> web.StreamResponse:
    """Somebody in the room answers. Told once it is durable; then the screen shows it."""
    form = await form_of(visit)
    _own(visit)
    place = visit.request.match_info["place"]
    found, said = room_of(visit.office.plan, place), form.text("answer")
    if found is None:
        raise Problem(404, _("There is no screen of this name. Nothing was done."))
    if said not in ANSWERS:
        raise Problem(422, _("Say whether the room is safe or needs help. Nothing was done."))
    word: ScreenAnswer = "help" if said == "help" else "safe"
    output, room = found
    reply = await decided(
        visit.office.submit(
            actor_of(visit),
            lambda at, request, actor: ScreenAnswerAsked(at, request, actor, output.id, room, word),
        )
    )
    if not reply.done:
        raise Problem(409, told(reply, ""))
    raise web.HTTPSeeOther(f"/screen/{place}")


ROUTES: Final = (
    Route("GET", "/screen/{place}", "screen", page),
    Route("GET", "/screen/{place}/as/{token}", "open", enrol),
    Route("GET", "/screen/{place}/events", "screen", events, stream=True),
    Route("GET", "/screen/{place}/drawn/{number}", "screen", drawn),
    Route("POST", "/screen/{place}", "answer-room", say),
)
