"""Invitations: a one-use code with which a person sets their own password; who invites never knows it.

OWASP ASVS 5.0 V6.4.1 and V6.4.6: random, good for seven days or until it is used, kept as a digest alone.
"""

import hmac
import secrets
from collections.abc import Callable
from typing import Final, cast

from msgspec.structs import replace

from edge.people.book import Account, digest
from edge.people.codes import LETTERS
from edge.people.hashing import Hasher
from edge.people.keeper import Keeper
from edge.people.passwords import new_hash
from edge.people.proofs import NotSignedIn
from edge.people.registrar import Done, Refused, Registrar, Tell, new_id
from edge.people.tries import Tries, key_of
from rules.model.account_facts import AccountAdded, AccountInvited
from rules.model.ids import Actor
from rules.model.moments import Instant

GOOD_S: Final = 7 * 86_400
GROUPS: Final = 4
GROUP: Final = 6
"""Letters: 117 random bits in all, so that a plain digest keeps them (ASVS V6.5.2)."""


class Invitations:
    """Belongs to the loop's thread."""

    def __init__(
        self,
        keeper: Keeper,
        hasher: Hasher,
        registrar: Registrar,
        tries: Tries,
        tell: Tell,
        campus: str,
        now: Callable[[], Instant],
    ) -> None:
        self._keeper = keeper
        self._hasher = hasher
        self._registrar = registrar
        self._tries = tries
        self._tell = tell
        self._campus = campus
        self._now = now

    async def invite(self, actor: Actor, name: str, role: str) -> Done | Refused:
        """Add a person who has no password yet. The code is in the answer and nowhere else."""
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        called, why_not = self._registrar.newcomer(name, role)
        if why_not is not None:
            return why_not
        account = Account(new_id("account"), called, role, "")
        self._tell(AccountAdded(account.id, role, called), account.id, actor)
        return await self._invited(actor, account)

    async def invite_again(self, actor: Actor, name: str) -> Done | Refused:
        """Another code for somebody who is there; it ends the one before. What they have counts until they use it."""
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        account = self._registrar.named(name)
        return "unknown_user" if account is None else await self._invited(actor, account)

    async def accept(self, name: str, code: str, password: str, source: str) -> NotSignedIn | Refused | Done:
        """Set the password of who was invited; all sessions of theirs end, and the code with it.

        A weak password uses no code up. Each failed try is an event.
        """
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        account = self._registrar.named(name)
        key = key_of(source, "invitation", name, account)
        if waits := self._tries.begin("invitation", key):
            return NotSignedIn("wait", waits)
        if account is None or not self._opens(account, code):
            self._tries.failed("invitation", "wrong", account, source)
            return NotSignedIn("wrong")
        self._tries.passed(key)
        hashed = await new_hash(self._hasher, password, (account.name, self._campus))
        if not hashed.startswith("$"):
            return cast("Refused", hashed)
        now = self._keeper.book.accounts.get(account.id)
        if now is None or not self._opens(now, code):
            return NotSignedIn("wrong")  # somebody was quicker
        return await self._registrar.take_password(Actor(now.id), now.id, hashed)

    async def _invited(self, actor: Actor, account: Account) -> Done:
        code = "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
        until_s = self._now().utc_us // 1_000_000 + GOOD_S
        self._tell(AccountInvited(account.id, until_s), account.id, actor)
        invited = replace(account, invitation=digest(_typed(code)), invited_until_utc_s=until_s)
        book = self._keeper.book.with_account(invited)
        return Done(account.id, await self._keeper.keep(book), (code,))

    def _opens(self, account: Account, code: str) -> bool:
        good = self._now().utc_us < account.invited_until_utc_s * 1_000_000
        same = hmac.compare_digest(account.invitation, digest(_typed(code)))
        return bool(account.invitation) and good and same and not account.disabled


def _typed(code: str) -> str:
    """A code as somebody typed it, in the one form that is compared."""
    return "".join(one for one in code[:200].upper() if one in LETTERS)
