"""The export: a stranger verifies it with the public key alone, redacted or not, and whatever was changed shows."""

import asyncio
import hashlib
import io
import json
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from edge.journal import standalone_verifier
from edge.journal.export import Exported, NothingToExport, everything, export, fields_named, nothing, span_of
from edge.journal.reader import Reader
from edge.journal.row import Row
from edge.journal.sources import OfJournal, OfReader
from edge.journal.standalone_verifier import Broken, verify_export

Open = Callable[..., Any]
Add = Callable[..., Any]
MakeRow = Callable[..., Row]
NOW_US = 1_786_622_400_000_000


@pytest.fixture
async def store(tmp_path: Path, opened: Open, add: Add, make_row: MakeRow) -> Path:
    """Twenty quiet rows, an incident of ten, twenty more."""
    async with opened() as journal:
        await journal.checkpoint()
        await add(journal, [make_row(number, kind="flag.raised/1") for number in range(20)])
        await journal.checkpoint()
        sealed = {"person": "Ada", "note": "Tür klemmt"}
        await add(journal, [make_row(number, incident="inc-1", sealed=sealed) for number in range(10)])
        await journal.checkpoint()
        await add(journal, [make_row(number, kind="flag.raised/1") for number in range(20)])
    return tmp_path / "store"


@pytest.fixture
def key(store: Path) -> str:
    return (store / "signing-key.pub.pem").read_text(encoding="ascii")


def exported(store: Path, opens: Any = everything, **more: Any) -> Exported:
    with Reader.open(store) as reader:
        source = OfReader(reader, NOW_US)
        return export(source, store.parent / "out.zip", *span_of(source, "inc-1"), opens=opens, **more)


def entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_an_export_runs_from_a_checkpoint_to_a_later_one_and_covers_the_incident(
    store: Path, key: str
) -> None:
    manifest = verify_export(exported(store).path, key)

    content = entries(store.parent / "out.zip")
    events = lines(content["events.ndjson"])
    checkpoints = {each["seq"]: each["hash"] for each in lines(content["checkpoints.ndjson"])}
    assert [event["seq"] for event in events] == list(range(21, 32))
    assert events[0]["hash"] == checkpoints[21]
    assert events[-1]["hash"] == checkpoints[31] == manifest["last_hash"]
    assert (manifest["first_seq"], manifest["last_seq"]) == (21, 31)
    assert sum(event["incident"] == "inc-1" for event in events) == 10


def test_a_verifier_written_from_the_contract_alone_agrees(store: Path, key: str) -> None:
    content = entries(exported(store, about={"incident": "inc-1"}).path)

    public = load_pem_public_key(key.encode())
    assert isinstance(public, Ed25519PublicKey)
    public.verify(content["manifest.sig"], canonical(json.loads(content["manifest.json"])))
    for each in lines(content["checkpoints.ndjson"]):
        signed = {name: each[name] for name in ("campus", "epoch", "seq", "hash", "at")}
        public.verify(bytes.fromhex(each["signature"]), canonical(signed))
    commitments = {}
    prev = None
    for event in lines(content["events.ndjson"]):
        claimed = event.pop("hash")
        assert hashlib.sha256(canonical(event)).hexdigest() == claimed
        assert prev is None or event["prev"] == prev
        prev = claimed
        commitments[event["epoch"], event["seq"]] = event["sealed"]
    opened = lines(content["sealed.ndjson"])
    for each in opened:
        commitment = hashlib.sha256(bytes.fromhex(each["salt"]) + canonical(each["value"])).hexdigest()
        assert commitments[each["epoch"], each["seq"]][each["field"]] == commitment
    assert len(opened) == 20
    for listed in json.loads(content["manifest.json"])["files"]:
        assert hashlib.sha256(content[listed["name"]]).hexdigest() == listed["sha256"]


@pytest.mark.parametrize(
    ("opens", "count"),
    [(everything, 20), (nothing, 0), (fields_named("note"), 10)],
    ids=["all", "none", "one field"],
)
def test_a_redacted_export_holds_and_says_how_much_was_withheld(
    store: Path, key: str, opens: Any, count: int
) -> None:
    manifest = verify_export(exported(store, opens).path, key)

    content = entries(store.parent / "out.zip")
    assert len(lines(content["sealed.ndjson"])) == count
    assert manifest["withheld"] == 20 - count
    assert (b"Ada" in content["sealed.ndjson"]) == (opens is everything)
    assert b"Ada" not in content["events.ndjson"]


async def test_an_erased_field_cannot_be_opened_and_the_export_holds(
    store: Path, key: str, opened: Open
) -> None:
    async with opened() as journal:
        (epoch, _), *_ = [event.position for event in await journal.read(None, 1)]
        assert await journal.erase(epoch, 25, "person", "socket:0")

    verify_export(exported(store).path, key)

    found = lines(entries(store.parent / "out.zip")["sealed.ndjson"])
    assert len(found) == 19
    assert not [each for each in found if (each["seq"], each["field"]) == (25, "person")]


async def test_a_running_daemon_exports_the_same_while_it_goes_on_recording(
    store: Path, key: str, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        source = OfJournal(journal)

        def write() -> Exported:
            return export(source, store.parent / "live.zip", *span_of(source, "inc-1"), opens=everything)

        writing = asyncio.create_task(asyncio.to_thread(write))
        count = 0
        while not writing.done():
            await add(journal, [make_row(count)])
            count += 1
        made = await writing

    assert count > 0
    assert verify_export(made.path, key)["last_seq"] == 31
    assert entries(made.path)["events.ndjson"] == entries(exported(store).path)["events.ndjson"]


def test_an_export_across_two_epochs_holds(
    store: Path, key: str, machine: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async def go_on_elsewhere() -> None:
        async with opened() as journal:
            await add(journal, [make_row(number, incident="inc-1") for number in range(5)])

    machine.write_text("another\n", encoding="ascii")
    asyncio.run(go_on_elsewhere())

    manifest = verify_export(exported(store).path, key)

    assert manifest["first_epoch"] != manifest["last_epoch"]
    assert (manifest["first_seq"], manifest["last_seq"]) == (21, 6)


@pytest.mark.parametrize("goes_on", [True, False], ids=["it goes on in the next", "it ended in the old one"])
def test_an_epoch_that_ended_without_a_checkpoint_is_vouched_for_by_the_next(
    store: Path, key: str, machine: Path, opened: Open, add: Add, make_row: MakeRow, goes_on: bool
) -> None:
    async def go_on_elsewhere() -> None:
        async with opened() as journal:
            await add(
                journal, [make_row(number, incident="inc-1" if goes_on else None) for number in range(5)]
            )
            await journal.checkpoint()

    machine.write_text("another\n", encoding="ascii")
    asyncio.run(go_on_elsewhere())
    with sqlite3.connect(store / "journal.db") as connection:
        connection.execute(
            "DELETE FROM checkpoints WHERE epoch = (SELECT epoch FROM epochs WHERE number = 1) AND seq > 21"
        )
    connection.close()

    path = exported(store).path

    manifest = verify_export(path, key)
    assert manifest["first_epoch"] != manifest["last_epoch"]
    content = entries(path)
    begun = next(one for one in lines(content["events.ndjson"]) if one["kind"] == "epoch.started/1")
    other = {**begun, "data": {**begun["data"], "old_hash": "0" * 64}}
    content["events.ndjson"] = content["events.ndjson"].replace(canonical(begun), canonical(other))
    with pytest.raises(Broken, match="was changed"):
        verify_export(packed(path, resigned(store, content)), key)


def test_files_travel_with_their_hash(store: Path, key: str, tmp_path: Path) -> None:
    clip = tmp_path / "clip"
    clip.write_bytes(b"moving pictures")
    digest = hashlib.sha256(b"moving pictures").hexdigest()

    path = exported(store, files={digest: clip}).path

    verify_export(path, key)
    content = entries(path)
    content[f"files/{digest}"] = b"other pictures"
    with pytest.raises(Broken, match="was changed"):
        verify_export(packed(path, content), key)


def test_an_incident_nobody_knows_is_said(store: Path) -> None:
    with Reader.open(store) as reader, pytest.raises(NothingToExport):
        span_of(OfReader(reader, NOW_US), "inc-9")


@pytest.mark.parametrize("with_package", [True, False], ids=["cryptography", "openssl"])
def test_the_verifier_inside_runs_by_itself(store: Path, tmp_path: Path, with_package: bool) -> None:
    path = exported(store).path
    script = tmp_path / "verify.py"
    script.write_bytes(entries(path)["verify.py"])
    key = store / "signing-key.pub.pem"
    isolated = [sys.executable, "-I", *([] if with_package else ["-S"]), str(script)]

    good = subprocess.run([*isolated, str(path), str(key)], capture_output=True, text=True, check=False)
    content = entries(path)
    content["events.ndjson"] = content["events.ndjson"].replace(b"pb-101", b"pb-102", 1)
    packed(tmp_path / "bad.zip", content)
    bad = subprocess.run(
        [*isolated, str(tmp_path / "bad.zip"), str(key)], capture_output=True, text=True, check=False
    )

    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith("holds: campus lincoln-hs, events 21 to 31")
    assert bad.returncode == 1
    assert "events.ndjson was changed" in bad.stderr


def test_another_campuss_key_does_not_verify(store: Path, tmp_path: Path) -> None:
    from edge.journal.keys import load_or_make

    (tmp_path / "other").mkdir()
    path = exported(store).path

    with pytest.raises(Broken, match=r"manifest\.sig"):
        verify_export(path, load_or_make(tmp_path / "other").public_pem)


def resigned(store: Path, content: dict[str, bytes]) -> dict[str, bytes]:
    """The content with a manifest that fits it: what only the holder of the key could make."""
    from edge.journal.keys import load_or_make

    manifest = json.loads(content["manifest.json"])
    names = [name for name in content if not name.startswith("manifest.")]
    manifest["files"] = [
        {"name": name, "sha256": hashlib.sha256(content[name]).hexdigest(), "bytes": len(content[name])}
        for name in names
    ]
    body = canonical(manifest)
    return {**content, "manifest.json": body, "manifest.sig": load_or_make(store).sign(body)}


def without_line(number: int) -> Callable[[bytes], bytes]:
    def cut(data: bytes) -> bytes:
        kept = data.splitlines(keepends=True)
        del kept[number]
        return b"".join(kept)

    return cut


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("events.ndjson", lambda data: data.replace(b"pb-101", b"pb-102", 1), "was changed"),
        ("events.ndjson", without_line(5), "missing"),
        ("events.ndjson", without_line(0), "begin at a checkpoint|not those of the manifest"),
        ("events.ndjson", without_line(-1), "end at a checkpoint"),
        ("events.ndjson", lambda data: data[:-1], "middle of a line"),
        ("events.ndjson", lambda data: b"", "no events"),
        ("events.ndjson", lambda data: data + b"[" * 50_000 + b"\n", "not JSON"),
        ("events.ndjson", lambda data: data + b'{"seq":1.5}\n', "no integer"),
        ("events.ndjson", lambda data: data + b"{}\n", "form it should have"),
        ("manifest.json", lambda data: data.replace(b'"last_epoch":"', b'"last_epoch":"x'), "not those of"),
        ("sealed.ndjson", lambda data: data.replace(b"Ada", b"Eve", 1), "not what was sealed"),
        ("checkpoints.ndjson", without_line(-1), "end at a checkpoint"),
        ("checkpoints.ndjson", lambda data: data.replace(b'"at":"20', b'"at":"19', 1), "signature"),
        ("checkpoints.ndjson", lambda data: data.replace(b'"key":"', b'"key":"x', 1), "key is not here"),
    ],
    ids=[
        "an event changed",
        "an event left out",
        "the first left out",
        "the last left out",
        "a line cut",
        "nothing",
        "brackets without end",
        "a float",
        "an empty object",
        "the last epoch changed",
        "a sealed value changed",
        "the last checkpoint left out",
        "a checkpoint changed",
        "a key that is not there",
    ],
)
def test_even_the_keys_holder_cannot_change_it_unseen(
    store: Path, key: str, name: str, change: Callable[[bytes], bytes], says: str
) -> None:
    content = entries(exported(store).path)
    content[name] = change(content[name])

    with pytest.raises(Broken, match=says):
        verify_export(packed(store.parent / "changed.zip", resigned(store, content)), key)


def test_a_bomb_is_refused_before_it_unpacks(store: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standalone_verifier, "_SLACK_BYTES", 1024 * 1024)
    content = entries(exported(store).path)
    content["files/" + "0" * 64] = b"\0" * 30_000_000

    with pytest.raises(Broken, match="more than it may"):
        verify_export(packed(store.parent / "bomb.zip", resigned(store, content)), key)


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "files/../x", "notes.txt", "keys/a.pem"], ids=lambda name: str(name)
)
def test_a_name_that_does_not_belong_is_refused(store: Path, key: str, name: str) -> None:
    content = entries(exported(store).path)

    with pytest.raises(Broken, match="does not belong"):
        verify_export(packed(store.parent / "names.zip", {**content, name: b"x"}), key)


def test_bytes_that_are_no_archive_or_a_damaged_one_are_refused_in_words(store: Path, key: str) -> None:
    path = exported(store).path
    good = path.read_bytes()
    other = store.parent / "damaged.zip"
    for damaged in (b"", b"PK", good[:-30], good[: len(good) // 2], io.BytesIO(good).read(100) + good[200:]):
        other.write_bytes(damaged)
        with pytest.raises(Broken):
            verify_export(other, key)
    for at in range(0, len(good), 97):
        other.write_bytes(good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1 :])
        try:
            verify_export(other, key)  # a byte of a date or an attribute changes nothing that is said
        except (Broken, InvalidSignature):
            continue
        assert entries(other)["events.ndjson"] == entries(path)["events.ndjson"]
