"""An OSDP line for tests: simulated readers on a pty, a driver for each, libosdp at both ends."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from drivers.base import Driver, Watch
from drivers.doors.osdp import Osdp, OsdpConfig
from drivers.doors.osdp_bus import OsdpBus
from drivers.doors.osdp_frames import OSTAT
from drivers.simulators.bolts import Board
from drivers.simulators.faults import Fault, FaultKind
from drivers.simulators.osdp_peer import OsdpPeer
from drivers.simulators.osdp_reader import OsdpReader
from rules.model.commands import Drive, Permit
from rules.model.ids import CommandId, ControllerId, DoorId, Point, Space
from rules.model.seal import SEAL
from tests.drivers.doors.rigs import Inbox

KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
OTHER_KEY = bytes.fromhex("ffeeddccbbaa99887766554433221100")
ALL = Watch(
    evidence=frozenset([*(("output", n) for n in range(4)), *(("input", n) for n in range(4))]),
    fast=frozenset(),
    evidence_every_s=0.1,
)


class OsdpRig:
    """What `test_every_door_driver` asks for."""

    name = "osdp"
    controller = ControllerId("reader-west")
    drives: Space = "output"
    senses: Space = "input"
    timeout_s = 0.4
    refusal = 9
    """libosdp's peripheral gives one reason for whatever its application refuses."""
    address = 5

    def __init__(self) -> None:
        self.board = Board(coils=8, discrete_inputs=8)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        with TemporaryDirectory() as directory:
            self.peer = OsdpPeer([OsdpReader(self.address, KEY, self.board)], Path(directory) / "line")
            await self.peer.start()
            try:
                yield
            finally:
                await self.peer.stop()

    def driver(self, watch: Watch) -> Driver:
        self.bus = OsdpBus(str(self.peer.port), self.peer.baud)
        config = OsdpConfig(self.controller, self.address, KEY, round(self.timeout_s * 1e6), watch)
        return Osdp(config, self.bus)

    async def fault(self, fault: Fault) -> None:
        # A reader that falls silent in mid-poll holds the line against the test's command, which then truly
        # never leaves. Right after a round the next poll is 50 ms away: the command comes first.
        if fault.kind != "none":
            with suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    await self.peer.answered(OSTAT)
        await self.peer.set_fault(fault)

    def can(self, kind: FaultKind) -> bool:
        """An acknowledgement of osdp_OUT names neither output nor value, so it cannot name a wrong one."""
        return kind not in ("wrong_point", "wrong_value")

    def switched(self, number: int) -> bool:
        return self.board.coils[number]

    def switch(self, number: int, on: bool) -> None:
        self.board.coils[number] = on

    def sense(self, number: int, on: bool) -> None:
        self.board.set_input(number, on)


@dataclass
class OsdpSite:
    """A line at work: readers by address, each with its board, driver and inbox."""

    peer: OsdpPeer
    bus: OsdpBus
    boards: dict[int, Board]
    drivers: dict[int, Osdp]
    inboxes: dict[int, Inbox]

    def heard(self, *codes: int, address: int | None = None) -> int:
        """How many frames of these commands the readers have heard so far."""
        return sum(f.code in codes and address in (None, f.address) for f in self.peer.heard)

    async def until(self, holds: Callable[[], bool], within_s: float = 5.0) -> None:
        """Wait until something holds, looking after each frame that a reader has heard."""
        async with asyncio.timeout(within_s):
            while not holds():
                await self.peer.next_frame()


@asynccontextmanager
async def site(
    addresses: Iterable[int] = (5,),
    watch: Watch = ALL,
    timeout_s: float = 0.5,
    panel_key: bytes = KEY,
    up: bool = True,
    **reader: int | bool | tuple[int, ...],
) -> AsyncIterator[OsdpSite]:
    """Readers with KEY, and a daemon's side that believes their key to be `panel_key`."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        boards = {address: Board(coils=8, discrete_inputs=8) for address in addresses}
        readers = [OsdpReader(address, KEY, board, **reader) for address, board in boards.items()]  # type: ignore[arg-type]
        peer = OsdpPeer(readers, directory / "line")
        await peer.start()
        stack.push_async_callback(peer.stop)
        bus = OsdpBus(str(peer.port), peer.baud)
        drivers = {
            address: Osdp(
                OsdpConfig(controller(address), address, panel_key, round(timeout_s * 1e6), watch), bus
            )
            for address in boards
        }
        inboxes = {address: Inbox() for address in boards}
        running = [asyncio.create_task(drivers[at].run(inboxes[at].emit)) for at in boards]

        async def stop() -> None:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

        stack.push_async_callback(stop)
        if up:
            for inbox in inboxes.values():
                await inbox.up()
        yield OsdpSite(peer, bus, boards, drivers, inboxes)


def controller(address: int) -> ControllerId:
    return ControllerId(f"reader-{address}")


def sealed(address: int, *drives: tuple[int, bool], number: int = 1) -> Permit:
    """A permit as the interlock makes it."""
    at = controller(address)
    made = tuple(Drive(DoorId(f"door-{n}"), Point(at, "output", n), on) for n, on in drives)
    return Permit(CommandId(number), at, "lock", made, SEAL)
