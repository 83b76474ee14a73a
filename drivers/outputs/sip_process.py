"""The process that calls: SIP and 20 ms packets to as many numbers as there are; a socket to the daemon on descriptor 0.

`python -m drivers.outputs.sip_process`, started and watched as `paging_process` is, and in the same words.
"""

import secrets
import select
import socket
import sys
from contextlib import suppress
from functools import partial
from typing import Final

from drivers.outputs.codecs import CODECS, PACKET
from drivers.outputs.paging_messages import Close, Down, Hold, Open, OpenCall, Ready, Said, Say
from drivers.outputs.paging_parent import Parent, now_us, pass_on, run
from drivers.outputs.rtp_sender import HEADER
from drivers.outputs.sip_call import Call, Party
from drivers.outputs.sip_rounds import SipRounds
from drivers.outputs.sip_way import Datagrams, Stream, Way, trusting
from drivers.outputs.speech_shelf import SpeechShelf

LEAVING_US: Final = 1_000_000
"""For so long an output that is gone goes on hanging up."""


class Number:
    """One number: its two sockets, opened anew for each call, for networks come and go. The sound goes by UDP, in clear."""

    def __init__(self, opened: OpenCall, shelf: SpeechShelf, report: "partial[None]") -> None:
        self.opened = opened
        self.gone_us: int | None = None
        speech = partial(shelf.words, codec=opened.codec)
        self.rounds = SipRounds(opened.codec, opened.repeat_us, self, speech, report)
        self.way: Way | None = None
        self._rtp: socket.socket | None = None
        self._to: tuple[str, int] = ("", 0)
        self._payload_type = CODECS[opened.codec].payload_type
        self._source = secrets.randbits(32)
        self._count, self._time = secrets.randbits(16), secrets.randbits(32)

    def dial(self) -> Call | None:
        """A call, begun: by a connection it leaves once that stands."""
        self.shut()
        family = socket.AF_INET6 if ":" in self.opened.host else socket.AF_INET
        try:
            self.way = self._way(family)
            local, port = self.way.sock.getsockname()[:2]
            self._rtp = socket.socket(family, socket.SOCK_DGRAM)
            self._rtp.setblocking(False)
            self._rtp.bind((local, 0))
            with suppress(OSError):
                option = (
                    (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)
                    if family == socket.AF_INET6
                    else (socket.IPPROTO_IP, socket.IP_TOS)
                )
                self._rtp.setsockopt(*option, 46 << 2)
        except OSError:
            self.shut()
            return None
        party = Party(
            self.opened.target,
            local,
            port,
            self._rtp.getsockname()[1],
            self._payload_type,
            self.opened.user,
            self.opened.password,
            self.opened.transport,
        )
        call = Call(party)
        call.start(now_us(), self.opened.ring_us)
        return call

    def _way(self, family: int) -> Way:
        """Raises OSError."""
        one = self.opened
        if one.transport == "udp":
            return Datagrams(family, one.host, one.port)
        context = trusting(one.authority) if one.transport == "tls" else None
        return Stream(family, one.host, one.port, context, one.server)

    def play(self, payload: bytes, *, first: bool) -> bool:
        """To where the answer said."""
        call = self.rounds.call
        if self._rtp is None or call is None or call.answer is None:
            return False
        head = HEADER.pack(0x80, first << 7 | self._payload_type, self._count, self._time, self._source)
        self._count, self._time = (self._count + 1) & 0xFFFF, (self._time + PACKET) & 0xFFFFFFFF
        try:
            self._rtp.sendto(head + payload, (call.answer.host, call.answer.port))
        except BlockingIOError:
            return True  # one packet less; the next one goes
        except (OSError, ValueError):
            return False
        return True

    def turn(self) -> None:
        """Take what came, do what is due, send what is to be sent."""
        call, now = self.rounds.call, now_us()
        way = self.way
        if call is not None and way is not None:
            for message in way.turn():
                call.received(message, now)
            if way.lost:
                call.lost(now, way.lost)
        self.rounds.step(now)
        # A call that ended says its last words on its own way, before another was opened for the next.
        for one, its in ((call, way), (self.rounds.call, self.way)):
            if one is not None and its is not None:
                for message in one.out:
                    its.send(message)
                one.out.clear()

    def shut(self) -> None:
        """Close both sockets."""
        if self.way is not None:
            self.way.shut()
        if self._rtp is not None:
            self._rtp.close()
        self.way = self._rtp = None


class Calling:
    """All numbers, and the thread's shelf."""

    def __init__(self, parent: Parent, shelf: SpeechShelf) -> None:
        self._parent, self._shelf = parent, shelf
        self._numbers: dict[str, Number] = {}
        self._leaving: list[Number] = []

    def round(self) -> bool:
        """Do what is due, then wait for whatever comes first. True: the daemon has something to say."""
        now, ears, mouths = now_us(), [], []
        wanted = self._parent.beat(now)
        for one in (*self._numbers.values(), *self._leaving):
            one.turn()
            wanted = min(wanted, one.rounds.due() or wanted)
            if one.way is not None and one.rounds.call is not None:
                ears.append(one.way.sock)
                if one.way.writing:
                    mouths.append(one.way.sock)
        for one in [one for one in self._leaving if one.rounds.call is None or now >= (one.gone_us or 0)]:
            one.shut()
            self._leaving.remove(one)
        ready, _, _ = select.select([self._parent.socket, *ears], mouths, [], max(0, wanted - now_us()) / 1e6)
        return self._parent.socket in ready

    def take(self, message: Down) -> None:
        match message:
            case Open():
                pass  # the process that pages takes these
            case OpenCall():
                self._close(message.output)
                report = partial(self._report, message.output)
                self._numbers[message.output] = Number(message, self._shelf, report)
            case Close():
                self._close(message.output)
            case Ready() | Say() | Hold():
                if (one := self._numbers.get(message.output)) is not None:
                    pass_on(message, one.rounds, one.opened.codec, self._shelf)

    def leave(self) -> None:
        """The daemon is gone: hang up everywhere."""
        for output in tuple(self._numbers):
            self._close(output)
        for one in self._leaving:
            one.turn()
            one.shut()

    def _report(self, output: str, page: int, left: bool, code: str) -> None:
        self._parent.tell(Said(output, page, left, code))

    def _close(self, output: str) -> None:
        gone = self._numbers.pop(output, None)
        if gone is not None:
            gone.rounds.close(now_us())
            gone.gone_us = now_us() + LEAVING_US
            self._leaving.append(gone)


if __name__ == "__main__":
    sys.exit(run(Calling))
