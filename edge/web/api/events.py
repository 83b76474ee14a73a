"""`/events`: the journal's events from a place on, and as a stream that takes up where it was cut."""

import asyncio
import re
from typing import Annotated, Any, Final

from aiohttp import web
from msgspec import Meta, Struct

from edge.journal.writer import JournalRefused
from edge.web.api.answering import answer, of
from edge.web.api.forms import PLACE, Asked, Place, Time
from edge.web.api.reading import query
from edge.web.api.writing import caller_of
from edge.web.feed import LISTENERS_MOST, SLOW_S, Listener
from edge.web.problem import Problem
from edge.web.record import cursor, read_shown, true_position
from edge.web.route import Route, Says, Visit
from edge.web.shared import no_history, shared
from edge.web.sieve import Position
from edge.web.wire import Message, opened

CATCH_UP: Final = 200
AGAIN_MOST: Final = 3
RETRY_MS: Final = 1_000


class Reason(Struct, frozen=True, kw_only=True):
    """Why it happened, as a code with arguments."""

    code: str
    args: dict[str, Any]


class Event(Struct, frozen=True, kw_only=True):
    """One event of the journal. seq: its place in its epoch, counted among the events that you may see.

    data: integers, booleans, codes and words of ours. opened: sealed fields (names, words of persons, foreign text)
    as far as they are still open and yours to read. kind carries a version; one you do not know is still whole.
    """

    epoch: str
    seq: int
    at: Time
    kind: str
    subject: str
    actor: str
    incident: str | None
    because: Reason | None
    data: dict[str, Any]
    opened: dict[str, Any]


class Events(Struct, frozen=True, kw_only=True):
    """next: where to go on, now or later; null: there is no event yet. No items: nothing is new."""

    items: list[Event]
    next: str | None


class From(Asked, frozen=True, kw_only=True):
    """after: EPOCH:SEQ of an event, or `next`; without it from the first event kept."""

    after: Place | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class Following(Asked, frozen=True, kw_only=True):
    """after: as `Last-Event-ID`, for what cannot send a header; without both, what happens from now on."""

    after: Place | None = None


async def events(visit: Visit) -> web.StreamResponse:
    """What happened behind a place."""
    asked = query(visit, From)
    after = None if asked.after is None else position_of(asked.after)
    try:
        found = await read_shown(visit, after, asked.limit)
    except JournalRefused as err:
        raise no_history(err) from None
    return answer(of(Events, {"items": found.events, "next": found.next}))


async def stream(visit: Visit) -> web.StreamResponse:
    """Server-sent events: what is missed first, then what happens, each once and in order."""
    asked = query(visit, Following)
    said = visit.request.headers.get("Last-Event-ID") or asked.after
    feed = shared(visit.request).feed
    if feed.listeners >= LISTENERS_MOST:
        raise Problem(503, "As many listen as this box serves. Ask /api/v1/events from time to time.")
    try:
        await shared(visit.request).follow_the_record()
        after = None if said is None else await true_position(visit, position_of(said))
        if after is not None:
            await _there(visit, after)
        return await _stream(visit, after)
    except JournalRefused as err:
        raise no_history(err) from None


async def _stream(visit: Visit, after: Position | None) -> web.StreamResponse:
    request, feed, caller = visit.request, shared(visit.request).feed, caller_of(visit)
    response, out = await opened(request)
    duress = visit.may("look-duress")

    def still() -> bool:
        now = visit.office.people.still(caller)
        may = now is not None and now.may(visit.office.rights, "record")
        return may and now is not None and now.may(visit.office.rights, "look-duress") == duress

    listener = Listener(out, duress, still, asyncio.Event())
    try:
        begin = after if after is not None else feed.last
        first = (
            f"retry: {RETRY_MS}\n"
            + (f"id: {cursor(visit, begin)}\n" if begin else "")
            + "event: begin\ndata: {}\n\n"
        )
        out.put(Message(first.encode()))
        if after is not None and not await _catch_up(visit, response, listener, after):
            return response
        if after is None and not feed.attach(listener, begin):
            return response
        await listener.ended.wait()
    except (ConnectionError, TimeoutError):
        pass  # gone, or it does not read: it comes back with the last id it has
    finally:
        feed.detach(listener)
    return response


async def _catch_up(visit: Visit, response: web.StreamResponse, listener: Listener, after: Position) -> bool:
    """Write what was missed, then listen behind it. False: it could not be done, and must begin again."""
    feed = shared(visit.request).feed
    shown = None if listener.duress else shared(visit.request).sieve
    again = 0
    while not feed.attach(listener, after):
        batch = await visit.office.events(after, CATCH_UP)
        feed.catch_up()
        if not batch:
            again += 1
            if again > AGAIN_MOST or not feed.is_open:
                return False
            await asyncio.sleep(0.05)
        pieces = [
            shared(visit.request).encoded(one, listener.duress)
            for one in batch
            if shown is None or not shown.judge(one)
        ]
        async with asyncio.timeout(SLOW_S):
            await response.write(b"".join(pieces))  # which waits until it was read
        after = batch[-1].position if batch else after
    return True


async def _there(visit: Visit, place: Position) -> None:
    """Raises Problem 404 where no event stands at this place."""
    try:
        await visit.office.events(place, 1)
    except KeyError:
        raise Problem(
            404,
            "No event stands at this place: the journal was replaced, or its old part was dropped. "
            "Begin without `Last-Event-ID` and `after`.",
            code="unknown_position",
        ) from None


def position_of(text: str) -> Position:
    """(epoch, seq) of `EPOCH:SEQ`. Raises Problem 422."""
    if not re.fullmatch(PLACE, text):
        raise Problem(
            422,
            "A place in the record is EPOCH:SEQ, as `next` and the stream's ids give it.",
            errors=[{"path": "$.after", "detail": "It is EPOCH:SEQ, as an earlier answer gave it."}],
        )
    epoch, _, seq = text.partition(":")
    return epoch, int(seq)


ROUTES = (
    Route(
        "GET",
        "/api/v1/events",
        "record",
        events,
        says=Says(
            "Events of the journal behind a place",
            Events,
            asks=From,
            problems=(404, 503),
            text="Each event once, in order. For callers without the duress right silent events are not there, and "
            "`seq` counts without them: there is no gap.",
        ),
    ),
    Route(
        "GET",
        "/api/v1/events/stream",
        "record",
        stream,
        stream=True,
        says=Says(
            "Events as they happen (server-sent events)",
            None,
            asks=Following,
            problems=(404, 503),
            media="text/event-stream",
            text="Each event's `id` is EPOCH:SEQ and its data is as in /events. Reconnect with `Last-Event-ID`: nothing "
            "is lost or doubled. `event: beat` comes every 2 s and says whether events are being recorded; "
            "`event: begin` comes first. Who reads too slowly, or loses the right, is let go.",
        ),
    ),
)
