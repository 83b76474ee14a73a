"""The demo campus as a configuration: 24 doors on 6 controllers of all three drivers, 12 buttons of five formats, 3 cameras."""

from pathlib import Path
from typing import Any

FREE = {
    "type": "strike",
    "egress": "free-mechanical",
    "on_power_loss": "secure",
    "on_comm_loss": "hold",
    "relay": "no",
    "fire_rated": True,
    "travel": "500ms",
    "rest": "unlocked",
    "commissioned": "2026-08-14",
    "by": "Demo Locksmiths",
}
"""A fail-secure strike: energised is unlocked, so silence and power loss lock the outside and nobody is held in."""
MAGNET = {
    **FREE,
    "type": "maglock",
    "egress": "sensor-release",
    "on_power_loss": "safe",
    "on_comm_loss": "unlocked",
    "fire_rated": False,
    "fire_release_tested": "2026-08-14",
}

Tree = dict[str, Any]
ROOMS = {
    **{f"pb-{room}": str(room) for room in (101, 102, 103, 201, 202, 203, 204)},
    "pb-gym": "Gymnasium",
    "pb-coach": "Coach's office",
    "pb-kitchen": "Kitchen",
    "pb-library": "Library",
    "pb-office": "Front office",
}
"""Where each button is, as its room is signed and as the sample campus's floor plans call it."""


def demo_tree(out: Path, web_port: int, broker_port: int) -> Tree:
    """The configuration, with its OSDP keys written beside it into `out`."""
    keys = out / "secrets"
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number, reader in enumerate(("reader-west", "reader-north"), 1):
        key = keys / reader
        key.touch(mode=0o600)
        key.write_text(f"{number:02x}a55a{'c0ffee' * 4}ee"[:32] + "\n")
    password = keys / "cameras"
    password.touch(mode=0o600)
    password.write_text("viewer:demo-pictures\n")
    return {
        "campus": {"id": "demo-campus", "name": "Demo Campus", "timezone": "America/Chicago"},
        "store": {"directory": str(out / "store")},
        "web": {"listen": f"127.0.0.1:{web_port}"},
        "mqtt": {"embedded": True, "listen": f"127.0.0.1:{broker_port}"},
        "zones": [
            {"id": "a", "name": "Building A"},
            {"id": "a-1", "name": "Building A, floor 1", "parent": "a", "floor": 1},
            {"id": "a-2", "name": "Building A, floor 2", "parent": "a", "floor": 2},
            {"id": "b", "name": "Gymnasium"},
        ],
        "controllers": [
            _tcp("plc-east", 15021),
            _tcp("plc-west", 15022),
            {**_serial("modbus-rtu", "bus-1", out / "ttyBUS1"), "unit": 3, "parity": "even"},
            {**_serial("modbus-rtu", "bus-2", out / "ttyBUS1"), "unit": 4, "parity": "even"},
            {**_serial("osdp", "reader-west", out / "ttyOSDP"), "address": 5, **_key("reader-west")},
            {**_serial("osdp", "reader-north", out / "ttyOSDP"), "address": 6, **_key("reader-north")},
        ],
        "inputs": [
            {"id": "fire", "kind": "fire-alarm", **_on("plc-east", 24), "active_when": "off", "zones": ["a", "b"]},
            {"id": "rex-gym", "kind": "rex", **_on("plc-west", 24), "active_when": "on", "doors": ["gym-1"]},
            {"id": "exit-gym", "kind": "exit-button", **_on("plc-west", 25), "active_when": "on", "doors": ["gym-1"]},
        ],
        "doors": _doors(),
        "buttons": _buttons(),
        "cameras": [
            _camera("cam-entrance", "Main entrance", "a-1", 15541, "a-108"),
            _camera("cam-corridor", "Corridor, floor 2", "a-2", 15542, "a-201", "a-202"),
            _camera("cam-gym", "Gymnasium", "b", 15543, "gym-1"),
        ],
        "outputs": [
            {"id": "strobe-a", "driver": "modbus-coil", "controller": "plc-east", "coil": 14, "zone": "a",
             "commissioned": "2026-08-14"},
            {"id": "strobe-b", "driver": "modbus-coil", "controller": "plc-west", "coil": 14, "zone": "b",
             "commissioned": "2026-08-14"},
        ],
        "policies": {
            "perimeter_on_lockdown": "lock",
            "perimeter_approved": {"by": "Demo Superintendent", "date": "2026-08-14",
                                   "responder_access": "key box, west entrance"},
        },
    }  # fmt: skip


def _tcp(name: str, port: int) -> Tree:
    return {"id": name, "driver": "modbus-tcp", "host": "127.0.0.1", "port": port, "timeout": "500ms"}


def _serial(driver: str, name: str, port: Path) -> Tree:
    return {"id": name, "driver": driver, "port": str(port), "baud": 115200}


def _key(name: str) -> Tree:
    return {"key_file": f"secrets/{name}", "mounted": "secure-side"}


def _on(controller: str, number: int) -> Tree:
    return {"controller": controller, "discrete_input": number}


def _camera(name: str, title: str, zone: str, port: int, *doors: str) -> Tree:
    """By their places: the first H.264, the second H.265 with an H.264 sub-stream, the third serves UDP only."""
    return {
        "id": name,
        "name": title,
        "zone": zone,
        "url": f"rtsp://127.0.0.1:{port}/main",
        "sub_url": f"rtsp://127.0.0.1:{port}/sub",
        "credentials_file": "secrets/cameras",
        "doors": list(doors),
    }


def _doors() -> list[Tree]:
    doors: list[Tree] = []
    for number in range(8):
        kind = "exterior" if number == 7 else "classroom"
        name = "Main entrance" if number == 7 else f"Room {101 + number}"
        doors.append(_door(f"a-{101 + number}", name, "a-1", kind, "plc-east", number, FREE))
    for number in range(7):
        doors.append(
            _door(f"a-{201 + number}", f"Room {201 + number}", "a-2", "classroom", "plc-west", number, FREE)
        )
    doors.append(_door("gym-1", "Gymnasium entrance", "b", "exterior", "plc-west", 7, MAGNET))
    for unit, controller in enumerate(("bus-1", "bus-2")):
        for number in range(3):
            room = 210 + unit * 3 + number
            doors.append(_door(f"a-{room}", f"Room {room}", "a-2", "classroom", controller, number, FREE))
    doors.append(_door("b-101", "Coach's office", "b", "classroom", "reader-west", 0, FREE, osdp=True))
    doors.append(_door("b-102", "Equipment room", "b", "interior", "reader-north", 0, FREE, osdp=True))
    return doors


def _door(
    name: str,
    title: str,
    zone: str,
    kind: str,
    controller: str,
    number: int,
    hardware: Tree,
    *,
    osdp: bool = False,
) -> Tree:
    # A strike is locked without power, a magnet with it.
    locked = "on" if hardware["on_power_loss"] == "safe" else "off"
    output, sensor = ("output", "input") if osdp else ("coil", "discrete_input")
    return {
        "id": name,
        "name": title,
        "zone": zone,
        "kind": kind,
        "controller": controller,
        "hardware": hardware,
        "lock": {output: number, "locked_when": locked},
        "bolt": {sensor: number * 2, "thrown_when": "on"},
        "position": {sensor: number * 2 + 1, "closed_when": "on"},
    }


def _buttons() -> list[Tree]:
    gestures = {"single": "staff-assist", "hold": "lockdown"}
    networked: list[tuple[str, str, str, str, str]] = [
        ("pb-101", "Room 101 desk", "a-1", "native", "campus/button/pb-101"),
        ("pb-102", "Room 102 desk", "a-1", "native", "campus/button/pb-102"),
        ("pb-103", "Room 103 desk", "a-1", "native", "campus/button/pb-103"),
        ("pb-201", "Room 201 desk", "a-2", "zigbee2mqtt", "zigbee2mqtt/room-201-sos"),
        ("pb-202", "Room 202 desk", "a-2", "zigbee2mqtt", "zigbee2mqtt/room-202-sos"),
        ("pb-203", "Room 203 pendant", "a-2", "chirpstack", "application/7/device/24e124535b000203/event/up"),
        ("pb-204", "Room 204 pendant", "a-2", "chirpstack", "application/7/device/24e124535b000204/event/up"),
        ("pb-gym", "Gymnasium wall", "b", "shelly", "shellyplusi4-gym/events/rpc"),
        ("pb-coach", "Coach's office", "b", "shelly", "shellyplusi4-coach/events/rpc"),
        ("pb-kitchen", "Kitchen", "a-1", "tasmota", "stat/kitchen/BUTTON1"),
        ("pb-library", "Library desk", "a-1", "tasmota", "stat/library/BUTTON1"),
        ("pb-office", "Front office desk", "a", "native", "campus/button/pb-office"),
    ]
    buttons: list[Tree] = [
        {
            "id": name,
            "name": title,
            "zone": zone,
            "room": ROOMS[name],
            "mqtt": {"topic": topic, "format": format_},
            "gestures": gestures,
            # Tasmota reports every 300 s and on another topic: nobody can say within 200 s that it lives.
            "silence_limit": "unsupervised" if format_ == "tasmota" else "180s",
        }
        for name, title, zone, format_, topic in networked
    ]
    wired = {"controller": "plc-east", "discrete_input": 25, "pressed_when": "off"}
    buttons.append(
        {"id": "pb-wired", "name": "Front office, under the counter", "zone": "a", "room": "Front office",
         "wired": wired, "gestures": {"single": "lockdown"}}
    )  # fmt: skip
    return buttons
