"""`/doors`: each with its verdict, the evidence that carries it and its age; locked by name, returned to rest by name."""

from typing import Literal

from aiohttp import web
from msgspec import Struct

from edge.control.desk import Reply
from edge.snapshot import Document
from edge.web.api.answering import answer, of
from edge.web.api.forms import Asked, Done, Listed, Milliseconds, Time, VerdictWord, Words
from edge.web.api.lists import InZone, page
from edge.web.api.reading import query
from edge.web.api.writing import caller_of, done, held, no_release, submit, write
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from edge.web.shared import shared
from edge.words import reply as said
from rules.model.events import LockAsked, ReleaseAsked
from rules.model.ids import DoorId, ZoneId


class Evidence(Struct, frozen=True, kw_only=True):
    """What a sensor last read: thrown or closed, null where never. fresh: it may be relied on now."""

    value: bool | None
    age_ms: Milliseconds | None
    fresh: bool


class Order(Struct, frozen=True, kw_only=True):
    """The last order that stands for a door: lock, rest, or free (by the fire rule)."""

    word: Literal["lock", "rest", "free"]
    since: Time
    incident: str | None


class Command(Struct, frozen=True, kw_only=True):
    """The last command; ending null: on the wire. Written proves nothing about a bolt."""

    purpose: str
    ending: str | None
    code: str


class Ledger(Struct, frozen=True, kw_only=True):
    """Times of the last command: commanded_ms after its order, the others after the command; null: not yet."""

    commanded_at: Time
    commanded_ms: Milliseconds | None
    written_ms: Milliseconds | None
    bolt_ms: Milliseconds | None
    position_ms: Milliseconds | None
    verdict_ms: Milliseconds | None


class Door(Struct, frozen=True, kw_only=True):
    """attention: `not_secured` told to lock and not proven; `look` somebody should look; `""` as it should be.

    bolt, position: null where no sensor is wired. held: why the interlock holds its order back. defects: why its
    commissioning record lets nobody drive it. last_proven: when its sensors last proved it locked after a command.
    """

    id: str
    name: str
    zone: str
    kind: Literal["classroom", "exterior", "interior", "stair"]
    controller: str
    verdict: VerdictWord
    by: str | None
    code: str
    words: str
    since: Time | None
    attention: Literal["not_secured", "look", ""]
    bolt: Evidence | None
    position: Evidence | None
    order: Order | None
    held: str
    tries: int
    command: Command | None
    ledger: Ledger | None
    defects: list[str]
    last_proven: Time | None


class Why(Asked, frozen=True, kw_only=True):
    """Why, in a person's words: it stands in the record."""

    reason: Words


async def doors(visit: Visit) -> web.StreamResponse:
    """All doors."""
    asked = query(visit, InZone)
    seen = shared(visit.request).picture(duress=visit.may("look-duress"))
    items, after = page(_within(visit, seen["doors"], asked.zone), asked)
    return answer(Listed(items=of(list[Door], items), next=after))


async def door(visit: Visit) -> web.StreamResponse:
    """One door."""
    return answer(of(Door, _found(visit)))


async def lock(visit: Visit, why: Why) -> web.Response:
    """Lock one door by name; what the interlock holds back is refused with its reason."""
    name = DoorId(_found(visit)["id"])
    reply = await submit(visit, lambda at, number, actor: LockAsked(at, number, actor, (name,), why.reason))
    return _ordered(reply)


async def unlock(visit: Visit, why: Why) -> web.Response:
    """Return one door to its rest.

    A person needs an open release session. A program may in quiet times, and never while an incident is live.
    """
    name = DoorId(_found(visit)["id"])
    caller = caller_of(visit)
    if caller.by == "session":
        no_release(visit.office.people.release_left_s(caller))
    elif any(not one.silent for one in visit.office.state.record.incidents.values()):
        raise Problem(
            403,
            "While an incident is live, no program opens a door. Nothing was done: a person releases it, with a "
            "second factor.",
            code="not_by_a_program_now",
        )
    reply = await submit(
        visit, lambda at, number, actor: ReleaseAsked(at, number, actor, (name,), why.reason, visit.came)
    )
    return _ordered(reply)


def _ordered(reply: Reply) -> web.Response:
    back = held(done(reply))
    if back:
        raise Problem(409, said("held", dict(reply.args)), code="held", durable=reply.durable, held=back)
    return answer(Done(durable=reply.durable, words=said(reply.code, dict(reply.args))))


def _found(visit: Visit) -> Document:
    name = visit.request.match_info["id"]
    seen = shared(visit.request).picture(duress=visit.may("look-duress"))
    for one in seen["doors"]:
        if one["id"] == name:
            found: Document = one
            return found
    raise Problem(404, "No door of this id is configured. /api/v1/doors lists them.", code="unknown_door")


def _within(visit: Visit, found: list[Document], zone: str | None) -> list[Document]:
    if zone is None:
        return found
    plan = visit.office.plan.zones.get(ZoneId(zone))
    if plan is None:
        raise Problem(
            404, "No zone of this id is configured. /api/v1/campus lists them.", code="unknown_zone"
        )
    return [one for one in found if one["zone"] in plan.within]


ROUTES = (
    Route(
        "GET",
        "/api/v1/doors",
        "look",
        doors,
        says=Says("Doors with verdict and evidence", Listed[Door], asks=InZone, problems=(404,)),
    ),
    Route("GET", "/api/v1/doors/{id}", "look", door, says=Says("One door", Door)),
    Route(
        "POST",
        "/api/v1/doors/{id}/lock",
        "lock",
        write(Why, lock),
        says=Says("Lock one door by name", Done, takes=Why),
    ),
    Route(
        "POST",
        "/api/v1/doors/{id}/unlock",
        "unlock",
        write(Why, unlock),
        says=Says(
            "Return one door to its rest",
            Done,
            takes=Why,
            text="Only what the configuration calls its rest, which may be locked. A session needs an open release "
            "session; a token is refused while an incident is live.",
        ),
        own_factor=True,
    ),
)
