"""What the box sees of its own networks, as flags: told whole by `edge.own_network`, and kept as it was while nothing is told."""

from collections.abc import Iterator
from typing import Final

from rules.model.events import NetworkTold
from rules.plan import Plan
from rules.shortcoming import is_there
from rules.state import State
from rules.step import Step

FlagKey = tuple[str, str]
CODES: Final = frozenset(
    {
        "unlisted_device",
        "device_mac_changed",
        "device_off_subnet",
        "camera_open",
        "broker_anonymous",
        "modbus_asks_nobody",
        "network_not_read",
        "password_default",
    }
)
"""The flags that may come from there."""


def told(step: Step, event: NetworkTold) -> None:
    """All that stands now; its flags follow with the next sweep."""
    step.change(network={(code, subject): args for code, subject, args in event.found if code in CODES})


def flags(plan: Plan, state: State) -> Iterator[tuple[FlagKey, tuple[str, ...]]]:
    """What was told last. Nothing was told since start: what was flagged before stands."""
    now = state.live.network
    if now is not None:
        yield from now.items()
        return
    for key, flag in state.record.flags.items():
        if key[0] in CODES and is_there(plan, key[1]):
            yield key, flag.args
