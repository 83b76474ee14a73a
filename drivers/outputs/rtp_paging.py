"""Paging: what a notice says, over the loudspeakers of one multicast group, until something else is to be said or all is clear.

Loudspeakers answer nothing: `sent` says that a whole round of packets has left this box, and no more.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from drivers.base import Emit, checked_notice
from drivers.clock import instant
from drivers.outputs.paging_bus import PagingBus
from drivers.outputs.paging_messages import TOO_LATE, CodecName, Down, Hold, Open, Ready, Said, Say
from drivers.outputs.route import Wording
from rules.model.ids import OutputId
from rules.model.notices import Notice, NoticeEnded, Outcome

REPEAT_S: Final = 30.0
SAID_S: Final = 28.0
"""By when a notice's first round has left, or it failed: a route answers within 30 s."""

HELD: Final = "held"
"""Code of a notice that was to be told while pages are held back."""

_Ended = tuple[Outcome, str]


@dataclass(slots=True, eq=False)
class _Page:
    """What stands for a zone. notice: the newest that asks for it. ended: what was last emitted of that one."""

    number: int
    notice: Notice
    speech: str
    timer: asyncio.TimerHandle | None = None
    ended: _Ended | None = None
    failed: bool = field(default=False)

    def says_the_same_as(self, notice: Notice, speech: str) -> bool:
        mine = self.notice
        return (mine.incident, mine.kind, mine.response, self.speech) == (
            notice.incident,
            notice.kind,
            notice.response,
            speech,
        )


class RtpPaging:
    """One output. What it has to say outlives the process that says it, and not this object: hand it in again after a restart."""

    def __init__(
        self,
        output: OutputId,
        bus: PagingBus,
        host: str,
        port: int,
        *,
        codec: CodecName = "pcmu",
        repeat_s: float = REPEAT_S,
        ttl: int = 1,
        interface: str = "",
        said_s: float = SAID_S,
    ) -> None:
        """bus: one for all outputs. host: the IP address of a group, or loopback. interface: by name; `""`: by the routes."""
        self.output = output
        self._bus = bus
        self._open = Open(output, host, port, codec, ttl, interface, round(repeat_s * 1e6))
        self._said_s = said_s
        self._files: dict[str, None] = {}
        self._pages: dict[str, _Page] = {}
        self._last = 0
        self._emit: Emit | None = None
        self._unsaid: list[NoticeEnded] = []
        self._held = False

    def prepare(self, files: Iterable[Path]) -> None:
        """These files may come to be said: they are read and encoded now, in place of those that were named before."""
        wanted = dict.fromkeys(str(one) for one in files)
        new, self._files = [one for one in wanted if one not in self._files], wanted
        self._bus.write(*(Ready(self.output, one) for one in new))

    def tell(self, notice: Notice, wording: Wording) -> None:
        checked_notice(notice, self.output)
        speech = "" if wording.speech is None else str(wording.speech)
        old = self._pages.get(notice.zone)
        if old is not None:
            self._stop(old)
            if old.says_the_same_as(notice, speech) and not old.failed:
                # It is being said, or is in turn: to begin anew would only cut a word off.
                self._again(old, notice)
                return
        self._last += 1
        page = self._pages[notice.zone] = _Page(self._last, notice, speech)
        self._bus.write(self._say(page))
        if self._held:
            self._end(page, ("failed", HELD))
        else:
            self._time(page)

    def hold(self, held: bool) -> None:
        """Be silent while something outranks every page (a fire alarm sounds), and go on afterwards with what stands.

        A notice whose first round it cuts off, or that comes meanwhile, fails as `held`; it is `sent` once it was said after all.
        """
        if held == self._held:
            return
        self._held = held
        self._bus.write(Hold(self.output, held))
        for page in self._pages.values():
            if held and page.ended is None:
                self._stop(page)
                self._end(page, ("failed", HELD))

    async def run(self, emit: Emit) -> None:
        self._emit = emit
        unsaid, self._unsaid = self._unsaid, []
        for one in unsaid:
            emit(one)
        try:
            await self._bus.serve(self)
        finally:
            self._emit = None
            for page in self._pages.values():
                self._stop(page)

    def all(self) -> Iterable[Down]:
        """What a process that knows nothing is told."""
        yield self.opening()
        if self._held:
            yield Hold(self.output, True)
        for file in self._files:
            yield Ready(self.output, file)
        for page in sorted(self._pages.values(), key=lambda one: one.number):
            yield self._say(page)

    def opening(self) -> Down:
        """What the process is told of this output."""
        return self._open

    def said(self, message: Said) -> None:
        """A round of a page has left, or not."""
        page = next((one for one in self._pages.values() if one.number == message.page), None)
        if page is None:
            return  # another has taken its place meanwhile
        self._stop(page)
        page.failed = not message.left
        self._end(page, ("sent" if message.left else "failed", message.code))
        if page.notice.response is None and (message.left or message.code == TOO_LATE):
            del self._pages[page.notice.zone]

    def _again(self, page: _Page, notice: Notice) -> None:
        page.notice = notice
        ended, page.ended = page.ended, None
        if ended is None or ended[0] == "failed":
            self._time(page)
        else:
            self._end(page, ended)

    def _end(self, page: _Page, ended: _Ended) -> None:
        if ended == page.ended:
            return
        page.ended = ended
        event = NoticeEnded(instant(), page.notice.id, self.output, *ended)
        if self._emit is None:
            self._unsaid.append(event)
        else:
            self._emit(event)

    def _say(self, page: _Page) -> Say:
        standing = page.notice.response is not None
        return Say(self.output, page.notice.zone, page.number, page.speech, standing)

    def _time(self, page: _Page) -> None:
        page.timer = asyncio.get_running_loop().call_later(
            self._said_s, self._end, page, ("failed", "not_said")
        )

    def _stop(self, page: _Page) -> None:
        if page.timer is not None:
            page.timer.cancel()
            page.timer = None
