"""What is nearest to where somebody needs help: its own page, so that an incident's page waits for no inventory."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from edge.web.nearest import Sought, nearest, sought
from edge.web.pages.language import _
from edge.web.pages.showing import scene_of, show
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from rules.model.ids import IncidentId

TITLES: Final[Mapping[str, str]] = {"aed": "AED", "trauma-kit": "Trauma kit"}


async def page(visit: Visit) -> web.StreamResponse:
    """The nearest AEDs and kits in service to each place where a live response of this incident asks for them."""
    of = visit.request.match_info["id"]
    now = scene_of(visit)
    live = now.state.record.incidents.get(IncidentId(of))
    if live is None or (live.silent and not visit.may("look-duress")):
        raise Problem(404, _("There is no such incident."))
    places = [await _place(visit, one) for one in sought(now.plan, now.state.record, of)]
    return show(visit, "plain", seen=now, template="nearest.html", more={"places": places})


async def _place(visit: Visit, of: Sought) -> dict[str, Any]:
    plan = visit.office.plan
    where = _("Whole campus") if of.zone == plan.campus else plan.zones[of.zone].name
    try:
        rows = await nearest(visit, of)
    except Problem:
        return {"where": where, "away": True, "kinds": []}
    kinds = [
        {"title": _(TITLES[kind]), "rows": [one for one in rows if one["kind"] == kind]} for kind in of.kinds
    ]
    return {"where": where, "away": False, "kinds": kinds}


ROUTES: Final = (Route("GET", "/incidents/{id}/nearest", "look", page, page=True),)
