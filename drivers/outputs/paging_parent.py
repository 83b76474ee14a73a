"""What both processes that say pages (`paging_process`, `sip_process`) have in common: the daemon's end, and serving it.

They end by themselves when the daemon does; no loop of the daemon paces a packet.
"""

import os
import resource
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from drivers.confined import WRITES_NOTHING, confine
from drivers.lines import Lines, Unreadable, line
from drivers.outputs.paging_messages import LONGEST_DOWN, Beat, CodecName, Down, Hold, Ready, Say, Up, down
from drivers.outputs.paging_rounds import Page
from drivers.outputs.speech_shelf import SpeechShelf

BEAT_US: Final = 100_000
SWITCH_S: Final = 0.000_5
"""How long the encoding thread may hold the interpreter while a packet is due."""


def now_us() -> int:
    """Microseconds of CLOCK_MONOTONIC."""
    return time.monotonic_ns() // 1_000


class Parent:
    """The daemon, at the other end of a socket. It is told what became of a page, and ten times a second that we live."""

    def __init__(self, ours: socket.socket) -> None:
        self.socket = ours
        self._beat_us = 0
        self._unsaid = b""

    def beat(self, now: int) -> int:
        """Say that we live, where it is time; when it is again."""
        if now >= self._beat_us:
            self._beat_us = now + BEAT_US
            self.tell(Beat())
        return self._beat_us

    def tell(self, message: Up) -> None:
        """Never waits: a daemon that does not read is no reason to fall silent."""
        if not (self._unsaid and isinstance(message, Beat)):
            self._unsaid += line(message)
        with suppress(BlockingIOError):
            self._unsaid = self._unsaid[self.socket.send(self._unsaid, socket.MSG_DONTWAIT) :]


class SaysPages(Protocol):
    """One output's rounds."""

    def say(self, page: Page, now_us: int) -> None: ...

    def hold(self, held: bool, now_us: int) -> None: ...


class Pages(Protocol):
    """All outputs of a process."""

    def round(self) -> bool:
        """Do what is due, then wait for whatever comes first. True: the daemon has something to say."""

    def take(self, message: Down) -> None: ...

    def leave(self) -> None:
        """The daemon is gone."""


def pass_on(message: Ready | Say | Hold, rounds: SaysPages, codec: CodecName, shelf: SpeechShelf) -> None:
    """What is said to one output that is open."""
    match message:
        case Ready():
            shelf.want(message.speech, codec, now=False)
        case Say():
            shelf.want(message.speech, codec, now=True)
            at = now_us()
            rounds.say(Page(message.page, message.zone, message.speech, message.standing, at), at)
        case Hold():
            rounds.hold(message.held, now_us())


def run(make: Callable[[Parent, SpeechShelf], Pages]) -> int:
    """Serve the daemon on descriptor 0 until it goes. Returns 0 then, 1 where it spoke what is no message."""
    try:
        return _serve(make)
    except (BrokenPipeError, ConnectionResetError):
        return 0  # the daemon has gone


def _serve(make: Callable[[Parent, SpeechShelf], Pages]) -> int:
    confine(*WRITES_NOTHING)
    sys.setswitchinterval(SWITCH_S)
    shelf = SpeechShelf()
    shelf.start()
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # behind the one thread that it has
    parent = Parent(socket.socket(fileno=os.dup(0)))
    lines = Lines(LONGEST_DOWN)
    pages = make(parent, shelf)
    try:
        while True:
            if not pages.round():
                continue
            data = parent.socket.recv(LONGEST_DOWN)
            if not data:
                return 0
            try:
                for text in lines.feed(data):
                    pages.take(down(text))
            except Unreadable:
                return 1
    finally:
        pages.leave()
