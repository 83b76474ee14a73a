"""The page of the weekly sweep of the exterior doors: this week so far, what is to be explained, and weeks on paper."""

from typing import Any, Final

from aiohttp import web

from edge.exterior_sheet import sheet
from edge.web.api.booking import read_book
from edge.web.api.sweeps import signer
from edge.web.pages import sweep_views
from edge.web.pages.acting import onward
from edge.web.pages.booking import asked_of_book
from edge.web.pages.forms import form_of
from edge.web.pages.language import _
from edge.web.pages.replies import told
from edge.web.pages.showing import scene_of, show
from edge.web.route import Route, Visit
from rules.model.exterior_asks import SignSweep
from rules.model.ids import DoorId

Document = dict[str, Any]
ON_PAPER: Final = 6
SHOWN: Final = 12
"""Weeks, for an inspection; and on the screen."""


async def sweeps_page(visit: Visit) -> web.StreamResponse:
    """Look."""
    return await _page(visit)


async def _page(visit: Visit, missing: str = "", typed: Document | None = None) -> web.StreamResponse:
    now = scene_of(visit)
    found = await read_book(visit, "sweeps", weeks=SHOWN)
    more = {
        "current": sweep_views.current(now, found["current"]),
        "weeks": [sweep_views.week_view(now, one) for one in found["weeks"]],
        "may_sign": visit.may("sign-sweep"),
        "missing": missing,
        "typed": {"week": "", "reason": "", "doors": (), **(typed or {})},
    }
    return show(visit, "plain", seen=now, template="sweeps.html", more=more, status=422 if missing else 200)


async def paper(visit: Visit) -> web.StreamResponse:
    """Six weeks as a sheet to print."""
    now = scene_of(visit)
    found = await read_book(visit, "sweeps", weeks=ON_PAPER)
    more = {"weeks": [sweep_views.week_view(now, one) for one in found["weeks"]]}
    return show(visit, "plain", seen=now, template="sweeps_paper.html", more=more)


async def as_csv(visit: Visit) -> web.StreamResponse:
    """The same as a sheet for a program."""
    found = await read_book(visit, "sweeps", weeks=ON_PAPER)
    head = {"Content-Disposition": 'attachment; filename="exterior-doors.csv"'}
    text = sheet(found["weeks"])
    return web.Response(body=text.encode(), content_type="text/csv", charset="utf-8", headers=head)


async def sign(visit: Visit) -> web.StreamResponse:
    """Explain and sign."""
    form = await form_of(visit)
    week, reason, doors = visit.request.match_info["week"][:64], form.line("reason"), form.all("door")
    asked = SignSweep(week, tuple(DoorId(one) for one in doors), reason, signer(visit))
    reply = await asked_of_book(visit, form, asked)
    if not reply.done:
        return await _page(visit, told(reply, ""), {"week": week, "reason": reason, "doors": doors})
    return onward(visit, "/sweeps", _("Signed. It stands with the week, and with your name."))


ROUTES: Final = (
    Route("GET", "/sweeps", "assets", sweeps_page, page=True),
    Route("GET", "/sweeps/paper", "assets", paper, page=True),
    Route("GET", "/sweeps/exterior-doors.csv", "assets", as_csv, page=True),
    Route("POST", "/sweeps/{week}/sign", "sign-sweep", sign, page=True),
)
