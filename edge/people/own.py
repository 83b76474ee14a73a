"""One's own account, for who is signed in: second factors, password, sessions. Never without proving again who it is.

OWASP ASVS 5.0 V6.2.3, V7.4.3, V7.5.1: a change asks for the password and, where the account has one, a second factor; an
unlocked screen is not enough to take an account over.
"""

from collections.abc import Callable
from typing import Final, cast

from edge.people import totp
from edge.people.book import Account
from edge.people.caller import Caller
from edge.people.callers import Callers
from edge.people.factors import Factors, Used
from edge.people.hashing import Hasher, NotHashed
from edge.people.keeper import Keeper
from edge.people.passwords import new_hash, right
from edge.people.proofs import BUSY_WAIT_S, NotSignedIn, Proof, Proofs
from edge.people.registrar import Done, Refused, Registrar
from edge.people.tries import Tries, key_of
from rules.model.ids import Actor
from rules.model.moments import Instant
from rules.model.values import dataclass

ENROL_S: Final = 600
"""So long a secret that was shown waits for its first code; then it is nobody's."""


@dataclass(frozen=True, slots=True)
class OwnSession:
    """Microseconds since 1970. this: the one that asks. lapsed: it may start and acknowledge only."""

    id: str
    opened_utc_us: int
    seen_utc_us: int
    this: bool
    lapsed: bool


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """sessions: the one used last first. asks: whether its role has rights that ask for a second factor."""

    name: str
    role: str
    totp: bool
    codes_left: int
    sessions: tuple[OwnSession, ...]
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """A secret that takes effect once a code of it was given. uri: for a QR code."""

    secret: str
    uri: str


class Own:
    """Belongs to the loop's thread. Secrets that wait for their first code are kept in memory alone."""

    def __init__(
        self,
        keeper: Keeper,
        hasher: Hasher,
        factors: Factors,
        proofs: Proofs,
        registrar: Registrar,
        callers: Callers,
        tries: Tries,
        campus: str,
        now: Callable[[], Instant],
    ) -> None:
        self._keeper = keeper
        self._hasher = hasher
        self._factors = factors
        self._proofs = proofs
        self._registrar = registrar
        self._callers = callers
        self._tries = tries
        self._campus = campus
        self._now = now
        self._pending: dict[str, tuple[str, int]] = {}

    def of(self, caller: Caller) -> OwnAccount | None:
        """The account of who asks; None: it is gone."""
        account = self._keeper.book.accounts.get(caller.actor)
        if account is None:
            return None
        sessions = []
        for one in self._callers.sessions_of(account.id):
            still = self._callers.session(one.id, used=False)
            this, lapsed = one.id == caller.session, still is None or still.lapsed
            sessions.append(OwnSession(one.id, one.opened_utc_us, one.seen_utc_us, this, lapsed))
        return OwnAccount(
            account.name,
            account.role,
            bool(account.totp),
            len(account.codes),
            tuple(sessions),
            self._proofs.asked_of(caller.role),
        )

    async def begin_totp(
        self, caller: Caller, password: str, code: str, source: str
    ) -> NotSignedIn | Pending:
        """A new shared secret, to be typed or scanned; what was there before counts on until `enrol`."""
        account = await self._again(caller, password, code, source)
        if isinstance(account, NotSignedIn):
            return account
        now_us = self._now().mono_us
        self._pending = {one: kept for one, kept in self._pending.items() if kept[1] > now_us}
        self._pending[caller.session] = totp.new_secret(), now_us + ENROL_S * 1_000_000
        return self._shown(caller, account) or NotSignedIn("no_right")

    def pending(self, caller: Caller) -> Pending | None:
        """The secret that waits for its first code in this session; None: none, or it waited too long."""
        account = self._keeper.book.accounts.get(caller.actor)
        return None if account is None else self._shown(caller, account)

    async def enrol(self, caller: Caller, code: str) -> bool:
        """Whether this is a code of the pending secret, which counts from now on; the session has proven it by this."""
        account, pending = self._keeper.book.accounts.get(caller.actor), self.pending(caller)
        plain = "".join(code.split())
        if account is None or pending is None or account.disabled:
            return False
        step = totp.step_of(pending.secret, plain, self._now().utc_us / 1e6, 0)
        if step is None:
            return False
        del self._pending[caller.session]
        await self._registrar.enrolled(caller.actor, account.id, pending.secret, step)
        self._proofs.raise_session(caller, Proof("totp"))
        return True

    async def print_codes(
        self, caller: Caller, password: str, code: str, source: str
    ) -> NotSignedIn | Refused | Done:
        """Ten new printed codes, shown once; those before them open nothing any more."""
        account = await self._again(caller, password, code, source)
        if isinstance(account, NotSignedIn):
            return account
        return await self._registrar.new_codes(caller.actor, account.name)

    async def change_password(
        self, caller: Caller, present: str, new: str, code: str, source: str
    ) -> NotSignedIn | Refused | Done:
        """Another password; all other sessions end. A weak one is refused before a code is used up."""
        known = self._keeper.book.accounts.get(caller.actor)
        names = (known.name if known else "", self._campus)
        try:
            # In the line of its own address: one session fills no hasher that others release and sign in by.
            async with self._tries.judging(key_of(source, "password", "", known), stranger=False):
                hashed = await new_hash(self._hasher, new, names)
        except NotHashed:
            return "hasher_busy"
        if not hashed.startswith("$"):
            return cast("Refused", hashed)
        account = await self._again(caller, present, code, source)
        if isinstance(account, NotSignedIn):
            return account
        return await self._registrar.take_password(caller.actor, account.id, hashed, keep=caller.session)

    async def end_others(self, caller: Caller, password: str, source: str) -> NotSignedIn | Refused | Done:
        """End all of one's sessions but the one that asks, by the password (ASVS V7.5.2)."""
        account = await self._again(caller, password, None, source)
        if isinstance(account, NotSignedIn):
            return account
        return await self._registrar.sign_out_others(caller.actor, keep=caller.session)

    def forget(self, session: str) -> None:
        """A session ended."""
        self._pending.pop(session, None)

    def _shown(self, caller: Caller, account: Account) -> Pending | None:
        secret, until_us = self._pending.get(caller.session, ("", 0))
        if not secret or until_us <= self._now().mono_us:
            return None
        return Pending(secret, totp.uri(secret, self._campus, account.name))

    async def _again(
        self, caller: Caller, password: str, code: str | None, source: str
    ) -> NotSignedIn | Account:
        """Who it is, by password and, where the account has one, a second factor. Each failed try is an event.

        code None: the password is enough.
        """
        account = self._keeper.book.accounts.get(caller.actor)
        still = self._callers.session(caller.session, used=True)
        if account is None or still is None or still.lapsed:
            return NotSignedIn("no_right")
        key = key_of(source, "password", "", account)
        if waits := self._tries.begin("password", key):
            return NotSignedIn("wait", waits)
        used: Used | None = None
        try:
            async with self._tries.judging(key, stranger=False):
                held = await right(self._hasher, account, password)
                if held and code is not None and self._factors.has_one(account):
                    used = await self._factors.use(account.id, code, self._now().utc_us / 1e6)
                    held = used is not None
        except NotHashed:
            self._tries.unjudged("password", key)
            return NotSignedIn("wait", BUSY_WAIT_S)
        still = self._callers.session(caller.session, used=True)
        now = self._keeper.book.accounts.get(Actor(account.id))
        if not held or now is None or still is None or still.lapsed:
            self._proofs.count_wrong(caller)
            self._tries.failed("password", "wrong", account, source)
            return NotSignedIn("wrong")
        self._tries.passed(key)
        if used is not None:
            self._proofs.raise_session(caller, Proof(used))
        return now
