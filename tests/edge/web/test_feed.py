"""The event stream's middle: bounded, in bites, and nobody waits for somebody who does not read."""

import asyncio

import pytest

from edge.journal.chain import ZEROS, Head
from edge.journal.row import Row
from edge.journal.stamp import Stamped, Stamper
from edge.journal.stored import Stored
from edge.web import feed as module
from edge.web.courtesy import Courtesy
from edge.web.feed import Feed, Listener
from edge.web.sieve import Sieve
from edge.web.wire import Message

EPOCH = "0f8b1c5e-0000-4000-8000-000000000001"


class Wire:
    """A connection on paper. full: it takes nothing any more."""

    def __init__(self) -> None:
        self.heard = b""
        self.full = False
        self.gone = False

    def put(self, message: Message) -> None:
        if self.gone:
            raise ConnectionResetError
        self.heard += message.plain

    def unread(self) -> int:
        return 10**6 if self.full else 0

    @property
    def seqs(self) -> list[int]:
        return [int(one) for one in self.heard.split(b",") if one.isdigit()]


def encode(event: Stored, duress: bool, seq: int) -> bytes:
    return f"{seq},".encode()


def events(count: int, first: int = 1) -> list[Stamped]:
    stamper = Stamper("hs", "boot", None, Head(EPOCH, first - 1, ZEROS))
    return [
        stamper.stamp(Row(1_000 + one, one, "button.supervision/1", "pb", "rule")) for one in range(count)
    ]


def listening(wire: Wire, *, still: bool = True) -> Listener:
    return Listener(wire, True, lambda: still, asyncio.Event())


def opened() -> Feed:
    feed = Feed(Sieve(), encode, lambda: b"beat,", Courtesy(lambda: False))
    feed.open(None)
    return feed


async def until(what: object) -> None:
    assert callable(what)
    async with asyncio.timeout(10):
        while not what():
            await asyncio.sleep(0.005)


async def test_everybody_hears_each_event_once_in_order() -> None:
    feed, wires = opened(), [Wire() for _ in range(20)]
    for one in wires:
        assert feed.attach(listening(one), None)
    for batch in (events(300), events(50, 301)):
        feed.committed(batch)
    await until(lambda: all(len(one.seqs) == 350 for one in wires))
    assert all(one.seqs == list(range(1, 351)) for one in wires)
    await feed.close()


async def test_who_comes_back_hears_what_is_behind_its_place() -> None:
    feed, wire = opened(), Wire()
    feed.committed(events(10))
    assert feed.attach(listening(wire), (EPOCH, 7))
    await until(lambda: wire.seqs == [8, 9, 10])
    assert not feed.attach(listening(Wire()), (EPOCH, 11))
    await feed.close()


async def test_one_that_does_not_read_is_let_go_and_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SLOW_S", 0.05)
    feed, deaf, other = opened(), Wire(), Wire()
    deaf.full = True
    slow = listening(deaf)
    feed.attach(slow, None)
    feed.attach(listening(other), None)
    feed.committed(events(5))
    await until(lambda: len(other.seqs) == 5)
    async with asyncio.timeout(10):
        await slow.ended.wait()
    assert (feed.listeners, feed.dropped) == (1, 1)
    await feed.close()


async def test_what_is_kept_for_laggards_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    feed, deaf = opened(), Wire()
    deaf.full = True
    slow = listening(deaf)
    feed.attach(slow, None)
    feed.committed(events(module.FRAMES_MOST + 1))
    async with asyncio.timeout(20):
        await slow.ended.wait()
    assert len(feed._frames) == module.FRAMES_MOST
    await feed.close()


async def test_a_gap_sends_everybody_back_to_the_journal() -> None:
    feed, wire = opened(), Wire()
    one = listening(wire)
    feed.attach(one, None)
    feed.committed(events(3))
    await until(lambda: wire.seqs == [1, 2, 3])
    feed.committed(events(1, 6))
    async with asyncio.timeout(10):
        await one.ended.wait()
    assert not feed.is_open
    await feed.close()


async def test_who_hung_up_or_lost_the_right_is_gone() -> None:
    feed, gone = opened(), Wire()
    gone.gone = True
    hung_up, turned_out = listening(gone), listening(Wire(), still=False)
    feed.attach(hung_up, None)
    feed.attach(turned_out, None)
    feed.committed(events(1))
    async with asyncio.timeout(10):
        await hung_up.ended.wait()
        await turned_out.ended.wait()
    assert feed.listeners == 0
    await feed.close()


async def test_what_is_committed_while_the_port_closes_keeps_nobody_from_what_follows() -> None:
    feed, before, after = opened(), Wire(), Wire()
    feed.attach(listening(before), None)
    feed.committed(events(3))
    await feed.close()  # a renewed certificate, before the three were made ready

    assert feed.attach(listening(after), None)
    feed.committed(events(2, 4))
    await until(lambda: after.seqs == [4, 5])
    await feed.close()
