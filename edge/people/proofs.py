"""A second factor proven in a session: a code of one's own, or a second named person; and what it makes of the session."""

import secrets
from collections.abc import Callable
from typing import Final, Literal, cast

from msgspec.structs import replace

from edge.people.book import Account, digest
from edge.people.caller import Caller
from edge.people.callers import Callers
from edge.people.factors import Factors
from edge.people.hashing import Hasher, NotHashed
from edge.people.keeper import Keeper
from edge.people.passwords import right
from edge.people.registrar import Registrar, Tell
from edge.people.tries import Tried, Tries, Why, key_of
from rules.model.account_facts import SessionConfirmed, SessionEnded
from rules.model.moments import Instant
from rules.model.values import dataclass
from rules.rights import Right, RightsTable, Role

WRONG_CODES_MOST: Final = 10
"""In one session: then it may start and acknowledge only, until its person signs in again."""
BUSY_WAIT_S: Final = 2

Used = Literal["totp", "code", "person"]


@dataclass(frozen=True, slots=True)
class NotSignedIn:
    why: Why
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor: a TOTP or printed code of the caller's own, or a second named person's sign-in."""

    code: str = ""
    other_name: str = ""
    other_password: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was right. second: the other named person, where two proved it together."""

    used: Used
    second: Account | None = None


class Proofs:
    """Belongs to the loop's thread."""

    def __init__(
        self,
        keeper: Keeper,
        hasher: Hasher,
        registrar: Registrar,
        callers: Callers,
        tries: Tries,
        rights: RightsTable,
        tell: Tell,
        now: Callable[[], Instant],
    ) -> None:
        self._keeper = keeper
        self._hasher = hasher
        self._factors = Factors(keeper, hasher)
        self._registrar = registrar
        self._callers = callers
        self._tries = tries
        self._rights = rights
        self._tell = tell
        self._now = now
        self._wrong: dict[str, int] = {}
        self._renewed: dict[str, str] = {}
        """Cookies of sessions that came to more rights, each until the answer that takes it along."""

    async def confirm(self, caller: Caller, factor: Factor, source: str) -> NotSignedIn | Proof:
        """Prove a second factor in a session, so that it has all rights of its role.

        A second person must have every right that this opens: else somebody with few would open many.
        """
        needed = self._rights.proof_opens(caller.role)
        if not needed:
            return NotSignedIn("no_right")
        proof = await self.prove(caller, factor, source, "confirm", needed)
        if isinstance(proof, Proof):
            self.raise_session(caller, proof)
        return proof

    def asked_of(self, role: Role) -> bool:
        """Whether a role has any right that asks for a second factor."""
        return bool(self._rights.proof_opens(role))

    async def prove(
        self, caller: Caller, factor: Factor, source: str, what: Tried, needed: frozenset[Right]
    ) -> NotSignedIn | Proof:
        """Judge a second factor of a session's person. needed: what a second person must have the right to."""
        account = self._keeper.book.accounts.get(caller.actor)
        still = self._callers.session(caller.session, used=True)
        if account is None or still is None or still.lapsed:
            return NotSignedIn("no_right")
        if not factor.code and not factor.other_name and not self._factors.has_one(account):
            return NotSignedIn("no_factor")
        other = self._registrar.named(factor.other_name) if factor.other_name else account
        key = key_of(source, what, factor.other_name, other)
        if waits := self._tries.begin(what, key):
            return NotSignedIn("wait", waits)
        used: Used | None
        try:
            async with self._tries.judging(key, stranger=False):
                if factor.other_name:
                    used = await self._second_person(account, other, factor.other_password, needed)
                else:
                    used = await self._factors.use(account.id, factor.code, self._now().utc_us / 1e6)
        except NotHashed:
            self._tries.unjudged(what, key)
            return NotSignedIn("wait", BUSY_WAIT_S)
        still = self._callers.session(caller.session, used=True)
        if used is None or still is None or still.lapsed:
            self.count_wrong(caller)
            self._tries.failed(what, "wrong", account, source)
            return NotSignedIn("wrong")
        self._tries.passed(key)
        self._wrong.pop(caller.session, None)
        return Proof(used, other if used == "person" else None)

    def raise_session(self, caller: Caller, proof: Proof) -> None:
        """From now on the session has the rights that ask for a second factor, as far as this proof goes.

        Its cookie is another one from the same moment, to be fetched by `renew` (OWASP ASVS 5.0 V7.2.4): who knew the one
        before gains nothing by it. It may start and acknowledge yet, as a session that ran out: the answer that brings
        the new one may be lost on its way to somebody who needs help.
        """
        book = self._keeper.book
        session, account = book.sessions.get(caller.session), book.accounts.get(caller.actor)
        if session is None or session.proven or account is None:
            return
        if proof.second is not None:
            # By the roles of now: either may have become another while the password was hashed.
            other, opens = (
                book.accounts.get(proof.second.id),
                self._rights.proof_opens(cast("Role", account.role)),
            )
            if other is None or not all(self._rights.may(cast("Role", other.role), one) for one in opens):
                return
        cookie = secrets.token_urlsafe(32)
        self._renewed[session.id] = cookie
        raised = replace(session, proven=True, digest=digest(cookie), before=session.digest)
        self._keeper.put(book.with_session(raised))
        second = None if proof.second is None else proof.second.id
        fact = SessionConfirmed(session.id, session.account, proof.used, second)
        self._tell(fact, session.account, caller.actor)

    async def renew(self, caller: Caller) -> str:
        """The other cookie of a session that came to more rights, once, for who raised it; `""`: it did not."""
        cookie = self._renewed.pop(caller.session, "")
        if cookie:
            # On disk before the browser has it, where the disk takes it: else a restart knew neither.
            await self._keeper.keep(self._keeper.book)
        return cookie

    def forget(self, session: str) -> None:
        """A session ended."""
        self._wrong.pop(session, None)
        self._renewed.pop(session, None)

    def count_wrong(self, caller: Caller) -> None:
        """A stolen cookie must not be worth a million guesses at six digits."""
        self._wrong[caller.session] = self._wrong.get(caller.session, 0) + 1
        session = self._keeper.book.sessions.get(caller.session)
        if session is not None and self._wrong[caller.session] >= WRONG_CODES_MOST and not session.locked:
            self._keeper.put(self._keeper.book.with_session(replace(session, locked=True)))
            self._tell(SessionEnded(session.id, session.account, "locked"), session.account, caller.actor)

    async def _second_person(
        self, account: Account, other: Account | None, password: str, needed: frozenset[Right]
    ) -> Literal["person"] | None:
        """Another person who has these rights, and says so with their own password. Raises NotHashed."""
        held = await right(self._hasher, other, password)
        now = None if other is None else self._keeper.book.accounts.get(other.id)
        if now is None or not held or now.disabled or now.id == account.id:
            return None
        role = cast("Role", now.role)
        # A guest signs for nothing while nothing is live.
        able = not self._callers.quiet(role) and all(self._rights.may(role, one) for one in needed)
        return "person" if able else None
