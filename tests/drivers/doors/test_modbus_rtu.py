"""The Modbus RTU driver on a shared line: who goes first, what is believed, what a bad device costs."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from drivers.base import Watch
from drivers.doors.modbus_rtu import ModbusRtu, ModbusRtuConfig
from drivers.doors.modbus_rtu_bus import RtuBus
from drivers.doors.modbus_rtu_frame import RtuFrame, RtuReader, encode_rtu, request_size
from drivers.serial_line import LineLost, Parity, open_line
from drivers.simulators.bolts import Board
from drivers.simulators.faults import WORKS, Fault, FaultKind
from drivers.simulators.modbus_rtu_peer import NOISE, ModbusRtuPeer
from rules.model.commands import Drive, Permit
from rules.model.events import CommandEnded, ControllerChanged, Event, Scanned
from rules.model.ids import CommandId, ControllerId, DoorId, Point
from rules.model.seal import SEAL
from tests.drivers.doors.rigs import Inbox, ended, now

TIMEOUT_S = 0.15
WATCH = Watch(frozenset([("coil", 0), ("discrete_input", 0)]), frozenset(), evidence_every_s=0.1)
NOTHING = Watch(frozenset(), frozenset())


def drive(unit: int, on: bool, number: int = 1) -> Permit:
    controller = ControllerId(f"unit-{unit}")
    return Permit(
        CommandId(number), controller, "lock", (Drive(DoorId("d"), Point(controller, "coil", 0), on),), SEAL
    )


class Running:
    """Drivers at work on one line, by unit, with what each emitted."""

    def __init__(self, bus: RtuBus, units: Mapping[int, Watch]) -> None:
        self.bus = bus
        self.inbox = {unit: Inbox() for unit in units}
        self.drivers = {
            unit: ModbusRtu(
                ModbusRtuConfig(ControllerId(f"unit-{unit}"), unit, round(TIMEOUT_S * 1e6), watch), bus
            )
            for unit, watch in units.items()
        }
        self.tasks: dict[int, asyncio.Task[None]] = {}

    def start(self) -> None:
        for unit, driver in self.drivers.items():
            self.tasks[unit] = asyncio.create_task(driver.run(self.inbox[unit].emit))

    async def stop(self, unit: int) -> None:
        task = self.tasks.pop(unit)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    def scans(self, unit: int) -> int:
        return sum(isinstance(event, Scanned) for event in self.inbox[unit].events)


@asynccontextmanager
async def line(
    directory: Path, units: Mapping[int, Watch], echo: bool | bytes = False
) -> AsyncIterator[tuple[ModbusRtuPeer, dict[int, Board], Running]]:
    boards = {unit: Board() for unit in units}
    peer = ModbusRtuPeer(boards, directory / "line", answer_after_s=0.002, echo=echo)
    peer.start()
    running = Running(RtuBus(str(peer.port), 115_200, "none"), units)
    running.start()
    try:
        yield peer, boards, running
        assert not any(task.done() for task in running.tasks.values()), "run ended by itself"
    finally:
        for unit in tuple(running.tasks):
            await running.stop(unit)
        peer.stop()


async def test_controllers_on_one_line_are_each_read_and_switched(tmp_path: Path) -> None:
    async with line(tmp_path, {1: WATCH, 2: WATCH, 3: WATCH}) as (_, boards, running):
        for unit in boards:
            await running.inbox[unit].up()
        ends = [await ended(running.drivers[unit].execute(drive(unit, True))) for unit in boards]

        assert {end.ending for end in ends} == {"written"}
        assert all(board.coils[0] for board in boards.values())


async def test_a_dead_controller_does_not_starve_the_evidence_of_the_others(tmp_path: Path) -> None:
    async with line(tmp_path, {1: WATCH, 2: WATCH}) as (peer, _, running):
        await running.inbox[1].up()
        await running.inbox[2].up()
        broken = now()
        peer.set_fault(Fault("dead"), unit=2)
        await running.inbox[2].changed(up=False, after=broken)
        probes_before, scans_before = peer.requests, running.scans(1)
        while running.scans(1) < scans_before + 8:
            await asyncio.sleep(0.02)
        asked = peer.requests - probes_before

        # Two requests a scan of unit 1; what is left are the probes of unit 2.
        assert asked - 2 * 8 <= 3
        mended = now()
        peer.set_fault(WORKS)
        await running.inbox[2].changed(up=True, after=mended)


async def test_commands_to_controllers_that_answer_go_before_those_that_do_not(tmp_path: Path) -> None:
    async with line(tmp_path, {1: WATCH, 2: WATCH, 3: WATCH}) as (peer, _, running):
        for unit in (1, 2, 3):
            await running.inbox[unit].up()
        broken = now()
        peer.set_fault(Fault("dead"), unit=1)
        await running.inbox[1].changed(up=False, after=broken)
        order: list[int] = []
        commands = []
        for unit in (1, 2, 3):
            command = running.drivers[unit].execute(drive(unit, True))
            command.add_done_callback(lambda ending: order.append(int(ending.result().controller[-1])))
            commands.append(command)

        ends = [await ended(command) for command in commands]

        assert [end.ending for end in ends] == ["no_answer", "written", "written"]
        assert order == [2, 3, 1]


@pytest.mark.parametrize("kind", ["late", "wrong_point", "garbage"])
async def test_a_bad_answer_to_one_controller_is_never_taken_for_anothers(
    tmp_path: Path, kind: FaultKind
) -> None:
    async with line(tmp_path, {1: NOTHING, 2: NOTHING}) as (peer, _, running):
        peer.set_fault(Fault(kind, seconds=TIMEOUT_S * 1.4), unit=1)
        peer.set_fault(Fault("dead"), unit=2)

        first = running.drivers[1].execute(drive(1, True))
        second = running.drivers[2].execute(drive(2, True))

        assert (await ended(first)).ending == "no_answer"
        assert (await ended(second)).ending == "no_answer"


async def test_noise_before_an_answer_costs_neither_the_answer_nor_the_evidence(tmp_path: Path) -> None:
    async with line(tmp_path, {1: WATCH}) as (peer, boards, running):
        peer.set_fault(Fault("noisy"))
        await running.inbox[1].up()
        before = running.scans(1)
        end = await ended(running.drivers[1].execute(drive(1, True)))
        while running.scans(1) < before + 3:
            await asyncio.sleep(0.02)

    assert end.ending == "written"
    assert boards[1].coils[0] is True
    assert running.drivers[1].strange_answers == 0


async def test_noise_before_an_echo_makes_no_answer_of_it(tmp_path: Path) -> None:
    async with line(tmp_path, {1: WATCH}, echo=NOISE) as (peer, _, running):
        peer.set_fault(Fault("dead"))
        down = await running.inbox[1].wait_for(lambda e: isinstance(e, ControllerChanged))
        end = await ended(running.drivers[1].execute(drive(1, True)))

    assert isinstance(down, ControllerChanged)
    assert (down.code, end.ending, end.code) == ("local_echo", "no_answer", "local_echo")


async def test_a_late_yes_to_unlock_is_never_the_yes_to_lock(tmp_path: Path) -> None:
    async with line(tmp_path, {1: NOTHING}) as (peer, boards, running):
        driver = running.drivers[1]
        peer.set_fault(Fault("late", seconds=TIMEOUT_S * 1.7))
        first = await ended(driver.execute(drive(1, True)))
        unlock = await ended(driver.execute(drive(1, True, number=2)))  # by now the unit counts as down
        peer.set_fault(Fault("dead"))
        same = await ended(driver.execute(drive(1, True, number=3)))

        assert boards[1].coils[0] is True
        assert {first.ending, unlock.ending, same.ending} == {"no_answer"}


async def test_an_adapter_that_echoes_is_found_out_and_its_echo_proves_no_write(tmp_path: Path) -> None:
    async with line(tmp_path, {1: WATCH}, echo=True) as (peer, _, running):
        peer.set_fault(Fault("dead"))
        down = await running.inbox[1].wait_for(lambda e: isinstance(e, ControllerChanged))
        end = await ended(running.drivers[1].execute(drive(1, True)))

        assert isinstance(down, ControllerChanged)
        assert (down.up, down.code) == (False, "local_echo")
        assert (end.ending, end.code) == ("no_answer", "local_echo")


async def test_when_the_first_driver_of_a_line_stops_the_others_go_on(tmp_path: Path) -> None:
    async with line(tmp_path, {1: WATCH, 2: WATCH}) as (_, _, running):
        await running.inbox[1].up()
        await running.inbox[2].up()
        await running.stop(1)
        stopped = now()

        await running.inbox[2].scanned("coil", 0, 0, after=stopped)


async def test_a_command_during_a_hang_up_is_sent_when_the_line_is_back(tmp_path: Path) -> None:
    async with line(tmp_path, {1: WATCH}) as (peer, boards, running):
        await running.inbox[1].up()
        broken = now()
        peer.set_fault(Fault("away"))
        await running.inbox[1].changed(up=False, after=broken)
        command = running.drivers[1].execute(drive(1, True))
        peer.set_fault(WORKS)

        end = await ended(command)

        assert end.ending in ("written", "not_sent")
        assert boards[1].coils[0] is (end.ending == "written")


async def test_nothing_is_ever_broadcast(tmp_path: Path) -> None:
    bus = RtuBus("unused", 9600, "none")
    for unit in (0, 248):
        with pytest.raises(ValueError, match="1 to 247"):
            ModbusRtu(ModbusRtuConfig(ControllerId("c"), unit, 100_000, WATCH), bus)


class Played:
    """The far end of a line, where the test plays every device by hand."""

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._reader = RtuReader(request_size)
        self._heard: list[RtuFrame] = []
        self._readable = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._master, self._readable.set)

    async def frame(self) -> RtuFrame:
        async with asyncio.timeout(5):
            while not self._heard:
                self._readable.clear()
                await self._readable.wait()
                with suppress(BlockingIOError):
                    self._heard += self._reader.feed(os.read(self._master, 512))
        return self._heard.pop(0)

    def send(self, unit: int, pdu: bytes) -> None:
        os.write(self._master, encode_rtu(unit, pdu))

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)


@asynccontextmanager
async def played(
    units: Mapping[int, Watch], *, started: bool = True
) -> AsyncIterator[tuple[Played, Running]]:
    far = Played()
    running = Running(RtuBus(far.port, 115_200, "none"), units)
    if started:
        running.start()
    try:
        yield far, running
    finally:
        for unit in tuple(running.tasks):
            await running.stop(unit)
        far.close()


async def test_a_command_overtakes_the_polls_that_wait_for_the_line() -> None:
    async with played({1: WATCH, 2: WATCH, 3: WATCH}) as (far, running):
        unanswered = await far.frame()
        other = next(unit for unit in (1, 2, 3) if unit != unanswered.unit)
        running.drivers[other].execute(drive(other, True))

        overtaking = await far.frame()

        assert (overtaking.unit, overtaking.pdu[0]) == (other, 5)


async def test_another_units_answer_is_passed_over_and_the_right_one_counts() -> None:
    async with played({1: NOTHING}) as (far, running):
        command = running.drivers[1].execute(drive(1, True))
        sent = await far.frame()
        far.send(2, sent.pdu)
        far.send(1, sent.pdu)

        assert (await ended(command)).ending == "written"
        assert running.drivers[1].strange_answers == 1


async def test_another_units_answer_alone_is_no_answer() -> None:
    async with played({1: NOTHING}) as (far, running):
        command = running.drivers[1].execute(drive(1, True))
        far.send(2, (await far.frame()).pdu)

        assert (await ended(command)).ending == "no_answer"


# --- the port itself ---


async def test_a_port_that_hangs_up_is_lost_and_no_longer_watched() -> None:
    master, slave = os.openpty()
    stirred = asyncio.Event()
    port = await open_line(os.ttyname(slave), 9600, "none", stirred.set)
    descriptor = port._descriptor
    os.close(slave)
    os.close(master)
    async with asyncio.timeout(5):
        await stirred.wait()

    with pytest.raises(LineLost, match="is gone"):
        port.take()
    assert asyncio.get_running_loop().remove_reader(descriptor) is False
    port.close()


@pytest.mark.parametrize("parity", ["none", "even", "odd"])
async def test_a_pty_is_opened_whatever_parity_the_real_line_has(parity: Parity) -> None:
    master, slave = os.openpty()
    tty.setraw(master)
    try:
        port = await open_line(os.ttyname(slave), 19_200, parity, lambda: None)
        port.write(encode_rtu(1, b"\x01\0\0\0\1"))
        assert os.read(master, 64) == encode_rtu(1, b"\x01\0\0\0\1")
        port.close()
    finally:
        os.close(master)
        os.close(slave)


async def test_a_port_in_use_by_another_program_or_missing_is_told_and_not_shared(tmp_path: Path) -> None:
    master, slave = os.openpty()
    try:
        first = await open_line(os.ttyname(slave), 9600, "none", lambda: None)
        with pytest.raises(LineLost, match="cannot open"):
            await open_line(os.ttyname(slave), 9600, "none", lambda: None)
        first.close()
    finally:
        os.close(master)
        os.close(slave)
    with pytest.raises(LineLost, match="cannot open"):
        await open_line(str(tmp_path / "missing"), 9600, "none", lambda: None)


async def test_a_board_without_function_15_gets_the_same_coils_one_by_one() -> None:
    async with played({1: NOTHING}) as (far, running):
        controller = ControllerId("unit-1")
        drives = tuple(Drive(DoorId(f"d{n}"), Point(controller, "coil", n), True) for n in (0, 1))
        command = running.drivers[1].execute(Permit(CommandId(1), controller, "lock", drives, SEAL))

        several = await far.frame()
        far.send(1, bytes((0x8F, 1)))
        first = await far.frame()
        far.send(1, first.pdu)
        second = await far.frame()
        far.send(1, second.pdu)

        assert (await ended(command)).ending == "written"
        assert several.pdu[0] == 15
        assert [first.pdu.hex(), second.pdu.hex()] == ["050000ff00", "050001ff00"]


async def test_alone_on_a_line_an_unanswered_frame_delays_the_next_by_one_gap_and_no_more() -> None:
    async with played({1: NOTHING}) as (far, running):
        controller = ControllerId("unit-1")
        drives = tuple(Drive(DoorId(f"d{n}"), Point(controller, "coil", n), True) for n in (0, 2))
        command = running.drivers[1].execute(Permit(CommandId(1), controller, "lock", drives, SEAL))

        await far.frame()
        first = now()
        await far.frame()
        waited_us = now().since(first)

        assert TIMEOUT_S * 2e6 * 0.9 < waited_us < TIMEOUT_S * 3.5e6
        await ended(command)


async def test_what_a_round_has_read_is_told_before_the_command_that_came_between_is_answered() -> None:
    async with played({1: WATCH}, started=False) as (far, running):
        commands: list[asyncio.Future[CommandEnded]] = []
        inbox = running.inbox[1]

        def press() -> None:
            commands.append(running.drivers[1].execute(drive(1, True)))

        def emit(event: Event) -> None:
            if isinstance(event, ControllerChanged) and event.up:
                # By then the read of the coils waits for the line.
                asyncio.get_running_loop().call_soon(press)
            inbox.emit(event)

        running.tasks[1] = asyncio.create_task(running.drivers[1].run(emit))
        sensors = await far.frame()
        far.send(1, bytes((2, 1, 1)))
        scanned = await inbox.scanned("discrete_input", 0, 1)

        assert sensors.pdu[0] == 2
        assert ("coil", 0) not in scanned.values
        assert not commands[0].done()
        await ended(commands[0])
