"""Whether each part could be relied on now: armed or not, silence, batteries, sessions, and the flags they raise."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from rules import (
    alerts,
    cameras,
    contacts,
    doors,
    drill_due,
    exercising,
    own_network,
    selftest,
    shortcoming,
    would_lock,
)
from rules.book import kinds
from rules.model.events import (
    ConditionChanged,
    ControllerChanged,
    MessageRefused,
    SessionChanged,
    SessionName,
    StatusHeard,
)
from rules.model.facts import (
    Because,
    ButtonTurned,
    ControllerTurned,
    FlagCleared,
    FlagRaised,
    MessageRefusedRecorded,
    SessionTurned,
)
from rules.model.ids import Actor, ButtonId, DoorId
from rules.model.moments import MINUTE_US, SECOND_US, Instant
from rules.plan import ButtonPlan, DoorPlan, Plan
from rules.record import REMEMBERED_US
from rules.silence import button_state, settled
from rules.state import ButtonLive, ButtonMemory, ControllerLive, State
from rules.step import DAEMON, Step

SWEEP_EVERY_US: Final = SECOND_US
DOORS_A_SWEEP: Final = 100
"""Doors whose flags are gone through with one tick, in some 1 ms."""
BATTERY_LOW_PERCENT: Final = 15
"""A lithium cell's discharge curve is flat and then falls: below this it is a matter of days."""
REFUSED_EACH_MINUTE: Final = 20
"""Unreadable messages recorded one by one in a minute; the rest of a flood is only counted."""

UNREADABLE_STANDS_US: Final = 60 * MINUTE_US
"""How long after its last unreadable message a device is flagged for it."""
RAISED_ANEW: Final = frozenset(
    {
        "unanswered_press",
        "not_armed",
        "link_not_proven",
        "lock_not_exercised",
        "would_not_lock",
        "unlisted_device",
    }
)
"""Flags whose words would mislead with old arguments, and that no device can make flutter."""
OF_DOORS: Final = doors.FLAGS | {"would_not_lock"}
"""Gone through some doors at a time."""

FlagKey = tuple[str, str]


def armed(plan: Plan, state: State) -> tuple[bool, str]:
    """Whether a press now would be decided and every reachable controller commanded; else the code of why not."""
    boards = (state.live.controllers.get(one) for one in plan.controllers)
    if not any(one is not None and one.up for one in boards):
        return False, "no_controller"
    networked = state.live.sessions.get("presses", False) and any(
        button.wired is None for button in plan.buttons.values()
    )
    if networked or any(
        contacts.contact_fresh(plan, state.live, button.id, state.live.now)
        for button in plan.buttons.values()
        if button.wired is not None
    ):
        return True, ""
    return False, "no_button_path"


def sessions(plan: Plan) -> tuple[SessionName, ...]:
    """Those with the broker that a campus needs; none where every button is wired."""
    networked = any(button.wired is None for button in plan.buttons.values())
    return ("presses", "status") if networked else ()


def status_heard(step: Step, event: StatusHeard) -> None:
    """A button's report. A retained one tells of the past: its battery is taken, its life is not."""
    plan = step.plan.buttons.get(event.button)
    if plan is None:
        return
    live = step.live.buttons.get(plan.id, ButtonLive())
    if event.battery is not None:
        live = replace(live, battery=event.battery)
    if event.online is not None:
        live = replace(live, online=event.online)
    # A last will comes from the broker: it is no sign of life, and neither is a retained message.
    alive = not event.retained and event.online is not False
    if alive:
        clock = live.clock if event.device_at_us is None else (event.device_at_us, event.at)
        live = replace(live, status_at=event.at, clock=clock)
    step.change(buttons={**step.live.buttons, plan.id: live})
    if alive:
        heard(step, plan, step.at)


def heard(step: Step, plan: ButtonPlan, at: Instant) -> None:
    """A button showed life at `at`, now or earlier; what is known already is newer or the same."""
    live = step.live.buttons.get(plan.id, ButtonLive())
    if at.since(live.heard or step.live.started) < 0:
        return
    before = button_state(plan, step.state, step.at)
    # A last will may have come after a press that the broker kept.
    online = True if at == step.at else live.online
    step.change(buttons={**step.live.buttons, plan.id: replace(live, heard=at, online=online)})
    if before == "silent" and button_state(plan, step.state, step.at) != "silent":
        step.write(ButtonTurned(plan.id, "heard"), plan.id, actor=_device(plan.id))


def message_refused(step: Step, event: MessageRefused) -> None:
    """A message that could not be read: recorded with its digest, its text sealed; a flood is counted."""
    shed = step.live.refused
    minute = step.at.mono_us // MINUTE_US
    count = shed[1] + 1 if shed[0] == minute else 1
    subject = event.button or step.plan.campus
    step.change(refused=(minute, count), unreadable={**step.live.unreadable, subject: step.at})
    if count > REFUSED_EACH_MINUTE:
        return
    fact = MessageRefusedRecorded(
        button=event.button,
        code=event.code,
        size=len(event.payload),
        sha256=hashlib.sha256(event.payload).hexdigest(),
        topic=event.topic[:256],
        payload=event.payload[:256].decode("utf-8", "replace"),
    )
    step.write(fact, subject, actor=_device(subject), because=Because(event.code))


def session_changed(step: Step, event: SessionChanged) -> None:
    """One of our MQTT sessions went up or down."""
    if step.live.sessions.get(event.session) == event.up:
        return
    step.change(sessions={**step.live.sessions, event.session: event.up})
    fact = SessionTurned(event.session, event.up, event.detail)
    step.write(
        fact, event.session, actor=DAEMON, because=Because("session_up" if event.up else "session_down")
    )


def controller_changed(step: Step, event: ControllerChanged) -> None:
    """A controller answers again, or no longer."""
    live = step.live.controllers.get(event.controller)
    if live is not None and live.up == event.up:
        return
    if live is None:
        live = ControllerLive(event.up, event.at, event.code)
    step.set_controller(event.controller, replace(live, up=event.up, since=event.at, code=event.code))
    if not event.up:
        contacts.away(step, event.controller)
    fact = ControllerTurned(event.controller, event.up, event.code, event.detail)
    actor = Actor(f"device:{event.controller}")
    step.write(fact, event.controller, actor=actor, because=Because(event.code))


def condition_changed(step: Step, event: ConditionChanged) -> None:
    """A condition of the box; its flag follows at once."""
    conditions = {code: args for code, args in step.live.conditions.items() if code != event.code}
    if event.active:
        conditions[event.code] = event.args
    step.change(conditions=conditions)
    sweep_flags(step)


def sweep(step: Step) -> None:
    """Once a second: silence of buttons, and every flag raised or cleared; those of many doors some with each tick."""
    before = step.live.swept
    if before is None or step.at.since(before) >= SWEEP_EVERY_US:
        round_over = step.live.doors_swept >= len(step.plan.doors)
        step.change(swept=step.at, doors_swept=0 if round_over else step.live.doors_swept)
        if before is not None:
            _turn_silent(step, before)
        sweep_flags(step)
    if step.live.doors_swept < len(step.plan.doors):
        _sweep_doors(step, step.live.doors_swept)


def sweep_flags(step: Step) -> None:
    """Raise the flags that hold now and were not raised, clear those that no longer hold; but for the doors' and the book's."""
    _turn(
        step,
        dict(flags(step.plan, step.state)),
        [key for key in step.record.flags if key[0] not in OF_DOORS and key[0] not in kinds.FLAGS],
    )
    shortcoming.sweep(step)


def _sweep_doors(step: Step, first: int) -> None:
    """The same for some doors, the `first` and those behind it, and with the first for doors that are no more."""
    some = tuple(step.plan.doors.values())[first : first + DOORS_A_SWEEP]
    step.change(doors_swept=first + DOORS_A_SWEEP)
    ours = {door.id for door in some}
    if first == 0:
        ours |= {DoorId(key[1]) for key in step.record.flags} - step.plan.doors.keys()
    _turn(
        step,
        dict(_of_doors(step.plan, step.state, some)) if settled(step.live) else {},
        [key for key in step.record.flags if key[0] in OF_DOORS and key[1] in ours],
    )


def _of_doors(
    plan: Plan, state: State, some: tuple[DoorPlan, ...]
) -> Iterator[tuple[FlagKey, tuple[str, ...]]]:
    yield from doors.flags(plan, state, some)
    for door in some:
        yield from would_lock.flags(state, door)


def _turn(step: Step, now: Mapping[FlagKey, tuple[str, ...]], raised_before: Iterable[FlagKey]) -> None:
    for key, args in now.items():
        raised = step.record.flags.get(key)
        if raised is None or (key[0] in RAISED_ANEW and raised.args != args):
            step.write(FlagRaised(*key, args), key[1], because=Because(key[0]))
    if not settled(step.live):
        # What has not answered yet since start is no better than it was before.
        return
    for key in raised_before:
        if key not in now:
            step.write(FlagCleared(*key), key[1], because=Because(key[0]))


def flags(plan: Plan, state: State) -> Iterator[tuple[FlagKey, tuple[str, ...]]]:
    """Every safety shortcoming that holds now but for the doors' (`doors.flags`), as ((code, subject), args).

    By rule, never typed in.
    """
    live, now = state.live, state.live.now
    is_settled = settled(live)
    for code, subject in plan.standing_flags:
        yield (code, subject), ()
    for code, args in live.conditions.items():
        yield (code, str(plan.campus)), args
    is_armed, why = armed(plan, state)
    if is_settled and not is_armed:
        yield ("not_armed", str(plan.campus)), (why,)
    for controller in plan.controllers:
        its = live.controllers.get(controller)
        if is_settled and (its is None or not its.up):
            yield ("controller_down", controller), ("never_heard" if its is None else its.code,)
    if is_settled:
        for session in sessions(plan):
            if not live.sessions.get(session, False):
                yield (f"{session}_session_down", str(plan.campus)), ()
    for button in plan.buttons.values():
        if button.wired is None:
            yield from _button_flags(button, state, now)
        elif is_settled and not contacts.contact_fresh(plan, live, button.id, now):
            yield ("button_silent", button.id), ()
    for one in plan.inputs.values():
        if live.inputs.get(one.id) == "unsure":
            yield ("fire_input_unsure" if one.kind == "fire-alarm" else "input_unsure", one.id), ()
    for subject, last in live.unreadable.items():
        if now.since(last) <= UNREADABLE_STANDS_US:
            yield ("message_refused", subject), ()
    for waiting in state.record.unanswered.values():
        yield ("unanswered_press", waiting.button), (str(waiting.number), waiting.why)
    yield from selftest.flags(plan, state)
    yield from exercising.flags(plan, state)
    yield from cameras.flags(plan, state)
    yield from own_network.flags(plan, state)
    yield from alerts.flags(plan, state)
    yield from drill_due.flags(plan, state)


def _button_flags(plan: ButtonPlan, state: State, now: Instant) -> Iterator[tuple[FlagKey, tuple[str, ...]]]:
    its = button_state(plan, state, now)
    live = state.live.buttons.get(plan.id, ButtonLive())
    raised = state.record.flags
    # Not heard since start is no better than what was raised before the start.
    if its == "silent" or (its == "unknown" and ("button_silent", plan.id) in raised):
        yield ("button_silent", plan.id), ()
    low = ("button_battery_low", plan.id)
    if live.battery is not None and live.battery <= BATTERY_LOW_PERCENT:
        yield low, (str(live.battery),)
    elif live.battery is None and low in raised:
        yield low, raised[low].args
    offline = ("button_said_offline", plan.id)
    if live.online is False or (live.online is None and offline in raised):
        yield offline, ()
    memory = state.record.buttons.get(plan.id, ButtonMemory())
    if any(
        one.standing == "retained" and now.utc_us - one.at.utc_us <= REMEMBERED_US for one in memory.presses
    ):
        yield ("retained_press", plan.id), ()


def _turn_silent(step: Step, before: Instant) -> None:
    """Tell, once, of each button that fell silent since the last sweep."""
    for plan in step.plan.buttons.values():
        if plan.wired is not None:
            continue
        was = button_state(plan, step.state, before)
        if was != "silent" and button_state(plan, step.state, step.at) == "silent":
            step.write(ButtonTurned(plan.id, "silent"), plan.id, because=Because("silence_limit"))


def _device(subject: ButtonId | str) -> Actor:
    return Actor(f"device:{subject}")
