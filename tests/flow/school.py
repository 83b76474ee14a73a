"""The configurations that the journeys run on: a school of few doors with every driver, format and kind of input."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.simulated.addresses import spare_port

Tree = dict[str, Any]

STRIKE: Tree = {
    "type": "strike",
    "egress": "free-mechanical",
    "on_power_loss": "secure",
    "on_comm_loss": "hold",
    "relay": "no",
    "fire_rated": False,
    "travel": "100ms",
    "rest": "unlocked",
    "commissioned": "2026-08-14",
    "by": "Smith Locks",
}
"""Fail-secure: energised is unlocked."""
MAGNET: Tree = {
    **STRIKE,
    "type": "maglock",
    "egress": "sensor-release",
    "on_power_loss": "safe",
    "on_comm_loss": "unlocked",
    "fire_release_tested": "2026-08-14",
}
GESTURES: Tree = {"single": "staff-assist", "hold": "lockdown"}
FIRE, REX, EXIT, OFFICE = 24, 25, 26, 27
"""Discrete inputs of the TCP controller."""
STROBE = 9
"""A coil of the TCP controller."""

FORMATS = {
    "pb-native": ("native", "campus/button/pb-native"),
    "pb-zigbee": ("zigbee2mqtt", "zigbee2mqtt/library-sos"),
    "pb-lora": ("chirpstack", "application/7/device/24e124535b000203/event/up"),
    "pb-shelly": ("shelly", "shellyplusi4-gym/events/rpc"),
    "pb-tasmota": ("tasmota", "stat/kitchen/BUTTON1"),
}
ALL_DOORS = ("gym", "osdp-1", "rtu-1", "tcp-1", "tcp-2")


def school(
    out: Path,
    broker_port: int,
    *,
    drivers: Sequence[str] = ("modbus-tcp",),
    magnet: bool = False,
    buttons: Sequence[Tree] | None = None,
    embedded: bool = False,
    outputs: bool = False,
    freshness: str = "2s",
    timeout: str = "300ms",
) -> Tree:
    """Two strikes on Modbus TCP; a strike more for each other driver; `magnet`: the gym with fire, REX and exit button.

    freshness, timeout: of those inputs and of their board; longer where a journey is about something else, for a busy
    machine reads and answers late, and an input that is stale or whose board is silent frees the magnet.
    """
    store = out / "store"
    listen = f"127.0.0.1:{broker_port}"
    tree: Tree = {
        "campus": {"id": "flow-school", "name": "Flow School", "timezone": "America/Chicago"},
        "store": {"directory": str(store)},
        "web": {"listen": f"127.0.0.1:{spare_port()}"},
        "mqtt": {"embedded": True, "listen": listen} if embedded else {"url": f"mqtt://{listen}"},
        "zones": [
            {"id": "a", "name": "Building A"},
            {"id": "a-1", "name": "Floor 1", "parent": "a", "floor": 1},
            {"id": "b", "name": "Gymnasium"},
        ],
        "controllers": [tcp("plc", timeout)],
        "inputs": [],
        "doors": [door("tcp-1", "a-1", "plc", 0), door("tcp-2", "a-1", "plc", 1)],
        "buttons": list(buttons) if buttons is not None else [native("pb-native"), office()],
        "outputs": [],
        "policies": {"perimeter_on_lockdown": "leave"},
    }
    if "modbus-rtu" in drivers:
        tree["controllers"].append(
            {"id": "bus", "driver": "modbus-rtu", "port": str(out / "ttyBUS"), "baud": 115200,
             "parity": "even", "unit": 3}
        )  # fmt: skip
        tree["doors"].append(door("rtu-1", "b", "bus", 0))
    if "osdp" in drivers:
        key = out / "secrets" / "reader"
        key.parent.mkdir(mode=0o700, exist_ok=True)
        key.write_text("01a55ac0ffeec0ffeec0ffeec0ffee11\n")
        key.chmod(0o600)
        tree["controllers"].append(
            {"id": "reader", "driver": "osdp", "port": str(out / "ttyOSDP"), "baud": 115200, "address": 5,
             "key_file": "secrets/reader", "mounted": "secure-side"}
        )  # fmt: skip
        tree["doors"].append(door("osdp-1", "b", "reader", 0, osdp=True))
    if magnet:
        fresh = {"freshness": freshness}
        tree["inputs"] = [
            {
                "id": "fire",
                "kind": "fire-alarm",
                **_on(FIRE),
                "active_when": "off",
                "zones": ["a", "b"],
                **fresh,
            },
            {"id": "rex-gym", "kind": "rex", **_on(REX), "active_when": "on", "doors": ["gym"], **fresh},
            {
                "id": "exit-gym",
                "kind": "exit-button",
                **_on(EXIT),
                "active_when": "on",
                "doors": ["gym"],
                **fresh,
            },
        ]
        tree["doors"].append(door("gym", "b", "plc", 2, MAGNET))
    if outputs:
        tree["outputs"] = [
            {"id": "strobe", "driver": "modbus-coil", "controller": "plc", "coil": STROBE, "zone": "a",
             "commissioned": "2026-08-14"}
        ]  # fmt: skip
    return tree


def tcp(name: str, timeout: str = "300ms") -> Tree:
    return {
        "id": name,
        "driver": "modbus-tcp",
        "host": "127.0.0.1",
        "port": spare_port(),
        "timeout": timeout,
    }


def door(
    name: str, zone: str, controller: str, number: int, hardware: Tree = STRIKE, *, osdp: bool = False
) -> Tree:
    """Its lock on coil `number`, bolt and position on the two inputs `2 * number` and the next."""
    locked = "on" if hardware["on_power_loss"] == "safe" else "off"
    output, sensor = ("output", "input") if osdp else ("coil", "discrete_input")
    return {
        "id": name,
        "name": f"Room {name}",
        "zone": zone,
        "kind": "classroom",
        "controller": controller,
        "hardware": dict(hardware),
        "lock": {output: number, "locked_when": locked},
        "bolt": {sensor: 2 * number, "thrown_when": "on"},
        "position": {sensor: 2 * number + 1, "closed_when": "on"},
    }


def native(name: str, gestures: Tree | None = None, zone: str = "a-1") -> Tree:
    return {
        "id": name,
        "name": f"Desk {name}",
        "zone": zone,
        "mqtt": {"topic": f"campus/button/{name}", "format": "native"},
        "gestures": gestures or GESTURES,
        "silence_limit": "180s",
    }


def of_every_format() -> list[Tree]:
    """A button of each payload format."""
    return [
        {
            **native(name),
            "mqtt": {"topic": topic, "format": form},
            "silence_limit": "unsupervised" if form == "tasmota" else "180s",
        }
        for name, (form, topic) in FORMATS.items()
    ]


def office() -> Tree:
    """The wired button, normally closed."""
    wired = {"controller": "plc", "discrete_input": OFFICE, "pressed_when": "off"}
    return {
        "id": "pb-office",
        "name": "Front office",
        "zone": "a",
        "wired": wired,
        "gestures": {"single": "lockdown"},
    }


def _on(number: int) -> Tree:
    return {"controller": "plc", "discrete_input": number}
