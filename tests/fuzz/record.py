"""What the record is read back from: spill lines, events, snapshots, and exports as a stranger verifies them."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import rfc8785

from edge.journal.chain import ZEROS, Head
from edge.journal.row import Row
from edge.journal.sealed import SealedValue
from edge.journal.snapshot import Snapshot, read_snapshot, write_snapshot
from edge.journal.spill import _line, read_spill
from edge.journal.stamp import Stamped, Stamper, row_of
from edge.journal.standalone_verifier import Broken, canonical, parse
from edge.journal.stored import stored

NOON_US: Final = 1_786_622_400_000_000


@cache
def _file(name: str) -> Path:
    """A file in memory where there is some: a million inputs are written to it."""
    shared = Path("/dev/shm")
    return Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else None)) / name


def spill(data: bytes) -> None:
    """A spill with any bytes in it: each line that counts is what it says it is, by another library, and follows."""
    file = _file("spill")
    file.write_bytes(data)
    before: Stamped | None = None
    lines = data.split(b"\n")
    for number, event in enumerate(read_spill(file)):
        said = json.loads(lines[number])
        body = rfc8785.dumps(said["event"])
        assert body == event.body, "another form than RFC 8785's was hashed"
        assert hashlib.sha256(body).hexdigest() == said["hash"] == event.hash
        assert (said["event"]["epoch"], said["event"]["seq"]) == (event.epoch, event.seq)
        if before is not None and before.epoch == event.epoch:
            assert said["event"]["prev"] == before.hash, "a line that does not follow was believed"
        again = _line(event)
        file.write_bytes(again)
        assert [one.head for one in read_spill(file)] == [event.head], "what was read is written otherwise"
        _rows(event)
        before = event


def _rows(event: Stamped) -> None:
    """An event that counts may still say what no version of ours says: read typed, or refused with ValueError."""
    try:
        found = stored(event.body, event.hash)
        row_of(event)
    except ValueError:
        return
    assert found.position == (event.epoch, event.seq)


def event(data: bytes) -> None:
    """The bytes of one stored event: typed with what another reader finds in them, or refused."""
    try:
        found = stored(data, "0" * 64)
    except ValueError:
        return
    said = json.loads(data)
    assert (said["epoch"], said["seq"], said["kind"], said["prev"]) == (
        found.epoch,
        found.seq,
        found.kind,
        found.prev,
    )


def snapshot(data: bytes) -> None:
    """A snapshot file: none, or one whose blob has the checksum that its first line gives."""
    file = _file("snapshot")
    file.write_bytes(data)
    found = read_snapshot(file)
    if found is not None:
        first, _, blob = data.partition(b"\n")
        assert found.blob == blob
        assert hashlib.sha256(blob).hexdigest().encode() in first


def export_line(data: bytes) -> None:
    """One line of an export as the stranger's verifier reads it: no two readings, and canonical when written again."""
    try:
        value = parse(data)
    except Broken:
        return
    assert parse(canonical(value)) == value
    assert _once(json.loads(data, object_pairs_hook=_Pairs)), "a name twice, or a float, was believed"


class _Pairs(list[tuple[str, Any]]):
    """An object as its members."""


def _once(value: object) -> bool:
    if isinstance(value, _Pairs):
        names = [name for name, _ in value]
        return len(set(names)) == len(names) and all(_once(one) for _, one in value)
    if isinstance(value, list):
        return all(map(_once, value))
    return not isinstance(value, float)


def _stamped() -> Iterator[Stamped]:
    stamper = Stamper("lincoln-hs", "boot-1", None, Head("", 0, ZEROS))
    stamper.start_epoch("3f2a7f2e-0000-4000-8000-000000000001")
    for number in range(3):
        sealed = {"text": "a name"} if number == 1 else {}
        yield stamper.stamp(
            Row(
                at_utc_us=NOON_US + number,
                mono_us=1_000 + number,
                kind="press.heard/1",
                subject="pb-101",
                actor="device:pb-101",
                incident=None if number else "inc-1",
                because=("pressed", {"number": number}),
                data={"number": number, "word": "\u00e4\u20ac", "none": None, "yes": True},
                sealed=dict(sealed),
            )
        )


def spill_seeds() -> list[bytes]:
    events = list(_stamped())
    whole = [_line(one) for one in events]
    other = Stamped(
        0, events[0].epoch, 1, events[0].hash, events[0].body, (SealedValue("f", bytes(16), b"1"),)
    )
    return [
        b"".join(whole),
        *whole,
        whole[0] + whole[2],
        _line(other),
        b"".join(whole)[:-9],
        whole[0] + b"[" * 3_000,
    ]


def event_seeds() -> list[bytes]:
    return [one.body for one in _stamped()]


def snapshot_seeds() -> list[bytes]:
    file = _file("seed")
    write_snapshot(file, Snapshot(Head("e", 7, ZEROS), b'{"number": 1}'))
    return [file.read_bytes(), b"[" * 4_000, b'{"v":1}\n', b'"v"\n', b"[1]\n\xff"]


def export_seeds() -> list[bytes]:
    lines = [canonical({**json.loads(one.body), "hash": one.hash}) for one in _stamped()]
    return [
        *lines,
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b"[" * 3_000,
        b'{"\xc3\xa4":1}',
        b'{"a":"\\ud800"}',
    ]
