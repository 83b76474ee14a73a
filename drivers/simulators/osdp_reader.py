"""One simulated OSDP reader: libosdp's peripheral, by ctypes, with a board's outputs and inputs behind it.

The wheel's Python peripheral cannot answer a status query (its binding does not copy the report back); the C
functions under it can.
"""

import ctypes
from collections import deque
from ctypes import byref, c_uint8
from dataclasses import field

from drivers.doors import osdp_library as lib
from drivers.doors.osdp_frames import POLL, Frame
from drivers.doors.osdp_session import library
from drivers.simulators.bolts import Board, NoSuchPoint
from drivers.simulators.faults import WORKS, Fault
from rules.model.values import dataclass

_MOST_POINTS = 32
_TURNS_ON = {0x01: False, 0x02: True, 0x03: False, 0x04: True}
"""Permanent states of osdp_OUT; timed ones (0x05, 0x06) this reader refuses."""


@dataclass(frozen=True, slots=True)
class OsdpReader:
    """What a reader is: where it answers, its SCBK (16 bytes), and the board whose points it has.

    inputs, outputs: how many it says it has; None all of the board's, at most 32.
    reports_changes: sends an input report of its own accord, in answer to the next poll.
    identity: vendor, model, version, serial number and firmware, as osdp_PDID holds them.
    """

    address: int
    key: bytes = field(repr=False)
    board: Board
    inputs: int | None = None
    outputs: int | None = None
    reports_changes: bool = True
    identity: tuple[int, int, int, int, int] = (0xCAFE, 1, 1, 1, 0x010203)


class Peripheral:
    """The reader's own side of the line. `fault`: what it is broken by from now on; the line acts on it."""

    def __init__(self, reader: OsdpReader) -> None:
        self.reader = reader
        self.fault: Fault = WORKS
        self._refusing = self._lying = False
        self._c = library().c
        board = reader.board
        self._inputs = (
            min(len(board.discrete_inputs), _MOST_POINTS) if reader.inputs is None else reader.inputs
        )
        self._outputs = min(len(board.coils), _MOST_POINTS) if reader.outputs is None else reader.outputs
        self._key = (c_uint8 * 16).from_buffer_copy(reader.key)
        self._capabilities = (lib.Capability * 4)(
            lib.Capability(lib.CAPABILITY_INPUTS, 1, self._inputs),
            lib.Capability(lib.CAPABILITY_OUTPUTS, 1, self._outputs),
            lib.Capability(lib.CAPABILITY_SECURITY, 1, 0),
            lib.Capability(0xFF, 0, 0),
        )
        self._channel = lib.Channel(id=1, recv=lib.RECEIVE(self._on_receive), send=lib.SEND(self._on_send))
        self._on_command_c = lib.COMMAND_CALLBACK(self._on_command)
        self._on_reported_c = lib.EVENT_COMPLETION_CALLBACK(self._on_reported)
        self._context: int | None = None
        self._incoming, self._reply = b"", b""
        self._events: deque[lib.Event] = deque()
        self._reported: list[int] | None = None
        self.power_cycle()

    def power_cycle(self) -> None:
        """Forget the secure channel and all that waited to be reported, as after a loss of power."""
        self.close()
        self._reported = None
        vendor, model, version, serial, firmware = self.reader.identity
        info = lib.PdInfo(
            name=b"simulated",
            baud_rate=9600,
            address=self.reader.address,
            flags=lib.FLAG_ENFORCE_SECURE,
            id=lib.PdId(version, model, vendor, serial, firmware),
            cap=self._capabilities,
            channel=self._channel,
            scbk=self._key,
        )
        self._context = self._c.osdp_pd_setup(byref(info))
        if self._context is None:
            raise MemoryError("libosdp gave no context")
        self._c.osdp_pd_set_command_callback(self._context, self._on_command_c, None)
        self._c.osdp_pd_set_event_completion_callback(self._context, self._on_reported_c, None)

    def close(self) -> None:
        """Give the context back."""
        context, self._context = self._context, None
        if context is not None:
            self._c.osdp_pd_teardown(context)

    def answer(self, frame: Frame, fault: Fault) -> bytes:
        """Do what a frame asks and return the reply's bytes, empty where the reader says nothing."""
        self._refusing = fault.kind == "refusing"
        # An acknowledgement of osdp_OUT names neither output nor value: a wrong one is one for nothing done.
        self._lying = fault.kind in ("wrong_point", "wrong_value")
        if self.reader.reports_changes and frame.code == POLL:
            self._report_changes()
        self._incoming, self._reply = frame.raw, b""
        self._c.osdp_pd_refresh(self._context)
        self._incoming = b""
        return self._reply

    def _report_changes(self) -> None:
        now = self.reader.board.levels(0, self._inputs)
        if self._reported is not None and now != self._reported and not self._events:
            event = lib.Event(type=lib.EVENT_STATUS)
            event.status.type = lib.REPORT_INPUT
            self._fill(event.status, now)
            self._events.append(event)
            self._c.osdp_pd_submit_event(self._context, byref(event))
        self._reported = now

    def _input_levels(self) -> list[int]:
        return self.reader.board.read_discrete_inputs(0, self._inputs)

    @staticmethod
    def _fill(status: lib.StatusReport, levels: list[int]) -> None:
        status.nr_entries = len(levels)
        for number, level in enumerate(levels):
            status.report[number] = level

    def _on_command(self, _arg: int | None, command: "ctypes._Pointer[lib.Command]") -> int:
        """0 lets the library acknowledge or report; anything else is NAK 9, the only reason it gives here."""
        if self._refusing:
            return -1
        asked = command.contents
        match asked.id:
            case lib.COMMAND_OUTPUT if self._lying:
                return 0
            case lib.COMMAND_OUTPUT:
                on = _TURNS_ON.get(asked.output.control_code)
                if on is None:
                    return -1
                try:
                    self.reader.board.write_coils(asked.output.output_no, (on,))
                except NoSuchPoint:
                    return -1
                return 0
            case lib.COMMAND_STATUS if asked.status.type == lib.REPORT_INPUT:
                self._fill(asked.status, self._input_levels())
                return 0
            case lib.COMMAND_STATUS if asked.status.type == lib.REPORT_OUTPUT:
                self._fill(asked.status, self.reader.board.read_coils(0, self._outputs))
                return 0
            case _:
                return -1

    def _on_reported(self, _arg: int | None, _event: object, _status: int) -> None:
        self._events.popleft()

    def _on_receive(self, _data: int | None, buffer: "ctypes._Pointer[c_uint8]", most: int) -> int:
        chunk, self._incoming = self._incoming[:most], self._incoming[most:]
        ctypes.memmove(buffer, chunk, len(chunk))
        return len(chunk)

    def _on_send(self, _data: int | None, buffer: "ctypes._Pointer[c_uint8]", length: int) -> int:
        self._reply += ctypes.string_at(buffer, length)
        return length
