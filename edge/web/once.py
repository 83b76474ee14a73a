"""What is sent twice is done once, and the second is told what became of the first: forms and `Idempotency-Key` alike.

In memory, by caller: a restart forgets it. Starting is safe even so, for it joins what is live.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from rules.model.values import dataclass

T = TypeVar("T")

MOST: Final = 2_000
"""Keys of all callers. Beyond that the oldest goes of whoever has the most: nobody pushes out what another one sent."""


class UsedBefore(Exception):
    """This caller used this key for something else."""


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    what: bytes
    until_s: float
    asked: "asyncio.Future[T]"


class Once(Generic[T]):
    """Belongs to the loop's thread. keep_s: how long a key means what it meant first."""

    def __init__(self, keep_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._keep_s = keep_s
        self._clock = clock
        self._kept: dict[str, OrderedDict[bytes, _Kept[T]]] = {}
        """By caller, the oldest first."""
        self._count = 0

    async def do(
        self,
        actor: str,
        key: str,
        make: Callable[[], Awaitable[T]],
        what: bytes = b"",
        stands: Callable[[T], bool] = lambda _: True,
    ) -> T:
        """What `make` comes to, made once for each key of one actor; no key: made each time. Raises UsedBefore.

        what: of which the key is, where that can be told. stands: whether what was done then still is so; else it is
        done anew. If `make` raises, it was not done: whoever waited tries it again.
        """
        if not key:
            return await make()
        name, digest = _digest(key.encode(errors="replace")), _digest(what)
        while (known := self._known(actor, name)) is not None:
            if known.what != digest:
                raise UsedBefore
            await asyncio.wait([known.asked])
            if not known.asked.cancelled() and known.asked.exception() is None:
                if stands(known.asked.result()):
                    return known.asked.result()
                self._forget(actor, name, known.asked)
            self._ended(actor, name, known.asked)
        asked = asyncio.ensure_future(make())
        self._keep(actor, name, _Kept(digest, self._clock() + self._keep_s, asked))
        asked.add_done_callback(lambda done: self._ended(actor, name, done))
        # Whoever goes away takes nothing from the other who asks for the same.
        return await asyncio.shield(asked)

    def _known(self, actor: str, name: bytes) -> "_Kept[T] | None":
        own = self._kept.get(actor)
        known = None if own is None else own.get(name)
        if known is not None and known.until_s < self._clock() and known.asked.done():
            self._forget(actor, name, known.asked)
            return None
        return known

    def _keep(self, actor: str, name: bytes, kept: "_Kept[T]") -> None:
        self._kept.setdefault(actor, OrderedDict())[name] = kept
        self._count += 1
        while self._count > MOST:
            most = max(self._kept, key=lambda one: len(self._kept[one]))
            oldest = next(iter(self._kept[most]))
            self._forget(most, oldest, self._kept[most][oldest].asked)

    def _ended(self, actor: str, name: bytes, asked: "asyncio.Future[T]") -> None:
        if asked.cancelled() or asked.exception() is not None:
            self._forget(actor, name, asked)

    def _forget(self, actor: str, name: bytes, asked: "asyncio.Future[T]") -> None:
        own = self._kept.get(actor, OrderedDict())
        if name in own and own[name].asked is asked:
            del own[name]
            self._count -= 1
            if not own:
                del self._kept[actor]


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
