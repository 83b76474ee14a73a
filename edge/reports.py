"""Takes in what detectors and telephone systems report, by webhook or MQTT: the report first and at once, its picture behind.

A report waits for no picture: what is wrong with that is told, and the report stands. No picture is decoded here: the book's
process looks at it as at any photo, bares it, and keeps it by its SHA-256.
"""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import msgspec

from drivers.buttons.parsed import Unreadable
from drivers.clock import instant
from drivers.reports import reading
from edge.control.desk import Make, Reply
from edge.journal.places import TICKET_PHOTOS
from edge.operations import NotDone
from rules.model.alerts import CallHeard, DetectionHeard, DetectionPictured, ReportRefused
from rules.model.events import Event
from rules.model.ids import Actor, AlertId, CameraId, DetectorId, PhoneSystemId
from rules.model.moments import Instant
from rules.model.values import dataclass
from rules.plan import Plan

TAKEN_S: Final = 10.0
"""A decision takes milliseconds; a disk that takes nothing is told of after 1 s."""
AT_ONCE: Final = 2
"""Pictures on their way to the disk."""
INSIDE_MOST: Final = 8
LEFT_FREE: Final = 256 * 1_048_576
"""Of the store's disk, whatever is sent: the record goes first."""

T = TypeVar("T")


class _Room:
    """How many pictures are on their way, or wait for their turn: each holds a megabyte."""

    def __init__(self) -> None:
        self.turn = asyncio.Semaphore(AT_ONCE)
        self.inside = 0


_pictures: Final = _Room()


class Desk(Protocol):
    """What of the daemon is needed here."""

    @property
    def plan(self) -> Plan: ...

    @property
    def store(self) -> Path: ...

    async def submit(self, actor: Actor, make: Make) -> Reply: ...

    async def read_book(self, query: str, **asked: Any) -> msgspec.Raw: ...

    def emit(self, event: Event) -> None: ...


@dataclass(frozen=True, slots=True)
class Taken:
    """reply: what the rules say. number: of the report that waits; 0: none does. picture: `""` none came, `kept`, or why not."""

    reply: Reply
    standing: str = ""
    number: int = 0
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What the way says of a message beside its body. id, at_us: of a webhook, signed too; they count where the body has none.

    retained: the broker had kept it.
    """

    id: str = ""
    at_us: int | None = None
    retained: bool = False


async def take_detection(desk: Desk, detector: DetectorId, payload: bytes, sent: Sent) -> Taken:
    """A detector's report, in its name. Raises Unreadable, TimeoutError."""
    sighting = await _read(desk, detector, payload, reading.sighting)
    planned = desk.plan.detectors.get(detector)
    detected = sighting.detected or ("weapon" if planned is None else planned.detects)
    camera = CameraId(sighting.camera)
    known = camera if camera in desk.plan.cameras else None
    # One that is none of ours says where it looked all the same.
    said = sighting.said if known or not sighting.camera else f"{sighting.said} [{sighting.camera}]".strip()
    when = sent.at_us if sighting.device_at_us is None else sighting.device_at_us
    async with asyncio.timeout(TAKEN_S):
        reply = await desk.submit(
            _actor(detector),
            lambda at, request, actor: DetectionHeard(
                at, request, actor, detector, _alert(sighting.alert, sent, at), detected, when, known,
                sighting.confidence, sighting.place, said, sent.retained, sighting.test,
            ),
        )  # fmt: skip
    args = dict(reply.args)
    standing, number = str(args.get("standing", "")), int(args.get("number", 0))
    picture = sighting.picture_code
    if sighting.picture and number:
        picture = await _keep(desk, detector, number, sighting.picture)
    return Taken(reply, standing, number, picture)


async def take_call(desk: Desk, system: PhoneSystemId, payload: bytes, sent: Sent) -> Taken:
    """What a telephone system says of a 911 call, in its name. Raises Unreadable, TimeoutError."""
    call = await _read(desk, system, payload, reading.call)
    when = sent.at_us if call.device_at_us is None else call.device_at_us
    async with asyncio.timeout(TAKEN_S):
        reply = await desk.submit(
            _actor(system),
            lambda at, request, actor: CallHeard(
                at, request, actor, system, _alert(call.call, sent, at), call.extension, call.caller, call.place,
                call.callback, when, sent.retained, call.test,
            ),
        )  # fmt: skip
    args = dict(reply.args)
    return Taken(reply, str(args.get("standing", "")), int(args.get("number", 0)))


async def take_from_broker(desk: Desk, kind: str, source: str, payload: bytes, retained: bool) -> bool:
    """A report by MQTT. False: it is to come again, for nobody knows whether it is kept."""
    try:
        if kind == "detector":
            taken = await take_detection(desk, DetectorId(source), payload, Sent(retained=retained))
        else:
            taken = await take_call(desk, PhoneSystemId(source), payload, Sent(retained=retained))
    except Unreadable:
        return True  # told already, and no better the next time
    except TimeoutError:
        return False
    return taken.reply.code != "rule_failed"


async def _read(desk: Desk, source: str, payload: bytes, read: Callable[[bytes], T]) -> T:
    try:
        # In a thread: a picture in base64 is large, and presses are decided on the loop.
        return await asyncio.to_thread(read, payload)
    except Unreadable as err:
        desk.emit(ReportRefused(instant(), source, err.code, payload[:1024]))
        raise


def _alert(own: str, sent: Sent, at: Instant) -> AlertId:
    """What names neither itself nor its time is new whenever it comes: a second one must not pass for the first."""
    return AlertId(own or sent.id or f"came.{at.utc_us}")


def _actor(source: str) -> Actor:
    return Actor(f"device:{source}")


# --- pictures ------------------------------------------------------------------------------------


async def _keep(desk: Desk, detector: DetectorId, number: int, picture: bytes) -> str:
    """`kept`, or the code of why not."""
    if _pictures.inside >= INSIDE_MOST:
        return "photo_busy"
    _pictures.inside += 1
    try:
        async with _pictures.turn:
            digest, code = await _looked_at(desk, picture)
    finally:
        _pictures.inside -= 1
    if code:
        return code
    reply = await desk.submit(
        _actor(detector),
        lambda at, request, actor: DetectionPictured(at, request, actor, number, digest),
    )
    return "kept" if reply.done else reply.code


async def _looked_at(desk: Desk, picture: bytes) -> tuple[str, str]:
    """The SHA-256 by which it is kept, and why it is not."""
    name = secrets.token_hex(16)
    place = desk.store / TICKET_PHOTOS / "incoming" / name
    try:
        await asyncio.to_thread(_write, place, picture)
        told = msgspec.json.decode(await desk.read_book("tickets.take_photo", name=name))
        return str(told["sha256"]), str(told["code"])
    except (OSError, NotDone):
        return "", "photo_not_kept"
    finally:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(place.unlink, missing_ok=True)


def _write(place: Path, data: bytes) -> None:
    """Raises OSError."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    room = os.statvfs(place.parent)
    if room.f_bavail * room.f_frsize < len(data) + LEFT_FREE:
        raise OSError(28, "there is too little room on the disk")
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
