"""What really happened, whoever believes what: coils written, sensors sampled, permits let out, presses made.

Written down where it happens (the simulated boards, the loop's hand-over of a permit), and read by the invariants
alone. Times are virtual seconds of CLOCK_MONOTONIC.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from drivers.simulators.bolts import Board
from rules.model.commands import Permit

KEPT = 60


@dataclass(slots=True)
class Write:
    """A coil was really set. `ours`: by a frame of ours, and not by a power loss."""

    at_s: float
    on: bool
    ours: bool


@dataclass(slots=True)
class Sample:
    """A sensor was really read by a request of ours; `means`: thrown, closed or active."""

    at_s: float
    means: bool


@dataclass(slots=True)
class Let:
    """A drive of a permit as it was let out."""

    at_s: float
    command: int
    purpose: str
    on: bool
    process: int


@dataclass(slots=True)
class Door:
    """One door's hardware, and what happened to it."""

    controller: str
    board: "WatchedBoard"
    coil: int
    locked_when: bool
    bolt_input: int
    position_input: int | None
    writes: deque[Write] = field(default_factory=lambda: deque(maxlen=KEPT))
    bolt: deque[Sample] = field(default_factory=lambda: deque(maxlen=KEPT))
    position: deque[Sample] = field(default_factory=lambda: deque(maxlen=KEPT))
    let: deque[Let] = field(default_factory=lambda: deque(maxlen=KEPT))

    def thrown(self) -> bool:
        """Where the bolt really is."""
        return bool(self.board.read_quietly(self.bolt_input))

    def coil_locks(self) -> bool:
        """Whether the coil is really as it is when locked."""
        return self.board.coils[self.coil] == self.locked_when


@dataclass(slots=True)
class Input:
    """An input's wire."""

    controller: str
    board: "WatchedBoard"
    number: int
    active_when: bool
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=KEPT))
    turned_s: float = 0.0

    def active(self) -> bool:
        """Whether it is really active."""
        return self.board.discrete_inputs[self.number] == self.active_when


class Truth:
    """All of it."""

    def __init__(self) -> None:
        self.doors: dict[str, Door] = {}
        self.inputs: dict[str, Input] = {}
        self.boards: dict[str, WatchedBoard] = {}
        self.coil_of: dict[tuple[str, int], str] = {}
        self.strange_writes: list[str] = []
        """Coils that a frame of ours set and no permit named."""
        self.allowed: dict[tuple[str, int], set[bool]] = {}
        """By board and coil: the values that permits let out so far."""
        self.overtaken: list[tuple[str, str]] = []
        """(board, what): frames of ours that were carried out behind a newer command's."""
        self._ours = True

    def board(self, name: str, clock_s: Callable[[], float]) -> "WatchedBoard":
        """A board whose every write and read is written down."""
        self.boards[name] = made = WatchedBoard(name, self, clock_s)
        return made

    def door(
        self, name: str, board: Board, coil: int, locked_when: bool, bolt: int, position: int | None
    ) -> None:
        """A door hangs on this board."""
        assert isinstance(board, WatchedBoard)
        self.doors[name] = Door(board.name, board, coil, locked_when, bolt, position)
        self.coil_of[board.name, coil] = name

    def input(self, name: str, board: Board, number: int, active_when: bool) -> None:
        """An input is wired to this board."""
        assert isinstance(board, WatchedBoard)
        self.inputs[name] = Input(board.name, board, number, active_when)

    def turn(self, name: str, active: bool) -> None:
        """An input really turns."""
        one = self.inputs[name]
        one.board.discrete_inputs[one.number] = one.active_when == active
        one.turned_s = one.board.clock_s()

    @contextlib.contextmanager
    def by_nobody(self) -> Iterator[None]:
        """What is written meanwhile is no frame of ours."""
        self._ours = False
        try:
            yield
        finally:
            self._ours = True

    def let_out(self, permit: Permit, at_s: float, process: int) -> None:
        """A permit goes to its driver."""
        for drive in permit.drives:
            self.allowed.setdefault((permit.controller, drive.point.number), set()).add(drive.on)
            door = self.doors.get(drive.target)
            if door is not None:
                door.let.append(Let(at_s, permit.id, permit.purpose, drive.on, process))

    def written(self, board: str, coil: int, on: bool, at_s: float) -> None:
        """A coil is set."""
        if self._ours and on not in self.allowed.get((board, coil), ()):
            self.strange_writes.append(f"{board} coil {coil} set {on} by nobody's permit")
        name = self.coil_of.get((board, coil))
        if name is None:
            return
        door = self.doors[name]
        newest = door.let[-1] if door.let else None
        if self._ours and newest is not None and on != newest.on:
            done = (one.ours and one.on == newest.on and one.at_s >= newest.at_s for one in door.writes)
            if any(done):
                what = f"{name} was set {on} behind command {newest.command}, which set it {newest.on}"
                self.overtaken.append((door.controller, what))
        door.writes.append(Write(at_s, on, self._ours))

    def sampled(self, board: str, first: int, values: list[int], at_s: float) -> None:
        """Discrete inputs are read."""
        end = first + len(values)
        for door in self.doors.values():
            if door.controller != board:
                continue
            if first <= door.bolt_input < end:
                door.bolt.append(Sample(at_s, values[door.bolt_input - first] == 1))
            if door.position_input is not None and first <= door.position_input < end:
                door.position.append(Sample(at_s, values[door.position_input - first] == 1))
        for one in self.inputs.values():
            if one.controller == board and first <= one.number < end:
                one.samples.append(Sample(at_s, (values[one.number - first] == 1) == one.active_when))


class WatchedBoard(Board):
    """The real simulated board; it writes down what is done to it."""

    def __init__(self, name: str, truth: Truth, clock_s: Callable[[], float]) -> None:
        super().__init__(coils=16, discrete_inputs=32, clock_s=clock_s)
        self.name = name
        self.clock_s = clock_s
        self._truth = truth

    def write_coils(self, address: int, values: tuple[bool, ...]) -> None:
        super().write_coils(address, values)
        now_s = self.clock_s()
        for number, on in enumerate(values, address):
            self._truth.written(self.name, number, on, now_s)

    def read_discrete_inputs(self, address: int, count: int) -> list[int]:
        values = super().read_discrete_inputs(address, count)
        self._truth.sampled(self.name, address, values, self.clock_s())
        return values

    def read_quietly(self, number: int) -> int:
        """An input's level, for who looks at the hardware itself."""
        return super().read_discrete_inputs(number, 1)[0]
