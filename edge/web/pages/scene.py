"""One moment of the campus as one kind of onlooker may see it: what every view is made from. Pure."""

from collections.abc import Callable
from dataclasses import field
from datetime import tzinfo

from edge.floorplans.campus_map import CampusMap
from edge.web.pages import times
from edge.web.sight import Document, in_sight
from rules.model.ids import ZoneId
from rules.model.values import dataclass
from rules.plan import Plan
from rules.state import State


@dataclass(frozen=True, slots=True)
class Scene:
    """picture: `edge.snapshot.snapshot`, without what this onlooker may not see. now_ms: when it was made.

    map: the floor plans that count. rows: each door's row as far as some view made it, for the others.
    """

    picture: Document
    plan: Plan
    state: State
    now_ms: int
    zone: tzinfo
    duress: bool
    map: CampusMap = field(default_factory=CampusMap)
    rows: dict[str, Document] = field(default_factory=dict, compare=False)
    called: Callable[[str], str] = str
    """What people call an actor."""

    def clock(self, rfc3339: str | None) -> str:
        """Time of day of a moment in the picture; `""`: none."""
        return times.clock(times.ms_of(rfc3339), self.zone) if rfc3339 else ""

    def full(self, rfc3339: str | None) -> str:
        """Date, time and offset of a moment in the picture; `""`: none."""
        return times.full(times.ms_of(rfc3339), self.zone) if rfc3339 else ""

    def since_ms(self, rfc3339: str | None) -> int | None:
        """How long ago a moment in the picture was."""
        return max(0, self.now_ms - times.ms_of(rfc3339)) if rfc3339 else None

    def zone_name(self, zone: str) -> str:
        """What people call a zone; its id where the configuration no longer has it."""
        planned = self.plan.zones.get(ZoneId(zone))
        return planned.name if planned else zone


def scene(
    picture: Document,
    plan: Plan,
    state: State,
    zone: tzinfo,
    *,
    duress: bool,
    campus_map: CampusMap | None = None,
    called: Callable[[str], str] = str,
) -> Scene:
    """The scene of a snapshot for an onlooker with or without `look-duress`."""
    seen = in_sight(picture, plan, state, duress=duress)
    return Scene(
        seen, plan, state, times.ms_of(picture["at"]), zone, duress, campus_map or CampusMap(), called=called
    )
