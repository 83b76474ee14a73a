"""`/fire`: what a fire alarm released, latched, leaves locked and holds back at this moment."""

from typing import Literal

from aiohttp import web
from msgspec import Struct

from edge.fire_effect import fire_effects
from edge.web.api.answering import answer, of
from edge.web.api.forms import Listed
from edge.web.route import Route, Says, Visit


class Released(Struct, frozen=True, kw_only=True):
    """free: its bolt is read back; null: no sensor says so now. powered: its lock is read back energised, as it must not be."""

    door: str
    name: str
    free: bool | None
    powered: bool | None


class Latched(Struct, frozen=True, kw_only=True):
    """A fire-rated lock without power, so that its door latches."""

    door: str
    name: str
    powered: bool | None


class StaysLocked(Struct, frozen=True, kw_only=True):
    """A fail-secure lock that the alarm leaves as it is: free from inside, from outside by key. locked null: not known now."""

    door: str
    name: str
    kind: str
    locked: bool | None


class HeldByFire(Struct, frozen=True, kw_only=True):
    """An order that the interlock holds back while the alarm stands: nothing is energised."""

    door: str
    name: str
    code: str


class FireEffect(Struct, frozen=True, kw_only=True):
    """Of one fire input that is active, or that nobody can read: then it counts as active."""

    input: str
    state: Literal["active", "unsure"]
    released: list[Released]
    latched: list[Latched]
    stay_locked: list[StaysLocked]
    held: list[HeldByFire]


async def fire(visit: Visit) -> web.StreamResponse:
    """Nothing where every fire input is quiet."""
    found = fire_effects(visit.office.plan, visit.office.state)
    return answer(Listed(items=of(list[FireEffect], found), next=None))


ROUTES = (
    Route(
        "GET",
        "/api/v1/fire",
        "look",
        fire,
        says=Says("What a fire alarm does to doors now", Listed[FireEffect]),
    ),
)
