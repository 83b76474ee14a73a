"""Another author's Modbus TCP device in the place of ours: pymodbus's server takes the lock and proves the door."""

from functools import partial
from pathlib import Path

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from tests.flow.rig import running
from tests.flow.school import native, school

THROWN = (0, 1, 2, 3)
"""Its inputs do not follow its coils: bolts that are thrown and doors that are closed for good."""


def device() -> SimDevice:
    """Unlocked: both strikes are energised."""
    registers = [SimData(0, values=[0] * 16, datatype=DataType.REGISTERS)]
    coils = [SimData(0, values=[True] * 16, datatype=DataType.BITS)]
    inputs = [SimData(0, values=[n in THROWN for n in range(16)], datatype=DataType.BITS)]
    return SimDevice(id=1, simdata=(coils, inputs, registers, registers))


def test_a_press_locks_doors_on_pymodbuss_server(tmp_path: Path) -> None:
    folder = tmp_path / "foreign"
    make = partial(school, folder, buttons=[native("pb-native")])
    with running(folder, make, started=False, without=frozenset({"plc"})) as campus:
        port = campus.tree["controllers"][0]["port"]

        async def serve() -> ModbusTcpServer:
            server = ModbusTcpServer(device(), address=("127.0.0.1", port))
            assert await server.listen()
            return server

        server = campus.devices.do(serve())
        try:
            campus.start()
            campus.broker.press("pb-native", "hold", "foreign-1")
            campus.until_secured()

            async def coils() -> object:
                return await server.async_getValues(1, 1, 0, 4)

            assert campus.devices.do(coils()) == [False, False, True, True]
        finally:
            campus.devices.do(server.shutdown())  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped
