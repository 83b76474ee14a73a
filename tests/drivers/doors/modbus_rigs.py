"""The rigs of Modbus TCP and Modbus RTU: our own simulators at the other end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from drivers.base import Driver, Watch
from drivers.doors.modbus_rtu import ModbusRtu, ModbusRtuConfig
from drivers.doors.modbus_rtu_bus import RtuBus
from drivers.doors.modbus_tcp import ModbusTcp, ModbusTcpConfig
from drivers.simulators.bolts import Board
from drivers.simulators.faults import Fault, FaultKind
from drivers.simulators.modbus_rtu_peer import ModbusRtuPeer
from drivers.simulators.modbus_tcp_peer import ModbusTcpPeer
from rules.model.ids import ControllerId, Space


class _BoardRig:
    """What both have in common: a board whose coils and inputs the test can see and set."""

    drives: Space = "coil"
    senses: Space = "discrete_input"
    timeout_s = 0.2
    refusal = 4

    def __init__(self) -> None:
        self.board = Board()

    def switched(self, number: int) -> bool:
        return self.board.coils[number]

    def switch(self, number: int, on: bool) -> None:
        self.board.coils[number] = on

    def sense(self, number: int, on: bool) -> None:
        self.board.set_input(number, on)

    def can(self, kind: FaultKind) -> bool:
        return True


class ModbusTcpRig(_BoardRig):
    name = "modbus-tcp"
    controller = ControllerId("plc-east")
    connections = 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self.peer = ModbusTcpPeer(self.board, most_connections=self.connections)
        await self.peer.start()
        try:
            yield
        finally:
            await self.peer.stop()

    def driver(self, watch: Watch) -> Driver:
        return ModbusTcp(
            ModbusTcpConfig(
                controller=self.controller,
                host=self.peer.host,
                port=self.peer.port,
                unit=1,
                timeout_us=round(self.timeout_s * 1e6),
                connections=self.connections,
                watch=watch,
            )
        )

    async def fault(self, fault: Fault) -> None:
        await self.peer.set_fault(fault)


class TwoConnectionsRig(ModbusTcpRig):
    name = "modbus-tcp over two connections"
    connections = 2


class ModbusRtuRig(_BoardRig):
    name = "modbus-rtu"
    controller = ControllerId("bus-1")
    unit = 3

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        with TemporaryDirectory() as directory:
            self.peer = ModbusRtuPeer({self.unit: self.board}, Path(directory) / "line")
            self.peer.start()
            try:
                yield
            finally:
                self.peer.stop()

    def driver(self, watch: Watch) -> Driver:
        bus = RtuBus(str(self.peer.port), 115_200, "even")
        config = ModbusRtuConfig(self.controller, self.unit, round(self.timeout_s * 1e6), watch)
        return ModbusRtu(config, bus)

    async def fault(self, fault: Fault) -> None:
        self.peer.set_fault(fault)
