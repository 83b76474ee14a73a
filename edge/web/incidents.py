"""An incident as its page and the API know it: live from memory, over from the views; not there for whom it is not."""

from typing import Any

from edge.journal.writer import JournalRefused
from edge.snapshot import incident
from edge.views import pages
from edge.web.office import Office
from edge.web.problem import Problem
from edge.web.route import Visit
from edge.web.shared import no_history
from rules.model.values import dataclass
from rules.state import Incident


@dataclass(frozen=True, slots=True)
class Known:
    """document: as `incidents` lists it. line: its row in the views; None: it is live and the disk does not answer."""

    id: str
    live: bool
    document: dict[str, Any]
    line: dict[str, Any] | None


def listed(office: Office, *, duress: bool) -> list[Known]:
    """The live ones that somebody may see, the newest first."""
    live = [one for one in office.state.record.incidents.values() if duress or not one.silent]
    return [_live(office, one) for one in sorted(live, key=lambda one: one.opened.utc_us, reverse=True)]


async def known(visit: Visit) -> Known:
    """The incident that a route's `{id}` names. Raises Problem 404, and 503 where only the disk could tell."""
    name, duress = visit.request.match_info["id"], visit.may("look-duress")
    live = next((one for one in visit.office.state.record.incidents.values() if one.id == name), None)
    line: dict[str, Any] | None = None
    try:
        line = await visit.office.views(lambda views: pages.incident(views, name))
    except JournalRefused as err:
        if live is None:
            raise no_history(err) from None
    if live is not None and (duress or not live.silent):
        document = _live(visit.office, live).document
        return Known(name, True, {**document, "raised": line["raised_at"] if line else None}, line)
    if live is None and line is not None and (duress or not line["silent"]):
        return Known(name, False, over(line), line)
    raise Problem(
        404, "No incident of this id is in the record. /api/v1/incidents lists them.", code="unknown_incident"
    )


def _live(office: Office, one: Incident) -> Known:
    return Known(one.id, True, {**incident(office.state.record, one), "raised": None, "closed": None}, None)


def over(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": line["incident"],
        **{one: line[one] for one in ("kind", "response", "zone")},
        "zones": list(pages.zones_of(line)),
        "silent": bool(line["silent"]),
        "opened": line["opened_at"],
        "raised": line["raised_at"],
        "closed": line["closed_at"],
    }
