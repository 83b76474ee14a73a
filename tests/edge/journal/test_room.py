"""Room on the disk: the ballast is real and goes first, and what was given up comes back once there is room to spare."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from edge.journal import keeping, room
from edge.journal.room import MIB, Room, ballast_bytes, low_bytes
from edge.journal.row import Row
from edge.journal.verify import verify_directory

Open = Callable[..., Any]
Add = Callable[..., Any]
MakeRow = Callable[..., Row]
Disk = Callable[[int], Path]
Fill = Callable[[Path], Path]
Until = Callable[[Callable[[], object]], Awaitable[None]]


class Told:
    """What a room says now."""

    def __init__(self) -> None:
        self.now: dict[str, tuple[str, ...]] = {}

    def __call__(self, code: str, active: bool, args: tuple[str, ...]) -> None:
        self.now.pop(code, None)
        if active:
            self.now[code] = args


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time has to pass between two steps."""
    monkeypatch.setattr(room, "_SETTLES_S", 0.0)
    monkeypatch.setattr(room, "_QUIET_S", 0.0)


def taken(place: Path) -> int:
    return sum(file.stat().st_blocks * 512 for file in place.iterdir())


@pytest.mark.parametrize(
    ("disk_mib", "ballast", "low"),
    [(2, 0, 2 * MIB // 10), (8, MIB // 2, 8 * MIB // 10), (100_000, 16 * MIB, 256 * MIB)],
    ids=["too small for one", "a sixteenth of it", "as much as any"],
)
def test_the_ballast_fits_the_disk(disk_mib: int, ballast: int, low: int) -> None:
    assert (ballast_bytes(disk_mib * MIB), low_bytes(disk_mib * MIB)) == (ballast, low)


def test_the_ballast_takes_real_blocks(disk_of: Disk, told: Told) -> None:
    disk = disk_of(8)
    Room(disk, disk / "ballast", told).look()

    assert (disk / "ballast").stat().st_size == MIB // 2
    assert taken(disk) >= MIB // 2
    assert told.now == {}


def test_no_ballast_is_made_where_it_would_fill_the_disk(disk_of: Disk, told: Told) -> None:
    disk = disk_of(8)
    (disk / "hog").write_bytes(bytes(7 * MIB))
    Room(disk, disk / "ballast", told).look()

    assert not (disk / "ballast").exists()
    assert told.now == {}  # an eighth is left: that is not little


def test_little_room_is_said_before_there_is_none_and_until_there_is_some_to_spare(
    disk_of: Disk, told: Told
) -> None:
    disk = disk_of(20)
    watched = Room(disk, disk / "ballast", told)
    hog = disk / "hog"

    said = []
    for left_mib in (5.0, 1.9, 2.2, 2.6):
        hog.write_bytes(bytes(int((20 - left_mib) * MIB)))
        watched.look()
        (disk / "ballast").unlink(missing_ok=True)
        said.append(told.now.get("disk_low"))

    assert said == [None, ("2",), ("2",), None]


@pytest.mark.usefixtures("at_once")
def test_what_is_given_up_goes_in_its_order_and_comes_back_when_there_is_room(
    disk_of: Disk, told: Told
) -> None:
    disk = disk_of(8)
    done: list[str] = []
    watched = Room(disk, disk / "ballast", told)

    def goes(name: str) -> bool:
        done.append(f"{name} goes")
        return True

    def may_come(name: str) -> None:
        done.append(f"{name} may come")

    for name in ("views", "copy"):
        watched.offer(name, partial(goes, name), partial(may_come, name))
    watched.look()
    (disk / "hog").write_bytes(bytes(7 * MIB))

    assert watched.give_up()
    assert not (disk / "ballast").exists()
    assert told.now["room_given"] == ("ballast",)
    assert not watched.allows(1)
    for _ in range(3):
        assert not watched.give_up()
    assert done == ["views goes", "copy goes"]
    assert told.now["room_given"] == ("ballast, views, copy",)
    watched.look()
    assert done == ["views goes", "copy goes"]  # there is none yet
    (disk / "hog").unlink()
    for _ in range(3):
        watched.look()

    assert done == ["views goes", "copy goes", "copy may come", "views may come"]
    assert (disk / "ballast").exists()
    assert "room_given" not in told.now
    assert watched.allows(1)


def test_nothing_comes_back_while_the_disk_refuses(disk_of: Disk, told: Told) -> None:
    disk = disk_of(8)
    watched = Room(disk, disk / "ballast", told)
    watched.look()
    watched.give_up()
    watched.look()

    assert not (disk / "ballast").exists()


async def test_a_disk_that_is_full_takes_presses_all_the_same_and_has_its_ballast_again_later(
    disk_of: Disk,
    fill: Fill,
    until: Until,
    opened: Open,
    add: Add,
    make_row: MakeRow,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeping, "_FIRST_S", 0.0)
    monkeypatch.setattr(keeping, "_EVERY_S", 0.01)
    monkeypatch.setattr(room, "_QUIET_S", 0.2)
    store = disk_of(16) / "store"
    troubles: list[tuple[str, bool]] = []
    async with opened(store, troubles=troubles) as journal:
        await add(journal, [make_row(0)])
        await until((store / "ballast").exists)
        hog = fill(store)
        for number in range(1, 60):
            assert await add(journal, [make_row(number)])
        assert not (store / "ballast").exists()
        assert {("room_given", True), ("disk_low", True)} <= set(troubles)
        hog.unlink()
        await until(lambda: ("room_given", False) in troubles and ("disk_low", False) in troubles)
        events = await journal.read(None, 1000)

    assert (store / "ballast").stat().st_size == MIB
    assert [event.data["number"] for event in events if event.kind == "press.heard/1"] == list(range(60))
    assert verify_directory(store).problems == []
    assert (store / "journal.spill.ndjson").read_bytes() == b""


async def test_a_start_on_a_full_disk_gives_the_ballast_up_and_goes_on_in_its_epoch(
    disk_of: Disk, fill: Fill, opened: Open, add: Add, make_row: MakeRow
) -> None:
    store = disk_of(16) / "store"
    async with opened(store) as journal:
        await add(journal, [make_row(0)])
    room.make_ballast(store / "ballast", MIB)
    fill(store)

    async with opened(store) as journal:
        await add(journal, [make_row(1)])
        reason = journal.opened.reason

    assert reason is None
    assert verify_directory(store).epochs == 1
    assert not (store / "ballast").exists()
