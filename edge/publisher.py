"""Keeps the retained state topics true: what changed at most ten times a second, and all of it before it lapses."""

import asyncio
from collections.abc import Callable
from typing import Final

from drivers.clock import instant
from edge import topics
from rules.model.moments import Instant
from rules.plan import Plan
from rules.state import State
from rules.supervision import armed

SETTLE_S: Final = 0.1
"""Door states follow the wire, they do not race it: within this they are told together."""

Publish = Callable[[str, bytes, bool], None]


class Publisher:
    """Belongs to the loop's thread. `publish` must not block."""

    def __init__(self, publish: Publish, epoch: Callable[[], str]) -> None:
        self.since = instant()
        """When `armed` last turned."""
        self._publish = publish
        self._epoch = epoch
        self._said: topics.Messages = {}
        self._armed: bool | None = None
        self._due: asyncio.TimerHandle | None = None
        self._latest: tuple[Plan, State] | None = None
        self._refreshed = instant()

    def note(self, plan: Plan, before: State, after: State) -> None:
        """Something may have changed; cheap, and called after each event."""
        if self._due is not None:
            self._latest = (plan, after)
        elif _differs(before, after) or armed(plan, after)[0] != self._armed or self._lapsing(after.live.now):
            self._latest = (plan, after)
            self._due = asyncio.get_running_loop().call_later(SETTLE_S, self._tell)

    def forget(self) -> None:
        """Tell everything anew: to another broker, or by another configuration."""
        self._said = {}
        self._armed = None

    def _lapsing(self, now: Instant) -> bool:
        return now.since(self._refreshed) >= topics.REFRESH_S * 1_000_000

    def _tell(self) -> None:
        self._due = None
        if self._latest is None:
            return
        plan, state = self._latest
        now = instant()
        is_armed = armed(plan, state)[0]
        if is_armed != self._armed:
            self._armed, self.since = is_armed, now
        said = topics.messages(plan, state, self._epoch(), self.since)
        messages = topics.changed(self._said, said, now)
        if self._lapsing(now):
            self._refreshed = now
            messages = topics.refreshed(said, now) + [one for one in messages if not one[1]]
        self._said = said
        for topic, payload in messages:
            self._publish(topic, payload, True)


def _differs(before: State, after: State) -> bool:
    was, now = before.live, after.live
    return was.doors is not now.doors or before.record is not after.record or was.sessions is not now.sessions
