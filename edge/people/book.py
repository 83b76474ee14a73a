"""What is kept of persons and programs: accounts, tokens, sessions; and its form in the file, with a checksum.

Roles are kept as words: one that this version does not know has no right, and makes no file unreadable.
"""

import hashlib
from typing import Final

import msgspec

LONGEST_BYTES: Final = 32 * 1024 * 1024


class Account(msgspec.Struct, frozen=True):
    """A person. id: opaque, `account:…`; it stands in every record in place of the name."""

    id: str
    name: str
    role: str
    password: str
    """Argon2id, in its PHC string form; `""`: none yet, its person was invited."""
    totp: str = ""
    """The shared secret in base32; `""`: none."""
    totp_step: int = 0
    """The last time step that was used: no code counts twice (RFC 6238 section 5.2)."""
    salt: str = ""
    codes: tuple[str, ...] = ()
    """Argon2id digests of the printed codes that are left, all with `salt`."""
    disabled: bool = False
    invitation: str = ""
    """SHA-256 of the one-use code with which its person sets a password; `""`: none."""
    invited_until_utc_s: int = 0


class Token(msgspec.Struct, frozen=True):
    """A program. digest: SHA-256 of what it sends. expires_utc_s: seconds since 1970, or never.

    room: of a room's screen, the one that it may be; `""`: any.
    """

    id: str
    name: str
    role: str
    digest: str
    made_utc_s: int
    expires_utc_s: int | None = None
    room: str = ""


class Session(msgspec.Struct, frozen=True):
    """A signed-in browser. digest: SHA-256 of its cookie. Times in microseconds, of the wall and of `boot`'s clock."""

    id: str
    digest: str
    account: str
    boot: str
    opened_utc_us: int
    opened_mono_us: int
    seen_utc_us: int
    seen_mono_us: int
    locked: bool = False
    """Too many wrong codes were tried in it: it may start and acknowledge, as one that ran out."""
    proven: bool = False
    """Whether a second factor was proven in it; in a file of an earlier version nothing says so, and it was not."""
    before: str = ""
    """SHA-256 of the cookie that it had before a second factor was proven: good for a call for help, and nothing else."""


class Book(msgspec.Struct, frozen=True):
    """Everything, each by its id. Immutable: a change is another book."""

    version: int = 1
    accounts: dict[str, Account] = {}
    tokens: dict[str, Token] = {}
    sessions: dict[str, Session] = {}

    def with_account(self, account: Account) -> "Book":
        """This book with one account added or changed."""
        return msgspec.structs.replace(self, accounts={**self.accounts, account.id: account})

    def with_session(self, session: Session) -> "Book":
        """This book with one session added or changed."""
        return msgspec.structs.replace(self, sessions={**self.sessions, session.id: session})

    def without_sessions(self, ended: set[str]) -> "Book":
        """This book without these sessions."""
        left = {one: session for one, session in self.sessions.items() if one not in ended}
        return msgspec.structs.replace(self, sessions=left)

    def with_token(self, token: Token) -> "Book":
        """This book with one token added."""
        return msgspec.structs.replace(self, tokens={**self.tokens, token.id: token})

    def without_token(self, token: str) -> "Book":
        """This book without one token."""
        left = {one: kept for one, kept in self.tokens.items() if one != token}
        return msgspec.structs.replace(self, tokens=left)


class Damaged(Exception):
    """The file is not whole, or not ours."""


def written(book: Book) -> bytes:
    """The book as one line of JSON, and a line with its SHA-256."""
    body = msgspec.json.encode(book)
    return body + b"\n" + hashlib.sha256(body).hexdigest().encode() + b"\n"


def read(data: bytes) -> Book:
    """The book in `data`. Raises Damaged."""
    body, _, tail = data.partition(b"\n")
    if tail.strip() != hashlib.sha256(body).hexdigest().encode():
        raise Damaged("its checksum does not hold")
    try:
        return msgspec.json.decode(body, type=Book)
    except msgspec.MsgspecError as err:
        raise Damaged("it is of another form") from err


def digest(secret: str) -> str:
    """SHA-256 of a secret of 256 random bits: nothing slower is needed for what cannot be guessed."""
    # What somebody sends may be no text at all: it is nobody's, and no failure of ours.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
