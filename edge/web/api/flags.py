"""`/flags`: safety shortcomings, raised by rule, each with its reason, its owner, and what is done meanwhile."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from edge.web.api.answering import answer, of
from edge.web.api.forms import Asked, Done, Listed, Time, Words
from edge.web.api.lists import Paged, page
from edge.web.api.reading import query
from edge.web.api.times import utc_us
from edge.web.api.writing import done, submit, write
from edge.web.route import Route, Says, Visit
from edge.web.shared import shared
from edge.words import reply as said
from rules.model.events import MeasureAsked, MeasureEndAsked
from rules.rights import Role


class Clears(Struct, frozen=True, kw_only=True):
    """What ends it; never a person's word."""

    code: str
    words: str


class TicketAfter(Struct, frozen=True, kw_only=True):
    """after_s: a flag that stands this long becomes a ticket, of this role."""

    after_s: int
    of: Role


class Seen(Struct, frozen=True, kw_only=True):
    """What was last read or heard. at null: never in this run."""

    what: str
    value: str
    at: Time | None


class Measure(Struct, frozen=True, kw_only=True):
    """What somebody does meanwhile. It clears nothing and takes off no point; by: an actor."""

    text: str
    by: str
    since: Time
    until: Time


class Flag(Struct, frozen=True, kw_only=True):
    """id: `code:subject`. since null: it stands by the configuration or by a condition of this run.

    points: readiness points of 100. safety: somebody may be less safe today. place: where the page shows the thing.
    """

    id: str
    code: str
    subject: str
    title: str
    text: str
    since: Time | None
    owner: Role
    points: int
    safety: bool
    clears: Clears
    ticket: TicketAfter | None
    zones: list[str]
    place: str
    evidence: list[Seen]
    may_measure: bool
    measure: Measure | None


class TakeMeasure(Asked, frozen=True, kw_only=True):
    """until: within 31 days, with its offset. reason: what is done, and by whom."""

    until: Annotated[str, Meta(max_length=40, description="RFC 3339, with an offset.")]
    reason: Words


class EndMeasure(Asked, frozen=True, kw_only=True):
    """It takes none: no body, or an empty one."""


async def flags(visit: Visit) -> web.StreamResponse:
    """All that stand."""
    seen = shared(visit.request).picture(duress=visit.may("look-duress"))["flags"]
    items, after = page(seen, query(visit, Paged))
    return answer(Listed(items=of(list[Flag], items), next=after))


async def take(visit: Visit, asked: TakeMeasure) -> web.Response:
    """Record what is done meanwhile."""
    code, subject = _named(visit)
    until_us = utc_us(asked.until, "$.until")
    reply = done(
        await submit(
            visit,
            lambda at, number, actor: MeasureAsked(at, number, actor, code, subject, until_us, asked.reason),
        )
    )
    return answer(Done(durable=reply.durable, words=said(reply.code, dict(reply.args))))


async def end(visit: Visit, asked: EndMeasure) -> web.Response:
    """It is over before its end."""
    code, subject = _named(visit)
    reply = done(
        await submit(visit, lambda at, number, actor: MeasureEndAsked(at, number, actor, code, subject))
    )
    return answer(Done(durable=reply.durable, words=said(reply.code, dict(reply.args))))


def _named(visit: Visit) -> tuple[str, str]:
    """`code:subject`; a subject may hold colons itself."""
    code, _, subject = visit.request.match_info["id"].partition(":")
    return code, subject


ROUTES = (
    Route("GET", "/api/v1/flags", "look", flags, says=Says("Flags that stand", Listed[Flag], asks=Paged)),
    Route(
        "POST",
        "/api/v1/flags/{id}/measure",
        "measure",
        write(TakeMeasure, take),
        says=Says("Say what is done while a flag stands; it clears nothing", Done, takes=TakeMeasure),
    ),
    Route(
        "POST",
        "/api/v1/flags/{id}/measure/end",
        "measure",
        write(EndMeasure, end),
        says=Says("Say that what was done meanwhile is over", Done, takes=EndMeasure),
    ),
)
