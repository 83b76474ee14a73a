"""What machines report and a person judges: detectors' findings with their pictures, 911 calls, and who reports at all."""

from typing import Annotated, Literal

from aiohttp import web
from msgspec import Meta, Struct

from drivers.clock import instant
from edge import alerts, words
from edge.web.alert_photos import send_photo
from edge.web.api.answering import answer, of
from edge.web.api.forms import Asked, Done, Listed, MaybeWords, Milliseconds, Response, Started, Time
from edge.web.api.writing import caller_of, done, need, submit, write
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from rules.model.alerts import CallSeenAsked, Detected, DetectionAnswerAsked, Doubt


class Detection(Struct, frozen=True, kw_only=True):
    """A detector's report. doubt: what is to be said of its own time. late_ms: how long before it came it happened, by its clock.

    cameras: the nearest. photos: SHA-256 of each picture that is kept. count: reports counted with it. by: who answered.
    """

    number: int
    detector: str
    name: str
    detected: Detected
    words: str
    zone: str
    place: str
    said: str
    camera: str | None
    cameras: list[str]
    confidence: int | None
    photos: list[str]
    response: Response
    in_zone: str
    at: Time
    age_ms: Milliseconds
    doubt: Doubt
    doubt_words: str
    late_ms: Milliseconds | None
    count: int
    last: Time
    escalated: bool
    state: Literal["waiting", "confirmed", "dismissed"]
    answered: Time | None
    by: str | None
    incident: str | None


class EmergencyCall(Struct, frozen=True, kw_only=True):
    """A 911 call that the telephone system told of. by: who has seen it."""

    number: int
    phone_system: str
    name: str
    test: bool
    zone: str
    extension: str
    caller: str
    place: str
    callback: str
    at: Time
    age_ms: Milliseconds
    doubt: Doubt
    doubt_words: str
    state: Literal["waiting", "seen"]
    seen: Time | None
    by: str | None


class Source(Struct, frozen=True, kw_only=True):
    """A detector or telephone system. only_counted: reports since start that were too many to be written one by one."""

    id: str
    kind: Literal["detector", "phone_system"]
    name: str
    zone: str
    detects: Detected | None
    supervision: Literal["heard", "unknown", "silent", "unsupervised"]
    heard: Time | None
    only_counted: int


class Judged(Asked, frozen=True, kw_only=True):
    """Confirming starts the response at once, as the person's own; dismissing needs a reason."""

    answer: Literal["confirm", "dismiss"]
    reason: MaybeWords = ""


class Seen(Asked, frozen=True, kw_only=True):
    """Nothing more is to be said."""


Number = Annotated[int, Meta(ge=1)]


async def detections(visit: Visit) -> web.StreamResponse:
    """Those that wait, and what was answered in the last ten minutes."""
    found = alerts.detections(visit.office.plan, visit.office.state, instant())
    return answer(Listed(items=of(list[Detection], found), next=None))


async def calls(visit: Visit) -> web.StreamResponse:
    """Those that nobody has seen, and those of the last ten minutes."""
    found = alerts.calls(visit.office.plan, visit.office.state, instant())
    return answer(Listed(items=of(list[EmergencyCall], found), next=None))


async def sources(visit: Visit) -> web.StreamResponse:
    """Who reports, and whether it is heard."""
    found = alerts.sources(visit.office.plan, visit.office.state)
    return answer(Listed(items=of(list[Source], found), next=None))


def number_of(visit: Visit) -> int:
    """The number in a path. Raises Problem 404."""
    text = visit.request.match_info["number"]
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Problem(404, "There is none of this number.", code="unknown_number")
    return int(text)


def only_persons(visit: Visit) -> None:
    """A machine's report is judged by no other machine. Raises Problem 403."""
    if caller_of(visit).by != "session":
        raise Problem(
            403,
            "Whether a report is real is never a program's to say. Nothing was done: a person signs in for it.",
        )


async def judge(visit: Visit, asked: Judged) -> web.Response:
    """Say that a report is real, which starts its response, or that it was nothing."""
    only_persons(visit)
    if asked.answer == "dismiss":
        need(visit, "dismiss", "dismiss a report")
    else:
        need(visit, "start", "start a response")
    number = number_of(visit)
    reply = done(
        await submit(
            visit,
            lambda at, request, actor: DetectionAnswerAsked(
                at, request, actor, number, asked.answer == "confirm", asked.reason
            ),
        )
    )
    said = words.reply(reply.code, dict(reply.args))
    return answer(Started(durable=reply.durable, words=said, incident=reply.incident))


async def see(visit: Visit, _asked: Seen) -> web.Response:
    """Say that a 911 call was seen."""
    only_persons(visit)
    number = number_of(visit)
    reply = done(await submit(visit, lambda at, request, actor: CallSeenAsked(at, request, actor, number)))
    return answer(Done(durable=reply.durable, words=words.reply(reply.code, dict(reply.args))))


async def photo(visit: Visit) -> web.StreamResponse:
    """A picture of a report."""
    return await send_photo(visit, number_of(visit), visit.request.match_info["sha256"])


ROUTES = (
    Route(
        "GET",
        "/api/v1/detectors",
        "look",
        sources,
        says=Says("Detectors and telephone systems, and whether they are heard", Listed[Source]),
    ),
    Route(
        "GET",
        "/api/v1/detections",
        "alerts",
        detections,
        says=Says("What detectors report and a person judges", Listed[Detection]),
    ),
    Route(
        "GET",
        "/api/v1/detections/{number}/photos/{sha256}",
        "alerts",
        photo,
        says=Says("A picture of a report", problems=(409, 503), media="image/jpeg"),
    ),
    Route(
        "POST",
        "/api/v1/detections/{number}/answer",
        "alerts",
        write(Judged, judge),
        says=Says("Say that a report is real, or nothing", Started, takes=Judged),
    ),
    Route(
        "GET",
        "/api/v1/emergency-calls",
        "alerts",
        calls,
        says=Says("911 calls that the telephone system tells of", Listed[EmergencyCall]),
    ),
    Route(
        "POST",
        "/api/v1/emergency-calls/{number}/seen",
        "alerts",
        write(Seen, see),
        says=Says("Say that a 911 call was seen", Done, takes=Seen),
    ),
)
