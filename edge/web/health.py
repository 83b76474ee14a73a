"""`/healthz` and `/readyz` (contract section 5): for monitors, and open to all."""

from aiohttp import web

from edge.web.route import Route, Visit
from rules.supervision import armed


async def healthz(visit: Visit) -> web.StreamResponse:
    """200 while the loop turns: a loop that does not turn cannot answer."""
    return web.json_response({"alive": True})


async def readyz(visit: Visit) -> web.StreamResponse:
    """200 once armed, else 503. Names only to who may look: anybody else learns no more than the status."""
    is_armed, why = armed(visit.office.plan, visit.office.state)
    said: dict[str, object] = {"armed": is_armed}
    if visit.may("look"):
        down = [one for one in visit.office.plan.controllers if not _up(visit, one)]
        said |= {"why_not": why, "controllers_down": sorted(down)}
    return web.json_response(said, status=200 if is_armed else 503)


def _up(visit: Visit, controller: str) -> bool:
    live = next(
        (one for name, one in visit.office.state.live.controllers.items() if name == controller), None
    )
    return live is not None and live.up


ROUTES = (
    Route("GET", "/healthz", "open", healthz),
    Route("GET", "/readyz", "open", readyz),
)
