"""What the sensors and read-backs of a door say, and how old that is."""

from rules.model.ids import Point
from rules.model.moments import Instant
from rules.plan import DoorPlan, Sensor
from rules.prepared import key_of
from rules.state import Live, Read


def read_of(live: Live, point: Point) -> Read | None:
    """The last read of a point; None: never read in this run."""
    board = live.controllers.get(point.controller)
    return None if board is None else board.reads.get(key_of(point))


def says(live: Live, sensor: Sensor | None) -> bool | None:
    """Whether a sensor reads thrown (closed, ...); None: not wired or never read."""
    return None if sensor is None else said(sensor, read_of(live, sensor.point))


def said(sensor: Sensor | None, read: Read | None) -> bool | None:
    """The same of a read of it."""
    return None if sensor is None or read is None else (read.value != 0) == sensor.when


def sensors(door: DoorPlan) -> tuple[Sensor, ...]:
    """The door's wired sensors."""
    return tuple(one for one in (door.bolt, door.position) if one is not None)


def fresh(live: Live, sensor: Sensor, now: Instant) -> bool:
    """Whether a sensor's last read is within its freshness; a controller that is down counts by age."""
    read = read_of(live, sensor.point)
    return read is not None and now.since(read.at) <= sensor.freshness_us


def age_us(live: Live, door: DoorPlan, now: Instant) -> int | None:
    """The age of the oldest of the door's reads; None: no sensor wired, or one never read."""
    ages = []
    for sensor in sensors(door):
        read = read_of(live, sensor.point)
        if read is None:
            return None
        ages.append(now.since(read.at))
    return max(ages, default=None)


READ_BACK_FRESH_US = 2_000_000
"""A read-back has no freshness of its own in the configuration: the default of the sensors beside it."""


def read_back(live: Live, point: Point, now: Instant) -> Read | None:
    """The read-back of a coil or output, None unless fresh."""
    read = read_of(live, point)
    return None if read is None or now.since(read.at) > READ_BACK_FRESH_US else read
