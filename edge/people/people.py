"""Accounts, sessions, tokens and second factors behind one door: what the page, the API and the socket ask of them."""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

import structlog
from msgspec.structs import replace

from drivers.clock import instant
from edge.config.pack_rights import shipped_rights
from edge.people.book import Account, Session, digest
from edge.people.caller import Caller
from edge.people.callers import Callers, LiveSince
from edge.people.factors import Factors
from edge.people.hashing import Hasher, NotHashed
from edge.people.invitations import Invitations
from edge.people.keeper import AGAIN_S, Condition, Keeper
from edge.people.loose_screens import LooseScreens
from edge.people.own import Own
from edge.people.passwords import right
from edge.people.proofs import BUSY_WAIT_S, Factor, NotSignedIn, Proofs
from edge.people.registrar import Done, Refused, Registrar, Tell, new_id
from edge.people.releases import Releases
from edge.people.set_up import HadAccounts, SettingUp, SetUp
from edge.people.tries import Tries, Why, key_of
from rules.model.account_facts import AccountFact, SessionEnded, SessionOpened
from rules.model.ids import Actor
from rules.model.moments import Instant
from rules.model.values import dataclass
from rules.rights import Right, RightsTable, Role

__all__ = ["Factor", "NotSignedIn", "People", "SetUp", "SignedIn", "Why"]

KEEP_EVERY_S: Final = 60.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """cookie: the session's secret, given to the browser once and kept nowhere but as its SHA-256."""

    caller: Caller
    cookie: str
    name: str


class People:
    """Belongs to the loop's thread; hashing runs in a worker process, files are written in a thread.

    campus: its name, for authenticator apps and for passwords that it makes weak; campus_id: its id, for the record.
    tell: enters a fact in the journal. condition: turns a condition of the box. boot: of the machine.
    again_s: after how long a disk that refused is asked again.
    """

    def __init__(
        self,
        store: Path,
        *,
        campus: str = "campus-edge",
        campus_id: str = "campus-edge",
        hasher: Hasher | None = None,
        tell: Tell | None = None,
        condition: Condition | None = None,
        live_since: LiveSince | None = None,
        had_accounts: HadAccounts | None = None,
        now: Callable[[], Instant] = instant,
        boot: str = "",
        rights: RightsTable | None = None,
        again_s: float = AGAIN_S,
    ) -> None:
        self._rights = table = rights or shipped_rights()
        tell = tell or _nothing
        self._hasher = hasher or Hasher()
        self._tell = tell
        self._now = now
        self._boot = boot
        self._keeper = Keeper(store, condition or _unsaid, again_s=again_s)
        self._factors = Factors(self._keeper, self._hasher)
        self._tries = Tries(tell, campus_id, now)
        self._callers = Callers(self._keeper, table, live_since or _never, now, boot)
        self.registrar = Registrar(self._keeper, self._hasher, tell, campus, now)
        """Accounts and tokens, for who may change them."""
        self.invitations = Invitations(
            self._keeper, self._hasher, self.registrar, self._tries, tell, campus, now
        )
        """Accounts whose person sets the password."""
        self._setting_up = SettingUp(
            self._keeper,
            self._hasher,
            self.registrar,
            self._tries,
            tell,
            campus,
            condition or _unsaid,
            had_accounts or _never_had,
        )
        who = (self.registrar, self._callers, self._tries, table, tell, now)
        self._proofs = Proofs(self._keeper, self._hasher, *who)
        self.own = Own(
            self._keeper,
            self._hasher,
            self._factors,
            self._proofs,
            self.registrar,
            self._callers,
            self._tries,
            campus,
            now,
        )
        """One's own account, for who is signed in."""
        self.screens = LooseScreens(self._keeper, condition or _unsaid)
        """Rooms' screens by a token that is bound to no room."""
        self._releases = Releases(self._keeper, self._factors, self._proofs, *who)

    # --- its life -----------------------------------------------------------------------------

    async def load(self) -> None:
        """Read the file, and lay down a set-up code where there is no administrator."""
        await self._keeper.load()
        await self._setting_up.look_for_lost()
        await self._setting_up.look_after_code()

    async def run(self) -> None:
        """Load, then keep what changes by itself: when sessions were last used, which are too old."""
        await self.load()
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            await self.keep_up()

    async def keep_up(self) -> None:
        """What `run` does every minute."""
        self._callers.write_down()
        self._tries.tell_turned_away()
        old = self._callers.too_old()
        if old:
            self._end(old, "old", Actor("rule"))
            self._keeper.put(self._keeper.book.without_sessions({one.id for one in old}))
        if self._setting_up.recovering:
            # Nobody could be asked before.
            await self._setting_up.look_for_lost()
        await self._setting_up.look_after_code()
        self.screens.weigh()

    async def until_loaded(self, patience_s: float) -> None:
        """Wait for the file to be read, but no longer than this: a page must not hang by a disk."""
        if not await self._keeper.read_in_time(patience_s):
            log.error("people.not_loaded", after_s=patience_s)

    async def close(self, timeout_s: float = 1.0) -> None:
        """Bring what is left to disk, and end the worker."""
        if self._keeper.loaded.is_set():
            self._callers.write_down()
        await self._keeper.close(timeout_s)
        await self._hasher.close()

    # --- who asks -----------------------------------------------------------------------------

    def by_cookie(self, cookie: str) -> Caller | None:
        """The session's caller, `lapsed` where it ran out or was locked; None: unknown or revoked."""
        return self._callers.by_cookie(cookie)

    def by_bearer(self, token: str) -> Caller | None:
        """The token's caller; None: unknown, revoked, expired."""
        caller = self._callers.by_bearer(token)
        if caller is None:
            self._tries.turned_away("token")
        return caller

    def still(self, caller: Caller) -> Caller | None:
        """Who somebody is by now, for what lasts longer than a request, such as a stream; it counts as no use."""
        match caller.by:
            case "session":
                return self._callers.session(caller.session, used=False)
            case "token":
                return self._callers.program(caller.actor)
            case "socket":
                return caller

    def name_of(self, caller: Caller) -> str:
        """The name to greet and to sign with; `""` where none is known."""
        book = self._keeper.book
        account, token = book.accounts.get(caller.actor), book.tokens.get(caller.actor)
        return account.name if account is not None else token.name if token is not None else ""

    def has_factor(self, caller: Caller) -> bool:
        """Whether somebody has a second factor to give."""
        account = self._keeper.book.accounts.get(caller.actor)
        return account is not None and self._factors.has_one(account)

    # --- signing in and out -------------------------------------------------------------------

    def anybody(self, right: Right) -> bool:
        """Whether somebody can be named who may do this: an account in use, with the right and a second factor."""
        return self.registrar.anybody(self._rights, right)

    async def sign_in(self, name: str, password: str, code: str, source: str) -> SignedIn | NotSignedIn:
        """Open a session. source: the client's address. Each failed try is an event.

        code: asked of accounts that have a time-based code; a printed one stands in for it. Who has printed ones alone
        may give one, so that a second factor is proven from the start.
        """
        if not await self._keeper.read_in_time():
            return NotSignedIn("wait", BUSY_WAIT_S)
        account = self.registrar.named(name)
        key = key_of(source, "sign_in", name, account)
        if waits := self._tries.begin("sign_in", key):
            return NotSignedIn("wait", waits)
        used: str | None = "password"
        try:
            async with self._tries.judging(key, stranger=True):
                held = await right(self._hasher, account, password)
                account = None if account is None else self._keeper.book.accounts.get(account.id)
                asks = account is not None and (account.totp or (code and account.codes))
                if held and account is not None and not account.disabled and asks:
                    used = await self._factors.use(account.id, code, self._now().utc_us / 1e6)
        except NotHashed:
            self._tries.unjudged("sign_in", key)
            return NotSignedIn("wait", BUSY_WAIT_S)
        if account is None or not held or used is None:
            return self._refused("wrong", account, source)
        if account.disabled:
            return self._refused("disabled", account, source)
        self._tries.passed(key)
        return await self._open(account, used, source)

    async def welcome(
        self, name: str, code: str, password: str, source: str
    ) -> SignedIn | NotSignedIn | Refused | None:
        """Set the password of who was invited, and sign them in; None: it is set, and their second factor is asked for."""
        made = await self.invitations.accept(name, code, password, source)
        if not isinstance(made, Done):
            return made
        account = self._keeper.book.accounts.get(made.id)
        if account is None or account.disabled or self._factors.has_one(account):
            return None
        return await self._open(account, "password", source)

    async def sign_out(self, caller: Caller) -> None:
        """End the caller's session; its cookie opens nothing from now on.

        Who has but the cookie of before ends that one alone: not the session of who proved a second factor in it.
        """
        session = self._keeper.book.sessions.get(caller.session)
        if session is not None and caller.replaced:
            await self._keeper.keep(self._keeper.book.with_session(replace(session, before="")))
        elif session is not None:
            self._end([session], "signed_out", caller.actor)
            await self._keeper.keep(self._keeper.book.without_sessions({session.id}))

    async def confirm(self, caller: Caller, factor: Factor, source: str) -> NotSignedIn | None:
        """Prove a second factor in a session that was opened without; None: it is proven, and `renew` its cookie."""
        proof = await self._proofs.confirm(caller, factor, source)
        return proof if isinstance(proof, NotSignedIn) else None

    async def renew(self, caller: Caller) -> str:
        """The other cookie of a session that came to more rights by what this caller did, once; `""`: it did not."""
        return await self._proofs.renew(caller)

    # --- the first administrator --------------------------------------------------------------

    @property
    def needs_set_up(self) -> bool:
        """Whether no administrator exists yet: the set-up page is served, and the code lies in its 0600 file."""
        return self._setting_up.needed

    @property
    def recovering(self) -> bool:
        """Whether the set-up code is no fresh start: there were accounts on this box, and they are gone."""
        return self._setting_up.recovering

    async def set_up(self, code: str, name: str, password: str, source: str) -> SetUp:
        """Make the first administrator with the one-use code from its file; the file is gone with it."""
        return await self._setting_up.set_up(code, name, password, source)

    async def first_codes(self, name: str) -> tuple[str, ...]:
        """Ten printed codes of the administrator that was just set up, for the page that ends it; empty: not now."""
        account = self.registrar.named(name)
        if account is None or self._factors.has_one(account):
            return ()
        made = await self.registrar.new_codes(Actor(account.id), account.name)
        return made.secret if isinstance(made, Done) else ()

    # --- releasing ----------------------------------------------------------------------------

    async def open_release(self, caller: Caller, factor: Factor, source: str) -> NotSignedIn | int:
        """Open five minutes in which this session may release named doors; the seconds left."""
        return await self._releases.open(caller, factor, source)

    @property
    def releasing(self) -> bool:
        """Whether anybody's five minutes for releasing doors are open."""
        return self._releases.any_open

    def release_left_s(self, caller: Caller) -> int:
        """Seconds left of the caller's release session; 0: none is open."""
        return self._releases.left_s(caller)

    def release_second(self, caller: Caller) -> str:
        """The account of the second named person with whom the caller's release session was opened; `""`: none."""
        return self._releases.second(caller)

    def incident_began(self, *, silent: bool) -> None:
        """Another incident: release sessions that were opened before it end, for whoever may know of it."""
        self._releases.incident_began(silent=silent)

    async def vouched(
        self, name: str, code: str, asking: Actor, source: str, right: Right = "release"
    ) -> Caller | NotSignedIn:
        """Who acts over the local socket: a named account that may, with its own code, for this one request."""
        return await self._releases.vouched(name, code, asking, source, right)

    # --- inside -------------------------------------------------------------------------------

    def _refused(self, why: Why, account: Account | None, source: str) -> NotSignedIn:
        self._tries.failed("sign_in", why, account, source)
        return NotSignedIn(why)

    async def _open(self, account: Account, used: str, source: str) -> SignedIn:
        now, cookie, actor = self._now(), secrets.token_urlsafe(32), Actor(account.id)
        times = (now.utc_us, now.mono_us)
        session = Session(
            new_id("session"),
            digest(cookie),
            account.id,
            self._boot,
            *times,
            *times,
            proven=used != "password",
        )
        surplus = self._callers.surplus(account.id)
        self._end(surplus, "too_many", actor)
        self._tell(SessionOpened(session.id, account.id, used, source), account.id, actor)
        book = self._keeper.book.without_sessions({one.id for one in surplus})
        await self._keeper.keep(book.with_session(session))
        role = cast("Role", account.role)
        quiet = self._callers.quiet(role)
        caller = Caller(actor, role, "session", session=session.id, proven=session.proven, quiet=quiet)
        return SignedIn(caller, cookie, account.name)

    def _end(self, ended: list[Session], code: str, actor: Actor) -> None:
        for one in ended:
            self._releases.forget(one.id)
            self._proofs.forget(one.id)
            self.own.forget(one.id)
            self._tell(SessionEnded(one.id, one.account, code), one.account, actor)


def _nothing(fact: AccountFact, subject: str, actor: Actor) -> None:
    """No journal listens."""


def _unsaid(code: str, active: bool, args: tuple[str, ...]) -> None:
    """No flags are shown."""


def _never(silent: bool) -> Instant | None:
    return None


async def _never_had() -> bool | None:
    """No record is asked."""
    return False
