"""Who may release now: five minutes after a second factor, for one session; never without."""

from collections.abc import Callable
from typing import Final, cast

from edge.people.caller import Caller
from edge.people.callers import Callers
from edge.people.factors import Factors
from edge.people.hashing import NotHashed
from edge.people.keeper import Keeper
from edge.people.proofs import BUSY_WAIT_S, Factor, NotSignedIn, Proofs
from edge.people.registrar import Registrar, Tell
from edge.people.tries import Tried, Tries, Why, key_of
from rules.model.account_facts import ReleaseOpened, SessionConfirmed
from rules.model.ids import Actor
from rules.model.moments import Instant
from rules.rights import Right, RightsTable, Role

RELEASE_S: Final = 300


class Releases:
    """Belongs to the loop's thread. What is open is kept in memory alone: a restart asks again."""

    def __init__(
        self,
        keeper: Keeper,
        factors: Factors,
        proofs: Proofs,
        registrar: Registrar,
        callers: Callers,
        tries: Tries,
        rights: RightsTable,
        tell: Tell,
        now: Callable[[], Instant],
    ) -> None:
        self._keeper = keeper
        self._factors = factors
        self._proofs = proofs
        self._registrar = registrar
        self._callers = callers
        self._tries = tries
        self._rights = rights
        self._tell = tell
        self._now = now
        self._until: dict[str, int] = {}
        self._second: dict[str, str] = {}

    async def open(self, caller: Caller, factor: Factor, source: str) -> NotSignedIn | int:
        """Open five minutes for one session; the seconds left. The session has proven a second factor by it."""
        still = self._callers.session(caller.session, used=True)
        if still is None or not still.could(self._rights, "release"):
            return NotSignedIn("no_right")
        proof = await self._proofs.prove(caller, factor, source, "release", frozenset({"release"}))
        if isinstance(proof, NotSignedIn):
            return proof
        self._until[caller.session] = self._now().mono_us + RELEASE_S * 1_000_000
        second = None if proof.second is None else proof.second.id
        self._second[caller.session] = second or ""
        opened = ReleaseOpened(caller.session, caller.actor, proof.used, second, RELEASE_S)
        self._tell(opened, caller.actor, caller.actor)
        self._proofs.raise_session(caller, proof)
        return RELEASE_S

    def second(self, caller: Caller) -> str:
        """The account of the other named person who opened it with them; `""`: it was a code, or none is open."""
        return self._second.get(caller.session, "") if self.left_s(caller) else ""

    @property
    def any_open(self) -> bool:
        """Whether anybody's five minutes are open."""
        now_us = self._now().mono_us
        return any(until > now_us for until in self._until.values())

    def left_s(self, caller: Caller) -> int:
        """Seconds left; 0: none is open."""
        until = self._until.get(caller.session)
        if until is None or caller.by != "session":
            return 0
        still = self._callers.session(caller.session, used=False)
        left = -((self._now().mono_us - until) // 1_000_000)
        if still is None or not still.could(self._rights, "release") or left <= 0:
            self.forget(caller.session)
            return 0
        return left

    async def vouched(
        self, name: str, code: str, asking: Actor, source: str, right: Right = "release"
    ) -> Caller | NotSignedIn:
        """Who acts over the local socket: a named account with its own code, for this one request that asks for a right."""
        what: Tried = "release" if right == "release" else "confirm"
        if not await self._keeper.read_in_time():
            return NotSignedIn("wait", BUSY_WAIT_S)
        account = self._registrar.named(name)
        key = key_of(source, what, name, account)
        if waits := self._tries.begin(what, key):
            return NotSignedIn("wait", waits)
        caller = None
        if account is not None:
            role = cast("Role", account.role)
            caller = Caller(Actor(account.id), role, "socket", quiet=self._callers.quiet(role))
        why: Why = "wrong"
        used = None
        try:
            if account is not None and caller is not None and not account.disabled:
                if not caller.may(self._rights, right):
                    why = "no_right"
                elif not self._factors.has_one(account):
                    why = "no_factor"
                else:
                    used = await self._factors.use(account.id, code, self._now().utc_us / 1e6)
        except NotHashed:
            self._tries.unjudged(what, key)
            return NotSignedIn("wait", BUSY_WAIT_S)
        if account is None or caller is None or used is None:
            self._tries.failed(what, why, account, source)
            return NotSignedIn(why)
        self._tries.passed(key)
        fact = (
            ReleaseOpened(asking, account.id, used, None, 0)
            if what == "release"
            else SessionConfirmed(asking, account.id, used, None)
        )
        self._tell(fact, account.id, caller.actor)
        return caller

    def incident_began(self, *, silent: bool) -> None:
        """What was opened before an incident is no answer to it: release asks again (issue 3, B10).

        Of a silent one only for who may know of it; the others' five minutes must not tell of it.
        """
        for session in tuple(self._until):
            still = self._callers.session(session, used=False)
            if not silent or still is None or still.could(self._rights, "look-duress"):
                self.forget(session)

    def forget(self, session: str) -> None:
        """A session ended, or what it opened."""
        self._until.pop(session, None)
        self._second.pop(session, None)
