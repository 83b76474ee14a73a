"""What goes up to the district, as bytes: a batch is compressed NDJSON, its head first, then one line an event. Pure.

Contract section 7: events are keyed by (campus, epoch, seq) and contiguous; `prev` and `hash` are left out and made again
by the receiver, who compares the last hash. What the head tells is not repeated in a line; what is null or empty in an
event is left out of it; a sealed field that travels comes as [salt, value], and its commitment is made again from them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from edge.district.pressing import NotPressed, TooMuch, pressed, unpressed
from edge.journal.canonical import MAX_BYTES, NotCanonical, canonical
from edge.journal.chain import FIELDS, VERSION, ZEROS
from edge.journal.sealed import SALT_BYTES

CONTENT_TYPE: Final = "application/x-ndjson"
CONTENT_ENCODING: Final = "zstd"
MOST_EVENTS: Final = 5_000
"""Of one batch. At 50 bytes an event that is a quarter of a megabyte."""
MOST_BYTES: Final = 4 * 1_048_576
"""Of one batch on the wire; the hub answers 413 to more."""
MOST_UNPACKED: Final = 32 * 1_048_576
"""Of one batch behind decompression: never more is made of what a stranger sends (a few bytes may say a gigabyte)."""
MOST_VALUES: Final = 64
"""Sealed fields of one event."""

Epoch = Annotated[str, Meta(pattern="^[0-9a-f-]{36}$")]
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Code = Annotated[str, Meta(max_length=128)]
Opened = Mapping[str, tuple[bytes, bytes]]
"""By field (salt, value as canonical JSON)."""


class Refused(Exception):
    """A batch that is none. code: `too_large`, `form`, `hash`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text


class Line(msgspec.Struct, frozen=True):
    """An event as it lies in the journal. body: the canonical JSON that was hashed. opened: the values that may travel."""

    hash: str
    body: bytes
    opened: Opened = {}


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a batch begins and ends. after, prev: number and hash of the event that its first follows; 0 and zeros at an
    epoch's beginning. count, last: how many events, and the hash of the last.
    """

    epoch: Epoch
    after: Seq
    prev: Hash
    count: Annotated[int, Meta(ge=0, le=MOST_EVENTS)]
    last: Hash

    @property
    def upto(self) -> int:
        """The number of its last event."""
        return self.after + self.count


class Event(msgspec.Struct, frozen=True):
    """An event as it came: its bytes made again, and what the hub looks events up by. at: RFC 3339, UTC."""

    seq: int
    hash: str
    body: bytes
    kind: str
    at: str
    subject: str
    incident: str | None
    opened: Opened


class Batch(msgspec.Struct, frozen=True):
    """head, and its events in order, the chain from `head.prev` to `head.last` unbroken."""

    head: Head
    events: Sequence[Event]


class _Shape(msgspec.Struct):
    """What an event of any version has; checked before anything is made of it."""

    id: Annotated[str, Meta(max_length=64)]
    at: Annotated[str, Meta(max_length=40)]
    kind: Annotated[str, Meta(max_length=128)]
    subject: Annotated[str, Meta(max_length=256)]
    actor: Annotated[str, Meta(max_length=256)]
    v: Annotated[int, Meta(ge=1)] = VERSION
    incident: Annotated[str, Meta(max_length=128)] | None = None


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_head: Final = msgspec.json.Decoder(Head).decode
_TOLD_ONCE: Final = ("campus", "epoch", "seq", "prev")
_ABSENT: Final[Mapping[str, object]] = {"incident": None, "because": None, "data": {}, "sealed": {}}
"""What stands in an event of this version where its line does not say it."""


def packed(epoch: str, after: int, prev: str, lines: Iterable[Line]) -> tuple[Head, bytes]:
    """A batch of what follows event `after`, whose hash is `prev`."""
    made, last = [], prev
    for line in lines:
        made.append(_line(line))
        last = line.hash
    head = Head(epoch, after, prev, len(made), last)
    return head, pressed(b"\n".join((_encode(head), *made)))


def _line(line: Line) -> bytes:
    fields = _decode(line.body)
    for name in _TOLD_ONCE:
        del fields[name]
    if line.opened:
        closed = {name: digest for name, digest in fields["sealed"].items() if name not in line.opened}
        fields["sealed"] = closed
        fields["opened"] = {
            name: [salt.hex(), msgspec.Raw(value)] for name, (salt, value) in line.opened.items()
        }
    if fields["v"] == VERSION:
        del fields["v"]
        for name, absent in _ABSENT.items():
            if fields[name] == absent:
                del fields[name]
    return _encode(fields)


def unpacked(data: bytes, campus: str) -> Batch:
    """The batch of `campus` in these bytes, every hash made again. Raises Refused."""
    lines = _unpressed(data).split(b"\n")
    try:
        head = _head(lines[0])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as err:
        raise Refused("form", f"the batch's head: {str(err)[:200]}") from None
    if len(lines) != head.count + 1:
        raise Refused("form", f"{head.count} events are told of and {len(lines) - 1} came")
    if (head.after == 0) != (head.prev == ZEROS):
        raise Refused("form", "only an epoch's first event follows zeros")
    events, prev = [], head.prev
    for place, text in enumerate(lines[1:], start=1):
        event = _event(text, campus, head.epoch, head.after + place, prev)
        events.append(event)
        prev = event.hash
    if prev != head.last:
        raise Refused("hash", "the last event's hash is not the one that is told of")
    return Batch(head, events)


def _unpressed(data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        raise Refused("too_large", f"{len(data)} bytes; {MOST_BYTES} at most")
    try:
        return unpressed(data, MOST_UNPACKED)
    except NotPressed as err:
        raise Refused("form", f"not zstd: {err}") from None
    except TooMuch as err:
        raise Refused("too_large", f"{err} unpacked") from None


def _event(text: bytes, campus: str, epoch: str, seq: int, prev: str) -> Event:
    try:
        fields = _decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as err:
        raise Refused("form", f"event {seq}: {str(err)[:200]}") from None
    return _made(fields, campus, epoch, seq, prev)


def _made(fields: dict[str, Any], campus: str, epoch: str, seq: int, prev: str) -> Event:
    """The event that these fields make at that place, once nothing is missing, twice or beyond its bounds."""
    try:
        shape = msgspec.convert(fields, _Shape)
        opened = _opened(fields.pop("opened", None))
        if shape.v == VERSION:
            fields["v"] = VERSION
            for name, absent in _ABSENT.items():
                fields.setdefault(name, absent)
            _check_names(fields.keys())
        if any(name in fields for name in _TOLD_ONCE):
            raise Refused("form", f"event {seq} repeats what the head tells")
        if opened:
            fields["sealed"] = fields["sealed"] | {
                name: hashlib.sha256(salt + value).hexdigest() for name, (salt, value) in opened.items()
            }
        fields |= {"campus": campus, "epoch": epoch, "seq": seq, "prev": prev}
        body = canonical(fields)
    except (msgspec.MsgspecError, NotCanonical, KeyError, TypeError, AttributeError, RecursionError) as err:
        raise Refused("form", f"event {seq}: {str(err)[:200]}") from None
    digest = hashlib.sha256(body).hexdigest()
    return Event(seq, digest, body, shape.kind, shape.at, shape.subject, shape.incident, opened)


def _check_names(names: Iterable[str]) -> None:
    if set(names) | set(_TOLD_ONCE) != FIELDS:
        raise NotCanonical("it has not exactly the fields of its version")


def _opened(told: object) -> Opened:
    if told is None:
        return {}
    if not isinstance(told, dict) or len(told) > MOST_VALUES:
        raise NotCanonical("opened fields are an object")
    found = {}
    for name, each in told.items():
        if not isinstance(each, list) or len(each) != 2 or not isinstance(each[0], str):
            raise NotCanonical("an opened field is [salt, value]")
        try:
            salt = bytes.fromhex(each[0])
        except ValueError:
            raise NotCanonical("a salt is hexadecimal") from None
        if len(salt) != SALT_BYTES:
            raise NotCanonical("a salt has 16 bytes")
        found[name] = (salt, canonical(each[1], max_bytes=MAX_BYTES))
    return found


# --- the second lane -------------------------------------------------------------------------------


class LiveEvent(msgspec.Struct, frozen=True):
    """An event ahead of the main lane. prev: what its chain must bring before it; compared when the main lane comes by."""

    event: Event
    epoch: str
    prev: str


def packed_live(lines: Iterable[Line]) -> bytes:
    """Events of live incidents, each whole but for its campus: any number of any epoch, gaps between them."""
    made = []
    for line in lines:
        fields = _decode(line.body)
        del fields["campus"]
        if line.opened:
            fields["sealed"] = {n: one for n, one in fields["sealed"].items() if n not in line.opened}
            fields["opened"] = {
                n: [salt.hex(), msgspec.Raw(value)] for n, (salt, value) in line.opened.items()
            }
        made.append(_encode(fields))
    return pressed(b"\n".join(made))


def unpacked_live(data: bytes, campus: str) -> Sequence[LiveEvent]:
    """The events in these bytes. Raises Refused."""
    lines = _unpressed(data).split(b"\n")
    if len(lines) > MOST_EVENTS:
        raise Refused("too_large", f"{len(lines)} events; {MOST_EVENTS} at most")
    found = []
    for number, text in enumerate(lines, start=1):
        try:
            fields = _decode(text)
            key = msgspec.convert({name: fields.pop(name, None) for name in ("epoch", "seq", "prev")}, _Key)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as err:
            raise Refused("form", f"event {number} of the second lane: {str(err)[:200]}") from None
        if (key.seq == 1) != (key.prev == ZEROS):
            raise Refused("form", "only an epoch's first event follows zeros")
        event = _made(fields, campus, key.epoch, key.seq, key.prev)
        found.append(LiveEvent(event, key.epoch, key.prev))
    return found


class _Key(msgspec.Struct):
    epoch: Epoch
    seq: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    prev: Hash


class _Prev(msgspec.Struct):
    prev: Hash


_prev: Final = msgspec.json.Decoder(_Prev).decode


def prev_of(body: bytes) -> str:
    """The hash that an event follows. Raises msgspec.MsgspecError where it is none."""
    return _prev(body).prev
