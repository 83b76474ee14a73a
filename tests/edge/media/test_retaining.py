"""What retention lets go of: drills by age and for room, real incidents by their age alone, and nothing that is still written."""

import os
from pathlib import Path

import pytest

from drivers.clock import instant
from edge.media.quota import Gone
from edge.media.retaining import Round, let_go
from edge.media.seals import MOST_WAITING, SEALS, Kind, Seal, Seals, folders
from tests.edge.media.lives import opened
from tests.flow.disks import small_disk

DAY_US = 86_400_000_000
NOW_US = instant().utc_us


def kept(store: Path, name: str, kind: Kind = "real", *, age_us: int = 0, size: int = 1_000) -> Path:
    """A sealed file of an incident's folder."""
    file = store / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bytes(size))
    seals = Seals(store)
    incident = name.partition("/")[0]
    assert seals._write(incident, Seal(kind))
    assert seals._write(incident, Seal(kind, name, "a" * 64, size, NOW_US - age_us))
    return file


def gone(
    store: Path, *, live: frozenset[str] = frozenset(), **other: object
) -> tuple[list[tuple[str, str]], Round]:
    told: list[Gone] = []
    done = let_go(store, opened(store, **other), live, NOW_US, told.append)
    return [(one.file.path, one.why) for one in told], done


def test_a_drills_pictures_go_by_their_age_and_a_real_incidents_never_by_themselves(tmp_path: Path) -> None:
    old = kept(tmp_path, "drill-1/a.mp4", "drill", age_us=2 * DAY_US)
    young = kept(tmp_path, "drill-2/a.mp4", "drill")
    real = kept(tmp_path, "inc-1/a.mp4", age_us=9_000 * DAY_US)

    assert gone(tmp_path, drills_us=DAY_US) == ([("drill-1/a.mp4", "age")], Round(True, ""))
    assert (old.exists(), young.exists(), real.exists()) == (False, True, True)
    assert not old.parent.exists()


def test_a_real_incidents_pictures_go_by_the_age_that_somebody_chose(tmp_path: Path) -> None:
    kept(tmp_path, "inc-1/a.mp4", age_us=3 * DAY_US)
    kept(tmp_path, "inc-2/a.mp4", age_us=DAY_US)

    assert gone(tmp_path, incidents_us=2 * DAY_US)[0] == [("inc-1/a.mp4", "age")]


def test_for_want_of_room_drills_go_oldest_first_and_no_real_incident_does(tmp_path: Path) -> None:
    for number in range(3):
        kept(tmp_path, f"drill-{number}/a.mp4", "drill", age_us=number * 1_000)
    kept(tmp_path, "inc-1/a.mp4")

    found, done = gone(tmp_path, disk=2_000, drills_us=DAY_US)
    assert found == [("drill-2/a.mp4", "quota"), ("drill-1/a.mp4", "quota")]
    assert done.routine

    found, done = gone(tmp_path, disk=500, drills_us=DAY_US)
    assert found == [("drill-0/a.mp4", "quota")]
    assert not done.routine


def test_what_is_written_now_stays_whatever_it_is(tmp_path: Path) -> None:
    kept(tmp_path, "drill-1/a.mp4", "drill", age_us=9 * DAY_US)
    part = kept(tmp_path, "drill-2/a.mp4", "drill", age_us=9 * DAY_US)
    part.rename(part.with_name("a.mp4.part"))

    assert gone(tmp_path, live=frozenset({"drill-1"}), disk=0, drills_us=0)[0] == []
    assert (tmp_path / "drill-2" / "a.mp4.part").exists()


def test_where_there_is_a_district_nothing_goes_that_it_does_not_have(tmp_path: Path) -> None:
    kept(tmp_path, "drill-1/a.mp4", "drill", age_us=9 * DAY_US)

    found, done = gone(tmp_path, district=True, disk=0, drills_us=0)
    assert found == []
    assert not done.routine


def test_a_reserve_that_is_touched_lets_drills_go_and_stops_routine(tmp_path: Path) -> None:
    with small_disk(tmp_path / "store", 4) as disk:
        kept(disk.place, "drill-1/a.mp4", "drill", size=1_000_000)
        (disk.place / "everything else").write_bytes(bytes(2_500_000))

        found, done = gone(disk.place, reserve=1_000_000, drills_us=DAY_US)
        assert found == [("drill-1/a.mp4", "reserve")]
        assert not done.routine
        assert gone(disk.place, reserve=1_000_000, drills_us=DAY_US) == ([], Round(True, ""))


def test_a_file_of_no_line_counts_as_a_real_incidents(tmp_path: Path) -> None:
    (tmp_path / "inc-1").mkdir()
    (tmp_path / "inc-1" / "a.mp4").write_bytes(bytes(1_000))
    kept(tmp_path, "drill-1/a.mp4", "drill")
    (tmp_path / "drill-1" / "b.mp4").write_bytes(bytes(1_000))
    os.utime(tmp_path / "drill-1" / "b.mp4", (1, 1))

    assert gone(tmp_path, disk=0, drills_us=DAY_US)[0] == [
        ("drill-1/b.mp4", "age"),
        ("drill-1/a.mp4", "quota"),
    ]
    assert (tmp_path / "inc-1" / "a.mp4").exists()


def test_a_folder_that_says_both_is_a_real_incidents(tmp_path: Path) -> None:
    kept(tmp_path, "inc-1/a.mp4", "drill", age_us=9 * DAY_US)
    kept(tmp_path, "inc-1/b.mp4", "real", age_us=9 * DAY_US)

    assert gone(tmp_path, drills_us=0, disk=0)[0] == []


def test_what_a_disk_does_not_delete_is_said_and_routine_waits_for_the_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "store") as disk:
        kept(disk.place, "drill-1/a.mp4", "drill")
        disk.remount("ro")

        assert gone(disk.place, disk=0, drills_us=DAY_US) == ([], Round(False, "EROFS"))


def test_what_was_learned_of_cameras_is_no_incident(tmp_path: Path) -> None:
    (tmp_path / ".references").mkdir()
    (tmp_path / ".references" / "a.bin").write_bytes(bytes(1_000))

    assert gone(tmp_path, disk=0)[0] == []
    assert gone(tmp_path / "not there yet") == ([], Round(True, ""))


def test_half_a_line_and_foreign_lines_are_passed_over(tmp_path: Path) -> None:
    kept(tmp_path, "drill-1/a.mp4", "drill")
    seals = tmp_path / "drill-1" / SEALS
    seals.write_bytes(b'\xff{}\n{"kind":"martian"}\n' + seals.read_bytes() + b'{"kind":"real","na')
    assert Seals(tmp_path)._write("drill-1", Seal("drill", "drill-1/b.mp4"))

    (found,) = folders(tmp_path)
    assert found.kind == "rehearsal"
    assert [one.path for one in found.sealed] == ["drill-1/a.mp4"]


def test_a_disk_that_takes_nothing_costs_a_bounded_queue_and_one_thread(tmp_path: Path) -> None:
    (tmp_path / "drill-1").write_bytes(b"a file where a folder should be")
    seals = Seals(tmp_path)
    for _ in range(2 * MOST_WAITING):
        seals.note("drill-1", Seal("drill"))

    assert seals.waiting <= MOST_WAITING
    seals.close()


@pytest.mark.parametrize("count", [3])
def test_lines_are_written_in_their_order(tmp_path: Path, count: int) -> None:
    seals = Seals(tmp_path)
    for number in range(count):
        seals.note("inc-1", Seal("real", f"inc-1/{number}.mp4"))
    thread = seals._thread
    assert thread is not None
    seals.close()
    while seals.waiting:
        thread.join(0.01)
    thread.join(0.2)

    text = (tmp_path / "inc-1" / SEALS).read_text()
    assert [text.index(f"/{number}.mp4") for number in range(count)] == sorted(
        text.index(f"/{number}.mp4") for number in range(count)
    )
