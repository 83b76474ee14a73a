"""The first administrator: made with a one-use code that lies in a 0600 file in the store, and gone with it."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, Literal

import structlog

from edge.people import shelf
from edge.people.book import Account, Book
from edge.people.hashing import Hasher
from edge.people.keeper import Condition, Keeper, in_a_thread
from edge.people.passwords import new_hash
from edge.people.registrar import Registrar, Tell, new_id, well_named
from edge.people.tries import Tries, key_of
from rules.model.account_facts import AccountAdded
from rules.model.ids import Actor

SetUp = Literal["done", "no_code", "weak_password", "bad_name", "busy"]
HadAccounts = Callable[[], Awaitable[bool | None]]
"""Asks the record whether there were accounts on this box; None: it does not answer."""
SHORTEST_CODE: Final = 30

log = structlog.get_logger(__name__)


class SettingUp:
    """Belongs to the loop's thread."""

    def __init__(
        self,
        keeper: Keeper,
        hasher: Hasher,
        registrar: Registrar,
        tries: Tries,
        tell: Tell,
        campus: str,
        condition: Condition,
        had_accounts: HadAccounts,
    ) -> None:
        self._keeper = keeper
        self._hasher = hasher
        self._registrar = registrar
        self._tries = tries
        self._tell = tell
        self._campus = campus
        self._condition = condition
        self._had_accounts = had_accounts
        self._code = ""
        self._told = ""

    @property
    def needed(self) -> bool:
        """Whether it is known that no administrator exists."""
        return self._keeper.loaded.is_set() and not _has_administrator(self._keeper.book)

    async def look_for_lost(self) -> None:
        """A box whose accounts are gone is no new box: it says so until somebody set it up again."""
        if not self.needed or self._told == "accounts_gone":
            return
        had = await self._had_accounts()
        found = {True: "accounts_gone", None: "accounts_unknown", False: ""}[had]
        if self.needed and found != self._told:
            self._tell_condition(found)

    @property
    def recovering(self) -> bool:
        """Whether there were accounts, or nobody can say that there were none."""
        return bool(self._told)

    def _tell_condition(self, code: str) -> None:
        """Have this condition stand, and none before it; `""`: none."""
        before, self._told = self._told, code
        if before:
            self._condition(before, False, ())
        if code:
            self._condition(code, True, ())

    async def set_up(self, code: str, name: str, password: str, source: str) -> SetUp:
        """Make the first administrator."""
        key = key_of(source, "set_up", "", None)
        if self._tries.begin("set_up", key):
            return "no_code"
        if not self._is_code(code):
            self._tries.failed("set_up", "wrong", None, source)
            return "no_code"
        self._tries.passed(key)
        called = well_named(name)
        if called is None or self._registrar.named(called) is not None:
            return "bad_name"
        hashed = await new_hash(self._hasher, password, (called, self._campus))
        if not hashed.startswith("$"):
            return "busy" if hashed == "hasher_busy" else "weak_password"
        if not self._is_code(code):
            return "no_code"  # somebody was quicker
        account = Account(new_id("account"), called, "administrator", hashed)
        self._code = ""
        self._tell_condition("")
        self._tell(AccountAdded(account.id, account.role, called), account.id, Actor(account.id))
        if await self._keeper.keep(self._keeper.book.with_account(account)):
            await self.look_after_code()
        return "done"

    async def look_after_code(self) -> None:
        """See to it that a code lies in its file exactly as long as there is no administrator."""
        store = self._keeper.store
        try:
            if not self.needed:
                self._code = ""
                await in_a_thread("people: code", lambda: shelf.remove_code(store))
            elif not self._code:
                code = await in_a_thread("people: code", lambda: shelf.read_code(store))
                if len(code) < SHORTEST_CODE:
                    code = "-".join(secrets.token_hex(3).upper() for _ in range(5))
                    await in_a_thread("people: code", lambda: shelf.write_code(store, code))
                self._code = code
                said = "people.recovery_code" if self.recovering else "people.set_up_code"
                log.info(said, lies_in=str(store / shelf.CODE))
        except OSError as err:
            # Tried again in a minute: whoever waits for it sits at the box and sees why.
            log.error("people.set_up_code", detail=err.strerror)

    def _is_code(self, code: str) -> bool:
        plain = "".join(code.split()).upper().encode("utf-8", "replace")
        return bool(self._code) and self.needed and hmac.compare_digest(plain, self._code.encode())


def _has_administrator(book: Book) -> bool:
    return any(one.role == "administrator" for one in book.accounts.values())
