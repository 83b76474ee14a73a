"""The links between a press and a bolt, as a self-test goes through them, and what it may say of each."""

from typing import Literal, NewType, get_args

from rules.model.ids import ButtonId
from rules.model.values import dataclass

LinkKind = Literal["daemon", "broker", "controller", "input", "button", "decision", "lock", "output"]
LINK_KINDS: tuple[LinkKind, ...] = get_args(LinkKind)
"""In the order in which they are told: what others stand behind comes first."""
LinkName = NewType("LinkName", str)
"""`kind:id`, such as `lock:a-101`."""
Outcome = Literal["proven", "not_proven", "behind", "untestable"]
"""proven: seen to work, in this test. not_proven: seen not to, or not seen in time: a flag.

behind: not reached, because a link before it is not proven (the code names it): that one is the flag.
untestable: nothing silent could prove it (the code says why): a person tries it in a walk-test.
"""
TestCause = Literal["schedule", "person"]
ExerciseStep = Literal["locking", "returning", "not_back", "ended"]
"""locking: told to lock. returning: on its way back to its rest. not_back: tried, and not proven at its rest."""


def link_name(kind: LinkKind, subject: str) -> LinkName:
    """The name of a link."""
    return LinkName(f"{kind}:{subject}")


@dataclass(frozen=True, slots=True)
class BrokerProbe:
    """Publish a message of our own over the presses' session, and say whether it came back through the broker."""

    run: int


@dataclass(frozen=True, slots=True)
class DecisionProbe:
    """Ask the rules what a press of this button would do now. Nothing of what they say leaves."""

    run: int
    button: ButtonId


Probe = BrokerProbe | DecisionProbe
"""What a self-test asks of the box itself. It switches nothing, so that no permit is needed."""
