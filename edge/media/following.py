"""The newest picture of a stream that somebody looks at by its last door: decoded from the key picture on, while they look.

Start at `Followers.picture`. One process a stream, shared by all who look, a bounded number of them, each within a
budget; ended when nobody asks any more, and when it hangs. Who cannot be followed now is shown by key pictures.
"""

import asyncio
import itertools
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog

from drivers.cameras.stream import AccessUnit
from drivers.lines import Unreadable
from edge.media.asked_child import AskedChild
from edge.media.following_messages import MOST_UNITS, Down, Fed, Feed, Show, Up, up
from edge.media.hub import LONGEST_GOP, Hub
from edge.media.looking import NotSeen, Picture
from edge.media.looking_messages import Failed, Made, head

log = structlog.get_logger(__name__)

MOST: Final = 16
"""Streams followed at once. Of its own a process takes 24 MiB for 640x360, 40 for 1080p of H.265, 95 for 4K, all measured;
more than `following_process.MOST_MEMORY` it cannot."""
STREAM_US: Final = 250_000
ALL_US: Final = 500_000
"""CPU microseconds a second: of one stream, and of all. Of 15 pictures a second and two JPEGs, measured: 640x360 takes 8,000
(H.265 20,000), 1080p 30,000 (H.265 95,000); what takes more, as 4K of H.265 does, is shown by its key pictures."""
BURST: Final = 4.0
"""Seconds' worth that may be taken at once: who begins to look is caught up with."""
IDLE_S: Final = 5.0
"""Nobody asked for so long: nobody looks. A page asks nearly twice a second."""
ANSWER_S: Final = 3.0
START_S: Final = 20.0
"""To the first answer of a process, on a box that is busy beyond measure; who asks does not wait for that."""
WAIT_S: Final = 1.5
"""Who asks is answered by then, with a key picture where nothing newer could be decoded."""
SLICE_US: Final = 200_000
"""Of decoding at once, as it is reckoned: far from what counts as hanging."""
MOST_REORDERED: Final = 32
"""Pictures by which one may come out later than one sent behind it: twice what H.264 (A.3.1) and H.265 (A.4.2) allow."""
COST_US: Final = 10_000
"""Of one picture, until it is known."""
MOST_PENDING_BYTES: Final = 8 << 20
SHUT_S: Final = 10.0
SHUT_MOST_S: Final = 600.0
"""A stream whose process hung, died or spoke nonsense is not followed for so long, doubled each time."""
SOUND_S: Final = 60.0
"""Followed for so long, what it did before is forgotten."""


class Allowance:
    """CPU that may be taken: so much a second, some of it saved up. What is taken beyond is paid back by waiting."""

    def __init__(self, a_second_us: int, now_s: Callable[[], float]) -> None:
        self._a_second_us, self._now_s = a_second_us, now_s
        self._left_us, self._at_s = a_second_us * BURST, now_s()

    @property
    def left(self) -> bool:
        """Whether more may be taken now."""
        now_s = self._now_s()
        gained_us = (now_s - self._at_s) * self._a_second_us
        self._left_us = min(self._a_second_us * BURST, self._left_us + gained_us)
        self._at_s = now_s
        return self._left_us > 0

    def take(self, cpu_us: int) -> None:
        """So much was taken."""
        self._left_us -= cpu_us


class _Broke(Exception):
    """The process is of no use any more; the text says why."""


class Follower:
    """One stream, and its process. A tap of its hub from `begin` until `end`."""

    def __init__(self, hub: Hub, allowances: tuple[Allowance, ...], module: str) -> None:
        self.hub = hub
        self._allowances, self._module = allowances, module
        self._pending: list[AccessUnit] = []
        self._pending_bytes = 0
        self._begins = False
        self._waiting = True
        """For a key picture."""
        self._given: dict[int, int] = {}
        """When each picture came (CLOCK_MONOTONIC) that may still be shown, by its number."""
        self._next = 0
        self._shown_at_us: int | None = None
        self._cost_us = float(COST_US)
        self._numbers = itertools.count(1)
        self._child: AskedChild | None = None
        self._answered = False
        self._over = False
        self._turn = asyncio.Lock()
        self._detach: Callable[[], None] = lambda: None
        self.made: dict[int, Picture] = {}
        """The last JPEG of each width."""
        self.cpu_us = 0

    @property
    def process_id(self) -> int | None:
        return None if self._child is None else self._child.process.pid

    def begin(self) -> None:
        """Take the pictures from the newest key picture on."""
        self._detach = self.hub.attach(self)

    async def end(self) -> None:
        """Take no more of them, and end the process."""
        self._over = True
        self._detach()
        child, self._child = self._child, None
        if child is not None:
            await child.end()

    @property
    def is_asked(self) -> bool:
        """Somebody waits for a picture."""
        return self._turn.locked()

    # --- the hub's tap ---

    def unit(self, unit: AccessUnit) -> None:
        if unit.key:
            # Whatever was not decoded yet is not needed for what comes.
            self._pending, self._pending_bytes = [unit], len(unit.data)
            self._begins, self._waiting = True, False
        elif not self._waiting:
            self._pending.append(unit)
            self._pending_bytes += len(unit.data)
            if len(self._pending) > LONGEST_GOP or self._pending_bytes > MOST_PENDING_BYTES:
                self._pending, self._pending_bytes, self._waiting = [], 0, True

    def broken(self) -> None:
        self._waiting = True

    # --- a picture ---

    async def picture(self, width: int) -> Picture:
        """The newest, so wide at most (pixels; 0: as it is). Raises `NotSeen`, `_Broke`."""
        async with self._turn:
            while self._pending and (self._begins or self._may):
                await self._feed()
            at_us = self._shown_at_us
            if at_us is None:
                raise NotSeen("none")
            made = self.made.get(width)
            if made is not None and made.at_us == at_us:
                return made
            said, body = await self._ask(Show(next(self._numbers), width), ())
            if not isinstance(said, Made):
                raise NotSeen(said.code if isinstance(said, Failed) else "nonsense")
            self.made[width] = Picture(body, said.width, said.height, at_us)
            return self.made[width]

    @property
    def _may(self) -> bool:
        return all(one.left for one in self._allowances)

    async def _feed(self) -> None:
        """As many as a slice takes; beyond what may be taken a key picture alone, which would be decoded anyway."""
        many = max(1, min(MOST_UNITS, int(SLICE_US / self._cost_us))) if self._may else 1
        units, self._pending = self._pending[:many], self._pending[many:]
        self._pending_bytes -= sum(len(one.data) for one in units)
        begins, self._begins = self._begins, False
        if begins:
            self._given, self._next = {}, 0
        self._given.update((self._next + number, one.at_us) for number, one in enumerate(units))
        self._next += len(units)
        track = units[0].track
        feed = Feed(
            id=next(self._numbers),
            codec=track.codec,
            begins=begins,
            reordered=track.reordered,
            sizes=tuple(len(one.data) for one in units),
        )
        said, _ = await self._ask(feed, tuple(one.data for one in units))
        if not isinstance(said, Fed):
            raise NotSeen(said.code if isinstance(said, Failed) else "nonsense")
        self._cost_us += (max(100.0, said.cpu_us / len(units)) - self._cost_us) / 2
        if said.shown is not None:
            if said.shown not in self._given:
                raise _Broke("it spoke nonsense: a picture that it was not given")
            self._shown_at_us = self._given[said.shown]
            oldest = said.shown - MOST_REORDERED
            self._given = {number: at_us for number, at_us in self._given.items() if number >= oldest}

    async def _ask(self, message: Down, body: tuple[bytes, ...]) -> tuple[Up, bytes]:
        try:
            child = await self._living()
            began_s = asyncio.get_running_loop().time()
            async with asyncio.timeout(ANSWER_S if self._answered else START_S):
                text, data = await child.ask(partial(head, message), body)
            said = up(text)
        except TimeoutError:
            raise _Broke("it hung") from None
        except Unreadable as err:
            raise _Broke(f"it spoke nonsense: {err}") from None
        except EOFError:
            raise _Broke("it died") from None
        except OSError as err:
            raise _Broke(f"it died, or could not be started: {err.strerror}") from None
        if said.id != message.id:
            raise _Broke("it spoke nonsense: the answer to another question")
        self._answered = True
        # No more than there was: one that lies would take what all others may.
        cpu_us = min(said.cpu_us, round((asyncio.get_running_loop().time() - began_s) * 1e6))
        self.cpu_us += cpu_us
        for one in self._allowances:
            one.take(cpu_us)
        return said, data

    async def _living(self) -> AskedChild:
        child = self._child
        if child is None and not self._is_over():
            child = await AskedChild.start(self._module)
            if self._is_over():
                await child.end()
        if child is None or self._is_over():
            raise _Broke("nobody looks any more")
        self._child = child
        return child

    def _is_over(self) -> bool:
        return self._over


class _Shut:
    """A stream that is not followed for a while."""

    def __init__(self) -> None:
        self.until_s, self.for_s = 0.0, SHUT_S


class Followers:
    """All streams that are followed. Belongs to the loop's thread; `close` ends it."""

    def __init__(self, module: str = "edge.media.following_process", *, most: int = MOST) -> None:
        self._module, self._most = module, most
        self._all: Allowance | None = None
        self._followed: dict[Hub, Follower] = {}
        self._begun_s: dict[Hub, float] = {}
        self._asked_s: dict[Hub, float] = {}
        self._shut: dict[Hub, _Shut] = {}
        self._making: set[asyncio.Task[Picture]] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def process_ids(self) -> dict[Hub, int]:
        """The processes that live now."""
        return {hub: name for hub, one in self._followed.items() if (name := one.process_id) is not None}

    def follows(self, hub: Hub) -> bool:
        """Whether somebody looks at it."""
        return hub in self._followed

    async def picture(self, hub: Hub, width: int) -> Picture:
        """The newest picture, so wide at most (pixels; 0: as it is). Raises `NotSeen` where there is none newer than a key
        picture: `none` comes; `busy`: as many are followed as may be, or it is not for a while; `slow`: not in time.
        """
        follower = self._follower(hub)
        making = asyncio.get_running_loop().create_task(
            self._picture(follower, width), name=f"the newest of {hub.camera}"
        )
        self._making.add(making)
        making.add_done_callback(self._made)
        await asyncio.wait((making,), timeout=WAIT_S)
        if making.done() and not making.cancelled():
            return making.result()
        before = follower.made.get(width)
        # Nobody is shown a picture that is older than the one before.
        if before is not None and (hub.last_key is None or before.at_us > hub.last_key.at_us):
            return before
        raise NotSeen("slow")

    def forget(self, hub: Hub) -> None:
        """There is no such stream any more."""
        self._shut.pop(hub, None)
        self._end(hub)

    async def close(self) -> None:
        """End all of them."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for hub in tuple(self._followed):
            self._end(hub)
        for making in self._making:
            making.cancel()
        await asyncio.gather(*self._making, *self._ending, return_exceptions=True)

    def _follower(self, hub: Hub) -> Follower:
        now_s = self._now_s()
        follower = self._followed.get(hub)
        if follower is None:
            shut = self._shut.get(hub)
            if not hub.gop:
                raise NotSeen("none")
            if self._closed or len(self._followed) >= self._most or (shut and now_s < shut.until_s):
                raise NotSeen("busy")
            if self._all is None:
                self._all = Allowance(ALL_US, self._now_s)
            its = Allowance(STREAM_US, self._now_s), self._all
            follower = self._followed[hub] = Follower(hub, its, self._module)
            self._begun_s[hub] = now_s
            follower.begin()
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(IDLE_S, self._sweep)
        self._asked_s[hub] = now_s
        return follower

    async def _picture(self, follower: Follower, width: int) -> Picture:
        try:
            return await follower.picture(width)
        except _Broke as why:
            if self._followed.get(follower.hub) is follower:
                self._shut_out(follower.hub, str(why))
            raise NotSeen("died") from None

    def _shut_out(self, hub: Hub, why: str) -> None:
        now_s = self._now_s()
        shut = self._shut.setdefault(hub, _Shut())
        if now_s - self._begun_s[hub] > SOUND_S:
            shut.for_s = SHUT_S
        shut.until_s = now_s + shut.for_s
        log.error(
            "a process that follows a camera's pictures ended; key pictures are shown, with their age",
            camera=hub.camera,
            why=why,
            again_s=shut.for_s,
        )
        shut.for_s = min(2 * shut.for_s, SHUT_MOST_S)
        self._end(hub)

    def _end(self, hub: Hub) -> None:
        follower = self._followed.pop(hub, None)
        self._asked_s.pop(hub, None)
        self._begun_s.pop(hub, None)
        if follower is not None:
            ending = asyncio.get_running_loop().create_task(follower.end(), name=f"leave {hub.camera}")
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    def _made(self, making: asyncio.Task[Picture]) -> None:
        self._making.discard(making)
        if not making.cancelled():
            # Who asked may have been answered before it failed.
            making.exception()

    def _sweep(self) -> None:
        self._timer = None
        now_s = self._now_s()
        idle = [one for one, asked_s in self._asked_s.items() if now_s - asked_s >= IDLE_S]
        for hub in idle:
            if not self._followed[hub].is_asked:
                self._end(hub)
        if self._followed:
            self._timer = asyncio.get_running_loop().call_later(IDLE_S / 2, self._sweep)

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()
