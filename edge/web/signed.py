"""A webhook that came in: read whole within its bounds, and signed by the Standard Webhooks scheme with its source's own secret.

https://www.standardwebhooks.com: `webhook-id`, `webhook-timestamp` and `webhook-signature`, of which one of several must fit. How
old the timestamp may be is not judged here: a detector with a wrong clock is heard, and what is old is said to be old.
"""

import asyncio
import hmac
import re
from typing import Final

from drivers.outputs.webhook_message import signature
from edge.web.problem import Problem
from edge.web.route import Visit
from edge.web.shared import shared
from rules.model.values import dataclass

BODY_S: Final = 10.0
PIECE: Final = 64 * 1024
AT_ONCE: Final = 4
"""Bodies on their way in: what they hold of memory is bounded."""
MOST_SIGNATURES: Final = 8
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)

_places: Final = asyncio.Semaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Webhook:
    """What was sent. at_us: UTC microseconds, as its sender signed them."""

    id: str
    at_us: int
    body: bytes


class NotSigned(Exception):
    """Its signature does not fit, or it has none. body: what came."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body


async def webhook(visit: Visit, secret: bytes, longest: int) -> Webhook:
    """Raises NotSigned; Problem 408, 413, 415, 503."""
    request = visit.request
    if request.content_type != "application/json" or "Content-Encoding" in request.headers:
        raise Problem(415, "A report is JSON as it is: send it with Content-Type: application/json.")
    if _places.locked():
        raise Problem(503, "As many reports are on their way as this box takes. Send it again.", headers=SOON)
    async with _places:
        body = await _body(visit, longest)
        headers = request.headers
        name, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        given = headers.get("webhook-signature", "").split()[:MOST_SIGNATURES]
        if not _ID.fullmatch(name) or not _SECONDS.fullmatch(seconds):
            raise NotSigned(body)
        wanted = (await asyncio.to_thread(signature, secret, name, int(seconds), body)).encode()
        if not any(hmac.compare_digest(one.encode("utf-8", "replace"), wanted) for one in given):
            raise NotSigned(body)
    visit.body_came()
    return Webhook(name, int(seconds) * 1_000_000, body)


SOON: Final = {"Retry-After": "2"}


async def _body(visit: Visit, longest: int) -> bytes:
    request, courtesy = visit.request, shared(visit.request).pages.courtesy
    too_large = Problem(
        413, f"A report is at most {longest} bytes with its picture. Send it with a smaller one."
    )
    if (request.content_length or 0) > longest:
        raise too_large
    pieces, size = [], 0
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.content.iter_chunked(PIECE):
                await courtesy.turn()
                size += len(piece)
                if size > longest:
                    raise too_large
                pieces.append(piece)
    except TimeoutError:
        raise Problem(408, f"The report did not come within {BODY_S:.0f} s. Send it again.") from None
    return b"".join(pieces)
