"""What one telephone number is told and when: a call for each round of what stands, the newest first. No clock of its own.

A round is one call: the tone and its words twice for each page, then BYE; again after `repeat`, until it changes. Times are
microseconds of CLOCK_MONOTONIC.
"""

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from drivers.outputs.codecs import PACKET_US
from drivers.outputs.paging_messages import TOO_LATE, CodecName
from drivers.outputs.paging_rounds import AGAIN_US, LATE_US, OVER_US, REST_US, Page, Speech, round_of
from drivers.outputs.sip_call import Call

SETTLE_US: Final = 400_000
"""After the call was taken: adapters switch their amplifier on."""


class Line(Protocol):
    """The way to the number."""

    def dial(self) -> Call | None:
        """A new call, started; None: there is no way out now."""

    def play(self, payload: bytes, *, first: bool) -> bool:
        """One packet to where the call wants it; False: it did not leave."""


class SipRounds:
    """One number."""

    def __init__(
        self,
        codec: CodecName,
        repeat_us: int,
        line: Line,
        speech: Speech,
        report: Callable[[int, bool, str], None],
    ) -> None:
        """report: of a page's number, whether its round was said into a call that was taken, and a code."""
        self._codec: CodecName = codec
        self._repeat_us, self._line, self._speech, self._report = repeat_us, line, speech, report
        self._pages: dict[str, Page] = {}
        self._queue: list[Page] = []
        self._page: Page | None = None
        self._packets: Iterator[bytes] = iter(())
        self._next_us: int | None = None
        self._packet_us = 0
        self._began_us = 0
        self._first = True
        self._sent = 0
        self._held = False
        self.call: Call | None = None

    def say(self, page: Page, now_us: int) -> None:
        """Say it next, in the call that stands or in one that begins now."""
        old = self._pages.get(page.zone)
        self._pages[page.zone] = page
        self._queue = [one for one in self._queue if one is not old]
        if self._page is not None and self._page is not old:
            # Who was heard once, whole, was told; who was not, comes behind.
            if self._page.heard:
                self._told(self._page, now_us)
            else:
                self._queue.insert(0, self._page)
        self._page = None
        if self._held:
            return
        self._queue.insert(0, page)
        if self.call is None or self.call.state in ("ending", "ended"):
            self._next_us = now_us

    def hold(self, held: bool, now_us: int) -> None:
        """Hang up and call nobody; or no longer, and then call at once."""
        self._held = held
        self._page, self._queue = None, []
        for page in self._pages.values():
            page.heard = 0
        if self.call is not None:
            self.call.hang_up(now_us)
        self._next_us = now_us if self._pages and not held else None

    def close(self, now_us: int) -> None:
        """No more of it."""
        self._pages.clear()
        self._queue, self._page, self._next_us = [], None, None
        if self.call is not None:
            self.call.hang_up(now_us)

    def due(self) -> int | None:
        """When `step` has something to do."""
        call = self.call
        if call is None:
            return self._next_us
        if call.state == "answered":
            return min(self._packet_us, call.due() or self._packet_us)
        return call.due()

    def step(self, now_us: int) -> None:
        """Do what is due, after all that came was taken."""
        call = self.call
        if call is None:
            if self._next_us is not None and self._next_us <= now_us:
                self._dial(now_us)
            return
        call.tick(now_us)
        if call.state == "answered" and call.answered_us is not None:
            self._speak(call, call.answered_us, now_us)
        if call.state == "ended":
            self._over(call, now_us)

    def _dial(self, now_us: int) -> None:
        for page in tuple(self._pages.values()):
            if not page.standing and now_us - page.since_us > OVER_US:
                del self._pages[page.zone]
                self._report(page.number, False, TOO_LATE)
        said: dict[str, Page] = {}
        for one in sorted(self._pages.values(), key=lambda page: -page.number):
            said.setdefault(one.speech if one.told else f"{one.speech}\0{one.zone}", one)
        self._queue, self._began_us, self._sent = list(said.values()), now_us, 0
        self._next_us, self._first, self._packet_us = None, True, 0
        if not self._queue:
            return
        self.call = self._line.dial()
        if self.call is None:
            self._failed("unreachable", now_us)

    def _speak(self, call: Call, answered_us: int, now_us: int) -> None:
        if not self._packet_us:
            self._packet_us = answered_us + SETTLE_US
        while self._packet_us <= now_us and call.state == "answered":
            if now_us - self._packet_us > LATE_US:
                self._packet_us, self._first = now_us, True
            if self._page is None:
                if not self._queue:
                    call.hang_up(now_us)
                    return
                self._page = self._queue.pop(0)
                self._packets = round_of(self._codec, self._page, self._speech)
            payload = next(self._packets, None)
            if payload is None:
                page, self._page = self._page, None
                self._told(page, now_us)
                continue
            self._packet_us += PACKET_US
            if self._line.play(payload, first=self._first):
                self._sent += 1
                self._first = False
            else:
                call.hang_up(now_us, "not_sent")

    def _told(self, page: Page, now_us: int) -> None:
        page.heard, page.told = 0, True
        if not page.standing and self._pages.get(page.zone) is page:
            del self._pages[page.zone]
        taken_us = now_us if self.call is None or self.call.answered_us is None else self.call.answered_us
        seconds = max(1, round((now_us - taken_us) / 1e6))
        self._report(
            page.number, True, f"{'tones' if page.speechless else 'answered'}:{seconds}:{self._sent}"
        )

    def _over(self, call: Call, now_us: int) -> None:
        self.call = None
        if call.code or self._page is not None or self._queue:
            self._failed(call.code or "hung_up", now_us)
        elif self._pages and not self._held:
            # What came while the call was being ended is said at once.
            later_us = max(self._began_us + self._repeat_us, now_us + REST_US)
            self._next_us = later_us if self._next_us is None else now_us

    def _failed(self, code: str, now_us: int) -> None:
        """Whoever was not told in this call hears so; it is tried again soon."""
        left = ([] if self._page is None else [self._page]) + self._queue
        self._page, self._queue = None, []
        for page in left:
            page.heard, page.told = 0, False
            self._report(page.number, False, code)
        self._next_us = now_us + min(AGAIN_US, self._repeat_us) if self._pages and not self._held else None
