"""150 screens open at once: each is told of a press, and the doors are locked all the same."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.flow.rig import School, running
from tests.flow.school import school
from tests.flow.waiting import wait_for

MANY = 150


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("many")

    def made(port: int) -> dict[str, Any]:
        tree = school(folder, port, outputs=True)
        rooms = [f"r{n}" for n in range(MANY)]
        tree["outputs"].append(
            {"id": "many", "driver": "screens", "zone": "a", "rooms": rooms, "commissioned": "2026-08-14"}
        )
        return tree

    with running(folder, made) as here:
        wait_for("the page", lambda: here.health("healthz") == 200)
        yield here


@pytest.fixture(scope="module")
def token(campus: School) -> str:
    made = campus.cli("token", "create", "--name", "Screens", "--role", "device", "--json")
    assert made.returncode == 0, made.stderr
    (said,) = json.loads(made.stdout)["data"]["secret"]
    return str(said)


class Listening:
    """One open screen, as bytes on a socket."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.states: list[dict[str, Any]] = []

    def says(self, word: str) -> bool:
        """Whether it was told so."""
        return any(word in one["html"] for one in self.states)

    async def run(self, campus: School, token: str) -> None:
        host, _, port = campus.tree["web"]["listen"].rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"GET /screen/{self.place}/events HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
        writer.write(head.encode())
        told = False
        try:
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    told = line.strip() == b"event: state"
                elif line.startswith(b"data: ") and told:
                    self.states.append(json.loads(line[6:]))
        finally:
            writer.close()


async def test_150_open_screens_are_all_told_and_the_doors_are_locked_all_the_same(
    campus: School, token: str
) -> None:
    many = [Listening(f"r{n}") for n in range(MANY)]
    tasks = [asyncio.create_task(one.run(campus, token)) for one in many]
    try:
        async with asyncio.timeout(30):
            while not all(one.states for one in many):
                await asyncio.sleep(0.02)
        await asyncio.to_thread(campus.broker.press, "pb-native", "hold", "real-150")
        async with asyncio.timeout(30):
            while not all(one.says("Lockdown") for one in many):
                await asyncio.sleep(0.02)
        await asyncio.to_thread(campus.until_secured)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
