"""The canonical form of a state under `decide`: equal forms behave alike from here on, whatever happens next.

Everything in a state is part of its form unless a table below says otherwise, so that a field added to the state is
never overlooked: a moment or an id that no table speaks of is an error. Four kinds of thing are told apart less:

- *Moments* become ages. An age above the greatest that any rule compares it with is `OLD`: it only grows, and stays
  there (the clocks of a timed automaton, beyond their greatest constant: Alur and Dill 1994, section 4.3). Below it the
  age stands exactly; the machines let time pass in whole steps, so that a clock has few values.
- *Ids* become places: an incident its place among the live ones, or `CLOSED`; a command its place on the wire, or `DONE`.
- *Counts* stop where no rule tells the next one from this one.
- *History* that no rule of these campuses reads is left out: each line says why nobody reads it.

`test_canonical` holds each of them to this by a randomised bisimulation: two states of one form, reached by different
ways, must lead to the same forms, permits, answers and facts by every move.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Final

from rules import doors, enrolment, fire, interlock, leaving, ledger, presses, record, verdict
from rules.contacts import ABSENT, DEBOUNCE_US
from rules.drill_state import DrillRun, Drills
from rules.evidence import READ_BACK_FRESH_US
from rules.model.ids import ButtonId, CommandId, IncidentId
from rules.model.moments import SECOND_US, Instant
from rules.model.verdicts import Verdict
from rules.notice_state import NoticeMemory
from rules.plan import Plan
from rules.prepared import Key, OncePerPlan, key_of
from rules.state import (
    ButtonMemory,
    CommandLive,
    Contact,
    ControllerLive,
    DoorLive,
    DoorOrder,
    Incident,
    Live,
    PressMemory,
    Read,
    Record,
    State,
    Unanswered,
    WalkTest,
    ZoneState,
)

OLD: Final = -1
"""An age beyond every limit it is compared with."""
CLOSED: Final = -1
"""The id of an incident that is over: rules ask of it only whether it lives."""
DONE: Final = -1
"""The id of a command whose end came: no event will ever name it again."""

STARTED_US: Final = 5 * SECOND_US
"""`silence.SETTLING_US`; the freshness of an input is at most that."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What may happen, as far as it makes states alike.

    step_us: time passes in whole steps of so many microseconds, and events come at their ends. repeats: buttons whose
    last press may be heard again. boards_turn: controllers may fall silent and answer again. late_us: how long a press may
    have been on its way, at most, of those that are.
    """

    step_us: int
    repeats: frozenset[str] = frozenset()
    boards_turn: bool = False
    late_us: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """What a form is taken with: the moment, the plan's own limits, and what the world can still name.

    seen: `_seen_limits`. wire: commands that may still end, oldest first. last: the presses that a button may still repeat.
    """

    now: Instant
    step_us: int
    tries: int
    fire: bool
    fresh_us: int
    travel_us: int
    seen: Mapping[Key, tuple[int, int, bool]]
    incidents: Mapping[IncidentId, int]
    wire: Mapping[CommandId, int]
    last: frozenset[str]
    escalate_us: int
    late_us: int


Form = Callable[[View, Any, Any], object]
"""(view, the object, its field's value) → what stands for the field."""


def form_of(
    plan: Plan, scope: Scope, state: State, now: Instant, *, wire: tuple[CommandId, ...], last: frozenset[str]
) -> object:
    """The canonical form of a state at `now`, as nested tuples of plain values."""
    view = View(
        now,
        scope.step_us,
        tries_told_apart(scope),
        any(interlock.covered(door) for door in plan.doors.values()),
        *_limits_of(plan),
        _seen_limits_of(plan),
        {one: place for place, one in enumerate(state.record.incidents)},
        {one: place for place, one in enumerate(wire)},
        last,
        max((one.escalation.within_us for one in plan.buttons.values() if one.escalation), default=-1),
        scope.late_us,
    )
    return (_form(view, state.record), _form(view, state.live))


@cache
def tries_told_apart(scope: Scope) -> int:
    """From how many assertions on one more makes no difference: all pauses to come end at the same step.

    A board that comes back asks whether there were three (`doors.BLINKS_AT_ONCE`). How often is told is for the journal.
    """
    zero = Instant(0, 0)

    def steps(tries: int, last_us: int) -> int:
        return -(-ledger.retry_at(zero, tries, last_us).mono_us // scope.step_us)

    longest = 6  # 0.5 s doubled five times is more than any last pause
    told_apart = 0
    for last_us in (ledger.LAST_RETRY_US, fire.LAST_RETRY_US):
        while steps(told_apart + 1, last_us) != steps(longest, last_us):
            told_apart += 1
    return max(told_apart, doors.BLINKS_AT_ONCE if scope.boards_turn else 0)


def age(now: Instant, at: Instant | None, limit_us: int) -> int | None:
    """An age in microseconds as far as `limit_us`, which is the greatest that is compared; beyond it `OLD`."""
    if at is None:
        return None
    passed = now.mono_us - at.mono_us
    return passed if passed <= limit_us else OLD


def _seen_limits(plan: Plan) -> Mapping[Key, tuple[int, int, bool]]:
    """Of each input: its active level, for how long it matters when that was last read, and whether by itself.

    A way out explains an opening and an exit button holds a magnet, whatever the input says now; a fire input's single
    read counts while it is fresh.
    """
    exits = {one for door in plan.doors.values() for one in door.exit_buttons}
    ways = exits | {one for door in plan.doors.values() for one in door.rex}
    limits: dict[Key, tuple[int, int, bool]] = {}
    for one in plan.inputs.values():
        longest = interlock.EXIT_BUTTON_US if one.id in exits else leaving.EXIT_BEFORE_US
        limit_us = max(longest, one.sensor.freshness_us) if one.id in ways else one.sensor.freshness_us
        limits[key_of(one.sensor.point)] = (int(one.sensor.when), limit_us, one.id in ways)
    return limits


_seen_limits_of: Final = OncePerPlan(_seen_limits)


def _limits(plan: Plan) -> tuple[int, int]:
    sensors = [one for door in plan.doors.values() for one in (door.bolt, door.position) if one is not None]
    sensors += [one.sensor for one in plan.inputs.values()]
    fresh_us = max((one.freshness_us for one in sensors), default=0)
    travel_us = max((one.hardware.travel_us for one in plan.doors.values() if one.hardware), default=0)
    return max(fresh_us, READ_BACK_FRESH_US), travel_us


_limits_of: Final = OncePerPlan(_limits)


# --- by field --------------------------------------------------------------------------------


def _left_out(view: View, of: object, value: object) -> object:
    return None


def _whether(view: View, of: object, value: object) -> object:
    return value is not None


def _aged(limit: Callable[[View], int]) -> Form:
    return lambda view, of, value: age(view.now, value, limit(view))


def _to_come(view: View, of: object, value: Any) -> object:
    """A moment ahead: the step at whose end it will have come, for nothing happens within one. What is past is due."""
    at = value.mono_us if isinstance(value, Instant) else value
    return max(0, -((view.now.mono_us - at) // view.step_us))


def _due(view: View, of: DoorLive, value: int | None) -> object:
    """None is due now (`doors.sweep`, `ledger.review`, `resting.at_rest`)."""
    return 0 if value is None else _to_come(view, of, value)


def _next_try(view: View, of: DoorLive, value: Instant | None) -> object:
    """None is due now, but that the answer of a command puts it off only where it is a moment (`doors._ended`)."""
    if value is None:
        return None if of.command is not None and of.command.id in view.wire else 0
    return _to_come(view, of, value)


def _incident(view: View, of: object, value: Any) -> object:
    return None if value is None else view.incidents.get(value, CLOSED)


def _incidents(view: View, of: object, value: Mapping[IncidentId, Incident]) -> object:
    return tuple(_form(view, one) for one in value.values())


def _command(view: View, of: DoorLive, value: CommandLive | None) -> object:
    """The last command. While it may be on the wire, how long; once it ended, only what its purpose still makes matter.

    A lock command's ending speaks through `answered`; one to rest or free says whether it has to be sent again, and
    that the bolt may still be on its way (`leaving._settling`). The fire rule takes no read from before it was sent.
    """
    if value is None:
        return None
    sent = age(view.now, value.sent, view.fresh_us) if view.fire else None
    if value.ended is None:
        return value.purpose, view.wire.get(value.id, DONE), age(view.now, value.sent, ledger.LOST_US)
    if value.purpose == "lock":
        if age(view.now, of.may_land, ledger.LATE_US) in (None, OLD):
            return value.purpose, sent
        # A board that may still do an older command has its coil compared with what this one came to.
        return value.purpose, sent, value.ending == "written", age(view.now, value.ended, view.fresh_us)
    settling_us = max(view.fresh_us, view.travel_us + leaving.SETTLING_US)
    return value.purpose, value.ending == "written", age(view.now, value.ended, settling_us), sent


def _answered(view: View, of: DoorLive, value: CommandLive | None) -> object:
    """The last command that ended counts where it was to lock and the device did not take it (`verdict._failed`)."""
    if value is None or value.purpose != "lock" or value.ending == "written" or value.ended is None:
        return None
    return value.ending, value.code, age(view.now, value.ended, view.fresh_us)


def _verdict(view: View, of: DoorLive, value: Verdict) -> object:
    """What stale sensors said last is shown and asked of by nobody."""
    if value.word in ("stale", "unknown"):
        return value.word
    return value.word, value.by, value.code, value.bolt, value.position


def _reads(view: View, of: ControllerLive, value: Mapping[Key, Read]) -> object:
    """A read that is fresh for nobody any more is one that nobody asks of; that there was one makes a door stale."""
    return tuple(
        (
            key,
            OLD
            if view.now.mono_us - read.at.mono_us > view.fresh_us
            else (read.value, view.now.mono_us - read.at.mono_us),
        )
        for key, read in sorted(value.items())
    )


def _commands(view: View, of: object, value: Mapping[CommandId, tuple[str, ...]]) -> object:
    """Only those that may still end; one that was lost on its way stays in the map and is never asked for."""
    return tuple(targets for one, targets in value.items() if one in view.wire)


def _presses(view: View, of: ButtonMemory, value: tuple[PressMemory, ...]) -> object:
    """The one that may be repeated, and those that count for an escalation: the alphabet names no other press again."""
    return tuple(
        _form(view, one)
        for one in value
        if one.press in view.last
        or (one.incident in view.incidents and view.now.mono_us - one.at.mono_us <= view.escalate_us)
    )


def _buttons(view: View, of: Record, value: Mapping[ButtonId, ButtonMemory]) -> object:
    """A button of which nothing counts any more is as one never heard."""
    known = ((one, _form(view, memory)) for one, memory in sorted(value.items()))
    nothing = _form(view, ButtonMemory())
    return tuple((one, form) for one, form in known if form != nothing)


def _unanswered(view: View, of: Record, value: Mapping[int, Unanswered]) -> object:
    return tuple(_form(view, one) for one in value.values())


def _press(view: View, of: PressMemory, value: str) -> object:
    return value in view.last


def _kind(view: View, of: PressMemory, value: str) -> object:
    """Only a repeat's answer says it."""
    return value if of.press in view.last else None


def _pressed_at(view: View, of: PressMemory, value: Instant) -> object:
    """Whether it counts for an escalation, and whether it is still remembered."""
    return age(view.now, value, view.escalate_us), view.now.utc_us - value.utc_us > record.REMEMBERED_US


def _enrolled_pressed(view: View, of: DrillRun, value: Mapping[ButtonId, Instant]) -> object:
    """How long ago each was pressed: a second press within 10 s is real. One beyond that is as one never pressed."""
    ages = ((one, age(view.now, at, enrolment.SECOND_PRESS_US)) for one, at in sorted(value.items()))
    return tuple((one, passed) for one, passed in ages if passed != OLD)


def _last_test(view: View, of: WalkTest, value: PressMemory | None) -> object:
    """How long ago: a second press within 10 s is real."""
    return None if value is None else age(view.now, value.at, presses.SECOND_TEST_PRESS_US)


def _since(view: View, of: ControllerLive, value: Instant) -> object:
    """Only how long it was away is asked, when it comes back (`doors.BLINK_US`)."""
    return None if of.up else age(view.now, value, SECOND_US)


def _contacts(view: View, of: ControllerLive, value: Mapping[Key, Contact]) -> object:
    return tuple((key, *_contact(view, key, one)) for key, one in sorted(value.items()))


def _contact(view: View, key: Key, of: Contact) -> tuple[object, ...]:
    """A debounced contact. While it is not read, or its value not known, how old the last of it is nobody asks."""
    level, limit_us, held = view.seen[key]
    read = None if of.raw == ABSENT else age(view.now, of.raw_at, view.fresh_us)
    debounced = of.raw == ABSENT or view.now.mono_us - of.raw_since.mono_us >= DEBOUNCE_US
    confirmed = None if of.stable is None else age(view.now, of.confirmed, view.fresh_us)
    last = of.seen[level]
    # A single read of active holds a lock back while the value that stands is quiet (`contacts.guarded_state`).
    quiet = of.stable is not None and of.stable != level
    since = of.turned is not None and last is not None and last.mono_us >= of.turned.mono_us
    once = quiet and since and age(view.now, last, view.fresh_us) != OLD
    seen_at = age(view.now, last, limit_us) if held or once else None
    return of.raw, read, debounced, of.stable, confirmed, seen_at, once


_by_fresh: Final = _aged(lambda view: view.fresh_us)
_by_settling: Final = _aged(lambda view: view.travel_us + view.fresh_us)

FIELDS: Final[Mapping[type, Mapping[str, Form]]] = {
    Record: {
        "last_notice": _left_out,  # numbers them
        "directive": _left_out,  # numbers the district's
        "number": _left_out,  # numbers state messages; compared by signs, not by rules
        "incidents": _incidents,
        "buttons": _buttons,
        "unanswered": _unanswered,
        "last_unanswered": _left_out,  # numbers them; asked only to word a refusal
        "flags": _left_out,  # told to people; a flag decides nothing but whether it is told again
        "measures": _left_out,  # told to people
        "readiness": _left_out,  # a number for people, told again when it changed
        "dry_run": _left_out,  # told to people; begun by the campus's clock, which these campuses have none of
        "secured": _left_out,  # "last proven": for self-tests and exercises, which these campuses have none of
    },
    Drills: {"planned": _left_out, "over": _left_out},  # shown; read only to name the next one
    DrillRun: {
        "id": _left_out,
        "type": _left_out,  # for the law
        "asked": _left_out,  # for the score, as are the next but one and the last three
        "failures": _left_out,
        "started": _aged(lambda view: view.late_us),
        "until": _to_come,
        "boot": _left_out,  # these campuses are never started again
        "day": _left_out,
        "planned": _left_out,
        "incident": _incident,
        "pressed": _enrolled_pressed,
        "ordered": _left_out,
        "held": _left_out,
        "secured": _left_out,
    },
    NoticeMemory: {
        "id": _left_out,
        "incident": _incident,
        "number": _left_out,  # as the record's
        "ordered": _left_out,  # shown
        "since": _left_out,  # shown
        "first": _left_out,  # for the second channel, which these campuses wait for without end
    },
    ZoneState: {"incident": _incident, "since": _left_out},  # since: shown
    Incident: {"id": _left_out, "opened": _left_out},  # id: its place; opened: shown
    DoorOrder: {"incident": _incident, "since": _left_out},  # since: for exercises
    Unanswered: {
        "number": _left_out,
        "press": _left_out,
        "at": _left_out,
    },  # number: its place; the others: shown
    ButtonMemory: {
        "presses": _presses,
        "proven": _left_out,  # for self-tests
    },
    PressMemory: {"press": _press, "at": _pressed_at, "incident": _incident, "kind": _kind},
    WalkTest: {"until": _to_come, "last_press": _last_test},
    Live: {
        "started": _aged(lambda view: max(STARTED_US, view.fresh_us)),
        "now": _left_out,  # the moment itself
        "commands": _commands,
        "next_command": _left_out,  # the next id
        "buttons": _left_out,  # life, for flags: none of these buttons is supervised or reports a clock
        "swept": _left_out,  # when flags were gone through, which are left out
        "doors_swept": _left_out,  # how far that came
        "dry_run": _left_out,  # see the record's
        "notices": _left_out,  # when one is tried again: each was received at once
        "weighed": _left_out,  # when the number was worked out for the record
    },
    ControllerLive: {
        "code": _left_out,  # shown
        "since": _since,
        "reads": _reads,
        "contacts": _contacts,
    },
    DoorLive: {
        "command": _command,
        "answered": _answered,
        "may_land": _aged(lambda view: ledger.LATE_US),
        "tries": lambda view, of, value: min(value, view.tries),
        "next_try": _next_try,
        "unthrown": _aged(lambda view: verdict.BY_HAND_US + view.fresh_us),
        "left_at": _aged(lambda view: leaving.EXIT_BEFORE_US),
        "verdict": _verdict,
        "verdict_at": _left_out,  # the ledger's, shown
        "commanded": _whether,  # the ledger's; asked whether there was one
        "written": _by_settling,
        "bolt_at": _left_out,  # the ledger's, shown
        "position_at": _left_out,  # the ledger's, shown
        "due": _due,
    },
}
"""What stands for a field; a field that is not here stands as it is."""


# --- any value -------------------------------------------------------------------------------

_PLAIN: Final = frozenset({str, int, bool, type(None)})
_known: Final[dict[type, tuple[tuple[str, Form | None], ...]]] = {}


def _form(view: View, value: Any) -> object:
    kind = type(value)
    if kind in _PLAIN:
        return value
    rows = _known.get(kind)
    if rows is not None:
        made = []
        for name, form in rows:
            inner = getattr(value, name)
            made.append(_form(view, inner) if form is None else form(view, value, inner))
        return tuple(made)
    if kind is dict:
        return tuple(sorted((key, _form(view, one)) for key, one in value.items())) if value else ()
    if kind is tuple:
        return tuple(_form(view, one) for one in value)
    if kind is frozenset:
        return tuple(sorted(value))
    if kind is Instant:
        raise TypeError("a moment that no table speaks of: say in FIELDS how old it may be and still matter")
    if is_dataclass(kind):
        own = FIELDS.get(kind, {})
        names = [one.name for one in fields(kind)]
        if unknown := own.keys() - set(names):
            raise TypeError(f"{kind.__name__} has no {sorted(unknown)}")
        _known[kind] = tuple((name, own.get(name)) for name in names if own.get(name) is not _left_out)
        return _form(view, value)
    raise TypeError(f"no form of a {kind.__name__}")
