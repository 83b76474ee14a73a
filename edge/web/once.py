"""`Idempotency-Key`: the same write sent twice is done once, and the second is answered as the first was.

Kept in memory for a day, by caller: a restart forgets it. Starting is safe even so, for it joins what is live.
"""

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from edge.web.problem import Problem

MOST: Final = 2_000
KEEP_S: Final = 86_400.0
_KEY: Final = re.compile(r"[!-~]{1,128}")

Do = Callable[[], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    content_type: str

    def response(self, *, replayed: bool) -> web.Response:
        headers = {"Idempotency-Replayed": "true"} if replayed else {}
        return web.Response(
            status=self.status, body=self.body, content_type=self.content_type, headers=headers
        )


@dataclass(frozen=True, slots=True)
class _Kept:
    what: bytes
    until_s: float
    answer: "asyncio.Future[_Answer | None]"
    """None: it was not done, and may be tried again."""


class Once:
    """Belongs to the loop's thread. Bounded: the oldest go."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._clock = clock

    async def do(self, actor: str, key: str | None, what: bytes, do: Do) -> web.Response:
        """Do it, or answer as it was answered before. what: method, path and body. Raises Problem.

        Only what was decided is kept: a refusal at the gate or a box that was busy may be tried again.
        """
        if key is None:
            return await do()
        if not _KEY.fullmatch(key):
            raise Problem(
                422,
                "Nothing was done. An Idempotency-Key has 1 to 128 characters, and no spaces.",
                errors=[{"path": "Idempotency-Key", "detail": "It has 1 to 128 visible ASCII characters."}],
            )
        digest = hashlib.sha256(what).digest()
        while (known := self._known((actor, key))) is not None:
            if known.what != digest:
                raise Problem(
                    409,
                    "Nothing was done. This Idempotency-Key was used for another request: give each its own.",
                    code="idempotency_key_used",
                )
            answer = await asyncio.shield(known.answer)
            if answer is not None:
                return answer.response(replayed=True)
        return await self._first((actor, key), digest, do)

    async def _first(self, name: tuple[str, str], what: bytes, do: Do) -> web.Response:
        kept = _Kept(what, self._clock() + KEEP_S, asyncio.get_running_loop().create_future())
        self._kept[name] = kept
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        made: _Answer | None = None
        try:
            response = await do()
            body = response.body
            if isinstance(body, bytes):
                made = _Answer(response.status, body, response.content_type)
            return response
        except Problem as problem:
            if problem.status in (404, 409):
                answer = problem.response()
                made = _Answer(problem.status, bytes(answer.body or b""), answer.content_type)  # type: ignore[arg-type]
            raise
        finally:
            kept.answer.set_result(made)
            if made is None and self._kept.get(name) is kept:
                del self._kept[name]

    def _known(self, name: tuple[str, str]) -> _Kept | None:
        known = self._kept.get(name)
        if known is not None and known.until_s < self._clock():
            del self._kept[name]
            return None
        return known
