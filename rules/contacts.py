"""Reads of points as values with a time; inputs and wired buttons debounced; what a wired button's contact and module say.

Issue 2, C10: two equal reads at least 20 ms apart; the first level after start or an absence is no edge.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

from rules.model.events import Scanned
from rules.model.ids import ButtonId, ControllerId, InputId
from rules.model.moments import SECOND_US, Instant
from rules.model.values import dataclass
from rules.plan import Plan, Sensor, Wired
from rules.prepared import Key, boards, key_of
from rules.state import ButtonMemory, Contact, ControllerLive, Live, Read
from rules.step import Step

DEBOUNCE_US: Final = 20_000
SAME_PRESS_US: Final = SECOND_US
"""A contact and the module's counter that speak within this time speak of one press."""
REGISTER: Final = 65_536
ABSENT: Final = -1
"""`Contact.raw` of a contact not read since its board was away."""

InputState = Literal["active", "quiet", "unsure", "unread"]


@dataclass(frozen=True, slots=True)
class WiredPress:
    """A press of a wired button.

    found: a level at first sight, not an edge: nobody knows when it was pressed.
    counter: the module's counter with this press, None where it has none.
    waited_at_most_us: how long ago it may have been pressed at most; None where nobody knows.
    """

    button: ButtonId
    found: bool
    counter: int | None
    waited_at_most_us: int | None


@dataclass(frozen=True, slots=True)
class Observed:
    """turned: inputs whose debounced value became known or changed. presses: of wired buttons.

    moved: some point was read for the first time, or reads another value than before.
    """

    turned: tuple[InputId, ...] = ()
    presses: tuple[WiredPress, ...] = ()
    moved: bool = False


def observe(step: Step, event: Scanned) -> Observed:
    """Take a scan in. A point whose stored read began later than this scan keeps it."""
    board = boards(step.plan).get(event.controller)
    if board is None:
        return Observed()
    started = event.started
    # A board speaks before its driver says that it is up: its reads are kept, and count as fresh from then on.
    before = step.live.controllers.get(event.controller) or ControllerLive(up=False, since=event.at)
    taken: dict[Key, int] = {}
    reads = dict(before.reads)
    moved = False
    fresh: dict[int, Read] = {}
    for key, value in event.values.items():
        old = reads.get(key)
        if old is not None and old.at.mono_us > started.mono_us:
            continue
        moved = moved or old is None or old.value != value
        taken[key] = value
        # Most of a board's points read 0 or 1: one Read stands for all that read alike.
        reads[key] = fresh.get(value) or fresh.setdefault(value, Read(value, started))
    if not board.contacts:
        now_live = ControllerLive(before.up, before.since, before.code, reads, before.contacts)
        step.set_controller(event.controller, now_live)
        return Observed(moved=moved)
    contacts = dict(before.contacts)
    turned: list[InputId] = []
    for key in board.contacts & taken.keys():
        was = contacts.get(key)
        now = contacts[key] = _debounced(was, int(taken[key] != 0), started)
        if now.stable != (None if was is None else was.stable):
            turned += board.inputs.get(key, ())
    presses: list[WiredPress] = []
    for button, wired in board.buttons:
        module = _module(button.id, wired, step, before, taken, started)
        press = _press(button.id, wired, module, before, contacts, started)
        if press is not None:
            presses.append(press)
    step.set_controller(event.controller, replace(before, reads=reads, contacts=contacts))
    return Observed(tuple(sorted(turned)), tuple(presses), moved)


def away(step: Step, controller: ControllerId) -> None:
    """The board went away: what its contacts say is not known until they are read anew."""
    live = step.live.controllers.get(controller)
    if live is None:
        return
    gone = {key: replace(one, raw=ABSENT, stable=None) for key, one in live.contacts.items()}
    step.set_controller(controller, replace(live, contacts=gone))


def input_state(plan: Plan, live: Live, input_id: InputId, now: Instant) -> InputState:
    """What an input says: `unread` not known since start yet, `unsure` stale or unreadable."""
    sensor = plan.inputs[input_id].sensor
    contact = _contact(live, sensor)
    if (contact is None or contact.turned is None) and now.since(live.started) <= sensor.freshness_us:
        return "unread"
    if (
        contact is None
        or contact.stable is None
        or contact.confirmed is None
        # A contact that rattles without two equal reads is as good as unread.
        or now.since(contact.confirmed) > sensor.freshness_us
        or not live.controllers[sensor.point.controller].up
    ):
        return "unsure"
    return "active" if contact.stable == int(sensor.when) else "quiet"


def guarded_state(plan: Plan, live: Live, input_id: InputId, now: Instant) -> InputState:
    """As `input_state`, but one fresh single read of active is enough: for what holds a lock back."""
    state = input_state(plan, live, input_id, now)
    if state != "quiet":
        return state
    sensor = plan.inputs[input_id].sensor
    contact = _contact(live, sensor)
    seen = None if contact is None else contact.seen[sensor.when]
    if contact is None or seen is None or contact.turned is None:
        return state
    since_turned = seen.mono_us >= contact.turned.mono_us
    return "active" if since_turned and now.since(seen) <= sensor.freshness_us else state


def last_active(plan: Plan, live: Live, input_id: InputId) -> Instant | None:
    """When the input was last read active, even once; None: never in this run."""
    sensor = plan.inputs[input_id].sensor
    contact = _contact(live, sensor)
    return None if contact is None else contact.seen[sensor.when]


def input_fresh(plan: Plan, live: Live, input_id: InputId, now: Instant) -> bool:
    """Whether the input is being read."""
    return _fresh(live, plan.inputs[input_id].sensor, now)


def contact_fresh(plan: Plan, live: Live, button_id: ButtonId, now: Instant) -> bool:
    """Whether a wired button's contact is being read; False for a button that has none."""
    wired = plan.buttons[button_id].wired
    return wired is not None and _fresh(live, wired.contact, now)


def _fresh(live: Live, sensor: Sensor, now: Instant) -> bool:
    contact = _contact(live, sensor)
    return (
        contact is not None
        and contact.raw != ABSENT
        and now.since(contact.raw_at) <= sensor.freshness_us
        and live.controllers[sensor.point.controller].up
    )


def _contact(live: Live, sensor: Sensor) -> Contact | None:
    board = live.controllers.get(sensor.point.controller)
    return None if board is None else board.contacts.get(key_of(sensor.point))


def _debounced(was: Contact | None, value: int, at: Instant) -> Contact:
    if was is None:
        return Contact(value, at, at, seen=(None, at) if value else (at, None))
    seen = (was.seen[0], at) if value else (at, was.seen[1])
    if was.raw != value:
        return replace(was, raw=value, raw_at=at, raw_since=at, seen=seen)
    if at.since(was.raw_since) < DEBOUNCE_US:
        return replace(was, raw_at=at, seen=seen)
    turned = was.turned if was.stable == value else at
    return replace(was, raw_at=at, seen=seen, stable=value, turned=turned, confirmed=at)


# --- wired buttons ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Module:
    """What a counter or latch register says in a scan: by how much it moved, or that it was found set."""

    moved: int = 0
    found: bool = False
    counter: int | None = None
    waited_us: int | None = None


def _press(
    button: ButtonId,
    wired: Wired,
    module: _Module,
    before: ControllerLive,
    contacts: dict[Key, Contact],
    started: Instant,
) -> WiredPress | None:
    key = key_of(wired.contact.point)
    was, now = before.contacts.get(key), contacts.get(key)
    known = None if was is None else was.stable
    pressed = int(wired.contact.when)
    edge = now is not None and now.stable == pressed and known != pressed
    told_by = (
        "" if now is None or now.told is None or started.since(now.told) > SAME_PRESS_US else now.told_by
    )
    if module.moved:
        if told_by == "contact" and module.moved == 1:
            _tell(contacts, key, started, "")
            return None
        _tell(contacts, key, started, "" if edge else "module")
        return WiredPress(button, False, module.counter, module.waited_us)
    if edge:
        if told_by == "module":
            _tell(contacts, key, started, "")
            return None
        found = known is None
        # A level found may be old, so a counter that moves after it is a press of its own.
        _tell(contacts, key, started, "" if found else "contact")
        # Since it was last read let go: the first of the two pressed reads may have come long after the press.
        released = None if found or was is None else was.seen[1 - pressed]
        waited = None if released is None else started.since(released)
        return WiredPress(button, found, _expected(module.counter, found), waited)
    if module.found:
        _tell(contacts, key, started, "module")
        return WiredPress(button, True, module.counter, None)
    return None


def _expected(counter: int | None, found: bool) -> int | None:
    """The counter a contact's press will have: recorded so, or it would look like another press after a restart."""
    return counter if counter is None or found else (counter + 1) % REGISTER


def _tell(
    contacts: dict[Key, Contact], key: Key, at: Instant, told_by: Literal["", "contact", "module"]
) -> None:
    if key in contacts:
        contacts[key] = replace(contacts[key], told=at, told_by=told_by)


def _module(
    button: ButtonId,
    wired: Wired,
    step: Step,
    before: ControllerLive,
    taken: Mapping[Key, int],
    started: Instant,
) -> _Module:
    if wired.counter is not None:
        key = key_of(wired.counter)
        last = before.reads.get(key)
        value = taken.get(key)
        if value is None:
            return _Module(counter=None if last is None else last.value)
        if last is not None:
            return _Module(_moved(last.value, value), False, value, started.since(last.at))
        recorded = step.record.buttons.get(button, ButtonMemory()).counter
        if recorded is None or value == recorded:
            return _Module(counter=value)
        # Lower than recorded: the module was restarted too, and nobody knows when it was pressed since.
        return _Module(value - recorded, False, value) if value > recorded else _Module(0, value > 0, value)
    if wired.latch is not None and key_of(wired.latch) in taken:
        key = key_of(wired.latch)
        last, value = before.reads.get(key), taken[key]
        if last is None:
            return _Module(found=value != 0)
        return _Module(int(last.value == 0 and value != 0), waited_us=started.since(last.at))
    return _Module()


def _moved(last: int, value: int) -> int:
    """Presses between two reads; a lower value is a module that started anew, or a register that went round."""
    if value >= last:
        return value - last
    return 1 if last == REGISTER - 1 and value == 0 else value
