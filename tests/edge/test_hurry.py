"""What is shown steps aside while a press is on its way to the wire, and for no longer."""

import asyncio
import gc
from collections.abc import Generator
from dataclasses import replace

import pytest

from drivers.base import Emit
from edge import appliance, codec
from edge.appliance import Appliance
from edge.web.courtesy import Courtesy
from rules.model.commands import Drive, Permit
from rules.model.events import CommandEnded, PressHeard
from rules.model.ids import CommandId, PressId
from tests.edge.campus import NOON, PB, PLAN, PLC, quiet


class Board:
    """A driver that has been given commands, and has not had an answer yet."""

    controller = PLC

    def __init__(self) -> None:
        self.asked: list[tuple[Permit, asyncio.Future[CommandEnded]]] = []
        self.collecting: list[bool] = []

    async def run(self, emit: Emit) -> None:
        await asyncio.Event().wait()

    def execute(self, permit: Permit) -> "asyncio.Future[CommandEnded]":
        self.asked.append((permit, asyncio.get_running_loop().create_future()))
        self.collecting.append(gc.isenabled())
        return self.asked[-1][1]

    def prepare(self, drives: tuple[Drive, ...]) -> None:
        """Nothing to get ready."""

    async def answer(self) -> None:
        while self.asked:
            permit, ending = self.asked.pop()
            ending.set_result(CommandEnded(NOON, permit.id, PLC, "written", ""))
            await asyncio.sleep(0)


class Journal:
    def append(self, rows: object, head: object, done: object) -> None:
        return None


def a_campus(board: Board) -> Appliance:
    made = codec.Made(PLAN.pack_hash, "test")
    return Appliance(PLAN, quiet(), made, {PLC: board}, Journal(), lambda *_: None, lambda *_: None)


def pressed() -> PressHeard:
    return PressHeard(NOON, PB, "hold", PressId("p-1"), None, None, 0, False, "mqtt", None)


async def test_a_press_on_its_way_is_known_until_its_boards_have_answered() -> None:
    board = Board()
    campus = a_campus(board)
    before = campus.hurried
    campus.emit(pressed())
    on_its_way = campus.hurried
    await board.answer()

    assert (before, on_its_way, campus.hurried) == (False, True, False)


async def test_a_board_that_never_answers_holds_up_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appliance, "HURRY_S", 0.0)
    board = Board()
    campus = a_campus(board)
    campus.emit(pressed())

    assert board.asked
    assert not campus.hurried


async def test_no_collection_of_garbage_stands_between_a_press_and_its_boards() -> None:
    board = Board()
    a_campus(board).emit(pressed())

    assert board.collecting == [False] * len(board.asked) != []
    assert gc.isenabled()


async def test_nothing_is_drawn_while_a_press_is_on_its_way() -> None:
    board = Board()
    campus = a_campus(board)
    campus.emit(pressed())
    drawn = asyncio.ensure_future(Courtesy(lambda: campus.hurried).in_bites(iter_once()))
    for _ in range(20):
        await asyncio.sleep(0)
    waited = not drawn.done()
    await board.answer()

    assert waited
    assert await drawn == "drawn"


async def test_boards_that_have_answered_are_looked_at_once_all_have_and_a_press_is_not_kept_waiting() -> (
    None
):
    board = Board()
    campus = a_campus(board)
    campus.emit(pressed())
    campus.emit(an_ending())
    await turns()
    waits = campus.lanes
    campus.emit(replace(pressed(), press_id=PressId("p-2")))
    at_the_next_press = campus.lanes
    campus.emit(an_ending())
    await board.answer()
    await turns()

    assert (waits, at_the_next_press, campus.lanes) == ((1, 0), (0, 0), (0, 0))


async def test_one_that_never_answers_keeps_the_others_endings_no_longer_than_a_press_is_hurried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(appliance, "HURRY_S", 0.01)
    campus = a_campus(Board())
    campus.emit(pressed())
    campus.emit(an_ending())
    async with asyncio.timeout(5):
        while campus.lanes != (0, 0):
            await asyncio.sleep(0)

    assert not campus.hurried


def an_ending() -> CommandEnded:
    return CommandEnded(NOON, CommandId(99), PLC, "written", "")


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def iter_once() -> Generator[None, None, str]:
    yield
    return "drawn"
