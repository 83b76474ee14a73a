"""How long one full round of a serial bus takes: no press on it may be missed between two reads. Pure.

A character is 11 bits on Modbus RTU with parity or, without, 10 as drivers here open the port (one stop bit);
10 on OSDP. Frames are parted by 3.5 characters of silence, but 1.75 ms above 19200 baud
(Modbus over serial line V1.02, section 2.5.1.1). The turnaround is the device's own, from its family.
"""

from collections.abc import Iterable
from typing import Final

from edge.config.devices import Controller, ModbusRtu, Osdp
from edge.config.pack_tables import Families
from edge.config.points import driver_of
from rules.model.ids import Point, Space
from rules.model.values import dataclass

MOST_US: Final = 100_000
"""A press held for a fifth of a second is then read twice, which is what counts as pressed."""
_SECOND_US: Final = 1_000_000
_MOST_BITS: Final = 2000
_MOST_REGISTERS: Final = 125
_OSDP_FRAME_BYTES: Final = 22
"""A poll or its answer in secure channel: header 5, security block 2, MAC 4, CRC 2, and up to 9 of data."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer on the wire, in bytes, and how long the device takes in between."""

    request_bytes: int
    answer_bytes: int
    turnaround_us: int


def bus_round_us(baud: int, bits_a_character: int, exchanges: Iterable[Exchange]) -> int:
    """Microseconds for all exchanges one after the other, each followed by the silence that ends a frame."""
    character_us = bits_a_character * _SECOND_US / baud
    silence_us = 1_750 if baud > 19_200 else 3.5 * character_us
    return round(
        sum(
            (one.request_bytes + one.answer_bytes) * character_us + 2 * silence_us + one.turnaround_us
            for one in exchanges
        )
    )


def modbus_exchanges(points: Iterable[Point], turnaround_us: int) -> tuple[Exchange, ...]:
    """The reads of one unit: one a space, as many as its span needs (V1.1b3, sections 6.1 to 6.4)."""
    spaces: dict[Space, list[int]] = {}
    for point in points:
        spaces.setdefault(point.space, []).append(point.number)
    reads = []
    for space, numbers in spaces.items():
        bits = space in ("coil", "discrete_input")
        span, most = max(numbers) - min(numbers) + 1, _MOST_BITS if bits else _MOST_REGISTERS
        for first in range(0, span, most):
            count = min(most, span - first)
            reads.append(Exchange(8, 5 + ((count + 7) // 8 if bits else 2 * count), turnaround_us))
    return tuple(reads)


def port_round_us(devices: Iterable[Controller], points: Iterable[Point], families: Families) -> int:
    """A full round of all devices that share one serial port; 0 for devices that have none."""
    of: dict[str, list[Point]] = {}
    for point in points:
        of.setdefault(point.controller, []).append(point)
    total_us = 0
    for device in devices:
        turnaround_us = families.of(driver_of(device), device.model).turnaround_us
        if isinstance(device, ModbusRtu):
            bits = 10 if device.parity == "none" else 11
            total_us += bus_round_us(
                device.baud, bits, modbus_exchanges(of.get(device.id, ()), turnaround_us)
            )
        elif isinstance(device, Osdp):
            exchange = Exchange(_OSDP_FRAME_BYTES, _OSDP_FRAME_BYTES, turnaround_us)
            total_us += bus_round_us(device.baud, 10, (exchange,))
    return total_us
