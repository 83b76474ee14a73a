"""Accounts, sessions, tokens and second factors behind one door: what the page, the API and the socket ask of them."""

from dataclasses import dataclass
from typing import Literal

from edge.people.caller import Caller

SetUp = Literal["done", "no_code", "weak_password", "bad_name"]
Why = Literal["wrong", "wait", "disabled", "no_factor"]
"""wrong: name, password or code, and never which. wait: tried too often from here, for this name; `wait_s` says how long."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """cookie: the session's secret, given to the browser once and kept nowhere but as its SHA-256."""

    caller: Caller
    cookie: str
    name: str


@dataclass(frozen=True, slots=True)
class NotSignedIn:
    why: Why
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor for a release: a TOTP or printed code of the caller's own, or a second named person's sign-in."""

    code: str = ""
    other_name: str = ""
    other_password: str = ""


class People:
    """Belongs to the loop's thread; hashing runs in a worker process, files are written in a thread."""

    def by_cookie(self, cookie: str) -> Caller | None:
        """The session's caller, `lapsed` where it ran out or its account is locked out; None: unknown or revoked."""
        raise NotImplementedError

    def by_bearer(self, token: str) -> Caller | None:
        """The token's caller; None: unknown, revoked, expired."""
        raise NotImplementedError

    def name_of(self, caller: Caller) -> str:
        """The name to greet and to sign with; `""` where none is known."""
        raise NotImplementedError

    async def sign_in(self, name: str, password: str, code: str, source: str) -> SignedIn | NotSignedIn:
        """Open a session. source: the client's address. Each failed try is an event."""
        raise NotImplementedError

    async def sign_out(self, caller: Caller) -> None:
        """End the caller's session; its cookie opens nothing from now on."""
        raise NotImplementedError

    @property
    def needs_set_up(self) -> bool:
        """Whether no administrator exists yet: the set-up page is served, and the code lies in its 0600 file."""
        raise NotImplementedError

    async def set_up(self, code: str, name: str, password: str, source: str) -> SetUp:
        """Make the first administrator with the one-use code from its file; the file is gone with it."""
        raise NotImplementedError

    async def open_release(self, caller: Caller, factor: Factor, source: str) -> NotSignedIn | int:
        """Open five minutes in which this session may release named doors; the seconds left."""
        raise NotImplementedError

    def release_left_s(self, caller: Caller) -> int:
        """Seconds left of the caller's release session; 0: none is open."""
        raise NotImplementedError
