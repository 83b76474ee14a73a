"""The first door, before a viewer over true ICE, DTLS and SRTP: what it gets, how it leaves, and who is spoken to."""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiortc.codecs.h264 import h264_depayload
from aiortc.rtp import RtpPacket

from drivers.cameras.stream import AccessUnit
from edge.media import live_whep
from edge.media.hub import Hub
from edge.media.live_rtp import payloads
from edge.media.live_whep import NotServed, Viewers
from tests.edge.media.encoder import encoded
from tests.edge.media.sink import OFFER, Sink

HERE = "127.0.0.1"
UNUSED = OFFER.format(ufrag="abcd", password="p" * 24, fingerprint=":".join(["11"] * 32))


def given(hub: Hub, units: list[AccessUnit]) -> None:
    for unit in units:
        hub.unit(unit)


def packets_of(units: list[AccessUnit]) -> int:
    return sum(len(payloads(unit.data)) for unit in units)


def joined(packets: list[RtpPacket]) -> bytes:
    return b"".join(h264_depayload(packet.payload) for packet in packets)


@asynccontextmanager
async def looking(viewers: Viewers, hub: Hub, lose: int = -1) -> AsyncIterator[tuple[Sink, str]]:
    sink = Sink()
    sink.lose = lose
    made = await viewers.offer(hub, await sink.offer(), HERE)
    await sink.take(made.sdp)
    try:
        yield sink, made.viewer
    finally:
        await sink.leave()
        await viewers.close()


async def left(viewers: Viewers) -> None:
    async with asyncio.timeout(20):
        while viewers.count:
            await asyncio.sleep(0.01)


async def test_a_viewer_gets_every_picture_since_the_last_key_picture_bit_by_bit() -> None:
    viewers, hub, units = Viewers(), Hub("cam-1", "main"), encoded(40, fps=25, key_s=1)
    given(hub, units[:35])
    async with looking(viewers, hub) as (sink, _):
        await sink.until(packets_of(units[25:35]))
        given(hub, units[35:])
        await sink.until(packets_of(units[25:]))
        assert joined(sink.packets) == b"".join(unit.data for unit in units[25:])
        numbers = [packet.sequence_number for packet in sink.packets]
        assert all((before + 1) & 0xFFFF == after for before, after in itertools.pairwise(numbers))
        times = list(dict.fromkeys(packet.timestamp for packet in sink.packets))
        # Each picture at its own time, also those that came before the viewer did.
        assert {(after - before) & 0xFFFFFFFF for before, after in itertools.pairwise(times)} == {3_600}


async def test_a_lost_picture_is_answered_from_what_is_kept_each_picture_with_its_own_time() -> None:
    viewers, hub, units = Viewers(), Hub("cam-1", "main"), encoded(10, fps=25, key_s=10)
    given(hub, units)
    async with looking(viewers, hub) as (sink, _):
        whole = packets_of(units)
        await sink.until(whole)
        while sink.came == whole:
            await sink.lost_picture()
            await asyncio.sleep(0.01)
        await sink.until(2 * whole)
        assert joined(sink.packets[whole:]) == joined(sink.packets[:whole])
        # Else what is ten seconds old would say that it was taken now.
        times = [packet.timestamp for packet in sink.packets]
        assert times[whole:] == times[:whole]


async def test_a_lost_packet_is_sent_again_as_it_was() -> None:
    viewers, hub, units = Viewers(), Hub("cam-1", "main"), encoded(10, fps=25, key_s=10)
    given(hub, units)
    async with looking(viewers, hub, lose=3) as (sink, _):
        whole = packets_of(units)
        await sink.until(whole - 1)
        missed = sink.packets[2].sequence_number + 1 & 0xFFFF
        await sink.lost(missed, missed + 1_000 & 0xFFFF)
        await sink.until(whole)
        numbered = sorted(sink.packets, key=lambda packet: (packet.sequence_number - missed + 3) & 0xFFFF)
        assert joined(numbered) == b"".join(unit.data for unit in units)


async def test_viewers_who_close_who_are_told_to_go_and_who_vanish_all_leave_the_hub(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_whep, "SILENT_S", 2.0)
    why: list[str] = []
    viewers, hub, units = (
        Viewers(ended=lambda viewer, reason: why.append(reason)),
        Hub("cam-1", "main"),
        encoded(3),
    )
    given(hub, units)
    async with looking(viewers, hub) as (sink, viewer):
        await sink.until(1)
        await sink.leave()
        await left(viewers)
        assert not await viewers.end(viewer)
    async with looking(viewers, hub) as (sink, viewer):
        await sink.until(1)
        assert hub.watched == 1
        assert await viewers.end(viewer)
    async with looking(viewers, hub) as (sink, _):
        await sink.until(1)
        await sink.vanish()
        await left(viewers)
    assert why == ["closed", "ended", "silent"]
    assert hub.watched == 0


async def test_a_browser_that_never_connects_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_whep, "CONNECTED_WITHIN_S", 0.2)
    why: list[str] = []
    viewers, hub = Viewers(ended=lambda viewer, reason: why.append(reason)), Hub("cam-1", "main")
    given(hub, encoded(1))
    await viewers.offer(hub, UNUSED, HERE)
    assert viewers.count == 1
    await left(viewers)
    assert why == ["not_connected"]


async def test_one_who_leaves_in_the_very_moment_of_coming_leaves_nothing_behind() -> None:
    viewers, hub = Viewers(), Hub("cam-1", "main")
    given(hub, encoded(1))
    made = await viewers.offer(hub, UNUSED, HERE)
    assert await viewers.end(made.viewer)
    assert viewers.count == 0


async def test_what_this_door_cannot_serve_is_refused_with_a_reason() -> None:
    viewers, hub, unit = Viewers(most=1), Hub("cam-1", "main"), encoded(1)[0]
    codes = []

    async def asked(sdp: str = UNUSED, address: str = HERE) -> None:
        try:
            await viewers.offer(hub, sdp, address)
        except NotServed as refused:
            codes.append(refused.code)

    await asked()
    for track in (replace(unit.track, codec="h265"), replace(unit.track, reordered=True), unit.track):
        hub.unit(replace(unit, track=track))
        if track is not unit.track:
            await asked()
    await asked("no offer")
    await asked(UNUSED.replace("H264", "VP9"))
    # Documentation's address (RFC 5737): none of ours.
    await asked(address="192.0.2.222")
    await asked()
    await asked()
    assert codes == ["no_picture", "codec", "reordered", "malformed", "no_h264", "address", "full"]
    await viewers.close()


async def test_a_stream_that_gets_pictures_out_of_order_ends_its_viewers() -> None:
    why: list[str] = []
    viewers, hub, units = (
        Viewers(ended=lambda viewer, reason: why.append(reason)),
        Hub("cam-1", "main"),
        encoded(3),
    )
    given(hub, units)
    async with looking(viewers, hub) as (sink, _):
        await sink.until(1)
        hub.unit(replace(units[0], rtp=90_000, track=replace(units[0].track, reordered=True)))
        await left(viewers)
    assert why == ["unservable"]


async def test_an_address_in_an_offer_is_never_spoken_to(monkeypatch: pytest.MonkeyPatch) -> None:
    viewers, hub, units = Viewers(), Hub("cam-1", "main"), encoded(3)
    given(hub, units)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind((HERE, 0))
        elsewhere.setblocking(False)
        port = elsewhere.getsockname()[1]
        named = f"a=candidate:9 1 udp 2130706431 {HERE} {port} typ host\na=candidate:8 1 udp 2130706430 a.local 9 typ host\n"
        sink = Sink()
        made = await viewers.offer(hub, (await sink.offer()) + named, HERE)
        await sink.take(made.sdp)
        await sink.until(packets_of(units))
        with pytest.raises(BlockingIOError):
            elsewhere.recv(1)
        await sink.leave()
        await viewers.close()
