"""What a route is: one row of one table, with the right it asks for, so that no route can be without one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from drivers.clock import instant
from edge.people.caller import Caller
from rules.model.moments import Instant
from rules.rights import Right

if TYPE_CHECKING:
    from aiohttp import web

    from edge.web.office import Office

Method = Literal["GET", "POST", "DELETE"]
Open = Literal["open"]
"""Anybody may: only what tells nothing, and what somebody who has no session yet needs."""
Own = Literal["own"]
"""Whoever is signed in, about their own account and session; never a program."""


@dataclass(slots=True)
class Visit:
    """One request, with who makes it. caller None: an open route, and nobody known asks.

    gate: who makes it as of now, if they may still do so; raises Problem. came: when it reached this program.
    """

    request: "web.Request"
    office: "Office"
    caller: Caller | None
    gate: Callable[[], Caller | None] | None = None
    came: Instant = field(default_factory=instant)

    def body_came(self) -> None:
        """Ask anew who makes it: a body may be sent so slowly that its sender was revoked meanwhile. Raises Problem."""
        if self.gate is not None:
            self.caller = self.gate()

    def may(self, right: Right) -> bool:
        """Whether whoever asks has this right too, for what a page or document shows beside its own."""
        return self.caller is not None and self.caller.may(self.office.rights, right)

    def role_may(self, right: Right) -> bool:
        """Whether the role has this right, lapsed or not: for what a call for help, which is never blocked, may name."""
        return self.caller is not None and self.office.rights.may(self.caller.role, right)

    def could(self, right: Right) -> bool:
        """Whether whoever asks has this right, or would once a second factor is proven: a page shows the way to it."""
        return self.caller is not None and self.caller.could(self.office.rights, right)


Handle = Callable[[Visit], Awaitable["web.StreamResponse"]]


@dataclass(frozen=True, slots=True)
class Says:
    """What the OpenAPI document says of a route, by the models that validate its request and make its answer.

    gives: the answer's model (msgspec); None where `media` is not JSON. takes, asks: the models of body and query.
    problems: the statuses that this route may answer beside those that every route of its form may.
    sends: the media types of a body that is no JSON.
    """

    summary: str
    gives: Any = None
    takes: type[Any] | None = None
    asks: type[Any] | None = None
    problems: tuple[int, ...] = ()
    media: str = "application/json"
    text: str = ""
    sends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """path: as aiohttp's router takes it. right: asked for before `handle` is called.

    page: answered with a page and, to somebody unknown, with the way to sign in; else with JSON and problems.
    says: of a route of the API, what its document tells. own_factor: it asks for a second factor itself each time,
    whatever was proven in the session before (an open release session).
    stream: it never ends by itself; every other GET answers HEAD too, without the body (RFC 9110 section 9.3.2).
    """

    method: Method
    path: str
    right: Right | Open | Own
    handle: Handle
    page: bool = False
    says: Says | None = None
    own_factor: bool = False
    stream: bool = False

    @property
    def methods(self) -> tuple[str, ...]:
        """What it answers."""
        return ("GET", "HEAD") if self.method == "GET" and not self.stream else (self.method,)
