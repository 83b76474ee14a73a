"""The campus that is measured, as a configuration: so many doors on so many Modbus TCP boards, and one button."""

from pathlib import Path
from typing import Any, Final

from edge.simulated.addresses import spare_port
from edge.simulated.demo import FREE

BUTTON: Final = "pb-bench"
PRESS_TOPIC: Final = f"campus/button/{BUTTON}/press"
BARE_TOPIC: Final = "bench/press"
LOCKED: Final = False
"""A coil's value that locks: fail-secure strikes, unlocked by energising."""

Tree = dict[str, Any]


def bench_tree(doors: int, boards: int, broker_port: int, store: Path) -> Tree:
    """The configuration; the first boards take one door more where they do not divide evenly."""
    controllers = [
        {
            "id": f"plc-{number:03}",
            "driver": "modbus-tcp",
            "host": "127.0.0.1",
            "port": spare_port(),
            "timeout": "500ms",
        }
        for number in range(boards)
    ]
    return {
        "campus": {"id": "bench", "name": "Benchmark", "timezone": "America/Chicago"},
        "store": {"directory": str(store)},
        "web": {"listen": f"127.0.0.1:{spare_port()}"},
        "mqtt": {"url": f"mqtt://127.0.0.1:{broker_port}"},
        "zones": [{"id": "a", "name": "Building A"}],
        "controllers": controllers,
        "doors": [_door(number, boards) for number in range(doors)],
        "buttons": [
            {
                "id": BUTTON,
                "name": "Front office desk",
                "zone": "a",
                "room": "Front office",
                "mqtt": {"topic": f"campus/button/{BUTTON}", "format": "native"},
                "gestures": {"single": "staff-assist", "hold": "lockdown"},
                "silence_limit": "unsupervised",
            }
        ],
    }


def _door(number: int, boards: int) -> Tree:
    board, place = f"plc-{number % boards:03}", number // boards
    return {
        "id": f"door-{number:03}",
        "name": f"Room {number}",
        "zone": "a",
        "kind": "classroom",
        "controller": board,
        "hardware": FREE,
        "lock": {"coil": place, "locked_when": "on" if LOCKED else "off"},
        "bolt": {"discrete_input": place * 2, "thrown_when": "on"},
        "position": {"discrete_input": place * 2 + 1, "closed_when": "on"},
    }
