"""The packs that no site overrides: the hardware truth table, and what the known controller families have."""

from collections.abc import Mapping
from typing import Final, cast, get_args

from edge.config.family import family_of
from edge.config.forms import Wrong, duration_us
from edge.config.yaml12 import compose, plain_of
from rules.hardware import FACTS, Allowed, Defect, Effect, Fact, OnFire, Row, Table
from rules.model.ids import Space
from rules.model.values import dataclass
from rules.plan import DriverKind


class BrokenPack(Exception):
    """A pack that shipped with this version does not hold together: reinstall, or tell us."""


@dataclass(frozen=True, slots=True)
class Family:
    """How many points of each space a controller has, and how long it takes before it answers."""

    driver: DriverKind
    points: Mapping[Space, int]
    turnaround_us: int


@dataclass(frozen=True, slots=True)
class Families:
    """drivers: the limits where a model is not listed."""

    drivers: Mapping[DriverKind, Family]
    models: Mapping[str, Family]

    def model(self, model: str | None) -> Family | None:
        """The listed family that a configured model belongs to (`family_of`)."""
        found = family_of(model, self.models)
        return None if found is None else self.models[found]

    def of(self, driver: DriverKind, model: str | None) -> Family:
        """What this controller has: its model's points where that model is known for this driver."""
        found = self.model(model)
        return found if found is not None and found.driver == driver else self.drivers[driver]


def read_table(data: bytes, file: str) -> Table:
    """The hardware truth table. Raises `BrokenPack` for a row that asks for a fact or value there is not."""
    pack = _plain(data, file)
    try:
        rows = cast("list[dict[str, object]]", pack["rows"])
        allowed = cast("list[dict[str, object]]", pack["allowed"])
        version = cast("int", pack["version"])
        return Table(version, tuple(map(_row, rows)), tuple(map(_allowed, allowed)))
    except (AttributeError, KeyError, TypeError, ValueError) as err:
        raise BrokenPack(f"{file}: {err!r}") from err


def read_families(data: bytes, file: str) -> Families:
    """The catalogue of controller families. Raises `BrokenPack`."""
    pack = _plain(data, file)
    try:
        drivers = {
            cast("DriverKind", _word(name, get_args(DriverKind))): _family(name, row, None)
            for name, row in cast("dict[str, dict[str, object]]", pack["drivers"]).items()
        }
        models = {}
        for name, row in cast("dict[str, dict[str, object]]", pack["models"]).items():
            driver = cast("DriverKind", row["driver"])
            models[name] = _family(driver, row, drivers[driver])
        return Families(drivers, models)
    except (AttributeError, KeyError, TypeError, ValueError, Wrong) as err:
        raise BrokenPack(f"{file}: {err!r}") from err


_SPACES: Final = get_args(Space)


def _family(driver: str, row: dict[str, object], base: Family | None) -> Family:
    """A space that a model does not name is its driver's."""
    unknown = set(row) - {*_SPACES, "driver", "turnaround"}
    if unknown:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    points = dict(base.points) if base is not None else {}
    for space in _SPACES:
        if space in row:
            points[space] = _count(row[space])
    turnaround_us = duration_us(str(row["turnaround"])) if "turnaround" in row else _turnaround_us(base)
    return Family(cast("DriverKind", _word(driver, get_args(DriverKind))), points, turnaround_us)


def _turnaround_us(base: Family | None) -> int:
    if base is None:
        raise ValueError("a driver needs its turnaround")
    return base.turnaround_us


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 65536:
        raise ValueError(f"{value!r} is no number of points")
    return value


def _row(one: dict[str, object]) -> Row:
    defect = Defect(
        code=str(one["code"]),
        effect=cast("Effect", _word(one["effect"], get_args(Effect))),
        keys=tuple(cast("list[str]", one["keys"])),
        what=str(one["what"]),
        do=str(one["do"]),
    )
    return Row(defect, _when(one))


def _allowed(one: dict[str, object]) -> Allowed:
    return Allowed(str(one["code"]), _when(one), cast("OnFire", _word(one["on_fire"], get_args(OnFire))))


def _when(one: dict[str, object]) -> dict[str, frozenset[Fact]]:
    said = cast("dict[str, list[Fact]]", one["when"])
    when = {name: frozenset(values) for name, values in said.items()}
    for name, values in when.items():
        if not values or not values <= FACTS[name]:
            raise ValueError(
                f"row {one['code']}: {name} has no value {sorted(map(str, values - FACTS[name]))}"
            )
    return when


def _word(value: object, words: tuple[object, ...]) -> str:
    if value not in words:
        raise ValueError(f"{value!r} is none of {words}")
    return str(value)


def _plain(data: bytes, file: str) -> dict[str, object]:
    root, problems = compose(data, file)
    plain = plain_of(root) if root is not None else None
    if problems or not isinstance(plain, dict):
        raise BrokenPack("; ".join(one.text() for one in problems) or f"{file}: is not keys with values")
    return plain
