"""One reader's session in libosdp: a context of its own, opened, fed whole frames, thrown away on any doubt.

libosdp keeps a silent reader in retries for 8 s and then away for 300 s, and `disable_pd` waits for those
retries to end. A context with a single reader can be thrown away at once, and the next one starts with the
identity request: so a reader that returns is secure again as soon as it answers four frames.
"""

import ctypes
import functools
import re
from collections.abc import Callable
from ctypes import byref, c_uint8

from drivers.doors import osdp_library as lib
from drivers.doors.osdp_frames import Frame, parse

Write = Callable[[bytes], bool]
"""Puts a whole frame on the line; False where it could not."""

_MARK = 0xFF
_NAK_SAID = re.compile(rb"PD replied with NAK\((\d{1,3})\)")


class Library:
    """libosdp with its log, which alone tells a NAK's reason. One a process, for ever: C points into it."""

    def __init__(self) -> None:
        self.c = lib.load()
        self.stir = lib.true_randomness()
        self.nak: int | None = None
        self._puts = lib.PUTS(self._said)
        self.c.osdp_logger_init(b"osdp", lib.LOG_WARNING, self._puts)

    def _said(self, text: bytes) -> int:
        found = _NAK_SAID.search(text)
        if found:
            self.nak = int(found[1])
        return 0


@functools.cache
def library() -> Library:
    """This process's libosdp. Raises `LibraryMissing`."""
    return Library()


class Session:
    """One context. After each `step` or `hear` look at the attributes and act on them.

    sent: the frame that left in this step, or None. online: the secure channel stands, by the reader's own
    key. fell: the library gave the session up; `close` it. completed: whether the submitted command was done,
    None where none ended. nak: the reason the reader gave in this step. report: (outputs?, a byte a point).
    """

    def __init__(self, address: int, key: bytes, baud: int, write: Write) -> None:
        self._library = library()
        self._c = self._library.c
        self._address, self._baud, self._write = address, baud, write
        self._key = (c_uint8 * 16).from_buffer_copy(key)
        # Kept as attributes: the library holds bare pointers to them as long as a context lives.
        self._channel = lib.Channel(id=1, recv=lib.RECEIVE(self._on_receive), send=lib.SEND(self._on_send))
        self._on_event_c = lib.EVENT_CALLBACK(self._on_event)
        self._on_completion_c = lib.COMPLETION_CALLBACK(self._on_completion)
        self._command = lib.Command()
        self._context: int | None = None
        self._incoming = b""
        self.nak: int | None = None
        self._forget()
        self.online = False

    @property
    def is_open(self) -> bool:
        return self._context is not None

    def open(self) -> None:
        """Begin a session; the first `step`s send the identity request."""
        self.close()
        info = lib.PdInfo(
            name=b"reader",
            baud_rate=self._baud,
            address=self._address,
            flags=lib.FLAG_ENFORCE_SECURE | lib.FLAG_ENABLE_NOTIFICATION,
            channel=self._channel,
            scbk=self._key,
        )
        self._context = self._c.osdp_cp_setup(1, byref(info))
        if self._context is None:
            raise MemoryError("libosdp gave no context")
        self._c.osdp_cp_set_event_callback(self._context, self._on_event_c, None)
        self._c.osdp_cp_set_command_completion_callback(self._context, self._on_completion_c, None)

    def close(self) -> None:
        """Throw the session away, whatever it was at; what it had queued never leaves."""
        context, self._context, self.online = self._context, None, False
        if context is not None:
            self._c.osdp_cp_teardown(context)
        self._incoming = b""
        self._forget()

    def step(self) -> None:
        """Let the library do its next thing, at most one frame."""
        self._forget()
        self._library.nak = None
        self._library.stir()
        self._c.osdp_cp_refresh(self._context)
        self.nak = self._library.nak
        self.online = not self.fell and self._is_secure()

    def hear(self, frame: Frame) -> None:
        """Give the library one whole frame and let it decide on it."""
        self._incoming = frame.raw
        self.step()
        self._incoming = b""

    def submit_output(self, number: int, on: bool) -> bool:
        """Queue osdp_OUT for the next step; one command at a time."""
        self._command = lib.Command(id=lib.COMMAND_OUTPUT)
        self._command.output.output_no = number
        self._command.output.control_code = lib.OUTPUT_ON if on else lib.OUTPUT_OFF
        return self._submit()

    def submit_query(self, outputs: bool) -> bool:
        """Queue osdp_OSTAT or osdp_ISTAT for the next step; one command at a time."""
        self._command = lib.Command(id=lib.COMMAND_STATUS)
        self._command.status.type = lib.REPORT_OUTPUT if outputs else lib.REPORT_INPUT
        return self._submit()

    def points(self, outputs: bool) -> int:
        """How many outputs or inputs the reader says it has (osdp_PDCAP, sent before the channel stood)."""
        asked = lib.Capability(function_code=lib.CAPABILITY_OUTPUTS if outputs else lib.CAPABILITY_INPUTS)
        self._c.osdp_cp_get_capability(self._context, 0, byref(asked))
        return int(asked.num_items)

    def identity(self) -> tuple[int, int, int, int, int] | None:
        """Vendor, model, version, serial number and firmware that the reader told with osdp_PDID; None: it did not."""
        told = lib.PdId()
        if self._c.osdp_cp_get_pd_id(self._context, 0, byref(told)):
            return None
        version, model = told.version & 0xFF, told.model & 0xFF
        return (
            told.vendor_code & 0xFFFFFF,
            model,
            version,
            told.serial_number,
            told.firmware_version & 0xFFFFFF,
        )

    def _submit(self) -> bool:
        return bool(self._c.osdp_cp_submit_command(self._context, 0, byref(self._command)) == 0)

    def _forget(self) -> None:
        self.sent: Frame | None = None
        self.fell = False
        self.completed: bool | None = None
        self.nak = None
        self.report: tuple[bool, bytes] | None = None

    def _is_secure(self) -> bool:
        # Asked of the library itself, not remembered: online, and by a key that is not the public default.
        online, secure = (c_uint8 * 16)(), (c_uint8 * 16)()
        self._c.osdp_get_status_mask(self._context, online)
        self._c.osdp_get_sc_status_mask(self._context, secure)
        return bool(online[0] & secure[0] & 1)

    def _on_receive(self, _data: int | None, buffer: "ctypes._Pointer[c_uint8]", most: int) -> int:
        chunk, self._incoming = self._incoming[:most], self._incoming[most:]
        ctypes.memmove(buffer, chunk, len(chunk))
        return len(chunk)

    def _on_send(self, _data: int | None, buffer: "ctypes._Pointer[c_uint8]", length: int) -> int:
        raw = ctypes.string_at(buffer, length)
        frame = parse(raw[1:] if raw[:1] == bytes([_MARK]) else raw)
        if frame is None or not self._write(raw):
            return -1
        self.sent = frame
        return length

    def _on_event(self, _arg: int | None, _pd: int, event: "ctypes._Pointer[lib.Event]") -> int:
        match event.contents.type:
            case lib.EVENT_STATUS:
                status = event.contents.status
                if (
                    status.type in (lib.REPORT_INPUT, lib.REPORT_OUTPUT)
                    and 0 <= status.nr_entries <= lib.REPORT_MAX
                ):
                    self.report = (
                        status.type == lib.REPORT_OUTPUT,
                        bytes(status.report[: status.nr_entries]),
                    )
            case lib.EVENT_NOTIFICATION:
                said = event.contents.notification
                if said.type == lib.NOTIFY_PERIPHERAL and not said.arg0:
                    self.fell = True
            case _:
                pass
        return 0

    def _on_completion(self, _arg: int | None, _pd: int, _command: object, status: int) -> None:
        self.completed = status == 0
