"""Files that people bring to the operations half, and what strangers send to it: read, or refused with why; never a failure."""

import contextlib
import ipaddress
import json
import struct
from typing import Final

import msgspec

from drivers.lines import Unreadable
from drivers.lines import line as encoded
from edge import checklist_file, neighbours
from edge.book import csv_rows, messages, photos
from edge.book.csv_rows import NotATable
from edge.cli import inspection_files, ticket_files
from edge.cli.written import NotRead
from edge.scenarios import reading, shelf
from edge.tabletop.messages import LONGEST_MS, MOST_STEPS, Wanted
from edge.tabletop.places import NotHere, Places
from edge.web.pages import notes
from tests.edge.book.test_photos import SECRET, chunk, exif, jpeg, png, segment
from tests.edge.campus import PLAN

_ZONES: Final = {"north": "a", "a": "a"}
_YAML: Final = b"""\
title: Walk
sections:
  - section: Gate
    questions:
      - {question: g-1, text: "Is it lit?", category: lock}
      - "Does it close?"
"""


def assets(data: bytes) -> None:
    """A list of assets: every row says something or why not, at a line of the file."""
    try:
        text, encoding = csv_rows.text_of(data)
        head, rows = csv_rows.read(text, encoding, _ZONES)
        found = list(rows)
    except NotATable as err:
        assert err.code.startswith("table_")
        json.dumps(err.said)
        return
    lines = text.count("\n") + text.count("\r") + 2
    seen = set()
    for one in found:
        assert 1 <= one.line <= lines, "a line that is not there"
        assert not (one.code and one.said)
        assert all(value.isprintable() for value in one.said.values())
        json.dumps((one.id, one.said, one.args))
        if one.id and not one.code:
            assert one.id not in seen, "one thing twice"
            seen.add(one.id)
    assert len(head.columns) <= csv_rows.MOST_COLUMNS


def assets_seeds() -> list[bytes]:
    return [
        b'id,name,type,zone,purchased,cost\nr-1,Radio,radio,North,2026-01-31,"1,200.50"\nr-2,,,,31/12/2026,\n',
        "\ufeffAsset Tag;Asset Name;Serial;Warranty Months;Purchase Date\n1;A;B;36;2024-02-29\n1;C;D;x;\n".encode(),
        "name\tLocation\nä\tHall\n".encode("utf-16"),
        b'id,name\n1,"open\n2,b\n',
        b"id,name\nr-1,a\nr-1,b\n",
        b"name\n" + b"x," * 300,
        b"Name,Status\r\nLaptop,Ready to Deploy\r\n\x91x\x92,Archived\r\n",
    ]


def tickets(data: bytes) -> None:
    """A list of tickets: rows with what is known of columns, or why not."""
    try:
        found = list(ticket_files.read(data))
    except NotRead as err:
        assert str(err)
        return
    for line, at_us, said, why in found:
        assert line >= 1
        assert at_us >= 0
        assert set(said) <= set(ticket_files.COLUMNS)
        assert why or "number" not in said


def tickets_seeds() -> list[bytes]:
    return [
        b"Title,Status,Priority,Opening date,Item\nScreen,Solved,Very high,2026-08-14 10:00:00,a-101\n'=x,new,low,2026-08-14,\n",
        b"title,opened\na,2026-08-14T10:00:00Z\nb,soon\nc\n",
        b"title,opened\na,0001-01-01T00:00:00+23:59\nb,9999-12-31T23:59:59-23:59\n",
        b'title\n"a\nb"\n"c',
    ]


def inspections(data: bytes) -> None:
    """A list of inspections: what can be asked of the book, and what cannot with its line."""
    try:
        found, wrong = inspection_files.read(data)
    except NotRead as err:
        assert str(err)
        return
    assert found or wrong
    lines = {line for line, why in wrong if why}
    for one in found:
        json.dumps(one)
        assert one["result"] in ("passed", "failed")
        assert 0 <= one["number"] < 10**15
        assert one["line"] in lines or all(len(pair) == 2 for pair in one["expires"])


def inspections_seeds() -> list[bytes]:
    return [
        b"asset,check,day,result,person,note,expires\naed-1,aed-monthly,2026-08-14,pass,Ms B,'=1,pads_until=2027-01-31; x=y\n",
        b"Number,Asset,Check,Day,Result\n12,a,b,2026-02-30,ok\n\xc2\xb2,a,b,2026-02-28,maybe\n",
        b"asset,check,day,result,expires\na,b,2026-08-14,no,x\n",
        b"asset,asset\n",
    ]


def checklist(data: bytes) -> None:
    """A checklist as a table or as YAML, by its first byte: each question once, with its line."""
    if not data:
        return
    try:
        title, found, wrong = checklist_file.read(data[1:], "yaml" if data[0] & 1 else "csv")
    except checklist_file.NotRead as err:
        assert str(err)
        return
    assert isinstance(title, str)
    assert found or wrong
    doubted = {line for line, _ in wrong}
    sure = [said["question"] for line, said in found if line not in doubted]
    assert len(set(sure)) == len(sure), "one id for two questions"
    for line, said in found:
        assert line >= 1
        assert set(said) == set(checklist_file.COLUMNS)
        assert all(" ".join(value.split()) == value for value in said.values())


def checklist_seeds() -> list[bytes]:
    return [
        b"\x01" + _YAML,
        b"\x01title: [a]\nsections: [{section: {a: b}, questions: [{text: [1]}, 7, null]}]\n",
        b"\x01sections:\n  - {section: A, questions: {a: b}}\n",
        b"\x00question,section,text\ng-1,Gate,Is it lit?\ng-1,Gate,Again?\n,Gate,Third?\n",
        b'\x00section,text\nq-2 ,A\nA,B\nA,"B\n',
    ]


def written(data: bytes) -> None:
    """A written incident: whole, bounded and in order of time, or each thing that is wrong at a line of the file."""
    found = reading.read(data, "x.yaml")
    assert (found.scenario is None) == bool(found.wrong)
    lines = data.count(b"\n") + data.count(b"\r") + 2
    for line, why in found.wrong:
        assert 1 <= line <= lines, "a line that is not there"
        assert 0 < len(why) <= 400
    if found.scenario is None:
        return
    steps = found.scenario.steps
    assert 0 < len(steps) <= MOST_STEPS
    times = [step.at_ms for step in steps]
    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] <= LONGEST_MS
    # It travels from process to process as it is.
    sent = msgspec.msgpack.encode(Wanted(at_us=0, scenario=found.scenario))
    assert msgspec.msgpack.decode(sent, type=Wanted).scenario == found.scenario
    places = Places(PLAN)
    for step in steps:
        with contextlib.suppress(NotHere):
            places.check(step)


def written_seeds() -> list[bytes]:
    shipped = [path.read_bytes()[:2_000] for path in sorted(shelf.SHIPPED.glob("*.yaml"))]
    return [
        *shipped,
        b'tabletop: 1\ntitle: A\nsteps:\n  - {at: "0:05", press: pb-101}\n  - {at: 90s, note: b}\n',
        b"tabletop: 1\ntitle: A\nsteps:\n  - {at: 0s, door: {kind: stair, does: open}}\n  - {at: 1s, start: evacuate}\n",
        b"tabletop: 1\ntitle: A\nsteps: [{at: 0s, inject: {text: a, to: safety}}, {at: 0s, fire: {active: true}}]\n",
        b"tabletop: 1\ntitle: A\nsteps: [{at: 99999s, close: a}]\n",
        b"tabletop: true\ntitle: [A]\nsteps: [{at: 99:99, room: {number: 1e9, word: [safe]}}, 7, {at: 0s}]\n",
    ]


def photo(data: bytes) -> None:
    """A photo: bared once it is as bare as it gets, and nothing of what the phone wrote is left."""
    try:
        bare = photos.bared(data)
    except photos.NoPhoto as err:
        assert err.code.startswith("photo_")
        return
    assert photos.kind_of(bare) == photos.kind_of(data) != ""
    assert photos.bared(bare) == bare
    assert len(bare) <= len(data) + 64


def photo_seeds() -> list[bytes]:
    return [
        jpeg(segment(0xE1, exif(6)), segment(0xFE, SECRET), after=b"more"),
        jpeg(segment(0xE1, exif(3, "<")), segment(0xED, SECRET)),
        png(chunk(b"tEXt", SECRET)),
        png(chunk(b"gAMA", bytes(4)), chunk(b"eXIf", SECRET)),
    ]


def note(data: bytes) -> None:
    """A firmware note's Markdown: blocks of known kinds; what it says is there, letter by letter."""
    text = data.decode("utf-8", "replace")
    found = notes.blocks(text)
    spans = [
        span
        for one in found
        for line in (
            one.get("spans", []),
            *one.get("items", []),
            *(each for row in one.get("rows", []) for each in row),
        )
        for span in line
    ]
    assert {kind for kind, _ in spans} <= {"text", "code", "strong", "em"}
    shown = sum(one.isalpha() for _, words in spans for one in words)
    assert shown == sum(one.isalpha() for one in text), "letters were lost"


def note_seeds() -> list[bytes]:
    return [
        b"# T\n\nA `b` **c** *d*.\n\n- x\n  y\n- z\n\n1. a\n2. b\n\n| h | i |\n|---|---|\n| 1 | `2` |\n",
        b"| | |\n|:--|\n|a|b|c|\nx|y\n",
        b"**a *b** c*\n`\n- \n#\n##x",
    ]


def arp(data: bytes) -> None:
    """The kernel's tables of neighbours, by the first byte of IPv4 or IPv6: addresses with MACs of six pairs, or nothing."""
    if not data:
        return
    if data[0] & 1:
        try:
            found, _over = neighbours.parsed_v6(data[1:])
        except neighbours.NoTable:
            return
    else:
        found = list(neighbours.parsed(data[1:].decode("ascii", "replace")))
    for one in found:
        assert len(one.mac) == 17
        assert one.mac == one.mac.lower()
        assert one.maker in ("local", one.mac[:8])
        assert one.address.version in (4, 6)


def arp_seeds() -> list[bytes]:
    head = b"\x00IP address       HW type     Flags       HW address            Mask     Device\n"
    address, mac = ipaddress.IPv6Address("fd00::5").packed, bytes.fromhex("0230de010203")
    body = struct.pack("=BBHiHBB", 10, 0, 0, 2, 2, 0, 1)
    body += struct.pack("=HH16sHH6sxx", 20, 1, address, 10, 2, mac)
    told = struct.pack("=IHHII", 16 + len(body), 28, 2, 1, 0) + body
    return [
        head + b"10.0.0.5  0x1  0x2  00:30:DE:01:02:03  *  eth0\n10.0.0.6 0x1 0x0 00:00:00:00:00:00 * eth0\n",
        head + b"10.0.0.300 0x1 0x2 02:30:de:01:02:03 * eth0\n10.0.0.7 0x1 0xZZ 02:30:de:01:02:03 * e\n",
        b"\x01" + told + told + struct.pack("=IHHIIi", 20, 3, 2, 1, 0, 0),
        b"\x01" + told[:40],
        b"\x01" + struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -1),
    ]


def talk(data: bytes) -> None:
    """Messages between daemon and book, by the first byte: the same again once written, or refused as a whole."""
    if not data:
        return
    read = messages.up if data[0] & 1 else messages.down
    try:
        found = read(data[1:])
    except Unreadable:
        return
    again = read(encoded(found).rstrip(b"\n"))
    assert again == found


def talk_seeds() -> list[bytes]:
    up: list[messages.Up] = [
        messages.Beat(True, 3),
        messages.Pull("e", 7),
        messages.Answered(1, "done", (("subject", "x"),)),
        messages.Decided((messages.EntryLine("asset.seen/1", "a", "person:1", {"asset": "a"}, {}, None),)),
    ]
    down: list[messages.Down] = [
        messages.More(),
        messages.Events((), more=True),
        messages.Events((messages.EventLine("h", "{}", {"a": "1"}),), more=False, anew=True),
    ]
    return [b"\x01" + encoded(one).rstrip() for one in up] + [b"\x00" + encoded(one).rstrip() for one in down]
