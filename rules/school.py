"""School hours, after hours and use by others: which of them holds in a zone, and for whom a route of that time is.

Whatever is not known is the side on which more people are told: a calendar that fell silent names nobody out.
"""

from typing import Final

from rules.model.facts import Because
from rules.model.ids import ZoneId
from rules.model.moments import MINUTE_US, Instant
from rules.model.school import OUTPUT_MODES, SchoolMode, SchoolTold, SchoolTurned
from rules.plan import OutputPlan, Plan
from rules.state import Live
from rules.step import Step

SILENT_US: Final = 2 * MINUTE_US
"""A calendar is told at least every minute; one that was not for longer is not known any more."""


def told(step: Step, event: SchoolTold) -> None:
    """The calendar was told; what turned is written."""
    before = step.live.school
    step.change(school=event)
    said = (event.mode, event.community, event.what)
    if before is not None and said == (before.mode, before.community, before.what):
        return
    step.write(SchoolTurned(*said), step.plan.campus, because=Because("calendar"))


def mode_of(live: Live, at: Instant) -> SchoolMode:
    """Of the campus as a whole; `unknown` before the first word of this run, and without a calendar."""
    said = live.school
    return "unknown" if said is None or at.since(said.at) > SILENT_US else said.mode


def modes_in(plan: Plan, live: Live, zone: ZoneId, at: Instant) -> frozenset[SchoolMode]:
    """Those that hold in a zone and below: of the campus, and `community` where others use a part of it."""
    mode = mode_of(live, at)
    if mode == "unknown" or live.school is None:
        return frozenset({"unknown"})
    here = plan.zones[zone]
    used = [one for one in live.school.community if one in plan.zones]
    if any(one in here.above for one in used):
        # The zone lies within what they use: school may be in session beside them, and elsewhere.
        return frozenset({"community"} if mode != "school" else {"community", mode})
    return frozenset({mode, "community"} if any(one in here.within for one in used) else {mode})


def is_told(output: OutputPlan, modes: frozenset[SchoolMode]) -> bool:
    """Whether a route is for this time. What is unknown is for all."""
    return "unknown" in modes or output.modes >= OUTPUT_MODES or not modes.isdisjoint(output.modes)
