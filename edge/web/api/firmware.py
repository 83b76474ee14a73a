"""`/firmware`: what runs on the devices, what is to be said of it, and the lists of published flaws with their age."""

from typing import Final

import msgspec
from aiohttp import web
from msgspec import Struct

from edge.operations import NotDone
from edge.web.api.answering import answer
from edge.web.api.forms import Done
from edge.web.bundles import kind_of, take_sent
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from edge.words import plural, reply

TYPES: Final = ("application/json", "application/gzip", "application/zip")


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
    """A list that was taken. Times in UTC microseconds; its age is counted from when its publisher made it.

    age_days: null: it does not say when, and nobody knows.
    """

    kind: str
    sha256: str
    count: int
    whole: bool
    stamp_us: int | None
    taken_us: int
    age_days: int | None
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


class BundleTaken(Done, frozen=True, kw_only=True):
    """count: its records. whole false: a part of its publisher's list, and the rest is still to be brought."""

    sha256: str
    count: int
    whole: bool


async def take(visit: Visit) -> web.StreamResponse:
    """Take a list in, as it is sent."""
    kind = kind_of(visit.request.match_info["kind"])
    if visit.request.content_type not in TYPES:
        raise Problem(
            415, f"A list is sent as it is, with Content-Type {', '.join(TYPES)}. Nothing was read."
        )
    if "Content-Encoding" in visit.request.headers:
        raise Problem(
            415, "A packed list is sent as application/gzip, without Content-Encoding. Nothing was read."
        )
    taken = await take_sent(visit, kind)
    return answer(
        BundleTaken(
            durable=True,
            words=f"{plural(taken.count, 'record')} taken.",
            sha256=taken.sha256,
            count=taken.count,
            whole=taken.whole,
        )
    )


ROUTES = (
    Route(
        "GET",
        "/api/v1/firmware",
        "look",
        firmware,
        says=Says("Firmware of every device, and published flaws", Firmware, problems=(503,)),
    ),
    Route(
        "POST",
        "/api/v1/firmware/bundles/{kind}",
        "configure",
        take,
        says=Says(
            "Bring a list of published flaws",
            BundleTaken,
            problems=(404, 408, 409, 413, 415, 503),
            sends=TYPES,
            text="kind: cve, the NVD's records (JSON 2.0), or kev, CISA's catalogue. The body is the file itself, plain, gzip or "
            "zip, of at most 64 MB. It is read whole by a process of its own before anything of it counts; a refusal says why, "
            "and leaves what was taken before.",
        ),
    ),
)
