"""Entries become rows and come back the same; sealed fields stay out of `data`; a snapshot holds the whole record."""

import ast
import json
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import codec
from edge.codec import KINDS, Made
from edge.folding import digest, sources
from edge.journal.row import Row
from rules import record
from rules.model.alerts import (
    CallRecorded,
    CallSeen,
    DetectionAnswered,
    DetectionEscalated,
    DetectionRecorded,
    DetectionShown,
    DetectionViewed,
)
from rules.model.camera_facts import CameraIdentified, CamerasAsked, CamerasFoundBlind, CameraTurned
from rules.model.device_facts import DeviceIdentified
from rules.model.district_facts import DirectiveAnswered
from rules.model.facts import (
    Because,
    DoorsOrdered,
    Entry,
    Fact,
    FlagRaised,
    IncidentOpened,
    MessageRefusedRecorded,
    NoteWritten,
    PressRecorded,
    PressUnanswered,
    VerdictReached,
    WalkTestStarted,
    ZoneResponded,
)
from rules.model.flag_facts import DryRunTold, FlagCompensated, ReadinessStated
from rules.model.ids import (
    Actor,
    AlertId,
    ButtonId,
    CameraId,
    CommandId,
    ControllerId,
    DetectorId,
    DoorId,
    IncidentId,
    NoticeId,
    OutputId,
    PhoneSystemId,
    PressId,
    ZoneId,
)
from rules.model.moments import Instant
from rules.model.notices import NoticesOrdered, NoticeTurned, SecondChannelTried
from rules.model.post_facts import (
    ResponderMarked,
    RoleHandedOver,
    RoomReported,
    TaskOverdue,
    TasksOpened,
    TaskTurned,
)
from rules.model.screens import RoomHeard, RoomName
from rules.model.selftest_facts import (
    DoorExercised,
    SelfTestEnded,
    SelfTestScheduled,
)
from rules.model.statements import StatementAnswered, StatementsPrepared
from rules.record import fold
from rules.state import Record

AT = Instant(1_786_708_800_000_000, 5_000_000)
MADE = Made("pack", "code")
LARGEST = 2**53
whole = st.integers(-LARGEST, LARGEST)
words = st.text(max_size=12)


def stored(row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """`data` and `sealed` as they come back from disk: JSON."""
    return json.loads(json.dumps(row.data)), json.loads(json.dumps(row.sealed))


def back(row: Row) -> Entry | None:
    """The entry of a row that was stored whole."""
    data, opened = stored(row)
    return codec.entry(row.kind, row.subject, row.actor, row.incident, data, opened)


NUMBERS: dict[Any, st.SearchStrategy[Any]] = {
    int: whole,
    int | None: st.none() | whole,
    CommandId: whole,
    NoticeId: whole,
    tuple[tuple[OutputId, NoticeId], ...]: st.lists(st.tuples(words, whole), max_size=3).map(tuple),
    tuple[CommandId, ...]: st.lists(whole, max_size=3).map(tuple),
    tuple[str, ...]: st.lists(words, max_size=3).map(tuple),
    tuple[tuple[ZoneId, int], ...]: st.lists(st.tuples(words, whole), max_size=3).map(tuple),
    tuple[tuple[str, int, int], ...]: st.lists(st.tuples(words, whole, whole), max_size=3).map(tuple),
}
"""Integers as the journal allows them (contract section 6), and what is empty by itself."""


def facts(kind: Any) -> st.SearchStrategy[Any]:
    """Any fact of this kind."""
    hints = {one.name: get_type_hints(kind)[one.name] for one in fields(kind)}
    return st.builds(kind, **{name: NUMBERS[hint] for name, hint in hints.items() if hint in NUMBERS})


entries = st.builds(
    Entry,
    st.one_of([facts(kind) for kind in get_args(Fact)]),
    words,
    st.builds(Actor, words),
    st.one_of(st.none(), st.builds(IncidentId, words)),
    st.none(),
)


def test_every_fact_has_a_kind_of_its_own_with_a_version() -> None:
    assert len(KINDS) == len(get_args(Fact))
    for kind in KINDS:
        name, _, version = kind.partition("/")
        assert name
        assert int(version) >= 1


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(entries)
def test_any_entry_comes_back_the_same(entry: Entry) -> None:
    assert back(codec.row(entry, AT, MADE)) == entry


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(entries)
def test_data_holds_nothing_sealed_no_float_and_nothing_but_plain_values(entry: Entry) -> None:
    row = codec.row(entry, AT, MADE)
    data, _ = stored(row)
    assert data.keys().isdisjoint(entry.fact.SEALED)
    assert set(row.sealed) <= set(entry.fact.SEALED)
    assert all(value != "" for value in row.sealed.values())
    assert '"seal"' not in json.dumps(data)

    def plain(value: object) -> bool:
        if isinstance(value, list):
            return all(plain(one) for one in value)
        return value is None or type(value) in (int, bool, str)

    assert all(plain(value) for value in data.values())


def test_a_row_carries_what_made_the_decision_and_why() -> None:
    fact = FlagRaised("door_stale", "d1", ("9",))
    because = Because("door_stale", (("age", 9), ("sure", True)))
    row = codec.row(Entry(fact, "d1", Actor("rule"), None, because), AT, MADE)
    assert row.because == ("door_stale", {"age": 9, "sure": True, "pack": "pack", "code": "code"})
    data, opened = stored(row)
    entry = codec.entry(row.kind, row.subject, row.actor, row.incident, data, opened, row.because)
    assert entry is not None
    assert entry.because is not None
    assert dict(entry.because.args) == row.because[1]


def test_an_erased_field_reads_as_empty_and_the_rest_stands() -> None:
    row = codec.row(Entry(WalkTestStarted((ButtonId("pb"),), 5, 1, 2, "b", "Kim"), "x", Actor("a")), AT, MADE)
    data, opened = stored(row)
    assert opened == {"person": "Kim"}
    entry = codec.entry(row.kind, row.subject, row.actor, None, data, {})
    assert entry is not None
    assert isinstance(entry.fact, WalkTestStarted)
    assert (entry.fact.person, entry.fact.minutes) == ("", 5)


def test_what_others_wrote_is_in_no_flag_and_no_message_that_is_not_sealed() -> None:
    foreign = "campus.yaml:83: doors[d-0].kind: 'Mrs Robinson' is not one of its words"
    digest = "45e63bc370a651c788d12c5e1c573acadd14c6605c66621081fb6ff8a88def8f"
    for fact, sealed in (
        (FlagRaised("config_refused", "hs", ("2", foreign)), {"args": ["2", foreign]}),
        (
            MessageRefusedRecorded(ButtonId("pb"), "not_json", 9, digest, "t", foreign),
            {"topic": "t", "payload": foreign, "sha256": digest},
        ),
    ):
        row = codec.row(Entry(fact, "hs", Actor("rule")), AT, MADE)
        assert row.sealed == sealed
        assert foreign not in json.dumps(row.data)
        assert digest not in json.dumps(row.data)
        erased = codec.entry(row.kind, row.subject, row.actor, None, row.data, {})
        assert erased is not None
        assert codec.row(erased, AT, MADE).sealed == {}


def test_a_kind_of_another_version_is_skipped_and_a_field_of_another_version_is_not_minded() -> None:
    assert codec.entry("door.dreamt/9", "x", "a", None, {}, {}) is None
    entry = codec.entry("flag.cleared/1", "x", "a", None, {"code": "c", "subject": "s", "later": 1}, {})
    assert entry is not None


@pytest.mark.parametrize("data", [{}, {"code": 3, "subject": "s"}, {"code": "c"}])
def test_a_known_kind_that_does_not_hold_what_it_should_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises((msgspec.ValidationError, TypeError)):
        codec.entry("flag.cleared/1", "x", "a", None, data, {})


def full() -> Record:
    """A record with something in every part of it."""
    incident, zone, button = IncidentId("inc-1"), ZoneId("a"), ButtonId("pb")
    record = Record()
    for fact in (
        PressRecorded(button, PressId("p"), "acted", "mqtt", "hold", "lockdown", zone, "real", 4, 0, "hold"),
        IncidentOpened(incident, "real", "lockdown", zone, silent=False),
        ZoneResponded(1, zone, "lockdown", "real", incident),
        NoticesOrdered(
            "real",
            "lockdown",
            zone,
            1,
            ((OutputId("mail"), NoticeId(1)),),
            ((OutputId("page"), "fire_alarm"),),
        ),
        DetectionRecorded(
            1,
            DetectorId("gun"),
            AlertId("a-1"),
            "waiting",
            "weapon",
            "old",
            91_000_000,
            CameraId("cam"),
            93,
            zone,
            "lockdown",
            zone,
            "Door 7",
            "rifle",
        ),
        DetectionShown(1, ("ab" * 32,)),
        DetectionViewed(1, DetectorId("gun-front")),
        DetectionEscalated(1, DetectorId("gun")),
        DetectionRecorded(
            2,
            DetectorId("gun"),
            AlertId("a-2"),
            "waiting",
            "gunshot",
            "",
            0,
            None,
            None,
            zone,
            "lockdown",
            zone,
            "",
            "",
        ),
        DetectionAnswered(2, DetectorId("gun"), False, "crisps"),
        CallRecorded(
            1,
            PhoneSystemId("pbx"),
            AlertId("c-1"),
            "test",
            "no_time",
            None,
            zone,
            "2101",
            "Kim",
            "Room 1",
            "+1",
        ),
        CallRecorded(2, PhoneSystemId("pbx"), AlertId("c-2"), "waiting", "", 0, zone, "", "", "", ""),
        CallSeen(1, PhoneSystemId("pbx")),
        NoticeTurned(NoticeId(1), OutputId("mail"), "failed", "refused", 1, 2),
        RoomHeard(RoomName("101"), OutputId("screens"), 1, "help"),
        StatementsPrepared(
            incident,
            "drill",
            None,
            zone,
            3,
            ((1, "families-over", "families", "public-information"),),
            ("DRILL. Over",),
        ),
        StatementAnswered(1, "declined", "not now"),
        SecondChannelTried(
            "drill",
            "lockdown",
            zone,
            1,
            30_000_000,
            ((OutputId("screens"), "101"), (OutputId("mail"), "")),
            OutputId("sms"),
            NoticeId(2),
            "",
        ),
        DoorsOrdered("lock", (DoorId("d1"),), ((DoorId("d2"), "fire_active"),), (CommandId(1),), ""),
        PressUnanswered(1, button, PressId("q"), "lockdown", zone, "too_old"),
        WalkTestStarted((button,), 5, 1, 2, "boot", "Kim"),
        PressRecorded(button, PressId("t"), "test", "mqtt", "hold", "lockdown", zone, "test", 5, 0, "hold"),
        CamerasAsked((CameraId("cam"),), ((CameraId("cam-2"), "lost"),)),
        CamerasFoundBlind(((CameraId("cam"), "unwatched"),), 1_790_000_000_000_000),
        CameraTurned(CameraId("cam-2"), False, "closed", "own", "", "gone"),
        CameraIdentified(CameraId("cam"), "Axis", "M3085", "11.2", "A", "S1", "Axis, Inc."),
        DeviceIdentified(ControllerId("plc"), "modbus", "", "WAGO", "750-362", "01.09", "S1", "WAGO"),
        FlagRaised("door_stale", "d1", ("9",)),
        VerdictReached(DoorId("d1"), "secured", None, "", True, True, 9),
        SelfTestScheduled(739_000),
        SelfTestEnded(
            1, "schedule", 739_001, True, "", ("lock:d1",), (("lock:d2", "behind", "controller:c"),), ()
        ),
        DoorExercised(DoorId("d1"), 739_001, "ended", "proven", "", ()),
        FlagCompensated("door_stale", "d1", 1_790_000_000_000_000, "guard posted"),
        ReadinessStated(90, 10, ((zone, 90),), (("door_stale", 1, 10),), "w"),
        DryRunTold(
            1, "schedule", 739_001, 2, ((DoorId("d1"), "stands_open"), (DoorId("d1"), "no_bolt_sensor"))
        ),
        TasksOpened(
            incident,
            "lockdown",
            "boot",
            ((1, "call", "incident-commander", 60, 0, False), (2, "media", "liaison", 60, 60, True)),
            ("Call.", "Tell."),
        ),
        TaskTurned(incident, 1, "taken", "boot"),
        TaskOverdue(incident, 2),
        RoleHandedOver(incident, "safety", Actor(""), Actor("account:1"), False),
        ResponderMarked(incident, Actor(""), True, False, "Chief Ott"),
        RoomReported(incident, "d1", "needs-help", 24, "a cut hand"),
        NoteWritten(incident, "police at the gate"),
        DirectiveAnswered(3, "ticket.merge/1", "applied", ""),
    ):
        record = fold(record, AT, Entry(fact, "x", Actor("rule"), incident))
    return record


def test_a_snapshot_holds_the_whole_record() -> None:
    record = full()
    assert all(value for name, value in vars(record).items() if name != "outputs_on")
    assert record.self_tests.last is not None
    assert record.self_tests.exercises
    assert record.buttons[ButtonId("pb")].proven
    post = record.posts[IncidentId("inc-1")]
    assert all((post.opened, post.tasks, post.roles, post.responders, post.rooms, post.notes))
    assert codec.record_of(codec.record_bytes(record)) == record


def test_a_snapshot_that_other_code_folded_is_refused(tmp_path: Path) -> None:
    with pytest.raises((msgspec.MsgspecError, KeyError, TypeError)):
        codec.record_of(b'{"number": "seven", "flags": []}')
    with pytest.raises((msgspec.MsgspecError, KeyError, TypeError)):
        codec.record_of(b"{}")
    folded = json.loads(codec.record_bytes(full()))
    with pytest.raises(msgspec.ValidationError, match="other code"):
        codec.record_of(json.dumps({**folded, "folded_by": "0" * 64}).encode())
    source = tmp_path / "record.py"
    source.write_text("a = 1\n")
    before = digest([source])
    source.write_text("a = 2\n")
    assert digest([source]) != before


def test_a_snapshot_is_of_all_the_code_that_folds() -> None:
    ours = {path.resolve() for path in sources()}
    rules = Path(str(record.__file__)).parent
    asked, seen = [rules / "record.py"], set[Path]()
    while asked:
        path = asked.pop()
        if path in seen:
            continue
        seen.add(path)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "rules":
                found = rules.joinpath(*str(node.module).split(".")[1:]).with_suffix(".py")
                # The plan is of the configuration: what is folded rests on nothing of it but names.
                asked += [found] if found.exists() and found.name != "plan.py" else []

    assert len(seen) > 20
    assert {path for path in seen if path.resolve() not in ours} == set()
