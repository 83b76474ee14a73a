"""What the camera process and its looking process say to each other: a head in JSON, then bytes; bounded both ways."""

import struct
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from drivers.cameras.stream import Codec
from drivers.lines import MessageReader, Unreadable

LONGEST_HEAD: Final = 4_096
LONGEST_BODY: Final = 16 << 20
"""A key picture of 4K is some 2 MB; a JPEG of it some 3."""
MOST_REFERENCES: Final = 9
PREFIX: Final = struct.Struct(">II")
"""Length of the head, length of the body."""

CELLS: Final = (64, 36)
"""Columns and rows in which edges are compared."""
EDGES: Final = 2 * CELLS[0] * CELLS[1]
"""Bytes of the edges of a picture: a signed byte a cell and direction."""
LONGEST_SAMPLE: Final = 4 + 32_768
MOST_SAMPLES: Final = 2
"""A frozen picture that is encoded over and over comes out in two ways by turns, as the rate control swings."""

Size = Annotated[int, Meta(ge=0, le=LONGEST_BODY)]


class LookAt(msgspec.Struct, frozen=True, tag="look", forbid_unknown_fields=True):
    """Measure a key picture. Body: the picture, samples of those before (all of one length), the references' edges."""

    id: int
    codec: Codec
    picture: Size
    sample: Annotated[int, Meta(ge=0, le=LONGEST_SAMPLE)]
    samples: Annotated[int, Meta(ge=0, le=MOST_SAMPLES)]
    references: Annotated[int, Meta(ge=0, le=MOST_REFERENCES)]


class Jpeg(msgspec.Struct, frozen=True, tag="jpeg", forbid_unknown_fields=True):
    """A key picture as JPEG. width: pixels, 0: as it is; never wider than it is. Body: the picture."""

    id: int
    codec: Codec
    width: Annotated[int, Meta(ge=0, le=8192)]


class Seen(msgspec.Struct, frozen=True, tag="seen", forbid_unknown_fields=True):
    """What was measured. Luma as 8 bits, limited range: black is 16. Body: the picture's edges, then its sample.

    edges: mean contrast between neighbouring cells. changed: share of the sample's inner part that is not exactly as in
    the one before that is most like it, mean_change: by how much on average; None: nothing to compare with. alike: for
    each reference the share of its places with edges where this picture has the same. cpu_us: of this process for this.
    """

    id: int
    width: int
    height: int
    mean: float
    deviation: float
    edges: float
    changed: float | None
    mean_change: float | None
    alike: Annotated[tuple[float, ...], Meta(max_length=MOST_REFERENCES)]
    cpu_us: int


class Made(msgspec.Struct, frozen=True, tag="made", forbid_unknown_fields=True):
    """Body: the JPEG."""

    id: int
    width: int
    height: int
    cpu_us: int


class Failed(msgspec.Struct, frozen=True, tag="failed", forbid_unknown_fields=True):
    """It is no picture that can be decoded."""

    id: int
    code: Literal["undecodable", "too_large"]
    cpu_us: int


Down = LookAt | Jpeg
Up = Seen | Made | Failed
_encoder = msgspec.json.Encoder()


def head(message: msgspec.Struct, body_bytes: int) -> bytes:
    """What goes before the body of a message to or from a process that decodes."""
    said = _encoder.encode(message)
    return PREFIX.pack(len(said), body_bytes) + said


def lengths(prefix: bytes) -> tuple[int, int]:
    """Of head and body. Raises `Unreadable`."""
    head_bytes, body_bytes = PREFIX.unpack(prefix)
    if head_bytes > LONGEST_HEAD or body_bytes > LONGEST_BODY:
        raise Unreadable("a message that is too long")
    return head_bytes, body_bytes


down: Final[MessageReader[Down]] = MessageReader(Down, "no message for the looking process")
up: Final[MessageReader[Up]] = MessageReader(Up, "no message from the looking process")
