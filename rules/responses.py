"""Numbered response states by zone: what an ask opens, raises or joins. A press raises and never lowers."""

from typing import Final, assert_never

from rules import (
    doors,
    drill_score,
    notices,
    outputs,
    post,
)
from rules.holding import lit
from rules.model.facts import (
    Because,
    IncidentClosed,
    IncidentOpened,
    IncidentRaised,
    WalkTestEnded,
    ZoneResponded,
)
from rules.model.ids import Actor, DoorId, IncidentId, ZoneId
from rules.model.kinds import Drill, Exercise, Kind, KindWord, Real, Switching, kind_of
from rules.model.response_facts import ExercisePlayed, IncidentJoined
from rules.model.responses import Ask, Response
from rules.model.values import dataclass
from rules.plan import Plan, ResponsePlan
from rules.prepared import OncePerPlan
from rules.state import Incident, Record
from rules.step import RULE, Step


@dataclass(frozen=True, slots=True)
class Joining:
    """Where an ask goes: the incident's id, whether it is new, and whether nobody on site may see it."""

    incident: IncidentId
    new: bool
    silent: bool


def live_of(record: Record, kind: KindWord, *, silent: bool) -> Incident | None:
    """The live incident of a kind; silent ones stand apart, so that nothing of them shows in the open one."""
    found = (one for one in record.incidents.values() if one.kind == kind and one.silent == silent)
    return next(found, None)


def joining(step: Step, ask: Ask, kind: Kind) -> Joining:
    """The incident that an ask of this kind belongs to, before anything is written."""
    silent = step.plan.responses[ask.response].silent
    live = live_of(step.record, kind.word, silent=silent)
    if live is not None:
        return Joining(live.id, new=False, silent=silent)
    # Derived, not random, so that a decision replays; a second one in the same microsecond moves on by one.
    number = step.at.utc_us
    while IncidentId(f"inc-{number}") in step.record.incidents:
        number += 1
    return Joining(IncidentId(f"inc-{number}"), new=True, silent=silent)


def let_out(step: Step, ask: Ask, kind: Real | Drill | Exercise) -> doors.Locking | None:
    """Have the doors that an ask locks on the wire before a word of it is written; None: it locks none.

    No fact of a response changes what passes: the interlock looks at doors, inputs and orders.
    """
    if isinstance(kind, Exercise):
        return None
    # A new press is a person's word: it locks again what was released or freed meanwhile.
    named = _locks(step.plan, step.plan.responses[ask.response].locks, ask.zone)
    return doors.let_out(step, named) if named else None


def respond(
    step: Step,
    ask: Ask,
    kind: Real | Drill | Exercise,
    to: Joining,
    *,
    actor: Actor,
    locking: doors.Locking | None = None,
) -> None:
    """Open or join `to`, raise what the ask raises, and lock and switch what its response locks and switches.

    locking: what `let_out` said of this ask, where it was asked already.
    """
    locking = locking or let_out(step, ask, kind)
    wanted = step.plan.responses[ask.response]
    because = Because("response", (("response", ask.response), ("zone", ask.zone)))
    before = step.record
    match kind:
        case Real():
            changed = _enter(step, ask, kind, to, wanted, actor, because)
            _switch(step, ask, kind, to, wanted, actor, because, locking, changed=changed)
            # Last, so that nothing stands between the press and the wire, and no output goes off and on again.
            _real_ends_what_is_not(step, before, silent=to.silent)
        case Drill():
            changed = _enter(step, ask, kind, to, wanted, actor, because)
            _switch(step, ask, kind, to, wanted, actor, because, locking, changed=changed)
        case Exercise():
            # Screens and record only: it is not even on the zones' state, which signs follow.
            _enter(step, ask, kind, to, wanted, actor, because)
        case _:
            assert_never(kind)
    post.open_tasks(step, to.incident, ask.response)


def close(
    step: Step,
    live: Incident,
    *,
    actor: Actor,
    because: Because,
    reason: str,
    before: Record | None = None,
) -> None:
    """End one incident. Every door stays as it is: release is by name. before: as in `drill_score.end`."""
    drill_score.ends_with(step, live.id, actor, because, before)
    cleared = [zone for zone, own in step.record.zones.items() if own.incident == live.id]
    for zone in cleared:
        quiet = ZoneResponded(step.record.number + 1, zone, None, None, None)
        step.write(quiet, zone, actor=actor, incident=live.id, because=because)
    kind = kind_of(live.kind)
    if isinstance(kind, Real | Drill):
        # Of every zone: where a real response took a drill's own place, it is the drill that had them on.
        darken(step, incident=live.id, kind=kind, because=because)
    for zone in sorted(notices.zones_told(step, live)):
        if zone in step.plan.zones:
            notices.over(step, live, zone, because)
    closed = IncidentClosed(live.id, live.kind, reason)
    step.write(closed, live.id, actor=actor, incident=live.id, because=because)


def sweep(step: Step) -> None:
    """Lock what a live response locks and nobody ever ordered: a door that a reload brought in under a lockdown.

    A door that was released or freed since has its order, and waits for a person's word.
    """
    for zone, own in tuple(step.record.zones.items()):
        if zone not in step.plan.zones:
            continue
        named = _locks(step.plan, step.plan.responses[own.response].locks, zone)
        new = tuple([door for door in named if not _was_ordered(step.record, door)])
        because = Because("response", (("response", own.response), ("zone", zone)))
        doors.lock(step, new, incident=own.incident, because=because)


def _was_ordered(record: Record, door: DoorId) -> bool:
    """Whether its order is of a live incident, a person's lock outside of any, or the fire rule's.

    A release outside of any (`doors.rest`) was given before what is live now, and says nothing against that.
    """
    order = record.orders.get(door)
    if order is None or (order.word == "rest" and order.incident is None):
        return False
    return order.word == "free" or order.incident is None or order.incident in record.incidents


def locks(plan: Plan, response: Response, zone: ZoneId) -> tuple[DoorId, ...]:
    """The doors that a response in a zone locks, in the plan's order."""
    return _locks(plan, plan.responses[response].locks, zone)


def _locks(plan: Plan, kinds: frozenset[str], zone: ZoneId) -> tuple[DoorId, ...]:
    known = _locked_by(plan)
    found = known.get((kinds, zone))
    if found is None:
        within = plan.zones[zone].within
        doors = plan.doors.values()
        found = tuple(door.id for door in doors if door.kind in kinds and door.zone in within)
        known[kinds, zone] = found
    return found


def _nothing_yet(plan: Plan) -> dict[tuple[frozenset[str], ZoneId], tuple[DoorId, ...]]:
    return {}


_locked_by: Final = OncePerPlan(_nothing_yet)
"""Bounded by the responses of a pack times the zones of a campus."""


def _enter(
    step: Step,
    ask: Ask,
    kind: Real | Drill | Exercise,
    to: Joining,
    wanted: ResponsePlan,
    actor: Actor,
    because: Because,
) -> bool:
    """Whether the zone's own response is another one now."""
    live = None if to.new else step.record.incidents[to.incident]
    if live is None:
        opened = IncidentOpened(to.incident, kind.word, ask.response, ask.zone, wanted.silent)
        step.write(opened, to.incident, actor=actor, incident=to.incident, because=because)
    elif wanted.rank > step.plan.responses[live.response].rank:
        raised = IncidentRaised(to.incident, ask.response, ask.zone)
        step.write(raised, to.incident, actor=actor, incident=to.incident, because=because)
    elif isinstance(kind, Exercise) and _is_new_there(step, live, ask, wanted):
        played = ExercisePlayed(to.incident, ask.zone, ask.response)
        step.write(played, to.incident, actor=actor, incident=to.incident, because=because)
    elif wanted.silent and _is_new_there(step, live, ask, wanted):
        joined = IncidentJoined(to.incident, ask.zone, ask.response)
        step.write(joined, to.incident, actor=actor, incident=to.incident, because=because)
    if wanted.silent or isinstance(kind, Exercise):
        return False
    own = step.record.zones.get(ask.zone)
    if own is None or own.kind != kind.word or wanted.rank > step.plan.responses[own.response].rank:
        fact = ZoneResponded(step.record.number + 1, ask.zone, ask.response, kind.word, to.incident)
        step.write(fact, ask.zone, actor=actor, incident=to.incident, because=because)
        return True
    return False


def _is_new_there(step: Step, live: Incident, ask: Ask, wanted: ResponsePlan) -> bool:
    """Whether what is on no zone's state was not asked for in this zone yet, or only by something less grave."""
    was = dict(live.played).get(ask.zone)
    return was is None or wanted.rank > step.plan.responses[was].rank


def _switch(
    step: Step,
    ask: Ask,
    kind: Switching,
    to: Joining,
    wanted: ResponsePlan,
    actor: Actor,
    because: Because,
    locking: doors.Locking | None,
    *,
    changed: bool,
) -> None:
    if locking is not None:
        named = _locks(step.plan, wanted.locks, ask.zone)
        doors.lock(step, named, incident=to.incident, actor=actor, because=because, locking=locking)
    follow(step, ask.zone, wanted, incident=to.incident, kind=kind, because=because, joined=not to.new)
    if changed:
        notices.announce(step, ask.zone, ask.response, kind, to.incident, because)


def follow(
    step: Step,
    zone: ZoneId,
    wanted: ResponsePlan,
    *,
    incident: IncidentId,
    kind: Switching,
    because: Because,
    joined: bool,
) -> None:
    """Have the coil outputs show what holds since this was asked for: on where that has them on, dark where it has not."""
    if wanted.outputs:
        zones = step.plan.zones[zone].within & lit(step.plan, step.record)
        outputs.switch(
            step, zones, True, incident=incident, kind=kind, because=because, joined=joined, below=False
        )
    elif step.record.outputs_on:
        darken(step, incident=incident, kind=kind, because=because)


def darken(step: Step, *, incident: IncidentId, kind: Switching, because: Because) -> None:
    """Switch off what is on where nothing that holds has it on."""
    dark = frozenset(step.plan.zones) - lit(step.plan, step.record)
    outputs.switch(step, dark, False, incident=incident, kind=kind, because=because, below=False)


def _real_ends_what_is_not(step: Step, before: Record, *, silent: bool) -> None:
    """A real press ends drills and exercises, and every walk-test: from now on all presses are real.

    A silent one ends nothing that people would see or hear ending.
    """
    if silent:
        return
    because = Because("real_press")
    for live in tuple(step.record.incidents.values()):
        if live.kind != "real":
            close(step, live, actor=RULE, because=because, reason="", before=before)
    run = step.record.drills.run
    if run is not None:
        # It waited for its first press, and nothing of it is live.
        drill_score.end(step, run, because.code)
    if step.record.walk_tests:
        ended = WalkTestEnded(tuple(step.record.walk_tests), "real_incident")
        step.write(ended, step.plan.campus, because=because)
