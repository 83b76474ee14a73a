"""An incident's pictures in the export and in verify-journal: taken in as sealed, and whatever is missing is named."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.journal import export as exporting
from edge.journal import standalone_verifier
from edge.journal.evidence import Named, blocks
from edge.journal.export import Enclosing, Exported, everything, export, nothing, span_of
from edge.journal.reader import Reader
from edge.journal.row import Row
from edge.journal.sources import OfReader
from edge.journal.standalone_verifier import Broken, evidence_told, verify_export
from edge.journal.verify import Report, look_at_pictures, verify_directory
from tests.edge.journal.test_export import NOW_US, canonical, entries, lines, packed, resigned

Open = Callable[..., Any]
Add = Callable[..., Any]
MakeRow = Callable[..., Row]

CLIPS = {
    "inc-1/cam-1.mp4": b"moving pictures" * 100_000,
    "inc-1/cam-1.jpg": b"a still",
    "inc-1/cam-2.mp4": b"other pictures" * 1_000,
    "inc-1/cam-3.mp4": b"let go by age",
    "inc-2/cam-1.mp4": b"another incident's",
}


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def ended(make_row: MakeRow, name: str, content: bytes) -> Row:
    data = {
        "camera": Path(name).name.partition(".")[0],
        "name": name,
        "end": "sealed",
        "code": "",
        "sha256": sha(content),
        "size": len(content),
        "first_us": 1_786_622_390_000_000,
        "last_us": 1_786_622_400_000_000,
        "error_us": None,
        "pictures": 150,
        "missing": 0,
        "dropped": 0,
    }
    return make_row(kind="evidence.ended/1", subject=data["camera"], incident=name[:5], data=data)


def deleted(make_row: MakeRow, name: str) -> Row:
    data = {"name": name, "sha256": sha(CLIPS[name]), "code": "age"}
    return make_row(kind="evidence.deleted/1", subject="hs", incident=name[:5], data=data)


@pytest.fixture
async def store(tmp_path: Path, opened: Open, add: Add, make_row: MakeRow) -> Path:
    """Two incidents whose pictures lie where the camera process puts them; one of them was let go."""
    pictures = tmp_path / "store" / "evidence"
    for name, content in CLIPS.items():
        (pictures / name).parent.mkdir(parents=True, exist_ok=True)
        (pictures / name).write_bytes(content)
    (pictures / "inc-1" / "cam-3.mp4").unlink()
    (pictures / "inc-1" / "seals.ndjson").write_bytes(b"{}\n")
    async with opened() as journal:
        failed = ended(make_row, "inc-1/cam-4.mp4", b"")
        await add(
            journal,
            [
                make_row(incident="inc-1"),
                *(ended(make_row, name, content) for name, content in CLIPS.items()),
                make_row(
                    kind=failed.kind, incident="inc-1", data={**failed.data, "end": "failed", "sha256": ""}
                ),
                deleted(make_row, "inc-1/cam-3.mp4"),
            ],
        )
        await journal.checkpoint()
    return tmp_path / "store"


@pytest.fixture
def key(store: Path) -> str:
    return (store / "signing-key.pub.pem").read_text(encoding="ascii")


def exported(store: Path, *, redacted: bool = False, keep_free: int = 0) -> Exported:
    with Reader.open(store) as reader:
        source = OfReader(reader, NOW_US)
        return export(
            source,
            store.parent / "out.zip",
            *span_of(source, "inc-1"),
            opens=nothing if redacted else everything,
            about={"incident": "inc-1"},
            enclosing=Enclosing(store / "evidence", redacted, keep_free, store / "tickets"),
        )


PHOTO = b"\x89PNG, as a technician took it"
BEFORE = sha(b"one that nobody has any more")


async def test_photos_of_tickets_of_that_time_are_in_the_export_by_what_the_record_says_of_them(
    tmp_path: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    store = tmp_path / "store"
    async with opened() as journal:
        noted = make_row(kind="ticket.noted/1", sealed={"photos": [sha(PHOTO), BEFORE]})
        await add(journal, [make_row(incident="inc-1"), noted, make_row(incident="inc-1")])
        await journal.checkpoint()
    (store / "tickets").mkdir()
    (store / "tickets" / sha(PHOTO)).write_bytes(PHOTO)
    key = (store / "signing-key.pub.pem").read_text(encoding="ascii")

    path = exported(store).path
    manifest = verify_export(path, key)
    assert {each["sha256"]: each["missing"] for each in manifest["photos"]} == {
        sha(PHOTO): "",
        BEFORE: "gone",
    }
    assert evidence_told(manifest)[0] == "photos of tickets: 1 of 2 are here"
    with zipfile.ZipFile(path) as archive:
        assert archive.read(f"files/{sha(PHOTO)}") == PHOTO

    (store / "tickets" / sha(PHOTO)).write_bytes(b"another")
    again = verify_export(exported(store).path, key)
    assert {each["missing"] for each in again["photos"]} == {"changed", "gone"}
    assert verify_export(exported(store, redacted=True).path, key)["photos"] == []


def missing(manifest: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["missing"] for each in manifest["evidence"]}


def test_an_export_holds_the_incidents_pictures_as_they_are_and_the_verifier_compares_them(
    store: Path, key: str
) -> None:
    path = exported(store).path

    manifest = verify_export(path, key)
    assert missing(manifest) == {
        "inc-1/cam-1.mp4": "",
        "inc-1/cam-1.jpg": "",
        "inc-1/cam-2.mp4": "",
        "inc-1/cam-3.mp4": "deleted",
    }
    with zipfile.ZipFile(path) as archive:
        for content in list(CLIPS.values())[:3]:
            info = archive.getinfo(f"files/{sha(content)}")
            assert archive.read(info) == content
            assert info.compress_type == zipfile.ZIP_STORED
        assert f"files/{sha(CLIPS['inc-2/cam-1.mp4'])}" not in archive.namelist()
    first = manifest["evidence"][0]
    assert (first["camera"], first["bytes"], first["first_us"], first["last_us"]) == (
        "cam-1",
        1_500_000,
        1_786_622_390_000_000,
        1_786_622_400_000_000,
    )
    assert evidence_told(manifest) == [
        "pictures: 3 of 4 files are here and as they were sealed",
        "pictures: inc-1/cam-3.mp4 is not here: deleted",
    ]


def test_a_redacted_export_holds_no_picture_and_says_so(store: Path, key: str) -> None:
    path = exported(store, redacted=True).path

    manifest = verify_export(path, key)
    assert set(missing(manifest).values()) == {"redacted", "deleted"}
    assert not [name for name in entries(path) if name.startswith("files/")]


def _gone(file: Path) -> None:
    file.unlink()


def _shorter(file: Path) -> None:
    os.truncate(file, 100)


def _other_bytes(file: Path) -> None:
    file.write_bytes(bytes(reversed(file.read_bytes())))


def _a_link(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    file.symlink_to("elsewhere")


def _a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_gone, "gone"),
        (_shorter, "changed"),
        (_other_bytes, "changed"),
        (_a_link, "unreadable"),
        (_a_pipe, "unreadable"),
        (_a_folder, "unreadable"),
    ],
)
def test_a_file_that_is_not_as_sealed_is_named_with_why_and_never_stops_the_export(
    store: Path, key: str, spoil: Callable[[Path], None], why: str
) -> None:
    for name in ("inc-1/cam-1.mp4", "inc-1/cam-2.mp4"):
        spoil(store / "evidence" / name)

    path = exported(store).path

    manifest = verify_export(path, key)
    assert missing(manifest) == {
        "inc-1/cam-1.mp4": why,
        "inc-1/cam-1.jpg": "",
        "inc-1/cam-2.mp4": why,
        "inc-1/cam-3.mp4": "deleted",
    }
    assert entries(path)[f"files/{sha(CLIPS['inc-1/cam-1.jpg'])}"] == b"a still"
    assert not path.with_name("out.zip.part").exists()


def test_a_name_that_leads_out_of_the_folder_is_not_followed(store: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    out = Named("../../secret", "cam-1", sha(b"secret"), 6, "sealed", None, None, "e", 1)

    with pytest.raises(Exception, match="unreadable"):
        list(blocks(store / "evidence", out))


def test_what_has_no_room_beside_the_record_is_left_out_and_named(store: Path, key: str) -> None:
    free = os.statvfs(store)

    manifest = verify_export(exported(store, keep_free=free.f_blocks * free.f_frsize).path, key)

    assert set(missing(manifest).values()) == {"no_room", "deleted"}


def test_pictures_are_streamed_and_may_be_larger_than_all_that_a_verifier_unpacks_else(
    store: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standalone_verifier, "MOST_BYTES", 400_000)
    assert sum(map(len, CLIPS.values())) > 1_500_000
    longest = 0

    def watched(folder: Path, named: Named) -> Any:
        nonlocal longest
        for block in blocks(folder, named):
            longest = max(longest, len(block))
            yield block

    monkeypatch.setattr(exporting, "blocks", watched)

    manifest = verify_export(exported(store).path, key)

    assert list(missing(manifest).values()).count("") == 3
    assert 0 < longest <= 1 << 20


def _relisted(
    content: dict[str, bytes], change: Callable[[list[dict[str, Any]]], object]
) -> dict[str, bytes]:
    manifest = json.loads(content["manifest.json"])
    change(manifest["evidence"])
    return {**content, "manifest.json": canonical(manifest)}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda listed: listed.pop(), "does not list"),
        (lambda listed: listed.append({**listed[0], "seq": 1}), "does not list"),
        (lambda listed: listed.append(listed[0]), "does not list"),
        (lambda listed: listed[0].update(first_us=1), "another first_us"),
        (lambda listed: listed[0].update(bytes=1), "another size"),
        (lambda listed: listed[1].update(missing="deleted"), "no event tells"),
        (lambda listed: listed[3].update(missing=""), "not in the archive"),
        (lambda listed: listed[0].pop("missing"), "form it should have"),
    ],
)
def test_even_the_keys_holder_cannot_say_of_pictures_what_the_events_do_not(
    store: Path, key: str, change: Callable[[list[dict[str, Any]]], object], says: str
) -> None:
    content = _relisted(entries(exported(store).path), change)

    with pytest.raises(Broken, match=says):
        verify_export(packed(store.parent / "changed.zip", resigned(store, content)), key)


def test_a_picture_taken_out_of_the_archive_shows(store: Path, key: str) -> None:
    content = entries(exported(store).path)
    del content[f"files/{sha(CLIPS['inc-1/cam-2.mp4'])}"]

    with pytest.raises(Broken, match="name different files"):
        verify_export(packed(store.parent / "changed.zip", content), key)
    with pytest.raises(Broken, match="not in the archive"):
        verify_export(packed(store.parent / "changed.zip", resigned(store, content)), key)


def test_the_verifier_inside_says_what_is_missing(store: Path, tmp_path: Path) -> None:
    (store / "evidence" / "inc-1" / "cam-2.mp4").unlink()
    path = exported(store).path
    script = tmp_path / "verify.py"
    script.write_bytes(entries(path)["verify.py"])

    ran = subprocess.run(
        [sys.executable, "-I", str(script), str(path), str(store / "signing-key.pub.pem")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "pictures: 2 of 4 files are here" in ran.stdout
    assert "inc-1/cam-2.mp4 is not here: gone" in ran.stdout


def test_an_export_without_the_folder_names_the_pictures_all_the_same(store: Path, key: str) -> None:
    with Reader.open(store) as reader:
        source = OfReader(reader, NOW_US)
        made = export(
            source,
            store.parent / "out.zip",
            *span_of(source, "inc-1"),
            opens=everything,
            about={"incident": "inc-1"},
        )

    assert set(missing(verify_export(made.path, key)).values()) == {"left_out", "deleted"}
    assert len(lines(entries(made.path)["events.ndjson"])) >= 8


def looked(store: Path, *, hashes: bool) -> Report:
    report = verify_directory(store)
    look_at_pictures(store / "evidence", report, hashes=hashes)
    return report


def test_verify_journal_finds_every_sealed_file_that_was_not_let_go(store: Path) -> None:
    report = looked(store, hashes=True)

    assert report.holds
    assert set(report.pictures) == set(CLIPS) - {"inc-1/cam-3.mp4"}
    assert report.unnamed == []


@pytest.mark.parametrize(
    ("spoil", "by_size", "by_hash"),
    [(_gone, 1, 1), (_shorter, 1, 1), (_other_bytes, 0, 1), (_a_pipe, 1, 1)],
)
def test_verify_journal_says_which_file_is_not_as_it_was_sealed(
    store: Path, spoil: Callable[[Path], None], by_size: int, by_hash: int
) -> None:
    spoil(store / "evidence" / "inc-1" / "cam-2.mp4")

    for hashes, count in ((False, by_size), (True, by_hash)):
        report = looked(store, hashes=hashes)
        assert [one.code for one in report.problems] == ["evidence"] * count
        assert all("inc-1/cam-2.mp4" in one.text for one in report.problems)


def test_verify_journal_names_files_that_no_event_seals(store: Path) -> None:
    (store / "evidence" / "inc-1" / "cam-9.mp4").write_bytes(b"whose?")
    (store / "evidence" / "inc-1" / "cam-8.mp4.part").write_bytes(b"being written")

    report = looked(store, hashes=False)

    assert report.holds
    assert report.unnamed == ["inc-1/cam-9.mp4"]


async def test_what_retention_lets_go_while_it_is_verified_is_no_problem(
    store: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        report = await journal.verify()
        (store / "evidence" / "inc-2" / "cam-1.mp4").unlink()
        looking = asyncio.ensure_future(
            asyncio.to_thread(
                look_at_pictures, store / "evidence", report, hashes=False, read=journal.read_blocking
            )
        )
        await add(journal, [deleted(make_row, "inc-2/cam-1.mp4")])
        await looking

    assert report.holds
