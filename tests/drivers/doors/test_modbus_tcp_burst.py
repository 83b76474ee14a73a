"""Frames of one moment leave before anything is kept of them, and nothing of what is kept is lost by that."""

from drivers.burst import Burst
from drivers.doors.modbus_pdu import WriteCoil, decode_request
from tests.drivers.doors.rigs import ended, permit
from tests.drivers.doors.test_modbus_tcp import NOTHING, RARELY, RIG, by_hand


async def test_in_a_burst_a_frame_leaves_before_its_books_are_kept_and_its_answer_is_its_own() -> None:
    burst = Burst()
    async with by_hand(RARELY, burst=burst) as (board, driver, inbox):
        wire = await board.accept()
        await wire.first_contact()
        await inbox.scanned("coil", 0, 0)
        with burst:
            command = driver.execute(permit(RIG, [(0, True), (1, True)]))
            (sent,) = wire.arrived()
            assert not driver.urgent()
        assert driver.urgent()
        wire.answer(sent)

        assert (await ended(command)).ending == "written"
        assert not driver.urgent()


async def test_in_a_burst_a_second_command_finds_the_books_of_the_first_kept() -> None:
    burst = Burst()
    async with by_hand(NOTHING, burst=burst) as (board, driver, _):
        first = await board.accept()
        with burst:
            older = driver.execute(permit(RIG, [(0, True)], number=1))
            newer = driver.execute(permit(RIG, [(0, False)], number=2, purpose="rest"))
        await first.frame()
        first.reset()
        second = await board.accept()
        again = await second.frame()
        second.answer(again)

        assert decode_request(again.pdu) == WriteCoil(0, False)
        assert (await ended(newer)).ending == "written"
        assert (await ended(older)).code == "overtaken"


async def test_what_left_in_a_burst_and_is_never_answered_ends_with_its_time_out() -> None:
    burst = Burst()
    async with by_hand(NOTHING, burst=burst) as (board, driver, _):
        wire = await board.accept()
        with burst:
            command = driver.execute(permit(RIG, [(0, True)]))
        await wire.frame()

        assert (await ended(command)).ending == "no_answer"
