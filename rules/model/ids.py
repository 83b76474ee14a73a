"""Identifiers, each a type of its own, so that a door in a zone's place is a type error."""

from typing import Literal, NewType

from rules.model.values import dataclass

ZoneId = NewType("ZoneId", str)
ControllerId = NewType("ControllerId", str)
DoorId = NewType("DoorId", str)
InputId = NewType("InputId", str)
ButtonId = NewType("ButtonId", str)
OutputId = NewType("OutputId", str)
CameraId = NewType("CameraId", str)
IncidentId = NewType("IncidentId", str)
DrillId = NewType("DrillId", str)
AssetId = NewType("AssetId", str)
"""Of a configured device its own id: it is the same thing, in one list."""
DetectorId = NewType("DetectorId", str)
PhoneSystemId = NewType("PhoneSystemId", str)
PressId = NewType("PressId", str)
AlertId = NewType("AlertId", str)
"""Of what a detector or telephone system reports: its own, or made of what it sent."""
CommandId = NewType("CommandId", int)
"""Counts commands of one run of the daemon."""
NoticeId = NewType("NoticeId", int)
"""Counts notices of the campus, over every run: a journal holds each number once."""
RequestId = NewType("RequestId", int)
"""Counts requests of persons in one run of the daemon."""
DeliveryId = NewType("DeliveryId", int)
"""A message the broker still holds for us until it is acknowledged."""
Actor = NewType("Actor", str)
"""An opaque id of who did it: `device:pb-101`, `socket:1000`, `rule`, `daemon`. Never a name."""

Space = Literal["coil", "discrete_input", "input_register", "holding_register", "output", "input"]
"""Coils, discrete inputs and registers are Modbus's (V1.1b3 section 4.3); outputs and inputs are OSDP's."""


@dataclass(frozen=True, slots=True)
class Point:
    """One addressable thing on one controller; `number` counts from 0 as on the wire."""

    controller: ControllerId
    space: Space
    number: int
