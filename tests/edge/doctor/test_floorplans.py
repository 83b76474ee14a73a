"""`doctor` tells how much of its limits the map takes, and what of it is lost, would not be taken again, or fills its room."""

import asyncio
import json
from pathlib import Path

import pytest

from edge import cli
from edge.doctor.floorplans import examined
from edge.floorplans.drawn import Limits
from edge.floorplans.places import FOLDER, plan_of
from edge.floorplans.shelf import Floorplans
from edge.simulated.addresses import spare_port
from tests.edge.floorplans.plans import PLACED, svg
from tests.edge.floorplans.test_shelf import WHO, Book
from tests.flow.school import office, school, tcp

ROOMS = '<rect data-kind="room" data-name="101" width="9" height="9"/>' * 3


def brought(store: Path) -> str:
    """A plan of three rooms in this store; its hash."""
    store.mkdir(exist_ok=True)
    file = store.parent / "plan.svg"
    file.write_bytes(svg(ROOMS))

    async def take() -> str:
        book = Book()
        return (await Floorplans(store, book.ask, book.read).take(WHO, file, PLACED, keep=True)).plan

    return asyncio.run(take())


def test_a_map_within_its_limits_has_nothing_to_tell_and_one_beyond_is_told_of(tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert examined(store, Limits()).plans == 0
    brought(store)
    found = examined(store, Limits())
    assert (found.plans, found.things, found.points, found.findings) == (1, 3, 12, ())
    (over,) = examined(store, Limits(things=2, points=2)).findings
    assert (over.weight, over.code) == ("notice", "map_over_limits")


def test_a_plan_that_is_gone_fails(tmp_path: Path) -> None:
    store = tmp_path / "store"
    plan_of(store, brought(store)).unlink()
    (lost,) = examined(store, Limits()).findings
    assert (lost.weight, lost.code) == ("failed", "map_lost")
    (store / FOLDER / "current.json").write_text("no list")
    assert [one.code for one in examined(store, Limits()).findings] == ["map_unreadable"]


def test_the_verb_says_it_in_words_and_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = school(tmp_path, spare_port(), buttons=[office()])
    tree["controllers"] = [tcp("plc")]
    del tree["mqtt"]
    tree["policies"]["floorplans"] = {"things": 1_000, "points": 5_000}
    config = tmp_path / "campus.yaml"
    config.write_text(json.dumps(tree))
    assert cli.main(["doctor", "--no-search", "--config", str(config)]) == 0
    assert "No floor plan was brought." in capsys.readouterr().out
    plan = brought(tmp_path / "store")
    assert cli.main(["doctor", "--no-search", "--config", str(config)]) == 0
    assert "3 of 1000 things and 12 of 5000 points" in capsys.readouterr().out
    plan_of(tmp_path / "store", plan).unlink()
    assert cli.main(["doctor", "--no-search", "--json", "--config", str(config)]) == 1
    told = json.loads(capsys.readouterr().out)["floorplans"]
    assert told["limits"] == {"file_mb": 16, "things": 1_000, "points": 5_000}
    assert [one["code"] for one in told["findings"]] == ["map_lost"]
