"""Every failed try as an event, and how long the next one has to wait."""

import asyncio
import hashlib
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Final, Literal, cast, get_args

from edge.people.book import Account
from edge.people.hashing import NotHashed
from edge.people.registrar import Tell
from edge.people.turns import Turns
from edge.people.waiting import Delays, Key, source_of
from rules.model.account_facts import AccountFact, ProofFailed, SignInFailed, TriedWord
from rules.model.ids import Actor
from rules.model.moments import Instant

Tried = TriedWord | Literal["confirm", "password", "invitation"]
Why = Literal["wrong", "wait", "disabled", "no_factor", "no_right"]
"""wrong: name, password or code, and never which. wait: tried too often from here, for this name; or too many at once.

disabled: said only to who gave the right password. no_factor: the account has none to ask for, and no second person was
named. no_right: the account's role may not do this, with whatever factor.
"""
TOLD_EVERY_US: Final = 10_000_000
AT_ONCE: Final = 2
IN_LINE: Final = 12
"""Those in turn included: at a tenth of a second each nobody in line waits for longer than two seconds."""
ANONYMOUS: Final = Actor("anonymous")


class _Gate:
    """Of one source: how many are inside, and the turns they take."""

    def __init__(self) -> None:
        self.inside = 0
        self.turns = asyncio.Semaphore(AT_ONCE)


class Tries:
    """Belongs to the loop's thread. campus: its id, the subject of tries that concern no account."""

    def __init__(self, tell: Tell, campus: str, now: Callable[[], Instant]) -> None:
        self._tell = tell
        self._campus = campus
        self._now = now
        self._delays = Delays()
        self._unheard: dict[Tried, int] = {}
        self._told_at_us: int | None = None
        self._gates: dict[str, _Gate] = {}
        self._turns = Turns()

    def begin(self, what: Tried, key: Key) -> int:
        """A try that is to be judged begins: 0; or the seconds that it must wait, and it counts as turned away."""
        now_s = self._now().mono_us / 1e6
        waits = self._delays.wait_s(key, now_s)
        if waits:
            self.turned_away(what)
        else:
            self._delays.tried(key, now_s)
        return waits

    @asynccontextmanager
    async def judging(self, key: Key, *, stranger: bool) -> AsyncIterator[None]:
        """While a password or code is hashed: two at once from one source, few waiting in line behind them.

        So a flood is in nobody's way who comes from elsewhere, and makes those of its own address wait their turn.
        stranger: nobody is signed in there; who is waits for no stranger. Raises NotHashed.
        """
        source, _ = key
        gate = self._gates.setdefault(source, _Gate())
        if gate.inside >= IN_LINE:
            raise NotHashed("too many from there")
        gate.inside += 1
        try:
            async with gate.turns, self._turns.taken(source) if stranger else nullcontext():
                yield
        finally:
            gate.inside -= 1
            if not gate.inside:
                self._gates.pop(source, None)

    def passed(self, key: Key) -> None:
        """It was right."""
        self._delays.passed(key)
        self._turns.right(key[0])

    def unjudged(self, what: Tried, key: Key) -> None:
        """It could not be judged: it counts for nothing but the record."""
        self._delays.unheard(key)
        self.turned_away(what)

    def failed(self, what: Tried, why: Why, account: Account | None, source: str) -> None:
        """It was judged, and is an event."""
        known = None if account is None else account.id
        actor = ANONYMOUS if known is None else Actor(known)
        self._tell(_failed(what, why, known, 1, source), known or self._campus, actor)

    def turned_away(self, what: Tried) -> None:
        """It was not judged: told together with the others of ten seconds, so that a flood fills no disk."""
        self._unheard[what] = self._unheard.get(what, 0) + 1
        now = self._now().mono_us
        if self._told_at_us is None or now - self._told_at_us >= TOLD_EVERY_US:
            self._told_at_us = now
            self.tell_turned_away()

    def tell_turned_away(self) -> None:
        """Tell of those that were not told of yet."""
        for what, tries in self._unheard.items():
            self._tell(_failed(what, "turned_away", None, tries, ""), self._campus, ANONYMOUS)
        self._unheard.clear()


def _failed(what: Tried, why: str, account: str | None, tries: int, source: str) -> AccountFact:
    """A released kind keeps its words; what came later has a kind of its own."""
    if what in get_args(TriedWord):
        return SignInFailed(cast("TriedWord", what), why, account, tries, source)
    return ProofFailed(what, why, account, tries, source)


def key_of(source: str, what: Tried, name: str, account: Account | None) -> Key:
    """For whom tries are counted: a name that nobody has counts by its digest, however long it is."""
    if account is not None:
        return source_of(source), f"{what} {account.id}"
    folded = unicodedata.normalize("NFKC", name[:512]).casefold()
    return source_of(source), f"{what} {hashlib.sha256(folded.encode('utf-8', 'replace')).hexdigest()[:16]}"
