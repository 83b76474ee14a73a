"""Writes: read whole, done once, answered once durable, refused as problems with what to do."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import msgspec
from aiohttp import web

from edge import words
from edge.control.desk import Make, Reply
from edge.people.caller import Caller
from edge.web.api import reading
from edge.web.api.repeating import repeated
from edge.web.problem import Problem, second_factor_first
from edge.web.route import Handle, Visit
from edge.web.shared import shared
from rules.rights import Right

M = TypeVar("M", bound=msgspec.Struct)

SUBMIT_S: Final = 10.0
"""A decision takes milliseconds; a disk that takes nothing is told of after 1 s."""
STATUS: Final = {
    "unknown_door": 404,
    "unknown_button": 404,
    "unknown_zone": 404,
    "unknown_press": 404,
    "unknown_incident": 404,
    "unknown_detection": 404,
    "unknown_call": 404,
    "unknown_detector": 404,
    "unknown_phone_system": 404,
    "unknown_flag": 404,
    "no_such_measure": 404,
    "unknown_drill": 404,
    "unknown_finding": 404,
    "person_first": 403,
    "factor_first": 403,
    "second_person_first": 403,
    "not_in_plan": 403,
    "bad_minutes": 422,
    "no_doors": 422,
    "no_person": 422,
    "no_reason": 422,
    "no_text": 422,
    "unknown_task": 404,
    "no_reason_task": 422,
    "no_task_text": 422,
    "bad_time": 422,
    "no_reason_role": 422,
    "responds_too": 422,
    "coordinates_too": 422,
    "no_person_named": 422,
    "unknown_room": 404,
    "no_place": 422,
    "room_too_often": 429,
    "rule_failed": 500,
}
"""What a refusal by the rules is over HTTP; else it is a conflict with how things stand."""

Write = Callable[[Visit, M], Awaitable[web.Response]]


def write(model: type[M], do: Write[M]) -> Handle:
    """A handler that reads `model` and does it once for each `Idempotency-Key`."""

    async def handle(visit: Visit) -> web.StreamResponse:
        request = visit.request
        data = await reading.raw_body(visit)
        asked = reading.body(model, data)
        what = f"{request.method} {request.path}\n".encode() + data
        key = request.headers.get("Idempotency-Key")
        once = shared(visit.request).once
        return await repeated(once, caller_of(visit).actor, key, what, lambda: do(visit, asked))

    return handle


def caller_of(visit: Visit) -> Caller:
    """Who asks; a route with a right has let nobody unknown in. Raises Problem 401."""
    if visit.caller is None:
        raise Problem(401, "Nobody is signed in here.")
    return visit.caller


def need(visit: Visit, right: Right, what: str) -> None:
    """One more right, for what a request asks beside its route's own. Raises Problem 403."""
    if not visit.may(right):
        if visit.could(right):
            raise second_factor_first()
        raise Problem(403, f"Your role may not {what}. Nothing was done.")


async def submit(visit: Visit, make: Make) -> Reply:
    """Hand a request in; what became of it, once durable. Raises Problem 503."""
    try:
        async with asyncio.timeout(SUBMIT_S):
            return await visit.office.submit(caller_of(visit).actor, make)
    except TimeoutError:
        raise Problem(503, words.reply("late", {"seconds": int(SUBMIT_S)}), code="late") from None


def done(reply: Reply) -> Reply:
    """A reply that was not refused. Raises Problem."""
    if reply.done or reply.code == "held":
        return reply
    args = dict(reply.args)
    detail = words.reply(reply.code, args)
    raise Problem(STATUS.get(reply.code, 409), detail, code=reply.code, durable=reply.durable)


def held(reply: Reply) -> list[dict[str, str]]:
    """The doors that the interlock held back."""
    text = str(dict(reply.args).get("held", ""))
    pairs = [one.partition(":") for one in text.split(", ") if one]
    return [{"door": door, "code": code, "words": words.held(code)} for door, _, code in pairs]


def no_release(left_s: int) -> None:
    """Raises Problem 403 where no release session is open."""
    if left_s <= 0:
        raise Problem(
            403,
            "No release session is open here. Nothing was done: open one with a second factor, then name the doors.",
            code="no_release_session",
        )
