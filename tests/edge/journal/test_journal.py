"""The journal as the loop uses it: append, go on; what was acknowledged is there, in order, and verifies."""

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from edge.journal.chain import ZEROS
from edge.journal.journal import Journal
from edge.journal.opening import JournalInUse
from edge.journal.reader import Reader
from edge.journal.row import Row
from edge.journal.stored import Stored
from edge.journal.verify import verify_directory
from edge.journal.witness import read_witness
from edge.journal.writer import JournalRefused

Open = Callable[..., Any]
Add = Callable[..., Any]
Until = Callable[[Callable[[], object]], Awaitable[None]]
MakeRow = Callable[..., Row]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def contract_verifier(directory: Path) -> tuple[int, str]:
    """Section 6 of the contract and nothing of ours: SQL, json, hashlib. Returns (events, last hash)."""
    connection = sqlite3.connect(directory / "journal.db")
    rows = connection.execute("SELECT hash, body FROM events ORDER BY place").fetchall()
    salts = connection.execute("SELECT place, field, salt, value FROM sealed").fetchall()
    connection.close()
    names = {
        "v",
        "campus",
        "epoch",
        "seq",
        "id",
        "at",
        "clock",
        "kind",
        "subject",
        "actor",
        "incident",
        "because",
    }
    names |= {"data", "sealed", "prev"}
    epoch, seq, prev = None, 0, ""
    commitments = {}
    for place, (digest, body) in enumerate(rows, start=1):
        event = json.loads(body)
        assert set(event) == names
        assert set(event["clock"]) == {"boot", "monotonic_us", "error_us"}
        canonical = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(canonical.encode()).hexdigest() == digest
        if event["epoch"] != epoch:
            epoch, seq, prev = event["epoch"], 0, "0" * 64
            assert event["kind"] == "epoch.started/1"
        assert event["seq"] == seq + 1
        assert event["prev"] == prev
        seq, prev = event["seq"], digest
        commitments[place] = event["sealed"]
    for place, field, salt, value in salts:
        assert len(salt) == 16
        assert hashlib.sha256(salt + value.encode()).hexdigest() == commitments[place][field]
    return len(rows), prev


async def test_what_was_acknowledged_is_there_in_order_and_numbered_without_a_gap(
    store: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        for number in range(5):
            assert await add(journal, [make_row(number)])
        assert await add(journal, [make_row(number) for number in range(5, 300)])
        events: list[Stored] = await journal.read(None, 1000)

    presses = [event for event in events if event.kind == "press.heard/1"]
    assert [event.data["number"] for event in presses] == list(range(300))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


async def test_a_verifier_written_from_the_contract_alone_agrees(
    store: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        await add(journal, [make_row(number, sealed={"word": "läuft\n"}) for number in range(130)])
    async with opened() as journal:
        await add(journal, [make_row(number, incident="inc-1") for number in range(20)])

    count, last = contract_verifier(store)

    report = verify_directory(store)
    assert report.problems == []
    assert report.head is not None
    assert (report.events, report.head.hash) == (count, last)
    assert report.opened == 130


async def test_the_first_event_starts_an_epoch_and_follows_nothing(opened: Open) -> None:
    async with opened() as journal:
        (first,) = await journal.read(None, 1)

    assert (first.kind, first.seq, first.prev) == ("epoch.started/1", 1, ZEROS)
    assert first.data == {"reason": "first_start", "old_epoch": None, "old_seq": None, "old_hash": None}


async def test_the_witness_stands_where_the_journal_stands_with_the_head_of_the_loop(
    store: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        await add(journal, [make_row()], {"number": 7, "zones": {"a": "lockdown"}})
        await add(journal, [make_row()], None)
        (*_, last) = await journal.read(None, 10)
        witnessed = read_witness(store / "journal.witness")

    assert witnessed is not None
    assert (witnessed.head.epoch, witnessed.head.seq, witnessed.head.hash) == (
        last.epoch,
        last.seq,
        last.hash,
    )
    assert witnessed.said == {"number": 7, "zones": {"a": "lockdown"}}


async def test_a_restart_goes_on_in_the_same_epoch(
    store: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        await add(journal, [make_row(1)], {"number": 1})
    async with opened() as journal:
        await add(journal, [make_row(2)])
        events = await journal.read(None, 10)

    assert journal.opened.reason is None
    assert journal.opened.head == {"number": 1}
    assert len({event.epoch for event in events}) == 1
    assert verify_directory(store).holds


async def test_a_restart_folds_only_what_came_after_the_snapshot(
    store: Path, machine: Path, campus: str, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        await add(journal, [make_row(number) for number in range(10)])
        journal.save_snapshot(b"the state after ten")
        await add(journal, [make_row(number) for number in range(10, 13)])

    journal = Journal.open(store, campus, machine_id_file=machine)
    (snapshot,) = journal.load_snapshots()
    assert snapshot is not None
    assert snapshot.blob == b"the state after ten"
    assert [event.data["number"] for event in journal.rows_after(snapshot)] == [10, 11, 12]
    assert len(list(journal.rows_after(None))) == 14
    await journal.close()


async def test_a_snapshot_that_the_chain_does_not_bear_out_is_dropped(
    store: Path, machine: Path, campus: str, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        await add(journal, [make_row()])
        journal.save_snapshot(b"state")
        await add(journal, [make_row()])
    file = store / "journal.snapshot"
    head, _, blob = file.read_bytes().partition(b"\n")
    fields = json.loads(head)
    for changed in (
        json.dumps({**fields, "hash": "f" * 64}).encode() + b"\n" + blob,
        head + b"\n" + b"another",
        b"noise",
        head.replace(b'"epoch":"', b'"epoch":"\xff') + b"\n" + blob,
        b"[" * 4_000,
        json.dumps({**fields, "seq": 2**70}).encode() + b"\n" + blob,
        json.dumps({**fields, "epoch": ["x"]}).encode() + b"\n" + blob,
    ):
        file.write_bytes(changed)
        journal = Journal.open(store, campus, machine_id_file=machine)
        assert journal.load_snapshots() == []
        await journal.close()


async def test_behind_a_damaged_snapshot_the_one_before_it_is_found(
    store: Path, machine: Path, campus: str, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        for number in range(2):
            await add(journal, [make_row(number)])
            journal.save_snapshot(b"state %d" % number)
            await add(journal, [make_row(number)])
    (store / "journal.snapshot").write_bytes(b"noise")

    async with opened() as journal:
        assert [one.blob for one in journal.load_snapshots()] == [b"state 0"]


async def test_no_picture_from_before_outlives_what_is_erased(
    store: Path, opened: Open, add: Add, make_row: MakeRow, until: Until
) -> None:
    async with opened() as journal:
        for number in range(2):
            await add(journal, [make_row(number, sealed={"name": "Ada"})])
            journal.save_snapshot(b"Ada")
            await add(journal, [make_row(number)])
        await until(lambda: (store / "journal.snapshot.before").exists())
        (event,) = [one for one in await journal.read() if one.opened][:1]

        assert await journal.erase(event.epoch, event.seq, "name", "somebody")
        assert not (store / "journal.snapshot.before").exists()


async def test_a_closed_journal_says_so_at_once(opened: Open, make_row: MakeRow) -> None:
    async with opened() as journal:
        journal.append([make_row()], None)

    with pytest.raises(JournalRefused, match="closed"):
        await journal.read(None, 1)
    journal.append([make_row()], None)  # the loop's last rows may still come: nothing is raised


async def test_one_directory_belongs_to_one_daemon(
    store: Path, machine: Path, campus: str, opened: Open
) -> None:
    async with opened():
        with pytest.raises(JournalInUse):
            Journal.open(store, campus, machine_id_file=machine)
        with pytest.raises(JournalInUse):
            Reader.open(store)


async def test_whether_a_kind_was_ever_written_is_found_in_pieces_and_by_nothing_that_looks_like_it(
    opened: Open, add: Add, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.journal.pieces.LOOKED_THROUGH", 3)
    like = '"kind":"account.added/1"'
    async with opened() as journal:
        await add(journal, [make_row(one, data={"said": like, like: 1}) for one in range(20)])
        before = await journal.any_of("account.added/1", "session.opened/1")
        await add(journal, [make_row(21, kind="session.opened/1")])
        await add(journal, [make_row(one) for one in range(22, 30)])
        after = await journal.any_of("account.added/1", "session.opened/1")
    assert (before, after) == (False, True)
    with pytest.raises(JournalRefused):
        await journal.any_of("account.added/1")


async def test_a_kind_nobody_knows_is_kept_and_shown_raw(
    store: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        await add(journal, [make_row(kind="from.the.future/9", data={"what": [1, {"x": None}]})])
        (*_, last) = await journal.read(None, 10)

    assert (last.kind, last.data) == ("from.the.future/9", {"what": [1, {"x": None}]})
    assert verify_directory(store).holds


async def test_a_reader_goes_on_where_it_stopped(opened: Open, add: Add, make_row: MakeRow) -> None:
    async with opened() as journal:
        await add(journal, [make_row(number) for number in range(130)])
        first = await journal.read(None, 70)
        rest = await journal.read(first[-1].position, 1000)
        with pytest.raises(KeyError):
            await journal.read(("no such epoch", 1), 10)

    assert [event.seq for event in [*first, *rest]] == list(range(1, 132))


async def test_every_thousandth_event_carries_a_checkpoint_and_the_first_second_brings_one(
    store: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        await journal.checkpoint()
        for _ in range(21):
            await add(journal, [make_row(number) for number in range(100)])
        made = await journal.checkpoint()

    with Reader.open(store) as reader:
        (epoch,) = reader.store.epochs
        seqs = [each.seq for each in reader.store.checkpoints(epoch.epoch, 0, 2**53)]
    assert made is not None
    assert seqs == [1, 1001, 2001, 2101]
    assert verify_directory(store).checkpoints == 4


async def test_the_signing_key_is_the_daemons_alone_and_its_public_half_lies_beside_it(
    store: Path, opened: Open
) -> None:
    async with opened() as journal:
        await journal.checkpoint()

    assert "PUBLIC" in (store / "signing-key.pub.pem").read_text(encoding="ascii")
    modes = {file.name: file.stat().st_mode & 0o777 for file in (store, *store.iterdir())}  # noqa: ASYNC240  # a test
    assert modes.pop("signing-key.pub.pem") == 0o644
    assert modes.pop("store") == 0o700
    assert set(modes.values()) == {0o600}


async def test_an_erased_field_is_gone_from_the_disk_and_the_chain_holds(
    store: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        await add(journal, [make_row(sealed={"person": "Ada Lovelace", "note": "stays"})])
        (*_, event) = await journal.read(None, 10)
        assert await journal.erase(event.epoch, event.seq, "person", "socket:1000")
        assert not await journal.erase(event.epoch, event.seq, "person", "socket:1000")
        assert not await journal.erase(event.epoch, 999, "person", "socket:1000")
        (*_, again, erased) = await journal.read(None, 10)

    assert again.opened == {"note": "stays"}
    assert again.sealed.keys() == {"person", "note"}
    assert (erased.kind, erased.actor) == ("sealed.erased/1", "socket:1000")
    assert erased.data == {"epoch": event.epoch, "seq": event.seq, "field": "person"}
    assert not any(b"Lovelace" in file.read_bytes() for file in store.iterdir())  # noqa: ASYNC240  # a test
    report = verify_directory(store)
    assert (report.problems, report.erased) == ([], 1)


async def test_nothing_is_dropped_that_a_district_has_not_acknowledged(
    opened: Open, add: Add, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.journal.store.SEGMENT_EVENTS", 50)
    async with opened() as journal:
        await add(journal, [make_row(number) for number in range(50)])
        await journal.checkpoint()
        (only,) = await journal.segments()

        async def drops() -> bool:
            dropped: bool = await journal.drop_segment(only.epoch, only.last, "retention")
            return dropped

        unknown = await drops()
        journal.keep_unsynced(district=True)
        nothing = await drops()
        journal.keep_unsynced(district=True, synced={only.epoch: only.last - 1, "another": 10_000})
        not_all = await drops()
        journal.keep_unsynced(district=True, synced={only.epoch: only.last})
        all_of_it = await drops()

    assert [unknown, nothing, not_all, all_of_it] == [False, False, False, True]


async def test_a_dropped_segment_leaves_its_checkpoint_as_the_chains_start(
    store: Path, opened: Open, add: Add, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.journal.store.SEGMENT_EVENTS", 100)
    async with opened() as journal:
        for _ in range(3):
            await add(journal, [make_row(number, sealed={"word": "x"}) for number in range(100)])
            await journal.checkpoint()
        first, second, _ = await journal.segments()
        journal.keep_unsynced(district=False)
        assert not await journal.drop_segment(second.epoch, second.last, "retention")
        assert await journal.drop_segment(first.epoch, first.last, "retention")
        while (await journal.read(None, 1))[0].seq <= first.last:
            await asyncio.sleep(0)
        kept = await journal.read(None, 1000)

    assert (first.first, second.first) == (1, first.last + 1)
    assert kept[0].seq == first.last + 1
    assert kept[-1].data == {"epoch": first.epoch, "first": 1, "last": first.last}
    report = verify_directory(store)
    assert report.problems == []
    async with opened() as journal:
        assert journal.opened.reason is None


async def test_rows_are_shed_in_the_written_order_and_never_a_press(
    store: Path, opened: Open, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.journal.journal.ROUTINE_ROWS_MOST", 10)
    monkeypatch.setattr("edge.journal.journal.ROWS_MOST", 20)
    troubles: list[tuple[str, bool]] = []
    said: list[bool] = []
    async with opened(troubles=troubles) as journal:
        # The loop is not let go, so nothing is known to be durable meanwhile.
        for _ in range(11):
            journal.append([make_row(0)], None)
        journal.append(
            [make_row(1, kind="telemetry.summary/1"), make_row(1, kind="flag.raised/1")], None, said.append
        )
        for _ in range(10):
            journal.append([make_row(0)], None)
        journal.append([make_row(2, kind="flag.raised/1"), make_row(2)], None, said.append)
        journal.append([make_row(2, kind="flag.raised/1", incident="inc-1")], None, said.append)
        while ("journal_shed", False) not in troubles:
            await asyncio.sleep(0.01)
        await journal.checkpoint()
        events = await journal.read(None, 1000)

    kinds = [(event.kind, event.data.get("number")) for event in events]
    assert ("telemetry.summary/1", 1) not in kinds
    assert ("flag.raised/1", 1) in kinds
    assert kinds.count(("flag.raised/1", 2)) == 1
    assert kinds.count(("press.heard/1", 2)) == 1
    assert kinds.count(("press.heard/1", 0)) == 21
    assert said == [False, False, True]
    shed = [event.data for event in events if event.kind == "journal.shed/1"]
    assert shed == [{"rows": {"telemetry.summary": 1, "flag.raised": 1}}]


async def test_the_followers_are_told_of_every_committed_event_in_order(
    tmp_path: Path, machine: Path, campus: str, add: Add, make_row: MakeRow
) -> None:
    told: list[int] = []
    journal = Journal.open(tmp_path / "store", campus, machine_id_file=machine)
    journal.start(
        asyncio.get_running_loop(),
        lambda code, active, args: None,
        follow=lambda events: told.extend(each.seq for each in events),
    )
    await add(journal, [make_row(number) for number in range(200)])
    await journal.close()

    assert told == list(range(2, 202))
