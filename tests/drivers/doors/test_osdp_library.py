"""Which library is at work, and that its random numbers are."""

import ctypes
import importlib.util

import pytest

from drivers.doors import osdp_library
from drivers.doors.osdp_library import VERSION, Command, Event, LibraryMissing, PdInfo, load, true_randomness


def test_the_module_installed_is_libosdps_own_and_its_layouts_are_the_known_ones() -> None:
    assert load().osdp_get_version() == VERSION
    # `ptype /o` of the wheel's debug information; a wrong size would let C write beyond our memory.
    assert (ctypes.sizeof(PdInfo), ctypes.sizeof(Command), ctypes.sizeof(Event)) == (120, 96, 160)


def test_the_other_package_named_osdp_is_told_from_libosdp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(LibraryMissing, match="never the package osdp beside it"):
        load()


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osdp_library, "VERSION", b"3.3.0")

    with pytest.raises(LibraryMissing, match=r"3\.2\.9"):
        load()


def test_the_c_librarys_random_numbers_come_from_the_kernel_each_time() -> None:
    stir = true_randomness()
    rand = ctypes.CDLL(None).rand

    drawn = []
    for _ in range(50):
        stir()
        drawn.append(tuple(rand() & 0xFF for _ in range(8)))

    assert len(set(drawn)) == 50
    assert len({first for first, *_ in drawn}) > 25
