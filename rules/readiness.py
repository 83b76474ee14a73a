"""How ready each zone and the campus are, 0 to 100: what flags and unknowns cost, each lost point with what it is lost for.

By the weights of `packs/flags.yaml`. What nobody knows costs what the worst would; nothing here is an average.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from rules.doors import SHORTCOMINGS
from rules.model.facts import Because
from rules.model.flag_facts import ReadinessStated
from rules.model.ids import ZoneId
from rules.model.moments import MINUTE_US
from rules.model.values import dataclass
from rules.plan import Plan
from rules.shortcoming import thing_of, zones_of
from rules.state import ButtonLive, State
from rules.step import Step

FULL: Final = 100
WEIGH_EVERY_US: Final = MINUTE_US
FIRST_US: Final = 4 * MINUTE_US
"""After start for the record: a button has 200 s to be heard, and a restart is no shortcoming of the campus."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Points lost in some zones. subject `""`: the campus itself. behind: the heavier flag that counts instead, `""` none.

    unknown: nobody said so; nothing was heard.
    """

    points: int
    code: str
    subject: str
    zones: tuple[ZoneId, ...]
    behind: str = ""
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """score: 0 to 100. lost: points lost, also those below 0."""

    score: int
    lost: int


@dataclass(frozen=True, slots=True)
class Readiness:
    """lost: the heaviest first."""

    campus: Score
    zones: Mapping[ZoneId, Score]
    lost: tuple[Lost, ...]


def readiness(plan: Plan, state: State) -> Readiness:
    """Pure; 1,000 doors take a millisecond."""
    lost = tuple(_once_each(plan, [*_flagged(plan, state), *_unknown(plan, state)]))
    everywhere = 0
    # Of many doors most lie in the same zones.
    by_place: dict[tuple[ZoneId, ...], int] = {}
    for one in lost:
        if one.points and thing_of(one.subject) == plan.campus:
            everywhere += one.points
        elif one.points:
            by_place[one.zones] = by_place.get(one.zones, 0) + one.points
    by_zone = dict.fromkeys(plan.zones, 0)
    for zones, points in by_place.items():
        for zone in {above for its in zones for above in plan.zones[its].above}:
            by_zone[zone] += points
    scores = {zone: _score(everywhere + by_zone[zone]) for zone in plan.zones}
    return Readiness(scores[plan.campus], scores, lost)


def _score(lost: int) -> Score:
    return Score(max(0, FULL - lost), lost)


def _once_each(plan: Plan, found: list[Lost]) -> Iterator[Lost]:
    """Of one thing its heaviest flag counts; the others are told with it. The campus is no one thing."""
    heaviest: dict[str, Lost] = {}
    for one in sorted(found, key=lambda lost: (-lost.points, lost.code, lost.subject)):
        thing = thing_of(one.subject)
        counts = heaviest.setdefault(thing, one)
        if counts is one or thing == plan.campus or not thing:
            yield one
        else:
            yield replace(one, points=0, behind=counts.code)


def _flagged(plan: Plan, state: State) -> Iterator[Lost]:
    flags = state.record.flags
    for (code, subject), flag in flags.items():
        if points := plan.flags.of(code).points:
            yield Lost(points, code, subject, zones_of(plan, subject, flag.args))
    # What a sweep that did not happen would have raised.
    for code, subject in plan.standing_flags:
        if (code, subject) not in flags and (points := plan.flags.of(code).points):
            yield Lost(points, code, subject, zones_of(plan, subject))
    campus = str(plan.campus)
    for code in state.live.conditions:
        if (code, campus) not in flags and (points := plan.flags.of(code).points):
            yield Lost(points, code, campus, (plan.campus,))


def _unknown(plan: Plan, state: State) -> Iterator[Lost]:
    """What was not heard of, and what doors say by themselves."""
    table, live = plan.flags, state.live
    for door in plan.doors.values():
        its = live.doors.get(door.id)
        word = "unknown" if its is None else its.verdict.word
        if (SHORTCOMINGS.get(word, ""), door.id) in state.record.flags:
            continue
        if points := table.verdicts.get(word, 0):
            yield Lost(points, word, door.id, (door.zone,), unknown=word == "unknown")
    silent = (
        *(
            ("button", one.id)
            for one in plan.buttons.values()
            if one.wired is None
            and one.silence_limit_us is not None
            and live.buttons.get(one.id, _NEVER).heard is None
        ),
        *(("camera", one) for one in plan.cameras if one not in live.cameras),
        *(("controller", one) for one in plan.controllers if one not in live.controllers),
    )
    for kind, subject in silent:
        code = table.unknown.get(kind, "")
        if (points := table.of(code).points) and (code, subject) not in state.record.flags:
            yield Lost(points, code, subject, zones_of(plan, subject), unknown=True)


_NEVER: Final = ButtonLive()


# --- into the record -------------------------------------------------------------------------


def sweep(step: Step) -> None:
    """Enter the number when it changed, and once a day; never in an incident, of which it could tell."""
    live = step.live
    if live.now.since(live.started) < FIRST_US or any(
        not one.silent for one in step.record.incidents.values()
    ):
        return
    if live.weighed is not None and step.at.since(live.weighed) < WEIGH_EVERY_US:
        return
    last, (at_most_us, at_least_us) = step.record.readiness, step.plan.flags.stated_us
    # By the wall clock, for it may have been told in an earlier boot; one that was ahead is not waited for.
    passed_us = at_least_us if last is None else step.at.utc_us - last.at.utc_us
    if 0 <= passed_us < at_most_us:
        return
    step.change(weighed=step.at)
    now = readiness(step.plan, step.state)
    zones = tuple((zone, one.score) for zone, one in now.zones.items())
    same = last is not None and (last.lost, last.zones) == (now.campus.lost, zones)
    if same and 0 <= passed_us < at_least_us:
        return
    fact = ReadinessStated(now.campus.score, now.campus.lost, zones, causes(now), step.plan.flags.hash)
    step.write(fact, step.plan.campus, because=Because("readiness"))


def causes(of: Readiness) -> tuple[tuple[str, int, int], ...]:
    """(code, how many things, points), the heaviest first; what counts behind another is not counted again."""
    found: dict[str, tuple[int, int]] = {}
    for one in of.lost:
        if one.points:
            things, points = found.get(one.code, (0, 0))
            found[one.code] = (things + 1, points + one.points)
    return tuple((code, *found[code]) for code in sorted(found, key=lambda one: (-found[one][1], one)))
