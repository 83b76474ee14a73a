"""Door orders: lock, return to rest, assert again until proven; and what devices answer. Issue 2 D14 to D16, E20."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, Literal

from rules import interlock, outputs
from rules.leaving import followed
from rules.ledger import (
    FIRST_RETRY_US,
    asserted,
    incident_of,
    on_the_wire,
    ordered,
    register,
    review,
    subject_of,
    to_assert,
)
from rules.model.events import CommandEnded, ControllerChanged, Scanned
from rules.model.facts import Because, CommandRecorded, DoorsAsserted, DoorsOrdered
from rules.model.ids import Actor, DoorId, IncidentId
from rules.model.moments import SECOND_US
from rules.model.values import dataclass
from rules.model.verdicts import SECURED
from rules.plan import DoorPlan, Plan
from rules.prepared import Once, boards
from rules.resting import at_rest
from rules.state import ControllerLive, DoorLive, DoorOrder, State
from rules.step import RULE, Step
from rules.verdict import coil_differs, device_disagrees, ordered_to_lock, verdict

FlagKey = tuple[str, str]
BLINK_US: Final = SECOND_US
BLINKS_AT_ONCE: Final = 3
UNANSWERED_PAUSE_US: Final = SECOND_US
"""On a serial line an unanswered command is followed by half a second of quiet; then the board is to be read."""
MOST_A_SWEEP: Final = 100
"""Some 3 ms; two hundred doors that a press has just locked are gone through within two ticks."""
SHORTCOMINGS: Final = {"stale": "door_stale", "unknown": "door_unknown"}
FLAGS: Final = frozenset({*SHORTCOMINGS.values(), "device_disagrees", "coil_differs", "freed_by_fire"})
"""Codes of the flags that a door may have from here."""


# --- orders ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Locking:
    """Doors whose frames are out, before anything is written of them. standing: those that needed none."""

    standing: tuple[DoorId, ...]
    passed: interlock.Passed[DoorId]


def let_out(step: Step, doors: tuple[DoorId, ...]) -> Locking:
    """A person's word or press locks these: what is proven already, or on its way, gets no second frame."""
    standing: dict[DoorId, None] = {}
    if before := lock_ordered(step.record.orders):
        standing = dict.fromkeys(one for one in doors if one in before and _stands(step, one))
    wanted = tuple([one for one in doors if one not in standing]) if standing else doors
    passed = interlock.named_locks(step, wanted)
    register(step, passed)
    return Locking(tuple(standing), passed)


def lock(
    step: Step,
    doors: tuple[DoorId, ...],
    *,
    incident: IncidentId | None,
    actor: Actor = RULE,
    because: Because,
    reason: str = "",
    locking: Locking | None = None,
) -> None:
    """Order doors locked. locking: what was let out of them already, by `let_out`."""
    if not doors:
        return
    locking = locking or let_out(step, doors)
    standing, passed = locking.standing, locking.passed
    doors_of = step.plan.doors
    standing_before = {
        one for one in step.record.orders if one in passed.commands and _ordered(step, doors_of[one])
    }
    held_anew = [one for one, _ in passed.held if one in doors_of and not _ordered(step, doors_of[one])]
    _enter(step, "lock", passed, standing, incident, actor, because, reason)
    _forget(step, held_anew)
    again = {one for one in standing_before if step.door(one).commanded is not None}
    ordered(step, [DoorId(one) for one in passed.commands if one not in again], passed, "lock")
    for one in again:
        asserted(step, doors_of[one], passed, "lock")
    _hold(step, passed.held)
    # The rest is looked at with the next tick: nothing may stand between a press and the wire.
    review(step, [one for one, _ in passed.held if one in step.plan.doors], "ordered")


def rest(step: Step, doors: Iterable[DoorId], *, actor: Actor, because: Because, reason: str = "") -> None:
    """Return named doors, and no others, to their configured rest."""
    named = tuple(one for one in dict.fromkeys(doors) if one in step.plan.doors)
    if not named:
        return
    passed = interlock.permits(step, named, "rest", frozenset(named))
    register(step, passed)
    _enter(step, "rest", passed, (), _released_in(step, named), actor, because, reason)
    ordered(step, [DoorId(one) for one in passed.commands], passed, "rest")
    _forget(step, [one for one, _ in passed.held])
    _hold(step, passed.held)
    review(step, named, "ordered")


def _released_in(step: Step, named: Iterable[DoorId]) -> IncidentId | None:
    """The live incident that one of these doors belongs to, or whose response locks it where a higher one holds.

    None says that no live response locks any of them: what opens later is not bound by this release.
    """
    record, plan = step.record, step.plan
    for door in (plan.doors[one] for one in named):
        found = incident_of(step, door)
        if found is not None:
            return found
        for zone in plan.zones[door.zone].above:
            own = record.zones.get(zone)
            if own is not None and door.kind in plan.responses[own.response].locks:
                return own.incident
    return None


def _enter(
    step: Step,
    word: Literal["lock", "rest"],
    passed: interlock.Passed[DoorId],
    standing: tuple[DoorId, ...],
    incident: IncidentId | None,
    actor: Actor,
    because: Because,
    reason: str,
) -> None:
    held = tuple((one, code) for one, code in passed.held if one in step.plan.doors)
    out = (*standing, *(DoorId(one) for one in passed.commands))
    if out or held:
        fact = DoorsOrdered(word, out, held, passed.ids, reason)
        subject = subject_of(step, (*out, *(one for one, _ in held)))
        step.write(fact, subject, actor=actor, incident=incident, because=because)


def _hold(step: Step, held: Iterable[tuple[DoorId, str]]) -> None:
    for one, code in held:
        if one in step.plan.doors and step.door(one).held != code:
            step.set_door(one, replace(step.door(one), held=code, due=None))


def _forget(step: Step, held: Iterable[DoorId]) -> None:
    """A new order that is held back: what came of the commands of the one before it proves nothing of it."""
    for one in held:
        before = step.door(one)
        step.set_door(
            one,
            replace(
                before,
                tries=0,
                commanded=None,
                written=None,
                bolt_at=None,
                position_at=None,
                answered=None,
                due=None,
            ),
        )


def _ordered(step: Step, door: DoorPlan) -> bool:
    """Whether a lock order stands already; that of a closed incident does not."""
    order = step.record.orders.get(door.id)
    return order is not None and order.word == "lock" and ordered_to_lock(step.plan, step.record, door)


def _lock_ordered(orders: Mapping[DoorId, DoorOrder]) -> frozenset[DoorId]:
    return frozenset([one for one, order in orders.items() if order.word == "lock"])


lock_ordered: Final = Once(_lock_ordered)
"""The doors of a record's orders whose last one is to lock."""


def _stands(step: Step, door: DoorId) -> bool:
    """Whether a lock order stands that is proven, or whose command is still on the wire."""
    if door not in step.plan.doors or not _ordered(step, step.plan.doors[door]):
        return False
    its = step.door(door)
    if its.command is None or its.command.purpose != "lock":
        return False
    if on_the_wire(its, step.at):
        return True
    return verdict(step.plan, step.record, step.live, door, step.at).word in SECURED


# --- asserting again -------------------------------------------------------------------------


def sweep(step: Step) -> None:
    """What time alone brings: verdicts after the travel, staleness, assertions that are due, doors no longer held.

    Of many the longest due are looked at, and the others with the next tick: a press may be waiting behind this.
    """
    now = step.at.mono_us
    lock_ordered(step.record.orders)  # for the press that may come next
    known = step.live.doors
    due = [
        door
        for door in step.plan.doors
        if (its := known.get(door)) is None or its.due is None or its.due <= now
    ]
    if len(due) > MOST_A_SWEEP:
        due = sorted(due, key=lambda one: known.get(one, DoorLive()).due or 0)[:MOST_A_SWEEP]
    if due:
        review(step, due, "time_passed")
        _assert_again(step, due)


def _assert_again(step: Step, doors: Iterable[DoorId]) -> None:
    groups: dict[tuple[Literal["lock", "rest"], IncidentId | None], list[DoorId]] = {}
    for one in doors:
        door, its = step.plan.doors[one], step.door(one)
        purpose = to_assert(step.plan, step.record, step.live, door, its, step.at)
        waits = its.next_try is not None and its.next_try.since(step.at) > 0
        if purpose not in ("lock", "rest") or (waits and not its.held):
            continue
        groups.setdefault((purpose, incident_of(step, door)), []).append(one)
    for (word, incident), group in groups.items():
        # A rest order names its door already; a lock order does not name what the fire rule freed since.
        named = frozenset(group) if word == "rest" else frozenset()
        passed = interlock.permits(step, tuple(group), word, named)
        register(step, passed)
        _hold(step, passed.held)
        out = tuple(DoorId(one) for one in passed.commands)
        for one in out:
            asserted(step, step.plan.doors[one], passed, word)
        if out:
            fact = DoorsAsserted(word, out, passed.ids)
            step.write(fact, subject_of(step, out), incident=incident, because=Because("not_proven"))
        review(step, group, "asserted")


# --- what devices say ------------------------------------------------------------------------


def command_ended(step: Step, event: CommandEnded) -> None:
    """A command came to its end: the write was answered, refused, or lost. No ending proves a bolt."""
    targets = step.live.commands.get(event.command)
    if targets is None:
        return
    left = {command: to for command, to in step.live.commands.items() if command != event.command}
    step.change(commands=left)
    doors = [DoorId(one) for one in targets if one in step.plan.doors]
    news = [_ended(step, one, event) for one in doors]
    news += [outputs.ended(step, one, event) for one in targets if one not in step.plan.doors]
    shown = any(not one.silent for one in step.record.incidents.values())
    if event.ending != "written" and (shown or any(news)):
        fact = CommandRecorded(event.command, event.controller, event.ending, event.code)
        incident = incident_of(step, step.plan.doors[doors[0]]) if doors else None
        step.write(fact, event.controller, incident=incident, because=Because(event.ending))
    review(step, doors, "command_ended")


def _ended(step: Step, door: DoorId, event: CommandEnded) -> bool:
    """Whether this ending differs from the one before: a dead board is not told of every five seconds."""
    its = step.door(door)
    last = its.command
    if last is None:
        return True
    news = its.answered is None or (its.answered.ending, its.answered.code) != (event.ending, event.code)
    if last.id != event.command:
        # A late answer: a newer command has gone out since, and only its own answer speaks for it.
        if event.ending == "no_answer":
            step.set_door(door, replace(its, may_land=event.at, due=None))
        return news
    ended = replace(last, ended=event.at, ending=event.ending, code=event.code)
    written = event.ending == "written" and last.purpose == "lock" and its.written is None
    its = replace(its, command=ended, answered=ended, written=event.at if written else its.written, due=None)
    if its.next_try is not None:
        # A command may take longer than the pause: then the board is read before it is written again.
        pause = event.at.plus(UNANSWERED_PAUSE_US if event.ending == "no_answer" else FIRST_RETRY_US)
        its = replace(its, next_try=max(its.next_try, pause, key=lambda at: at.mono_us))
    step.set_door(door, its)
    return news


def observe(step: Step, event: Scanned, *, moved: bool = True) -> None:
    """Evidence was read: what changed unasked, and what is proven now. After `contacts.observe`.

    moved False: every point reads as it did. Then only doors that are not at rest are looked at, so that two
    hundred doors polled twice a second leave the loop to a press.
    """
    board = boards(step.plan).get(event.controller)
    if board is None:
        return
    live = step.live
    doors: dict[DoorId, None] = {}
    for key in event.values:
        doors |= dict.fromkeys(board.evidence.get(key, ()))
        for one in board.exits.get(key, ()):
            if live.doors.get(one, DoorLive()).left is not None:
                doors[one] = None
    if not moved:
        doors = {one: None for one in doors if not at_rest(step, one)}
    for one in doors:
        its = live.doors.get(one)
        now = followed(step.plan, step.record, live, step.plan.doors[one], step.at)
        if now is not its:
            step.set_door(one, replace(now, due=None))
    review(step, doors, "read")


def controller_changed(step: Step, event: ControllerChanged, before: ControllerLive | None = None) -> None:
    """A controller came back: what is not proven on it is asserted at once. Gone: its evidence ages.

    before: the controller as it was. One that goes again and again, for a moment only, keeps its doors' back-off:
    a board that falls silent at each write and answers each read would never be read otherwise.
    """
    board = boards(step.plan).get(event.controller)
    if board is None:
        return
    blinked = before is not None and not before.up and event.at.since(before.since) < BLINK_US
    for one in board.driven:
        its = step.door(one)
        if event.up and not blinked:
            its = replace(its, tries=0)
        at_once = event.up and its.tries < BLINKS_AT_ONCE
        step.set_door(one, replace(its, next_try=None if at_once else its.next_try, due=None))
    if event.up:
        outputs.controller_back(step, event.controller)
        review(step, board.driven, "controller_up")
        _assert_again(step, board.driven)


# --- shortcomings ----------------------------------------------------------------------------


def flags(plan: Plan, state: State, some: Iterable[DoorPlan]) -> Iterator[tuple[FlagKey, tuple[str, ...]]]:
    """The shortcomings of some doors that hold now, as ((code, subject), args), each code one of `FLAGS`."""
    record, live = state.record, state.live
    for door in some:
        its = live.doors.get(door.id, DoorLive())
        code = SHORTCOMINGS.get(its.verdict.word)
        if code is not None:
            yield (code, door.id), ()
        said = device_disagrees(plan, record, live, door.id)
        if said:
            yield ("device_disagrees", door.id), (said,)
        drift = rest_drift(plan, state, door)
        if drift:
            yield (drift, door.id), ()
        order = record.orders.get(door.id)
        if order is not None and order.word == "free":
            yield ("freed_by_fire", door.id), ()


def rest_drift(plan: Plan, state: State, door: DoorPlan) -> str:
    """`coil_differs` where a coil reads back other than its order or rest means. It is shown, never touched."""
    return "coil_differs" if coil_differs(plan, state.record, state.live, door, state.live.now) else ""
