"""Whether each part could be relied on now: armed or not, silence, batteries, sessions, and the flags they raise."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Literal

from rules import contacts, doors
from rules.model.events import ConditionChanged, ControllerChanged, MessageRefused, SessionChanged, StatusHeard
from rules.model.facts import (
    Because,
    ButtonTurned,
    ControllerTurned,
    FlagCleared,
    FlagRaised,
    MessageRefusedRecorded,
    SessionTurned,
)
from rules.model.ids import Actor, ButtonId
from rules.model.moments import MINUTE_US, SECOND_US, Instant
from rules.plan import ButtonPlan, Plan
from rules.state import ButtonLive, ControllerLive, State
from rules.step import DAEMON, Step

SWEEP_EVERY_US: Final = SECOND_US
BATTERY_LOW_PERCENT: Final = 15
"""A lithium cell's discharge curve is flat and then falls: below this it is a matter of days."""
SETTLING_US: Final = 5 * SECOND_US
"""After start, what has not answered yet is shown as unknown and flagged only from here on."""
REFUSED_EACH_MINUTE: Final = 20
"""Unreadable messages recorded one by one in a minute; the rest of a flood is only counted."""

ButtonState = Literal["heard", "unknown", "silent", "unsupervised"]
FlagKey = tuple[str, str]


def armed(plan: Plan, state: State) -> tuple[bool, str]:
    """Whether a press now would be decided and every reachable controller commanded; else the code of why not."""
    if not any(one.up for one in state.live.controllers.values()):
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


def button_state(plan: ButtonPlan, state: State, now: Instant) -> ButtonState:
    """Heard within its limit, silent, not heard yet since start, or a model that cannot be supervised."""
    if plan.silence_limit_us is None:
        return "unsupervised"
    live = state.live.buttons.get(plan.id, ButtonLive())
    since = live.heard or state.live.started
    if now.since(since) > plan.silence_limit_us:
        return "silent"
    return "unknown" if live.heard is None else "heard"


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
    if not event.retained and event.online is not False:
        before = button_state(plan, step.state, step.at)
        clock = live.clock if event.device_at_us is None else (event.device_at_us, event.at)
        live = replace(live, heard=event.at, online=True, status_at=event.at, clock=clock)
        step.change(buttons={**step.live.buttons, plan.id: live})
        if before == "silent":
            step.write(ButtonTurned(plan.id, "heard"), plan.id, actor=_device(plan.id))
        return
    step.change(buttons={**step.live.buttons, plan.id: live})


def message_refused(step: Step, event: MessageRefused) -> None:
    """A message that could not be read: recorded with its digest, its text sealed; a flood is counted."""
    shed = step.live.refused
    minute = step.at.mono_us // MINUTE_US
    count = shed[1] + 1 if shed[0] == minute else 1
    step.change(refused=(minute, count))
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
    subject = event.button or step.plan.campus
    step.write(fact, subject, actor=_device(subject), because=Because(event.code))


def session_changed(step: Step, event: SessionChanged) -> None:
    """One of our MQTT sessions went up or down."""
    if step.live.sessions.get(event.session) == event.up:
        return
    step.change(sessions={**step.live.sessions, event.session: event.up})
    fact = SessionTurned(event.session, event.up, event.detail)
    step.write(fact, event.session, actor=DAEMON, because=Because("session_up" if event.up else "session_down"))


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
    """Once a second: silence of buttons, and every flag raised or cleared."""
    if step.live.swept is not None and step.at.since(step.live.swept) < SWEEP_EVERY_US:
        return
    before = step.live.swept
    step.change(swept=step.at)
    if before is not None:
        _turn_silent(step, before)
    sweep_flags(step)


def sweep_flags(step: Step) -> None:
    """Raise the flags that hold now and were not raised, clear those that no longer hold."""
    now = dict(flags(step.plan, step.state))
    for key, args in now.items():
        if key not in step.record.flags:
            step.write(FlagRaised(*key, args), key[1], because=Because(key[0]))
    for key in [key for key in step.record.flags if key not in now]:
        step.write(FlagCleared(*key), key[1], because=Because(key[0]))


def flags(plan: Plan, state: State) -> Iterator[tuple[FlagKey, tuple[str, ...]]]:
    """Every safety shortcoming that holds now, as ((code, subject), args); by rule, never typed in."""
    live, now = state.live, state.live.now
    settled = now.since(live.started) > SETTLING_US
    for code, subject in plan.standing_flags:
        yield (code, subject), ()
    for code, args in live.conditions.items():
        yield (code, str(plan.campus)), args
    is_armed, why = armed(plan, state)
    if settled and not is_armed:
        yield ("not_armed", str(plan.campus)), (why,)
    for controller in plan.controllers:
        its = live.controllers.get(controller)
        if settled and (its is None or not its.up):
            yield ("controller_down", controller), ("never_heard" if its is None else its.code,)
    if settled and any(button.wired is None for button in plan.buttons.values()):
        for session in ("presses", "status"):
            if not live.sessions.get(session, False):
                yield (f"{session}_session_down", str(plan.campus)), ()
    for button in plan.buttons.values():
        if button.wired is None:
            yield from _button_flags(button, state, now)
        elif settled and not contacts.contact_fresh(plan, live, button.id, now):
            yield ("button_silent", button.id), ()
    for input_id, its_state in live.inputs.items():
        if its_state == "unsure":
            fire = plan.inputs[input_id].kind == "fire-alarm"
            yield ("fire_input_unsure" if fire else "input_unsure", input_id), ()
    for waiting in state.record.unanswered.values():
        yield ("unanswered_press", waiting.button), (str(waiting.number), waiting.why)
    if settled:
        yield from doors.flags(plan, state)


def _button_flags(plan: ButtonPlan, state: State, now: Instant) -> Iterator[tuple[FlagKey, tuple[str, ...]]]:
    its = button_state(plan, state, now)
    if its == "silent":
        yield ("button_silent", plan.id), ()
    elif its == "unsupervised":
        yield ("unsupervised_by_design", plan.id), ()
    live = state.live.buttons.get(plan.id, ButtonLive())
    if live.battery is not None and live.battery <= BATTERY_LOW_PERCENT:
        yield ("button_battery_low", plan.id), (str(live.battery),)
    if live.online is False:
        yield ("button_said_offline", plan.id), ()
    memory = state.record.buttons.get(plan.id)
    if memory is not None and any(one.standing == "retained" for one in memory.presses):
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
