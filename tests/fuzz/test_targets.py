"""The short form of `make fuzz`: every kept input, some mutants of each, and proof that each target catches a planted bug."""

import json
import re
from dataclasses import replace

import msgspec
import pytest

from drivers.buttons import fields, words
from drivers.buttons.parsed import Unreadable
from drivers.cameras import onvif, onvif_discovery, rtsp_message, rtsp_url
from drivers.cameras.h264 import H264
from drivers.cameras.pictures import Pictures
from drivers.cameras.rtsp_auth import Authority, Challenge
from drivers.doors import modbus_rtu_frame, modbus_tcp_connection
from drivers.doors.modbus_mbap import MbapFrame
from drivers.doors.modbus_pdu import Values
from drivers.doors.modbus_tcp_connection import Connection
from drivers.lines import MessageReader
from drivers.outputs import cap_message
from edge.book import csv_rows
from edge.codec import Made, row
from edge.config import notes
from edge.control import requests
from edge.flaws import nvd
from edge.flaws.kev import Catalogue
from edge.floorplans import gathering, geojson
from edge.floorplans import png as pngs
from edge.journal import spill
from edge.journal.chain import Head
from edge.journal.row import Row
from edge.journal.snapshot import Snapshot
from edge.media import looking_messages, messages, mp4
from edge.scenarios import reading as reading_of_incidents
from edge.web import enclosed, once
from edge.web.api import reading
from edge.web.pages import forms
from edge.web.pages import notes as page_notes
from rules.model.facts import Entry
from rules.model.moments import Instant
from tests.fuzz import (
    cameras,
    corpus,
    evidence,
    firmware,
    modbus,
    mutating,
    onvif_messages,
    osdp,
    record,
    strict,
)
from tests.fuzz.targets import TARGETS

SEED = 20260814
MUTANTS = {"configuration-edits": 60, "configuration": 300, "journal-spill": 300, "osdp-library": 300}
MUTANTS_ELSE = 1_200


def fed(name: str, times: int) -> None:
    """Feed a target its seeds, what is kept, and mutants."""
    target = TARGETS[name]
    one, first = target.one(), [*target.first(), *corpus.kept(name)]
    for data, _ in zip(mutating.inputs(first, SEED, target.longest), range(len(first) + times), strict=False):
        try:
            one(data)
        except BaseException as err:
            err.add_note(f"{name} does not hold for {data!r}")
            raise


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_before_and_some_mutants_of_it_hold(name: str) -> None:
    fed(name, MUTANTS.get(name, MUTANTS_ELSE))


def test_a_corpus_is_small_and_of_a_target_that_there_is() -> None:
    for file in corpus.FOLDER.glob("*.txt"):
        assert file.stem in TARGETS
        kept = corpus.kept(file.stem)
        assert len(kept) <= corpus.MOST_INPUTS
        assert all(len(one) <= corpus.MOST_BYTES for one in kept)


Plant = tuple[str, object, str, object]


def _whatever_it_says(payload: bytes) -> object:
    try:
        return _json_object(payload)
    except Unreadable:
        return {"gesture": "hold"}


_json_object = fields.json_object


class _Any(int):
    """A checksum that fits everything."""

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = int.__hash__


def _of_any_transaction(self: Connection, frame: MbapFrame) -> None:
    for transaction in list(self._waiting)[:1]:
        _answer(self, MbapFrame(transaction, frame.unit, frame.pdu))


_answer = Connection._answer


class _Same(str):
    """A hash that equals every other."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


_crc16 = modbus_rtu_frame.crc16


_length = rtsp_message._length


def _the_first(self: Authority, offered: tuple[Challenge, ...]) -> tuple[Challenge, str]:
    for one in offered:
        if one.scheme == "basic":
            return one, ""
    return strongest(self, offered)


strongest = Authority._strongest


class _Loose(msgspec.Struct, frozen=True, tag="beat"):
    """A message that passes over what it does not know."""

    viewers: int = 0


class _Unbounded(msgspec.Struct, frozen=True):
    """An answer whose code may be anything."""

    code: object = ""
    answer: str = ""
    viewer: str = ""
    size: int = 0
    captured_us: int = 0


def _with_everything_plain(entry: Entry, at: Instant, made: Made) -> Row:
    plain = row(entry, at, made)
    return replace(plain, sealed={}, data={**plain.data, **plain.sealed})


PLANTED: list[Plant] = [
    ("cameras-up", messages, "up", MessageReader(_Loose, "")),
    ("cameras-answer", messages, "answer", MessageReader(_Unbounded, "")),
    ("cap-kept", cap_message, "status", lambda kind: "Actual"),
    ("mqtt-payloads", fields, "json_object", _whatever_it_says),
    ("modbus-pdu", modbus, "match_reply", lambda request, pdu: Values((1,) * getattr(request, "count", 0))),
    ("modbus-mbap", modbus_tcp_connection, "match_reply", lambda request, pdu: Values()),
    ("modbus-mbap", Connection, "_answer", _of_any_transaction),
    ("modbus-rtu", modbus_rtu_frame, "crc16", lambda data: _Any(_crc16(data))),
    ("osdp-frames", osdp, "received", lambda sent, frame: "answer"),
    ("journal-spill", spill, "digest", lambda body: _Same("0" * 64)),
    (
        "journal-snapshot",
        record,
        "read_snapshot",
        lambda path: Snapshot(Head("", 0, ""), b""),
    ),
    ("control-socket", requests, "_storable", lambda request: None),
    ("http-body", reading, "_named_once", dict),
    ("http-body", reading, "_ends_in_a_line_break", lambda value: False),
    ("http-place", re, "fullmatch", re.match),
    ("http-key", once, "_digest", lambda data: b"same"),
    ("sdp", rtsp_url, "clean", lambda url: url),
    ("rtsp-messages", rtsp_message, "_length", lambda headers: 0 if len(headers) > 2 else _length(headers)),
    ("rtp-h264", Pictures, "gap", lambda self: None),
    ("rtp-h264", Pictures, "ran", lambda self, size, at_us: setattr(self, "_broken", True)),
    ("rtp-h264", H264, "_strayed", lambda self, kind: None),
    ("rtp-h265", Pictures, "_time_changed", lambda self, rtp: setattr(self, "_rtp", rtp)),
    ("rtcp", cameras, "receiver_report", lambda ours, received: bytes(60)),
    ("rtsp-auth", Authority, "_strongest", _the_first),
    ("onvif-answers", onvif, "_own_url", lambda url, host: url),
    ("onvif-discovery", onvif_discovery, "_service", lambda addresses, sender: (80, addresses[0], False)),
    ("onvif-messages", onvif_messages, "row", _with_everything_plain),
    ("assets-csv", csv_rows, "_once", lambda row, seen: row),
    ("written-incident", reading_of_incidents, "LONGEST_MS", 10**12),
    ("plan-svg", gathering, "text_of", lambda value, where: str(value or "")),
    ("plan-png", pngs, "_DRAWS", (*pngs._DRAWS, b"tEXt")),
    ("plan-geojson", geojson, "ring_of", tuple),
    ("note-words", page_notes, "spans", lambda text: []),
    ("http-enclosed", enclosed, "_text", lambda data: data.decode("latin-1")),
    ("http-form", forms, "_plain", lambda text: True),
    ("clip-leftover", evidence, "whole_until", lambda size, read: (size // 2 + 1, False)),
    ("clip-pictures", mp4, "lengths_for_start_codes", lambda data: bytearray()),
    ("firmware-note", notes, "_wrong", lambda front, file, root: []),
    ("flaws-nvd", nvd, "_end", lambda head, tail, about: None),
    ("flaws-kev", firmware, "catalogue", lambda blocks: Catalogue(None, ())),
    ("looking-messages", looking_messages, "LONGEST_HEAD", 1 << 40),
]


@pytest.mark.parametrize(("name", "place", "part", "broken"), PLANTED, ids=lambda one: str(one)[:20])
def test_a_planted_bug_is_found(
    name: str, place: object, part: str, broken: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, part, broken)

    with pytest.raises((AssertionError, LookupError)):
        fed(name, 4_000)


def test_a_press_that_is_passed_over_in_silence_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words.Words, "gesture", lambda self, word: None)

    with pytest.raises(AssertionError, match="lost in silence"):
        fed("mqtt-payloads", 0)


@pytest.mark.parametrize(
    "payload",
    [
        b"{}x",
        b'{"a":01}',
        b'{"a":"\t"}',
        b"[1,]",
        b'{"a" 1}',
        b"[" * 40,
        b"\xff",
        b"",
        b"+1",
        b"tru",
        b'"\\x"',
    ],
)
def test_the_strict_reading_refuses_what_is_no_json(payload: bytes) -> None:
    with pytest.raises(strict.Refused):
        strict.json(payload)


def test_the_strict_reading_reads_what_is_json() -> None:
    text = '{"a": [1, -2.5e3, true, null, {}], "b": "\\u00e4\\n\\"", "c": "\u20ac"}'

    read = strict.json(text.encode())

    assert isinstance(read, dict)
    assert read["a"] == [strict.Number("1"), strict.Number("-2.5e3"), True, None, {}]
    assert {name: read[name] for name in "bc"} == {name: json.loads(text)[name] for name in "bc"}
