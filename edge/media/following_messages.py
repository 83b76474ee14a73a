"""What the camera process and a following process say to each other: a head in JSON, then bytes, as with the looking process."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from drivers.cameras.stream import Codec
from drivers.lines import MessageReader
from edge.media.looking_messages import Failed, Made, Size

MOST_UNITS: Final = 64
"""Pictures handed down at once."""


class Feed(msgspec.Struct, frozen=True, tag="feed", forbid_unknown_fields=True):
    """Decode these pictures behind those before. Body: the pictures, one behind the other, so many bytes each.

    begins: the first is a key picture, and what came before it is forgotten. reordered: see `Track`.
    """

    id: int
    codec: Codec
    begins: bool
    reordered: bool
    sizes: Annotated[tuple[Size, ...], Meta(min_length=1, max_length=MOST_UNITS)]


class Show(msgspec.Struct, frozen=True, tag="show", forbid_unknown_fields=True):
    """The picture that was decoded last as JPEG. width: pixels, 0: as it is; never wider than it is."""

    id: int
    width: Annotated[int, Meta(ge=0, le=8192)]


class Fed(msgspec.Struct, frozen=True, tag="fed", forbid_unknown_fields=True):
    """shown: which picture came out last, counted from 0 where it began; None: none did of these. cpu_us: of this process."""

    id: int
    shown: Annotated[int, Meta(ge=0)] | None
    cpu_us: Annotated[int, Meta(ge=0, le=2**53)]


Down = Feed | Show
Up = Fed | Made | Failed

down: Final[MessageReader[Down]] = MessageReader(Down, "no message for the following process")
up: Final[MessageReader[Up]] = MessageReader(Up, "no message from the following process")
