"""Which commissioning records may be driven, how, and why not. The truth table is `packs/hardware.yaml`.

Pure. Whoever loads the table hands it in as values; a record that no row of it allows is never driven.
Source: contract section 3 (Contradictions, Fire) and, above it, egress law: `inspections.md` part D.
"""

from collections.abc import Mapping
from typing import Final, Literal

from rules.model.values import dataclass
from rules.plan import DoorKind, Hardware, Lock, Mounted

Effect = Literal["refuse", "undriven", "flag"]
"""refuse: it contradicts itself or the law. undriven: lawful, and never driven. flag: driven, and shown."""
OnFire = Literal["free", "latch", "stay"]
"""What the fire rule does with the lock. free: to its free state. latch: de-energised, so that a fire door
latches. stay: as it is, since people leave by the lever in any state."""

Fact = str | bool
NO_RECORD: Final = "no_record"
NO_LOCK: Final = "no_lock"
UNLISTED: Final = "unlisted"


@dataclass(frozen=True, slots=True)
class Defect:
    """Why a door is not driven, or is driven and flagged.

    keys: the door's keys that it is about, for the place where it is shown. `what` and `do` are for a person.
    """

    code: str
    effect: Effect
    keys: tuple[str, ...]
    what: str
    do: str


@dataclass(frozen=True, slots=True)
class Row:
    """One defect, and when a record has it: every fact that `when` names has one of the values given."""

    defect: Defect
    when: Mapping[str, frozenset[Fact]]


@dataclass(frozen=True, slots=True)
class Allowed:
    """One kind of lock that may be driven, and what fire does with it."""

    code: str
    when: Mapping[str, frozenset[Fact]]
    on_fire: OnFire


@dataclass(frozen=True, slots=True)
class Table:
    """The truth table. `rows` say why not; of `allowed` the first that holds says how. Both must agree."""

    version: int
    rows: tuple[Row, ...]
    allowed: tuple[Allowed, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around a record: the door's wired inputs, a fire input that covers its zone, the mounting.

    mounted: None where the file does not say, which counts as the attack side.
    """

    kind: DoorKind
    mounted: Mounted | None
    rex: bool
    exit_button: bool
    fire: bool


_NO_RECORD = Defect(
    NO_RECORD,
    "undriven",
    ("id",),
    "has no hardware record, so it is never driven",
    "commission it and add hardware: with what was found",
)
_NO_LOCK = Defect(
    NO_LOCK,
    "undriven",
    ("id",),
    "has no lock output, so it is only watched",
    "add lock: where one is wired",
)
_UNLISTED = Defect(
    UNLISTED,
    "refuse",
    ("hardware.type",),
    "no row of the hardware table allows this record",
    "check the record against the hardware; ask before anything drives it",
)


def energised_when_locked(lock: Lock, hardware: Hardware) -> bool:
    """Whether current flows while the door is locked: coil on with a `no` contact, off with an `nc` one."""
    return lock.locked_when is (hardware.relay == "no")


def judge(table: Table, hardware: Hardware | None, lock: Lock | None, context: Context) -> tuple[Defect, ...]:
    """Whatever keeps the lock from being driven, or is to be flagged; `no_record` first; empty: sound."""
    if lock is None:
        return (_NO_RECORD,) if hardware is None else (_NO_LOCK,)
    if hardware is None:
        side: Mapping[str, Fact] = {"mounted": context.mounted or "unknown"}
        about_side = (row for row in table.rows if row.when.keys() == side.keys())
        return (_NO_RECORD, *(row.defect for row in about_side if _holds(row.when, side)))
    facts = facts_of(hardware, lock, context)
    found = tuple([row.defect for row in table.rows if _holds(row.when, facts)])
    if undriven(found) or allowed_by(table, facts) is not None:
        return found
    return (*found, _UNLISTED)  # deny by default: a gap in the rows is no permission


def allowed_by(table: Table, facts: Mapping[str, Fact]) -> Allowed | None:
    """The row that allows a lock with these facts to be driven, and says what fire does with it."""
    return next((one for one in table.allowed if _holds(one.when, facts)), None)


def undriven(defects: tuple[Defect, ...]) -> tuple[str, ...]:
    """The codes for which a door is never driven, as `DoorPlan.defects` wants them."""
    return tuple(one.code for one in defects if one.effect != "flag")


def flagged(defects: tuple[Defect, ...]) -> tuple[str, ...]:
    """The codes that stand as flags although the door is driven."""
    return tuple(one.code for one in defects if one.effect == "flag")


FACTS: Final[Mapping[str, frozenset[Fact]]] = {
    "type": frozenset(
        {"electrified-lockset", "strike", "maglock", "panic-latch-retraction", "delayed-egress"}
    ),
    "egress": frozenset({"free-mechanical", "sensor-release", "hardware-release", "delayed"}),
    "on_power_loss": frozenset({"secure", "safe"}),
    "on_comm_loss": frozenset({"hold", "locked", "unlocked"}),
    "relay": frozenset({"no", "nc"}),
    "energised_when_locked": frozenset({True, False}),
    "fire_rated": frozenset({True, False}),
    "stair": frozenset(
        {"none", "unsaid", "stair-side", "floor-side", "discharge-stair-side", "discharge-floor-side"}
    ),
    "rex": frozenset({True, False}),
    "exit_button": frozenset({True, False}),
    "fire_input": frozenset({True, False}),
    "fire_release_tested": frozenset({True, False}),
    "reentry_release": frozenset({True, False}),
    "mounted": frozenset({"secure-side", "attack-side", "unknown"}),
}
"""Every fact that a row may ask for, with every value it can have."""


def facts_of(hardware: Hardware, lock: Lock, context: Context) -> dict[str, Fact]:
    """What the rows of the table ask about, by the names in `FACTS`."""
    return {
        "type": hardware.type,
        "egress": hardware.egress,
        "on_power_loss": hardware.on_power_loss,
        "on_comm_loss": hardware.on_comm_loss,
        "relay": hardware.relay,
        "energised_when_locked": energised_when_locked(lock, hardware),
        "fire_rated": hardware.fire_rated,
        "stair": _stair(hardware, context),
        "rex": context.rex,
        "exit_button": context.exit_button,
        "fire_input": context.fire,
        "fire_release_tested": hardware.fire_release_tested is not None,
        "reentry_release": hardware.reentry_release is not None,
        "mounted": context.mounted or "unknown",
    }


def _stair(hardware: Hardware, context: Context) -> str:
    if hardware.stair is None:
        return "unsaid" if context.kind == "stair" else "none"
    return f"{'discharge-' if hardware.stair.discharge else ''}{hardware.stair.side}-side"


def _holds(when: Mapping[str, frozenset[Fact]], facts: Mapping[str, Fact]) -> bool:
    for name, values in when.items():  # noqa: SIM110 - a plain loop: this runs for every row of every door
        if facts[name] not in values:
            return False
    return True
