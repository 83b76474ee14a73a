"""A page by telephone: real SIP and RTP to a paging adapter, by a process of its own; each way a call can end is told as that."""

import asyncio
import contextlib
import os
import shutil
import signal
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.base import NotPermitted
from drivers.outputs.paging_bus import PagingBus
from drivers.outputs.route import Wording
from drivers.outputs.sip_paging import SipPaging, calls
from drivers.outputs.sip_way import Transport, message_size
from drivers.simulators.loudspeaker import heard
from drivers.simulators.paging_adapter import Manner, PagingAdapter, Taken
from rules.model.kinds import DRILL
from tests.drivers.outputs.telling import OUTPUT, Told, certificate, notice, running
from tests.drivers.outputs.test_rtp_paging import said, speech


class Here:
    """A number that is called, and what the route tells."""

    def __init__(self, adapter: PagingAdapter, route: SipPaging, bus: PagingBus, told: Told) -> None:
        self.adapter, self.route, self.bus, self.told = adapter, route, bus, told

    async def call(self, number: int = 0) -> Taken:
        await self.told.until(lambda: len(self.adapter.calls) > number)
        return self.adapter.calls[number]

    async def ended(self, number: int = 0) -> Taken:
        one = await self.call(number)
        await self.told.until(lambda: one.ended_s is not None)
        return one


@asynccontextmanager
async def campus(
    manner: Manner = "answer", port: int = 0, adapter: Any = None, **how: Any
) -> AsyncIterator[Here]:
    made = adapter or await PagingAdapter.start(manner)
    bus = calls()
    settings = {"repeat_s": 60.0, "ring_s": 1.0, **how}
    route = SipPaging(
        OUTPUT, bus, f"sip:8000@127.0.0.1:{made.port}", "127.0.0.1", port or made.port, **settings
    )
    try:
        async with running(route) as told:
            yield Here(made, route, bus, told)
    finally:
        made.close()
        await asyncio.sleep(0)  # the loop closes its sockets with its next turn


@pytest.fixture
def words(tmp_path: Path) -> Path:
    return speech(tmp_path / "words.wav", 500, 900)


def worded(file: Path | None) -> Wording:
    return Wording("LOCKDOWN", "Lockdown.\n", "LOCKDOWN", file)


@pytest.mark.parametrize(("codec", "payload"), [("pcmu", 0), ("pcma", 8)])
async def test_an_adapter_takes_the_call_and_hears_the_words_twice(
    words: Path, codec: str, payload: int
) -> None:
    adapter = await PagingAdapter.start()
    adapter.payload = payload
    async with campus(adapter=adapter, codec=codec) as here:
        outcome, code, _, _ = await here.told.of(notice(), worded(words))
        one = await here.ended()

    assert outcome == "received"
    kind, seconds, packets = code.split(":")
    assert (kind, int(packets)) == ("answered", len(one.packets))
    assert 1 <= int(seconds) <= 6
    assert (one.how, one.acknowledged) == ("bye", True)
    assert len(said(one.packets, words)) == 2
    assert {packet.payload_type for packet in one.packets} == {payload}
    gaps = [b.at_us - a.at_us for a, b in zip(one.packets, one.packets[1:], strict=False)]
    assert 15_000 < sorted(gaps)[len(gaps) // 2] < 25_000
    assert [b.number - a.number for a, b in zip(one.packets, one.packets[1:], strict=False)].count(1) >= len(
        gaps
    ) - 1


@pytest.mark.parametrize(
    ("manner", "code"),
    [("busy", "busy"), ("decline", "declined"), ("gone", "unknown_number"), ("error", "unavailable"), ("ring", "no_answer"),
     ("no_codec", "no_codec"), ("hang_up", "hung_up")],
)  # fmt: skip
async def test_each_way_a_call_can_end_is_told_as_that(words: Path, manner: Manner, code: str) -> None:
    async with campus(manner) as here:
        assert (await here.told.of(notice(), worded(words)))[:2] == ("failed", code)
        one = await here.call()
        if manner == "ring":
            await here.told.until(lambda: one.how == "cancel")
        if manner in ("no_codec", "hang_up"):
            await here.ended()
        else:
            await here.told.until(lambda: one.acknowledged)


async def test_it_is_called_again_until_it_takes_the_call(words: Path) -> None:
    async with campus("busy") as here:
        one = notice()
        assert (await here.told.of(one, worded(words)))[:2] == ("failed", "busy")
        here.adapter.manner = "answer"
        await here.told.until(lambda: here.told.ended[-1].outcome == "received")
        assert here.told.ended[-1].notice == one.id


async def test_a_number_that_says_nothing_is_given_up_in_time(words: Path) -> None:
    async with campus("silent") as here:
        began_s = time.monotonic()
        assert (await here.told.of(notice(), worded(words)))[:2] == ("failed", "timeout")
        assert time.monotonic() - began_s > 5
        # Repeated as RFC 3261 17.1.1.2 has it: after 0.5 s, then 1, then 2.
        assert here.adapter.requests[:5].count("INVITE") >= 4


async def test_a_lost_datagram_is_sent_again(words: Path) -> None:
    async with campus("slow") as here:
        assert (await here.told.of(notice(), worded(words)))[0] == "received"
        assert (await here.ended()).how == "bye"


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
async def test_a_number_that_asks_who_we_are_is_told_by_digest(words: Path, algorithm: str) -> None:
    adapter = await PagingAdapter.start(password="ladder-47", algorithm=algorithm)
    async with campus(adapter=adapter, user="page", password="ladder-47") as here:
        assert (await here.told.of(notice(), worded(words)))[0] == "received"


async def test_a_wrong_password_is_told_as_that(words: Path) -> None:
    adapter = await PagingAdapter.start(password="ladder-47")
    async with campus(adapter=adapter, user="page", password="wrong") as here:
        assert (await here.told.of(notice(), worded(words)))[:2] == ("failed", "auth")
        assert here.adapter.calls == []


async def test_a_page_stands_until_something_else_is_to_be_said_and_then_that_is(
    words: Path, tmp_path: Path
) -> None:
    clear = speech(tmp_path / "clear.wav", 2_000, 1_500)
    async with campus(repeat_s=5.0) as here:
        await here.told.of(notice(id=1), worded(words))
        again = await here.ended(1)
        await here.told.of(notice(8, id=2, response=None), worded(clear))
        last = here.adapter.calls[-1]
        await here.told.until(lambda: last.ended_s is not None)

    assert len(said(again.packets, words)) == 2
    assert len(said(last.packets, clear)) == 2
    assert [one.outcome for one in here.told.ended] == ["received", "received"]


async def test_what_is_newer_is_said_in_the_call_that_stands(words: Path, tmp_path: Path) -> None:
    other = speech(tmp_path / "other.wav", 2_000, 1_500)
    async with campus() as here:
        here.route.tell(notice(id=1), worded(words))
        one = await here.call()
        await here.told.until(lambda: len(one.packets) > 20)
        await here.told.of(notice(8, id=2, response="evacuate"), worded(other))
        await here.ended()

    assert len(here.adapter.calls) == 1
    assert said(one.packets, words) == []
    assert len(said(one.packets, other)) == 2


async def test_a_fire_alarm_ends_the_call_and_it_is_called_again_behind_it(words: Path) -> None:
    async with campus() as here:
        here.route.tell(notice(id=1), worded(words))
        one = await here.call()
        await here.told.until(lambda: len(one.packets) > 20)
        here.route.hold(True)
        assert (await here.told.end(notice(id=1)))[:2] == ("failed", "held")
        await here.ended()
        before = len(here.adapter.calls)
        here.route.hold(False)
        await here.told.until(lambda: here.told.ended[-1].outcome == "received")

    assert (one.how, before) == ("bye", 1)


async def test_a_process_that_dies_is_started_again_and_calls_again(words: Path) -> None:
    async with campus() as here:
        here.route.tell(notice(id=1), worded(words))
        one = await here.call()
        await here.told.until(lambda: len(one.packets) > 20)
        assert here.bus.process_id is not None
        os.kill(here.bus.process_id, signal.SIGKILL)
        await here.told.until(lambda: bool(here.told.ended) and here.told.ended[-1].outcome == "received")
        assert len(here.adapter.calls) == 2


async def test_without_the_interlocks_seal_nobody_is_called(words: Path) -> None:
    from dataclasses import replace

    async with campus() as here:
        with pytest.raises(NotPermitted):
            here.route.tell(replace(notice(kind=DRILL), seal=object()), worded(words))
        assert here.adapter.requests == []


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """What the other end shows, and who vouches for it."""
    key, cert = certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert.read_text()


async def connected(
    by: str, secured: tuple[ssl.SSLContext, str], manner: Manner = "answer", **how: str
) -> Any:
    """An adapter that is called by a connection, and how."""
    context = secured[0] if by == "tls" else None
    wire: Any = by.upper()
    made = await PagingAdapter.start(manner, by=wire, context=context, **how)
    return {"adapter": made, "transport": by, **({"authority": secured[1]} if by == "tls" else {})}


@pytest.mark.parametrize("by", ["tcp", "tls"])
async def test_by_a_connection_the_words_are_heard_and_nothing_is_said_twice(
    words: Path, by: str, secured: tuple[ssl.SSLContext, str]
) -> None:
    async with campus(**await connected(by, secured, password="echo delta")) as here:
        assert (await here.told.of(notice(), worded(words)))[:2] == ("failed", "auth")
        await here.told.until(lambda: here.adapter.requests[:2] == ["INVITE", "ACK"])
    async with campus(
        **await connected(by, secured, password="echo delta"),
        user="page",
        password="echo delta",
    ) as here:
        outcome, code, _, _ = await here.told.of(notice(), worded(words))
        one = await here.ended()
        assert (outcome, code.partition(":")[0]) == ("received", "answered")
        assert (one.how, one.acknowledged) == ("bye", True)
        assert len(said(one.packets, words)) == 2
        assert here.adapter.requests == ["INVITE", "ACK", "INVITE", "ACK", "BYE"]


@pytest.mark.parametrize(("manner", "code"), [("busy", "busy"), ("ring", "no_answer"), ("silent", "timeout")])
async def test_by_a_connection_each_end_is_told_as_by_datagrams_and_repeated_by_nobody(
    words: Path, manner: Manner, code: str, secured: tuple[ssl.SSLContext, str]
) -> None:
    async with campus(**await connected("tcp", secured, manner)) as here:
        assert (await here.told.of(notice(), worded(words)))[:2] == ("failed", code)
        assert here.adapter.requests.count("INVITE") == 1


async def test_a_certificate_that_nobody_vouches_for_is_called_by_nobody(
    words: Path, tmp_path: Path, secured: tuple[ssl.SSLContext, str]
) -> None:
    how = await connected("tls", secured)
    _, other = certificate(tmp_path)
    for wrong in ({"authority": other.read_text()}, {"server": "somebody.example.org"}):
        adapter = await PagingAdapter.start(by="TLS", context=secured[0])
        async with campus(**{**how, "adapter": adapter, **wrong}) as here:
            assert (await here.told.of(notice(), worded(words)))[:2] == ("failed", "tls")
            assert here.adapter.requests == [], "no word in clear"
    how["adapter"].close()


async def test_a_connection_that_breaks_or_cannot_be_had_is_told_and_tried_again(
    words: Path, secured: tuple[ssl.SSLContext, str]
) -> None:
    async with campus(**await connected("tcp", secured)) as here:
        here.route.tell(one := notice(), worded(words))
        first = await here.call()
        await here.told.until(lambda: len(first.packets) > 0)
        for stream in tuple(here.adapter.streams.values()):
            stream.abort()
        await here.told.until(lambda: ("failed", "closed") in [(e.outcome, e.code) for e in here.told.ended])
        await here.told.until(lambda: here.told.ended[-1].outcome == "received")
        assert here.told.ended[-1].notice == one.id
        assert len(here.adapter.calls) == 2
    gone = await connected("tcp", secured)
    gone["adapter"].close()
    async with campus(**gone) as here:
        assert (await here.told.of(notice(), worded(words)))[:2] == ("failed", "unreachable")


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"", 0),
        (b"SIP/2.0 200 OK\r\nContent-Length: 4\r\n", 0),
        (b"SIP/2.0 200 OK\r\nContent-Length: 4\r\n\r\nbodySIP/2.0", 41),
        (b"SIP/2.0 200 OK\r\nl : 4\r\n\r\n", 29),
        (b"SIP/2.0 200 OK\r\n\r\n", 18),
        (b"SIP/2.0 200 OK\r\nContent-Length: 9999999\r\n\r\n", None),
        (b"SIP/2.0 200 OK\r\nContent-Length: 9999\r\n\r\n", None),
        (b"SIP/2.0 200 OK\r\nContent-Length: x\r\n\r\n", None),
        (b"x" * 9_000, None),
    ],
)
def test_a_stream_is_cut_where_its_length_says_and_what_is_none_is_not_taken(
    data: bytes, size: int | None
) -> None:
    assert message_size(data) == size


async def test_without_speech_it_hears_tones_and_that_is_told() -> None:
    async with campus() as here:
        outcome, code, _, _ = await here.told.of(notice(), worded(None))
        one = await here.ended()
    assert outcome == "received"
    assert code.startswith("tones:")
    assert max(heard(one.packets)) > 5_000


# --- the other end by somebody else ----------------------------------------------------------------

SIPP = shutil.which("sipp")


@asynccontextmanager
async def sipp(
    folder: Path, *more: str, by: str = "udp"
) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """SIPp's own server, on a port of its own."""
    from edge.simulated.addresses import spare_port

    port = spare_port()
    assert SIPP is not None
    process = await asyncio.create_subprocess_exec(
        SIPP, "-t", f"{by[0]}1", *more, "-i", "127.0.0.1", "-p", str(port), "-nostdin", "-m", "1",
        "-trace_msg", "-message_file", "messages.log",
        "-timeout", "30", cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(10):
            while f":{port:04X} " not in await asyncio.to_thread(Path(f"/proc/net/{by}").read_text):
                await asyncio.sleep(0.02)
        yield process, port
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.mark.skipif(SIPP is None, reason="sipp is not installed: apt-get install sip-tester")
@pytest.mark.parametrize("by", ["udp", "tcp"])
async def test_sipps_own_server_takes_the_call_and_counts_it_as_a_good_one(
    words: Path, tmp_path: Path, by: Transport
) -> None:
    async with sipp(tmp_path, "-sn", "uas", by=by) as (process, port):
        bus = calls()
        route = SipPaging(
            OUTPUT, bus, f"sip:page@127.0.0.1:{port}", "127.0.0.1", port, repeat_s=600.0, transport=by
        )
        async with running(route) as told:
            outcome, code, _, _ = await told.of(notice(), worded(words))
            async with asyncio.timeout(20):
                failed = await process.wait()

    assert (outcome, code.partition(":")[0]) == ("received", "answered")
    # SIPp ends with 0 where every call went by its scenario: INVITE, 180, 200, ACK, BYE, 200.
    assert failed == 0
    messages = await asyncio.to_thread((tmp_path / "messages.log").read_text)
    assert "ACK sip:" in messages
    assert "BYE sip:" in messages
