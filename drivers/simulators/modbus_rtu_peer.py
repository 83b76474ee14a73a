"""Simulated Modbus RTU controllers on one pty, so that a driver opens them like any serial port."""

import asyncio
import contextlib
import os
import tty
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from drivers.doors.modbus_rtu_frame import (
    BadFrame,
    RtuFrame,
    RtuReader,
    encode_rtu,
    request_size,
    wire_time_s,
)
from drivers.simulators.bolts import Board
from drivers.simulators.faults import IDENTIFICATION, WORKS, Fault
from drivers.simulators.modbus_server import GARBAGE, answer

NOISE = bytes.fromhex("00 ff 00")
"""What a bus without biasing says as it turns round."""
_BEGUN_FRAME_S = 0.1
"""A frame that is not finished by then is dropped; longer than any gap that a busy machine makes on a pty."""


class ModbusRtuPeer:
    """Several units on one line.

    port: a path that stays the same; a symbolic link to the pty of the day.
    baud: answers take the time they would on a real line; None answers at once.
    echo: the line is a two-wire adapter that repeats whatever the master sends, behind these bytes where they are given.
    """

    def __init__(
        self,
        boards: Mapping[int, Board],
        port: Path,
        answer_after_s: float = 0.005,
        baud: int | None = None,
        echo: bool | bytes = False,
    ) -> None:
        self.boards = boards
        self.port = port
        self.answer_after_s = answer_after_s
        self.baud = baud
        self.echo = echo
        self.faults: dict[int, Fault] = {}
        self.requests = 0
        self._reader = RtuReader(request_size)
        self._begun: asyncio.TimerHandle | None = None
        self._timers: set[asyncio.TimerHandle] = set()
        self._master: int | None = None
        self._slave = -1

    def start(self) -> None:
        """Open a pty and point `port` to it. Raises OSError."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port.unlink(missing_ok=True)
        self.port.symlink_to(os.ttyname(self._slave))
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    def stop(self) -> None:
        """Unplug: whoever has the port open sees it hang up."""
        if self._master is None:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        for timer in (*self._timers, *([self._begun] if self._begun else [])):
            timer.cancel()
        self._timers.clear()
        self._reader.forget()
        os.close(self._master)
        os.close(self._slave)
        self._master = None
        self.port.unlink(missing_ok=True)

    def set_fault(self, fault: Fault, unit: int | None = None) -> None:
        """Break one unit, or all of them. `away` and `drop` take the whole line, as pulling its plug does."""
        was_away = self._master is None
        for each in self.boards if unit is None else (unit,):
            self.faults[each] = fault
        if fault.kind == "away" and not was_away:
            self.stop()
        elif fault.kind != "away" and was_away:
            self.start()

    def _readable(self) -> None:
        if self._master is None:
            return
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._master, 512)
            if self.echo:
                os.write(self._master, (b"" if self.echo is True else self.echo) + data)
            self._take_in(data)

    def _take_in(self, data: bytes) -> None:
        if self._begun is not None:
            self._begun.cancel()
        self._begun = asyncio.get_running_loop().call_later(_BEGUN_FRAME_S, self._reader.forget)
        try:
            frames = self._reader.feed(data)
        except BadFrame:
            return  # as a device does: spoilt frames are not answered
        for frame in frames:
            self._take(frame, len(data))

    def _take(self, frame: RtuFrame, request_bytes: int) -> None:
        board = self.boards.get(frame.unit)
        if board is None:
            return
        self.requests += 1
        fault = self.faults.get(frame.unit, WORKS)
        if frame.pdu[:1] == IDENTIFICATION and board.identity_fault != "none":
            fault = Fault(board.identity_fault)
        match fault.kind:
            case "dead" | "away":
                return
            case "drop":
                self._later(0.0, self._replug)
            case "garbage":
                self._later(self.answer_after_s, partial(self._send, GARBAGE))
            case "late":
                reply = encode_rtu(frame.unit, answer(board, frame.pdu, fault))
                self._later(fault.seconds, partial(self._send, reply))
            case _:
                after_s = fault.seconds if fault.kind == "slow" else self.answer_after_s
                if self.baud is not None:
                    after_s += wire_time_s(request_bytes, self.baud)
                self._later(after_s, partial(self._answer, board, frame, fault))

    def _answer(self, board: Board, frame: RtuFrame, fault: Fault) -> None:
        reply = encode_rtu(frame.unit, answer(board, frame.pdu, fault))
        if fault.kind == "noisy":
            reply = NOISE + reply
        self._later(wire_time_s(len(reply), self.baud) if self.baud else 0.0, partial(self._send, reply))

    def _replug(self) -> None:
        self.stop()
        self.start()

    def _later(self, after_s: float, act: Callable[[], None]) -> None:
        def due() -> None:
            self._timers.discard(timer)
            act()

        timer = asyncio.get_running_loop().call_later(after_s, due)
        self._timers.add(timer)

    def _send(self, reply: bytes) -> None:
        if self._master is not None:
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, reply)
