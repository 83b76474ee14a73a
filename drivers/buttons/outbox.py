"""What waits to be published: retained states, the newest of each topic, and answers to buttons. Pure."""

from collections import deque

MOST_TOPICS = 10_000
"""Doors and zones of the largest campus are far below; more is a bug of ours, and is dropped."""
MOST_ANSWERS = 1_000
"""As many as a broker queues by default. A button that hears none repeats and is answered again."""


class StateBoard:
    """The newest payload of every retained topic, and which of them the broker has not confirmed yet."""

    def __init__(self, first: str) -> None:
        self._first = first
        self._payloads: dict[str, bytes] = {}
        self._unsent: dict[str, None] = {}

    def put(self, topic: str, payload: bytes) -> bool:
        """The newest state wins. False: dropped, there are too many topics."""
        if topic not in self._payloads and len(self._payloads) >= MOST_TOPICS:
            return False
        self._payloads[topic] = payload
        self._unsent[topic] = None
        return True

    def all_unsent(self) -> None:
        """A new connection: the broker may have forgotten everything, or published the last will."""
        self._unsent = dict.fromkeys(self._payloads)

    def take(self, most: int) -> list[tuple[str, bytes]]:
        """The next states to send, `first` before all others, else oldest change first."""
        topics = sorted(self._unsent, key=lambda topic: topic != self._first)[:most]
        return [(topic, self._payloads[topic]) for topic in topics]

    def sent(self, topic: str, payload: bytes) -> None:
        """The broker has confirmed this payload; a newer one put meanwhile still waits."""
        if self._payloads.get(topic) == payload:
            self._unsent.pop(topic, None)


class Answers:
    """Messages that are each sent: in order on one topic, the topics in turn, so that a stuck button's thousands hold up
    nobody else's."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[bytes]] = {}
        self._count = 0

    def put(self, topic: str, payload: bytes) -> None:
        """Queue one; where too many wait, the oldest falls out of whoever has the most."""
        self._waiting.setdefault(topic, deque()).append(payload)
        self._count += 1
        if self._count > MOST_ANSWERS:
            most = max(self._waiting, key=lambda one: len(self._waiting[one]))
            self._pop(most)

    def take(self, most: int) -> list[tuple[str, bytes]]:
        """The next ones, no longer waiting; `put_back` those that could not be sent."""
        taken: list[tuple[str, bytes]] = []
        while self._count and len(taken) < most:
            topic = next(iter(self._waiting))
            taken.append((topic, self._pop(topic)))
            if topic in self._waiting:  # behind all others
                self._waiting[topic] = self._waiting.pop(topic)
        return taken

    def put_back(self, messages: list[tuple[str, bytes]]) -> None:
        """These were not confirmed: they go first next time."""
        room = MOST_ANSWERS - self._count
        first: dict[str, deque[bytes]] = {}
        for topic, payload in messages[:room]:
            first.setdefault(topic, deque()).append(payload)
            self._count += 1
        for topic, payloads in first.items():
            payloads.extend(self._waiting.pop(topic, ()))
        self._waiting = {**first, **self._waiting}

    def _pop(self, topic: str) -> bytes:
        payload = self._waiting[topic].popleft()
        self._count -= 1
        if not self._waiting[topic]:
            del self._waiting[topic]
        return payload
