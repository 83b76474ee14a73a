"""`Idempotency-Key`: the same write sent twice is done once, and the second is answered as the first was, for a day."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from edge.web.once import Once, UsedBefore
from edge.web.problem import Problem
from rules.model.values import dataclass

KEEP_S: Final = 86_400.0
DECIDED: Final = frozenset({404, 409})
"""Refusals that are kept as answers; one at the gate, or of a box that was busy, may be tried again."""
_KEY: Final = re.compile(r"[!-~]{1,128}")

Do = Callable[[], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, to be given again."""

    status: int
    body: bytes
    content_type: str


async def repeated(once: Once[Answer], actor: str, key: str | None, what: bytes, do: Do) -> web.Response:
    """Do it, or answer as it was answered before. what: method, path and body. Raises Problem."""
    if key is None:
        return await do()
    if not _KEY.fullmatch(key):
        raise Problem(
            422,
            "Nothing was done. An Idempotency-Key has 1 to 128 characters, and no spaces.",
            errors=[{"path": "Idempotency-Key", "detail": "It has 1 to 128 visible ASCII characters."}],
        )
    made: list[web.Response] = []

    async def first() -> Answer:
        made.append(response := await _decided(do))
        return Answer(response.status, bytes(response.body or b""), response.content_type)  # type: ignore[arg-type]

    try:
        answer = await once.do(actor, key, first, what)
    except UsedBefore:
        raise Problem(
            409,
            "Nothing was done. This Idempotency-Key was used for another request: give each its own.",
            code="idempotency_key_used",
        ) from None
    if made:
        return made[0]  # with its cookie, which is given once and kept nowhere
    headers = {"Idempotency-Replayed": "true"}
    return web.Response(
        status=answer.status, body=answer.body, content_type=answer.content_type, headers=headers
    )


async def _decided(do: Do) -> web.Response:
    try:
        return await do()
    except Problem as problem:
        if problem.status not in DECIDED:
            raise
        return problem.response()
