"""What the district directs, brought down: each signed by the hub, numbered without a gap, one after the other.

Nothing is applied here: it is handed to the daemon, and the next one is looked at once that one's answer is in the record.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from edge.district import api
from edge.district.client import Client
from edge.district.messages import Directed
from edge.district.wire import Code
from edge.journal.keys import holds


class Unsigned(Exception):
    """It is not this hub's, not this campus's, or not the next one."""


class _Body(msgspec.Struct, frozen=True):
    campus: Code
    number: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    kind: Annotated[str, Meta(pattern=r"^[a-z_]+(\.[a-z_]+)*/[1-9][0-9]{0,3}$", max_length=64)]
    issued: api.Time
    expires: api.Time | None
    args: dict[str, Any]


_body: Final = msgspec.json.Decoder(_Body).decode


def read(directive: api.Directive, campus: str, pem: str, number: int) -> Directed:
    """What it says. Raises Unsigned where anything of it is not as it has to be."""
    said = directive.body.encode("utf-8", "surrogatepass")
    if not holds(pem, bytes.fromhex(directive.signature), said):
        raise Unsigned("signature")
    try:
        body = _body(said)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise Unsigned("form") from None
    if (body.campus, body.number, directive.number) != (campus, number, number):
        raise Unsigned("number")
    return Directed(body.number, body.kind, body.issued, body.expires, body.args)


class Directing:
    """Belongs to the loop's thread. say: hands one to the daemon."""

    def __init__(self, campus: str, pem: str, after: int, say: Callable[[Directed], None]) -> None:
        self._campus = campus
        self._pem = pem
        self._after = after
        self._say = say
        self._answered = asyncio.Event()

    def answered(self, number: int) -> None:
        """Its answer is in the record."""
        self._after = max(self._after, number)
        self._answered.set()

    async def run(self, client: Client) -> None:
        """Bring them down for ever. Raises Away, Told, Unsigned; called again, it asks behind the last that was answered."""
        while self._pem:
            for directive in await client.directives(self._after):
                directed = read(directive, self._campus, self._pem, self._after + 1)
                self._answered.clear()
                self._say(directed)
                while self._after < directed.number:
                    await self._answered.wait()
                    self._answered.clear()
        await asyncio.Event().wait()
