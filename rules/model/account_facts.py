"""What is remembered of accounts, programs and sessions; read `facts` first.

Ids are opaque. Names and addresses are sealed; what somebody typed as a name is kept nowhere: it may be a password.
"""

from typing import ClassVar, Literal

from rules.model.values import dataclass

ChangeWord = Literal["disabled", "enabled", "password", "totp", "codes"]
TriedWord = Literal["sign_in", "release", "set_up", "token"]


@dataclass(frozen=True, slots=True)
class AccountAdded:
    KIND: ClassVar[str] = "account.added/1"
    SEALED: ClassVar[tuple[str, ...]] = ("name",)
    account: str
    role: str
    name: str


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """`totp` and `codes`: new ones were given out, and those before them open nothing any more."""

    KIND: ClassVar[str] = "account.changed/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    account: str
    what: ChangeWord


@dataclass(frozen=True, slots=True)
class SessionOpened:
    KIND: ClassVar[str] = "session.opened/1"
    SEALED: ClassVar[tuple[str, ...]] = ("source",)
    session: str
    account: str
    factor: str
    """`password`, or `totp` or `code` beside it."""
    source: str


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """`code`: `signed_out`, `disabled`, `password`, `too_many`, `old`; `locked` by wrong codes leaves starting."""

    KIND: ClassVar[str] = "session.ended/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    session: str
    account: str
    code: str


@dataclass(frozen=True, slots=True)
class SignInFailed:
    """One try that was judged, or `tries` that were turned away unjudged since the last such event."""

    KIND: ClassVar[str] = "sign_in.failed/1"
    SEALED: ClassVar[tuple[str, ...]] = ("source",)
    what: TriedWord
    why: str
    account: str | None
    tries: int
    source: str


@dataclass(frozen=True, slots=True)
class TokenCreated:
    KIND: ClassVar[str] = "token.created/1"
    SEALED: ClassVar[tuple[str, ...]] = ("name",)
    token: str
    role: str
    expires_utc_s: int | None
    name: str


@dataclass(frozen=True, slots=True)
class TokenBound:
    """A token that was just made is for the screen of one room, or zone, and no other."""

    KIND: ClassVar[str] = "token.bound/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    token: str
    room: str


@dataclass(frozen=True, slots=True)
class TokenRevoked:
    KIND: ClassVar[str] = "token.revoked/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    token: str


@dataclass(frozen=True, slots=True)
class ReleaseOpened:
    """A second factor was right. seconds 0: for the one release that was asked for with it, over the local socket.

    second: the other named person's account, where two opened it together.
    """

    KIND: ClassVar[str] = "release.opened/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    session: str
    account: str
    factor: Literal["totp", "code", "person"]
    second: str | None
    seconds: int


@dataclass(frozen=True, slots=True)
class SessionConfirmed:
    """A second factor was proven in a session that was opened without one: `totp`, `code` or `person`.

    second: the other named person's account, where two confirmed it together.
    """

    KIND: ClassVar[str] = "session.confirmed/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    session: str
    account: str
    factor: str
    second: str | None


@dataclass(frozen=True, slots=True)
class AccountInvited:
    """A one-use code was made, with which its person sets a password; the one before it opens nothing any more."""

    KIND: ClassVar[str] = "account.invited/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    account: str
    until_utc_s: int


@dataclass(frozen=True, slots=True)
class AccountRoleChanged:
    KIND: ClassVar[str] = "account.role_changed/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    account: str
    role: str


@dataclass(frozen=True, slots=True)
class AccountFactorsRemoved:
    """Authenticator and printed codes open nothing any more, and none took their place."""

    KIND: ClassVar[str] = "account.factors_removed/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    account: str


@dataclass(frozen=True, slots=True)
class ProofFailed:
    """As `SignInFailed`, of what is proven by who is signed in already, or invited.

    `what`: `confirm`, `password` (the present one, for a change of one's own account) or `invitation`.
    """

    KIND: ClassVar[str] = "session.proof_failed/1"
    SEALED: ClassVar[tuple[str, ...]] = ("source",)
    what: str
    why: str
    account: str | None
    tries: int
    source: str


AccountFact = (
    AccountAdded
    | AccountChanged
    | SessionOpened
    | SessionEnded
    | SignInFailed
    | TokenCreated
    | TokenBound
    | TokenRevoked
    | ReleaseOpened
    | SessionConfirmed
    | ProofFailed
    | AccountInvited
    | AccountRoleChanged
    | AccountFactorsRemoved
)
