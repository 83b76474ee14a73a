"""One permit on its way: the frames it became, what was answered to each, and its single ending."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Set

from drivers.clock import instant
from drivers.doors.modbus_pdu import (
    DEVICE_FAILURE,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    Refusal,
    Values,
    Write,
    WriteCoils,
    encode_request,
)
from drivers.doors.modbus_plan import coil_by_coil, plan_writes
from drivers.doors.modbus_reading import Answer, Nothing
from rules.model.commands import Drive, Permit
from rules.model.events import CommandEnded, Ending
from rules.model.ids import Space
from rules.model.values import dataclass

_MOST_PREPARED = 512
"""Permits remembered for a controller; it has a few responses in a few scopes, each with its locks."""


_WORTH_ANOTHER_FUNCTION = (ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE)


@dataclass(frozen=True, slots=True)
class PreparedWrite:
    """A write and its bytes as far as they can be known before the press."""

    write: Write
    frame: bytes


class Prepared:
    """The frames of permits that may come, by their coils and values. Bounded: the longest unused goes."""

    def __init__(self, encode: Callable[[bytes], bytes]) -> None:
        """encode: puts the controller's framing around a PDU."""
        self._encode = encode
        self._known: OrderedDict[tuple[tuple[Space, int, bool], ...], tuple[PreparedWrite, ...]] = (
            OrderedDict()
        )
        self._singly = False
        self._last: tuple[tuple[Drive, ...], tuple[PreparedWrite, ...]] = (), ()

    def instead(self, refused: Write, refusal: Refusal) -> tuple[PreparedWrite, ...]:
        """The same coils one by one, where a device refuses several at once: some have no function 15 at all.

        Such a device gets one frame a coil from then on. Empty where nothing else can be tried.
        """
        if refusal.exception not in _WORTH_ANOTHER_FUNCTION:
            return ()
        pieces = coil_by_coil(refused)
        if pieces and refusal.exception == ILLEGAL_FUNCTION and not self._singly:
            self._singly = True
            self._known.clear()
            self._last = (), ()
        return tuple(PreparedWrite(w, self._encode(encode_request(w))) for w in pieces)

    def without(self, write: Write, coils: Set[int]) -> tuple[PreparedWrite, ...]:
        """Frames for the coils of a write but these, with its values."""
        kept = [one for one in coil_by_coil(write) or (write,) if one.address not in coils]
        return tuple(PreparedWrite(w, self._encode(encode_request(w))) for w in kept)

    def writes(self, drives: Iterable[Drive]) -> tuple[PreparedWrite, ...]:
        """What to send. Raises NotPermitted for drives that no sound permit holds."""
        drives = tuple(drives)
        # A prepared lockdown holds the same drives each time: then nothing is to be looked at one by one.
        if drives and drives is self._last[0]:
            return self._last[1]
        found = self._writes(drives)
        self._last = drives, found
        return found

    def _writes(self, drives: tuple[Drive, ...]) -> tuple[PreparedWrite, ...]:
        key = tuple([(drive.point.space, drive.point.number, drive.on) for drive in drives])
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            return known
        made = tuple(
            PreparedWrite(w, self._encode(encode_request(w))) for w in plan_writes(drives, self._singly)
        )
        self._known[key] = made
        if len(self._known) > _MOST_PREPARED:
            self._known.popitem(last=False)
        return made


class Command:
    """Ends exactly once.

    `written` if every frame was answered well; `refused` if any was refused; `not_sent` if none ever left;
    else `no_answer`, with the code of what failed first.
    """

    __slots__ = (
        "_failure",
        "_next",
        "_refusal",
        "cut_off",
        "future",
        "in_flight",
        "overtaken",
        "permit",
        "sent",
        "timer",
        "unanswered",
    )

    def __init__(
        self,
        permit: Permit,
        writes: tuple[PreparedWrite, ...],
        future: "asyncio.Future[CommandEnded] | None" = None,
    ) -> None:
        """future: that of a command whose frame has left already."""
        self.permit = permit
        self.unanswered: dict[int, PreparedWrite] = dict(enumerate(writes))
        self._next = len(writes)
        self.sent = False
        self.in_flight = 0
        """Frames handed to a connection and not answered; only Modbus TCP counts them."""
        self.cut_off = 0
        """Connections that were lost with frames of it in a row, without an answer to any; Modbus TCP too."""
        self.overtaken: set[int] = set()
        """Coils that a later command drives the other way: what has not left of them does not leave any more."""
        self.timer: asyncio.TimerHandle | None = None
        self.future = asyncio.get_running_loop().create_future() if future is None else future
        self._refusal: Refusal | None = None
        self._failure: Nothing | None = None

    def answered(self, which: int, answer: Answer) -> bool:
        """Take the answer to one frame; True if it was the last one and the command has ended."""
        if self.unanswered.pop(which, None) is None:
            return False
        match answer:
            case Refusal():
                self._refusal = self._refusal or answer
            case Nothing():
                self._failure = self._failure or answer
            case Values():
                pass
        if self.unanswered:
            return False
        if self._refusal is None and self._failure is None:
            self._end("written", "answered")
        else:
            self.expire("silent")
        return True

    def replaced(self, which: int, by: tuple[PreparedWrite, ...]) -> tuple[int, ...]:
        """Frames to be sent in the place of one that was refused: their numbers. Empty once the command ended."""
        if self.unanswered.pop(which, None) is None:
            return ()
        numbers = tuple(range(self._next, self._next + len(by)))
        self._next += len(by)
        self.unanswered.update(zip(numbers, by, strict=True))
        return numbers

    def overtaken_by(self, later: Permit) -> bool:
        """A later command goes out; whether it drives any coil of this one the other way."""
        ours = {drive.point: drive.on for drive in self.permit.drives}
        other = [drive.point.number for drive in later.drives if ours.get(drive.point) is (not drive.on)]
        self.overtaken.update(other)
        return bool(other)

    def due(self, which: int, prepared: Prepared) -> tuple[int, ...]:
        """The frames to be sent for this one: itself, or what a later command has left of it."""
        if which not in self.unanswered or not self.overtaken:
            return (which,) if which in self.unanswered else ()
        write = self.unanswered[which].write
        last = write.address + (len(write.values) if isinstance(write, WriteCoils) else 1)
        if self.overtaken.isdisjoint(range(write.address, last)):
            return (which,)
        self._failure = self._failure or Nothing("overtaken")
        return self.replaced(which, prepared.without(write, self.overtaken))

    def leaving(self) -> None:
        """A frame goes out."""
        self.sent = True

    def expire(self, code: str) -> None:
        """Nothing more is waited for. `code`: why, unless an earlier failure tells more."""
        if self._refusal is not None:
            self._end("refused", f"exception_{self._refusal.exception}")
        elif not self.sent:
            self._end("not_sent", code)
        else:
            self._end("no_answer", self._failure.code if self._failure is not None else code)

    def _end(self, ending: Ending, code: str) -> None:
        self.unanswered.clear()
        if self.timer is not None:
            self.timer.cancel()
        if not self.future.done():
            self.future.set_result(
                CommandEnded(instant(), self.permit.id, self.permit.controller, ending, code)
            )
