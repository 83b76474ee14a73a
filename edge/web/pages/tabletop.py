"""Tabletops on a page, with their banner on each: begun, played at a speed, answered, ended; a real incident goes first."""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any, Final

import msgspec
from aiohttp import web

from edge import post_words, tabletop_forms, tabletop_views
from edge.control.desk import Reply
from edge.journal.stored import rfc3339
from edge.journal.writer import JournalRefused
from edge.operations import NotDone
from edge.tabletop import LARGEST
from edge.tabletop.playing import SPEEDS
from edge.tabletop_words import BANNER, ENDS
from edge.views import pages as lists
from edge.web.api import tabletop as api
from edge.web.pages.acting import onward
from edge.web.pages.forms import Form, form_of
from edge.web.pages.incident import count_line, incident_line
from edge.web.pages.language import _, say
from edge.web.pages.replies import told
from edge.web.pages.responses import name
from edge.web.pages.scene import Scene
from edge.web.pages.showing import actor_of, pages, scene_of, show
from edge.web.pages.tabletop_map import map_then
from edge.web.pages.timeline import timeline
from edge.web.pages.verdicts import NOBODY_ASKED, SHAPES, counted, worst_first
from edge.web.problem import Problem
from edge.web.receiving import enclosed
from edge.web.route import Route, Visit

Document = dict[str, Any]
PAST: Final = 20
"""Incidents to choose from; by its id any other can be begun by command line and API."""
AGAIN_S: Final = 2
"""How often a page that plays is looked at again, without a script."""
BODY_S: Final = 30.0
_TOO_LARGE: Final = "A written incident is at most 48 KiB. Nothing was kept."


async def tabletops(visit: Visit) -> web.StreamResponse:
    """Those under way, what one can be begun with, and those that are over."""
    return await _listing(visit)


async def _listing(visit: Visit, missing: str = "") -> web.StreamResponse:
    now = scene_of(visit)
    more = {
        **{one: value for one, value in (await api.listing(visit)).items() if one != "live"},
        "past": await _past(visit, now),
        "missing": missing,
        "refresh": 0,
    }
    status = 422 if missing else 200
    return show(visit, "plain", seen=now, template="tabletops.html", more=more, status=status)


async def _past(visit: Visit, now: Scene) -> list[Document]:
    """Incidents that are over, the newest first; none for who may not read the record, or where no disk answers."""
    if not visit.may("record"):
        return []
    try:
        found = await visit.office.views(lambda views: lists.incidents(views, None, 2 * PAST, silent=False))
    except JournalRefused:
        return []
    return [incident_line(now, one) for one in found if one["closed_at"]][:PAST]


async def start(visit: Visit) -> web.StreamResponse:
    """Begin one."""
    form = await form_of(visit)
    said: Document = {
        "source": "incident" if form.text("source") == "incident" else "scenario",
        "of": form.line("of"),
        "minutes": form.number("minutes") or 120,
    }
    reply = await _asked(visit, form, "start", said)
    if isinstance(reply, str):
        return await _listing(visit, reply)
    return onward(
        visit, f"/tabletop/{dict(reply.args)['tabletop']}", told(reply, _("Begun. It stands still: play it."))
    )


async def add(visit: Visit) -> web.StreamResponse:
    """Keep a written incident, from a form with a file."""
    place = visit.office.store / f"import-{secrets.token_hex(8)}.scenario"
    try:
        sent = await enclosed(visit, place, LARGEST, BODY_S, Problem(413, _(_TOO_LARGE)))
        data = await asyncio.to_thread(place.read_bytes)
    finally:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(place.unlink, missing_ok=True)
    called = " ".join(sent.fields.get("name", "").split()) or sent.name.rpartition(".")[0].casefold()
    try:
        asked = {"name": called, "text": data.decode()}
    except UnicodeDecodeError:
        return await _listing(visit, _("The file is not UTF-8 text. Nothing was kept."))
    reply = await _asked(visit, Form(), "add", asked)
    if isinstance(reply, str):
        return await _listing(visit, reply)
    return onward(visit, "/tabletop", told(reply, say("{name} is kept: it can be begun.", name=called)))


async def tabletop(visit: Visit) -> web.StreamResponse:
    """One, at its moment."""
    return await _one(visit)


async def _one(visit: Visit, missing: str = "") -> web.StreamResponse:
    now = scene_of(visit)
    try:
        found = await api.shown(visit)
    except Problem as problem:
        if problem.code != "unknown_tabletop":
            raise
        return _ended(visit, now)
    rows = sorted((_row(now, one) for one in found["doors"]), key=worst_first)
    ordered = [one for one in rows if one["order"] == "lock"]
    more = {
        # The frame has an `of` and a `live` of its own.
        **{one: value for one, value in found.items() if one not in ("of", "live", "timeline")},
        "refresh": AGAIN_S if found["playing"] and not missing else 0,
        "at": _clock(found["position_ms"]),
        "ends": _clock(found["length_ms"]),
        "speeds": SPEEDS,
        "count": count_line(counted(ordered)),
        "locks": bool(ordered),
        "bad": [one for one in ordered if one["attention"] == "not_secured"],
        "good": [one for one in rows if one["attention"] != "not_secured"],
        "band": {"kind": "exercise"},
        **map_then(now, found, rows),
        "then": [{**one, "response": name(one["response"])} for one in found["zones"] if one["response"]],
        "rooms": [
            {**one, "says": _(post_words.ROOM.get(one["word"], one["word"]))} for one in found["rooms"]
        ],
        "open": [one for one in found["injects"] if not one["answered"]],
        "answered": [
            {**one, "said": [each for each in found["decided"] if each["inject"] == one["number"]]}
            for one in found["injects"]
            if one["answered"]
        ],
        "beside": [{**one, "at": _clock(one["at_ms"])} for one in found["decided"] if not one["inject"]],
        "lines": await _lines(visit, now),
        "roles": _roles(),
        "role_names": dict(_roles()),
        "missing": missing,
    }
    return show(visit, "plain", seen=now, template="tabletop.html", more=more, status=422 if missing else 200)


def _ended(visit: Visit, now: Scene) -> web.StreamResponse:
    """It is over, or never was: a real incident may have taken its place, and is named first."""
    wanted = visit.request.match_info["id"]
    over = next(
        (one for one in now.state.record.drills.over.values() if one.id == wanted and one.tabletop), None
    )
    if over is None:
        raise Problem(
            404,
            _("There is no tabletop of this name. The page Tabletop lists them."),
            code="unknown_tabletop",
        )
    real = tabletop_views.real_of(visit.office.tabletops.real)
    words = ENDS.get(over.code, over.code)
    more = {"banner": BANNER, "real": real, "over": over.id, "ended": _(words), "refresh": 0}
    return show(visit, "plain", seen=now, template="tabletop_over.html", more=more)


async def _lines(visit: Visit, now: Scene) -> list[Document]:
    """The timeline as an incident's page has it, the newest first, by a clock that began at the first moment."""
    office = visit.office.tabletops
    seat = await office.seat(office.running(visit.request.match_info["id"]))
    rows = [{**row, "at": rfc3339(at_ms * 1_000)} for at_ms, row in seat.shown.rows()]
    return timeline(replace(now, zone=UTC), rows)


def _row(now: Scene, door: Mapping[str, Any]) -> Document:
    """A door then, drawn as an incident's page draws one now."""
    shape = SHAPES.get(door["verdict"], NOBODY_ASKED)
    fact, stop, task = _(door["words"]).partition(". ")
    attention = "not_secured" if door["order"] == "lock" and not door["secured"] else ""
    return {
        "id": door["id"],
        "name": door["name"],
        "verdict": door["verdict"],
        "symbol": shape.symbol,
        "tone": shape.tone,
        "word": _(shape.word),
        "fact": f"{fact}{stop.strip()}",
        "task": task,
        "attention": attention,
        "order": door["order"],
        "zone": now.zone_name(door["zone"]),
    }


def _roles() -> list[tuple[str, str]]:
    return [("", _("the whole table")), *((one, _(text)) for one, text in post_words.ROLES.items())]


def _clock(ms: int) -> str:
    seconds = ms // 1_000
    hours, rest = divmod(seconds, 3_600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


async def clock(visit: Visit) -> web.StreamResponse:
    """Play, pause, step or seek."""
    form = await form_of(visit)
    do = form.text("do")
    said: Document = {"do": do}
    if do in map(str, SPEEDS):
        said = {"do": "play", "speed": int(do)}
    elif do == "seek":
        at_ms = _ms(form.line("to"))
        if at_ms is None:
            return await _one(visit, _("A time is minutes and seconds, such as 4:30. Nothing was changed."))
        said["at_ms"] = at_ms
    reply = await _asked(visit, Form(), "clock", said)
    return await _one(visit, reply) if isinstance(reply, str) else _back(visit)


def _ms(text: str) -> int | None:
    parts = text.split(":")
    if not 1 <= len(parts) <= 3 or not all(one.isascii() and one.isdigit() and len(one) < 5 for one in parts):
        return None
    seconds = 0
    for one in parts:
        seconds = seconds * 60 + int(one)
    return min(seconds * 1_000, 100 * 7_200_000)


async def join(visit: Visit) -> web.StreamResponse:
    """Somebody sits at the table."""
    return await _written(visit, "join", ("name", "role"))


async def decide(visit: Visit) -> web.StreamResponse:
    """What the table decided."""
    return await _written(visit, "decide", ("text", "role", "inject"))


async def find(visit: Visit) -> web.StreamResponse:
    """What would not have gone as it should."""
    return await _written(visit, "find", ("text",))


async def _written(visit: Visit, verb: str, fields: tuple[str, ...]) -> web.StreamResponse:
    form = await form_of(visit)
    said: Document = {one: form.line(one) for one in fields if one != "inject"}
    if "inject" in fields:
        said["inject"] = form.number("inject")
    reply = await _asked(visit, form, verb, said)
    if isinstance(reply, str):
        return await _one(visit, reply)
    return onward(visit, _path(visit), told(reply, _("It is in the record.")))


async def end(visit: Visit) -> web.StreamResponse:
    """End it: its record is that of a drill."""
    form = await form_of(visit)
    reply = await _asked(visit, form, "end", {"reason": form.line("reason")})
    if isinstance(reply, str):
        return await _one(visit, reply)
    record = f"/drills/{visit.request.match_info['id']}" if visit.may("record") else "/tabletop"
    return onward(
        visit, record, told(reply, _("The tabletop is over. Its findings close with a ticket or a change."))
    )


def _path(visit: Visit) -> str:
    return f"/tabletop/{visit.request.match_info['id']}"


def _back(visit: Visit) -> web.StreamResponse:
    raise web.HTTPSeeOther(_path(visit))


async def _asked(visit: Visit, form: Form, verb: str, said: Document) -> Reply | str:
    """What it came to; where it was refused why, in words."""
    try:
        asked = tabletop_forms.read(verb, said)
    except msgspec.ValidationError as err:
        return say("Something is missing or cannot be: {why}. Nothing was done.", why=err)

    def do() -> Awaitable[Reply]:
        return api.do(visit, asked)

    key = form.text("key") or secrets.token_urlsafe(12)
    once = pages(visit).once.do(actor_of(visit), key, do, stands=lambda reply: reply.done)
    try:
        async with asyncio.timeout(150):
            return await once
    except (Problem, NotDone) as err:
        if isinstance(err, NotDone):
            err = api.refused(err)
        if err.status in (401, 403):
            raise
        return err.detail
    except TimeoutError:
        return _("Nobody knows yet what came of it. Look at the page Tabletop.")


ROUTES: Final = (
    Route("GET", "/tabletop", "start-drill", tabletops, page=True),
    Route("POST", "/tabletop/start", "start-drill", start, page=True),
    Route("POST", "/tabletop/add", "start-drill", add, page=True),
    Route("GET", "/tabletop/{id}", "start-drill", tabletop, page=True),
    Route("POST", "/tabletop/{id}/clock", "start-drill", clock, page=True),
    Route("POST", "/tabletop/{id}/table", "start-drill", join, page=True),
    Route("POST", "/tabletop/{id}/decisions", "start-drill", decide, page=True),
    Route("POST", "/tabletop/{id}/findings", "start-drill", find, page=True),
    Route("POST", "/tabletop/{id}/end", "start-drill", end, page=True),
)
