"""Who a cookie or a token stands for now: looked up in memory, for each request anew, so that revoking holds at once."""

import dataclasses
from collections.abc import Callable
from typing import cast

from msgspec.structs import replace

from edge.people import sessions
from edge.people.book import Book, Session, digest
from edge.people.caller import Caller
from edge.people.keeper import Keeper
from rules.model.ids import Actor
from rules.model.moments import Instant
from rules.rights import RightsTable, Role

LiveSince = Callable[[bool], Instant | None]
"""When the first incident that is live began, None: none is; the flag says whether silent ones count."""


class Callers:
    """Belongs to the loop's thread."""

    def __init__(
        self,
        keeper: Keeper,
        rights: RightsTable,
        live_since: LiveSince,
        now: Callable[[], Instant],
        boot: str,
    ) -> None:
        self._keeper = keeper
        self._rights = rights
        self._live_since = live_since
        self._now = now
        self._boot = boot
        self._seen: dict[str, Instant] = {}
        """When sessions were last used, as far as the book does not say so yet."""
        self._known = Book()
        self._by_cookie: dict[str, str] = {}
        self._by_before: dict[str, str] = {}
        self._by_bearer: dict[str, str] = {}

    def by_cookie(self, cookie: str) -> Caller | None:
        """The session's caller, `lapsed` where it ran out or was locked; None: unknown or revoked."""
        self._look()
        known = self._by_cookie.get(sent := digest(cookie))
        caller = None if known is None else self.session(known, used=True)
        if caller is None and (before := self._by_before.get(sent)) is not None:
            caller = self.session(before, used=False)
            if caller is not None:
                return dataclasses.replace(caller, lapsed=True, proven=False, replaced=True)
        return caller

    def by_bearer(self, token: str) -> Caller | None:
        """The token's caller; None: unknown, revoked, expired."""
        self._look()
        known = self._by_bearer.get(digest(token))
        return None if known is None else self.program(known)

    def session(self, known: str, *, used: bool) -> Caller | None:
        """The caller of a session by its id. used: this is a use, from which its idle time is counted."""
        book = self._keeper.book
        session = book.sessions.get(known)
        account = None if session is None else book.accounts.get(session.account)
        if session is None or account is None or account.disabled:
            return None
        session = self._as_seen(session)
        role, actor, now = cast("Role", account.role), Actor(account.id), self._now()
        since = self._live_since(self._rights.may(role, "look-duress"))
        limits = sessions.limits_of(self._rights, role)
        if session.locked or sessions.ran_out(session, limits, now, self._boot, since):
            return Caller(actor, role, "session", lapsed=True, session=session.id, proven=session.proven)
        if used:
            self._seen[session.id] = now
        quiet = self.quiet(role)
        return Caller(actor, role, "session", session=session.id, proven=session.proven, quiet=quiet)

    def program(self, known: str) -> Caller | None:
        """The caller of a token by its id."""
        token = self._keeper.book.tokens.get(known)
        if token is None:
            return None
        if token.expires_utc_s is not None and self._now().utc_us >= token.expires_utc_s * 1_000_000:
            return None
        role = cast("Role", token.role)
        return Caller(Actor(token.id), role, "token", room=token.room, quiet=self.quiet(role))

    def quiet(self, role: Role) -> bool:
        """Whether a role is a guest's, and nothing is live that it may know of."""
        guest = role in self._rights.only_live
        return guest and self._live_since(self._rights.may(role, "look-duress")) is None

    def sessions_of(self, account: str) -> list[Session]:
        """An account's sessions, as last used, the one used last first."""
        own = [self._as_seen(one) for one in self._keeper.book.sessions.values() if one.account == account]
        return sorted(own, key=lambda one: one.seen_utc_us, reverse=True)

    def surplus(self, account: str) -> list[Session]:
        """Those of an account's sessions that must go when another opens: the ones unused for longest."""
        return self.sessions_of(account)[sessions.MOST_OF_ONE - 1 :]

    def too_old(self) -> list[Session]:
        """Sessions that ran out so long ago that they open nothing any more."""
        now = self._now()
        return [
            one
            for one in self._keeper.book.sessions.values()
            if sessions.elapsed_us(one.boot, one.opened_utc_us, one.opened_mono_us, now, self._boot)
            > sessions.GONE_US
        ]

    def write_down(self) -> None:
        """Bring into the book when sessions were last used."""
        book = self._keeper.book
        fresh = {one: self._as_seen(session) for one, session in book.sessions.items()}
        used = any(one in book.sessions for one in self._seen)
        self._seen.clear()
        if used:
            self._keeper.put(replace(book, sessions=fresh))

    def _as_seen(self, session: Session) -> Session:
        """The session with its last use; both its times by this boot's clock, as far as the wall clock knows."""
        seen = self._seen.get(session.id)
        if seen is None:
            return session
        if session.boot != self._boot:
            opened_mono_us = seen.mono_us - (seen.utc_us - session.opened_utc_us)
            session = replace(session, boot=self._boot, opened_mono_us=opened_mono_us)
        return replace(session, seen_utc_us=seen.utc_us, seen_mono_us=seen.mono_us)

    def _look(self) -> None:
        """Bring the indexes up to the book of now; books are immutable, so another one is another object."""
        book = self._keeper.book
        if book.sessions is not self._known.sessions:
            self._by_cookie = {one.digest: one.id for one in book.sessions.values()}
            self._by_before = {one.before: one.id for one in book.sessions.values() if one.before}
        if book.tokens is not self._known.tokens:
            self._by_bearer = {one.digest: one.id for one in book.tokens.values()}
        self._known = book
