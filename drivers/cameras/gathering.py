"""A loop that takes the pictures of many cameras together: to wake for each one costs more than to read it.

What playing cameras send waits up to `GATHER_S` for what others send, and where nobody needs it soon up to `CALM_S`.
What the loop has to do at a time waits as long for the next of them: a timer costs a waking as well. Nothing else waits.
"""

import asyncio
import select
import selectors
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

GATHER_S: Final = 0.016
"""Of the 250 ms that a picture may take to the screen."""
CALM_S: Final = 0.04
"""Of the 100 ms within which a closed connection is told; by so much may be late what is said of when a picture came."""
FEW: Final = 8
"""Pictures of so few cameras seldom come that close together: they would only cost one more waking each."""

Found = list[tuple[selectors.SelectorKey, int]]


class Gathering(selectors.BaseSelector):
    """What may wait and what may not are watched by an epoll each, and these two by a third (epoll(7))."""

    def __init__(self, few: int = FEW) -> None:
        self._hurried, self._patient = selectors.EpollSelector(), selectors.EpollSelector()
        self._either = select.epoll()
        self._either.register(self._hurried.fileno(), select.EPOLLIN)
        self._either.register(self._patient.fileno(), select.EPOLLIN)
        self._may_wait: set[int] = set()
        self._moved: set[int] = set()
        """Of these, what the patient one watches: none while there are few."""
        self._few = few
        self.wait_s = self.late_s = GATHER_S
        """How long pictures wait for others, and timers for pictures."""
        self.more = False
        """Not all that had come was taken: the rest waits for nothing."""

    def may_wait(self, number: int) -> Callable[[], None]:
        """What comes by this descriptor is in no hurry. Returns what ends that; call it before it is closed."""
        self._may_wait.add(number)
        if len(self._may_wait) > self._few:
            for one in self._may_wait - self._moved:
                self._moved.add(one)
                _move(one, self._hurried, self._patient)

        def ends() -> None:
            self._may_wait.discard(number)
            if number in self._moved:
                self._moved.discard(number)
                _move(number, self._patient, self._hurried)

        return ends

    def hurry(self, on: bool) -> None:
        """Whether somebody needs pictures soon."""
        self.wait_s = self.late_s = GATHER_S if on else CALM_S

    def select(self, timeout: float | None = None) -> Found:
        if not self._moved:
            return self._hurried.select(timeout)
        if timeout is None:
            wait_s, until_s = -1.0, None
        elif timeout <= 0:
            wait_s = until_s = 0.0
        else:
            wait_s = timeout + self.late_s
            until_s = time.monotonic() + wait_s
        ready = {number for number, _ in self._either.poll(wait_s)}
        found = self._hurried.select(0) if self._hurried.fileno() in ready else []
        if self._patient.fileno() not in ready:
            return found
        if wait_s and not found and not self.more and len(self._may_wait) > self._few:
            left_s = self.wait_s if until_s is None else min(self.wait_s, until_s - time.monotonic())
            found = self._hurried.select(max(0.0, left_s))
        self.more = False
        return found + self._patient.select(0)

    # --- what a loop asks of any selector ---

    def _its(self, number: Any) -> selectors.EpollSelector:
        return self._patient if number in self._moved else self._hurried

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._its(fileobj).register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._its(fileobj).unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._its(fileobj).modify(fileobj, events, data)

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        return self._its(fileobj).get_key(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return {**self._hurried.get_map(), **self._patient.get_map()}

    def close(self) -> None:
        for one in (self._either, self._hurried, self._patient):
            one.close()


class GatheringLoop(asyncio.SelectorEventLoop):
    """The loop over it."""

    def __init__(self) -> None:
        self.gathering = Gathering()
        super().__init__(self.gathering)


def _move(number: int, where: selectors.EpollSelector, to: selectors.EpollSelector) -> None:
    if number in where.get_map():
        key = where.unregister(number)
        to.register(number, key.events, key.data)
