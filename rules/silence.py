"""Whether a button is heard within its limit, and for how long after start what has not answered is only not known."""

from typing import Final, Literal

from rules.model.moments import SECOND_US, Instant
from rules.plan import ButtonPlan
from rules.state import ButtonLive, Live, State

SETTLING_US: Final = 5 * SECOND_US
"""After start, what has not answered yet is shown as unknown and flagged only from here on."""

ButtonState = Literal["heard", "unknown", "silent", "unsupervised"]


def button_state(plan: ButtonPlan, state: State, now: Instant) -> ButtonState:
    """Heard within its limit, silent, not heard yet since start, or a model that cannot be supervised."""
    if plan.silence_limit_us is None:
        return "unsupervised"
    live = state.live.buttons.get(plan.id, ButtonLive())
    since = live.heard or state.live.started
    if now.since(since) > plan.silence_limit_us:
        return "silent"
    return "unknown" if live.heard is None else "heard"


def settled(live: Live) -> bool:
    """Whether what can be read was read by now."""
    return live.now.since(live.started) > SETTLING_US
