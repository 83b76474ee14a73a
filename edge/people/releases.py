"""Who may release now: five minutes after a second factor, for one session; never without."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, cast

from msgspec.structs import replace

from edge.people.book import Account
from edge.people.caller import Caller
from edge.people.callers import Callers
from edge.people.factors import Factors
from edge.people.hashing import Hasher, NotHashed
from edge.people.keeper import Keeper
from edge.people.passwords import right
from edge.people.registrar import Registrar, Tell
from edge.people.tries import Tries, Why, key_of
from rules.model.account_facts import ReleaseOpened, SessionEnded
from rules.model.ids import Actor
from rules.model.moments import Instant
from rules.rights import RightsTable, Role

RELEASE_S: Final = 300
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
    """A second factor for a release: a TOTP or printed code of the caller's own, or a second named person's sign-in."""

    code: str = ""
    other_name: str = ""
    other_password: str = ""


class Releases:
    """Belongs to the loop's thread. What is open is kept in memory alone: a restart asks again."""

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
        self._until: dict[str, int] = {}
        self._wrong: dict[str, int] = {}

    async def open(self, caller: Caller, factor: Factor, source: str) -> NotSignedIn | int:
        """Open five minutes for one session; the seconds left."""
        account = self._keeper.book.accounts.get(caller.actor)
        still = self._callers.session(caller.session, used=True)
        if account is None or still is None or not still.may(self._rights, "release"):
            return NotSignedIn("no_right")
        if not factor.code and not factor.other_name and not self._factors.has_one(account):
            return NotSignedIn("no_factor")
        other = self._registrar.named(factor.other_name) if factor.other_name else account
        key = key_of(source, "release", factor.other_name, other)
        if waits := self._tries.begin("release", key):
            return NotSignedIn("wait", waits)
        used: Used | None
        try:
            async with self._tries.judging(key, stranger=False):
                if factor.other_name:
                    used = await self._second_person(account, other, factor.other_password)
                else:
                    used = await self._factors.use(account.id, factor.code, self._now().utc_us / 1e6)
        except NotHashed:
            self._tries.unjudged("release", key)
            return NotSignedIn("wait", BUSY_WAIT_S)
        still = self._callers.session(caller.session, used=True)
        if used is None or still is None or still.lapsed:
            self._count_wrong(caller)
            self._tries.failed("release", "wrong", account, source)
            return NotSignedIn("wrong")
        self._tries.passed(key)
        self._wrong.pop(caller.session, None)
        self._until[caller.session] = self._now().mono_us + RELEASE_S * 1_000_000
        second = other.id if used == "person" and other is not None else None
        opened = ReleaseOpened(caller.session, account.id, used, second, RELEASE_S)
        self._tell(opened, account.id, caller.actor)
        return RELEASE_S

    def left_s(self, caller: Caller) -> int:
        """Seconds left; 0: none is open."""
        until = self._until.get(caller.session)
        if until is None or caller.by != "session":
            return 0
        still = self._callers.session(caller.session, used=False)
        left = -((self._now().mono_us - until) // 1_000_000)
        if still is None or not still.may(self._rights, "release") or left <= 0:
            del self._until[caller.session]
            return 0
        return left

    async def vouched(self, name: str, code: str, asking: Actor, source: str) -> Caller | NotSignedIn:
        """Who releases over the local socket: a named account with its own code, for this one request."""
        if not await self._keeper.read_in_time():
            return NotSignedIn("wait", BUSY_WAIT_S)
        account = self._registrar.named(name)
        key = key_of(source, "release", name, account)
        if waits := self._tries.begin("release", key):
            return NotSignedIn("wait", waits)
        caller = None if account is None else Caller(Actor(account.id), cast("Role", account.role), "socket")
        why: Why = "wrong"
        used = None
        try:
            if account is not None and caller is not None and not account.disabled:
                if not caller.may(self._rights, "release"):
                    why = "no_right"
                elif not self._factors.has_one(account):
                    why = "no_factor"
                else:
                    used = await self._factors.use(account.id, code, self._now().utc_us / 1e6)
        except NotHashed:
            self._tries.unjudged("release", key)
            return NotSignedIn("wait", BUSY_WAIT_S)
        if account is None or caller is None or used is None:
            self._tries.failed("release", why, account, source)
            return NotSignedIn(why)
        self._tries.passed(key)
        self._tell(ReleaseOpened(asking, account.id, used, None, 0), account.id, caller.actor)
        return caller

    def forget(self, session: str) -> None:
        """A session ended."""
        self._until.pop(session, None)
        self._wrong.pop(session, None)

    async def _second_person(
        self, account: Account, other: Account | None, password: str
    ) -> Literal["person"] | None:
        """Another person who may release, and says so with their own password. Raises NotHashed."""
        held = await right(self._hasher, other, password)
        now = None if other is None else self._keeper.book.accounts.get(other.id)
        if now is None or not held or now.disabled or now.id == account.id:
            return None
        return "person" if self._rights.may(cast("Role", now.role), "release") else None

    def _count_wrong(self, caller: Caller) -> None:
        """A stolen cookie must not be worth a million guesses at six digits."""
        self._wrong[caller.session] = self._wrong.get(caller.session, 0) + 1
        session = self._keeper.book.sessions.get(caller.session)
        if session is not None and self._wrong[caller.session] >= WRONG_CODES_MOST and not session.locked:
            self._keeper.put(self._keeper.book.with_session(replace(session, locked=True)))
            self._tell(SessionEnded(session.id, session.account, "locked"), session.account, caller.actor)
