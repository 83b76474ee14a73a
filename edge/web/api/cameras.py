"""`/cameras`: whether each can be relied on, and, for whom it is, what it sees: snapshot and live, each with its age."""

import asyncio
import contextlib
import time
from typing import Annotated, Any, Final, Literal

from aiohttp import WSCloseCode, web
from msgspec import Meta, Struct

from drivers.clock import instant
from edge.cameras import ANSWER_S, NotAsked
from edge.journal.stored import rfc3339
from edge.media.messages import LONGEST_ASKED, Asked, Figures, StreamName
from edge.snapshot import Document
from edge.watched import camera_self
from edge.web.api.answering import answer, of
from edge.web.api.forms import Asked as Query
from edge.web.api.forms import Listed, Milliseconds, Time
from edge.web.api.lists import InZone, page
from edge.web.api.reading import query
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from edge.web.shared import shared
from edge.web.viewers import VIEWERS
from rules.model.camera_events import CameraLooked
from rules.model.camera_facts import BlindCode, Picture
from rules.model.ids import CameraId, ZoneId

LIVE_MS: Final = 2_000
"""Nothing older says LIVE (issue 5, B7)."""
WIDTHS: Final = (320, 640, 1280, 1920, 3840)
SDP: Final = "application/sdp"


class Stream(Struct, frozen=True, kw_only=True):
    """What is counted of one stream; null: not known. age_ms: of the newest whole picture. skew_ms: camera minus box."""

    up: bool
    codec: str
    width: int
    height: int
    transport: str
    engine: str
    engine_detail: str
    first: Time | None
    last: Time | None
    rtp_time: int | None
    age_ms: Milliseconds | None
    live: bool
    fps: float | None
    bits_a_second: int | None
    key_interval_ms: Milliseconds | None
    gaps: int
    last_gap: Time | None
    packets_missing: int
    skew_ms: Milliseconds | None
    reordered: bool
    connections: int


class Camera(Struct, frozen=True, kw_only=True):
    """blind: why nobody can rely on seeing there, `""` they can. up: whole pictures come. picture: what was last judged."""

    id: str
    name: str
    zone: str
    doors: list[str]
    up: bool
    since: Time | None
    code: str
    picture: Picture
    engine: str
    engine_code: str
    blind: BlindCode | Literal[""]


class Identity(Struct, frozen=True, kw_only=True):
    """What it says it is; since: when it was first heard as such."""

    manufacturer: str
    model: str
    firmware: str
    hardware: str
    since: Time


class Onvif(Struct, frozen=True, kw_only=True):
    """What ONVIF tells of it now. code: ok; unknown: not asked yet; off: not asked; none, or why it did not answer.

    streams: whether it names the configured addresses itself. tampered: whether it says that somebody tampers with it.
    clock_ms: its clock before the box's. null: not known.
    """

    code: str
    streams: bool | None
    tampered: bool | None
    clock_ms: Milliseconds | None


class CameraWhole(Camera, frozen=True, kw_only=True):
    """ring_ms: how far its kept pictures reach back. looked: capture of the picture that was last judged.

    identity: null where it never told.
    """

    main: Stream | None
    sub: Stream | None
    ring_ms: Milliseconds
    ring_bytes: int
    looked: Time | None
    identity: Identity | None
    onvif: Onvif


class Look(Query, frozen=True, kw_only=True):
    """width: pixels, of 320, 640, 1280, 1920, 3840; the stream's own where it is smaller.

    last: the last one that came, however old; without it one older than a minute is none.
    """

    width: Annotated[int, Meta(ge=160, le=3840)] = 1280
    stream: StreamName = "main"
    last: bool = False


class Which(Query, frozen=True, kw_only=True):
    """stream: the small one for tiles, the main one for a picture that fills the screen."""

    stream: StreamName = "main"


async def cameras(visit: Visit) -> web.StreamResponse:
    """All cameras."""
    asked = query(visit, InZone)
    seen = shared(visit.request).picture(duress=visit.may("look-duress"))["cameras"]
    if asked.zone:
        zone = visit.office.plan.zones.get(ZoneId(asked.zone))
        within = frozenset() if zone is None else zone.within
        seen = [one for one in seen if one["zone"] in within]
    items, after = page(seen, asked)
    return answer(Listed(items=of(list[Camera], items), next=after))


async def camera(visit: Visit) -> web.StreamResponse:
    """One camera with what is counted of its streams."""
    return answer(of(CameraWhole, whole(visit, found(visit))))


async def snapshot(visit: Visit) -> web.StreamResponse:
    """Its newest picture as JPEG; `Age` in seconds, rounded up, `X-Age-Ms` and `X-Captured-At` say how old it is."""
    name = CameraId(found(visit)["id"])
    wanted = query(visit, Look)
    width = next(one for one in WIDTHS if one >= wanted.width)
    asked = Asked("snapshot", name, wanted.stream, width, wanted.last)
    try:
        got, reader, writer = await visit.office.ask_camera(asked)
        try:
            if got.code:
                raise _refused(got.code)
            async with asyncio.timeout(ANSWER_S):
                data = await reader.readexactly(got.size)
        finally:
            writer.transport.abort()
    except (NotAsked, EOFError, OSError, TimeoutError) as err:
        raise _refused(err.code if isinstance(err, NotAsked) else "cameras_silent") from None
    _record(visit, name, "snapshot")
    age_us = max(0, instant().utc_us - got.captured_us)
    headers = {
        "X-Captured-At": rfc3339(got.captured_us),
        # Never less than it is: the page calls LIVE by it.
        "Age": str(-(-age_us // 1_000_000)),
        "X-Age-Ms": str(-(-age_us // 1_000)),
        "Cache-Control": "no-store",
    }
    return web.Response(body=data, content_type="image/jpeg", headers=headers)


async def whep(visit: Visit) -> web.StreamResponse:
    """WHEP (RFC 9725 as far as it stands): an offer in, the answer out; the session's address is in `Location`."""
    name = CameraId(found(visit)["id"])
    which = query(visit, Which)
    if visit.request.content_type != SDP:
        raise Problem(415, f"A WHEP offer is SDP: send it with Content-Type: {SDP}.")
    offer = (await visit.request.read()).decode("utf-8", "replace")
    visit.body_came()
    if len(offer) > LONGEST_ASKED // 2:
        raise Problem(413, "The offer is larger than any browser's. Nothing was done.")
    try:
        asked = Asked("whep", name, which.stream, offer=offer, address=_here(visit.request))
        got, reader, writer = await visit.office.ask_camera(asked)
    except NotAsked as err:
        raise _refused(err.code) from None
    if got.code:
        writer.transport.abort()
        raise _refused(got.code)
    session = visit.request.app[VIEWERS].lease(visit, name, reader, writer)
    _record(visit, name, "live")
    return web.Response(
        status=201,
        text=got.answer,
        content_type=SDP,
        headers={"Location": f"/api/v1/cameras/{name}/whep/{session}", "Cache-Control": "no-store"},
    )


async def leave(visit: Visit) -> web.StreamResponse:
    """End one's own WHEP session."""
    session = visit.request.match_info["viewer"]
    if not visit.request.app[VIEWERS].end(visit, session):
        raise Problem(
            404, "There is no such session any more. Nothing had to be done.", code="unknown_viewer"
        )
    return web.Response(status=200)


async def mse(visit: Visit) -> web.StreamResponse:
    """Live as fragmented MP4 over a WebSocket: a JSON text first, then binary pieces for Media Source Extensions."""
    name = CameraId(found(visit)["id"])
    which = query(visit, Which)
    socket = web.WebSocketResponse(heartbeat=10.0, max_msg_size=1_024, compress=False)
    if not socket.can_prepare(visit.request).ok:
        raise Problem(400, "This address is for WebSockets: the camera's page shows its picture.")
    origin = visit.request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != visit.request.host:
        # A WebSocket is no form: another site's script could open it with the cookie of who looks at that site.
        raise Problem(403, "Another site asked for this. Nothing was shown.")
    try:
        got, reader, writer = await visit.office.ask_camera(Asked("mse", name, which.stream))
    except NotAsked as err:
        raise _refused(err.code) from None
    if got.code:
        writer.transport.abort()
        raise _refused(got.code)
    _record(visit, name, "live")
    try:
        await socket.prepare(visit.request)
        await visit.request.app[VIEWERS].relay(visit, socket, reader)
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await socket.close(code=WSCloseCode.GOING_AWAY)
    return socket


def found(visit: Visit) -> Document:
    """The camera that a route's `{id}` names. Raises Problem 404."""
    name = visit.request.match_info["id"]
    for one in shared(visit.request).picture(duress=visit.may("look-duress"))["cameras"]:
        if one["id"] == name:
            document: Document = one
            return document
    raise Problem(404, "There is no camera of this id. /api/v1/cameras lists them.", code="unknown_camera")


def whole(visit: Visit, document: Document) -> Document:
    """A camera's document with what is counted of it."""
    name = CameraId(document["id"])
    document = {**document, **camera_self(visit.office.state, name)}
    figures, at_us = visit.office.camera_figures(name)
    if figures is None:
        nothing = {"main": None, "sub": None, "ring_ms": 0.0, "ring_bytes": 0, "looked": None}
        return {**document, **nothing}
    late_us = max(0, time.monotonic_ns() // 1_000 - at_us)
    return {
        **document,
        "main": _stream(figures, "main", late_us),
        "sub": None if figures.sub is None else _stream(figures, "sub", late_us),
        "ring_ms": figures.ring_us / 1_000,
        "ring_bytes": figures.ring_bytes,
        "looked": None if figures.looked_us is None else rfc3339(figures.looked_us),
    }


def _stream(figures: Figures, which: StreamName, late_us: int) -> Document:
    its: Any = figures.main if which == "main" else figures.sub
    age_us = None if its.age_us is None else its.age_us + late_us
    return {
        "up": its.up,
        "codec": its.codec,
        "width": its.width,
        "height": its.height,
        "transport": its.transport,
        "engine": its.engine,
        "engine_detail": its.engine_detail,
        "first": None if its.first_us is None else rfc3339(its.first_us),
        "last": None if its.last_us is None else rfc3339(its.last_us),
        "rtp_time": its.last_rtp,
        "age_ms": None if age_us is None else age_us / 1_000,
        "live": its.up and age_us is not None and age_us <= LIVE_MS * 1_000,
        "fps": None if its.fps_milli is None else its.fps_milli / 1_000,
        "bits_a_second": its.bits_a_second,
        "key_interval_ms": None if its.key_us is None else its.key_us / 1_000,
        "gaps": its.gaps,
        "last_gap": None if its.gap_at_us is None else rfc3339(its.gap_at_us),
        "packets_missing": its.missing,
        "skew_ms": None if its.skew_us is None else its.skew_us / 1_000,
        "reordered": its.reordered,
        "connections": its.connections,
    }


def _here(request: web.Request) -> str:
    """The address of ours that the browser reached, so that pictures come from where the page came."""
    transport = request.transport
    name = None if transport is None else transport.get_extra_info("sockname")
    return str(name[0]) if name else ""


def _record(visit: Visit, camera: CameraId, how: str) -> None:
    """A look enters the record where the role demands it, once in ten minutes of looking."""
    caller = visit.caller
    if caller is None or caller.role not in visit.office.rights.looks_recorded:
        return
    if visit.request.app[VIEWERS].looked(caller.actor, camera, how):
        visit.office.emit(CameraLooked(instant(), caller.actor, camera, how))


REFUSED: Final = {
    "cameras_away": "The camera process is being started again. Doors and presses work; try again in some seconds.",
    "cameras_silent": "The camera process did not answer. Doors and presses work; try again in some seconds.",
    "cameras_busy": "The camera process is busy. Doors and presses work; try again in some seconds.",
    "no_picture": "There is no picture of this camera now. Its page says since when, and why.",
    "not_h264": "This stream is not H.264, which browsers show. Take the small stream, or snapshots.",
    "reordered": "This camera sends B-frames, which WebRTC cannot show. Take /mse, or switch B-frames off in the camera.",
    "viewers_most": "As many look now as this box can serve. Close another view, or take snapshots.",
    "bad_offer": "The offer could not be read. Nothing is shown.",
    "no_stream": "The camera has no such stream. Take the main one.",
}


def _refused(code: str) -> Problem:
    status = {"bad_offer": 400, "no_stream": 404, "not_h264": 409, "reordered": 409}.get(code, 503)
    headers = {"Retry-After": "2"} if status == 503 else {}
    return Problem(status, REFUSED.get(code, REFUSED["cameras_silent"]), code=code, headers=headers)


ROUTES = (
    Route(
        "GET",
        "/api/v1/cameras",
        "look",
        cameras,
        says=Says("Cameras, and whether each can be relied on", Listed[Camera], asks=InZone),
    ),
    Route(
        "GET",
        "/api/v1/cameras/{id}",
        "look",
        camera,
        says=Says("One camera with what is counted of its streams", CameraWhole, problems=(404,)),
    ),
    Route(
        "GET",
        "/api/v1/cameras/{id}/snapshot.jpg",
        "watch",
        snapshot,
        says=Says(
            "The newest picture, with its age", asks=Look, problems=(404, 409, 503), media="image/jpeg"
        ),
    ),
    Route(
        "POST",
        "/api/v1/cameras/{id}/whep",
        "watch",
        whep,
        says=Says("Look live by WebRTC", asks=Which, problems=(400, 404, 409, 413, 415, 503), media=SDP),
    ),
    Route(
        "DELETE",
        "/api/v1/cameras/{id}/whep/{viewer}",
        "watch",
        leave,
        says=Says("End a look by WebRTC", problems=(404,), media="text/plain"),
    ),
    Route(
        "GET",
        "/api/v1/cameras/{id}/mse",
        "watch",
        mse,
        stream=True,
        says=Says(
            "Look live by fragmented MP4 over a WebSocket",
            asks=Which,
            problems=(400, 404, 409, 503),
            media="video/mp4",
        ),
    ),
)
