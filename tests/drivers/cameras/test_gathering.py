"""A loop that lets pictures of many cameras gather: they wait for one another, and nothing waits for them."""

import asyncio
import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator

import pytest

from drivers.cameras import gathering
from drivers.cameras.gathering import FEW, Gathering, GatheringLoop
from drivers.cameras.rtsp_client import RtspClient
from drivers.cameras.stream import Source
from tests.drivers.cameras.rtp_front import Conversation, Front
from tests.drivers.cameras.test_rtsp_client import KEY, VIDEO, rtp
from tests.drivers.cameras.watching import Seen

FOR_EVER_S = 1_000.0
"""Whoever waited for so long would never end."""


class Ends:
    """A selector with sockets to be read; `wrote` makes one of them ready."""

    def __init__(self, few: int, names: str) -> None:
        self.selector = Gathering(few)
        self.selector.wait_s, self.selector.late_s = FOR_EVER_S, 0.0
        self.pairs = {name: socket.socketpair() for name in names}
        for name, (ours, _) in self.pairs.items():
            self.selector.register(ours.fileno(), selectors.EVENT_READ, name)

    def may_wait(self, names: str) -> None:
        for name in names:
            self.selector.may_wait(self.pairs[name][0].fileno())

    def wrote(self, names: str) -> None:
        for name in names:
            self.pairs[name][1].send(b"x")

    def ready(self, timeout: float | None = None) -> str:
        return "".join(sorted(key.data for key, _ in self.selector.select(timeout)))


@contextlib.contextmanager
def ends(few: int = 0, names: str = "abh") -> Iterator[Ends]:
    made = Ends(few, names)
    try:
        yield made
    finally:
        made.selector.close()
        for pair in made.pairs.values():
            for one in pair:
                one.close()


def test_what_may_not_wait_ends_the_waiting_and_all_come_together() -> None:
    with ends() as made:
        made.may_wait("ab")
        made.wrote("a")
        others = threading.Timer(0.01, made.wrote, ["bh"])
        others.start()
        assert made.ready() == "abh"
        others.join()


def test_waiting_ends_when_the_loop_has_something_to_do() -> None:
    with ends() as made:
        made.may_wait("ab")
        made.wrote("ab")
        assert made.ready(0) == "ab"
        assert made.ready(0.001) == "ab"


def test_what_is_to_be_done_at_a_time_waits_for_the_next_pictures_and_no_longer() -> None:
    with ends() as made:
        made.may_wait("ab")
        made.selector.wait_s, made.selector.late_s = 0.0, FOR_EVER_S
        others = threading.Timer(0.01, made.wrote, ["a"])
        others.start()
        assert made.ready(0.001) == "a"
        others.join()
        made.pairs["a"][0].recv(1)
        assert made.ready(0) == "", "what is to be done now waits for nothing"
        made.selector.late_s = 0.01
        assert made.ready(0.001) == ""


def test_pictures_wait_longer_while_nobody_needs_them_soon() -> None:
    with ends() as made:
        made.selector.hurry(False)
        calm = made.selector.wait_s, made.selector.late_s
        made.selector.hurry(True)
        assert calm > (made.selector.wait_s, made.selector.late_s) == (Gathering().wait_s, Gathering().late_s)


def test_pictures_of_a_few_cameras_wait_for_nothing() -> None:
    with ends(few=2, names="abhc") as made:
        made.may_wait("ab")
        made.wrote("a")
        assert made.ready() == "a"
        made.may_wait("h")
        others = threading.Timer(0.01, made.wrote, ["c"])
        others.start()
        assert made.ready() == "ac", "one more, and they wait"
        others.join()


def test_what_could_not_be_taken_at_once_waits_for_nothing_and_only_once() -> None:
    with ends() as made:
        made.may_wait("a")
        made.wrote("a")
        made.selector.more = True
        assert made.ready() == "a"
        assert not made.selector.more


def test_a_socket_that_no_longer_may_wait_is_as_any_other() -> None:
    with ends() as made:
        number = made.pairs["a"][0].fileno()
        no_more = made.selector.may_wait(number)
        assert made.selector.get_key(number).data == "a"
        no_more()
        no_more()
        made.wrote("a")
        assert made.ready() == "a"
        assert {key.data for key in made.selector.get_map().values()} == set("abh")
        made.selector.unregister(number)
        assert made.ready(0) == ""


def test_nine_cameras_are_read_to_their_end_on_such_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "GATHER_S", 0.005)
    large = KEY + bytes(range(1, 256)) * 250

    async def play(conversation: Conversation) -> None:
        # Each more than the buffer holds: the rest waits for nothing.
        for number in range(6):
            conversation.packet(rtp(number, 3_000 * number, large))
        conversation.writer.close()

    async def watched() -> list[Seen]:
        seen = [Seen() for _ in range(FEW + 1)]
        async with contextlib.AsyncExitStack() as stack:
            fronts = [await stack.enter_async_context(Front(VIDEO, play)) for _ in seen]
            reading = [
                RtspClient(Source("one", front.url())).run(one)
                for front, one in zip(fronts, seen, strict=True)
            ]
            ended = await asyncio.gather(*reading, return_exceptions=True)
        assert {str(one).split(":")[0] for one in ended} == {"closed"}
        return seen

    with asyncio.Runner(loop_factory=GatheringLoop) as runner:
        seen = runner.run(watched())
        loop = runner.get_loop()
        assert isinstance(loop, GatheringLoop)
        assert len(loop.gathering.get_map()) == 1, "all but the loop's own are closed"
    for one in seen:
        assert [unit.data[-len(large) :] for unit in one.units] == [large] * 6
        assert not one.lost_packets
