"""Messages the broker still holds for us until what they said is durable. Pure bookkeeping."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from rules.model.ids import DeliveryId


@dataclass(slots=True)
class _Message:
    """One message not yet acknowledged.

    mid: the broker's packet id. waiting: its events not yet durable.
    since_us: monotonic time from which on it may have been waiting; None unknown.
    """

    mid: int
    waiting: int
    since_us: int | None


class Deliveries:
    """Gives every event of a message its own delivery; the message is acknowledged with the last of them."""

    def __init__(self, numbers: Iterator[int] | None = None) -> None:
        """numbers: of deliveries, where several sessions share them."""
        self._numbers = count(1) if numbers is None else numbers
        self._messages: dict[DeliveryId, _Message] = {}

    def hold(self, mid: int, events: int, since_us: int | None) -> tuple[DeliveryId, ...]:
        """Deliveries for `events` events of the message `mid`, which is one or more."""
        message = _Message(mid, events, since_us)
        deliveries = tuple(DeliveryId(next(self._numbers)) for _ in range(events))
        self._messages |= dict.fromkeys(deliveries, message)
        return deliveries

    def done(self, delivery: DeliveryId) -> int | None:
        """The packet id to acknowledge now; None while other events of it wait, or its connection is lost."""
        message = self._messages.pop(delivery, None)
        if message is None:
            return None
        message.waiting -= 1
        return None if message.waiting else message.mid

    def forget(self) -> None:
        """The connection is gone: the broker will deliver all of them again, under new deliveries."""
        self._messages.clear()

    def waiting(self) -> int:
        """Events not yet durable."""
        return len(self._messages)

    def all_seen_until(self, heard_us: int) -> int | None:
        """Up to when everything the broker had for us was taken over, if it was heard at `heard_us`.

        None: something of unknown age still waits.
        """
        until = heard_us
        for message in self._messages.values():
            if message.since_us is None:
                return None
            until = min(until, message.since_us)
        return until
