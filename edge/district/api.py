"""What campus and hub say to each other over HTTPS besides batches: JSON, bounded, the same shapes on both sides. Pure.

Contract section 7. Every request of a campus is below `/v1/campuses/{campus}/` and bears `Authorization: Bearer <token>` or
a client certificate. A refusal is a problem (RFC 9457) of media type `application/problem+json`, its `code` one of `CODES`.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from edge.district.wire import Code, Epoch, Hash, Seq

EVENTS: Final = "/v1/campuses/{campus}/events"
"""POST a batch (`wire.packed`): 200 `Taken`; 409 `gap`, `fork`, `cloned`; 413; 429 and 503 with `Retry-After`."""
LIVE: Final = "/v1/campuses/{campus}/live"
"""POST events of a live incident, ahead of the main lane (`wire.packed_live`): 200 `TakenLive`; 409 `fork`."""
POSITION: Final = "/v1/campuses/{campus}/position"
"""GET where the hub stands: 200 `Position`."""
CHECKPOINTS: Final = "/v1/campuses/{campus}/checkpoints"
"""POST `Checkpoints`, of events that were taken: 200 `Countersigned`; 409 `fork` where one is of another chain."""
FILES: Final = "/v1/campuses/{campus}/files/{sha256}"
"""HEAD: `Upload-Offset`, how many bytes are there, and `Upload-Length`; PATCH from there: see `edge.district.files`."""
DIRECTIVES: Final = "/v1/campuses/{campus}/directives"
"""GET `?after=N&wait=S` (S up to 30): 200 `Directives`, at once where there are any, else when one comes or the wait ends."""
TOKEN: Final = "/v1/campuses/{campus}/token"  # noqa: S105  # a path
"""POST nothing: 200 `NewToken`; the old one goes on until the new one was used, or it ends by itself."""

CODES: Final = (
    "gap", "fork", "cloned", "halted", "form", "hash", "too_large", "unknown_campus", "not_allowed", "revoked", "busy",
)  # fmt: skip

Campus = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
Signature = Annotated[str, Meta(pattern="^[0-9a-f]{128}$")]
KeyId = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
Time = Annotated[str, Meta(max_length=40)]
"""RFC 3339, UTC."""


class Place(msgspec.Struct, frozen=True):
    """The last contiguous event of an epoch that the hub holds, on its disk."""

    epoch: Epoch
    seq: Seq
    hash: Hash


class Taken(msgspec.Struct, frozen=True):
    """What POST of events answers. acknowledged: the end of what is held without a gap, which may be behind the batch."""

    acknowledged: Place


class TakenLive(msgspec.Struct, frozen=True):
    """provisional: numbers that are held ahead of the main lane, until that passes them."""

    provisional: tuple[Seq, ...]


class Position(msgspec.Struct, frozen=True):
    """epochs: in the order in which the hub came to know them; the last is the one that goes on.
    halted: why it takes nothing until a person has looked (`fork`, `cloned`); empty: it takes.
    """

    epochs: tuple[Place, ...] = ()
    halted: Code = ""


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457. code: see `CODES`. expected: with `gap`, the place to go on behind. at: with `fork`, the first that differs."""

    code: Code
    title: str = ""
    detail: str = ""
    status: int = 0
    expected: Place | None = None
    at: Place | None = None


class CheckpointLine(msgspec.Struct, frozen=True):
    """As it lies in the journal: signature over canonical JSON of {campus, epoch, seq, hash, at} (contract section 6)."""

    epoch: Epoch
    seq: Seq
    hash: Hash
    at: Time
    key: KeyId
    pem: Annotated[str, Meta(max_length=512)]
    signature: Signature


class Checkpoints(msgspec.Struct, frozen=True):
    """At most a hundred."""

    checkpoints: Annotated[tuple[CheckpointLine, ...], Meta(max_length=100)]


class Countersignature(msgspec.Struct, frozen=True):
    """By the hub, over the canonical JSON of {campus, epoch, seq, hash, at, signature}: that it holds the chain up to there."""

    epoch: Epoch
    seq: Seq
    key: KeyId
    signature: Signature


class Countersigned(msgspec.Struct, frozen=True):
    """pem: the hub's public key, by which a campus that enrolled knows it."""

    countersigned: tuple[Countersignature, ...]
    pem: Annotated[str, Meta(max_length=512)] = ""


class Directive(msgspec.Struct, frozen=True):
    """number: from 1, without a gap, of this campus. body: canonical JSON of {campus, number, kind, issued, expires, args},
    exactly as signed; expires: RFC 3339 or null. signature: Ed25519 over the bytes of body, by the hub's key.
    """

    number: Annotated[int, Meta(ge=1)]
    body: Annotated[str, Meta(max_length=1_048_576)]
    key: KeyId
    signature: Signature


class Directives(msgspec.Struct, frozen=True):
    """In order, the first is the one behind `after`."""

    directives: Annotated[tuple[Directive, ...], Meta(max_length=100)]


class NewToken(msgspec.Struct, frozen=True):
    """token: in place of the one that was shown. until: when it ends, RFC 3339."""

    token: Annotated[str, Meta(max_length=2_048)]
    until: Time


Lane = Literal["main", "live"]
