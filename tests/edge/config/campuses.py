"""A small sound campus as text, ways to spoil it, and its files in memory."""

from collections.abc import Mapping
from typing import Final

from edge.config.check import Checked, check
from edge.config.secrets import stored

SOUND: Final = """\
campus:
  id: lincoln-hs
  name: Lincoln High School
  timezone: America/Chicago
mqtt: {url: "mqtt://127.0.0.1:1883"}
zones:
  - {id: a, name: Building A}
  - {id: a-1, name: Floor 1, parent: a}
  - {id: gym, name: Gym}
controllers:
  - {id: plc, driver: modbus-tcp, host: 10.20.1.11}
  - {id: bus, driver: modbus-rtu, port: /dev/ttyUSB0, unit: 3}
  - {id: reader, driver: osdp, port: /dev/ttyUSB1, baud: 115200, address: 5, key_file: reader-key, mounted: secure-side}
inputs:
  - {id: fire, kind: fire-alarm, controller: plc, discrete_input: 6, active_when: off, zones: [a]}
  - {id: rex-101, kind: rex, controller: plc, discrete_input: 2, active_when: on, doors: [a-101]}
  - {id: exit-101, kind: exit-button, controller: plc, discrete_input: 3, active_when: on, doors: [a-101]}
doors:
  - id: a-101
    name: Room 101
    zone: a-1
    kind: classroom
    controller: plc
    hardware:
      type: strike
      egress: free-mechanical
      on_power_loss: secure
      on_comm_loss: hold
      relay: no
      fire_rated: true
      travel: 400ms
      rest: locked
      commissioned: 2026-08-14
      by: A. Smith
    lock: {coil: 0, locked_when: off}
    bolt: {discrete_input: 0, thrown_when: on}
    position: {discrete_input: 1, closed_when: on}
  - {id: gym-west, name: Gym west, zone: gym, kind: interior, controller: reader, lock: {output: 0, locked_when: on}}
buttons:
  - id: pb-101
    name: Desk 101
    zone: a-1
    mqtt: {format: native}
    gestures: {single: staff-assist, hold: lockdown}
    silence_limit: 180s
  - id: pb-office
    name: Office
    zone: a
    wired: {controller: plc, discrete_input: 7, pressed_when: off}
    gestures: {single: lockdown}
policies:
  responses: standard
"""
KEY: Final = b"9f1c0a5be2d34478a6b1c2d3e4f50617\n"
FILES: Final[Mapping[str, bytes]] = {
    "reader-key": KEY,
    "signing": b"whsec_c2lnbmluZy1zZWNyZXQtb2YtMzItYnl0ZXMtISEhISEh\n",
}


def edit(text: str, *changes: tuple[str, str]) -> str:
    """The text with each first part replaced by the second; every first part stands in it exactly once."""
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the text"
        text = text.replace(old, new)
    return text


def checked(text: str, files: Mapping[str, bytes] = FILES) -> Checked:
    return check(text.encode(), "campus.yaml", stored(files))


def line_of(text: str, marker: str) -> int:
    """The number of the one line that holds the marker, or begins with what follows its ^."""
    begins = marker.startswith("^")
    found = [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if (line.startswith(marker[1:]) if begins else marker in line)
    ]
    assert len(found) == 1, f"{marker!r} is on lines {found}"
    return found[0]
