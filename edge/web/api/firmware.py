"""`/firmware`: what runs on the devices, what is to be said of it, and the lists of published flaws with their age."""

import msgspec
from aiohttp import web
from msgspec import Struct

from edge.operations import NotDone
from edge.web.api.answering import answer
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from edge.words import reply


class SaidFirmware(Struct, frozen=True, kw_only=True):
    """As codes; empty: the device does not say."""

    vendor: str
    model: str
    firmware: str


class Why(Struct, frozen=True, kw_only=True):
    state: str
    code: str
    args: list[str]


class DeviceFlaw(Struct, frozen=True, kw_only=True):
    """score_tenths: CVSS base score. certain false: the record names the product, and no version that could be compared."""

    cve: str
    score_tenths: int | None
    exploited: bool
    due: str | None
    certain: bool
    summary: str


class DeviceFirmware(Struct, frozen=True, kw_only=True):
    """state: tested, untested, unknown, end_of_life, unsupported, known_flaw, known_exploited. said null: nothing yet."""

    id: str
    kind: str
    zone: str
    name: str
    model: str | None
    note: str | None
    said: SaidFirmware | None
    tested: list[str]
    minimum: str
    end_of_support: str
    state: str
    reasons: list[Why]
    flaws: list[DeviceFlaw]


class FlawList(Struct, frozen=True, kw_only=True):
    """A list that was taken. Times in UTC microseconds; its age is counted from when its publisher made it."""

    kind: str
    sha256: str
    count: int
    whole: bool
    stamp_us: int | None
    taken_us: int
    age_days: int
    limit_days: int


class Firmware(Struct, frozen=True, kw_only=True):
    """missing: kinds of lists of which none was brought."""

    devices: list[DeviceFirmware]
    bundles: list[FlawList]
    missing: list[str]


async def firmware(visit: Visit) -> web.StreamResponse:
    """All devices, as configured."""
    try:
        raw = await visit.office.read_book("firmware")
    except NotDone as err:
        raise Problem(503, reply(err.code, dict(err.said)), code=err.code) from None
    return answer(msgspec.json.decode(raw, type=Firmware))


ROUTES = (
    Route(
        "GET",
        "/api/v1/firmware",
        "look",
        firmware,
        says=Says("Firmware of every device, and published flaws", Firmware, problems=(503,)),
    ),
)
