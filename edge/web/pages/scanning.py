"""What a label on a thing leads to: seen here, for whoever is signed in; a report of its fault, for everybody on the campus."""

from typing import Any, Final

from aiohttp import web

from edge.web import book
from edge.web.pages import assets as views
from edge.web.pages import templates
from edge.web.pages.forms import form_of
from edge.web.pages.language import _, many
from edge.web.pages.showing import answer, scene_of, show
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from edge.web.shared import shared
from edge.web.strangers import is_ours
from rules.book.asset_fields import LONGEST_TEXT, is_slug
from rules.book.faults import STRANGER
from rules.model.asset_asks import ReportFault
from rules.model.ids import AssetId


async def scanned(visit: Visit) -> web.StreamResponse:
    """Somebody scanned a label."""
    if not visit.may("assets"):
        return _fault(visit)
    now = scene_of(visit)
    one = await book.read(visit, "asset", id=_id(visit))
    zone = one["said"].get("zone", "")
    more = {
        "asset": views.row(now, one),
        "seen_day": one["said"].get("seen", ""),
        "zones": [(str(each.id), str(each.name), each.id == zone) for each in now.plan.zones.values()],
        "fixed": bool(one["device"]),
    }
    return show(visit, "plain", seen=now, template="scan.html", more=more)


async def fault(visit: Visit) -> web.StreamResponse:
    """The form of a report; nobody needs to sign in."""
    return _fault(visit)


async def report(visit: Visit) -> web.StreamResponse:
    """Keep it, as what it is: not trusted, for a person to look at."""
    _on_campus(visit)
    wait_s = shared(visit.request).strangers.wait_s(visit.request.remote or "")
    if wait_s:
        minutes = wait_s // 60 + 1
        return _fault(
            visit,
            missing=many(
                "Too many reports came from here. Try again in {n} minute. In an emergency press a button or call for help.",
                "Too many reports came from here. Try again in {n} minutes. In an emergency press a button or call for help.",
                minutes,
            ),
            status=429,
        )
    form = await form_of(visit)
    text, name = " ".join(form.text("text").split()), form.line("name")
    try:
        await book.decide(visit, ReportFault(AssetId(_id(visit)), text, name), STRANGER)
    except Problem as problem:
        return _fault(visit, missing=problem.detail, text=text, name=name, status=problem.status)
    return _fault(visit, sent=True)


def _fault(
    visit: Visit, *, missing: str = "", text: str = "", name: str = "", sent: bool = False, status: int = 200
) -> web.Response:
    """To somebody unknown nothing of the campus is shown: the id is on the label that they hold."""
    _on_campus(visit)
    values: dict[str, Any] = {
        "id": _id(visit),
        "missing": missing,
        "text": text,
        "name": name,
        "sent": sent,
        "longest": LONGEST_TEXT,
        "known": visit.caller is not None,
        "streamed": False,
        "ages": {},
    }
    return answer(visit, templates.page("fault.html", values), status)


def _on_campus(visit: Visit) -> None:
    if not is_ours(visit.request.remote, visit.office.campus_networks):
        raise Problem(
            403,
            _("Faults are reported from the campus's own network. Nothing was sent: call the office."),
            code="not_here",
        )


def _id(visit: Visit) -> str:
    name = visit.request.match_info["id"]
    if not is_slug(name):
        raise Problem(404, _("This label is not known here. Tell the office what you saw."))
    return name


ROUTES: Final = (
    Route("GET", "/a/{id}", "open", scanned, page=True),
    Route("GET", "/a/{id}/fault", "open", fault, page=True),
    Route("POST", "/a/{id}/fault", "open", report, page=True),
)
