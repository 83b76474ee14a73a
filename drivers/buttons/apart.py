"""Which topics say so much that they are heard in a session of their own, so that no other button waits behind them. Pure.

One button with a stuck key, or a gateway gone mad, fills the broker's queue for whoever subscribed to it, and its
window of unacknowledged messages. Moved to another session it fills that one's.
"""

from dataclasses import dataclass

BUSY_MORE_THAN = 8
"""Messages of one topic within a second. A finger presses at most six times, and being set apart costs it nothing."""
WITHIN_US = 1_000_000
QUIET_US = 60_000_000
"""Silent for so long, a topic goes back to all others."""


@dataclass(slots=True)
class _Rate:
    since_us: int
    count: int = 0


class Apart:
    """Belongs to the loop's thread. `there`: topics that the session of the busy is subscribed to."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self._rates: dict[str, _Rate] = {}
        self._wanted: dict[str, None] = {}
        self._heard_us: dict[str, int] = {}

    def note(self, topic: str, at_us: int) -> bool:
        """A message came on one of our topics; whether that topic is a busy one."""
        if topic in self.there:
            self._heard_us[topic] = at_us
            return True
        rate = self._rates.get(topic)
        if rate is None or at_us - rate.since_us >= WITHIN_US:
            rate = self._rates[topic] = _Rate(at_us)
        rate.count += 1
        if rate.count > BUSY_MORE_THAN:
            self._wanted.setdefault(topic)
        return topic in self._wanted

    def wanted(self) -> list[str]:
        """Topics that are to be set apart, in the order in which they became busy."""
        return list(self._wanted)

    def moved(self, topic: str, at_us: int) -> None:
        """It is heard apart from now on."""
        self._wanted.pop(topic, None)
        self.there.add(topic)
        self._heard_us[topic] = at_us

    def given_up(self, topic: str) -> None:
        """It stays where it was; it may be tried again when it is busy again."""
        self._wanted.pop(topic, None)
        self._rates.pop(topic, None)

    def quiet(self, now_us: int) -> list[str]:
        """Topics that may go back."""
        return sorted(topic for topic in self.there if now_us - self._heard_us.get(topic, 0) >= QUIET_US)

    def back(self, *topics: str) -> None:
        """These are heard with all others again."""
        self.there -= set(topics)
        for topic in topics:
            self._heard_us.pop(topic, None)
            self._rates.pop(topic, None)
