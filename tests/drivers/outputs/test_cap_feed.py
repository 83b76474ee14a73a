"""A CAP 1.2 feed: valid by OASIS's own schema, a drill that never says Actual, chains that go on over a restart."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from drivers.base import NotPermitted
from drivers.outputs.cap_feed import READER_S, CapConfig, CapFeed, keep, kept_in, read
from drivers.outputs.cap_message import (
    KEPT_MOST,
    REFERENCES_MOST,
    Alert,
    Speaker,
    bounded,
    current,
    document,
    followed,
    identifier,
    status,
)
from drivers.outputs.route import Wording
from rules.model.kinds import DRILL, EXERCISE, REAL, TEST, Kind, Switching
from rules.model.notices import Notice
from rules.model.responses import Response
from tests.drivers.outputs.cap_schema import CAP, faults
from tests.drivers.outputs.telling import LOCKDOWN, OUTPUT, notice, running

BY = Speaker(
    "lincoln-hs",
    "Lincoln <High> & School",
    {"a": "Building A"},
    "es-US",
    {"lockdown": "Encierro. Cerraduras, luces, fuera de la vista.", "all-clear": "Todo despejado."},
)
OVER = Wording("All clear: Lincoln", "All clear. What was told before is over.\n", "All clear")
PLACE = "https://10.20.0.5:8443/cap/signs"
RESPONSES: tuple[Response, ...] = ("lockdown", "secure", "hold-in-place", "shelter", "evacuate", "fire")


def said(*notices: Notice) -> list[Alert]:
    kept: list[Alert] = []
    for at, one in enumerate(notices):
        kept += followed(kept, BY.campus, one, LOCKDOWN if one.response else OVER, 1_780_000_000 + at)
    return kept


def parsed(alert: Alert) -> ET.Element:
    found = document(alert, BY)
    assert faults(found) == []
    root: ET.Element = fromstring(found)
    return root


def text(root: ET.Element, path: str) -> str:
    return root.findtext("/".join(f"{CAP}{one}" for one in path.split("/")), "")


@pytest.mark.parametrize("response", RESPONSES)
@pytest.mark.parametrize("kind", [REAL, DRILL])
def test_each_message_holds_against_the_schema_of_oasis(response: Response, kind: Switching) -> None:
    first, second, over = said(
        notice(1, response=response, kind=kind),
        notice(2, id=2, response="lockdown" if response != "lockdown" else "evacuate", kind=kind),
        notice(3, id=3, response=None, kind=kind),
    )
    assert [one.type for one in (first, second, over)] == ["Alert", "Update", "Cancel"]
    for one in (first, second, over):
        root = parsed(one)
        assert text(root, "status") == ("Actual" if kind is REAL else "Exercise")
        assert text(root, "scope") == "Restricted"
        assert text(root, "restriction")
        assert text(root, "incidents") == "inc-3"
        assert text(root, "info/area/areaDesc") == "Lincoln <High> & School, Building A"
        assert ("campus-edge:state-number", str(one.number)) in {
            (text(pair, "valueName"), text(pair, "value")) for pair in root.iter(f"{CAP}parameter")
        }
    assert text(parsed(over), "info/responseType") == "AllClear"
    assert "references" not in ET.tostring(parsed(first), "unicode")


def test_the_schema_that_is_asked_does_refuse() -> None:
    (one,) = said(notice())
    good = document(one, BY)
    assert faults(good) == []
    for before, after in (
        (b"<status>Actual", b"<status>Real"),
        (b"-00:00</sent>", b"Z</sent>"),
        (b"<urgency>Immediate</urgency>", b""),
        (b"<scope>Restricted</scope>", b"<scope>Restricted</scope><scope>Private</scope>"),
        (b"<language>en-US", b"<language>en US"),
    ):
        assert before in good
        assert faults(good.replace(before, after))


@pytest.mark.parametrize(
    ("kind", "word"), [(REAL, "Actual"), (DRILL, "Exercise"), (EXERCISE, "Exercise"), (TEST, "Test")]
)
def test_only_what_is_real_is_called_actual(kind: Kind, word: str) -> None:
    assert status(kind) == word


def test_an_update_and_an_end_name_all_that_came_before_them() -> None:
    first, second, over = said(notice(1), notice(2, response="evacuate"), notice(3, response=None))
    triple = "lincoln-hs,{},2026-05-28T{}-00:00"
    assert text(parsed(second), "references") == triple.format(first.identifier, "20:26:40")
    assert text(parsed(over), "references").split(" ") == [
        triple.format(first.identifier, "20:26:40"),
        triple.format(second.identifier, "20:26:41"),
    ]
    many = said(*(notice(n, response=RESPONSES[n % 6]) for n in range(40)))
    assert len(many[-1].references) == REFERENCES_MOST


def test_a_drill_says_drill_first_in_every_line_that_people_read() -> None:
    for one in said(notice(1, kind=DRILL), notice(2, kind=DRILL, response=None)):
        root = parsed(one)
        for path in ("note", "info/event", "info/headline", "info/description"):
            assert text(root, path).startswith("DRILL"), path
        headlines = [text(info, "headline") for info in root.iter(f"{CAP}info")]
        assert len(headlines) == 2
        assert all(line.startswith("DRILL") for line in headlines)
        assert b"Actual" not in document(one, BY)


def test_a_real_press_ends_the_drills_message_without_an_all_clear_and_refers_to_nothing_of_it() -> None:
    drilled, cancelled, real = said(notice(1, kind=DRILL, incident="d"), notice(2, id=2))
    assert (cancelled.type, cancelled.kind, text(parsed(cancelled), "status")) == (
        "Cancel",
        "drill",
        "Exercise",
    )
    assert drilled.identifier in cancelled.references[0]
    assert b"AllClear" not in document(cancelled, BY)
    assert text(parsed(cancelled), "note").startswith("DRILL")
    assert (real.type, real.references, text(parsed(real), "status")) == ("Alert", (), "Actual")
    # And the other way round: what a drill replaces was real, and says so.
    _, ended, _ = said(notice(1), notice(2, kind=DRILL, incident="d"))
    assert text(parsed(ended), "status") == "Actual"
    assert text(parsed(ended), "note")


def test_a_second_language_stands_beside_english() -> None:
    (one,) = said(notice())
    infos = list(parsed(one).iter(f"{CAP}info"))
    assert [text(info, "language") for info in infos] == ["en-US", "es-US"]
    assert text(infos[1], "headline") == BY.words["lockdown"]
    (other,) = said(notice(response="shelter"))
    assert len(list(parsed(other).iter(f"{CAP}info"))) == 1


def test_what_is_told_again_is_the_same_message_and_an_end_of_nothing_is_none() -> None:
    assert len(said(notice(1), notice(1, id=2), notice(1, id=3))) == 1
    assert said(notice(1, response=None)) == []


def test_zones_have_chains_of_their_own_and_what_holds_is_never_dropped() -> None:
    kept = said(notice(1, zone="a"), *(notice(n, zone="b", response=RESPONSES[n % 6]) for n in range(2, 400)))
    left = bounded(kept)
    assert len(left) == KEPT_MOST + 1
    assert {one.zone for one in current(left)} == {"a", "b"}


def test_no_name_of_a_campus_breaks_the_document() -> None:
    (one,) = said(notice())
    odd = Speaker("x", "]]><a>\x00\x0b\ud800\ufffe\x85\U0001f6a8 & 'q'", {})
    assert faults(document(one, odd)) == []


# --- the route ---------------------------------------------------------------------------------


def feed_at(file: Path, clock: list[float] | None = None) -> CapFeed:
    config = CapConfig(OUTPUT, BY, file)
    return CapFeed(config) if clock is None else CapFeed(config, lambda: clock[0])


async def test_what_is_told_is_sent_when_it_can_be_fetched_and_received_when_it_was(tmp_path: Path) -> None:
    clock = [0.0]
    route = feed_at(tmp_path / "feeds" / "signs.json", clock)
    early = notice(6, zone="b", id=9)
    route.tell(early, LOCKDOWN)
    before = route.ready
    async with running(route) as told:
        assert await told.end(early) == ("sent", "", 0, 0)
        assert (before, route.ready) == (False, True)
        assert await told.of(notice(id=1)) == ("sent", "", 0, 0)
        route.fetched("token:hall")
        await told.until(lambda: len(told.ended) >= 4)
        assert {(one.notice, one.outcome, one.told, one.of) for one in told.ended[2:]} == {
            (9, "received", 1, 1),
            (1, "received", 1, 1),
        }
        route.fetched("token:hall")
        clock[0] = 10.0
        assert await told.of(notice(8, id=2, response="evacuate")) == ("sent", "", 0, 0)
        route.fetched("token:gym")
        await told.until(lambda: told.ended[-1].outcome == "received")
        last = told.ended[-1]
        # The hall was asked for it a moment ago and has not come back: one of two has it.
        assert (last.told, last.of) == (1, 2)
        clock[0] = READER_S + 20
        assert await told.of(notice(9, id=3)) == ("sent", "", 0, 0)
        route.fetched("token:gym")
        await told.until(lambda: told.ended[-1].outcome == "received")
        assert (told.ended[-1].told, told.ended[-1].of) == (1, 1)


async def test_one_message_fetched_by_name_counts_for_itself_alone(tmp_path: Path) -> None:
    route = feed_at(tmp_path / "signs.json")
    async with running(route) as told:
        await told.of(notice(id=1))
        await told.of(notice(id=2, zone="b"))
        name = identifier(BY.campus, notice(id=1))
        assert route.message(name) is not None
        assert route.message("another") is None
        route.fetched("token:hall", name)
        await told.until(lambda: len(told.ended) == 3)
        assert (told.ended[-1].notice, told.ended[-1].outcome) == (1, "received")


async def test_the_chain_goes_on_over_a_restart_and_what_holds_is_told_as_the_same_message(
    tmp_path: Path,
) -> None:
    file = tmp_path / "feeds" / "signs.json"
    async with running(feed_at(file)) as told:
        await told.of(notice(1, id=1))
        await told.until(lambda: len(kept_in(file)) == 1)
    again = feed_at(file)
    async with running(again) as told:
        # Told anew after the start, under another number of its notice: nothing new is said.
        await told.of(notice(1, id=2))
        assert len(fromstring(again.atom(PLACE)).findall("{http://www.w3.org/2005/Atom}entry")) == 1
        tag = again.tag
        await told.of(notice(2, id=3, response=None), OVER)
        assert again.tag != tag
        await told.until(lambda: len(kept_in(file)) == 2)
    first, over = kept_in(file)
    assert over.type == "Cancel"
    assert first.identifier in over.references[0]


async def test_the_feed_holds_each_message_whole_the_newest_first(tmp_path: Path) -> None:
    route = feed_at(tmp_path / "signs.json")
    atom = "{http://www.w3.org/2005/Atom}"
    async with running(route) as told:
        assert fromstring(route.atom(PLACE)).findall(f"{atom}entry") == []
        await told.of(notice(1, kind=DRILL))
        await told.of(notice(2, id=2))
        entries = fromstring(route.atom(PLACE)).findall(f"{atom}entry")
    assert len(entries) == 3
    for one in entries:
        message = one.find(f"{atom}content/{CAP}alert")
        assert message is not None
        assert faults(ET.tostring(message)) == []
    titles = [one.findtext(f"{atom}title", "") for one in entries]
    assert titles[0] == "LOCKDOWN · Building A"
    assert all(title.startswith("DRILL") for title in titles[1:])
    assert entries[0].find(f"{atom}link").get("href").startswith(f"{PLACE}/lincoln-hs.")


async def test_a_disk_that_takes_nothing_leaves_the_feed_open_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "feeds").write_text("a file where the folder should be")
    route = feed_at(tmp_path / "feeds" / "signs.json")
    async with running(route) as told:
        await told.of(notice(id=1))
        await told.until(lambda: told.ended[-1].code == "not_kept")
        assert b"Lockdown" in route.atom(PLACE)


def test_a_file_that_is_not_ours_is_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    assert kept_in(file) == []
    (one,) = said(notice())
    assert keep(file, (one,))
    assert kept_in(file) == [one]
    file.write_bytes(file.read_bytes()[:-2])
    assert kept_in(file) == []
    file.write_bytes(b"[" * 100_000)
    assert kept_in(file) == []
    assert read(b" " * (2 * 1_048_576 + 1)) == []
    assert keep(file, (one,))
    far = file.read_bytes().replace(b"1780000000", b"99999999999999")
    assert read(far) == []


def test_a_notice_without_the_interlocks_seal_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(NotPermitted):
        feed_at(tmp_path / "x.json").tell(replace(notice(), seal=object()), LOCKDOWN)
