"""Our own client against a camera that does whatever cameras do, over real sockets."""

import asyncio
import contextlib
import ipaddress
import socket
import struct
from collections.abc import AsyncIterator, Callable

import pytest

from drivers.cameras.address import may_follow
from drivers.cameras.rtsp_client import RtspClient
from drivers.cameras.rtsp_connection import now_us
from drivers.cameras.stream import Source, StreamLost, Transport, Unserved
from tests.drivers.cameras.rtp_front import Asked, Conversation, Front
from tests.drivers.cameras.watching import Seen

SPS = bytes.fromhex("67640028acd940780227e5c05a808080a0000003002000000781e30632c0")
PPS = bytes.fromhex("68ebe3cb22c0")
SETS = b"\0\0\0\1" + SPS + b"\0\0\0\1" + PPS
VIDEO = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\n"
    b"a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z2QAKKzZQHgCJ+XAWoCAgKAAAAMAIAAAB4HjBjLA,"
    b"aOvjyyLA\r\na=control:trackID=1\r\n"
)
KEY, NEXT = b"\x65\x88\x84\x00\x11\x22", b"\x41\x9a\x24\x33"


def rtp(sequence: int, stamp: int, payload: bytes, marker: bool = True, kind: int = 96) -> bytes:
    return (
        struct.pack(">BBHII", 0x80, kind | marker << 7, sequence & 0xFFFF, stamp & 0xFFFF_FFFF, 77) + payload
    )


async def pictures(conversation: Conversation) -> None:
    """A key picture and four more."""
    conversation.packet(rtp(65_534, 4_294_960_000, KEY))
    for number in range(1, 5):
        conversation.packet(rtp(65_534 + number, 4_294_960_000 + 3_000 * number, NEXT))


@contextlib.asynccontextmanager
async def watched(source: Source) -> AsyncIterator[tuple[Seen, "asyncio.Task[None]"]]:
    seen = Seen()

    async def run() -> None:
        await RtspClient(source).run(seen)

    task = asyncio.create_task(run())
    try:
        yield seen, task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, StreamLost):
            await task


async def lost(source: Source) -> StreamLost:
    async with watched(source) as (_, task):
        with pytest.raises(StreamLost) as raised:
            async with asyncio.timeout(30):
                await task
        return raised.value


def script(**answers: str | bytes) -> Callable[[Conversation, Asked], str | bytes | None]:
    return lambda conversation, asked: answers.get(asked.method)


async def test_a_picture_is_handed_over_as_it_was_sent_its_parameter_sets_in_front() -> None:
    async with Front(VIDEO, pictures) as front, watched(Source("one", front.url())) as (seen, _):
        await seen.until(lambda seen: len(seen.units) == 5)

    assert seen.units[0].data == SETS + b"\0\0\0\1" + KEY
    assert [unit.data for unit in seen.units[1:]] == [b"\0\0\0\1" + NEXT] * 4
    assert [unit.key for unit in seen.units] == [True, False, False, False, False]
    assert [unit.rtp for unit in seen.units] == [0, 3_000, 6_000, 9_000, 12_000]
    assert seen.opens[0][2].profile_level == "640028"


async def test_pictures_before_the_answer_to_play_are_not_lost() -> None:
    def early(conversation: Conversation, asked: Asked) -> None:
        if asked.method == "PLAY":
            conversation.packet(rtp(1, 1_000, KEY))

    async with Front(VIDEO, script=early) as front, watched(Source("one", front.url())) as (seen, _):
        await seen.until(lambda seen: len(seen.units) == 1 and len(seen.opens) == 1)

    assert seen.units[0].key


async def test_a_closed_connection_is_lost_at_once() -> None:
    async with Front(VIDEO, pictures) as front, watched(Source("one", front.url())) as (seen, task):
        await seen.until(lambda seen: len(seen.units) == 5)
        front.conversations[0].close()
        with pytest.raises(StreamLost, match="closed"):
            await task


async def test_leaving_says_teardown() -> None:
    async with Front(VIDEO, pictures) as front:
        async with watched(Source("one", front.url())) as (seen, _):
            await seen.until(lambda seen: len(seen.units) == 5)
        async with asyncio.timeout(10):
            while front.methods()[-1] != "TEARDOWN":
                await asyncio.sleep(0)

    assert front.asked[-1].headers["session"] == "4711"


async def test_the_session_is_kept_alive_at_half_its_own_time() -> None:
    def brief(conversation: Conversation, asked: Asked) -> str | None:
        if asked.method == "SETUP":
            return f"200 OK\r\nSession: 12;timeout=1\r\nTransport: {asked.headers['transport']}"
        return None

    began = now_us()
    async with Front(VIDEO, pictures, brief) as front, watched(Source("one", front.url())):
        async with asyncio.timeout(20):
            while front.methods().count("GET_PARAMETER") < 2:
                await asyncio.sleep(0.01)
        took = now_us() - began

    assert took >= 950_000
    assert front.asked[-1].headers["session"] == "12"


async def test_a_camera_without_get_parameter_is_kept_alive_by_options() -> None:
    def brief(conversation: Conversation, asked: Asked) -> str | None:
        if asked.method == "SETUP":
            return f"200 OK\r\nSession: 12;timeout=1\r\nTransport: {asked.headers['transport']}"
        if asked.method == "OPTIONS":
            return "200 OK\r\nPublic: DESCRIBE, SETUP, PLAY, TEARDOWN"
        return None

    async with Front(VIDEO, pictures, brief) as front, watched(Source("one", front.url())):
        async with asyncio.timeout(20):
            while front.methods().count("OPTIONS") < 3:
                await asyncio.sleep(0.01)

    assert "GET_PARAMETER" not in front.methods()


async def test_a_session_that_the_camera_forgot_is_lost() -> None:
    def brief(conversation: Conversation, asked: Asked) -> str | None:
        if asked.method == "SETUP":
            return f"200 OK\r\nSession: 12;timeout=1\r\nTransport: {asked.headers['transport']}"
        return "454 Session Not Found" if asked.method == "GET_PARAMETER" else None

    async with Front(VIDEO, pictures, brief) as front:
        assert (await lost(Source("one", front.url()))).code == "closed"


async def test_a_camera_that_refuses_tcp_is_asked_for_udp() -> None:
    def no_tcp(conversation: Conversation, asked: Asked) -> str | None:
        refused = asked.method == "SETUP" and "TCP" in asked.headers["transport"]
        return "461 Unsupported Transport" if refused else None

    async with Front(VIDEO, pictures, no_tcp) as front:
        async with watched(Source("one", front.url())) as (seen, _):
            await seen.until(lambda seen: len(seen.units) == 5)
        assert seen.opens[0][1] == "udp"
        assert (await lost(Source("one", front.url(), transport="tcp"))).code == "answer"


async def test_datagrams_out_of_order_are_put_back_and_late_ones_are_missing() -> None:
    async def shuffled(conversation: Conversation) -> None:
        sent = [rtp(10 + number, 3_000 * number, NEXT if number else KEY) for number in range(8)]
        for number in (0, 2, 1, 4, 3, 3, 6, 7):
            conversation.packet(sent[number])

    async with (
        Front(VIDEO, shuffled) as front,
        watched(Source("one", front.url(), transport="udp")) as (seen, _),
    ):
        await seen.until(lambda seen: len(seen.units) == 7)

    assert [unit.rtp // 3_000 for unit in seen.units] == [0, 1, 2, 3, 4, 6, 7]
    assert [unit.whole for unit in seen.units] == [True, True, True, True, True, False, True]
    assert seen.lost_packets == 1


async def test_a_lost_fragment_breaks_its_picture_and_no_other() -> None:
    async def cut(conversation: Conversation) -> None:
        conversation.packet(rtp(1, 0, KEY))
        conversation.packet(rtp(2, 3_000, b"\x5c\x81\x9aabc", marker=False))
        conversation.packet(rtp(4, 3_000, b"\x5c\x41ghi"))
        conversation.packet(rtp(5, 6_000, NEXT))

    async with Front(VIDEO, cut) as front, watched(Source("one", front.url())) as (seen, _):
        await seen.until(lambda seen: len(seen.units) == 3)

    assert [unit.whole for unit in seen.units] == [True, False, True]
    assert seen.lost_packets == 1


@pytest.mark.parametrize(
    "bad",
    [
        b"v=0\r\nm=video 0 RTP/AVP 26\r\na=control:1\r\n",
        b"v=0\r\nm=audio 0 RTP/AVP 0\r\n",
        VIDEO.replace(b"packetization-mode=1", b"packetization-mode=2"),
        VIDEO.replace(b"RTP/AVP", b"RTP/SAVP"),
        VIDEO.replace(b"H264", b"VP8"),
    ],
)
async def test_what_we_cannot_serve_is_said_with_its_reason(bad: bytes) -> None:
    async with Front(bad, pictures) as front:
        ended = await lost(Source("one", front.url()))

    assert isinstance(ended, Unserved)
    assert ended.detail


async def test_interleaved_packetization_in_the_stream_is_refused_not_misread() -> None:
    async def stap_b(conversation: Conversation) -> None:
        conversation.packet(rtp(1, 0, b"\x79\x00\x00\x00\x04" + KEY[:4]))

    async with Front(VIDEO, stap_b) as front:
        ended = await lost(Source("one", front.url()))

    assert isinstance(ended, Unserved)
    assert "STAP-B" in ended.detail


async def test_what_is_no_rtsp_is_malformed() -> None:
    async with Front(
        VIDEO, pictures, script(DESCRIBE=b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n")
    ) as front:
        assert (await lost(Source("one", front.url()))).code == "malformed"


async def test_a_camera_that_does_not_answer_is_silent() -> None:
    async with Front(VIDEO, pictures, script(DESCRIBE=b"")) as front:
        ended = await lost(Source("one", front.url(), answer_us=300_000))

    assert ended.code == "silent"
    assert "DESCRIBE" in ended.detail


@pytest.mark.parametrize(
    ("status", "code"),
    [("404 Not Found", "not_found"), ("403 Forbidden", "unauthorized"), ("503 Busy", "answer")],
)
async def test_an_answer_that_refuses_says_why(status: str, code: str) -> None:
    async with Front(VIDEO, pictures, script(DESCRIBE=status)) as front:
        assert (await lost(Source("one", front.url()))).code == code


async def test_a_redirection_within_the_campus_is_followed() -> None:
    async with Front(VIDEO, pictures) as there:
        moved = script(DESCRIBE=f"302 Moved\r\nLocation: {there.url('/other')}")
        async with Front(VIDEO, script=moved) as here, watched(Source("one", here.url())) as (seen, _):
            await seen.until(lambda seen: len(seen.units) == 5)

    assert [one.url for one in there.asked if one.method == "DESCRIBE"] == [there.url("/other")]


async def test_a_request_to_redirect_in_the_middle_is_answered_and_followed() -> None:
    async with Front(VIDEO, pictures) as there:

        async def sent_away(conversation: Conversation) -> None:
            conversation.packet(rtp(1, 0, KEY))
            conversation.writer.write(
                f"REDIRECT * RTSP/1.0\r\nCSeq: 9\r\nLocation: {there.url()}\r\n\r\n".encode()
            )

        async with Front(VIDEO, sent_away) as here, watched(Source("one", here.url())) as (seen, _):
            await seen.until(lambda seen: len(seen.units) == 6)


@pytest.mark.parametrize("where", ["rtsp://8.8.8.8/x", "http://127.0.0.1/x", "rtsp://", "rtsp://0.0.0.0/"])
async def test_a_redirection_out_of_the_campus_is_not_followed(where: str) -> None:
    async with Front(VIDEO, pictures, script(DESCRIBE=f"301 Moved\r\nLocation: {where}")) as front:
        ended = await lost(Source("one", front.url()))

    assert ended.code == "answer"
    assert "redirected" in ended.detail


async def test_a_circle_of_redirections_ends() -> None:
    async with Front(VIDEO) as front:
        front.script = script(DESCRIBE=f"302 Moved\r\nLocation: {front.url()}")
        assert "too often" in (await lost(Source("one", front.url()))).detail


@pytest.mark.parametrize(
    ("configured", "target", "allowed"),
    [
        ("10.1.1.1", "10.1.1.1", True),
        ("10.1.1.1", "192.168.3.4", True),
        ("10.1.1.1", "127.0.0.1", False),
        ("10.1.1.1", "93.184.216.34", False),
        ("10.1.1.1", "::ffff:93.184.216.34", False),
        ("127.0.0.1", "127.0.0.2", True),
        ("93.184.216.34", "93.184.216.35", True),
        ("93.184.216.34", "10.0.0.1", False),
        ("fd00::1", "fe80::1", True),
        ("10.1.1.1", "224.0.0.1", False),
    ],
)
def test_a_camera_sends_us_nowhere_outside_the_campus(configured: str, target: str, allowed: bool) -> None:
    assert may_follow(ipaddress.ip_address(configured), ipaddress.ip_address(target)) is allowed


async def test_a_password_is_not_told_in_clear_to_another_host() -> None:
    async with Front(
        VIDEO, pictures, script(DESCRIBE='401 No\r\nWWW-Authenticate: Basic realm="x"')
    ) as there:
        place = there.url().replace("127.0.0.1", "127.0.0.2")
        there_too = await asyncio.start_server(there._serve, "127.0.0.2", there.port)
        moved = script(DESCRIBE=f"302 Moved\r\nLocation: {place}")
        async with there_too, Front(VIDEO, script=moved) as here:
            ended = await lost(Source("one", here.url(), "user", "secret"))

    assert ended.code == "unauthorized"
    assert not any("authorization" in one.headers for one in there.asked)


async def test_a_camera_that_hangs_up_behind_its_challenge_is_answered_over_a_new_connection() -> None:
    def closing(conversation: Conversation, asked: Asked) -> str | bytes | None:
        if "authorization" in asked.headers:
            return None
        conversation.writer.write(
            f'RTSP/1.0 401 No\r\nCSeq: {asked.headers["cseq"]}\r\nWWW-Authenticate: Digest realm="x", nonce="1"\r\n\r\n'.encode()
        )
        conversation.writer.close()
        return b""

    async with (
        Front(VIDEO, pictures, closing) as front,
        watched(Source("one", front.url(), "user", "secret")) as (seen, _),
    ):
        await seen.until(lambda seen: len(seen.units) == 5)

    assert len(front.conversations) == 2


async def test_a_nonce_that_aged_is_answered_anew() -> None:
    challenges = iter(["1", "2"])

    def stale(conversation: Conversation, asked: Asked) -> str | None:
        said = asked.headers.get("authorization", "")
        if (
            asked.method in ("DESCRIBE", "PLAY")
            and f'nonce="{1 if asked.method == "DESCRIBE" else 2}"' not in said
        ):
            return f'401 No\r\nWWW-Authenticate: Digest realm="x", nonce="{next(challenges)}", stale=TRUE'
        return None

    async with (
        Front(VIDEO, pictures, stale) as front,
        watched(Source("one", front.url(), "user", "secret")) as (seen, _),
    ):
        await seen.until(lambda seen: len(seen.units) == 5)


async def test_the_cameras_own_requests_are_answered() -> None:
    async def asking(conversation: Conversation) -> None:
        for number, method in enumerate(("OPTIONS", "SET_PARAMETER", "WHATEVER")):
            conversation.writer.write(f"{method} * RTSP/1.0\r\nCSeq: {number}\r\n\r\n".encode())
        await pictures(conversation)

    async with Front(VIDEO, asking) as front, watched(Source("one", front.url())) as (seen, _):
        await seen.until(lambda seen: len(seen.units) == 5)
        async with asyncio.timeout(10):
            while len(front.conversations[0].answered) < 3:
                await asyncio.sleep(0.01)
        answered = front.conversations[0].answered

    assert [one.split(b"\r\n")[0] for one in answered] == [
        b"RTSP/1.0 200 OK",
        b"RTSP/1.0 200 OK",
        b"RTSP/1.0 501 Not Implemented",
    ]


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_goodbye_ends_the_stream(transport: Transport) -> None:
    async def leaving(conversation: Conversation) -> None:
        await pictures(conversation)
        conversation.packet(b"\x81\xcb\x00\x01" + struct.pack(">I", 78), 1)
        conversation.packet(b"\x81\xcb\x00\x01" + struct.pack(">I", 77), 1)

    async with Front(VIDEO, leaving) as front:
        assert (await lost(Source("one", front.url(), transport=transport))).code == "ended"


async def test_sound_is_not_even_set_up_unless_it_was_enabled() -> None:
    both = VIDEO + b"m=audio 0 RTP/AVP 0\r\na=control:trackID=2\r\n"

    async def with_sound(conversation: Conversation) -> None:
        await pictures(conversation)
        conversation.packet(rtp(1, 160, b"\xff" * 160, kind=0), 2)

    async with Front(both, with_sound) as front:
        async with watched(Source("one", front.url())) as (seen, _):
            await seen.until(lambda seen: len(seen.units) == 5)
        assert front.methods().count("SETUP") == 1
        async with watched(Source("one", front.url(), audio=True)) as (heard, _):
            await heard.until(lambda seen: len(seen.sound) == 1)

    assert not seen.sound
    assert (heard.sound[0].codec, heard.sound[0].data) == ("pcmu", b"\xff" * 160)


@pytest.mark.parametrize(
    ("head", "control", "expected"),
    [
        ("", "trackID=1", "{url}/trackID=1"),
        ("Content-Base: {url}/\r\n", "trackID=1", "{url}/trackID=1"),
        ("Content-Base: rtsp://10.9.9.9/else\r\n", "/trackID=1", "rtsp://10.9.9.9/else/trackID=1"),
        ("Content-Location: {url}/sub/\r\n", "trackID=1", "{url}/sub/trackID=1"),
        ("Content-Base: rubbish\x01\r\n", "trackID=1", "{url}/trackID=1"),
        ("", "rtsp://10.0.0.1:554/track 1", "rtsp://10.0.0.1:554/track%201"),
        ("", "*", "{url}"),
    ],
)
async def test_a_section_is_asked_for_where_its_camera_means_it(
    head: str, control: str, expected: str
) -> None:
    described = VIDEO.replace(b"trackID=1", control.encode())

    async with Front(described, pictures) as front:
        url = front.url("/cam?channel=1&subtype=0")

        def based(conversation: Conversation, asked: Asked) -> bytes | None:
            if asked.method != "DESCRIBE":
                return None
            lines = f"RTSP/1.0 200 OK\r\nCSeq: {asked.headers['cseq']}\r\n{head.format(url=url)}"
            return f"{lines}Content-Length: {len(described)}\r\n\r\n".encode() + described

        front.script = based
        async with watched(Source("one", url)) as (seen, _):
            await seen.until(lambda seen: len(seen.units) == 5)

    assert [one.url for one in front.asked if one.method == "SETUP"] == [expected.format(url=url)]


async def test_where_the_likeliest_address_is_not_found_the_next_is_asked() -> None:
    def strict(conversation: Conversation, asked: Asked) -> str | None:
        wrong = asked.method == "SETUP" and "?" in asked.url
        return "404 Not Found" if wrong else None

    async with (
        Front(VIDEO, pictures, strict) as front,
        watched(Source("one", front.url("/a/cam?x=1"))) as (seen, _),
    ):
        await seen.until(lambda seen: len(seen.units) == 5)

    assert front.asked[-2].url == front.url("/a/trackID=1")


async def test_each_section_is_played_where_the_camera_knows_no_aggregate() -> None:
    def apart(conversation: Conversation, asked: Asked) -> str | None:
        whole = asked.method == "PLAY" and not asked.url.endswith("trackID=1")
        return "459 Aggregate Operation Not Allowed" if whole else None

    async with Front(VIDEO, pictures, apart) as front, watched(Source("one", front.url())) as (seen, _):
        await seen.until(lambda seen: len(seen.units) == 5)


async def test_what_we_received_is_reported_to_the_camera() -> None:
    async with Front(VIDEO, pictures) as front, watched(Source("one", front.url())) as (seen, _):
        await seen.until(lambda seen: len(seen.units) == 5)
        async with asyncio.timeout(20):
            while not front.conversations[0].reports:
                await asyncio.sleep(0.01)


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
