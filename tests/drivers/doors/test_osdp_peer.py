"""The simulated reader before a panel that is not ours, and our driver before a reader that is not ours."""

import asyncio
import os
import pty
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import osdp  # type: ignore[import-untyped]
import pytest

from drivers.doors.osdp import Osdp, OsdpConfig
from drivers.doors.osdp_bus import OsdpBus
from drivers.simulators.bolts import Board
from drivers.simulators.faults import WORKS, Fault
from drivers.simulators.osdp_peer import OsdpPeer
from drivers.simulators.osdp_reader import OsdpReader
from rules.model.events import Scanned
from tests.drivers.doors.rigs import Inbox, ended
from tests.drivers.doors.rigs_osdp import ALL, KEY, controller, sealed


class Port(osdp.Channel):  # type: ignore[misc]
    """A channel of the wheel's own binding over a descriptor."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.id = 1
        self._descriptor = descriptor

    def read(self, max_bytes: int) -> bytes:
        try:
            return os.read(self._descriptor, max_bytes)
        except BlockingIOError:
            return b""

    def write(self, buf: bytes) -> int:
        return os.write(self._descriptor, buf)

    def flush(self) -> None:
        pass


async def test_the_wheels_own_panel_locks_and_reads_the_simulated_reader(tmp_path: Path) -> None:
    board = Board(coils=4, discrete_inputs=4)
    peer = OsdpPeer([OsdpReader(5, KEY, board)], tmp_path / "line")
    await peer.start()
    descriptor = os.open(tmp_path / "line", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    flags = [osdp.LibFlag.EnforceSecure]
    panel = osdp.ControlPanel(
        [osdp.PDInfo(5, Port(descriptor), scbk=KEY, flags=flags)],
        log_level=osdp.LogLevel.Critical,
        event_handler=lambda _, event: loop.call_soon_threadsafe(inbox.put_nowait, event),
    )
    panel.start()
    try:
        board.set_input(2, True)
        async with asyncio.timeout(5):
            while not panel.is_online(5):
                await peer.next_frame()
            panel.submit_command(
                5, {"command": osdp.Command.Output, "output_no": 1, "control_code": 2, "timer_count": 0}
            )
            panel.submit_command(5, {"command": osdp.Command.Status, "type": osdp.StatusReportType.Input})
            event = await inbox.get()

        assert board.coils == [False, True, False, False]
        assert event["event"] == osdp.Event.Status
        assert event["report"] == bytes([0, 0, 1, 0])
    finally:
        await asyncio.to_thread(panel.stop)
        os.close(descriptor)
        await peer.stop()


class TheirReader:
    """The wheel's own peripheral: acknowledges outputs, and cannot answer a status query."""

    def __init__(self, descriptor: int) -> None:
        self.outputs: list[tuple[int, int]] = []
        capabilities = osdp.PDCapabilities(
            [
                (osdp.Capability.OutputControl, 1, 4),
                (osdp.Capability.ContactStatusMonitoring, 1, 4),
                (osdp.Capability.CommunicationSecurity, 1, 1),
            ]
        )
        self.device = osdp.PeripheralDevice(
            osdp.PDInfo(5, Port(descriptor), scbk=KEY, flags=[osdp.LibFlag.EnforceSecure]),
            capabilities,
            log_level=osdp.LogLevel.Critical,
            command_handler=self._command,
        )
        self.device.start()

    def _command(self, command: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        done = command["command"] == osdp.Command.Output
        if done:
            self.outputs.append((command["output_no"], command["control_code"]))
        # A fresh tuple each time: the binding gives back one reference to its second item that it never took,
        # and leaks the tuple; of a constant `(0, None)` it would in the end give back None's last.
        return 0 if done else -1, [None][0]

    def report(self, levels: bytes) -> None:
        self.device.submit_event(
            {"event": osdp.Event.Status, "type": osdp.StatusReportType.Input, "report": levels}
        )


@asynccontextmanager
async def their_reader() -> AsyncIterator[tuple[TheirReader, str]]:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    reader = TheirReader(ours)
    try:
        yield reader, os.ttyname(theirs)
    finally:
        await asyncio.to_thread(reader.device.stop)
        os.close(ours)
        os.close(theirs)


async def test_a_reader_that_is_not_ours_and_refuses_to_be_read_is_locked_and_its_reports_are_taken() -> None:
    async with their_reader() as (reader, port):
        driver = Osdp(OsdpConfig(controller(5), 5, KEY, 3_000_000, ALL), OsdpBus(port, 115200))
        inbox = Inbox()
        running = asyncio.create_task(driver.run(inbox.emit))
        await inbox.up()

        end = await ended(driver.execute(sealed(5, (2, True))))
        levels = bytes([1, 0, 1, 0])
        async with asyncio.timeout(5):
            while not any(isinstance(e, Scanned) for e in inbox.events):
                reader.report(levels)
                await asyncio.sleep(0.1)  # as a reader does that says what it has, again and again
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

        (scan, *_) = [e for e in inbox.events if isinstance(e, Scanned)]
        assert (end.ending, reader.outputs) == ("written", [(2, 2)])
        assert scan.values == {("input", 0): 1, ("input", 1): 0, ("input", 2): 1, ("input", 3): 0}


def test_a_reader_never_shows_its_key() -> None:
    assert KEY.hex() not in repr(OsdpReader(5, KEY, Board()))


async def test_an_unplugged_line_comes_back_under_its_own_name(tmp_path: Path) -> None:
    peer = OsdpPeer([OsdpReader(5, KEY, Board())], tmp_path / "line")
    await peer.start()
    await peer.set_fault(Fault("away"))
    with pytest.raises(FileNotFoundError):
        (tmp_path / "line").stat()
    await peer.set_fault(WORKS)

    assert (tmp_path / "line").is_char_device()
    await peer.stop()
