"""What the book keeps of the exterior doors: what was seen of each in a week under way, and the weeks that are over."""

from rules.model.values import dataclass

Signed = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Watch:
    """What was seen of a door in a week under way, in seconds; as `exterior_facts.Watched`. until_us: the last that was told."""

    seen_s: int = 0
    open_s: int = 0
    longest_open_s: int = 0
    unlocked_s: int = 0
    longest_unlocked_s: int = 0
    unsensed_s: int = 0
    unknown_s: int = 0
    opened: int = 0
    unlatched: int = 0
    lost: int = 0
    until_us: int = 0


@dataclass(frozen=True, slots=True)
class Door:
    """A door's row of a week; as `exterior_facts.Swept`."""

    door: str
    result: str
    codes: tuple[str, ...]
    seen_s: int
    open_s: int
    longest_open_s: int
    unlocked_s: int
    longest_unlocked_s: int
    unsensed_s: int
    unknown_s: int
    opened: int
    unlatched: int
    lost: int
    forced: int
    proven_us: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """A week that is over. version, pack: of the limits. signed: (door, when), of the last signature of each."""

    from_us: int
    until_us: int
    version: int
    pack: str
    doors: tuple[Door, ...]
    signed: Signed = ()

    @property
    def unsigned(self) -> tuple[Door, ...]:
        """What nobody explained yet."""
        signed = dict(self.signed)
        return tuple(one for one in self.doors if one.result != "ok" and one.door not in signed)
