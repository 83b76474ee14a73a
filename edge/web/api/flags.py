"""`/flags`: safety shortcomings, raised by rule, each with its reason and what to do."""

from aiohttp import web
from msgspec import Struct

from edge.web.api.answering import answer, of
from edge.web.api.forms import Listed, Time
from edge.web.api.lists import Paged, page
from edge.web.api.reading import query
from edge.web.route import Route, Says, Visit
from edge.web.shared import shared


class Flag(Struct, frozen=True, kw_only=True):
    """since null: it stands by the configuration or by a condition of this run."""

    code: str
    subject: str
    title: str
    text: str
    since: Time | None


async def flags(visit: Visit) -> web.StreamResponse:
    """All that stand."""
    seen = shared(visit.request).picture(duress=visit.may("look-duress"))["flags"]
    named = [{**one, "key": f"{one['code']}:{one['subject']}"} for one in seen]
    items, after = page(named, query(visit, Paged), "key")
    return answer(Listed(items=of(list[Flag], items), next=after))


ROUTES = (
    Route("GET", "/api/v1/flags", "look", flags, says=Says("Flags that stand", Listed[Flag], asks=Paged)),
)
