"""A simulated campus answers as the real devices do, and says what it cannot break."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from edge.setting import setting_of
from edge.simulated.addresses import spare_port
from edge.simulated.run import Simulation
from rules.model.ids import ControllerId
from tests.flow.school import door, office, school, tcp

PLC = ControllerId("plc")


@pytest.fixture
async def simulation(tmp_path: Path) -> AsyncIterator[Simulation]:
    tree = school(tmp_path, spare_port(), buttons=[office()])
    tree["controllers"] = [{**tcp("plc"), "model": "wago-750"}]
    without_lock: dict[str, Any] = {**door("store-room", "a-1", "plc", 3)}
    del without_lock["hardware"], without_lock["lock"]
    tree["doors"].append(without_lock)
    del tree["mqtt"]
    config = tmp_path / "campus.yaml"
    config.write_text(json.dumps(tree))
    async with Simulation(setting_of(config), spare_port(), tmp_path / "store") as running:
        yield running


async def post(url: str, body: dict[str, object]) -> tuple[int, str]:
    async with aiohttp.ClientSession() as client, client.post(url, json=body) as answer:
        return answer.status, await answer.text()


async def test_a_wago_board_shows_its_coils_512_higher_as_its_firmware_note_says(
    simulation: Simulation,
) -> None:
    board = simulation.campus.boards[PLC]
    assert board.read_coils(512, len(board.coils)) == [int(on) for on in board.coils]


async def test_a_latch_is_stuck_and_freed_by_the_page(simulation: Simulation) -> None:
    assert (await post(f"{simulation.url}/doors/tcp-1", {"latch_stuck": True}))[0] == 200
    assert [bolt.latch_stuck for bolt in simulation.campus.boards[PLC].bolts] == [True, False]


async def test_a_door_without_a_lock_cannot_be_broken_and_the_page_says_so(simulation: Simulation) -> None:
    status, text = await post(f"{simulation.url}/doors/store-room", {"latch_stuck": True})
    assert status == 404
    assert "store-room has no lock" in text
