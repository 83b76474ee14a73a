"""The simulated campus: its configuration as people write it, edits of it, and the hardware behind it.

Four boards (two Modbus TCP, two units on one serial line) with seven doors of every sort, a fire relay, ways out, a wired
button and outputs. The hardware is real in this run: what a coil, a bolt or an input is here, is so.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.simulators.bolts import Board, Bolt
from drivers.simulators.faults import WORKS, Fault
from drivers.simulators.modbus_tcp_peer import ModbusTcpPeer
from tests.simulation.network import Line, LinePeer, NetworkLoop, Wire
from tests.simulation.truth import Truth

CONFIGURATION: Final = (Path(__file__).parent / "campus.yaml").read_text()
NEVER_SWITCHED: Final = frozenset({"siren", "mail"})
"""Outputs without a commissioning date, and routes that are driven elsewhere or not at all."""


def edited(*changes: tuple[str, str], text: str = CONFIGURATION) -> str:
    """The configuration with each first part replaced by the second."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def edits(text: str = CONFIGURATION) -> dict[str, str]:
    """What somebody makes of the file. Those that would touch a live incident, and the broken one, are to be refused."""
    desk = text[text.index("  - {id: pb-desk") : text.index("  - {id: pb-office")]
    return {
        "as it was": text,
        "room 101 renamed": edited(("name: Room 101\n", "name: Room 101 (art)\n"), text=text),
        "another time-out": edited(
            ("host: 10.20.1.11, timeout: 500ms", "host: 10.20.1.11, timeout: 800ms"), text=text
        ),
        "west has one connection": edited((", connections: 2", ""), text=text),
        "a button less": edited((desk, ""), text=text),
        "room 202 gone": edited((text[text.index("  - id: b-202") : text.index("buttons:")], ""), text=text),
        "the strobe moved to another coil": edited(
            ("controller: east, coil: 7", "controller: east, coil: 9"), text=text
        ),
        "broken": edited(("kind: classroom", "kind: clasroom"), text=text),
    }


EDITS: Final[Mapping[str, str]] = edits()


@dataclass(slots=True)
class Device:
    """One board as the world sees it: where it is wired, and how to break it."""

    name: str
    board: Board
    peer: ModbusTcpPeer | LinePeer
    unit: int
    wire: Wire | None
    broken: str = ""
    fault: Fault = WORKS
    free_s: float = 0.0

    async def set_fault(self, fault: Fault) -> None:
        """Break its program, or mend it."""
        self.fault = fault
        if isinstance(self.peer, ModbusTcpPeer):
            await self.peer.set_fault(fault)
        else:
            self.peer.faults[self.unit] = fault


class Site:
    """The hardware of the campus."""

    def __init__(self, loop: NetworkLoop, truth: Truth) -> None:
        self.loop = loop
        self.truth = truth
        self.devices: dict[str, Device] = {}
        self.bolts: dict[str, Bolt] = {}
        self.line = loop.lines["/dev/ttyS9"] = Line(loop, "/dev/ttyS9")

    async def build(self) -> None:
        """Wire all of it up and switch it on."""
        truth, loop = self.truth, self.loop

        def now_s() -> float:
            return loop.world_s

        east, west = truth.board("east", now_s), truth.board("west", now_s)
        third, fourth = truth.board("bus-3", now_s), truth.board("bus-4", now_s)
        doors: tuple[tuple[str, Board, int, bool, float, bool], ...] = (
            ("a-101", east, 0, False, 0.3, True),
            ("a-102", east, 1, False, 0.25, False),
            ("front", east, 2, False, 0.35, False),
            ("gym-east", west, 0, True, 0.1, False),
            ("stair-2", west, 1, True, 0.3, False),
            ("b-201", third, 0, False, 0.2, False),
            ("b-202", fourth, 0, False, 0.2, True),
        )
        for name, board, coil, locked_when, travel_s, at_rest in doors:
            position = None if name == "b-202" else 2 * coil + 1
            bolt = Bolt(coil, locked_when, 2 * coil, travel_s=travel_s * 0.9, position_input=position)
            board.coils[coil] = locked_when == at_rest
            board.add(bolt)
            self.bolts[name] = bolt
            truth.door(name, board, coil, locked_when, 2 * coil, position)
        for name, board, number, active in (
            ("fire", west, 20, False),
            ("rex-101", east, 21, True),
            ("rex-gym", west, 21, True),
            ("exit-gym", west, 22, False),
            ("pb-office", east, 20, False),
        ):
            truth.input(name, board, number, active)
            board.set_input(number, not active)
        for name, board in (("east", east), ("west", west)):
            host = {"east": "10.20.1.11", "west": "10.20.1.12"}[name]
            peer = ModbusTcpPeer(board, host, 502, most_connections=4)
            await self._listen(peer)
            self.devices[name] = Device(name, board, peer, 1, loop.wire(host, 502))
        units = LinePeer({3: third, 4: fourth}, self.line, 19_200)
        self.devices["bus-3"] = Device("bus-3", third, units, 3, None)
        self.devices["bus-4"] = Device("bus-4", fourth, units, 4, None)

    async def _listen(self, peer: ModbusTcpPeer) -> None:
        await peer.start()
        peer.port = 502

    def turn(self, name: str, active: bool) -> None:
        """An input, or a wired button's contact, becomes active or quiet."""
        self.truth.turn(name, active)

    def gone(self, device: Device) -> bool:
        """Whether the way to a board swallows everything."""
        return device.wire.swallows if device.wire is not None else self.line.torn

    def sound(self, name: str) -> bool:
        """Whether a door's own hardware works: its latch moves, its leaf is closed, its sensors are wired."""
        bolt = self.bolts[name]
        return not (bolt.latch_stuck or bolt.door_open or bolt.sensor_cut)

    def power_cycle(self, device: Device) -> None:
        """The board loses its power for a moment: every coil falls, every connection is lost."""
        with self.truth.by_nobody():
            device.board.write_coils(0, tuple([False] * len(device.board.coils)))
        if isinstance(device.peer, ModbusTcpPeer):
            device.peer.hang_up()

    async def mend(self) -> None:
        """Everything works again."""
        for device in self.devices.values():
            await device.set_fault(WORKS)
            if device.wire is not None:
                device.wire.jitter_s = 0.0
                if device.wire.swallows:
                    device.wire.work()
        if self.line.torn:
            self.line.tear(False)
        for bolt in self.bolts.values():
            bolt.latch_stuck = bolt.door_open = bolt.sensor_cut = False
        await asyncio.sleep(0)

    def driven_by(self, name: str) -> Device:
        """The board that a door hangs on."""
        return self.devices[self.truth.doors[name].controller]

    def everything(self) -> Iterator[Device]:
        """Every board."""
        yield from self.devices.values()
