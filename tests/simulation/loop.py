"""A loop without a machine: virtual time, chance by seed, no sockets, no threads. One seed, one run, bit for bit.

`../reference/faults.md` section 5 in our words. What the loop's users may rely on stays true: `call_soon` is first in,
first out. What they may not rely on is drawn by lot: how long a callback takes, which of several due timers and
arrivals comes first, how long a thread needs.
"""

import asyncio
import contextlib
import heapq
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import Context, ContextVar
from hashlib import blake2b
from random import Random
from typing import Any, Final

PROCESS: Final[ContextVar[int]] = ContextVar("PROCESS", default=0)
"""Whose callback it is: 0 the world's, else the number of a run of the daemon, which may be killed."""
CALLBACK_S: Final = 0.000_05
"""How long a callback takes on the average."""
NANO: Final = 1_000_000_000
UTC_S: Final = 1_788_000_000
NEAR_S: Final = 1.0
"""Timers of a daemon within this are its rounds, which go on as they were; what waits longer is nearer after a leap."""
BOOT_S: Final = 20
"""What a boot of the machine takes by its own clock; the world does not wait for it."""


class Deadlock(Exception):
    """Nothing is ready, and nothing ever will be."""


class _Numbered:
    """Sets of tasks are gone through by hash, which is an address elsewhere: here it is a number."""

    number: int

    def __hash__(self) -> int:
        return self.number


class _Task(_Numbered, asyncio.Task[Any]):
    def __init__(self, coro: Any, *, loop: "SeededLoop", **more: Any) -> None:
        self.number = loop.numbered()
        super().__init__(coro, loop=loop, **more)


class _Future(_Numbered, asyncio.Future[Any]):
    def __init__(self, *, loop: "SeededLoop") -> None:
        self.number = loop.numbered()
        super().__init__(loop=loop)


class SeededLoop(asyncio.BaseEventLoop):
    """Runs one ready callback at a time. `killed`: processes whose callbacks are dropped."""

    def __init__(self, seed: int, *, boot_s: float = 1_000.0, utc_s: int = UTC_S) -> None:
        super().__init__()
        self.random = Random(f"loop {seed}")
        self.now_ns = int(boot_s * NANO)
        self.wall_ahead_ns = self._right_ahead_ns = utc_s * NANO - self.now_ns
        self.leapt_ns = 0
        """How much time passed in leaps so far."""
        self.booted_ns = 0
        self.killed: set[int] = set()
        self.raised: list[tuple[str, BaseException | None]] = []
        self.steps = 0
        self.step_done: Callable[[], None] = lambda: None
        self._trace = blake2b(digest_size=8)
        self._clock_resolution = 1e-9
        self._numbers = 0
        self.set_debug(False)
        self.set_task_factory(lambda loop, coro, **more: _Task(coro, loop=self, **more))
        self.set_exception_handler(self._collect)

    def numbered(self) -> int:
        """The next number of a task or future."""
        self._numbers += 1
        return self._numbers

    def create_future(self) -> Any:
        return _Future(loop=self)

    # --- clocks --------------------------------------------------------------------------------

    @property
    def world_s(self) -> float:
        """Seconds since the beginning of the world, for whoever looks at it from outside. Goes on over every boot."""
        return self.now_ns / NANO

    def time(self) -> float:
        """Virtual seconds; each look at the clock takes its time. A daemon counts from the boot of its machine."""
        self.now_ns += 500
        return (self.now_ns - (self.booted_ns if PROCESS.get() else 0)) / NANO

    def monotonic_ns(self) -> int:
        """CLOCK_MONOTONIC."""
        self.now_ns += 500
        return self.now_ns - (self.booted_ns if PROCESS.get() else 0)

    def reboot(self) -> None:
        """The machine starts anew: CLOCK_MONOTONIC begins from zero. Only while no daemon runs."""
        self.booted_ns = self.now_ns - BOOT_S * NANO

    @property
    def right_s(self) -> float:
        """Seconds since 1970 by a clock that nobody sets. Leaps count."""
        return (self.now_ns + self._right_ahead_ns + self.leapt_ns) / NANO

    def leap(self, by_s: float) -> None:
        """So much time passes at once by both clocks; `world_s`, the time of whoever looks on, stands still.

        What the daemon waits for is nearer by as much, and due now where it is past.
        """
        by_ns = round(by_s * NANO)
        self.booted_ns -= by_ns
        self.wall_ahead_ns += by_ns
        self.leapt_ns += by_ns
        now_s = self.now_ns / NANO
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        for handle in scheduled:
            if handle._context.get(PROCESS, 0) and handle.when() - now_s > NEAR_S:  # type: ignore[attr-defined]
                handle._when = max(now_s, handle.when() - by_s)  # type: ignore[attr-defined]
        heapq.heapify(scheduled)

    def time_ns(self) -> int:
        """The wall clock, which somebody may set."""
        self.now_ns += 500
        return self.now_ns + self.wall_ahead_ns

    @property
    def trace(self) -> str:
        """What was run when, as a digest: two runs of a seed have one."""
        return self._trace.hexdigest()

    # --- the core ------------------------------------------------------------------------------

    def _run_once(self) -> None:
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        ready = self._ready  # type: ignore[attr-defined]
        if not ready:
            while scheduled and scheduled[0]._cancelled:
                heapq.heappop(scheduled)._scheduled = False  # type: ignore[attr-defined]
            if not scheduled:
                if self._stopping:  # type: ignore[attr-defined]
                    return
                raise Deadlock
            self.now_ns = max(self.now_ns, int(scheduled[0].when() * NANO) + 1)
        due: list[asyncio.TimerHandle] = []
        now_s = self.now_ns / NANO
        while scheduled and scheduled[0].when() <= now_s:
            handle = heapq.heappop(scheduled)
            handle._scheduled = False  # type: ignore[attr-defined]
            due.append(handle)
        if len(due) > 1:
            self.random.shuffle(due)
        ready.extend(due)
        while ready:
            handle = ready.popleft()
            if handle._cancelled:
                continue
            process = handle._context.get(PROCESS, 0)
            if process in self.killed:
                continue
            self.steps += 1
            self._trace.update(b"%d %d;" % (process, self.now_ns))
            handle._run()
            self.now_ns += int(self.random.expovariate(1 / CALLBACK_S) * NANO)
            self.step_done()
            return

    def _process_events(self, event_list: Any) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> Any:
        """There is one thread."""
        return self.call_soon(callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> Any:
        """At this moment by the clock of whoever asks."""
        when += (self.booted_ns if PROCESS.get() else 0) / NANO
        return super().call_at(when, callback, *args, context=context)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        """A thread that takes its time, and then does it all at once."""
        done = self.create_future()

        def run() -> None:
            if done.cancelled():
                return
            try:
                done.set_result(func(*args))
            except Exception as err:  # noqa: BLE001  # it belongs to whoever asked
                done.set_exception(err)

        self.call_later(self.random.expovariate(1 / 0.002), run)
        return done

    def add_signal_handler(self, sig: int, callback: Any, *args: Any) -> None:  # type: ignore[override]
        """Nobody sends signals here: reloads and stops are asked for by name."""

    def remove_signal_handler(self, sig: int) -> bool:
        return True

    def _collect(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.raised.append((str(context.get("message")), context.get("exception")))


@contextlib.contextmanager
def in_virtual_time(loop: SeededLoop, seed: int) -> Iterator[None]:
    """The clock, sleep and chance of this thread are the loop's; other threads keep the machine's."""
    us = threading.get_ident()
    chance = Random(f"chance {seed}")
    real = {name: getattr(time, name) for name in ("time", "time_ns", "monotonic", "monotonic_ns", "sleep")}
    urandom, unseeded = os.urandom, random.Random
    virtual: dict[str, Callable[..., Any]] = {
        "time": lambda: loop.time_ns() / NANO,
        "time_ns": loop.time_ns,
        "monotonic": lambda: loop.monotonic_ns() / NANO,
        "monotonic_ns": loop.monotonic_ns,
        "sleep": lambda _: None,
    }

    def ours(name: str) -> Callable[..., Any]:
        return lambda *args: (virtual if threading.get_ident() == us else real)[name](*args)

    class Seeded(unseeded):  # type: ignore[valid-type, misc]
        """A generator that nobody gave a seed gets one of ours."""

        def __init__(self, x: Any = None) -> None:
            super().__init__(chance.getrandbits(64) if x is None and threading.get_ident() == us else x)

    for name in real:
        setattr(time, name, ours(name))
    os.urandom = lambda size: chance.randbytes(size) if threading.get_ident() == us else urandom(size)
    random.Random = Seeded  # type: ignore[misc]
    try:
        yield
    finally:
        for name, function in real.items():
            setattr(time, name, function)
        os.urandom = urandom
        random.Random = unseeded  # type: ignore[misc]
