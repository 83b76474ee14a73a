"""`/rules`: the rules and limits in force, data with version and hash."""

from typing import Literal

from aiohttp import web
from msgspec import Struct

from edge.web.api.answering import answer, of
from edge.web.api.flags import TicketAfter
from edge.web.api.forms import Asked, Response, VerdictWord
from edge.web.api.reading import query
from edge.web.route import Route, Says, Visit
from rules.rights import Role


class Pack(Struct, frozen=True, kw_only=True):
    """A file of rules."""

    name: str
    version: int
    sha256: str


class ResponseRule(Struct, frozen=True, kw_only=True):
    """What a response does here. locks: kinds of door. outputs: whether on-site outputs are switched on."""

    response: Response
    rank: int
    scope: str
    silent: bool
    locks: list[str]
    outputs: bool


class FlagRule(Struct, frozen=True, kw_only=True):
    """What a flag means. ticket null: it becomes none. measure: whether something done meanwhile may stand beside it."""

    code: str
    title: str
    owner: Role
    points: int
    safety: bool
    ends: str
    ticket: TicketAfter | None
    measure: bool


class DoorPoints(Struct, frozen=True, kw_only=True):
    """What a door costs by what its own sensors say."""

    verdict: VerdictWord
    points: int


class MergeRule(Struct, frozen=True, kw_only=True):
    """What holds of a ticket's field where campus and district both wrote and neither had seen the other's. Both are kept.

    district: whether it may write it at all.
    """

    field: str
    title: str
    rule: Literal["all", "safer", "higher", "district", "earlier", "last"]
    text: str
    district: bool


class Limit(Struct, frozen=True, kw_only=True):
    """A limit that decides something, with its value in words."""

    limit: str
    text: str
    value: str


class Retention(Struct, frozen=True, kw_only=True):
    """Days."""

    incidents_days: int
    other_days: int


class Pictures(Struct, frozen=True, kw_only=True):
    """Pictures that incidents keep."""

    before_s: int
    disk_gb: int
    reserve_gb: int
    drills_days: int


class Rules(Struct, frozen=True, kw_only=True):
    """configuration: SHA-256 of the configuration in force. retention null: the record is kept for ever."""

    packs: list[Pack]
    configuration: str
    responses: list[ResponseRule]
    flags: list[FlagRule]
    doors: list[DoorPoints]
    merging: list[MergeRule]
    limits: list[Limit]
    retention: Retention | None
    evidence: Pictures


class Nothing(Asked, frozen=True, kw_only=True):
    """It takes none."""


async def rules(visit: Visit) -> web.StreamResponse:
    """Those in force."""
    query(visit, Nothing)
    return answer(of(Rules, visit.office.rules()))


ROUTES = (
    Route(
        "GET", "/api/v1/rules", "look", rules, says=Says("The rules and limits in force", Rules, asks=Nothing)
    ),
)
