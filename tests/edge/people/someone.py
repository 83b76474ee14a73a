"""A `People` for tests: hashing that costs next to nothing, a clock that is set by hand, facts that are collected.

For tests of page and API too: `async with somebody(tmp_path) as people: ...`, then `people.account(...)`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from edge.people.hashing import CHEAP, Hasher
from edge.people.people import NotSignedIn, People, SignedIn
from edge.people.registrar import Done
from rules.model.account_facts import AccountFact
from rules.model.ids import Actor
from rules.model.moments import Instant
from rules.rights import RightsTable

PASSWORD: Final = "seven blue herons at dawn"
BY: Final = Actor("socket:0")
HERE: Final = "10.20.3.4"
ELSEWHERE: Final = "10.20.9.9"
START_UTC_US: Final = 1_790_000_000 * 1_000_000


class Someone(People):
    """`facts`: what was entered, with subject and actor. `conditions`: what was turned. `now_at`: the clock."""

    def __init__(
        self,
        store: Path,
        *,
        boot: str = "boot-1",
        hasher: Hasher | None = None,
        again_s: float = 5.0,
        rights: RightsTable | None = None,
    ) -> None:
        self.facts: list[tuple[AccountFact, str, str]] = []
        self.had: bool | None = False
        """What the record says of accounts."""
        self.conditions: list[tuple[str, bool]] = []
        self.now_at = Instant(START_UTC_US, 1_000_000_000)
        self.live: Instant | None = None
        self.silent: Instant | None = None
        super().__init__(
            store,
            campus="Lincoln High School",
            campus_id="lincoln-hs",
            hasher=hasher or Hasher(CHEAP, CHEAP),
            tell=lambda fact, subject, actor: self.facts.append((fact, subject, actor)),
            condition=lambda code, active, _: self.conditions.append((code, active)),
            live_since=lambda silent: self.live or (self.silent if silent else None),
            now=lambda: self.now_at,
            had_accounts=self._had,
            boot=boot,
            again_s=again_s,
            rights=rights,
        )

    async def _had(self) -> bool | None:
        return self.had

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.now_at = self.now_at.plus(round(seconds * 1e6))

    def kinds(self) -> list[str]:
        """The kinds of all facts so far."""
        return [fact.KIND for fact, _, _ in self.facts]

    async def account(self, name: str, role: str, password: str = PASSWORD) -> str:
        """A new account; its id."""
        return done(await self.registrar.add(BY, name, role, password)).id

    async def session(self, name: str, role: str) -> SignedIn:
        """A new account, signed in."""
        await self.account(name, role)
        return await self.signed_in(name)

    async def signed_in(self, name: str, code: str = "") -> SignedIn:
        """An account's new session."""
        opened = await self.sign_in(name, PASSWORD, code, HERE)
        assert isinstance(opened, SignedIn), opened
        return opened

    async def token(self, name: str, role: str, expires_utc_s: int | None = None) -> str:
        """A new token's secret."""
        (secret,) = done(await self.registrar.create_token(BY, name, role, expires_utc_s)).secret
        return secret

    async def codes(self, name: str) -> tuple[str, ...]:
        """Ten printed codes."""
        return done(await self.registrar.new_codes(BY, name)).secret


@asynccontextmanager
async def somebody(store: Path, *, had: bool | None = False, **how: object) -> AsyncIterator[Someone]:
    """Loaded; its worker is ended at the end. had: whether the record knows of accounts."""
    people = Someone(store, **how)  # type: ignore[arg-type]
    people.had = had
    await people.load()
    try:
        yield people
    finally:
        await people.close()


def done(what: object) -> Done:
    """It was done."""
    assert isinstance(what, Done), what
    return what


def why(what: object) -> str:
    """Why it was not."""
    assert isinstance(what, NotSignedIn), what
    return what.why
