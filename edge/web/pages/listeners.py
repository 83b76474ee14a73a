"""Who has a page open, and how they are told: everybody the same bytes, nobody waited for. Belongs to the loop's thread."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from edge.web.courtesy import Courtesy
from edge.web.pages.changes import change
from edge.web.pages.screens import Screen
from edge.web.wire import Message, Out

UNREAD_MOST: Final = 256 * 1024
"""Bytes that one page may leave on our side: some whole pages. Until it has read them it is told nothing more."""
SLOW_S: Final = 10.0
"""A page that took nothing for so long is let go."""
AGES_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Looking:
    """What listeners have in common: the same page, as seen with or without `look-duress`, `record`, `export` and `alerts`."""

    screen: Screen
    of: str
    duress: bool
    record: bool = False
    takes: bool = False
    alerts: bool = False
    """Whether they see what machines report."""

    @property
    def reads(self) -> bool:
        """Whether something on it comes from the record: its files of pictures, and its timeline."""
        return self.screen.name == "incident"


@dataclass(eq=False, slots=True)
class Listener:
    """One open page. still: whether its session may still look. behind: it missed something, and is sent the whole next.

    why: it ended, because it may look no more, because it is gone or takes nothing, or because the port closes.
    """

    looking: Looking
    out: Out
    still: Callable[[], bool]
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    why: Literal["", "out", "gone", "closed"] = ""
    behind: bool = False
    full_since_s: float | None = None

    def end(self, why: Literal["out", "gone", "closed"]) -> None:
        """It is to go."""
        self.why = self.why or why
        self.ended.set()


@dataclass(slots=True)
class Group:
    """All who look at the same. sent: the parts as they have them; message: what was told beside; ages: all of them."""

    listeners: set[Listener] = field(default_factory=set)
    sent: dict[str, str] = field(default_factory=dict)
    message: dict[str, Any] = field(default_factory=dict)
    ages: dict[str, int | None] = field(default_factory=dict)
    aged_s: float = 0.0

    def whole(self) -> Message:
        """All of it, for whoever has nothing of it yet."""
        return event("parts", {**self.message, "ages": self.ages, "parts": self.sent})

    def turn(
        self,
        parts: dict[str, str],
        message: dict[str, Any],
        ages: dict[str, int | None],
        *,
        brief: bool = False,
    ) -> Message:
        """Take what is so from now on; what to tell those who have what was so before.

        Ages run by themselves on the page, and each reading moves them: they come along only now and then, and not with
        what is brief.
        """
        now_s = time.monotonic()
        differ = {name: html for name, html in parts.items() if self.sent.get(name) != html}
        lines = {name: how for name, html in differ.items() if (how := change(self.sent.get(name, ""), html))}
        aged = not brief and (not differ or now_s - self.aged_s >= AGES_S)
        told = {**message, "ages": ages if aged else self._other(ages)}
        if differ:
            told["parts"] = {name: html for name, html in differ.items() if name not in lines}
            told["lines"] = lines
        self.sent, self.message, self.ages = parts, message, ages
        self.aged_s = now_s if aged else self.aged_s
        return event("parts" if differ else "beat", told)

    def _other(self, ages: dict[str, int | None]) -> dict[str, int | None]:
        """Those that run on from nothing that the page has."""
        was = self.ages
        return {key: at for key, at in ages.items() if key not in was or (at is None) != (was[key] is None)}


async def tell(group: Group, told: Message, courtesy: Courtesy, *, together: int = 1) -> None:
    """Hand one message to everybody, a bite at a time. Who lags is left out, and has the whole once it has read.

    together: so many are told before the loop has its turn, where a person must know at once.
    """
    whole: Message | None = None
    for number, one in enumerate(tuple(group.listeners)):
        if number % together == 0 and courtesy.due:
            await courtesy.turn()
        if one.why:
            continue
        if one.out.unread() > UNREAD_MOST:
            _lags(one)
            continue
        if one.behind:
            whole = whole or group.whole()
        try:
            one.out.put(whole if one.behind and whole is not None else told)
        except ConnectionError:
            one.end("gone")
            continue
        one.behind, one.full_since_s = False, None


def _lags(one: Listener) -> None:
    now_s = time.monotonic()
    one.behind = True
    one.full_since_s = one.full_since_s or now_s
    if now_s - one.full_since_s > SLOW_S:
        one.end("gone")


def event(name: str, message: dict[str, Any]) -> Message:
    """A server-sent event; JSON has no line breaks of its own."""
    return Message(b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(message) + b"\n\n")
