"""Both Modbus drivers against another author's device: pymodbus's server, over TCP and a pair of ptys."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import pytest
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers.base import Driver, Watch
from drivers.doors.modbus_rtu import ModbusRtu, ModbusRtuConfig
from drivers.doors.modbus_rtu_bus import RtuBus
from drivers.doors.modbus_tcp import ModbusTcp, ModbusTcpConfig
from rules.model.commands import Drive, Permit
from rules.model.ids import CommandId, ControllerId, DoorId, Point
from rules.model.seal import SEAL
from tests.drivers.doors.rigs import Inbox, ended

PLC = ControllerId("plc-west")
UNIT = 7
WATCH = Watch(
    evidence=frozenset(
        [
            *(("coil", n) for n in range(6)),
            ("discrete_input", 2),
            ("input_register", 3),
            ("holding_register", 4),
        ]
    ),
    fast=frozenset(),
    evidence_every_s=0.1,
)
Server = ModbusTcpServer | ModbusSerialServer
DeviceAt = Callable[[], AbstractAsyncContextManager[tuple[Server, Driver]]]


def device() -> SimDevice:
    """Sixteen points in each space; input 2 is on, registers hold their own number."""
    registers = [SimData(0, values=list(range(16)), datatype=DataType.REGISTERS)]
    coils = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    inputs = [SimData(0, values=[n == 2 for n in range(16)], datatype=DataType.BITS)]
    return SimDevice(id=UNIT, simdata=(coils, inputs, registers, registers))


@asynccontextmanager
async def over_tcp() -> AsyncIterator[tuple[Server, Driver]]:
    server = ModbusTcpServer(device(), address=("127.0.0.1", 0))
    assert await server.listen()
    listening = server.transport
    assert isinstance(listening, asyncio.Server)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield server, ModbusTcp(ModbusTcpConfig(PLC, "127.0.0.1", port, UNIT, 500_000, 1, WATCH))
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped


@asynccontextmanager
async def over_a_serial_line() -> AsyncIterator[tuple[Server, Driver]]:
    """Two ptys, back to back: what one end's slave writes the other's reads."""
    ends = [os.openpty() for _ in range(2)]
    for descriptor in (fd for end in ends for fd in end):
        tty.setraw(descriptor)
    (ours, our_port), (theirs, their_port) = ends
    loop = asyncio.get_running_loop()

    def relay(source: int, to: int) -> None:
        os.write(to, os.read(source, 512))

    for a, b in ((ours, theirs), (theirs, ours)):
        loop.add_reader(a, relay, a, b)
    server = ModbusSerialServer(device(), port=os.ttyname(their_port), baudrate=115_200)
    assert await server.listen()
    try:
        bus = RtuBus(os.ttyname(our_port), 115_200, "even")
        yield server, ModbusRtu(ModbusRtuConfig(PLC, UNIT, 500_000, WATCH), bus)
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped
        for a in (ours, theirs):
            loop.remove_reader(a)
        for descriptor in (fd for end in ends for fd in end):
            os.close(descriptor)


@pytest.mark.parametrize("device_at", [over_tcp, over_a_serial_line], ids=["tcp", "rtu"])
async def test_pymodbus_is_read_written_and_believed(device_at: DeviceAt) -> None:
    async with device_at() as (server, driver):
        inbox = Inbox()
        running = asyncio.create_task(driver.run(inbox.emit))
        try:
            start = await inbox.scanned("discrete_input", 2, 1)
            command = driver.execute(
                Permit(
                    CommandId(1),
                    PLC,
                    "lock",
                    tuple(Drive(DoorId(f"d-{n}"), Point(PLC, "coil", n), True) for n in (0, 1, 4)),
                    SEAL,
                )
            )
            end = await ended(command)
            proof = await inbox.scanned("coil", 4, 1, after=end.at)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

        assert start.values[("input_register", 3)] == 3
        assert start.values[("holding_register", 4)] == 4
        assert end.ending == "written"
        assert [proof.values[("coil", n)] for n in range(6)] == [1, 1, 0, 0, 1, 0]
        assert await server.async_getValues(UNIT, 1, 0, 6) == [True, True, False, False, True, False]
