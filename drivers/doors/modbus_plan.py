"""Which Modbus requests a watch or a permit needs: few reads, and writes that touch no other coil. Pure."""

from collections.abc import Iterable, Sequence
from typing import cast

from drivers.base import NotPermitted
from drivers.doors.modbus_pdu import (
    MOST_BITS,
    MOST_REGISTERS,
    MOST_WRITTEN_BITS,
    READ_FUNCTION,
    Read,
    Write,
    WriteCoil,
    WriteCoils,
)
from rules.model.commands import Drive
from rules.model.ids import Space

Watched = frozenset[tuple[Space, int]]

DEFAULT_MOST_GAP = 8
"""Unwatched points a read may bridge: a request costs a board some 5 ms, eight bits cost nothing."""

READBACK_OFFSET = {"wago-750": 512}
"""By `model`: where a read finds the coils. WAGO shows the inputs at coil 0 (`firmware_notes/wago-750.md`)."""


def plan_reads(points: Watched, most_gap: int = DEFAULT_MOST_GAP) -> tuple[Read, ...]:
    """The fewest reads that cover the points and bridge at most `most_gap` others in a row.

    Raises ValueError for a point that Modbus does not have.
    """
    reads: list[Read] = []
    for space in READ_FUNCTION:
        most = MOST_BITS if space in ("coil", "discrete_input") else MOST_REGISTERS
        numbers = sorted(number for of, number in points if of == space)
        first = 0
        for at, number in enumerate(numbers):
            if not 0 <= number <= 0xFFFF:
                raise ValueError(f"{space} {number}: Modbus counts from 0 to 65535")
            last = at + 1 == len(numbers)
            if last or numbers[at + 1] - number > most_gap + 1 or numbers[at + 1] - numbers[first] >= most:
                reads.append(Read(space, numbers[first], number - numbers[first] + 1))
                first = at + 1
    foreign = {space for space, _ in points} - set(READ_FUNCTION)
    if foreign:
        raise ValueError(f"Modbus has no {', '.join(sorted(foreign))}")
    return tuple(reads)


def narrower(read: Read, points: Watched) -> tuple[Read, ...]:
    """Smaller reads for the same points, for a device that has no such address somewhere in `read`.

    First without bridging, then point by point; the read itself where it cannot be made smaller.
    """
    own = frozenset(
        (space, number)
        for space, number in points
        if space == read.space and read.address <= number < read.address + read.count
    )
    exact = plan_reads(own, most_gap=0)
    if exact != (read,):
        return exact
    return tuple(Read(read.space, number, 1) for number in range(read.address, read.address + read.count))


def coil_by_coil(write: Write) -> tuple[WriteCoil, ...]:
    """The same coils and values, one frame each; empty for a write that is one coil already."""
    if isinstance(write, WriteCoil):
        return ()
    return tuple(WriteCoil(write.address + offset, on) for offset, on in enumerate(write.values))


def pick(read: Read, values: Sequence[int], points: Watched) -> dict[tuple[Space, int], int]:
    """Of what a read returned, the watched points."""
    found: dict[tuple[Space, int], int] = {}
    for offset, value in enumerate(values):
        key = (cast("Space", read.space), read.address + offset)
        if key in points:
            found[key] = value
    return found


def plan_writes(drives: Iterable[Drive], singly: bool = False) -> tuple[Write, ...]:
    """One frame for each run of neighbouring coils. A gap splits: no coil outside `drives` is ever written.

    singly: one frame a coil, for a device that has no function 15.

    Raises NotPermitted for what no sound permit holds: another space, a number out of range, a coil twice.
    """
    values: dict[int, bool] = {}
    for drive in drives:
        number = drive.point.number
        if drive.point.space != "coil" or not 0 <= number <= 0xFFFF or number in values:
            raise NotPermitted(f"{drive.point.space} {number} of {drive.point.controller}: no sound drive")
        values[number] = drive.on
    writes: list[Write] = []
    run: list[int] = []
    for number in [*sorted(values), -1]:
        if run and (number != run[-1] + 1 or len(run) == (1 if singly else MOST_WRITTEN_BITS)):
            if len(run) == 1:
                writes.append(WriteCoil(run[0], values[run[0]]))
            else:
                writes.append(WriteCoils(run[0], tuple(values[of] for of in run)))
            run = []
        run.append(number)
    return tuple(writes)
