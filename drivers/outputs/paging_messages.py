"""What the daemon and the paging process say to each other: one JSON object a line, bounded both ways.

Down: `Open` for each output, then `Ready`, `Say` and `Hold`, `Close` when it is gone. Up: `Said` and `Beat`.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from drivers.lines import MessageReader

LONGEST_DOWN: Final = 65_536
LONGEST_UP: Final = 512
TOO_LATE: Final = "too_late"
"""Code of an all-clear that is tried no more."""

CodecName = Literal["pcmu", "pcma", "g722"]
Name = Annotated[str, Meta(max_length=256)]
File = Annotated[str, Meta(max_length=4_096)]
Code = Annotated[str, Meta(max_length=64)]
Number = Annotated[int, Meta(ge=0)]


class Open(msgspec.Struct, frozen=True, tag="open", forbid_unknown_fields=True):
    """An output: where its packets go. interface `""`: the kernel chooses. repeat_us: from one round's beginning to the next."""

    output: Name
    host: Name
    port: Annotated[int, Meta(ge=1, le=65_535)]
    codec: CodecName
    ttl: Annotated[int, Meta(ge=1, le=255)]
    interface: Name
    repeat_us: Number


class OpenCall(msgspec.Struct, frozen=True, tag="open-call", forbid_unknown_fields=True):
    """An output that is a telephone number: who is called, at which address. ring_us: how long it may ring.

    authority: of TLS, PEM of who vouches for the other end, `""`: the system's. server: what its certificate is for, `""`: host.
    """

    output: Name
    target: Name
    host: Name
    port: Annotated[int, Meta(ge=1, le=65_535)]
    codec: Literal["pcmu", "pcma"]
    repeat_us: Number
    ring_us: Number
    user: Name = ""
    password: Name = ""
    transport: Literal["udp", "tcp", "tls"] = "udp"
    authority: Annotated[str, Meta(max_length=50_000)] = ""
    server: Name = ""


class Close(msgspec.Struct, frozen=True, tag="close", forbid_unknown_fields=True):
    """An output is gone; what it was saying ends."""

    output: Name


class Ready(msgspec.Struct, frozen=True, tag="ready", forbid_unknown_fields=True):
    """Read and encode a speech file, for it may have to be said."""

    output: Name
    speech: File


class Say(msgspec.Struct, frozen=True, tag="say", forbid_unknown_fields=True):
    """Say this now, in place of what stands for the same zone. standing: again and again; else in one round only.

    page: its number, which only grows. speech `""`: there is no file.
    """

    output: Name
    zone: Name
    page: Number
    speech: File
    standing: bool


class Hold(msgspec.Struct, frozen=True, tag="hold", forbid_unknown_fields=True):
    """Be silent while `held`, then go on with what stands."""

    output: Name
    held: bool


class Said(msgspec.Struct, frozen=True, tag="said", forbid_unknown_fields=True):
    """What became of a round of a page. code `""`: it has left whole; `no_speech`: as tones alone; else why it did not leave."""

    output: Name
    page: Number
    left: bool
    code: Code


class Beat(msgspec.Struct, frozen=True, tag="beat", forbid_unknown_fields=True):
    """The process is alive: at least every 100 ms."""


Down = Open | OpenCall | Close | Ready | Say | Hold
Up = Said | Beat

down: Final[MessageReader[Down]] = MessageReader(Down, "no message for the paging process")
up: Final[MessageReader[Up]] = MessageReader(Up, "no message from the paging process")
