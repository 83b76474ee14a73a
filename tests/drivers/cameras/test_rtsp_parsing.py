"""Descriptions, messages, challenges and reports, as cameras write them and as the standards have them."""

import hashlib
import struct
import time

import pytest

from drivers.cameras import rtsp_message
from drivers.cameras.malformed import Malformed
from drivers.cameras.rtcp import Goodbye, Reception, Report, read_rtcp, receiver_report
from drivers.cameras.rtsp_auth import Authority, Challenge, NoAnswer, read_challenges
from drivers.cameras.rtsp_message import MOST_BODY, ROOM, Answer, Asked, RtspReader, encode_request
from drivers.cameras.rtsp_transport import read_session, read_transport
from drivers.cameras.rtsp_url import clean
from drivers.cameras.sdp import read_sdp

SDP = """v=0
o=- 1 1 IN IP4 10.1.2.3
s=Media Presentation
a=control:rtsp://10.1.2.3/all/
m=application 0 RTP/AVP 107
a=control:trackID=3
a=rtpmap:107 vnd.onvif.metadata/90000
m=video 0 RTP/AVP 96
b=AS:5000
a=fmtp:96 profile-level-id=640028; packetization-mode=1 ;sprop-parameter-sets=Z2QAKKzZQA,aOvjyyLA;
a=rtpmap:96 H264/90000
a=control:trackID=1
m=audio 0 RTP/AVP 0 8
a=control:trackID=2
"""


@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r", "\n\r", "\r\r\n", " \r\n"])
def test_a_description_is_read_whatever_ends_its_lines(ends: str) -> None:
    read = read_sdp(SDP.replace("\n", ends).encode())

    video = read.sections[1]
    assert read.control == "rtsp://10.1.2.3/all/"
    assert [one.media for one in read.sections] == ["application", "video", "audio"]
    assert (video.control, video.protocol) == ("trackID=1", "RTP/AVP")
    assert (video.formats[0].name, video.formats[0].clock) == ("H264", 90_000)
    assert video.formats[0].parameters["packetization-mode"] == "1"
    assert [len(one) for one in video.formats[0].sets("sprop-parameter-sets")] == [7, 6]
    assert [one.name for one in read.sections[2].formats] == ["PCMU", "PCMA"]


@pytest.mark.parametrize("sets", ["", "!!!!", ",,,", "Z2QA=KKz,aOvjyyLA", "aOvjyyLA" * 2_000, "a"])
def test_parameter_sets_that_cannot_be_read_are_passed_over(sets: str) -> None:
    read = read_sdp(f"m=video 0 RTP/AVP 96\na=fmtp:96 sprop-parameter-sets={sets}\n".encode())

    assert all(len(one) <= 4_096 for one in read.sections[0].formats[0].sets("sprop-parameter-sets"))


def test_a_section_whose_line_names_no_format_takes_it_from_its_attributes() -> None:
    read = read_sdp(b"M=video 0 RTP/AVP\nA=RTPMAP:96 h265 / 90000\n")

    assert [(one.payload_type, one.name) for one in read.sections[0].formats] == [(96, "H265")]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"v=0\r\n", b"m=video 0 RTP/AVP 96\n" * 40, b"a=x\n" * 3_000, b"m=x\n" + bytes(70_000)],
)
def test_what_is_no_description_or_too_much_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_sdp(body)


def read_all(stream: bytes, step: int) -> list[object]:
    found: list[object] = []
    reader = RtspReader(found.append)

    def take(buffer: bytearray, start: int, end: int, at_us: int) -> None:
        found.append(bytes(buffer[start:end]))

    reader.channels[0] = take
    for at in range(0, len(stream), step):
        piece = stream[at : at + step]
        while piece:
            room = reader.room()
            size = min(len(room), len(piece))
            room[:size] = piece[:size]
            reader.filled(size, 0)
            piece = piece[size:]
    return found


FRAME = b"$\0\0\5hello"
STREAM = (
    FRAME
    + b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nX: a\r\n b\r\nContent-Length: 4\r\n\r\nbody"
    + FRAME
    + b"\r\n\r\nOPTIONS * RTSP/1.0\nCSeq: 7\n\n"
    + b"$\7\0\1x"
    + FRAME
)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 50, 1_000])
def test_messages_and_frames_are_told_apart_however_they_arrive(step: int) -> None:
    assert read_all(STREAM, step) == [
        b"hello",
        Answer(200, "OK", (("cseq", "1"), ("x", "a b"), ("content-length", "4")), b"body"),
        b"hello",
        Asked("OPTIONS", "*", (("cseq", "7"),)),
        b"hello",
    ]


def test_a_camera_that_counts_its_description_short_is_still_understood() -> None:
    stream = b"RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nv=0\r\na=control:x\r\nm=video\r\n" + FRAME

    assert read_all(stream, 5)[1:] == [b"hello"]


def test_the_longest_frames_go_through_the_one_buffer() -> None:
    frame = b"$\0\xff\xff" + bytes(65_535)

    assert [len(one) for one in read_all(frame * 5, 40_000) if isinstance(one, bytes)] == [65_535] * 5


@pytest.mark.parametrize(
    "stream",
    [
        b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY + 1),
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"RTSP/1.0 200 OK\r\na: " + b"b" * 20_000,
        b"x" * 20_000,
        b"junk\r\n" * 100,
        b"HTTP/1.1 400 Bad\r\n" * 40,
    ],
)
def test_what_is_not_rtsp_or_too_long_is_refused(stream: bytes) -> None:
    with pytest.raises(Malformed):
        read_all(stream, 1_000)

    assert len(stream) < ROOM


def dribbled(reader: RtspReader, stream: bytes, step: int, at_us: int = 0) -> None:
    for at in range(0, len(stream), step):
        piece = stream[at : at + step]
        reader.room()[: len(piece)] = piece
        reader.filled(len(piece), at_us)


def test_a_message_that_comes_byte_by_byte_is_not_read_anew_with_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[int] = []
    headers: list[bytes] = []
    behind, read = rtsp_message._behind_head, rtsp_message.read_headers

    def looks(buffer: bytearray, line_end: int, end: int) -> tuple[int, int]:
        looked.append(end - line_end)
        return behind(buffer, line_end, end)

    def reads(head: bytes) -> rtsp_message.Headers:
        headers.append(head)
        return read(head)

    monkeypatch.setattr(rtsp_message, "_behind_head", looks)
    monkeypatch.setattr(rtsp_message, "read_headers", reads)
    found: list[object] = []

    dribbled(
        RtspReader(found.append), b"RTSP/1.0 200 OK\r\n" + b"a\n" * 4_000 + b"Content-Length: 500\n\n", 1
    )
    assert max(looked) < 30, "lines that were looked at are looked at again"
    dribbled(RtspReader(found.append), b"RTSP/1.0 200 OK\r\nContent-Length: 500\r\n\r\n" + bytes(500), 1)

    assert len(headers) <= 3
    assert isinstance(found[-1], Answer)
    assert found[-1].body == bytes(500)


def test_emptiness_between_messages_is_passed_over_in_one_step() -> None:
    reader = RtspReader(lambda message: None)
    read, steps = reader._text, [0]

    def text(start: int, end: int) -> int:
        steps[0] += 1
        return read(start, end)

    reader._text = text  # type: ignore[method-assign]

    dribbled(reader, bytes(1_000_000), 50_000)

    assert steps[0] <= 20


def test_a_camera_that_floods_is_given_up_before_it_takes_the_loop_from_the_others() -> None:
    reader = RtspReader(lambda message: None)
    flood = b"$\7\0\0" * 16_000

    for second in range(20):
        dribbled(reader, flood, 64_000, second * 1_000_000)
    with pytest.raises(Malformed, match="a second"):
        dribbled(reader, flood * 20, 64_000, 20_000_000)


def test_a_challenge_of_spaces_costs_no_more_than_its_length() -> None:
    began_s = time.thread_time()

    read_challenges(["Digest" + " " * 4_000 + "@"] * 4)

    assert time.thread_time() - began_s < 0.3, "4,000 spaces were tried in all their divisions"


@pytest.mark.parametrize("between", [" ", "  ", "\t", " ;", ";", ""])
def test_parameters_are_read_whatever_stands_between_them_and_their_format(between: str) -> None:
    text = f"m=video 0 RTP/AVP 96\r\na=fmtp:96{between}packetization-mode=2;x=1\r\n"

    assert read_sdp(text.encode()).sections[0].formats[0].parameters == {"packetization-mode": "2", "x": "1"}


def test_nothing_that_a_camera_says_breaks_the_line_of_a_request() -> None:
    with pytest.raises(Malformed):
        encode_request("SETUP", "rtsp://h/\r\nX: y", ())
    with pytest.raises(Malformed):
        clean("rtsp://h/\nx")
    assert clean("RTSP://us:pw@H:8554/a b?c=d#e") == "rtsp://h:8554/a%20b?c=d"
    assert clean("rtsp://[fe80::1]/x") == "rtsp://[fe80::1]/x"


@pytest.mark.parametrize(
    "url", ["", "rtsp://", "http://h/", "rtsp://h:99999/", "rtsp://[::1/", "rtsp://a b/", "x" * 3_000]
)
def test_what_is_no_address_of_a_stream_is_refused(url: str) -> None:
    with pytest.raises(Malformed):
        clean(url)


def test_transport_and_session_are_read_as_cameras_write_them() -> None:
    chosen = read_transport('RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=0A0B;mode="PLAY"')
    assert (chosen.interleaved, chosen.tcp) == ((4, 5), True)
    assert read_transport(
        "RTP/AVP;unicast;client_port=5-6;server_port=7000;source=10.0.0.1"
    ).server_ports == (7000, 7001)
    assert read_transport("RTP/AVP;multicast;interleaved=999-1000").multicast
    assert read_transport("RTP/AVP;interleaved=999").interleaved is None
    assert read_session("A1b2$; timeout = 30 ;x") == ("A1b2$", 30.0)
    assert read_session("1;timeout=0") == ("1", 1.0)
    # What counts as a blank for some of Python does not for all of it.
    assert read_session("1;timeout=\x1f30") == ("1", 30.0)
    with pytest.raises(Malformed):
        read_session(";timeout=5")


RFC_2617 = {
    "realm": "testrealm@host.com",
    "qop": "auth,auth-int",
    "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    "opaque": "5ccc069c403ebaf9f0171e9517f40e41",
}


def test_digest_answers_as_the_example_of_rfc_2617() -> None:
    authority = Authority("Mufasa", "Circle Of Life", fresh=lambda: "0a4f113b")
    assert authority.challenged([Challenge("digest", RFC_2617)])

    said = authority.header("GET", "/dir/index.html")
    assert said is not None
    assert 'response="6629fae49393a05397450978507c4ef1"' in said
    assert "nc=00000001" in said
    assert "nc=00000002" in str(authority.header("GET", "/dir/index.html"))


def test_digest_answers_as_the_example_of_rfc_7616() -> None:
    client = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    authority = Authority("Mufasa", "Circle of Life", fresh=lambda: client)
    nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
    for algorithm, expected in (
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ):
        said = {"realm": "http-auth@example.org", "qop": "auth", "algorithm": algorithm, "nonce": nonce}
        authority = Authority("Mufasa", "Circle of Life", fresh=lambda: client)
        authority.challenged([Challenge("digest", said)])
        assert f'response="{expected}"' in str(authority.header("GET", "/dir/index.html"))


def test_digest_without_quality_is_that_of_rfc_2069() -> None:
    authority = Authority("u", "p")
    authority.challenged(read_challenges(['Digest realm="r", nonce="n"']))

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    said = str(authority.header("OPTIONS", "rtsp://h/"))
    assert f'response="{md5(md5("u:r:p") + ":n:" + md5("OPTIONS:rtsp://h/"))}"' in said
    assert "cnonce" not in said


def test_the_strongest_challenge_is_answered_and_basic_only_where_nothing_else_is_asked() -> None:
    md5, sha = 'Digest realm="r", nonce="m"', 'Digest realm="r", nonce="s", algorithm=SHA-256'
    chosen = Authority("u", "p")
    chosen.challenged(read_challenges(['Basic realm="r"', md5, sha]))
    assert 'nonce="s"' in str(chosen.header("OPTIONS", "x"))

    alone = Authority("u", "p")
    alone.challenged(read_challenges(['Basic realm="r"']))
    assert alone.header("OPTIONS", "x") == "Basic dTpw"


@pytest.mark.parametrize(
    "offered",
    [
        ['Basic realm="r"', 'Digest realm="r", nonce="n", algorithm=SHA-512-256'],
        ['Digest realm="r", nonce="n", qop="auth-int"', 'Basic realm="r"'],
        ["Negotiate abc"],
        [],
    ],
)
def test_where_proof_was_asked_for_the_password_is_never_told(offered: list[str]) -> None:
    authority = Authority("u", "p")
    with pytest.raises(NoAnswer):
        authority.challenged(read_challenges(offered))
    assert authority.header("OPTIONS", "x") is None


def test_a_camera_that_asked_for_proof_cannot_ask_for_the_password_later() -> None:
    authority = Authority("u", "p")
    authority.challenged(read_challenges(['Digest realm="r", nonce="n"']))

    with pytest.raises(NoAnswer):
        authority.challenged(read_challenges(['Basic realm="r"']))


def test_several_challenges_in_one_header_are_told_apart() -> None:
    read = read_challenges(['Basic realm="a, b", Digest realm=c, nonce="x\\"y",stale=TRUE , qop="auth"'])

    assert [one.scheme for one in read] == ["basic", "digest"]
    assert read[0].parameters == {"realm": "a, b"}
    assert read[1].parameters == {"realm": "c", "nonce": 'x"y', "stale": "TRUE", "qop": "auth"}
    assert read[1].stale


def test_a_sender_report_gives_the_cameras_clock_and_a_goodbye_its_sources() -> None:
    report = struct.pack(">BBHIIIIII", 0x80, 200, 6, 7, 3_913_056_000, 1 << 31, 90_000, 5, 6)
    read = read_rtcp(report + b"\x82\xcb\x00\x02" + struct.pack(">II", 7, 8))

    assert read == [
        Report(7, 1_704_067_200_500_000, 90_000, (3_913_056_000 & 0xFFFF) << 16 | 0x8000),
        Goodbye((7, 8)),
    ]


def test_a_receiver_report_is_what_rfc_3550_draws() -> None:
    said = receiver_report(9, [Reception(7, 128, -3, 70_000, 12, 0x1234_5678, 65_536)])

    assert said[:8] == bytes.fromhex("81c9000700000009")
    assert struct.unpack_from(">IIIIII", said, 8) == (
        7,
        128 << 24 | 0xFF_FFFD,
        70_000,
        12,
        0x1234_5678,
        65_536,
    )
    assert said[32:40] == bytes.fromhex("81ca000500000009")
