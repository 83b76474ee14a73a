"""libosdp's C functions as the wheel exports them, by ctypes: both ends of the protocol, version 3.2.9 only.

Why not the wheel's own Python binding: it leaks one dict an event on the panel's side, cannot answer a
status query on the peripheral's side, and hides the NAK reason. Layouts and constants are those of
`include/osdp.h` at tag v3.2.9, compared with the wheel's debug information (firmware_notes/osdp-reader.md).
"""

import ctypes
import functools
import importlib.util
import os
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_uint8, c_uint16, c_uint32, c_void_p

VERSION = b"3.2.9"
FLAG_ENFORCE_SECURE = 0x00010000
FLAG_ENABLE_NOTIFICATION = 0x00080000
COMMAND_OUTPUT, COMMAND_STATUS = 1, 9
EVENT_STATUS, EVENT_NOTIFICATION = 4, 5
NOTIFY_SECURE_CHANNEL, NOTIFY_PERIPHERAL = 1, 2
REPORT_INPUT, REPORT_OUTPUT = 0, 1
CAPABILITY_INPUTS, CAPABILITY_OUTPUTS, CAPABILITY_SECURITY = 1, 2, 9
OUTPUT_OFF, OUTPUT_ON = 0x01, 0x02
"""Permanent state off and on, abort any timed operation (SIA OSDP 2.2, 6.7, osdp_OUT control codes)."""
LOG_WARNING = 4
REPORT_MAX = 64
"""OSDP_STATUS_REPORT_MAX_LEN: entries of one status report."""

RECEIVE = CFUNCTYPE(c_int, c_void_p, POINTER(c_uint8), c_int)
SEND = CFUNCTYPE(c_int, c_void_p, POINTER(c_uint8), c_int)
FLUSH = CFUNCTYPE(None, c_void_p)
PUTS = CFUNCTYPE(c_int, c_char_p)


class LibraryMissing(RuntimeError):
    """libosdp 3.2.9 is not what is installed; no OSDP reader can be driven until it is."""


class PdId(ctypes.Structure):
    """`struct osdp_pd_id`."""

    _fields_ = (
        ("version", c_int),
        ("model", c_int),
        ("vendor_code", c_uint32),
        ("serial_number", c_uint32),
        ("firmware_version", c_uint32),
    )


class Capability(ctypes.Structure):
    """`struct osdp_pd_cap`."""

    _fields_ = (("function_code", c_uint8), ("compliance_level", c_uint8), ("num_items", c_uint8))


class Channel(ctypes.Structure):
    """`struct osdp_channel`; without `recv_pkt` the library reads through `recv`."""

    _fields_ = (
        ("data", c_void_p),
        ("id", c_int),
        ("recv", RECEIVE),
        ("recv_pkt", c_void_p),
        ("send", SEND),
        ("flush", FLUSH),
        ("release_pkt", c_void_p),
        ("close", c_void_p),
    )


class PdInfo(ctypes.Structure):
    """`osdp_pd_info_t`."""

    _fields_ = (
        ("name", c_char_p),
        ("baud_rate", c_int),
        ("address", c_int),
        ("flags", c_int),
        ("id", PdId),
        ("cap", POINTER(Capability)),
        ("channel", Channel),
        ("scbk", POINTER(c_uint8)),
    )


class OutputCommand(ctypes.Structure):
    """`struct osdp_cmd_output`; the timer counts 100 ms and is 0 for a permanent state."""

    _fields_ = (("output_no", c_uint8), ("control_code", c_uint8), ("timer_count", c_uint16))


class StatusReport(ctypes.Structure):
    """`struct osdp_status_report`, one byte an input or output."""

    _fields_ = (("type", c_int), ("nr_entries", c_int), ("report", c_uint8 * REPORT_MAX))


class Notification(ctypes.Structure):
    """`struct osdp_event_notification`."""

    _fields_ = (("type", c_int), ("arg0", c_int), ("arg1", c_int))


class _CommandBody(ctypes.Union):
    _fields_ = (("output", OutputCommand), ("status", StatusReport))


class Command(ctypes.Structure):
    """`struct osdp_cmd`, 96 bytes; the wheel's build keeps a pointer to it until its completion is called."""

    _anonymous_ = ("body",)
    _fields_ = (("_node", c_void_p * 2), ("id", c_int), ("flags", c_uint32), ("body", _CommandBody))


class _EventBody(ctypes.Union):
    _fields_ = (("status", StatusReport), ("notification", Notification), ("_size", c_uint32 * 34))


class Event(ctypes.Structure):
    """`struct osdp_event`, 160 bytes; on the peripheral's side kept until its completion is called."""

    _anonymous_ = ("body",)
    _fields_ = (("_node", c_void_p * 2), ("type", c_int), ("flags", c_uint32), ("body", _EventBody))


EVENT_CALLBACK = CFUNCTYPE(c_int, c_void_p, c_int, POINTER(Event))
COMPLETION_CALLBACK = CFUNCTYPE(None, c_void_p, c_int, POINTER(Command), c_int)
COMMAND_CALLBACK = CFUNCTYPE(c_int, c_void_p, POINTER(Command))
EVENT_COMPLETION_CALLBACK = CFUNCTYPE(None, c_void_p, POINTER(Event), c_int)

_FUNCTIONS: dict[str, tuple[object, tuple[object, ...]]] = {
    "osdp_get_version": (c_char_p, ()),
    "osdp_logger_init": (None, (c_char_p, c_int, PUTS)),
    "osdp_cp_setup": (c_void_p, (c_int, POINTER(PdInfo))),
    "osdp_cp_refresh": (None, (c_void_p,)),
    "osdp_cp_teardown": (None, (c_void_p,)),
    "osdp_cp_submit_command": (c_int, (c_void_p, c_int, POINTER(Command))),
    "osdp_cp_set_event_callback": (None, (c_void_p, EVENT_CALLBACK, c_void_p)),
    "osdp_cp_set_command_completion_callback": (None, (c_void_p, COMPLETION_CALLBACK, c_void_p)),
    "osdp_cp_get_pd_id": (c_int, (c_void_p, c_int, POINTER(PdId))),
    "osdp_cp_get_capability": (c_int, (c_void_p, c_int, POINTER(Capability))),
    "osdp_get_sc_status_mask": (None, (c_void_p, POINTER(c_uint8))),
    "osdp_get_status_mask": (None, (c_void_p, POINTER(c_uint8))),
    "osdp_pd_setup": (c_void_p, (POINTER(PdInfo),)),
    "osdp_pd_refresh": (None, (c_void_p,)),
    "osdp_pd_teardown": (None, (c_void_p,)),
    "osdp_pd_set_command_callback": (None, (c_void_p, COMMAND_CALLBACK, c_void_p)),
    "osdp_pd_set_event_completion_callback": (None, (c_void_p, EVENT_COMPLETION_CALLBACK, c_void_p)),
    "osdp_pd_submit_event": (c_int, (c_void_p, POINTER(Event))),
}


def load() -> ctypes.CDLL:
    """The library with its prototypes set. Raises `LibraryMissing` with what to do."""
    # The pure-Python package `osdp` overwrites libosdp's `osdp` folder but has no `osdp_sys`: look for that.
    found = importlib.util.find_spec("osdp_sys")
    if found is None or found.origin is None:
        raise LibraryMissing(
            "module osdp_sys is missing: install libosdp==3.2.9 and never the package osdp beside it"
        )
    library = ctypes.CDLL(found.origin)
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name, None)
        if function is None:
            raise LibraryMissing(f"{name} is missing from {found.origin}: install libosdp==3.2.9 as a wheel")
        function.restype = result
        function.argtypes = arguments
    if library.osdp_get_version() != VERSION:
        raise LibraryMissing(
            f"libosdp is {library.osdp_get_version()!r}, its layouts are known for {VERSION!r} only"
        )
    return library


_STATE_BYTES = 256


@functools.cache
def true_randomness() -> Callable[[], None]:
    """Feed the C library's `rand` from the kernel; returns what does so again, to be called before each use.

    libosdp 3.2.9 draws the panel's challenge from `rand()` and never seeds it: every process would offer the
    same challenges in the same order, and a recorded session of a reader could be played back to it. A seed
    by `srand` has 32 bits, too few. So `rand` gets a state of its own (initstate(3)) whose 63 words are
    overwritten with kernel randomness; the first word is glibc's description of the state and stays. Once a
    process: the C library points to the state from then on.
    """
    libc = ctypes.CDLL(None)
    state = (c_uint8 * _STATE_BYTES)()
    libc.initstate.restype = c_void_p
    libc.initstate.argtypes = (c_uint32, c_void_p, ctypes.c_size_t)
    if not libc.initstate(int.from_bytes(os.urandom(4), "little"), state, _STATE_BYTES):
        raise LibraryMissing("initstate(3) was refused: no randomness for the secure channel, so no channel")

    def stir() -> None:
        ctypes.memmove(ctypes.byref(state, 4), os.urandom(_STATE_BYTES - 4), _STATE_BYTES - 4)

    stir()
    return stir
