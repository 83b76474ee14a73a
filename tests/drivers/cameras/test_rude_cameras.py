"""What cameras answer against the letter of RTSP: their pictures come all the same, or the reason is told."""

import socket

import pytest

from drivers.cameras.stream import Source
from tests.drivers.cameras.rtp_front import Asked, Conversation, Front
from tests.drivers.cameras.test_rtsp_client import VIDEO, lost, pictures, rtp, watched


async def test_a_camera_that_counts_its_answers_by_itself_is_understood() -> None:
    def own_count(conversation: Conversation, asked: Asked) -> bytes | None:
        return b"RTSP/1.0 200 OK\r\nCSeq: 4000000\r\n\r\n" if asked.method == "OPTIONS" else None

    async with Front(VIDEO, pictures, own_count) as front, watched(Source("one", front.url())) as (seen, _):
        await seen.until(lambda seen: len(seen.units) == 5)


async def test_a_camera_that_takes_no_range_is_asked_to_play_without() -> None:
    def no_range(conversation: Conversation, asked: Asked) -> str | None:
        return "457 Invalid Range" if "range" in asked.headers else None

    async with Front(VIDEO, pictures, no_range) as front, watched(Source("one", front.url())) as (seen, _):
        await seen.until(lambda seen: len(seen.units) == 5)

    assert front.methods().count("PLAY") == 2


@pytest.mark.parametrize("refusal", ["455 Method Not Valid in This State", "404 Not Found", "500 Error"])
async def test_a_camera_that_refuses_its_sound_still_shows_its_pictures(refusal: str) -> None:
    both = VIDEO + b"m=audio 0 RTP/AVP 0\r\na=control:trackID=2\r\n"

    def mute(conversation: Conversation, asked: Asked) -> str | None:
        return refusal if asked.method == "SETUP" and asked.url.endswith("2") else None

    async with (
        Front(both, pictures, mute) as front,
        watched(Source("one", front.url(), audio=True)) as (seen, _),
    ):
        await seen.until(lambda seen: len(seen.units) == 5)


async def test_a_camera_that_answers_udp_with_tcp_is_told_as_such_and_not_waited_for() -> None:
    def tcp(conversation: Conversation, asked: Asked) -> str | None:
        if asked.method != "SETUP":
            return None
        return "200 OK\r\nSession: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1"

    async with Front(VIDEO, pictures, tcp) as front:
        assert "UDP" in (await lost(Source("one", front.url(), transport="udp"))).detail


@pytest.mark.parametrize("named", [False, True])
async def test_datagrams_of_another_address_are_taken_only_where_the_camera_names_it(named: bool) -> None:
    async def elsewhere(conversation: Conversation) -> None:
        assert conversation.to is not None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.9", 0))
            other.sendto(rtp(65_533, 0, b"\x65\x88" + b"other"), conversation.to)
        await pictures(conversation)

    def source(conversation: Conversation, asked: Asked) -> str | None:
        if asked.method != "SETUP" or not named:
            return None
        return conversation._set_up(asked.headers["transport"]) + ";source=127.0.0.9"

    async with (
        Front(VIDEO, elsewhere, source) as front,
        watched(Source("one", front.url(), transport="udp")) as (seen, _),
    ):
        await seen.until(lambda seen: len(seen.units) == (1 if named else 5))

    assert (b"other" in seen.units[0].data) is named


async def test_a_redirection_may_name_a_place_at_the_same_camera() -> None:
    def moved(conversation: Conversation, asked: Asked) -> str | None:
        return "302 Found\r\nLocation: /other" if asked.url.endswith("/main") else None

    async with Front(VIDEO, pictures, moved) as front, watched(Source("one", front.url())) as (seen, _):
        await seen.until(lambda seen: len(seen.units) == 5)

    assert front.asked[-1].url.startswith(front.url("/other"))
