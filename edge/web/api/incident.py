"""`/incidents/{id}`: one incident whole: what became of each door, what was pressed, what happened in order."""

from typing import Annotated, Any, Final, Literal

from aiohttp import web
from msgspec import Meta, Struct

from edge.fire_effect import fire_effects
from edge.journal.stored import rfc3339
from edge.journal.writer import JournalRefused
from edge.named import called
from edge.post import post_document
from edge.views import pages
from edge.views.database import Views
from edge.web import export
from edge.web.api.answering import answer, of
from edge.web.api.devices import Output
from edge.web.api.events import Event, position_of
from edge.web.api.fire import FireEffect
from edge.web.api.forms import Asked, KindShown, Listed, Milliseconds, Place, Response, Time, VerdictWord
from edge.web.api.incidents import Incident
from edge.web.api.post import Task
from edge.web.api.reading import query
from edge.web.evidence import send
from edge.web.incidents import Known, known
from edge.web.record import read_shown
from edge.web.route import Route, Says, Visit
from edge.web.shared import no_history, shared
from edge.web.sieve import Position
from rules.holding import within
from rules.model.camera_facts import BlindCode
from rules.model.ids import CameraId, IncidentId

FIRST: Final = 200
"""Events of a timeline that come with the incident itself; the rest by `timeline?after=`."""
READ_MOST: Final = 5_000
"""Events looked at for one page of a timeline."""


class LedgerDoor(Struct, frozen=True, kw_only=True):
    """What became of one door in this incident. held: why the interlock held it back. now: its verdict at this moment."""

    door: str
    name: str
    ordered: str | None
    ordered_at: Time | None
    held: str | None
    asserted: int
    verdict: VerdictWord | None
    verdict_at: Time | None
    secured_at: Time | None
    now: VerdictWord | None


class IncidentPress(Struct, frozen=True, kw_only=True):
    """standing: what it counted as: it acted, it joined, it was repeated."""

    at: Time
    button: str | None
    name: str
    room: str
    gesture: str | None
    standing: str | None
    response: Response | None
    zone: str | None
    kind: KindShown | None


class BlindSpot(Struct, frozen=True, kw_only=True):
    """A camera that nobody could rely on at the press, and why.

    since: null where that was known at the press; of what became known behind it, since when at the latest, before the press.
    """

    camera: str
    name: str
    code: BlindCode
    since: Time | None


class EvidenceFile(Struct, frozen=True, kw_only=True):
    """A file of pictures. name: of `evidence/{name}`. state: `sealed` and `recovered` (a crash ended it) are whole.

    first, last: when its pictures were taken; error_ms: how far the box's clock may have been off, null: not known.
    missing: packets that never came; dropped: pictures that no disk took; with pictures null where a crash left nobody who
    had counted. code: why it failed.
    """

    name: str
    camera: str
    state: Literal["sealed", "recovered", "failed", "writing", "deleted"]
    code: str
    size: int | None
    sha256: str | None
    first: Time | None
    last: Time | None
    error_ms: Milliseconds | None
    pictures: int | None
    missing: int | None
    dropped: int | None
    deleted: Time | None


class IncidentWhole(Incident, frozen=True, kw_only=True):
    """blind_spots: as they were at the press; null: not written yet, or the disk does not answer. cameras: whose pictures
    it keeps. evidence null: the disk does not answer.

    fire: what a fire alarm does to doors at this moment, while the incident is live.

    ledger_from: `memory` where the disk does not answer: then of live orders only, without presses and timeline.

    tasks null: your role has nothing to do with them, or it is over.

    timeline null: your role has no right to the record, or the disk does not answer.
    """

    fire: list[FireEffect]
    ledger: list[LedgerDoor]
    ledger_from: str
    outputs: list[Output]
    blind_spots: list[BlindSpot] | None
    cameras: list[str]
    evidence: list[EvidenceFile] | None
    presses: list[IncidentPress] | None
    tasks: list[Task] | None
    timeline: Listed[Event] | None


class After(Asked, frozen=True, kw_only=True):
    """Which page of a timeline. after: `next` of the page before."""

    after: Place | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 200


async def incident(visit: Visit) -> web.StreamResponse:
    """One incident whole."""
    here = await known(visit)
    document: dict[str, Any] = {**here.document, **_from_memory(visit, here)}
    if here.line is not None:
        try:
            document |= await visit.office.views(lambda views: _from_views(visit, views, here.id))
            if visit.may("record"):
                document["timeline"] = await _timeline(visit, here, None, FIRST)
        except JournalRefused as err:
            if not here.live:
                raise no_history(err) from None
    return answer(of(IncidentWhole, document))


async def timeline(visit: Visit) -> web.StreamResponse:
    """A page of its timeline."""
    asked = query(visit, After)
    here = await known(visit)
    try:
        after = None if asked.after is None else position_of(asked.after)
        found = await _timeline(visit, here, after, asked.limit)
    except JournalRefused as err:
        raise no_history(err) from None
    return answer(of(Listed[Event], found))


async def _timeline(visit: Visit, here: Known, after: Position | None, limit: int) -> dict[str, Any]:
    """From its first event on, as far as `limit` goes. Raises JournalRefused, Problem."""
    if here.line is None:
        raise JournalRefused("the views do not answer")
    # What asked for it stands before the event that opens it; the first of an epoch is nobody's.
    start = (str(here.line["epoch"]), max(1, int(here.line["seq"]) - 4))
    found = await read_shown(
        visit, after, limit, only=here.id, true_start=start if after is None else None, looked_most=READ_MOST
    )
    return {"items": found.events, "next": found.next if found.more else None}


def _from_memory(visit: Visit, here: Known) -> dict[str, Any]:
    seen = shared(visit.request).picture(duress=visit.may("look-duress"))
    ledger = [
        {
            "door": one["id"],
            "name": one["name"],
            "ordered": one["order"]["word"],
            "ordered_at": one["order"]["since"],
            "held": one["held"] or None,
            "asserted": max(0, one["tries"] - 1),
            "verdict": one["verdict"],
            "verdict_at": one["since"],
            "secured_at": None,
            "now": one["verdict"],
        }
        for one in seen["doors"]
        if one["order"] is not None and one["order"]["incident"] == here.id
    ]
    record = visit.office.state.record
    live = record.incidents.get(IncidentId(here.id))
    there = None if live is None else within(visit.office.plan, record, live)
    outputs = [
        one
        for one in seen["outputs"]
        if there is None
        or one["zone"] in there
        or any(told["incident"] == here.id for told in one["notices"])
    ]
    blind = record.blind.get(IncidentId(here.id))
    spots = [_blind(visit, camera, code) for camera, code in blind or ()]
    spots += [_blind(visit, *one) for one in record.blind_found.get(IncidentId(here.id), ())]
    return {
        "fire": fire_effects(visit.office.plan, visit.office.state) if here.live else [],
        "ledger": ledger,
        "ledger_from": "memory",
        "outputs": outputs if here.live else [],
        "blind_spots": None if blind is None else spots,
        "cameras": sorted(record.keeping.get(IncidentId(here.id), ())),
        "evidence": None,
        "presses": None,
        "tasks": _tasks(visit, here.id) if visit.may("coordinate") else None,
        "timeline": None,
    }


def _tasks(visit: Visit, of: str) -> list[dict[str, Any]] | None:
    book = visit.office.people.registrar.book
    found = post_document(visit.office.plan, visit.office.state, of, lambda one: called(book, one))
    return None if found is None else [*found["tasks"], *found["timers"]]


def _from_views(visit: Visit, views: Views, name: str) -> dict[str, Any]:
    plan, live = visit.office.plan, visit.office.state.live
    ledger = []
    for line in views.ledger(name):
        door = plan.doors.get(line["door"])
        now = live.doors.get(line["door"])
        ledger.append(
            {**line, "name": door.name if door else line["door"], "now": now.verdict.word if now else None}
        )
    presses = []
    for line in pages.presses_of(views, name):
        button = plan.buttons.get(line["button"])
        presses.append(
            {
                **line,
                "name": button.name if button else line["button"] or "",
                "room": button.room if button else "",
            }
        )
    found: dict[str, Any] = {"ledger": ledger, "ledger_from": "record", "presses": presses}
    kept = pages.kept(views, name)
    found["evidence"] = [_file(name, one) for one in kept.files]
    if IncidentId(name) not in visit.office.state.record.incidents:
        found["cameras"] = kept.cameras
        found["blind_spots"] = [
            _blind(visit, CameraId(one), code, since_us) for one, code, since_us in kept.blind
        ]
    return found


def _blind(visit: Visit, camera: CameraId, code: str, since_us: int | None = None) -> dict[str, str | None]:
    planned = visit.office.plan.cameras.get(camera)
    return {
        "camera": camera,
        "name": planned.name if planned else camera,
        "code": code,
        "since": None if since_us is None else rfc3339(since_us),
    }


def _file(incident: str, line: dict[str, Any]) -> dict[str, Any]:
    state = "deleted" if line["deleted_at"] else "writing" if not line["ended_at"] else line["ending"]
    return {
        "name": line["name"].removeprefix(f"{incident}/"),
        "camera": line["camera"] or "",
        "state": state if state in ("sealed", "recovered", "writing", "deleted") else "failed",
        "code": line["code"] or "",
        "size": line["size"],
        **{one: None if state == "recovered" else line[one] for one in ("pictures", "missing", "dropped")},
        "sha256": line["sha256"] or None,
        "first": None if line["first_us"] is None else rfc3339(line["first_us"]),
        "last": None if line["last_us"] is None else rfc3339(line["last_us"]),
        "error_ms": None if line["error_us"] is None else line["error_us"] / 1_000,
        "deleted": line["deleted_at"],
    }


async def evidence(visit: Visit) -> web.StreamResponse:
    """One file of pictures, whole or by range."""
    return await send(visit)


class Redaction(Asked, frozen=True, kw_only=True):
    """redact: names, words and pictures stay closed; their hashes are there, so it verifies all the same."""

    redact: bool


async def taken_out(visit: Visit) -> web.StreamResponse:
    """An incident's record as one ZIP."""
    return await export.send(visit, redact=query(visit, Redaction).redact)


ROUTES = (
    Route(
        "GET",
        "/api/v1/incidents/{id}",
        "look",
        incident,
        says=Says(
            "One incident: ledger of doors, outputs, presses, blind spots, pictures kept, timeline",
            IncidentWhole,
            text="The timeline's first 200 events come along for whoever has the right to the record.",
        ),
    ),
    Route(
        "GET",
        "/api/v1/incidents/{id}/timeline",
        "record",
        timeline,
        says=Says("An incident's timeline, the oldest first", Listed[Event], asks=After),
    ),
    Route(
        "GET",
        "/api/v1/incidents/{id}/evidence/{name}",
        "export",
        evidence,
        says=Says(
            "One file of pictures that an incident kept",
            problems=(404, 409, 416, 503),
            media="application/octet-stream",
            text="`Range` is answered with 206; `ETag` and `Repr-Digest` are its SHA-256 in the record. Taking it is recorded.",
        ),
    ),
    Route(
        "POST",
        "/api/v1/incidents/{id}/export",
        "export",
        taken_out,
        says=Says(
            "An incident's record as one ZIP that anybody can verify, with its pictures",
            asks=Redaction,
            problems=(404, 503),
            media="application/zip",
            text="Needs `record` and `look-duress` too: silent calls of its time are in it. Taking it is recorded.",
        ),
    ),
)
