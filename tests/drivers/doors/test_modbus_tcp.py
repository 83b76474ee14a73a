"""The Modbus TCP driver on the wire: what leaves when, what is believed, how it comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from drivers.base import Watch
from drivers.burst import Burst
from drivers.doors.modbus_pdu import Read, WriteCoil, WriteCoils, decode_request, encode_reply
from drivers.doors.modbus_plan import READBACK_OFFSET
from drivers.doors.modbus_tcp import ModbusTcp, ModbusTcpConfig
from drivers.simulators.bolts import Board, NoSuchPoint
from drivers.simulators.faults import WORKS, Fault
from drivers.simulators.modbus_tcp_peer import ModbusTcpPeer
from rules.model.events import ControllerChanged, Scanned
from rules.model.ids import ControllerId
from tests.drivers.doors.modbus_rigs import ModbusTcpRig
from tests.drivers.doors.raw_board import RawBoard
from tests.drivers.doors.rigs import Inbox, ended, now, permit

RIG = ModbusTcpRig()
WATCH = Watch(frozenset([("coil", 0), ("discrete_input", 0)]), frozenset(), evidence_every_s=0.1)
RARELY = Watch(WATCH.evidence, frozenset(), evidence_every_s=100.0)
NOTHING = Watch(frozenset(), frozenset())


def driver_of(
    port: int,
    watch: Watch = WATCH,
    timeout_s: float = 0.3,
    connections: int = 1,
    readback_offset: int = 0,
    burst: Burst | None = None,
) -> ModbusTcp:
    return ModbusTcp(
        ModbusTcpConfig(
            controller=RIG.controller,
            host="127.0.0.1",
            port=port,
            unit=1,
            timeout_us=round(timeout_s * 1e6),
            connections=connections,
            watch=watch,
            readback_offset=readback_offset,
        ),
        burst,
    )


@asynccontextmanager
async def running(driver: ModbusTcp) -> AsyncIterator[Inbox]:
    inbox = Inbox()
    task = asyncio.create_task(driver.run(inbox.emit))
    try:
        yield inbox
        assert not task.done(), "run ended by itself"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def by_hand(
    watch: Watch = WATCH, timeout_s: float = 0.3, burst: Burst | None = None
) -> AsyncIterator[tuple[RawBoard, ModbusTcp, Inbox]]:
    board = RawBoard()
    driver = driver_of(board.port, watch, timeout_s, burst=burst)
    try:
        async with running(driver) as inbox:
            yield board, driver, inbox
    finally:
        board.close()


@asynccontextmanager
async def simulated(
    board: Board,
    watch: Watch = WATCH,
    connections: int = 1,
    most_connections: int | None = None,
    readback_offset: int = 0,
) -> AsyncIterator[tuple[ModbusTcpPeer, ModbusTcp, Inbox]]:
    peer = ModbusTcpPeer(board, answer_after_s=0.001, most_connections=most_connections)
    await peer.start()
    driver = driver_of(peer.port, watch, connections=connections, readback_offset=readback_offset)
    try:
        async with running(driver) as inbox:
            yield peer, driver, inbox
    finally:
        await peer.stop()


async def test_a_command_is_on_the_wire_before_execute_returns_even_while_a_poll_is_unanswered() -> None:
    async with by_hand() as (board, driver, _):
        wire = await board.accept()
        await wire.first_contact()
        poll = await wire.frame()

        command = driver.execute(permit(RIG, [(0, True), (1, False)]))
        (sent,) = wire.arrived()

        assert isinstance(decode_request(poll.pdu), Read)
        assert decode_request(sent.pdu) == WriteCoils(0, (True, False))
        assert sent.transaction != poll.transaction
        wire.answer(sent)
        assert (await ended(command)).ending == "written"


async def test_neighbouring_coils_are_one_frame_and_a_gap_makes_another() -> None:
    async with by_hand(RARELY) as (board, driver, inbox):
        wire = await board.accept()
        await wire.first_contact()
        await inbox.scanned("coil", 0, 0)

        command = driver.execute(permit(RIG, [(0, True), (1, True), (3, False)]))
        sent = wire.arrived()

        assert [decode_request(frame.pdu) for frame in sent] == [
            WriteCoils(0, (True, True)),
            WriteCoil(3, False),
        ]
        wire.answer(sent[1])
        assert (await asyncio.wait([command], timeout=0.01))[1], "one of two answers is not enough"
        wire.answer(sent[0])
        assert (await ended(command)).ending == "written"


async def test_a_refusal_of_one_of_several_frames_refuses_the_command() -> None:
    async with by_hand(RARELY) as (board, driver, inbox):
        wire = await board.accept()
        await wire.first_contact()
        await inbox.scanned("coil", 0, 0)
        command = driver.execute(permit(RIG, [(0, True), (2, True)]))
        first, second = wire.arrived()
        wire.answer(first, bytes((0x85, 6)))
        wire.answer(second)

        end = await ended(command)

        assert (end.ending, end.code) == ("refused", "exception_6")


async def test_a_device_that_takes_one_request_at_a_time_is_found_out_before_the_press_and_gets_one() -> None:
    async with by_hand() as (board, driver, inbox):
        first = await board.accept()
        first.answer(await first.frame())  # of the two that came together only this one
        wire = await board.accept()
        poll = await wire.frame()
        command = driver.execute(permit(RIG, [(0, True), (2, True)]))
        early = wire.arrived()
        wire.answer(poll)
        one = await wire.frame()
        then = wire.arrived()
        wire.answer(one)
        wire.answer(await wire.frame())

        assert early == then == []
        assert (await ended(command)).ending == "written"
        assert not [e for e in inbox.events if isinstance(e, ControllerChanged) and not e.up]


async def test_a_command_swallowed_without_a_trace_is_sent_anew_long_before_its_time_out() -> None:
    async with by_hand(RARELY, timeout_s=4.0) as (board, driver, inbox):
        silent = await board.accept()
        await silent.first_contact()
        await inbox.scanned("coil", 0, 0)

        command = driver.execute(permit(RIG, [(0, True)]))
        await silent.frame()
        fresh = await board.accept()
        fresh.answer(await fresh.frame())

        assert (await ended(command, within_s=2.0)).ending == "written"


async def test_a_second_command_that_is_swallowed_is_sent_anew_as_soon_as_the_first_was() -> None:
    async with by_hand(RARELY, timeout_s=30.0) as (board, driver, inbox):
        wire = await board.accept()
        await wire.first_contact()
        await inbox.scanned("coil", 0, 0)

        for on in (True, False):
            command = driver.execute(permit(RIG, [(0, on)]))
            while isinstance(decode_request((await wire.frame()).pdu), Read):
                pass  # the command's is the last that is heard here
            wire = await board.accept()
            wire.answer(await wire.frame())

            assert (await ended(command, within_s=10.0)).ending == "written"


async def test_no_poll_is_begun_while_a_command_is_unanswered_and_evidence_follows_its_answer() -> None:
    async with by_hand(timeout_s=0.5) as (board, driver, inbox):
        wire = await board.accept()
        await wire.first_contact()
        await inbox.up()
        command = driver.execute(permit(RIG, [(0, True)]))
        sent = await wire.frame()
        while not isinstance(decode_request(sent.pdu), WriteCoil):
            wire.answer(sent)
            sent = await wire.frame()
        again = await board.accept()  # the command is tried once over a new connection
        sent = await again.frame()
        with pytest.raises(TimeoutError):  # longer than two rounds of evidence
            async with asyncio.timeout(0.25):
                await again.frame()

        again.answer(sent)
        await ended(command)

        assert isinstance(decode_request((await again.frame()).pdu), Read)


async def test_a_command_at_a_lost_connection_connects_at_once_and_is_sent() -> None:
    async with simulated(Board()) as (peer, driver, inbox):
        await inbox.up()
        broken = now()
        await peer.set_fault(Fault("away"))
        await inbox.changed(up=False, after=broken)
        command = driver.execute(permit(RIG, [(0, True)]))
        await peer.set_fault(WORKS)

        assert (await ended(command)).ending == "written"


async def test_a_command_to_a_closed_port_was_never_sent() -> None:
    board = RawBoard()
    board.close()
    driver = driver_of(board.port, timeout_s=0.15)
    async with running(driver):
        end = await ended(driver.execute(permit(RIG, [(0, True)])))

    assert (end.ending, end.code) == ("not_sent", "unreachable")


async def test_a_board_may_still_hold_an_older_command_whose_connection_was_given_up_and_that_one_is_never_written() -> (
    None
):
    """What such a board does with it then is undone by the rules: `tests/rules/test_late_frames.py`."""
    async with by_hand(NOTHING) as (board, driver, _):
        first = await board.accept()
        older = driver.execute(permit(RIG, [(0, True)], number=1))
        held = await first.frame()
        newer = driver.execute(permit(RIG, [(0, False)], number=2, purpose="rest"))
        first.reset()
        second = await board.accept()
        second.answer(await second.frame())

        assert (await ended(newer)).ending == "written"
        end = await ended(older)
        assert (end.ending, end.code) == ("no_answer", "overtaken")
        assert decode_request(held.pdu) == WriteCoil(0, True)


async def test_a_command_cut_off_by_a_reset_is_sent_again_over_a_new_connection() -> None:
    async with by_hand(NOTHING) as (board, driver, inbox):
        first = await board.accept()
        command = driver.execute(permit(RIG, [(0, True)]))
        lost = await first.frame()
        first.reset()
        second = await board.accept()
        again = await second.frame()
        second.answer(again)

        assert again.pdu == lost.pdu
        assert (await ended(command)).ending == "written"
        assert not [e for e in inbox.events if isinstance(e, ControllerChanged) and not e.up]


async def test_a_connection_that_was_lost_without_a_word_is_replaced_before_a_press_needs_it() -> None:
    async with by_hand(timeout_s=30.0) as (board, driver, inbox):
        silent = await board.accept()
        await silent.first_contact()
        await inbox.up()
        await silent.frame()  # and never answered: nobody tells of it, and the time-out is far away
        fresh = await board.accept()
        fresh.answer(await fresh.frame())

        command = driver.execute(permit(RIG, [(0, True)]))
        while isinstance(decode_request((sent := await fresh.frame()).pdu), Read):
            fresh.answer(sent)
        fresh.answer(sent)

        assert decode_request(sent.pdu) == WriteCoil(0, True)
        assert (await ended(command)).ending == "written"
        assert not [e for e in inbox.events if isinstance(e, ControllerChanged) and not e.up]


async def test_a_board_that_falls_silent_is_told_once_and_its_connection_is_opened_anew() -> None:
    async with by_hand(timeout_s=0.1) as (board, _, inbox):
        wire = await board.accept()
        await wire.first_contact()
        await inbox.up()
        fell_silent = now()
        await wire.hung_up()
        await (await board.accept()).hung_up()

        down = await inbox.changed(up=False, after=fell_silent)

        assert down.code == "silent"
        assert str(board.port) in down.detail
        assert len([e for e in inbox.events if isinstance(e, ControllerChanged)]) == 2


@pytest.mark.parametrize(
    "garbage",
    ["dead beef dead beef", "0001 0001 0003 01 8102", "0001 0000 ffff"],
    ids=["noise", "protocol", "length"],
)
async def test_where_framing_is_lost_the_connection_goes_and_the_command_is_sent_anew(garbage: str) -> None:
    async with by_hand(NOTHING) as (board, driver, _):
        wire = await board.accept()
        command = driver.execute(permit(RIG, [(0, True)]))
        await wire.frame()
        wire.send(bytes.fromhex(garbage))
        second = await board.accept()
        second.answer(await second.frame())

        assert (await ended(command)).ending == "written"
        assert driver.strange_answers == 1


@pytest.mark.parametrize(
    ("transaction", "unit", "pdu"),
    [
        pytest.param(1, 0, "", id="unknown transaction"),
        pytest.param(0, 1, "", id="another unit"),
        pytest.param(0, 0, "05 0001 ff00", id="another coil"),
        pytest.param(0, 0, "05 0000 0000", id="another value"),
        pytest.param(0, 0, "01 01 01", id="another function"),
        pytest.param(0, 0, "81 02", id="another function's refusal"),
    ],
)
async def test_an_answer_that_does_not_fit_is_counted_and_never_believed(
    transaction: int, unit: int, pdu: str
) -> None:
    async with by_hand(NOTHING, timeout_s=0.15) as (board, driver, _):
        wire = await board.accept()
        command = driver.execute(permit(RIG, [(0, True)]))
        sent = await wire.frame()
        reply = bytes.fromhex(pdu) or encode_reply(decode_request(sent.pdu))
        head = (sent.transaction + transaction).to_bytes(2) + bytes(2) + (len(reply) + 1).to_bytes(2)
        wire.send(head + bytes((sent.unit + unit,)) + reply)

        assert (await ended(command)).ending == "no_answer"
        assert driver.strange_answers == 1


async def test_an_answer_in_pieces_counts_as_one() -> None:
    async with by_hand(NOTHING) as (board, driver, _):
        wire = await board.accept()
        command = driver.execute(permit(RIG, [(0, True)]))
        sent = await wire.frame()
        whole = sent.transaction.to_bytes(2) + bytes.fromhex("0000 0006 01") + sent.pdu
        for at in range(len(whole)):
            wire.send(whole[at : at + 1])
            await asyncio.sleep(0)

        assert (await ended(command)).ending == "written"


async def test_each_permit_leaves_as_its_own_frame_whatever_was_sent_before() -> None:
    async with by_hand(RARELY) as (board, driver, inbox):
        wire = await board.accept()
        await wire.first_contact()
        await inbox.scanned("coil", 0, 0)
        press = permit(RIG, [(0, False), (1, False)])
        driver.execute(press)
        again = permit(RIG, [(0, True), (1, False)], number=2)
        driver.execute(again)

        assert [decode_request(frame.pdu) for frame in wire.arrived()] == [
            WriteCoils(0, (False, False)),
            WriteCoils(0, (True, False)),
        ]


class Sparse(Board):
    """A board that refuses every read across coils it does not have."""

    def read_coils(self, address: int, count: int) -> list[int]:
        if not set(range(address, address + count)) <= {0, 1, 5, 6}:
            raise NoSuchPoint
        return super().read_coils(address, count)


async def test_a_board_that_refuses_a_bridged_read_is_read_in_exact_pieces() -> None:
    watch = Watch(frozenset([("coil", 0), ("coil", 1), ("coil", 5), ("coil", 6)]), frozenset(), 0.05)
    async with simulated(Sparse(), watch) as (peer, _, inbox):
        first = await inbox.scanned("coil", 6, 0)
        before = peer.requests
        second = await inbox.scanned("coil", 6, 0, after=first.at)
        third = await inbox.scanned("coil", 6, 0, after=second.at)

        assert set(first.values) == set(third.values) == watch.evidence
        assert peer.requests - before <= 5, "the refused read is not tried each round"


async def test_a_point_that_the_board_does_not_have_costs_no_other_point_its_evidence() -> None:
    watch = Watch(frozenset([("coil", 0), ("coil", 1), ("coil", 9)]), frozenset(), 0.05)
    async with simulated(Board(coils=4), watch) as (_, _, inbox):
        scanned = await inbox.scanned("coil", 1, 0)

        assert set(scanned.values) == {("coil", 0), ("coil", 1)}


async def test_a_board_that_refuses_everything_for_a_while_is_read_whole_afterwards() -> None:
    async with simulated(Board()) as (peer, _, inbox):
        await inbox.up()
        await peer.set_fault(Fault("refusing", code=2))
        before = peer.requests
        while peer.requests < before + 6:
            await asyncio.sleep(0.01)
        await peer.set_fault(WORKS)
        mended = now()

        scanned = await inbox.scanned("coil", 0, 0, after=mended)

        assert set(scanned.values) == WATCH.evidence


async def test_a_wago_coupler_shows_its_coils_512_higher_and_its_inputs_in_their_place() -> None:
    board = Board(readback_offset=512)
    board.set_input(0, True)
    async with simulated(board, readback_offset=READBACK_OFFSET["wago-750"]) as (_, driver, inbox):
        before = await inbox.scanned("discrete_input", 0, 1)
        end = await ended(driver.execute(permit(RIG, [(0, True)])))
        await inbox.scanned("coil", 0, 1, after=end.at)

        assert before.values[("coil", 0)] == 0
        assert board.coils[0] is True


async def test_wired_buttons_are_read_at_their_own_pace_and_registers_as_numbers() -> None:
    watch = Watch(
        evidence=frozenset([("coil", 0)]),
        fast=frozenset([("discrete_input", 7), ("input_register", 3)]),
        evidence_every_s=10.0,
        fast_every_s=0.02,
    )
    board = Board()
    board.input_registers[3] = 65_535
    async with simulated(board, watch) as (_, _, inbox):
        await inbox.scanned("input_register", 3, 65_535)
        pressed = now()
        board.set_input(7, True)

        scanned = await inbox.scanned("discrete_input", 7, 1, after=pressed)

        assert set(scanned.values) == watch.fast


async def test_a_board_that_takes_one_connection_works_though_two_are_allowed() -> None:
    async with simulated(Board(), connections=2, most_connections=1) as (_, driver, inbox):
        await inbox.up()
        end = await ended(driver.execute(permit(RIG, [(0, True)])))
        await inbox.scanned("coil", 0, 1, after=end.at)

        assert end.ending == "written"
        assert not [e for e in inbox.events if isinstance(e, ControllerChanged) and not e.up]


async def test_two_drivers_on_one_loop_do_not_disturb_each_other() -> None:
    async with simulated(Board()) as (dead, _, dead_inbox), simulated(Board()) as (_, driver, inbox):
        await inbox.up()
        await dead_inbox.up()
        broken = now()
        await dead.set_fault(Fault("dead"))
        await dead_inbox.changed(up=False, after=broken)

        assert (await ended(driver.execute(permit(RIG, [(0, True)])))).ending == "written"
        assert all(isinstance(e, Scanned) or getattr(e, "up", True) for e in inbox.events)


def test_the_driver_names_its_controller() -> None:
    assert driver_of(1).controller == ControllerId("plc-east")


async def test_a_scan_says_whether_it_went_the_way_that_commands_take() -> None:
    async with simulated(Board(), connections=1) as (_, _, inbox):
        await inbox.wait_for(lambda e: sum(isinstance(one, Scanned) for one in inbox.events) >= 6)
        assert all(one.by_commands for one in inbox.events if isinstance(one, Scanned))
    async with simulated(Board(), connections=2) as (_, _, inbox):
        await inbox.wait_for(lambda e: isinstance(e, Scanned) and not e.by_commands)
        await inbox.wait_for(lambda e: isinstance(e, Scanned) and e.by_commands)
