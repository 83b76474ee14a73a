"""What the daemon and the book's process say to each other: one JSON object a line, bounded both ways.

Down: `Open` first and whenever the configuration is another, `More` when the journal grew, `Events` for each `Pull`, `Ask` and
`Read`. Up: `Beat`, `Pull`, `Decided`, `Answered`. Times are microseconds, UTC.
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from drivers.lines import MessageReader
from rules.book.exterior_pack import ExteriorPack
from rules.book.inspection_pack import InspectionPack
from rules.book.merge_pack import MergePack
from rules.book.ticket_pack import TicketPack

LONGEST_DOWN: Final = 8 * 1_048_576
"""A campus of a thousand doors is some 400 kB; a piece of the journal is bounded by `PIECE` and `PIECE_BYTES`."""
LONGEST_UP: Final = 4 * 1_048_576
"""Fifty rows of an import with every text at its longest are 1.3 MB. What is longer is cut before, or told as `too_much`."""
LONGEST_BODY: Final = LONGEST_UP - 4_096
LIST_BYTES: Final = 1_048_576
"""Of a list's page: what does not fit is on the next one."""
MOST_ENTRIES: Final = 50
"""Of one decision: what the loop enters in some 2 ms."""
PIECE: Final = 200
PIECE_BYTES: Final = LONGEST_DOWN // 2

Id = Annotated[str, Meta(max_length=64)]
Code = Annotated[str, Meta(max_length=64)]
Args = tuple[tuple[Code, str | int], ...]


class DeviceLine(msgspec.Struct, frozen=True, array_like=True):
    """See `rules.book.book.Device`."""

    id: Id
    kind: Id
    zone: Id
    name: str
    model: str
    of: Id | None
    door: Id = ""


class Open(msgspec.Struct, frozen=True, tag="open", forbid_unknown_fields=True):
    """store: where its database is. zones: each with those above it, itself first. timezone: IANA.
    tickets, exterior, inspections, merging: their packs; exterior are the limits of the weekly sweep.
    map_days: how long a layer of the map counts as verified.

    kept_us: how long the journal keeps what belongs to no incident; None: for ever.
    """

    store: str
    campus: Id
    timezone: str
    devices: tuple[DeviceLine, ...]
    zones: dict[Id, tuple[Id, ...]]
    kept_us: int | None = None
    tickets: TicketPack = TicketPack()
    exterior: ExteriorPack = ExteriorPack()
    inspections: InspectionPack = InspectionPack()
    map_days: int = 365
    merging: MergePack = MergePack()


class More(msgspec.Struct, frozen=True, tag="more", forbid_unknown_fields=True):
    """The journal took something."""


class EventLine(msgspec.Struct, frozen=True, array_like=True):
    """hash, body: as they lie in the journal. opened: values of its sealed fields, JSON, by name."""

    hash: str
    body: str
    opened: dict[str, str]


class Events(msgspec.Struct, frozen=True, tag="events", forbid_unknown_fields=True):
    """What follows the place that was pulled from. more: there is more behind it. anew: that place is of another journal."""

    events: tuple[EventLine, ...]
    more: bool
    anew: bool = False


class Ask(msgspec.Struct, frozen=True, tag="ask", forbid_unknown_fields=True):
    """Something that changes the book. verb: of `rules.model.book_asks`."""

    id: int
    actor: Id
    verb: Code
    asked: msgspec.Raw


class Read(msgspec.Struct, frozen=True, tag="read", forbid_unknown_fields=True):
    """Something that is only read. query: of `edge.book.queries`."""

    id: int
    query: Code
    asked: msgspec.Raw


class Beat(msgspec.Struct, frozen=True, tag="beat", forbid_unknown_fields=True):
    """It lives. current: it has followed all that it knows of. followed: events of this life."""

    current: bool
    followed: int


class Pull(msgspec.Struct, frozen=True, tag="pull", forbid_unknown_fields=True):
    """What comes behind (epoch, seq); "" and 0: from the first."""

    epoch: Id
    seq: Annotated[int, Meta(ge=0)]


class EntryLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry, as `edge.codec` takes it."""

    kind: Id
    subject: Annotated[str, Meta(max_length=200)]
    actor: Id
    data: dict[str, Any]
    opened: dict[str, Any]
    because: tuple[Code, Args] | None


class Decided(msgspec.Struct, frozen=True, tag="decided", forbid_unknown_fields=True):
    """Entries to be entered as they are, all or none."""

    entries: Annotated[tuple[EntryLine, ...], Meta(max_length=MOST_ENTRIES)]


class Answered(msgspec.Struct, frozen=True, tag="answered", forbid_unknown_fields=True):
    """What became of an `Ask` or `Read`: of the first, once the book has followed what came of it. code: why not."""

    id: int
    code: Code
    args: Args = ()
    body: msgspec.Raw = msgspec.Raw(b"null")


Down = Open | More | Events | Ask | Read
Up = Beat | Pull | Decided | Answered

down: Final[MessageReader[Down]] = MessageReader(Down, "no message for the book's process")
up: Final[MessageReader[Up]] = MessageReader(Up, "no message from the book's process")
