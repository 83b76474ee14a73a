"""The campus that is measured, as a configuration: so many doors on so many boards, and two buttons."""

from pathlib import Path
from typing import Any, Final

from edge.bench.scenarios import Shape
from edge.simulated.addresses import spare_port
from edge.simulated.demo import FREE

BUTTON: Final = "pb-bench"
PRESS_TOPIC: Final = f"campus/button/{BUTTON}/press"
FLOODED: Final = "pb-flood"
"""A button whose topic is flooded while the other is pressed."""
FLOOD_TOPIC: Final = f"campus/button/{FLOODED}/press"
BARE_TOPIC: Final = "bench/press"
LOCKED: Final = False
"""A coil's value that locks: fail-secure strikes, unlocked by energising."""
TRAVEL_MS: Final = 500.0
"""What the commissioning record says of every bolt (`FREE`); the simulated ones take 150 to 400 ms."""

Tree = dict[str, Any]


def bench_tree(shape: Shape, broker_port: int, folder: Path) -> Tree:
    """The configuration, store and lines and keys in `folder`; the first boards take one door more where it does not divide."""
    return {
        "campus": {"id": "bench", "name": "Benchmark", "timezone": "America/Chicago"},
        "store": {"directory": str(folder / "store")},
        "web": {"listen": f"127.0.0.1:{spare_port()}"},
        "mqtt": {"url": f"mqtt://127.0.0.1:{broker_port}"},
        "zones": [{"id": "a", "name": "Building A"}],
        "controllers": [_controller(shape, number, folder) for number in range(shape.boards)],
        "doors": [_door(shape, number) for number in range(shape.doors)],
        "buttons": [_button(BUTTON, "Front office desk"), _button(FLOODED, "Front office, window")],
    }


def board(number: int) -> str:
    """A controller's id."""
    return f"plc-{number:03}"


def coils(tree: Tree, controller: str) -> int:
    """How many doors are wired to it."""
    return sum(door["controller"] == controller for door in tree["doors"])


def _controller(shape: Shape, number: int, folder: Path) -> Tree:
    found: Tree = {"id": board(number), "driver": shape.driver}
    if shape.driver == "modbus-tcp":
        return {**found, "host": "127.0.0.1", "port": spare_port(), "timeout": "500ms"}
    found |= {"port": str(folder / "line"), "baud": shape.baud}
    if shape.driver == "modbus-rtu":
        return {**found, "unit": number + 1}
    key = folder / f"key-{number}"
    key.touch(mode=0o600)
    key.write_text(f"{number:02x}{'a55ac0ffee' * 3}")
    return {**found, "address": number, "key_file": str(key), "mounted": "secure-side"}


def _button(name: str, title: str) -> Tree:
    return {
        "id": name,
        "name": title,
        "zone": "a",
        "room": "Front office",
        "mqtt": {"topic": f"campus/button/{name}", "format": "native"},
        "gestures": {"single": "staff-assist", "hold": "lockdown"},
        "silence_limit": "unsupervised",
    }


def _door(shape: Shape, number: int) -> Tree:
    place = number // shape.boards
    output, sensor = ("output", "input") if shape.driver == "osdp" else ("coil", "discrete_input")
    return {
        "id": f"door-{number:03}",
        "name": f"Room {number}",
        "zone": "a",
        "kind": "classroom",
        "controller": board(number % shape.boards),
        "hardware": FREE,
        "lock": {output: place, "locked_when": "on" if LOCKED else "off"},
        "bolt": {sensor: place * 2, "thrown_when": "on"},
        "position": {sensor: place * 2 + 1, "closed_when": "on"},
    }
