"""One reader on the line: which frame is next, what an answer means, when to try again. No I/O, no clock.

The arbiter in `osdp_process` gives it the line (`start`), hands it what was heard (`hear`) or that nothing
came (`silent`). All times are microseconds of CLOCK_MONOTONIC. What is read when is `osdp_rounds`.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from drivers.doors.osdp_frames import ACK, CAP, CHLNG, POLL, SCRYPT, Frame, received
from drivers.doors.osdp_messages import Do, Ended, Identified, Link, Reader, Report, Sent, Up
from drivers.doors.osdp_rounds import Query, Rounds
from drivers.doors.osdp_session import Session

REPLY_US = 200_000
"""REPLY_DELAY: a reader answers within 200 ms or not at all (SIA OSDP 2.2, 5.7); libosdp counts the same."""
BUSY_AGAIN_US = 50_000
"""After osdp_BUSY the same frame is sent again; libosdp would wait 800 ms and then count one back too far."""
REFUSED_AGAIN_US = 1_000_000
"""A reader that answers but gives no secure channel will not change its mind in milliseconds."""
POLL_US = 52_000
"""libosdp polls when 50 ms have passed since the last answer (OSDP_PD_POLL_TIMEOUT_MS)."""
QUIET_US = 1_000_000
"""If libosdp sends nothing for so long the channel is opened anew: it uses the wall clock, and that jumps."""
FALLS = 3
"""So often may a channel be lost and opened again in a row before the reader counts as away."""
_IDLE_US = 5_000

Say = Callable[[Up], None]
_Code = Literal["silent", "refused", "unreachable"]


@dataclass(slots=True, eq=False)
class _Work:
    """A command on its way. `at` is the next drive; `refused` the first reason the reader gave.

    overtaken: outputs that a later command drives the other way; they are passed over. passed: one was.
    """

    do: Do
    at: int = 0
    sent: bool = False
    refused: str = ""
    overtaken: set[int] = field(default_factory=set)
    passed: bool = False


@dataclass(frozen=True, slots=True)
class _Exchange:
    """A frame on the line and what it was for; neither work nor query: the channel itself, or a poll."""

    frame: Frame
    started_us: int
    work: _Work | None = None
    query: Query | None = None


class ReaderLink:
    """One reader. `down` is what was last said of it: None nothing yet, False it is up, True it is not."""

    def __init__(self, reader: Reader, session: Session, say: Say, poll_us: int = POLL_US) -> None:
        """poll_us: pause between polls, at least POLL_US."""
        self.address = reader.address
        self._poll_us = poll_us
        self.down: bool | None = None
        self._session, self._say = session, say
        self._rounds = Rounds(reader)
        self._work: deque[_Work] = deque()
        self._exchange: _Exchange | None = None
        self._retry_us = 0
        self._busy_again_us = 0
        self._last_us = 0
        self._not_before_us = 0
        self._empty_at_us: int | None = None
        self._falls = 0
        self._said_code = ""
        self._told: tuple[int, int, int, int, int] | None = None

    # --- what the arbiter asks ---

    def urgent(self) -> bool:
        """Whether a command waits for the line."""
        return bool(self._work)

    def rank(self) -> int:
        """Who goes first: commands, then readers that answer but have no channel yet, then all reading."""
        if self._work:
            return 0
        return 1 if self._session.is_open and not self._session.online else 2

    def due(self) -> int:
        """When this reader wants the line next."""
        if not self._session.is_open:
            return self._retry_us
        if not self._session.online:
            return self._not_before_us
        if self._work:
            return 0
        return max(min(self._last_us + self._poll_us, self._rounds.due()), self._not_before_us)

    def deadline(self) -> int:
        """While it has the line: when to look again, because nothing came."""
        if self._exchange is None:
            return 0
        end = self._exchange.started_us + REPLY_US
        return min(end, self._busy_again_us) if self._busy_again_us else end

    def started(self) -> int:
        """While it has the line: since when."""
        return self._exchange.started_us if self._exchange else 0

    def next_end(self) -> int | None:
        """When the first of the waiting commands ends for want of time."""
        return min((w.do.until_us for w in self._work), default=None)

    # --- commands ---

    def take(self, do: Do) -> None:
        """A command from the daemon. A reader that is away is tried again at once for it."""
        later = dict(do.drives)
        for work in self._work:
            work.overtaken |= {number for number, on in work.do.drives if later.get(number) is (not on)}
        self._work.append(_Work(do))
        if not self._session.is_open:
            self._retry_us = 0

    def expire(self, now: int) -> None:
        """End what has had its time; a frame on the line is not called back."""
        for work in [w for w in self._work if w.do.until_us <= now]:
            self._work.remove(work)
            self._end(work)

    def _end(self, work: _Work) -> None:
        if work.refused:
            self._say(Ended(work.do.id, "refused", work.refused))
        elif work.passed:
            self._say(Ended(work.do.id, "no_answer" if work.sent else "not_sent", "overtaken"))
        elif work.at == len(work.do.drives):
            self._say(Ended(work.do.id, "written", "answered"))
        elif work.sent:
            self._say(Ended(work.do.id, "no_answer", "silent"))
        else:
            self._say(Ended(work.do.id, "not_sent", "unreachable"))

    # --- the line ---

    def start(self, now: int) -> bool:
        """Put the next frame on the line, if there is one. True: the line is ours until the answer."""
        if not self._session.is_open:
            self._session.open()
            self._empty_at_us = None
        work, query = self._choose(now) if self._session.online else (None, None)
        # The library does one thing a step: choose, send; or change its state, choose, send.
        for _ in range(4):
            self._session.step()
            frame = self._session.sent
            if frame is not None:
                self._exchange = _Exchange(frame, now, work, query)
                self._busy_again_us = 0
                if work is not None:
                    self._sent(work, now)
                return True
            if self._session.fell:
                self._lost(now, "refused", "libosdp gave the session up", now + REFUSED_AGAIN_US)
                return False
        self._not_before_us = now + _IDLE_US
        if self._session.online and now - self._last_us > QUIET_US:
            self._lost(now, "refused", "libosdp fell silent", now, hold=True)
        return False

    def hear(self, frame: Frame, now: int) -> bool:
        """A frame came in while the line is ours. True: that was the answer, the line is free."""
        if self._exchange is None:
            return False
        match received(self._exchange.frame, frame):
            case "ignore":
                return False
            case "busy":
                self._busy_again_us = now + BUSY_AGAIN_US
                return False
            case "lost":
                self._exchange = None
                self._lost(now, "refused", "the reader dropped the secure channel", now, hold=True)
                return True
            case "answer":
                exchange, self._exchange = self._exchange, None
                self._last_us = now
                self._session.hear(frame)
                self._answered(exchange, frame, now)
                return True

    def again(self, now: int) -> bytes | None:
        """After osdp_BUSY: the frame to send once more, when its time has come."""
        if self._exchange is None or not self._busy_again_us or now < self._busy_again_us:
            return None
        self._busy_again_us = 0
        return self._exchange.frame.raw

    def silent(self, now: int, gap_us: int) -> None:
        """Nothing valid came in time. Up: try the channel anew at once. Else: leave the line for `gap_us`."""
        exchange, self._exchange = self._exchange, None
        was_up = self._session.online
        started = exchange.started_us if exchange else now
        retry = now if was_up else max(started + gap_us, now)
        self._lost(now, "silent", "no answer", retry, hold=was_up)

    def unplugged(self, now: int, reason: str) -> None:
        """The port is gone: whatever was under way is over."""
        self._exchange = None
        self._lost(now, "unreachable", reason, now)

    # --- what is sent ---

    def _choose(self, now: int) -> tuple[_Work | None, Query | None]:
        self._pass_over()
        if self._work:
            work = self._work[0]
            if self._session.submit_output(*work.do.drives[work.at]):
                return work, None
        while (query := self._rounds.next(now)) is not None:
            # A reader that says it has no such points would refuse the query, which costs the channel.
            if self._session.points(query.outputs) and self._session.submit_query(query.outputs):
                return None, query
            self._finish_round()
        return None, None

    def _pass_over(self) -> None:
        """Leave out what a later command drives the other way."""
        while self._work:
            work = self._work[0]
            while work.at < len(work.do.drives) and work.do.drives[work.at][0] in work.overtaken:
                work.at += 1
                work.passed = True
            if work.at < len(work.do.drives):
                return
            self._work.popleft()
            self._end(work)

    def _sent(self, work: _Work, now: int) -> None:
        if not work.sent:
            work.sent = True
            self._say(Sent(work.do.id))
        self._rounds.commanded(now)

    # --- what an answer means ---

    def _answered(self, exchange: _Exchange, frame: Frame, now: int) -> None:
        in_channel = exchange.frame.block >= 0x15
        if in_channel and self._session.online:
            # Up is a reader that has answered with a MAC, not one that has only got through the handshake.
            self._falls = 0
            if self.down is not False:
                self._tell(False, "up", "secure channel up")
                self._identify()
        if exchange.work is not None:
            self._output_answered(exchange.work)
        elif exchange.query is not None:
            self._query_answered(exchange.query, exchange.started_us, now)
        elif exchange.frame.code == POLL:
            self._poll_answered(exchange.started_us, frame, now)
        if self._session.fell:
            self._fell(exchange, now)
        elif exchange.frame.code == SCRYPT and self._session.online:
            self._rounds.at_once(now)

    def _output_answered(self, work: _Work) -> None:
        if work not in self._work or self._session.completed is None:
            return
        if self._session.completed:
            work.at += 1
        elif self._session.nak is not None:
            # The NAK carried the channel's MAC: the reader itself says no. Its other drives are still tried.
            work.at += 1
            work.refused = work.refused or f"nak_{self._session.nak}"
        if work.at == len(work.do.drives):
            self._work.remove(work)
            self._end(work)

    def _query_answered(self, query: Query, started_us: int, now: int) -> None:
        report = self._session.report
        if report is not None and report[0] is query.outputs and self._session.completed:
            self._rounds.answered(query, started_us, report[1])
        elif self._session.nak is not None:
            self._rounds.refused(query, now)
        self._finish_round()

    def _finish_round(self) -> None:
        found = self._rounds.finished()
        if found is not None:
            inputs, outputs = (None if values is None else values.hex() for values in found[1:])
            self._say(Report(self.address, found[0], inputs, outputs))

    def _poll_answered(self, started_us: int, frame: Frame, now: int) -> None:
        report = self._session.report
        if report is not None:
            # Sampled at some time after the last poll that found nothing to report; before the first such
            # poll of a session it may be a report that waited while we were away, and says nothing of now.
            if self._empty_at_us is not None:
                text = report[1].hex()
                inputs, outputs = (None, text) if report[0] else (text, None)
                self._say(Report(self.address, self._empty_at_us, inputs, outputs))
            self._rounds.at_once(now)
        elif frame.code == ACK and not self._session.fell:
            self._empty_at_us = started_us

    def _fell(self, exchange: _Exchange, now: int) -> None:
        if exchange.frame.code in (CHLNG, SCRYPT):
            why = "no secure channel: the key does not match or the reader has none"
        elif exchange.frame.code == CAP:
            why = "no secure channel: the reader offers none"
        else:
            why = "the reader refused"
        in_channel = exchange.frame.block >= 0x15
        self._lost(now, "refused", why, now if in_channel else now + REFUSED_AGAIN_US, hold=in_channel)

    def _lost(
        self,
        now: int,
        code: Literal["silent", "refused", "unreachable"],
        why: str,
        retry_us: int,
        hold: bool = False,
    ) -> None:
        """The session is over. `hold`: say nothing yet; if the next handshake succeeds it was never away."""
        self._session.close()
        self._rounds.abandon()
        self._falls += 1
        if hold and self._falls > FALLS:
            hold, retry_us = False, max(retry_us, now + REFUSED_AGAIN_US)
        self._retry_us = retry_us
        self._not_before_us = now
        if not hold:
            self._tell(True, code, why)

    def _identify(self) -> None:
        """Tell what the reader said it is, which it says at the beginning of each session."""
        told = self._session.identity()
        if told is not None and told != self._told:
            self._told = told
            vendor, model, version, serial, firmware = told
            parts = (firmware >> 16, firmware >> 8 & 0xFF, firmware & 0xFF)
            name = vendor.to_bytes(3, "little").hex()
            self._say(Identified(self.address, name, model, version, serial, parts))

    def _tell(self, down: bool, code: str, detail: str) -> None:
        if down is not self.down or (down and code != self._said_code):
            self.down, self._said_code = down, code
            self._say(Link(self.address, not down, code, detail))
