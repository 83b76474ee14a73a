"""Who may speak for a campus: a token signed by the hub, or a client certificate whose key is enrolled.

A token is checked by its signature alone, without the database, but for the list of those that ended before their time. What is
wrong with one that the hub did not sign is told to nobody: no such campus, another campus's and nonsense are one answer.
"""

import base64
import binascii
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from edge.district.api import Campus, NewToken
from edge.hub.database import Connection, Database
from edge.journal.canonical import canonical
from edge.journal.keys import SigningKey, holds

PREFIX: Final = "ce1"
LIFE: Final = timedelta(days=400)
EARLY: Final = timedelta(minutes=5)
"""By how much the clocks of two hubs may differ."""
LONGEST: Final = 2_048
REMEMBERED: Final = 20_000
"""Tokens whose signature was checked already: one of each campus."""
REVOKED: Final = "campus_edge_revoked"
"""The channel on which processes of the hub tell each other of a token or certificate that ended."""

FAILURES: Final = 20
"""Of one source within `WITHIN_S`; more are answered 429. Who has a right is let in all the same: behind a balancer, all
campuses are one source."""
WITHIN_S: Final = 60.0
MOST_SOURCES: Final = 10_000


class Denied(Exception):
    """code: `not_allowed`, or `revoked` for a token that the hub did sign."""

    def __init__(self, code: str = "not_allowed") -> None:
        super().__init__(code)
        self.code = code


class Claims(msgspec.Struct, frozen=True):
    """What a token says. since, until: seconds of UTC. replaces: serial of the one that ends when this is first used."""

    campus: Campus
    serial: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    since: int
    until: int
    replaces: str | None = None


_decode: Final = msgspec.json.Decoder(Claims).decode


def token(key: SigningKey, claims: Claims) -> str:
    """`ce1.CLAIMS.SIGNATURE`, both base64url without padding; signed is all before the last dot."""
    said = f"{PREFIX}.{_coded(canonical(msgspec.to_builtins(claims)))}"
    return f"{said}.{_coded(key.sign(said.encode('ascii')))}"


def read(text: str, pem: str) -> Claims:
    """The claims of a token that the hub's key signed, whatever the time. Raises Denied."""
    said, _, signature = text.rpartition(".")
    prefix, _, claims = said.partition(".")
    try:
        if (
            len(text) > LONGEST
            or prefix != PREFIX
            or not holds(pem, _decoded(signature), said.encode("ascii"))
        ):
            raise Denied
        return _decode(_decoded(claims))
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise Denied from None


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))


class Gate:
    """Lets campuses in. Belongs to one process: what it remembers can be forgotten at any time."""

    def __init__(self, database: Database, key: SigningKey) -> None:
        self._database = database
        self._key = key
        self._read: OrderedDict[bytes, Claims] = OrderedDict()
        self._used: OrderedDict[str, None] = OrderedDict()
        self._ended: frozenset[str] = frozenset()
        self._certificates: Mapping[bytes, frozenset[str]] = {}

    async def learn(self) -> None:
        """Read the tokens that ended before their time, and the certificates that did not. At the start, when told, and when
        nobody could tell.
        """
        async with self._database.of_district() as district:
            ended = await district.fetch(
                "SELECT serial FROM token WHERE revoked IS NOT NULL AND until > now()"
            )
            enrolled = await district.fetch("SELECT spki, campus FROM certificate WHERE revoked IS NULL")
        certificates: dict[bytes, set[str]] = {}
        for row in enrolled:
            certificates.setdefault(bytes(row["spki"]), set()).add(row["campus"])
        self._ended = frozenset(row["serial"] for row in ended)
        self._certificates = {spki: frozenset(campuses) for spki, campuses in certificates.items()}

    def certified(self, campus: str, spki: bytes) -> None:
        """A client certificate, which TLS has checked already, speaks for this campus. Raises Denied."""
        # Looked up by its hash: what the lookup's time tells is of a number that is no secret.
        if campus not in self._certificates.get(spki, frozenset()):
            raise Denied

    def shown(self, campus: str, text: str, now_s: float | None = None) -> Claims:
        """The claims of a token that speaks for this campus now. Raises Denied."""
        claims = self._signed(text)
        if not secrets.compare_digest(claims.campus, campus):
            raise Denied
        now_s = time.time() if now_s is None else now_s
        if (
            claims.serial in self._ended
            or now_s >= claims.until
            or now_s < claims.since - EARLY.total_seconds()
        ):
            raise Denied("revoked")
        return claims

    def _signed(self, text: str) -> Claims:
        # Remembered by its hash: a token itself stays nowhere, and a comparison's time tells nothing of one.
        known_by = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        claims = self._read.get(known_by)
        if claims is None:
            claims = read(text, self._key.public_pem)
            self._read[known_by] = claims
            if len(self._read) > REMEMBERED:
                self._read.popitem(last=False)
        return claims

    async def used(self, claims: Claims) -> None:
        """A token was shown: where it replaces another, that one ends, and so does what else was to replace it."""
        if claims.replaces is None or claims.serial in self._used:
            return
        async with self._database.of_campus(claims.campus) as connection:
            first = await connection.fetchval(
                "UPDATE token SET used = now() WHERE campus = $1 AND serial = $2 AND used IS NULL RETURNING serial",
                claims.campus,
                claims.serial,
            )
            if first is not None:
                await connection.execute(
                    "UPDATE token SET revoked = now() WHERE campus = $1 AND serial <> $2 AND revoked IS NULL "
                    "AND (serial = $3 OR replaces = $3)",
                    claims.campus,
                    claims.serial,
                    claims.replaces,
                )
                await tell_of_end(connection)
        self._used[claims.serial] = None
        if len(self._used) > REMEMBERED:
            self._used.popitem(last=False)

    async def renew(self, claims: Claims) -> NewToken:
        """A token in the place of the one that was shown, which goes on until the new one was used."""
        async with self._database.of_campus(claims.campus) as connection:
            return await issue(connection, self._key, claims.campus, replaces=claims.serial)


async def issue(
    connection: Connection,
    key: SigningKey,
    campus: str,
    *,
    replaces: str | None = None,
    life: timedelta = LIFE,
) -> NewToken:
    """A new token of a campus that is enrolled."""
    now = datetime.now(UTC).replace(microsecond=0)
    until = now + life
    claims = Claims(campus, secrets.token_hex(16), int(now.timestamp()), int(until.timestamp()), replaces)
    await connection.execute(
        "INSERT INTO token (campus, serial, until, replaces) VALUES ($1, $2, $3, $4)",
        campus,
        claims.serial,
        until,
        replaces,
    )
    return NewToken(token(key, claims), until.isoformat().replace("+00:00", "Z"))


async def tell_of_end(connection: Connection) -> None:
    """Every process reads the list again once this transaction is committed."""
    await connection.execute(f"NOTIFY {REVOKED}")


class Failures:
    """How often a source was denied of late. Bounded; what it forgets costs nobody anything."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, list[float]] = OrderedDict()

    def note(self, source: str, now_s: float) -> bool:
        """One more. Whether these are too many."""
        times = [at for at in self._seen.pop(source, ()) if now_s - at < WITHIN_S][-FAILURES:]
        times.append(now_s)
        self._seen[source] = times
        if len(self._seen) > MOST_SOURCES:
            self._seen.popitem(last=False)
        return len(times) > FAILURES
