"""What one output says and when: rounds of what stands, the newest first, a packet each 20 ms. No clock of its own.

A round of a page is the tone, then its words twice. Times are microseconds of CLOCK_MONOTONIC.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, Protocol

from drivers.outputs.codecs import CODECS, PACKET_US, packets
from drivers.outputs.paging_messages import TOO_LATE, CodecName
from drivers.outputs.rtp_sender import NotSent
from drivers.outputs.sound import attention

BEFORE: Final = 10
BETWEEN: Final = 40
"""Packets of silence: between tone and words, and between words and their repetition."""
COMING: Final = 100
"""Packets of silence for which words that are still being read are waited for."""
SAYINGS: Final = 2
REST_US: Final = 1_000_000
"""Between rounds, however often they are to begin: loudspeakers tell one stream's end by silence."""
AGAIN_US: Final = 2_000_000
"""After a round that did not leave."""
LATE_US: Final = 100_000
"""Who is later than this (stopped, or the box was busy) goes on from now, and does not send in a burst what is over."""
OVER_US: Final = 20 * 60_000_000
"""For so long it is tried to say that all is over; later it would be news to nobody."""


class Sender(Protocol):
    """Where packets go."""

    def send(self, payload: bytes, *, first: bool) -> None:
        """Raises NotSent."""

    def pass_over(self, packets: int) -> None: ...


Speech = Callable[[str], "tuple[bytes, ...] | Literal['coming'] | None"]


@dataclass(slots=True, eq=False)
class Page:
    """One thing to say. heard: how often its words (or tones, where there are none) have left whole since it was handed in.

    told: its first round has been reported.
    """

    number: int
    zone: str
    speech: str
    standing: bool
    since_us: int
    heard: int = 0
    told: bool = False
    speechless: bool = False


@cache
def _tone(codec: CodecName) -> tuple[bytes, ...]:
    return packets(CODECS[codec], attention(CODECS[codec].rate))


@cache
def _silence(codec: CodecName) -> bytes:
    rate = CODECS[codec].rate
    return packets(CODECS[codec], array("h", bytes(2 * rate * PACKET_US // 1_000_000)))[-1]


def round_of(codec: CodecName, page: Page, speech: Speech) -> Iterator[bytes]:
    """The packets of one round of a page: the tone, then its words twice. Words that are still being read are waited for."""
    tone, silence = _tone(codec), _silence(codec)
    yield from tone
    for _ in range(BEFORE):
        yield silence
    words = speech(page.speech)
    for _ in range(COMING):
        if words != "coming":
            break
        yield silence
        words = speech(page.speech)
    page.speechless = words is None or words == "coming"
    sound = tone if words is None or words == "coming" else words
    for saying in range(SAYINGS - 1 if page.speechless else SAYINGS):
        if saying:
            for _ in range(BETWEEN):
                yield silence
        yield from sound
        page.heard += 1


class Rounds:
    """One output."""

    def __init__(
        self,
        codec: CodecName,
        repeat_us: int,
        sender: Sender,
        speech: Speech,
        report: Callable[[int, bool, str], None],
    ) -> None:
        """report: of a page's number, whether its round has left, and a code (`paging_messages.Said`)."""
        self._codec: CodecName = codec
        self._repeat_us = repeat_us
        self._sender, self._speech, self._report = sender, speech, report
        self._pages: dict[str, Page] = {}
        self._queue: list[Page] = []
        self._page: Page | None = None
        self._packets: Iterator[bytes] = iter(())
        self._first = True
        self._due_us: int | None = None
        self._began_us = 0
        self._last_us: int | None = None
        self._held = False

    def say(self, page: Page, now_us: int) -> None:
        """Begin with it at the next packet, whatever is being said."""
        old = self._pages.get(page.zone)
        self._queue = [one for one in self._queue if one is not old]
        if self._page is not None and self._page is not old:
            self._interrupted(self._page)
        talking = self._page is not None
        self._page = None
        self._pages[page.zone] = page
        if self._held:
            return
        self._queue.insert(0, page)
        if not talking or self._due_us is None:
            self._due_us = now_us
        self._began_us = self._due_us

    def hold(self, held: bool, now_us: int) -> None:
        """Be silent from the next packet on; or no longer, and then begin a round at once."""
        self._held = held
        if self._page is not None:
            self._page.heard = 0
        self._page = None
        self._queue = []
        self._due_us = now_us if self._pages and not held else None

    def due(self) -> int | None:
        """When it wants to send the next packet; None: it has nothing to say."""
        return self._due_us

    def send(self, now_us: int) -> None:
        """Send what is due."""
        while self._due_us is not None and self._due_us <= now_us:
            if now_us - self._due_us > LATE_US:
                self._due_us, self._first = now_us, True
            self._next(self._due_us)

    def _next(self, at_us: int) -> None:
        """Send one packet, or find out when there is another."""
        while True:
            if self._page is None and not self._begin(at_us):
                return
            payload = next(self._packets, None)
            if payload is not None:
                break
            self._ended(True, "no_speech" if self._page is not None and self._page.speechless else "")
            if not self._queue:
                self._pause(at_us, self._repeat_us)
                return
        if self._last_us is not None:
            # The stream's time is the time that went by, silence and all (RFC 3550, 5.1), in whole packets.
            self._sender.pass_over(max(0, round((at_us - self._last_us) / PACKET_US) - 1))
        self._last_us, self._due_us = at_us, at_us + PACKET_US
        first, self._first = self._first, False
        try:
            self._sender.send(payload, first=first)
        except NotSent as err:
            self._ended(False, err.code)
            if not self._queue:
                self._pause(at_us, min(AGAIN_US, self._repeat_us))

    def _begin(self, at_us: int) -> bool:
        """Take the next page; of those that stand, where none waits."""
        if not self._queue:
            self._give_up(at_us)
            self._queue = self._standing()
            self._began_us = at_us
        if not self._queue:
            self._due_us = None
            return False
        self._page = self._queue.pop(0)
        self._packets, self._first = round_of(self._codec, self._page, self._speech), True
        return True

    def _give_up(self, at_us: int) -> None:
        for page in tuple(self._pages.values()):
            if not page.standing and at_us - page.since_us > OVER_US:
                del self._pages[page.zone]
                self._report(page.number, False, TOO_LATE)

    def _standing(self) -> list[Page]:
        """The newest first; what several zones are told in the same words is said once."""
        said: dict[str, Page] = {}
        for one in sorted(self._pages.values(), key=lambda page: -page.number):
            said.setdefault(one.speech if one.told else f"{one.speech}\0{one.zone}", one)
        return list(said.values())

    def _interrupted(self, page: Page) -> None:
        """Something newer goes first. Who was heard once, whole, was told; who was not, comes behind."""
        if page.heard:
            self._page = page
            self._ended(True, "no_speech" if page.speechless else "")
        elif not page.told:
            self._queue.insert(0, page)

    def _ended(self, left: bool, code: str) -> None:
        page, self._page = self._page, None
        if page is None:
            return
        page.heard = 0
        page.told = left
        if left and not page.standing and self._pages.get(page.zone) is page:
            del self._pages[page.zone]
        self._report(page.number, left, code)

    def _pause(self, at_us: int, wanted_us: int) -> None:
        self._due_us = max(self._began_us + wanted_us, at_us + REST_US) if self._pages else None
