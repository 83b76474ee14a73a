"""What campus and hub say to each other, spoilt: taken as what it is to the bit, or refused as a whole."""

import hashlib
from typing import Any, Final

import msgspec

from drivers.lines import Unreadable
from drivers.lines import line as encoded
from edge.district import api, messages, wire
from edge.district.client import Away, answered, problem_of
from edge.district.pressing import pressed, unpressed
from edge.journal.canonical import JSON, canonical
from edge.journal.chain import ZEROS
from edge.journal.stored import stored

EPOCH: Final = "6f1c7a52-1111-4222-8333-444455556666"
ANSWERS: Final[tuple[type[Any], ...]] = (
    api.Position, api.Taken, api.TakenLive, api.Countersigned, api.Directives, api.NewToken,
)  # fmt: skip


def batch(data: bytes) -> None:
    """A batch by the first byte: its text, its compressed bytes, or events of the second lane."""
    if not data:
        return
    text = data[1:] if data[0] % 3 == 1 else pressed(data[1:])
    try:
        if data[0] % 3 == 2:
            for one in wire.unpacked_live(text, "campus"):
                _sound(one.event, one.epoch, one.prev)
            return
        found = wire.unpacked(text, "campus")
    except wire.Refused as err:
        assert err.code in ("form", "hash", "too_large")
        return
    prev = found.head.prev
    for event in found.events:
        _sound(event, found.head.epoch, prev)
        prev = event.hash
    lines = [wire.Line(one.hash, one.body, one.opened) for one in found.events]
    head, again = wire.packed(found.head.epoch, found.head.after, found.head.prev, lines)
    assert head == found.head
    assert wire.unpacked(again, "campus") == found


def _sound(event: wire.Event, epoch: str, prev: str) -> None:
    """It is an event of this chain as the journal knows one."""
    assert hashlib.sha256(event.body).hexdigest() == event.hash
    fields = msgspec.json.decode(event.body)
    assert canonical(fields) == event.body
    assert (fields["campus"], fields["epoch"], fields["seq"], fields["prev"]) == (
        "campus",
        epoch,
        event.seq,
        prev,
    )
    for name, (salt, value) in event.opened.items():
        assert fields["sealed"][name] == hashlib.sha256(salt + value).hexdigest()


def batch_seeds() -> list[bytes]:
    prev, lines = ZEROS, []
    for seq in range(1, 4):
        salt, value = bytes(16), canonical("said")
        fields: dict[str, JSON] = {
            "v": 1, "campus": "campus", "epoch": EPOCH, "seq": seq, "id": "i", "at": "2026-12-01T00:00:00.000000Z",
            "clock": {"boot": "b", "monotonic_us": seq, "error_us": None}, "kind": "ticket.noted/1", "subject": "t",
            "actor": "a", "incident": "inc-1" if seq == 2 else None, "because": {"code": "x", "args": {"n": 1}},
            "data": {"x": seq}, "sealed": {"text": hashlib.sha256(salt + value).hexdigest()}, "prev": prev,
        }  # fmt: skip
        body = canonical(fields)
        stored(body, "")
        prev = hashlib.sha256(body).hexdigest()
        lines.append(wire.Line(prev, body, {"text": (salt, value)} if seq != 3 else {}))
    _, whole = wire.packed(EPOCH, 0, ZEROS, lines)
    live = wire.packed_live(lines[1:])
    return [
        b"\x00" + unpressed(whole, wire.MOST_UNPACKED),
        b"\x01" + whole,
        b"\x02" + unpressed(live, wire.MOST_UNPACKED),
    ]


def answer(data: bytes) -> None:
    """A hub's answer by the first byte: what was asked for, a refusal, or nothing of a hub."""
    if not data:
        return
    kind = ANSWERS[data[0] % len(ANSWERS)]
    try:
        if data[0] & 0x80:
            found = problem_of((400, 401, 409, 413)[data[0] & 3], data[1:])
            assert isinstance(found.code, str)
        else:
            again = answered(kind, data[1:])
            assert answered(kind, msgspec.json.encode(again)) == again
    except Away as err:
        assert err.why == "not_a_hub"


def answer_seeds() -> list[bytes]:
    place = api.Place(EPOCH, 7, "a" * 64)
    said: list[Any] = [
        api.Position((place,), "fork"),
        api.Taken(place),
        api.TakenLive((1, 2)),
        api.Countersigned((api.Countersignature(EPOCH, 7, "b" * 16, "c" * 128),), "pem"),
        api.Directives((api.Directive(1, "{}", "b" * 16, "c" * 128),)),
        api.NewToken("t", "2026-12-01T00:00:00Z"),
    ]
    return [bytes([at]) + msgspec.json.encode(one) for at, one in enumerate(said)] + [
        b"\x82" + msgspec.json.encode(api.Problem("gap", expected=place))
    ]


def talk(data: bytes) -> None:
    """Messages between daemon and process, by the first byte: the same again once written, or refused as a whole."""
    if not data:
        return
    read = messages.up if data[0] & 1 else messages.down
    try:
        found = read(data[1:])
    except Unreadable:
        return
    assert read(encoded(found).rstrip(b"\n")) == found


def talk_seeds() -> list[bytes]:
    up: list[messages.Up] = [
        messages.Beat(),
        messages.Pull(EPOCH, 7, "a" * 64),
        messages.PullSigned(EPOCH, 1, 7),
        messages.Standing("district_away", "silent", {EPOCH: 7}),
    ]
    line = messages.EventLine(EPOCH, 7, "a" * 64, "{}", {"text": ("00" * 16, '"x"')})
    down: list[messages.Down] = [
        messages.Open("/s", "campus", "https://h", "t"),
        messages.More(),
        messages.Piece((line,), more=True, found="lost"),
        messages.Signed((api.CheckpointLine(EPOCH, 7, "a" * 64, "t", "b" * 16, "pem", "c" * 128),)),
        messages.Live((line,)),
    ]
    return [b"\x01" + encoded(one).rstrip() for one in up] + [b"\x00" + encoded(one).rstrip() for one in down]
