"""The last wall in front of who is not of the campus's staff: what is real passes, and nothing of a drill does."""

import pytest

from drivers.base import Emit, NotPermitted
from drivers.outputs.outward import Outward
from drivers.outputs.route import Wording
from rules.model.ids import IncidentId, NoticeId, OutputId, ZoneId
from rules.model.kinds import DRILL, REAL, Switching
from rules.model.notices import Notice
from rules.model.seal import SEAL

WORDS = Wording("Lockdown", "Lockdown.\n", "Lockdown.")


class Kept:
    output = OutputId("police")

    def __init__(self) -> None:
        self.told: list[tuple[Notice, Wording]] = []
        self.ran = 0

    def tell(self, notice: Notice, wording: Wording) -> None:
        self.told.append((notice, wording))

    async def run(self, emit: Emit) -> None:
        self.ran += 1


def notice(kind: Switching) -> Notice:
    zone = ZoneId("a")
    return Notice(NoticeId(1), OutputId("police"), IncidentId("inc-1"), kind, "lockdown", zone, 3, SEAL)


async def test_a_real_notice_goes_on_as_it_is() -> None:
    route = Kept()
    wall = Outward(route)

    wall.tell(notice(REAL), WORDS)
    await wall.run(lambda event: None)

    assert wall.output == "police"
    assert route.told == [(notice(REAL), WORDS)]
    assert route.ran == 1


def test_a_drill_ends_at_it_though_the_interlock_sealed_it() -> None:
    route = Kept()

    with pytest.raises(NotPermitted, match="of a drill"):
        Outward(route).tell(notice(DRILL), WORDS)

    assert not route.told
