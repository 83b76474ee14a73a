"""Short messages to people by a GSM modem on a serial port: they go out when the school's own line is cut."""

import asyncio
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Final

from drivers.base import Emit, checked_notice
from drivers.clock import instant
from drivers.outputs.deliveries import WITHIN_S, Deliveries, Said
from drivers.outputs.route import Wording, marked, sameness
from drivers.outputs.sms_dialog import Failed, Modem
from drivers.outputs.sms_pdu import Report, submits
from rules.model.ids import IncidentId, NoticeId, OutputId, ZoneId
from rules.model.notices import Notice, NoticeEnded
from rules.model.responses import Response

READY_S: Final = 8.0
"""How long a notice waits for a modem that is not ready."""
AGAIN_S: Final = 2.0
"""Between two attempts to make it ready."""
_MOST_KEPT: Final = 64
"""Of so many notices it is known who has them already."""
_MOST_EARLY: Final = 7
_LIKE: Final = 7
"""Digits at the end of a number; before them a report may have it otherwise than it was dialled."""
Key = tuple[IncidentId, ZoneId, Response | None, int, tuple[tuple[OutputId, str], ...]]


@dataclass(frozen=True, slots=True)
class SmsConfig:
    """campus: its id. port: the serial port. to: telephone numbers with country code, such as `+12175550100`."""

    output: OutputId
    campus: str
    port: str
    to: tuple[str, ...] = field(repr=False)
    baud: int = 115_200


@dataclass(slots=True)
class _Said:
    """What is known of all notices that say the same. last: the newest of them. went: whether it ended as sent.

    taken: for whom the network took it whole. open: of each, the parts of which no report has come. lost: to whom the network
    could not deliver it.
    """

    last: NoticeId
    went: bool = False
    taken: set[str] = field(default_factory=set)
    open: dict[str, int] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    @property
    def delivered(self) -> bool:
        return not self.lost and not any(self.open.values())


class SmsModem:
    """The route of one modem. Belongs to the loop's thread."""

    def __init__(self, config: SmsConfig, within_s: float = WITHIN_S) -> None:
        self.output = config.output
        self._config = config
        self._to = tuple(dict.fromkeys(config.to))
        self._deliveries = Deliveries(config.output, self._deliver, within_s)
        self._known: OrderedDict[Key, _Said] = OrderedDict()
        self._under_way: dict[int, tuple[_Said, str]] = {}
        self._early: list[Report] = []
        self._modem: Modem | None = None
        self._ready = asyncio.Event()
        self._why = "timeout"
        self._emit: Emit | None = None

    def tell(self, notice: Notice, wording: Wording) -> None:
        """See `Route.tell`."""
        checked_notice(notice, self.output)
        self._deliveries.take(notice, wording)

    async def run(self, emit: Emit) -> None:
        """See `Route.run`."""
        self._emit = emit
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_ready())
            group.create_task(self._deliveries.run(emit))

    async def _keep_ready(self) -> None:
        """A modem that is ready before it is needed, and again after it was unplugged."""
        while True:
            modem = Modem(self._config.port, self._config.baud, self._reported)
            try:
                await modem.open()
                self._modem = modem
                self._ready.set()
                await modem.over()
            except Failed as failed:
                self._why = failed.code
            finally:
                self._ready.clear()
                modem.close()
            await asyncio.sleep(AGAIN_S)

    async def _deliver(self, notice: Notice, wording: Wording, by: float) -> Said:
        said = self._said(notice)
        failed: dict[str, str] = {}
        otherwise = "timeout"
        try:
            async with asyncio.timeout(by - time.monotonic()):
                for to in self._to:
                    if to not in said.taken:
                        try:
                            await self._hand(notice, wording, said, to)
                        except Failed as error:
                            failed[to] = error.code
                            if error.code not in ("refused", "deferred"):
                                otherwise = error.code
                                break
        except TimeoutError:
            pass
        missing = [to for to in self._to if to not in said.taken]
        if missing:
            codes = Counter(failed.get(to, otherwise) for to in missing)
            return Said("failed", codes.most_common(1)[0][0], len(said.taken), len(self._to))
        said.went = True
        return self._now(said)

    async def _hand(self, notice: Notice, wording: Wording, said: _Said, to: str) -> None:
        """One recipient, whole. Raises `Failed`."""
        reference = int(sameness(self._config.campus, notice)[:2], 16)
        parts = submits(to, marked(notice, wording.short), reference)
        said.open[to] = 0
        for part in parts:
            modem = await self._made_ready()
            self._early.clear()
            self._under_way[await modem.send(part)] = said, to
            said.open[to] += 1
            # A report may be read in one go with the answer that says what it will be called.
            early, self._early = self._early, []
            for report in early:
                self._reported(report)
        said.taken.add(to)

    async def _made_ready(self) -> Modem:
        try:
            async with asyncio.timeout(READY_S):
                await self._ready.wait()
        except TimeoutError:
            raise Failed(self._why) from None
        if self._modem is None:
            raise Failed("closed")
        return self._modem

    def _reported(self, report: Report) -> None:
        """The network says what became of a message; more may be known of its notice now."""
        if report.delivery == "trying":
            return
        said, to = self._under_way.get(report.reference, (None, ""))
        # References come round again, and reports of before a restart come late: nobody counts as told by another's.
        if said is None or report.number[-_LIKE:] != to[-_LIKE:]:
            self._early = [*self._early[-_MOST_EARLY:], report]
            return
        del self._under_way[report.reference]
        if report.delivery == "failed":
            said.lost.add(to)
        elif said.open[to] > 0:
            said.open[to] -= 1
        if said.went and self._emit is not None and (said.lost or said.delivered):
            now = self._now(said)
            self._emit(
                NoticeEnded(instant(), said.last, self.output, now.outcome, now.code, now.told, now.of)
            )

    def _now(self, said: _Said) -> Said:
        """Of a notice that the network took for everybody."""
        if said.delivered:
            return Said("received", "", len(self._to), len(self._to))
        code = "undelivered" if said.lost else ""
        return Said("sent", code, len(self._to) - len(said.lost), len(self._to))

    def _said(self, notice: Notice) -> _Said:
        key = notice.incident, notice.zone, notice.response, notice.number, notice.unheard
        said = self._known.setdefault(key, _Said(notice.id))
        said.last = notice.id
        self._known.move_to_end(key)
        while len(self._known) > _MOST_KEPT:
            self._known.popitem(last=False)
        return said
