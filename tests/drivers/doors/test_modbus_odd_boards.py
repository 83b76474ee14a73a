"""Boards that are in order by their makers' lights and odd by the standard's: each still locks and is still read."""

import pytest

from drivers.base import Watch
from drivers.doors.modbus_pdu import WriteCoil, WriteCoils
from tests.drivers.doors.modbus_rigs import ModbusTcpRig
from tests.drivers.doors.odd_board import OddBoard, at_work
from tests.drivers.doors.rigs import ended, now, permit

RIG = ModbusTcpRig()
POINTS = (0, 1, 3)
WATCH = Watch(
    frozenset([*(("coil", n) for n in POINTS), *(("discrete_input", n) for n in POINTS)]),
    frozenset(),
    evidence_every_s=0.1,
)
LOCK = [(0, True), (1, True), (3, True)]


@pytest.mark.parametrize("code", [1, 2, 3, 4])
async def test_a_board_that_refuses_several_coils_at_once_gets_the_same_coils_one_by_one(code: int) -> None:
    board = OddBoard()
    board.refuses = {15: code}
    async with at_work(board, WATCH, 0.3) as (driver, inbox):
        await inbox.up()

        end = await ended(driver.execute(permit(RIG, LOCK)))

        assert (end.ending, end.code) == ("written", "answered")
        assert board.coils[:5] == [True, True, False, True, False]
        singles = {WriteCoil(0, True), WriteCoil(1, True), WriteCoil(3, True)}
        assert set(board.writes) == singles | {WriteCoils(0, (True, True))}


async def test_a_board_without_function_15_is_not_offered_it_twice() -> None:
    board = OddBoard()
    board.refuses = {15: 1}
    async with at_work(board, WATCH, 0.3) as (driver, inbox):
        await inbox.up()
        await ended(driver.execute(permit(RIG, LOCK, number=1)))
        board.heard.clear()

        end = await ended(driver.execute(permit(RIG, LOCK, number=2)))

        assert end.ending == "written"
        assert board.writes == [WriteCoil(0, True), WriteCoil(1, True), WriteCoil(3, True)]


async def test_a_board_that_refuses_single_coils_too_has_refused() -> None:
    board = OddBoard()
    board.refuses = {15: 1, 5: 4}
    async with at_work(board, WATCH, 0.3) as (driver, inbox):
        await inbox.up()

        end = await ended(driver.execute(permit(RIG, [(0, True), (1, True)])))

        assert (end.ending, end.code) == ("refused", "exception_4")


@pytest.mark.parametrize("code", [2, 3, 4])
async def test_a_board_that_refuses_to_read_across_a_gap_is_read_in_pieces(code: int) -> None:
    board = OddBoard()
    board.reads_only, board.refuses_others_with = frozenset(POINTS), code
    board.inputs[3] = True
    async with at_work(board, WATCH, 0.3) as (_, inbox):
        scanned = await inbox.scanned("discrete_input", 3, 1)

        assert set(scanned.values) == WATCH.evidence


async def test_a_board_that_takes_few_points_at_once_is_read_in_pieces_small_enough() -> None:
    board = OddBoard()
    board.most_read = 1
    async with at_work(board, WATCH, 0.3) as (_, inbox):
        scanned = await inbox.scanned("discrete_input", 3, 0)

        assert set(scanned.values) == WATCH.evidence


async def test_coils_that_cannot_be_read_cost_the_sensors_nothing() -> None:
    board = OddBoard()
    board.refuses = {1: 2}
    async with at_work(board, WATCH, 0.3) as (_, inbox):
        await inbox.scanned("discrete_input", 3, 0)
        board.heard.clear()
        while len([one for one in board.heard if one.function == 2]) < 10:
            await inbox.scanned("discrete_input", 3, 0, after=now())

        assert len([one for one in board.heard if one.function == 1]) <= 12
