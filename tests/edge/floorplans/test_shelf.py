"""Plans are read by a process of their own, kept by their hash, recorded by the book; the map is known after a restart."""

import sys
from pathlib import Path

import msgspec
import pytest

from edge.floorplans.drawn import Limits
from edge.floorplans.gathering import Told
from edge.floorplans.places import FOLDER
from edge.floorplans.refusal import Refused
from edge.floorplans.shelf import Floorplans
from edge.floorplans.taking import Taking
from edge.operations import NotDone
from rules.model.book_asks import BookAsk
from rules.model.floorplan_asks import DropFloorplan, RefuseFloorplan, TakeFloorplan
from rules.model.ids import Actor
from tests.edge.floorplans.plans import PLACED, svg

WHO = Actor("person:1")


class Book:
    """Records what is asked of it. away: it does not."""

    def __init__(self) -> None:
        self.asked: list[BookAsk] = []
        self.away = False

    async def ask(self, actor: Actor, asked: BookAsk) -> None:
        if self.away:
            raise NotDone("book_away")
        self.asked.append(asked)

    async def read(self, query: str, **asked: object) -> msgspec.Raw:
        if self.away:
            raise NotDone("book_away")
        counts = {}
        for at, one in enumerate(self.asked):
            if isinstance(one, TakeFloorplan):
                for level, layer, verified, features in one.layers:
                    counts[level, layer] = (
                        level,
                        layer,
                        one.sha256,
                        one.plan,
                        one.format,
                        verified,
                        features,
                        at,
                    )
            elif isinstance(one, DropFloorplan):
                counts = {key: told for key, told in counts.items() if key[0] != one.level}
        names = ("level", "layer", "sha256", "plan", "format", "verified", "features", "taken_us")
        rows = [dict(zip(names, told, strict=True)) for told in counts.values()]
        return msgspec.Raw(msgspec.json.encode(rows))


def a_plan(folder: Path, body: str = '<rect data-kind="room" data-name="101" width="9" height="9"/>') -> Path:
    file = folder / "plan.svg"
    file.write_bytes(svg(body))
    return file


async def test_a_plan_is_kept_as_it_came_recorded_and_on_the_map_and_after_a_restart_too(
    tmp_path: Path,
) -> None:
    book = Book()
    shelf = Floorplans(tmp_path, book.ask, book.read)
    file = a_plan(tmp_path)
    found = await shelf.take(WHO, file, PLACED, keep=True)
    assert (tmp_path / FOLDER / f"{found.sha256}.svg").read_bytes() == file.read_bytes()
    assert book.asked == [TakeFloorplan(found.sha256, found.plan, "svg", (("floor-1", "rooms", "", 1),))]
    assert [one.name for one in shelf.now.levels[0].features()] == ["101"]

    away = Book()
    away.away = True
    again = Floorplans(tmp_path, away.ask, away.read)
    assert again.now.known is False
    await again._load(again._remembered(), remember=False)  # as `follow` does first, without the book
    assert [one.name for one in again.now.levels[0].features()] == ["101"]

    await shelf.drop(WHO, "floor-1", "")
    assert shelf.now.levels == ()


async def test_a_check_keeps_and_records_nothing(tmp_path: Path) -> None:
    book = Book()
    found = await Floorplans(tmp_path, book.ask, book.read).take(WHO, a_plan(tmp_path), PLACED, keep=False)
    assert [(one.layer, one.features) for one in found.layers] == [("rooms", 1)]
    assert book.asked == []
    assert not (tmp_path / FOLDER).exists()


async def test_a_hostile_plan_is_refused_recorded_as_such_and_leaves_the_map_as_it_was(
    tmp_path: Path,
) -> None:
    book = Book()
    shelf = Floorplans(tmp_path, book.ask, book.read)
    await shelf.take(WHO, a_plan(tmp_path), PLACED, keep=True)
    before = shelf.now
    with pytest.raises(Refused) as no:
        await shelf.take(WHO, a_plan(tmp_path, "<script/>"), PLACED, keep=True)
    assert (no.value.code, no.value.where) == ("forbidden", "line 1")
    assert book.asked[-1] == RefuseFloorplan("forbidden")
    assert shelf.now is before


async def test_what_a_plan_may_be_is_the_sites_own_word_and_nobodys_who_brings_one(tmp_path: Path) -> None:
    book, most = Book(), Limits(file_mb=1, things=2, points=9)
    shelf = Floorplans(tmp_path, book.ask, book.read, limits=lambda: most)
    room = '<rect data-kind="room" data-name="101" width="9" height="9"/>'
    many = a_plan(tmp_path, room * 3)
    # Whoever brings it may say what they like of the limits.
    told = msgspec.structs.replace(PLACED, limits=Limits(32, 50_000, 1_000_000))
    with pytest.raises(Refused, match="more than 2 things or 9 points"):
        await shelf.take(WHO, many, told, keep=True)
    with pytest.raises(Refused, match="larger than 1 MiB"):
        await shelf.take(WHO, a_plan(tmp_path, room + " " * 1_100_000), PLACED, keep=True)
    with pytest.raises(Refused, match="more than 10 elements"):
        await shelf.take(WHO, a_plan(tmp_path, "<g/>" * 11), PLACED, keep=True)
    assert shelf.now.levels == ()

    most = Limits(file_mb=2, things=3, points=12)
    assert (await shelf.take(WHO, a_plan(tmp_path, room * 3), PLACED, keep=True)).layers[0].features == 3
    # What was taken stands, whatever the limits are later.
    most = Limits(file_mb=1, things=1, points=4)
    again = Floorplans(tmp_path, book.ask, book.read, limits=lambda: most)
    await again.refresh()
    assert len(list(again.now.levels[0].features())) == 3


async def test_a_process_that_dies_or_hangs_is_a_refusal_and_not_a_daemon_that_waits(tmp_path: Path) -> None:
    for program in ("raise SystemExit(1)", "import time; time.sleep(60)", "print('no JSON')"):
        taking = Taking(tmp_path, 1.5, (sys.executable, "-c", program))
        with pytest.raises(Refused) as no:
            await taking.take(a_plan(tmp_path), Told(), keep=True)
        assert no.value.code == "too_large"


async def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused) as no:
        await Taking(tmp_path).take(tmp_path / "none.svg", PLACED, keep=True)
    assert no.value.code == "unreadable"
