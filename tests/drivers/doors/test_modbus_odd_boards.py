"""Boards that are in order by their makers' lights and odd by the standard's: each still locks and is still read."""

import asyncio

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


async def test_a_board_that_hangs_up_after_each_answer_is_read_and_switched_without_a_storm() -> None:
    board = OddBoard()
    board.hangs_up_after_each_answer = True
    async with at_work(board, WATCH, 1.5) as (driver, inbox):
        await inbox.scanned("discrete_input", 0, 0)
        first = len(board.heard)
        for _ in range(5):
            await inbox.scanned("discrete_input", 0, 0, after=now())
        polled = len(board.heard) - first

        end = await ended(driver.execute(permit(RIG, LOCK)))
        board.inputs[0] = True
        await inbox.scanned("discrete_input", 0, 1, after=end.at)

        assert polled <= 2 * (5 + 2)
        assert end.ending == "written"
        assert board.coils[:5] == [True, True, False, True, False]
        assert not [one for one in inbox.events if getattr(one, "up", True) is False]


async def test_a_slow_board_that_does_one_thing_after_the_other_is_not_lost_in_mid_command() -> None:
    board = OddBoard()
    board.read_s = board.write_s = 0.2
    async with at_work(board, WATCH, 0.3) as (driver, inbox):
        await inbox.up()

        end = await ended(driver.execute(permit(RIG, [(0, True), (2, True), (4, True)])))
        await inbox.scanned("coil", 0, 1, after=end.at)

        assert end.ending == "written"
        assert not [one for one in inbox.events if getattr(one, "up", True) is False]


async def test_a_board_whose_relays_take_their_time_is_asked_twice_once_and_then_waited_for() -> None:
    board = OddBoard()
    board.write_s = 0.2
    async with at_work(board, WATCH, 0.3) as (driver, inbox):
        await inbox.scanned("coil", 0, 0)
        first = await ended(driver.execute(permit(RIG, LOCK, number=1)))
        await inbox.scanned("coil", 0, 1, after=first.at)
        board.heard.clear()

        second = await ended(driver.execute(permit(RIG, LOCK, number=2)))

        # The first is sent anew too soon, which costs this board the time of both.
        assert first.ending in ("written", "no_answer")
        assert second.ending == "written"
        assert len(board.writes) == 2


async def test_a_board_that_resets_at_a_write_is_still_read_and_not_stormed() -> None:
    board = OddBoard()
    board.resets_at_a_write = True
    async with at_work(board, WATCH, 2.0) as (driver, inbox):  # so long it may take to be read again
        await inbox.scanned("coil", 0, 0)

        end = await ended(driver.execute(permit(RIG, [(0, True), (1, True)])))
        board.inputs[0] = True
        await inbox.scanned("discrete_input", 0, 1, after=end.at)

        assert (end.ending, end.code) == ("no_answer", "reset")
        assert len(board.writes) <= 4
        assert not [one for one in inbox.events if getattr(one, "up", True) is False]


async def test_sensors_are_read_before_coils_and_a_command_in_between_costs_no_evidence() -> None:
    board = OddBoard()
    board.read_s = 0.1
    async with at_work(board, WATCH, 0.3) as (driver, inbox):
        await inbox.scanned("coil", 0, 0)
        board.inputs[0] = True
        board.heard.clear()
        while not board.heard:
            await asyncio.sleep(0.001)

        command = driver.execute(permit(RIG, LOCK))
        scanned = await inbox.scanned("discrete_input", 0, 1)

        assert board.heard[0].function == 2
        assert ("coil", 0) not in scanned.values
        assert (await ended(command)).ending == "written"
