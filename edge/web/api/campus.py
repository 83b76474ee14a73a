"""`/campus`: one document that says how the campus stands, from memory alone."""

from collections import Counter
from typing import Final

from aiohttp import web
from msgspec import Struct

from edge.snapshot import Document
from edge.web.api.answering import answer, of
from edge.web.api.flags import Flag
from edge.web.api.forms import KindShown, Response, Time
from edge.web.route import Route, Says, Visit
from edge.web.shared import shared
from rules.model.school import SchoolMode

WORST_MOST: Final = 20
WORST: Final = (
    "not_armed",
    "unanswered_press",
    "safe_mode",
    "rule_failed",
    "part_failed",
    "store_gone",
    "journal_refused",
    "journal_hung",
    "controller_down",
)
"""These stand first, for they need somebody now; the others as they came."""


class Zone(Struct, frozen=True, kw_only=True):
    """own: the zone's own response; response: what holds in it, by its own and those above."""

    id: str
    name: str
    parent: str | None
    own: Response | None
    response: Response | None
    kind: KindShown | None
    incident: str | None
    since: Time | None


class LiveIncident(Struct, frozen=True, kw_only=True):
    """zone: where its gravest response holds. zones: everywhere it is, that one first."""

    id: str
    kind: KindShown
    response: Response
    zone: str
    zones: list[str]
    silent: bool
    opened: Time


class Counts(Struct, frozen=True, kw_only=True):
    """verdicts: doors by verdict. Not known always counts as not secured."""

    doors: int
    not_secured: int
    look: int
    verdicts: dict[str, int]
    buttons: int
    buttons_not_heard: int
    controllers: int
    controllers_down: int
    unanswered: int
    flags: int


class Trouble(Struct, frozen=True, kw_only=True):
    """trouble: a code while events are not being recorded, else `""`."""

    trouble: str
    words: str


class School(Struct, frozen=True, kw_only=True):
    """community: zones that others use meanwhile. what: the calendar's row for it, empty where the week says so."""

    mode: SchoolMode
    community: list[str]
    what: str


class Campus(Struct, frozen=True, kw_only=True):
    """How the campus stands at `at`. number: counts response changes (contract section 1, state order).

    school: whether it is in session; null: the site has no calendar.
    """

    at: Time
    id: str
    name: str
    timezone: str
    armed: bool
    why_not: str
    words: str
    since: Time
    mode: str
    version: str
    number: int
    school: School | None
    journal: Trouble
    zones: list[Zone]
    incidents: list[LiveIncident]
    counts: Counts
    flags: list[Flag]


async def campus(visit: Visit) -> web.StreamResponse:
    """One document: armed, zones, counts, worst flags."""
    seen = shared(visit.request).picture(duress=visit.may("look-duress"))
    box = seen["appliance"]
    document = {
        "at": seen["at"],
        "id": box["campus"],
        "timezone": visit.office.timezone,
        **{
            one: box[one]
            for one in ("name", "armed", "why_not", "words", "since", "mode", "version", "number")
        },
        "school": seen["school"],
        "journal": box["journal"],
        "zones": seen["zones"],
        "incidents": seen["incidents"],
        "counts": _counts(seen),
        "flags": sorted(seen["flags"], key=_rank)[:WORST_MOST],
    }
    return answer(of(Campus, document))


def _counts(seen: Document) -> Document:
    attention = Counter(one["attention"] for one in seen["doors"])
    return {
        "doors": len(seen["doors"]),
        "not_secured": attention["not_secured"],
        "look": attention["look"],
        "verdicts": dict(sorted(Counter(one["verdict"] for one in seen["doors"]).items())),
        "buttons": len(seen["buttons"]),
        "buttons_not_heard": sum(one["supervision"] != "heard" for one in seen["buttons"]),
        "controllers": len(seen["controllers"]),
        "controllers_down": sum(not one["up"] for one in seen["controllers"]),
        "unanswered": len(seen["unanswered"]),
        "flags": len(seen["flags"]),
    }


def _rank(flag: Document) -> int:
    return WORST.index(flag["code"]) if flag["code"] in WORST else len(WORST)


ROUTES = (
    Route(
        "GET",
        "/api/v1/campus",
        "look",
        campus,
        says=Says("How the campus stands: armed, zones, live incidents, counts, worst flags", Campus),
    ),
)
