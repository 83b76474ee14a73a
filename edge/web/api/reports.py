"""What detectors and telephone systems hand in: with a token that may do nothing else, signed by each one's own secret."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta, Struct

from drivers.buttons.parsed import Unreadable
from drivers.clock import instant
from drivers.reports.reading import LONGEST_BYTES
from edge import words
from edge.reports import Sent, Taken, take_call, take_detection
from edge.web.api.answering import answer
from edge.web.api.forms import Done
from edge.web.api.writing import done
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from edge.web.signed import NotSigned, Webhook, webhook
from rules.model.alerts import ReportRefused, SourceReported
from rules.model.ids import DetectorId, PhoneSystemId

LONGEST_CALL: Final = 16 * 1024
LONGEST_STATUS: Final = 4 * 1024


class Reported(Done, frozen=True, kw_only=True):
    """What a report counted as. number: of the one that waits for a person; 0 where none does (a repeat, a test).

    picture: `""` none came, `kept`, or the code of why not; the report stands all the same.
    """

    standing: Annotated[str, Meta(description="waiting, joined, repeated or test.")]
    number: int
    picture: str = ""


class Alive(Struct, frozen=True, kw_only=True):
    """It was heard."""

    words: str


async def _signed(visit: Visit, longest: int, known: bool, what: str) -> tuple[str, Webhook]:
    """The source, and what it sent. Raises Problem."""
    source = visit.request.match_info["id"]
    secret = visit.office.report_secret(source) if known else None
    if secret is None:
        raise Problem(
            404,
            f"There is no {what} of this name that reports by webhook. Nothing was recorded.",
            code="unknown",
        )
    try:
        return source, await webhook(visit, secret, longest)
    except NotSigned as err:
        visit.office.emit(ReportRefused(instant(), source, "signature", err.body[:1024]))
        raise Problem(
            401,
            "Its signature does not fit the secret of this source. Nothing was recorded but that it came: sign id, "
            "timestamp and body as Standard Webhooks says.",
            code="signature",
        ) from None


def _known(visit: Visit, kind: str) -> bool:
    plan, source = visit.office.plan, visit.request.match_info["id"]
    return source in (plan.detectors if kind == "detector" else plan.phone_systems)


async def _taken(taking: Awaitable[Taken]) -> web.Response:
    try:
        taken = await taking
    except Unreadable as err:
        raise Problem(422, "The report cannot be read: it is a JSON object.", code=err.code) from None
    except TimeoutError:
        raise Problem(503, words.reply("late", {"seconds": 10}), code="late") from None
    reply = done(taken.reply)
    said = "It waits for a person." if taken.standing in ("waiting", "joined") else "It is recorded."
    return answer(
        Reported(
            durable=reply.durable,
            words=said,
            standing=taken.standing,
            number=taken.number,
            picture=taken.picture,
        )
    )


async def detection(visit: Visit) -> web.StreamResponse:
    """A detector found something."""
    source, sent = await _signed(visit, LONGEST_BYTES, _known(visit, "detector"), "detector")
    return await _taken(
        take_detection(visit.office, DetectorId(source), sent.body, Sent(sent.id, sent.at_us))
    )


async def call(visit: Visit) -> web.StreamResponse:
    """Somebody called 911."""
    source, sent = await _signed(visit, LONGEST_CALL, _known(visit, "phone_system"), "telephone system")
    return await _taken(take_call(visit.office, PhoneSystemId(source), sent.body, Sent(sent.id, sent.at_us)))


def _status(kind: str, what: str) -> Callable[[Visit], Awaitable[web.StreamResponse]]:
    async def alive(visit: Visit) -> web.StreamResponse:
        source, _sent = await _signed(visit, LONGEST_STATUS, _known(visit, kind), what)
        visit.office.emit(SourceReported(instant(), source))
        return answer(Alive(words="It was heard."))

    return alive


JSON: Final = ("application/json",)
PROBLEMS: Final = (408, 413, 415, 503)
ROUTES = (
    Route(
        "POST",
        "/api/v1/detectors/{id}/alerts",
        "detect",
        detection,
        says=Says(
            "A detector found something",
            Reported,
            problems=PROBLEMS,
            sends=JSON,
            text="It waits for a person, and locks and calls nothing. Members, none of them a must: `id`, `at` (RFC 3339), "
            "`detected` (weapon, gunshot), `camera` (ours), `place`, `text`, `confidence`, `test`, `picture` (base64 of JPEG or "
            "PNG, 1 MiB). Signed by the Standard Webhooks scheme.",
        ),
    ),
    Route(
        "POST",
        "/api/v1/detectors/{id}/status",
        "detect",
        _status("detector", "detector"),
        says=Says(
            "A detector works",
            Alive,
            problems=PROBLEMS,
            sends=JSON,
            text="Signed as a report; the body is not read.",
        ),
    ),
    Route(
        "POST",
        "/api/v1/phone-systems/{id}/emergency-calls",
        "detect",
        call,
        says=Says(
            "Somebody called 911 from a telephone of the campus",
            Reported,
            problems=PROBLEMS,
            sends=JSON,
            text="It is told and locks nothing. Members, none of them a must: `id`, `at`, `extension`, `name`, `place`, "
            "`callback`, `dialled`, `test`. Signed by the Standard Webhooks scheme.",
        ),
    ),
    Route(
        "POST",
        "/api/v1/phone-systems/{id}/status",
        "detect",
        _status("phone_system", "telephone system"),
        says=Says(
            "A telephone system works",
            Alive,
            problems=PROBLEMS,
            sends=JSON,
            text="Signed as a report; the body is not read.",
        ),
    ),
)
