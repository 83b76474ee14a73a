"""How long anything holds the loop: every callback is timed, for whatever comes waits until the one before it is done."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

LIMIT_S: Final = 0.005
"""Issue 4, B4: nothing on the loop runs longer."""
TOO_MANY: Final = 20
"""Callbacks over the limit in one minute. A single one is the machine's own hiccup as often as ours."""
MUCH_TOO_LONG_S: Final = 0.25
"""One such callback is told of by itself: a press would have waited for it."""
CLEAR_AFTER_MIN: Final = 10
"""Minutes without trouble before the flag goes: it must not flutter."""

Tell = Callable[[str, bool, tuple[str, ...]], None]
"""A condition of the box (`ConditionChanged`): code, whether it holds, arguments for its text."""


class LoopWatch:
    """Belongs to the loop's thread. `begin` once, `minute` once a minute.

    By the wall clock: a callback that waits for a disk, and one that the machine gave no processor, hold a press alike.
    """

    def __init__(self, tell: Tell) -> None:
        self.longest_s = 0.0
        """The longest callback since `begin`."""
        self.over = 0
        """Callbacks over the limit since `begin`."""
        self._tell = tell
        self._in_minute = 0
        self._worst: tuple[float, str] = (0.0, "")
        self._clear = 0
        self._told = False
        self._original: Callable[[asyncio.Handle], None] | None = None

    def begin(self) -> None:
        """Time every callback from now on, of every loop in this process. Once."""
        if self._original is not None:
            return
        original, clock, took = asyncio.Handle._run, time.perf_counter, self._took
        self._original = original

        def run(handle: asyncio.Handle) -> None:
            began = clock()
            original(handle)
            held_s = clock() - began
            if held_s > LIMIT_S:
                took(held_s, handle)

        # The one place through which every callback and every step of every task goes (CPython 3.11 to 3.13).
        asyncio.Handle._run = run  # type: ignore[method-assign, assignment]

    def end(self) -> None:
        """Time no more."""
        if self._original is not None:
            asyncio.Handle._run = self._original  # type: ignore[method-assign, assignment]
            self._original = None

    def minute(self) -> None:
        """Judge the minute that is over."""
        worst_s, name = self._worst
        slow = self._in_minute > TOO_MANY or worst_s > MUCH_TOO_LONG_S
        self._in_minute, self._worst = 0, (0.0, "")
        self._clear = 0 if slow else self._clear + 1
        if slow:
            self._told = True
            self._tell("loop_slow", True, (f"{worst_s * 1000:.0f}", name))
        elif self._told and self._clear >= CLEAR_AFTER_MIN:
            self._told = False
            self._tell("loop_slow", False, ())

    def _took(self, held_s: float, handle: asyncio.Handle) -> None:
        self.over += 1
        self._in_minute += 1
        self.longest_s = max(self.longest_s, held_s)
        if held_s > self._worst[0]:
            self._worst = held_s, name_of(handle)


def name_of(handle: asyncio.Handle) -> str:
    """What a callback is, for whoever looks for the cause: a task's name, or the function's."""
    callback: Any = getattr(handle, "_callback", None)
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return owner.get_name()
    return str(getattr(callback, "__qualname__", type(callback).__name__))
