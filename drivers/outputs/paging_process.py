"""The process that pages: speech files to packets, each 20 ms one, to as many outputs as there are; a socket on descriptor 0.

`python -m drivers.outputs.paging_process`, started and watched by `paging_bus`: no loop of the daemon paces a packet. It
ends by itself when the daemon does.
"""

import select
import sys
from functools import partial

from drivers.outputs.codecs import CODECS
from drivers.outputs.paging_messages import Close, Down, Hold, Open, OpenCall, Ready, Said, Say
from drivers.outputs.paging_parent import Parent, now_us, pass_on, run
from drivers.outputs.paging_rounds import Rounds
from drivers.outputs.rtp_sender import RtpSender
from drivers.outputs.speech_shelf import SpeechShelf
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class _Output:
    opened: Open
    sender: RtpSender
    rounds: Rounds


class Paging:
    """All outputs, and the thread's shelf."""

    def __init__(self, parent: Parent, shelf: SpeechShelf) -> None:
        self._parent, self._shelf = parent, shelf
        self._outputs: dict[str, _Output] = {}

    def round(self) -> bool:
        """Send what is due, then wait for whatever comes first. True: the daemon has something to say."""
        wanted = self._parent.beat(now_us())
        for one in self._outputs.values():
            one.rounds.send(now_us())
            wanted = min(wanted, one.rounds.due() or wanted)
        ready, _, _ = select.select([self._parent.socket], [], [], max(0, wanted - now_us()) / 1e6)
        return bool(ready)

    def take(self, message: Down) -> None:
        match message:
            case Open():
                self._close(message.output)
                self._outputs[message.output] = self._opened(message)
            case Close():
                self._close(message.output)
            case OpenCall():
                pass  # the process that calls takes these
            case Ready() | Say() | Hold():
                if (one := self._outputs.get(message.output)) is not None:
                    pass_on(message, one.rounds, one.opened.codec, self._shelf)

    def _opened(self, message: Open) -> _Output:
        codec = CODECS[message.codec]
        sender = RtpSender(
            message.host, message.port, codec.payload_type, ttl=message.ttl, interface=message.interface
        )
        rounds = Rounds(
            message.codec,
            message.repeat_us,
            sender,
            partial(self._shelf.words, codec=message.codec),
            lambda page, left, code: self._parent.tell(Said(message.output, page, left, code)),
        )
        return _Output(message, sender, rounds)

    def _close(self, output: str) -> None:
        gone = self._outputs.pop(output, None)
        if gone is not None:
            gone.sender.close()

    def leave(self) -> None:
        """The daemon is gone: silence."""


if __name__ == "__main__":
    sys.exit(run(Paging))
