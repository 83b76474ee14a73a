"""Accounts and tokens, for who may change them: added, disabled, given new factors, revoked; each an event."""

import secrets
import unicodedata
from collections.abc import Callable
from typing import Final, Literal, cast

from msgspec.structs import replace

from edge.people import codes, totp
from edge.people.book import Account, Book, Token, digest
from edge.people.factors import Factors
from edge.people.hashing import Hasher, NotHashed
from edge.people.keeper import Keeper
from edge.people.passwords import new_hash
from rules.model.account_facts import (
    AccountAdded,
    AccountChanged,
    AccountFact,
    AccountFactorsRemoved,
    AccountRoleChanged,
    ChangeWord,
    SessionEnded,
    TokenBound,
    TokenCreated,
    TokenRevoked,
)
from rules.model.ids import Actor
from rules.model.moments import Instant
from rules.model.values import dataclass
from rules.rights import GIVEN, Right, RightsTable, Role

LONGEST_NAME: Final = 64
LONGEST_TOKEN_S: Final = 100 * 366 * 86_400
"""What is to hold longer never ends, and says so; and no calendar has to show a moment that it does not know."""
PREFIX: Final = "ce_"
"""Of every token, so that a scanner of leaked secrets can find one."""

Tell = Callable[[AccountFact, str, Actor], None]
"""Enters a fact in the journal: the fact, its subject, who did it."""
Refused = Literal[
    "bad_name",
    "name_taken",
    "bad_role",
    "password_short",
    "password_long",
    "password_common",
    "unknown_user",
    "last_administrator",
    "unknown_token",
    "bad_expiry",
    "room_needs_device",
    "hasher_busy",
    "accounts_not_read",
]


@dataclass(frozen=True, slots=True)
class Done:
    """durable False: it holds from now on, and the disk took nothing yet. secret: shown once, and kept nowhere."""

    id: str
    durable: bool
    secret: tuple[str, ...] = ()


class Registrar:
    """Belongs to the loop's thread. Every change holds at once, on disk or not."""

    def __init__(
        self, keeper: Keeper, hasher: Hasher, tell: Tell, campus: str, now: Callable[[], Instant]
    ) -> None:
        self._keeper = keeper
        self._hasher = hasher
        self._tell = tell
        self._campus = campus
        self._now = now

    @property
    def book(self) -> Book:
        """All that is known now."""
        return self._keeper.book

    def named(self, name: str) -> Account | None:
        """The account of a name, however it is written."""
        wanted = _folded(name[: 4 * LONGEST_NAME])
        return next((one for one in self.book.accounts.values() if _folded(one.name) == wanted), None)

    def anybody(self, table: RightsTable, right: Right) -> bool:
        """Whether an account in use has a right and a second factor to prove itself by."""
        return any(
            table.may(cast("Role", one.role), right) and Factors.has_one(one)
            for one in self.book.accounts.values()
            if not one.disabled
        )

    def newcomer(self, name: str, role: str) -> tuple[str, "Refused | None"]:
        """A name as it is kept, and why nobody can be added by it in this role; None: somebody can."""
        called = well_named(name)
        if called is None:
            return "", "bad_name"
        if role not in GIVEN:
            return called, "bad_role"
        return called, "name_taken" if self.named(called) is not None else None

    async def add(self, actor: Actor, name: str, role: str, password: str) -> Done | Refused:
        """Add a person."""
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        called, why_not = self.newcomer(name, role)
        if why_not is not None:
            return why_not
        hashed = await self._hashed(password, called)
        if not hashed.startswith("$"):
            return cast("Refused", hashed)
        if self.named(called) is not None:
            return "name_taken"
        account = Account(new_id("account"), called, role, hashed)
        self._tell(AccountAdded(account.id, role, called), account.id, actor)
        return Done(account.id, await self._keeper.keep(self.book.with_account(account)))

    async def set_password(self, actor: Actor, name: str, password: str) -> Done | Refused:
        """Give a person another password; all their sessions end."""
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        account = self.named(name)
        if account is None:
            return "unknown_user"
        hashed = await self._hashed(password, account.name)
        if not hashed.startswith("$"):
            return cast("Refused", hashed)
        return await self.take_password(actor, account.id, hashed)

    async def take_password(self, actor: Actor, account: str, hashed: str, keep: str = "") -> Done | Refused:
        """Have a person's password be another one, by its hash; an invitation is used up by it.

        All their sessions end but `keep`.
        """
        now = self.book.accounts.get(account)
        if now is None:
            return "unknown_user"
        changed = replace(now, password=hashed, invitation="", invited_until_utc_s=0)
        return await self._changed(actor, changed, "password", ends=True, keep=keep)

    async def enrolled(self, actor: Actor, account: str, secret: str, step: int) -> Done | Refused:
        """A shared secret counts from now on, its codes up to time step `step` used."""
        now = self.book.accounts.get(account)
        if now is None:
            return "unknown_user"
        return await self._changed(actor, replace(now, totp=secret, totp_step=step), "totp")

    async def sign_out_others(self, actor: Actor, keep: str) -> Done | Refused:
        """End all sessions of a person but one."""
        account = self.book.accounts.get(actor)
        if account is None:
            return "unknown_user"
        return Done(account.id, await self._keeper.keep(self._without(account, "signed_out", actor, keep)))

    async def disable(self, actor: Actor, name: str) -> Done | Refused:
        """Let a person do nothing any more, from this moment; all their sessions end, and an invitation with them."""
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        account = self.named(name)
        if account is None:
            return "unknown_user"
        if self._is_last_administrator(account):
            return "last_administrator"
        off = replace(account, disabled=True, invitation="", invited_until_utc_s=0)
        return await self._changed(actor, off, "disabled", ends=True)

    async def enable(self, actor: Actor, name: str) -> Done | Refused:
        """Let a person in again."""
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        account = self.named(name)
        if account is None:
            return "unknown_user"
        return await self._changed(actor, replace(account, disabled=False), "enabled")

    async def set_role(self, actor: Actor, name: str, role: str) -> Done | Refused:
        """Give a person another role, from this moment; their sessions have its rights.

        What a second person vouched for was the role before: a second factor is asked for anew.
        """
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        account = self.named(name)
        if account is None:
            return "unknown_user"
        if role not in GIVEN:
            return "bad_role"
        if role != "administrator" and self._is_last_administrator(account):
            return "last_administrator"
        self._tell(AccountRoleChanged(account.id, role), account.id, actor)
        book = self.book.with_account(replace(account, role=role))
        for one in self.book.sessions.values():
            if one.account == account.id and one.proven:
                book = book.with_session(replace(one, proven=False))
        return Done(account.id, await self._keeper.keep(book))

    async def remove_factors(self, actor: Actor, name: str) -> Done | Refused:
        """Take away what was lost, authenticator and printed codes; all their sessions end."""
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        account = self.named(name)
        if account is None:
            return "unknown_user"
        self._tell(AccountFactorsRemoved(account.id), account.id, actor)
        bare = replace(account, totp="", totp_step=0, salt="", codes=())
        return Done(
            account.id, await self._keeper.keep(self._without(account, "factors", actor).with_account(bare))
        )

    async def sign_out(self, actor: Actor, name: str) -> Done | Refused:
        """End all sessions of a person, who may sign in again."""
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        account = self.named(name)
        if account is None:
            return "unknown_user"
        return Done(account.id, await self._keeper.keep(self._without(account, "signed_out", actor)))

    async def new_totp(self, actor: Actor, name: str) -> Done | Refused:
        """Give a person a new shared secret for an authenticator app: (secret, URI for a QR code)."""
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        account = self.named(name)
        if account is None:
            return "unknown_user"
        secret = totp.new_secret()
        done = await self._changed(actor, replace(account, totp=secret, totp_step=0), "totp")
        return replaced(done, (secret, totp.uri(secret, self._campus, account.name)))

    async def new_codes(self, actor: Actor, name: str) -> Done | Refused:
        """Give a person ten new printed codes; those before them open nothing any more."""
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        account = self.named(name)
        if account is None:
            return "unknown_user"
        made, salt = codes.new_codes(), codes.new_salt()
        try:
            kept = await self._hasher.derive(salt, tuple(codes.typed(one) for one in made))
        except NotHashed:
            return "hasher_busy"
        now = self.book.accounts.get(account.id)
        if now is None:
            return "unknown_user"
        return replaced(await self._changed(actor, replace(now, salt=salt, codes=kept), "codes"), made)

    async def create_token(
        self, actor: Actor, name: str, role: str, expires_utc_s: int | None, room: str = ""
    ) -> Done | Refused:
        """Let a program in. room: that it is the screen of one room, or zone, and of no other."""
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        called = well_named(name)
        now_s = self._now().utc_us // 1_000_000
        if called is None:
            return "bad_name"
        if role not in GIVEN:
            return "bad_role"
        if any(_folded(one.name) == _folded(called) for one in self.book.tokens.values()):
            return "name_taken"
        if expires_utc_s is not None and not now_s < expires_utc_s <= now_s + LONGEST_TOKEN_S:
            return "bad_expiry"
        if room and role != "device":
            return "room_needs_device"
        secret = PREFIX + secrets.token_urlsafe(32)
        token = Token(new_id("token"), called, role, digest(secret), now_s, expires_utc_s, room)
        self._tell(TokenCreated(token.id, role, expires_utc_s, called), token.id, actor)
        if room:
            self._tell(TokenBound(token.id, room), token.id, actor)
        return Done(token.id, await self._keeper.keep(self.book.with_token(token)), (secret,))

    def in_days(self, days: int) -> int | None:
        """When something ends that is good for so many days, in seconds since 1970; None for 0: never."""
        return self._now().utc_us // 1_000_000 + days * 86_400 if days > 0 else None

    async def revoke_token(self, actor: Actor, name: str) -> Done | Refused:
        """Let a program, by its id or name, do nothing any more, from this moment."""
        if not await self._keeper.read_in_time():
            return "accounts_not_read"
        found = self.book.tokens.get(name) or next(
            (one for one in self.book.tokens.values() if _folded(one.name) == _folded(name)), None
        )
        if found is None:
            return "unknown_token"
        self._tell(TokenRevoked(found.id), found.id, actor)
        return Done(found.id, await self._keeper.keep(self.book.without_token(found.id)))

    def _is_last_administrator(self, account: Account) -> bool:
        """Whether nobody else could administer the box; who was invited and never came could not."""
        able = (one for one in self.book.accounts.values() if not one.disabled and one.password)
        others = (one for one in able if one.id != account.id)
        return account.role == "administrator" and not any(one.role == "administrator" for one in others)

    async def _hashed(self, password: str, name: str) -> str:
        """The hash, which begins with `$`; or why there is none."""
        return await new_hash(self._hasher, password, (name, self._campus))

    async def _changed(
        self, actor: Actor, account: Account, what: ChangeWord, *, ends: bool = False, keep: str = ""
    ) -> Done:
        self._tell(AccountChanged(account.id, what), account.id, actor)
        book = self._without(account, what, actor, keep) if ends else self.book
        return Done(account.id, await self._keeper.keep(book.with_account(account)))

    def _without(self, account: Account, code: str, actor: Actor, keep: str = "") -> Book:
        """The book without an account's sessions, `keep` left, each told of."""
        ended = {
            one.id for one in self.book.sessions.values() if one.account == account.id and one.id != keep
        }
        for one in sorted(ended):
            self._tell(SessionEnded(one, account.id, code), account.id, actor)
        return self.book.without_sessions(ended)


def replaced(done: Done, secret: tuple[str, ...]) -> Done:
    """What was done, with what is shown once."""
    return Done(done.id, done.durable, secret)


def new_id(of: Literal["account", "session", "token"]) -> str:
    """An id that says nothing."""
    return f"{of}:{secrets.token_hex(6)}"


def well_named(name: str) -> str | None:
    """A name as it is kept; None for none: empty, longer than 64, or with what cannot be seen or steers a terminal."""
    plain = " ".join(unicodedata.normalize("NFC", name).split())
    if not 0 < len(plain) <= LONGEST_NAME or not plain.isprintable():
        return None
    return plain


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
