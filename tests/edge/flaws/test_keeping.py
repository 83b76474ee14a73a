"""A bundle is kept, read whole and swapped in at once, or nothing of it is; the index is made anew from what is kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.flaws import keeping, opened
from edge.flaws.index import NoIndex, latest, published, sound, taken
from edge.flaws.keeping import index_of, rebuild, take
from edge.flaws.refusal import Refused
from edge.flaws.taken import Taken
from rules.book.firmware import Bundle
from rules.book.flaws import Flaw, Known
from rules.model.bundle_facts import BundleKind
from tests.edge.flaws.bundles import STAMP_US, item, kev, nvd, packed, plain, zipped
from tests.rules.book.records import AXIS, DAHUA, HIKVISION, HIKVISION_BRACKETS, MOXA, pair

NOW_US = STAMP_US + 86_400_000_000
AXIS_OS = (Known("o", "axis", "axis_os"),)
HIK = (Known("o", "hikvision", "DS-2CD2186G2-ISU_firmware"),)
SOFTWARE = Flaw("CVE-2030-7000", 50, False, ())


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def file(tmp: Path, data: bytes, name: str = "bundle") -> Path:
    made = tmp.parent / name
    made.write_bytes(data)
    return made


def take_in(store: Path, data: bytes, kind: BundleKind = "cve", now_us: int = NOW_US) -> Taken:
    return take(kind, file(store, data), store, now_us)


def cves(store: Path, known: tuple[Known, ...]) -> list[str]:
    return [one.flaw.cve for one in published(index_of(store), known)]


def everything(store: Path) -> dict[str, Any]:
    """Every file of the store that holds something, and all rows of the index."""
    with closing(sqlite3.connect(index_of(store))) as base:
        rows = {
            one: base.execute(f"SELECT * FROM {one} ORDER BY 1, 2").fetchall()  # noqa: S608
            for one in ("bundle", "flaw", "product", "exploited")
        }
    return {**rows, "files": sorted(str(one) for one in store.rglob("*") if one.is_file())}


@pytest.mark.parametrize(
    "data", [plain(nvd(item(AXIS), item(HIKVISION))), packed(nvd(item(AXIS), item(HIKVISION)))]
)
def test_a_bundle_is_taken_and_its_flaws_are_found_by_what_they_name(store: Path, data: bytes) -> None:
    found = take_in(store, data)

    assert (found.kind, found.stamp_us, found.taken_us, found.count, found.whole) == (
        "cve",
        STAMP_US,
        NOW_US,
        2,
        True,
    )
    assert taken(index_of(store)) == (found,)
    assert published(index_of(store), AXIS_OS)[0].flaw == AXIS
    assert cves(store, HIK) == ["CVE-2021-36260"]
    assert cves(store, (Known("h", "hikvision", "ds-2cd2186g2-isu"),)) == []
    assert [one.name for one in (store / "flaws" / "bundles").iterdir()] == [f"cve-{found.sha256}"]


def test_pages_in_a_zip_are_one_bundle_as_old_as_the_oldest(store: Path) -> None:
    pages = zipped(
        a=plain(nvd(item(AXIS), total=2, stamp="2026-08-02T00:00:00.000")),
        b=plain(nvd(item(HIKVISION), total=2)),
    )
    found = take_in(store, pages)
    assert (found.count, found.stamp_us, found.whole) == (2, STAMP_US, True)
    part = take_in(store, plain(nvd(item(DAHUA), total=2_000)))
    assert (part.count, part.whole) == (1, False)


def test_a_second_bundle_adds_and_the_newer_record_of_a_flaw_stands(store: Path) -> None:
    take_in(store, plain(nvd(item(AXIS, "2026-05-01T00:00:00.000"), item(HIKVISION))))
    take_in(
        store,
        plain(
            nvd(item(Flaw(AXIS.cve, 10, False, AXIS.configurations), "2026-04-01T00:00:00.000"), item(DAHUA))
        ),
    )
    assert published(index_of(store), AXIS_OS)[0].flaw.score == 71
    assert cves(store, HIK) == ["CVE-2021-36260"]
    take_in(
        store, plain(nvd(item(Flaw(AXIS.cve, 20, False, AXIS.configurations), "2026-06-01T00:00:00.000")))
    )
    assert published(index_of(store), AXIS_OS)[0].flaw.score == 20


def test_a_bundle_of_which_nothing_is_left_is_forgotten_with_its_file(store: Path) -> None:
    first = take_in(store, plain(nvd(item(AXIS))))
    second = take_in(store, plain(nvd(item(AXIS), item(MOXA))), now_us=NOW_US + 1)
    assert taken(index_of(store)) == (second,)
    assert [one.name for one in (store / "flaws" / "bundles").iterdir()] == [f"cve-{second.sha256}"]
    assert first.sha256 != second.sha256


def test_a_flaw_that_was_taken_back_is_gone_and_no_older_file_revives_it(store: Path) -> None:
    take_in(store, plain(nvd(item(AXIS), item(MOXA))))
    take_in(store, plain(nvd(item(AXIS, "2026-07-01T00:00:00.000", vulnStatus="Rejected"))))
    assert cves(store, AXIS_OS) == []
    take_in(store, plain(nvd(item(AXIS))))
    assert cves(store, AXIS_OS) == []
    index_of(store).unlink()
    rebuild(store)
    assert cves(store, AXIS_OS) == []


def test_a_flaw_of_software_alone_takes_no_room(store: Path) -> None:
    take_in(store, plain(nvd(item(SOFTWARE), item(AXIS))))
    assert [row[0] for row in everything(store)["flaw"]] == [AXIS.cve]


def test_the_catalogue_marks_a_flaw_whichever_came_first(store: Path) -> None:
    take_in(store, plain(nvd(item(AXIS))))
    assert not published(index_of(store), AXIS_OS)[0].flaw.exploited
    found = take_in(store, plain(kev(AXIS.cve)), "kev")
    assert (found.count, found.stamp_us) == (1, STAMP_US)
    its = published(index_of(store), AXIS_OS)[0]
    assert (its.flaw.exploited, its.due, its.ransomware) == (True, "2022-01-24", False)
    assert {one.kind for one in taken(index_of(store))} == {"cve", "kev"}


def test_a_newer_catalogue_takes_the_place_of_the_older_and_an_older_one_is_refused(store: Path) -> None:
    take_in(store, plain(nvd(item(AXIS))))
    take_in(store, plain(kev(AXIS.cve)), "kev")
    later = NOW_US + 10 * 86_400_000_000
    take_in(store, plain(kev(MOXA.cve, released="2026-08-09T00:00:00Z")), "kev", later)
    assert not published(index_of(store), AXIS_OS)[0].flaw.exploited
    with pytest.raises(Refused, match="older") as told:
        take_in(store, plain(kev(AXIS.cve)), "kev")
    assert told.value.code == "older"


def test_a_catalogue_from_the_future_keeps_no_later_one_out(store: Path) -> None:
    take_in(store, plain(nvd(item(AXIS))))
    take_in(store, plain(kev(MOXA.cve, released="2031-01-01T00:00:00Z")), "kev")
    take_in(store, plain(kev(AXIS.cve)), "kev")
    assert published(index_of(store), AXIS_OS)[0].flaw.exploited


def test_a_catalogue_that_does_not_say_its_day_has_no_age_and_replaces_none_that_does(store: Path) -> None:
    undated = plain(kev(MOXA.cve, released="some day"))
    found = take_in(store, undated, "kev")
    assert latest([found])["kev"].made_us is None
    take_in(store, plain(kev(AXIS.cve)), "kev")
    with pytest.raises(Refused, match="nobody knows whether it is newer") as told:
        take_in(store, undated, "kev")
    assert told.value.code == "undated"
    pages = zipped(a=plain(nvd(item(AXIS), total=2)), b=plain(nvd(item(MOXA), total=2, stamp="?")))
    assert take_in(store, pages).stamp_us is None


BAD: list[tuple[bytes, str]] = [
    (plain(nvd(item(MOXA)))[:-5], "no_json"),
    (plain(nvd(item(MOXA), item(DAHUA), {"cve": {}})), "wrong_record"),
    (packed(nvd(item(MOXA)))[:-9], "unreadable"),
    (b"\x1f\x8b" + b"x" * 40, "unreadable"),
    (zipped(a=plain(nvd(item(MOXA))))[:-30], "unreadable"),
    (zipped(a=plain(nvd(item(MOXA))), b=b"[]"), "no_bundle"),
    (zipped(), "no_bundle"),
    (plain(nvd()), "empty"),
]


@pytest.mark.parametrize(("data", "code"), BAD, ids=range(len(BAD)))
def test_what_is_refused_leaves_everything_as_it_was(store: Path, data: bytes, code: str) -> None:
    take_in(store, plain(nvd(item(AXIS))))
    before = everything(store)
    with pytest.raises(Refused) as told:
        take_in(store, data)
    assert told.value.code == code
    assert everything(store) == before


def test_an_archive_that_unpacks_without_end_is_given_up(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "MOST_READ_BYTES", 3_000_000)
    bomb = plain(nvd(item(AXIS, deep="")))[:-1] + b" " * 8_000_000 + b"}"
    for data in (zipped(a=bomb), zipped(a=bomb[:2_000_000], b=bomb[:2_000_000])):
        with pytest.raises(Refused):
            take_in(store, data)
    monkeypatch.setattr(opened, "MOST_DOCUMENTS", 1)
    with pytest.raises(Refused) as told:
        take_in(store, zipped(a=b"", b=b""))
    assert told.value.code == "too_large"
    monkeypatch.setattr(keeping, "MOST_FILE_BYTES", 10)
    with pytest.raises(Refused) as told:
        take_in(store, plain(nvd(item(AXIS))))
    assert told.value.code == "too_large"


def test_a_file_that_is_not_there_and_a_store_that_takes_nothing_are_told(
    tmp_path: Path, store: Path
) -> None:
    with pytest.raises(Refused) as told:
        take("cve", tmp_path / "none", store, NOW_US)
    assert told.value.code == "unreadable"
    (tmp_path / "full").write_text("a file where a folder should be")
    with pytest.raises(Refused) as told:
        take("cve", file(store, plain(nvd(item(AXIS)))), tmp_path / "full", NOW_US)
    assert told.value.code == "no_room"


def test_memory_that_is_not_there_is_a_refusal(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> Iterator[Iterator[bytes]]:
        raise MemoryError

    monkeypatch.setattr(keeping, "documents", none)
    with pytest.raises(Refused) as told:
        take_in(store, plain(nvd(item(AXIS))))
    assert told.value.code == "too_large"


@pytest.mark.parametrize("spoil", [b"", b"x" * 9_000, None])
def test_an_index_that_is_spoilt_is_made_anew_from_what_is_kept(store: Path, spoil: bytes | None) -> None:
    take_in(store, plain(nvd(item(AXIS), item(HIKVISION_BRACKETS))))
    take_in(store, plain(kev(AXIS.cve)), "kev")
    before = {
        name: rows for name, rows in everything(store).items() if name in ("flaw", "product", "exploited")
    }
    if spoil is None:
        index_of(store).unlink()
    else:
        index_of(store).write_bytes(spoil)
    with pytest.raises(NoIndex):
        published(index_of(store), AXIS_OS)

    assert {one.kind for one in rebuild(store)} == {"cve", "kev"}
    after = everything(store)
    assert {name: after[name] for name in before} == before
    assert rebuild(store) == taken(index_of(store))


def test_an_index_of_another_version_is_made_anew(store: Path) -> None:
    take_in(store, plain(nvd(item(AXIS))))
    with closing(sqlite3.connect(index_of(store))) as base:
        base.execute("PRAGMA user_version = 9")
    assert not sound(index_of(store))
    assert len(rebuild(store)) == 1
    assert cves(store, AXIS_OS) == [AXIS.cve]


def test_without_any_bundle_there_is_nothing_to_make(store: Path) -> None:
    assert rebuild(store) == ()


def test_what_a_crash_left_staged_is_swept_away_and_a_kept_file_that_no_longer_reads_is_left_out(
    store: Path,
) -> None:
    take_in(store, plain(nvd(item(AXIS))))
    folder = store / "flaws"
    for left in (folder / "bundles" / "cve.part", folder / "flaws.db.next", folder / "flaws.db.next-journal"):
        left.write_bytes(b"half")
    (folder / "bundles" / "cve-00").write_bytes(b"spoilt")
    (folder / "bundles" / "other-00").write_bytes(b"")
    index_of(store).unlink()
    assert len(rebuild(store)) == 1
    assert sorted(one.name.partition("-")[0] for one in folder.rglob("*") if one.is_file()) == [
        "cve",
        "cve",
        "flaws.db",
        "other",
    ]


def test_the_youngest_bundle_of_a_kind_is_what_its_age_is_counted_from() -> None:
    old, young = Taken("cve", "a", 5, 20, 1, True), Taken("cve", "b", 9, 10, 1, True)
    assert latest([old, young]) == {"cve": Bundle("cve", 9, 10)}
    assert latest([young, old]) == {"cve": Bundle("cve", 9, 10)}


def test_a_name_in_brackets_is_found_both_ways(store: Path) -> None:
    flaw = Flaw("CVE-2030-0009", None, False, (pair("acme", r"cam\(w\)"),))
    take_in(store, plain(nvd(item(flaw))))
    for product in ("cam_firmware", "CAM(W)_firmware", "camw firmware"):
        assert cves(store, (Known("o", "Acme", product),)) == [flaw.cve]
