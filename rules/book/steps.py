"""Which state of an asset's life may follow which."""

from collections.abc import Mapping
from typing import Final

from rules.book.book import Asset
from rules.book.decision import Refused
from rules.model.asset_facts import AssetTurned
from rules.model.facts import Because, Entry
from rules.model.ids import Actor

MAY_FOLLOW: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("ordered", "stock", "deployed", "repair", "lost", "retired"),
    "ordered": ("stock", "deployed", "retired"),
    "stock": ("deployed", "repair", "lost", "retired"),
    "deployed": ("deployed", "stock", "repair", "lost", "retired"),
    "repair": ("deployed", "stock", "lost", "retired"),
    "lost": ("deployed", "stock", "repair", "retired"),
    "retired": ("stock",),
}
"""deployed after deployed is one that is reassigned. A retired one comes back by way of stock, with a reason."""
NEEDS_REASON: Final = frozenset({("retired", "stock"), ("ordered", "retired")})
ASKED: Final = Because("asked")


def may_turn(known: Asset, state: str) -> None:
    """Raises Refused where this state may not follow the one that it is in; the same one is no step."""
    if state != known.state and (not state or state not in MAY_FOLLOW[known.state]):
        raise refused_step(known, state)


def turned(known: Asset, state: str, reason: str, actor: Actor) -> Entry:
    """The step. The caller has asked `may_turn`."""
    fact = AssetTurned(known.id, known.state, state, reason)  # type: ignore[arg-type]  # checked by MAY_FOLLOW
    return Entry(fact, known.id, actor, because=ASKED)


def refused_step(known: Asset, state: str) -> Refused:
    """Why a step is none."""
    return Refused(
        "bad_step", ("asset", known.id), ("was", known.state or "unknown"), ("state", state or "unknown")
    )
