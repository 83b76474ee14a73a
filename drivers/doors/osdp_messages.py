"""What the daemon and its OSDP process say to each other: one JSON object a line, bounded both ways.

Down: `Open` once, then `Do`. Up: all else. Times are microseconds of CLOCK_MONOTONIC, which both share.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from drivers.lines import MessageReader

LONGEST_DOWN: Final = 65_536
"""126 readers with their keys in one `Open` are about 20 kB."""
LONGEST_UP: Final = 2_048
"""64 points of one report, with names, are about 300 bytes."""


Address = Annotated[int, Meta(ge=0, le=0x7E)]
Octet = Annotated[int, Meta(ge=0, le=255)]
Code = Annotated[str, Meta(max_length=64)]
Detail = Annotated[str, Meta(max_length=200)]
Key = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
Bytes = Annotated[str, Meta(max_length=128, pattern="^([0-9a-f]{2})*$")]


class Reader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reader on the line. `key` is its SCBK, 32 hex digits. Periods are microseconds, 0: never.

    inputs, outputs: what a round of evidence asks for (osdp_ISTAT, osdp_OSTAT). Fast rounds ask for inputs.
    """

    address: Address
    key: Key
    inputs: bool
    outputs: bool
    every_us: int
    fast_us: int

    def __repr__(self) -> str:
        return f"Reader(address={self.address})"


class Open(msgspec.Struct, frozen=True, tag="open", forbid_unknown_fields=True):
    """The first message down."""

    port: str
    baud: int
    readers: tuple[Reader, ...]


class Do(msgspec.Struct, frozen=True, tag="do", forbid_unknown_fields=True):
    """Set outputs of one reader, in order. Not begun any more once `until_us` has passed."""

    id: int
    address: Address
    drives: tuple[tuple[Annotated[int, Meta(ge=0, le=255)], bool], ...]
    until_us: int


class Sent(msgspec.Struct, frozen=True, tag="sent", forbid_unknown_fields=True):
    """The first frame of a command has left."""

    id: int


class Ended(msgspec.Struct, frozen=True, tag="ended", forbid_unknown_fields=True):
    """What became of a command; endings and codes as in `rules.model.events.CommandEnded`."""

    id: int
    ending: Literal["written", "refused", "no_answer", "not_sent"]
    code: Code


class Report(msgspec.Struct, frozen=True, tag="report", forbid_unknown_fields=True):
    """The points of a reader, a byte each, as hex. Nothing here was sampled before `started_us`."""

    address: Address
    started_us: int
    inputs: Bytes | None = None
    outputs: Bytes | None = None


class Link(msgspec.Struct, frozen=True, tag="link", forbid_unknown_fields=True):
    """A reader's secure channel stands, or not. Codes as in `rules.model.events.ControllerChanged`."""

    address: Address
    up: bool
    code: Code
    detail: Detail


class Identified(msgspec.Struct, frozen=True, tag="identified", forbid_unknown_fields=True):
    """What a reader told of itself as its session began (osdp_PDID); numbers as in SIA OSDP 2.2, vendor as on the wire."""

    address: Address
    vendor: Annotated[str, Meta(pattern="^[0-9a-f]{6}$")]
    model: Octet
    version: Octet
    serial: Annotated[int, Meta(ge=0, lt=1 << 32)]
    firmware: tuple[Octet, Octet, Octet]


class Beat(msgspec.Struct, frozen=True, tag="beat", forbid_unknown_fields=True):
    """The process is alive: at least every 100 ms."""


Down = Open | Do
Up = Sent | Ended | Report | Link | Identified | Beat

down: Final[MessageReader[Down]] = MessageReader(Down, "no message for the OSDP process")
up: Final[MessageReader[Up]] = MessageReader(Up, "no message from the OSDP process")
