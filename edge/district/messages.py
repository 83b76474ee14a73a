"""What the daemon and the district's process say to each other: one JSON object a line, bounded both ways.

Down: `Open` first and whenever the configuration is another, `More` when the journal grew, `Piece` for each `Pull`, `Signed`
for each `PullSigned`, `Live` with what a live incident enters. Up: `Beat`, `Pull`, `PullSigned`, `Standing`, and
`Directed` for each directive, the next once it was `Answered`.
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from drivers.lines import MessageReader
from edge.district.api import CheckpointLine
from edge.district.wire import Code, Line, Seq

LONGEST_DOWN: Final = 8 * 1_048_576
LONGEST_UP: Final = 2 * 1_048_576
"""A directive is a megabyte at most."""
PIECE: Final = 200
PIECE_BYTES: Final = LONGEST_DOWN // 2
"""Of what a piece's events say; one event is 64 KiB and its values 64 KiB each at most."""

EpochOrNone = Annotated[str, Meta(pattern="^([0-9a-f-]{36})?$")]
Digest = Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")]


class EventLine(msgspec.Struct, frozen=True, array_like=True):
    """hash, body: as they lie in the journal. opened: the sealed fields that may travel: by name salt (hex) and value (JSON)."""

    epoch: str
    seq: int
    hash: str
    body: str
    opened: dict[str, tuple[str, str]]

    def line(self) -> Line:
        """As it goes up. Raises ValueError where a salt is no hexadecimal."""
        opened = {name: (bytes.fromhex(salt), value.encode()) for name, (salt, value) in self.opened.items()}
        return Line(self.hash, self.body.encode(), opened)


class Open(msgspec.Struct, frozen=True, tag="open", forbid_unknown_fields=True):
    """store: a folder of the process's own. url: of the hub, without a slash at its end. token: a secret.
    proxy: of the way out; empty: none. ca, certificate, key: PEM texts; empty: the system's authorities, no client certificate.
    pause_us: before it is tried again, doubled with each failure, and shortened by chance.
    hub_key: the hub's public key (PEM), by which a directive is known; empty: none is asked for. directive: the last answered.
    """

    store: str
    campus: str
    url: str
    token: str
    proxy: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""
    pause_us: int = 1_000_000
    hub_key: str = ""
    directive: int = 0


class More(msgspec.Struct, frozen=True, tag="more", forbid_unknown_fields=True):
    """The journal took something."""


class Piece(msgspec.Struct, frozen=True, tag="piece", forbid_unknown_fields=True):
    """What follows the place that was pulled from: see `edge.journal.onward.Onward`. Read at once where it is `refused`."""

    events: tuple[EventLine, ...]
    more: bool
    found: Code = ""
    start: CheckpointLine | None = None


class Signed(msgspec.Struct, frozen=True, tag="signed", forbid_unknown_fields=True):
    """Checkpoints of one epoch, in order."""

    checkpoints: tuple[CheckpointLine, ...]


class Live(msgspec.Struct, frozen=True, tag="live", forbid_unknown_fields=True):
    """What live incidents have entered just now."""

    events: tuple[EventLine, ...]


class Answered(msgspec.Struct, frozen=True, tag="answered", forbid_unknown_fields=True):
    """The directive of this number was applied or refused, and that is in the record."""

    number: int


class Beat(msgspec.Struct, frozen=True, tag="beat", forbid_unknown_fields=True):
    """It lives."""


class Pull(msgspec.Struct, frozen=True, tag="pull", forbid_unknown_fields=True):
    """Give what follows event `seq` of `epoch`, whose hash is `hash`; epoch empty: from the beginning."""

    epoch: EpochOrNone
    seq: Seq
    hash: Digest


class PullSigned(msgspec.Struct, frozen=True, tag="pull-signed", forbid_unknown_fields=True):
    """Give the checkpoints of `epoch` behind number `after`, up to `upto`."""

    epoch: EpochOrNone
    after: Seq
    upto: Seq


class Standing(msgspec.Struct, frozen=True, tag="standing", forbid_unknown_fields=True):
    """How it goes. trouble: empty: the hub answers; else a code (`district_away`, `district_refused`, `district_halted`).
    why: a code for its text. acknowledged: by epoch the last number that the hub holds without a gap.
    unsigned: a directive came that the hub's key did not sign; nothing of it was looked at.
    """

    trouble: Code
    why: Code
    acknowledged: dict[str, int]
    unsigned: bool = False


class Directed(msgspec.Struct, frozen=True, tag="directed", forbid_unknown_fields=True):
    """A directive that the hub signed. directive: its kind. expires: RFC 3339 or None. args: a JSON object."""

    number: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    directive: Code
    issued: Annotated[str, Meta(max_length=40)]
    expires: Annotated[str, Meta(max_length=40)] | None
    args: dict[str, Any]


Down = Open | More | Piece | Signed | Live | Answered
Up = Beat | Pull | PullSigned | Standing | Directed

down: Final[MessageReader[Down]] = MessageReader(Down, "no message of the daemon")
up: Final[MessageReader[Up]] = MessageReader(Up, "no message of the district's process")
