"""The pages that are looked at: campus, incidents, doors, buttons, inputs, controllers, flags. Thin: see the views."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, TypeVar

from aiohttp import web

from edge.journal.writer import JournalRefused
from edge.views.pages import kept
from edge.web.pages import doors, incident
from edge.web.pages.cameras import evidence_rows, incident_cameras, shown_by
from edge.web.pages.language import _
from edge.web.pages.live import MOST_LINES
from edge.web.pages.responses import bands
from edge.web.pages.scene import Scene
from edge.web.pages.showing import moment_of, pages, scene_of, show, show_shared
from edge.web.pages.timeline import timeline
from edge.web.pages.watching import tiles
from edge.web.problem import Problem
from edge.web.route import Handle, Route, Visit
from rules.model.ids import IncidentId

T = TypeVar("T")

RECORD_S: Final = 1.0
"""How long a page waits for what lies on the disk; the rest of it comes from memory and waits for nothing."""


async def campus(visit: Visit) -> web.StreamResponse:
    """Home; while an incident is live, that incident."""
    now = moment_of(visit)
    live = bands(now.scene)
    if live and visit.request.query.get("show") != "campus":
        return await _incident(visit, live[0]["id"])
    return await show_shared(visit, "campus", seen=now)


async def one_incident(visit: Visit) -> web.StreamResponse:
    """A live incident, or the record of one that ended."""
    return await _incident(visit, visit.request.match_info["id"])


async def _incident(visit: Visit, of: str) -> web.StreamResponse:
    moment = moment_of(visit)
    now = moment.scene
    more = {**await _timeline(visit, now, of), **await _kept(visit, now, of)}
    if any(one["id"] == of for one in now.picture["incidents"]):
        eyes = [one["id"] for one in incident_cameras(now, of)["rows"]]
        more |= tiles(visit, now, eyes)
        return await show_shared(visit, "incident", of, seen=moment, more=more)
    if _hidden(now, of):
        # Live, and not for this visitor's eyes: the same answer as for one that never was.
        raise Problem(404, _("There is no such incident."))
    found = await _from_record(visit.office.views(lambda views: views.incidents(1_000)))
    if found is None:
        raise Problem(503, _("The record cannot be read now. What is live is on the campus page."))
    line = next((one for one in found if one["incident"] == of), None)
    if line is None or (line["silent"] and not now.duress):
        raise Problem(404, _("There is no such incident."))
    ledger = await _from_record(visit.office.views(lambda views: views.ledger(of)))
    view = incident.closed_view(now, line, ledger or [], more["kept_of_cameras"])
    more |= {"record": view, "eyes": view["eyes"]}
    return show(visit, "plain", seen=now, template="incident_over.html", more=more)


async def _timeline(visit: Visit, now: Scene, of: str) -> dict[str, Any]:
    """For those with the right to the record; whoever may look only has the doors."""
    if not visit.may("record") or _hidden(now, of):
        return {"timeline": None, "timeline_read": True}
    rows = await _from_record(pages(visit).readings.of(of).rows())
    return {
        "timeline": timeline(now, rows or [])[:MOST_LINES],
        "timeline_read": rows is not None,
    }


async def _kept(visit: Visit, now: Scene, of: str) -> dict[str, Any]:
    """The files of pictures that it keeps; who may look may know of them, and who may take them out has their links."""
    live = IncidentId(of) in now.state.record.incidents
    # Links are there before a second factor is proven: behind them it is asked for.
    shown = {"evidence_live": live, "takes": visit.could("export")}
    if _hidden(now, of) or (live and not now.plan.cameras):
        return {"evidence": None, "evidence_read": True, "kept_of_cameras": None, **shown}
    found = await _from_record(visit.office.views(lambda views: kept(views, of)))
    return {
        "evidence": evidence_rows(now, of, found.files) if found is not None else None,
        "evidence_read": found is not None,
        "kept_of_cameras": found,
        **shown,
    }


def _hidden(now: Scene, of: str) -> bool:
    live = now.state.record.incidents.get(IncidentId(of))
    return live is not None and live.silent and not now.duress


async def incidents(visit: Visit) -> web.StreamResponse:
    """All incidents in the record, the newest first."""
    now = scene_of(visit)
    found = await _from_record(visit.office.views(lambda views: views.incidents(200)))
    lines = [incident.incident_line(now, one) for one in found or [] if now.duress or not one["silent"]]
    seen = {one.id for one in now.state.record.incidents.values() if now.duress or not one.silent}
    more = {
        "lines": lines,
        "read": found is not None,
        # The disk takes nothing, or the follower is behind: what is live is not nothing.
        "unwritten": bool(seen - {one["incident"] for one in found or []}),
    }
    return show(visit, "plain", seen=now, template="incidents.html", more=more)


async def one_door(visit: Visit) -> web.StreamResponse:
    """A door, with its history as far as the record can be read."""
    of = visit.request.match_info["id"]
    now = scene_of(visit)
    past = None
    if visit.may("record"):
        lines = await _from_record(visit.office.views(lambda views: views.verdicts(of, 400)))
        past = doors.history(now, lines) if lines is not None else None
    showing = [one["id"] for one in shown_by(now, of)]
    more = {"history": past, "history_asked": visit.may("record"), **tiles(visit, now, showing)}
    return show(visit, "door", of, seen=now, more=more)


def _of(screen: str) -> Handle:
    async def handle(visit: Visit) -> web.StreamResponse:
        return await show_shared(visit, screen, visit.request.match_info.get("id", ""))

    return handle


async def _from_record(reading: Awaitable[T]) -> T | None:
    """What the disk says; None: it does not answer now, or says that it cannot."""
    try:
        async with asyncio.timeout(RECORD_S):
            return await reading
    except (TimeoutError, JournalRefused, KeyError, OSError):
        return None


ROUTES: Final = (
    Route("GET", "/", "look", campus, page=True),
    Route("GET", "/incidents", "look", incidents, page=True),
    Route("GET", "/incidents/{id}", "look", one_incident, page=True),
    Route("GET", "/doors", "look", _of("doors"), page=True),
    Route("GET", "/doors/{id}", "look", one_door, page=True),
    Route("GET", "/buttons", "look", _of("buttons"), page=True),
    Route("GET", "/buttons/{id}", "look", _of("button"), page=True),
    Route("GET", "/inputs", "look", _of("inputs"), page=True),
    Route("GET", "/controllers", "look", _of("controllers"), page=True),
    Route("GET", "/controllers/{id}", "look", _of("controller"), page=True),
    Route("GET", "/flags", "look", _of("flags"), page=True),
)
