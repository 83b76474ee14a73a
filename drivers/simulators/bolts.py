"""A simulated board with its locks: outputs, sensor inputs, and bolts that take their time to move."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.simulators.faults import FaultKind

_MOST_WRITES = 10_000


@dataclass(slots=True)
class Bolt:
    """One lock as wired to a board: an output moves it, up to two inputs show it.

    locked_when, thrown_when, closed_when: the level of the output or input that means so.
    travel_s: how long the bolt takes; real ones need 150 to 400 ms.

    Broken by hand: `latch_stuck` the bolt never moves again, `door_open` somebody holds the door,
    `sensor_cut` both sensor wires are off (their inputs read 0).
    """

    coil: int
    locked_when: bool
    bolt_input: int | None = None
    thrown_when: bool = True
    travel_s: float = 0.25
    position_input: int | None = None
    closed_when: bool = True
    latch_stuck: bool = False
    door_open: bool = False
    sensor_cut: bool = False
    _thrown: bool = field(default=False, init=False)
    _moved_at_s: float = field(default=-1.0, init=False)

    def driven(self, on: bool, now_s: float) -> None:
        """The output was written."""
        locked = on is self.locked_when
        self._settle(now_s)
        if locked is self._thrown:
            self._moved_at_s = -1.0
        elif self._moved_at_s < 0:
            self._moved_at_s = now_s + self.travel_s

    def start(self, on: bool) -> None:
        """Where the bolt stands when the board is switched on: as its output says."""
        self._thrown = on is self.locked_when
        self._moved_at_s = -1.0

    def inputs(self, now_s: float) -> dict[int, bool]:
        """The levels of its sensor inputs now."""
        self._settle(now_s)
        levels: dict[int, bool] = {}
        if self.bolt_input is not None:
            levels[self.bolt_input] = not self.sensor_cut and self._thrown is self.thrown_when
        if self.position_input is not None:
            levels[self.position_input] = not self.sensor_cut and (not self.door_open) is self.closed_when
        return levels

    def _settle(self, now_s: float) -> None:
        if self._moved_at_s < 0 or now_s < self._moved_at_s:
            return
        if not self.latch_stuck:
            self._thrown = not self._thrown
        self._moved_at_s = -1.0


class NoSuchPoint(Exception):
    """The board has no output, input or register of this number."""


class Board:
    """Outputs, inputs and registers of one device, shared by every protocol's simulator.

    Coils are OSDP's outputs, discrete inputs its inputs. `written_at_us` is CLOCK_MONOTONIC of the last write
    of each coil, `writes` the last of all as (microseconds, coil, on), `reads_us` when the inputs were last read.
    """

    def __init__(
        self,
        coils: int = 16,
        discrete_inputs: int = 32,
        input_registers: int = 16,
        holding_registers: int = 16,
        bolts: tuple[Bolt, ...] = (),
        clock_s: Callable[[], float] = time.monotonic,
        readback_offset: int = 0,
    ) -> None:
        """readback_offset: a read finds the coils from there on, and the inputs below (WAGO 750: 512)."""
        self.coils = [False] * coils
        self.discrete_inputs = [False] * discrete_inputs
        self.input_registers = [0] * input_registers
        self.holding_registers = [0] * holding_registers
        self.bolts: list[Bolt] = []
        self.refused: set[int] = set()
        """Coils whose writes the board refuses, as one with a broken channel does."""
        self.written_at_us: dict[int, int] = {}
        self.writes: deque[tuple[int, int, bool]] = deque(maxlen=_MOST_WRITES)
        self.reads_us: deque[int] = deque(maxlen=_MOST_WRITES)
        self.identity: tuple[str, str, str] | None = None
        """Vendor, product code and revision, as it tells them (Modbus 43/14); None: it refuses that."""
        self.identity_room = 240
        """Bytes of them in one reply."""
        self.identity_fault: FaultKind = "none"
        """How it is broken by that question alone: `dead` says nothing, `drop` hangs up, `garbage` talks nonsense."""
        self._clock_s = clock_s
        self._readback_offset = readback_offset
        for bolt in bolts:
            self.add(bolt)

    def add(self, bolt: Bolt) -> None:
        """Wire a lock. Raises NoSuchPoint."""
        for number, points in (
            (bolt.coil, self.coils),
            (bolt.bolt_input, self.discrete_inputs),
            (bolt.position_input, self.discrete_inputs),
        ):
            if number is not None and not 0 <= number < len(points):
                raise NoSuchPoint(f"{number} of {len(points)}")
        bolt.start(self.coils[bolt.coil])
        self.bolts.append(bolt)

    def bolt(self, coil: int) -> Bolt:
        """The lock on a coil, to break it. Raises NoSuchPoint."""
        for bolt in self.bolts:
            if bolt.coil == coil:
                return bolt
        raise NoSuchPoint(f"no lock on coil {coil}")

    def set_input(self, number: int, on: bool) -> None:
        """By hand: a fire relay, a REX, a wired button. A bolt's own inputs follow the bolt instead."""
        self._within(number, 1, len(self.discrete_inputs))
        self.discrete_inputs[number] = on

    def write_coils(self, address: int, values: tuple[bool, ...]) -> None:
        """As a master's write. Raises NoSuchPoint and then writes nothing."""
        self._within(address, len(values), len(self.coils))
        if self.refused.intersection(range(address, address + len(values))):
            raise NoSuchPoint(f"coils {sorted(self.refused)} are refused")
        now_s = self._clock_s()
        for number, on in enumerate(values, address):
            self.coils[number] = on
            self.written_at_us[number] = round(now_s * 1e6)
            self.writes.append((round(now_s * 1e6), number, on))
            for bolt in self.bolts:
                if bolt.coil == number:
                    bolt.driven(on, now_s)

    def read_coils(self, address: int, count: int) -> list[int]:
        """Bits as 0 or 1. Raises NoSuchPoint, like all reads."""
        if address < self._readback_offset:
            return self.read_discrete_inputs(address, count)
        address -= self._readback_offset
        self._within(address, count, len(self.coils))
        return [int(on) for on in self.coils[address : address + count]]

    def read_discrete_inputs(self, address: int, count: int) -> list[int]:
        levels = self.levels(address, count)
        self.reads_us.append(round(self._clock_s() * 1e6))
        return levels

    def levels(self, address: int, count: int) -> list[int]:
        """The inputs as the device itself sees them: nobody read them. Raises NoSuchPoint."""
        self._within(address, count, len(self.discrete_inputs))
        now_s = self._clock_s()
        for bolt in self.bolts:
            for number, on in bolt.inputs(now_s).items():
                self.discrete_inputs[number] = on
        return [int(on) for on in self.discrete_inputs[address : address + count]]

    def read_input_registers(self, address: int, count: int) -> list[int]:
        self._within(address, count, len(self.input_registers))
        return self.input_registers[address : address + count]

    def read_holding_registers(self, address: int, count: int) -> list[int]:
        self._within(address, count, len(self.holding_registers))
        return self.holding_registers[address : address + count]

    @staticmethod
    def _within(address: int, count: int, size: int) -> None:
        if address < 0 or address + count > size:
            raise NoSuchPoint(f"{address} to {address + count - 1} of {size}")
