"""What a camera sends: descriptions, RTSP, RTP with H.264 and H.265, RTCP, challenges. Bounded, and never misread."""

import base64
import struct
from typing import Final

from drivers.cameras.h264 import H264
from drivers.cameras.h264_sps import Shape
from drivers.cameras.h265 import H265
from drivers.cameras.malformed import Malformed
from drivers.cameras.pictures import MOST_SETS
from drivers.cameras.reorder import WINDOW, Reorder
from drivers.cameras.rtcp import Reception, Report, read_rtcp, receiver_report
from drivers.cameras.rtp import Buffer, RtpStream
from drivers.cameras.rtsp_auth import MOST_CHALLENGES, Authority, NoAnswer, read_challenges
from drivers.cameras.rtsp_message import (
    MOST_BODY,
    MOST_HEADERS,
    ROOM,
    Answer,
    Asked,
    RtspReader,
    encode_request,
)
from drivers.cameras.rtsp_tracks import audio_section, video_of
from drivers.cameras.rtsp_transport import read_session, read_transport
from drivers.cameras.rtsp_url import base, clean, controls
from drivers.cameras.sdp import MOST_SECTIONS, read_sdp
from drivers.cameras.stream import AccessUnit, Unserved
from tests.fuzz import strict_video as strict

URL: Final = "rtsp://10.1.2.3/cam/realmonitor?channel=1&subtype=0"
PASSWORD: Final = "sEcReT%pAsSwOrD"
_TYPE: Final = 96

_SPS = bytes.fromhex("67640028acd940780227e5c05a808080a0000003002000000781e30632c0")
_PPS = bytes.fromhex("68ebe3cb22c0")
_SPS_5 = bytes.fromhex("420101016000000300900000030000030078a003c08010e59656924cae016a020203e80000")
_VPS_5, _PPS_5 = (
    bytes.fromhex("40010c01ffff016000000300900000030000030078959809"),
    bytes.fromhex("4401c172b46240"),
)


def sdp(data: bytes) -> None:
    """A description, and all that is made of it: whatever it says, what is sent to the camera stays one line."""
    try:
        read = read_sdp(data)
    except Malformed:
        return
    assert 0 < len(read.sections) <= MOST_SECTIONS
    for section in read.sections:
        _sendable(section.control)
        for form in section.formats:
            assert 0 <= form.payload_type < 128
            for name in ("sprop-parameter-sets", "sprop-vps"):
                assert all(0 < len(one) <= 4_096 for one in form.sets(name))
    _sendable(read.control)
    try:
        found = video_of(read, lambda unit: None, lambda packets: None)
        assert found.section.media == "video"
        assert found.pictures is not None
        assert 0 <= found.pictures.track.width <= 16_384
    except Unserved as why:
        assert len(why.detail) <= 300
    audio_section(read, lambda frame: None)


def _sendable(control: str) -> None:
    try:
        urls = controls(base(URL, control, ""), URL, control)
    except Malformed:
        return
    for url in urls:
        try:
            one_line(encode_request("SETUP", url, ()))
        except Malformed:
            raise AssertionError("an address that cannot be sent") from None
        assert clean(url) == url


def one_line(request: bytes) -> None:
    """Raises AssertionError where a request is not one request line and nothing else."""
    first, _, rest = request.partition(b"\r\n")
    assert rest == b"\r\n", "an address broke the line"
    words = first.split(b" ")
    assert len(words) == 3, "an address with a space in it"
    assert b"@" not in words[1].split(b"/")[2], "a user in an address"


def rtsp(data: bytes) -> None:
    """A stream in pieces says what it says in one piece; every frame stood in it; nothing grows."""
    if len(data) < 2:
        return
    step, stream = 1 + data[0] % 64, data[1:]
    whole, pieces = _items(stream, len(stream)), _items(stream, step)
    assert whole == pieces, "how the bytes arrived changed what they say"
    for item in whole:
        match item:
            case (int(channel), bytes(payload)):
                assert bytes((0x24, channel)) + len(payload).to_bytes(2, "big") + payload in stream
            case Answer() | Asked():
                assert len(item.body) <= MOST_BODY
                assert len(item.headers) <= MOST_HEADERS
                assert item.body in stream
                said = item.get("content-length")
                assert len(item.body) == (int(said) if said else 0), "another length than was said"
                if isinstance(item, Answer):
                    _header_values(item)


def _header_values(answer: Answer) -> None:
    read_transport(answer.get("transport"))
    try:
        name, timeout = read_session(answer.get("session"))
    except Malformed:
        return
    assert name.isascii()
    assert name.isprintable()
    assert 1 <= timeout <= 3_600


def _items(stream: bytes, step: int) -> list[object]:
    found: list[object] = []
    reader = RtspReader(found.append)
    for channel in range(8):

        def take(buffer: bytearray, start: int, end: int, at_us: int, channel: int = channel) -> None:
            found.append((channel, bytes(buffer[start:end])))

        reader.channels[channel] = take
    try:
        place = 0
        while place < len(stream):
            room = reader.room()
            assert room
            piece = stream[place : place + min(step, len(room))]
            room[: len(piece)] = piece
            place += len(piece)
            reader.filled(len(piece), 0)
    except Malformed:
        found.append("malformed")
    assert len(reader._buffer) == ROOM
    return found


Packet = tuple[int, int, bool, bytes]
"""Sequence, RTP time, marker, payload."""


def packets(data: bytes) -> list[Packet]:
    """A stream by few bytes: for each packet how the sequence and the time go on, its size, its payload."""
    found: list[Packet] = []
    sequence, stamp = 65_500, 4_294_960_000
    while len(data) >= 2:
        how, size = data[0], data[1]
        data = data[2:]
        payload, data = data[:size], data[size:]
        jump = how >> 4 & 7
        sequence = (sequence + (1, 1, 1, 1, 2, 0, 5, 40_000)[jump]) & 0xFFFF
        stamp = (stamp + (0, 6_000, 0, 0xFFFF_0000)[how & 3]) & 0xFFFF_FFFF
        if payload:
            found.append((sequence, stamp, how >= 0x80, payload))
    return found


_READ, _READ_5 = H264._shape(_SPS), H265._shape(_SPS_5)
"""The parameter sets with which every input begins are read once; any other, as often as it comes."""


class _H264(H264):
    @staticmethod
    def _shape(sps: bytes) -> Shape:
        return _READ if sps == _SPS else H264._shape(sps)


class _H265(H265):
    @staticmethod
    def _shape(sps: bytes) -> Shape:
        return _READ_5 if sps == _SPS_5 else H265._shape(sps)


Made = type[H264] | type[H265]


def _straight(data: bytes, make: Made, sets: tuple[bytes, ...], frames: bool) -> list[object]:
    """What comes of the packets in the order sent, one by one, or as the interleaved frames of one stream."""
    found: list[AccessUnit] = []
    ended: list[object] = []
    stream = RtpStream(_TYPE, 90_000, make(sets, found.append), ended.append)
    reader = RtspReader(ended.append) if frames else None
    if reader is not None:
        reader.channels[0], reader.runs[0] = stream.packet, stream.run
    try:
        for sequence, stamp, marker, payload in packets(data):
            packet = struct.pack(">BBHII", 0x80, _TYPE | marker << 7, sequence, stamp, 7) + payload
            if reader is None:
                stream.packet(packet, 0, len(packet), 0)
                continue
            place, size = reader.room(), 4 + len(packet)
            place[:size] = b"$\0" + len(packet).to_bytes(2, "big") + packet
            reader._end += size
        if reader is not None:
            reader.filled(0, 0)
    except (Malformed, Unserved) as bad:
        ended.append(str(bad))
    units: list[object] = [(one.data, one.key, one.rtp, one.whole, one.track) for one in found]
    return [*units, *ended, stream.received, stream._next]


def _alike(data: bytes, make: Made, sets: tuple[bytes, ...]) -> None:
    """Fragments that are taken in one loop say what they say one by one."""
    assert _straight(data, make, sets, True) == _straight(data, make, sets, False)


def h264(data: bytes) -> None:
    """Any payloads: a picture that is called whole is made of NAL units that a plain reading of RFC 6184 finds too."""
    found: list[AccessUnit] = []
    _alike(data, _H264, (_SPS, _PPS))
    pictures = _H264((_SPS, _PPS), found.append)
    _played(data, pictures, found, strict.h264_units)


def h265(data: bytes) -> None:
    """The same for RFC 7798."""
    found: list[AccessUnit] = []
    _alike(data, _H265, (_VPS_5, _SPS_5, _PPS_5))
    pictures = _H265((_VPS_5, _SPS_5, _PPS_5), found.append)
    _played(data, pictures, found, strict.h265_units)


class _Noting:
    """Notes which packets the stream takes."""

    def __init__(self, pictures: H264 | H265) -> None:
        self._pictures = pictures
        self.packet: Packet = (0, 0, False, b"")
        self.taken: list[Packet] = []
        self.gap = pictures.gap

    def payload(self, data: Buffer, start: int, end: int, rtp: int, marker: bool, at_us: int) -> None:
        self.taken.append(self.packet)
        self._pictures.payload(data, start, end, rtp, marker, at_us)


def _played(data: bytes, pictures: H264 | H265, found: list[AccessUnit], read: strict.Reading) -> None:
    lost: list[int] = []
    noting = _Noting(pictures)
    stream = RtpStream(_TYPE, 90_000, noting, lost.append)
    sent = packets(data)

    def take(buffer: Buffer, start: int, end: int, at_us: int) -> None:
        _, marker, sequence, stamp, _ = struct.unpack_from(">BBHII", buffer, start)
        noting.packet = (sequence, stamp, marker > 0x7F, bytes(buffer[start + 12 : end]))
        stream.packet(buffer, start, end, at_us)

    order = Reorder(take)
    try:
        for number, (sequence, stamp, marker, payload) in enumerate(sent):
            header = struct.pack(">BBHII", 0x80, _TYPE | marker << 7, sequence, stamp, 7)
            order.packet(header + payload, 0, 12 + len(payload), number * 1_000)
            assert len(order._held) <= WINDOW
        order.due(1 << 40)
        assert not order.holding
        order.packet(
            struct.pack(">BBHII", 0x80, _TYPE, (order._next) & 0xFFFF, 77, 7) + b"\x09\x10\x00",
            0,
            15,
            1 << 41,
        )
    except (Malformed, Unserved):
        pass
    assert all(one > 0 for one in lost)
    assert all(len(one) <= MOST_SETS for one in pictures._known.values())
    known = read(noting.taken)
    for unit in found:
        if unit.whole:
            _believed(unit, known)


def _believed(unit: AccessUnit, known: list[strict.NalUnit]) -> None:
    """Raises AssertionError where a whole picture holds what is no run of NAL units sent one behind the other."""
    data = unit.data
    if unit.key and data.startswith(unit.track.parameter_sets):
        rest = data[len(unit.track.parameter_sets) :]
        if any(_runs(rest, known, at) for at in range(len(known))):
            return
    assert any(_runs(data, known, at) for at in range(len(known))), "a picture of something that was not sent"


def _runs(data: bytes, known: list[strict.NalUnit], at: int) -> bool:
    """Whether `data` is the units from `at` on, no packet missing between any two of them."""
    place, first, stamps = 0, True, set[int]()
    while place < len(data):
        if at == len(known) or not (first or known[at].follows):
            return False
        one = known[at]
        if not data.startswith(b"\0\0\0\1" + one.data, place):
            return False
        if one.slice:
            stamps.add(one.stamp)
        place += 4 + len(one.data)
        first, at = False, at + 1
    return len(stamps) == 1


def rtcp(data: bytes) -> None:
    """Any compound packet; what we send back is one by its own lengths."""
    for one in read_rtcp(data):
        if isinstance(one, Report):
            assert struct.pack(">I", one.ssrc) in data
            assert -2_300_000_000_000_000 < one.wall_us < 5_000_000_000_000_000
            since = Reception(one.ssrc, 300, one.rtp - (1 << 31), one.rtp, one.rtp, one.middle, one.rtp << 3)
            said = receiver_report(one.ssrc, [since] * 2)
            assert len(said) % 4 == 0
            assert len(said) == 4 * (struct.unpack_from(">H", said, 2)[0] + 1) + 4 * (
                struct.unpack_from(">H", said, 58)[0] + 1
            )
        else:
            assert len(one.ssrcs) <= 31


def auth(data: bytes) -> None:
    """Any challenges: the password is never told where proof was asked for, and no line is broken."""
    headers = data.decode("latin-1").split("\n")
    read = read_challenges(headers)
    assert len(read) <= MOST_CHALLENGES
    authority = Authority("us er", PASSWORD, fresh=lambda: "0a4f113b")
    try:
        authority.challenged(read)
        authority.challenged(read)
    except NoAnswer as why:
        assert PASSWORD not in str(why)
        assert all(one.scheme != "basic" for one in read) or any(one.scheme == "digest" for one in read)
        return
    said = authority.header("DESCRIBE", URL)
    assert said is not None
    encode_request("DESCRIBE", URL, (("Authorization", said),))
    secret = base64.b64encode(f"us er:{PASSWORD}".encode()).decode()
    assert PASSWORD not in said
    if any(one.scheme == "digest" for one in read):
        assert secret not in said, "a password told to who asked for proof"
        assert said.startswith("Digest ")


def sdp_seeds() -> list[bytes]:
    sets = base64.b64encode(_SPS) + b"," + base64.b64encode(_PPS)
    full = (
        b"v=0\r\no=- 1 1 IN IP4 10.1.2.3\r\ns=Media\r\na=control:*\r\nt=0 0\r\n"
        b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;"
        b"sprop-parameter-sets=" + sets + b"\r\na=control:trackID=1\r\n"
        b"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/16000/1\r\na=fmtp:97 mode=AAC-hbr;sizelength=13;"
        b"indexlength=3;indexdeltalength=3;config=1408\r\na=control:trackID=2\r\n"
        b"m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:rtsp://10.1.2.3/m\r\n"
    )
    other = (
        b"m=video 0 RTP/AVP 98\na=control:/track1\na=fmtp:98 sprop-vps=%s; sprop-sps=%s; sprop-pps=%s\n"
        b"a=rtpmap:98 H265/90000\n" % tuple(map(base64.b64encode, (_VPS_5, _SPS_5, _PPS_5)))
    )
    return [
        full,
        other,
        other.replace(b"\n", b"\r"),
        b"m=video 0 RTP/AVP 26\r\n",
        full[:300],
        b"m=\r\na=control:\r\n",
    ]


def rtsp_seeds() -> list[bytes]:
    frame = b"\x24\x00\x00\x10" + bytes((0x80, 0x60)) + bytes(14)
    answer = b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 4711;timeout=30\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"
    body = b"RTSP/1.0 200 OK\nCSeq: 2\nContent-Length: 5\nContent-Type: application/sdp\n\nv=0\r\n"
    asked = b"REDIRECT rtsp://h/x RTSP/1.0\r\nCSeq: 9\r\nLocation: rtsp://10.0.0.9/x\r\n\r\n"
    return [
        b"\x00" + frame + answer + frame + body,
        b"\x07" + answer + frame * 3 + asked + frame,
        b"\x3f" + body.replace(b"5", b"70000") + frame,
        b"\x05junk\r\n\r\n" + answer + b"a=control:x\r\n" + frame,
        b"\x02" + body + b"\x24\x01\x00\x00" + asked.replace(b"\r\n", b"\n"),
        b"\x11RTSP/1.0 401 No\r\nCSeq: 1\r\nWWW-Authenticate: Digest\r\n realm=x\r\n\r\n" + frame,
    ]


def _of(*sent: tuple[int, bytes]) -> bytes:
    return b"".join(bytes((how, len(payload))) + payload for how, payload in sent)


def h264_seeds() -> list[bytes]:
    idr, slice_ = b"\x65\x88" + bytes(range(20)), b"\x41\x9a" + bytes(range(20))
    stap = b"\x78" + b"".join(struct.pack(">H", len(one)) + one for one in (_SPS, _PPS, idr))
    pieces = [(0, b"\x7c\x85\x88abc"), (0, b"\x7c\x05def"), (0x80, b"\x7c\x45ghi")]
    many = [(0, b"\x7c\x05" + bytes((65 + one,)) * 4) for one in range(6)]
    return [
        _of(pieces[0], *many, pieces[2], (0x81, slice_)),
        _of((0x80, idr), (0x81, slice_), (0x81, slice_)),
        _of((1, _SPS), (0, _PPS), *pieces, (0x81, slice_)),
        _of((0x81, stap), *pieces[:2], (0xC0, b"\x7c\x45ghi"), (0x81, slice_)),
        _of((1, idr), (0, idr), (1, slice_), (0xD0, slice_), (0x81, b"\x7c\x81\x9axyz"), (0xF1, slice_)),
        _of((1, b"\x79\x00\x00"), (0x81, slice_)),
        _of((0x80, slice_), (0x80, b"\x41\x01abc"), (0x81, slice_), (1, b"\x41\x9aq"), (0x81, slice_)),
    ]


def h265_seeds() -> list[bytes]:
    idr, slice_ = b"\x26\x01\xaf" + bytes(range(20)), b"\x02\x01\xd0" + bytes(range(20))
    several = b"\x60\x01" + b"".join(
        struct.pack(">H", len(one)) + one for one in (_VPS_5, _SPS_5, _PPS_5, idr)
    )
    pieces = [(0, b"\x62\x01\x93\xafabc"), (0, b"\x62\x01\x13def"), (0x80, b"\x62\x01\x53ghi")]
    many = [(0, b"\x62\x01\x13" + bytes((65 + one,)) * 4) for one in range(6)]
    return [
        _of(pieces[0], *many, pieces[2], (0x81, slice_)),
        _of((0x80, idr), (0x81, slice_)),
        _of((1, _VPS_5), (0, _SPS_5), (0, _PPS_5), *pieces, (0x81, slice_)),
        _of((0x81, several), *pieces, (0x81, slice_)),
        _of((1, pieces[0][1]), (0x40, pieces[1][1]), (0x80, pieces[2][1]), (0x81, slice_)),
        _of((1, b"\x64\x01\x00\x00\x00"), (0x81, slice_)),
    ]


def rtcp_seeds() -> list[bytes]:
    report = struct.pack(">BBHIIIIII", 0x80, 200, 6, 7, 3_990_000_000, 1 << 31, 90_000, 5, 6)
    return [
        report + b"\x81\xca\x00\x02\x00\x00\x00\x07\x01\x00\x00\x00",
        report + b"\x81\xcb\x00\x01\x00\x00\x00\x07",
        b"\x81\xcb\x00\x02\x00\x00\x00\x07\x03byebye"[:12],
        report[:20],
        report * 3,
    ]


def auth_seeds() -> list[bytes]:
    digest = b'Digest realm="AXIS_1", nonce="00a1", qop="auth,auth-int", algorithm=MD5, opaque="x\\"y", stale=FALSE'
    return [
        digest,
        digest.replace(b"MD5", b"SHA-256") + b"\n" + digest,
        b'Basic realm="cam"\n' + digest,
        b'Basic realm="cam", Digest realm=cam, nonce=abc',
        b'Basic realm="cam"',
        b'Digest realm="x", nonce="1", qop=auth-int\nBasic realm="x"',
        digest.replace(b"MD5", b"MD5-sess"),
    ]
