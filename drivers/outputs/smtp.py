"""Mail to people: a transaction for each recipient, so that each has a result of its own and nobody sees another's address."""

import asyncio
import contextlib
import importlib
import ssl
import time
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from drivers.base import Emit, checked_notice
from drivers.outputs.deliveries import WITHIN_S, Deliveries, Said
from drivers.outputs.route import Wording
from drivers.outputs.smtp_line import Failed, Line, Server
from drivers.outputs.smtp_message import Sender, message
from rules.model.ids import IncidentId, OutputId, ZoneId
from rules.model.notices import Notice
from rules.model.responses import Response

MOST_LINES: Final = 4
"""Connections to the server at a time; some take few of one client, and then it is as many as they take."""
_MOST_KEPT: Final = 64
"""Of so many notices it is known who has them already."""
Key = tuple[IncidentId, ZoneId, Response | None, int, tuple[tuple[OutputId, str], ...]]


@dataclass(frozen=True, slots=True)
class MailConfig:
    """campus: its id. name: what people call it, shown as who writes. to: each gets a mail of their own.

    sender: of the form `a@example.org`; None: campus-edge, at the first recipient's domain.
    """

    output: OutputId
    campus: str
    name: str
    server: Server
    to: tuple[str, ...] = field(repr=False)
    sender: str | None = None

    @property
    def writes(self) -> Sender:
        """Who writes."""
        domain = self.to[0].rpartition("@")[2]
        return Sender(self.campus, self.name, self.sender or f"campus-edge@{domain}")


@dataclass(slots=True)
class _Job:
    """One notice. left: to whom it is still to be sent. unreached: why no connection could be had."""

    notice: Notice
    wording: Wording
    at: datetime
    accepted: set[str]
    left: deque[str]
    failed: dict[str, str] = field(default_factory=dict)
    unreached: str = ""


class Mail:
    """The route of one `smtp` output. Belongs to the loop's thread."""

    def __init__(self, config: MailConfig, within_s: float = WITHIN_S) -> None:
        self.output = config.output
        self._config = config
        self._to = tuple(dict.fromkeys(config.to))
        self._accepted: OrderedDict[Key, set[str]] = OrderedDict()
        self._deliveries = Deliveries(config.output, self._deliver, within_s)
        self._context: ssl.SSLContext | None = None
        self._lines = [Line(config.server) for _ in range(MOST_LINES)]
        self._free = list(self._lines)
        self._slots = asyncio.Semaphore(MOST_LINES)
        self._withdrawn: list[Line] = []
        self._jobs = 0

    def tell(self, notice: Notice, wording: Wording) -> None:
        """See `Route.tell`."""
        checked_notice(notice, self.output)
        self._deliveries.take(notice, wording)

    async def run(self, emit: Emit) -> None:
        """See `Route.run`."""
        # In a thread: a tenth of a second that no press may wait for.
        await asyncio.to_thread(importlib.import_module, "aiosmtplib")
        with contextlib.suppress(OSError, ValueError):
            self._context = await asyncio.to_thread(self._config.server.context)
        try:
            await self._deliveries.run(emit)
        finally:
            for line in self._lines:
                line.drop()

    async def _deliver(self, notice: Notice, wording: Wording, by: float) -> Said:
        accepted = self._had_by(notice)
        left = deque(one for one in self._to if one not in accepted)
        job = _Job(notice, wording, datetime.now(UTC), accepted, left)
        self._jobs += 1
        late = False
        try:
            async with asyncio.timeout(by - time.monotonic()):
                await self._send(job)
        except TimeoutError:
            late = True
        finally:
            self._jobs -= 1
            await self._idle()
        missing = [one for one in self._to if one not in accepted]
        if not missing:
            return Said("sent", told=len(self._to), of=len(self._to))
        otherwise = "timeout" if late else job.unreached
        codes = Counter(job.failed.get(one, otherwise) for one in missing)
        return Said("failed", codes.most_common(1)[0][0], len(accepted), len(self._to))

    async def _send(self, job: _Job) -> None:
        if not job.left:
            return
        # One connection first: of a server that is away, or refuses our password, four would ask nothing more.
        try:
            self._give_back(await self._ready())
        except Failed as failed:
            job.unreached = failed.code
            return
        async with asyncio.TaskGroup() as group:
            for _ in range(min(MOST_LINES, len(job.left))):
                group.create_task(self._work(job))

    async def _work(self, job: _Job) -> None:
        task = asyncio.current_task()
        # aiosmtplib waits by `asyncio.wait_for`, which may drop the cancellation (bpo-37658).
        while job.left and not (task is not None and task.cancelling()):
            try:
                line = await self._ready()
            except Failed as failed:
                job.unreached = failed.code
                return
            try:
                if job.left:
                    await self._hand(job, line, job.left.popleft())
            finally:
                self._give_back(line)

    async def _hand(self, job: _Job, line: Line, to: str) -> None:
        writes = self._config.writes
        mail = message(job.notice, job.wording, writes, to, job.at)
        fresh = line.fresh
        try:
            await line.send(mail, writes.address, to)
        except Failed as failed:
            if failed.code == "closed" and not fresh:
                # A server ends a connection after so many mails, or so long: that says nothing of this one.
                job.left.appendleft(to)
            else:
                job.failed[to] = failed.code
        else:
            job.accepted.add(to)

    async def _ready(self) -> Line:
        """A connection that stands and is nobody's; `_give_back` it. Raises `Failed` where none can be had.

        One that the server refuses beside another that stands is withdrawn for as long as there is work.
        """
        if self._context is None:
            raise Failed("tls")
        while True:
            await self._slots.acquire()
            line = next((one for one in self._free if one.up), self._free[0])
            self._free.remove(line)
            try:
                await line.ready(self._context)
            except Failed:
                if not any(one.up for one in self._lines):
                    self._give_back(line)
                    raise
                self._withdrawn.append(line)
            except BaseException:
                self._give_back(line)
                raise
            else:
                return line

    def _give_back(self, line: Line) -> None:
        self._free.append(line)
        self._slots.release()

    async def _idle(self) -> None:
        """Nothing to do any more: all connections end, and the withdrawn may be tried again next time."""
        if self._jobs:
            return
        while self._withdrawn:
            self._give_back(self._withdrawn.pop())
        await asyncio.gather(*(line.end() for line in self._lines))

    def _had_by(self, notice: Notice) -> set[str]:
        """Who has this notice, or an earlier one that says the same."""
        key = notice.incident, notice.zone, notice.response, notice.number, notice.unheard
        had = self._accepted.setdefault(key, set())
        self._accepted.move_to_end(key)
        while len(self._accepted) > _MOST_KEPT:
            self._accepted.popitem(last=False)
        return had
