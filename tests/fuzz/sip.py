"""What comes on a SIP port: whatever it is, a message is read within its bounds or refused, and no call is led astray by it."""

import contextlib

from drivers.outputs import sip_message
from drivers.outputs.sip_call import Call, Party
from drivers.outputs.sip_message import Malformed

_INVITE = (
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKtag\r\nFrom: <sip:campus-edge@10.0.0.1:5060>;tag=tag\r\n"
    b"To: <sip:8000@10.0.0.2>;tag=pa\r\nCall-ID: tag@campus-edge\r\nCSeq: 1 INVITE\r\nContact: <sip:pa@10.0.0.2>\r\n"
    b"Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nContent-Type: application/sdp\r\n\r\n"
    b"v=0\r\nc=IN IP4 10.0.0.2\r\nm=audio 4000 RTP/AVP 0 8\r\n"
)


def messages(data: bytes) -> None:
    """Read, and written again where it can be."""
    try:
        found = sip_message.parse(data)
    except Malformed:
        return
    assert bool(found.method) != bool(found.status)
    assert len(found.headers) <= sip_message.MOST_HEADERS
    assert all(name == name.lower() for name, _value in found.headers)
    for name in ("to", "from", "contact", "via"):
        value = found.first(name)
        for part in (sip_message.tag_of(value), sip_message.branch_of(value), sip_message.uri_of(value)):
            assert not any(ord(one) < 32 for one in part)
    with contextlib.suppress(Malformed):
        sip_message.answer(found.body)


def call(data: bytes) -> None:
    """A call hears it, with its own ids put in where they stand, and goes on to an end."""
    one = Call(Party("sip:8000@10.0.0.2", "10.0.0.1", 5060, 4000, 0, "page", "ladder"), fresh=lambda: "tag")
    one.start(0, 1_000_000)
    now = 0
    for part in data.split(b"\0\0\0")[:8]:
        now += 100_000
        one.received(part, now)
        one.tick(now)
        assert one.state in ("calling", "ringing", "answered", "ending", "ended")
    while one.state != "ended" and now < 60_000_000:
        now += 500_000
        if one.state == "answered":
            assert one.answer is not None
            assert 0 < one.answer.port <= 65_535
            one.hang_up(now)
        one.tick(now)
    assert one.state == "ended"
    for sent in one.out:
        sip_message.parse(sent)


def seeds() -> list[bytes]:
    ringing = _INVITE.replace(b"200 OK", b"180 Ringing").partition(b"Content-Type")[0] + b"\r\n"
    asked = _INVITE.replace(b"200 OK", b"401 Unauthorized").replace(
        b"Contact: <sip:pa@10.0.0.2>",
        b'WWW-Authenticate: Digest realm="pa", nonce="n", qop="auth", algorithm=MD5',
    )
    bye = (
        b"BYE sip:campus-edge@10.0.0.1 SIP/2.0\r\nv: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKx\r\nf: <sip:8000@10.0.0.2>;tag=pa\r\n"
        b"t: <sip:campus-edge@10.0.0.1>;tag=tag\r\ni: tag@campus-edge\r\nCSeq: 1 BYE\r\nl: 0\r\n\r\n"
    )
    return [
        ringing + b"\0\0\0" + _INVITE + b"\0\0\0" + bye,
        asked + b"\0\0\0" + _INVITE.replace(b"CSeq: 1", b"CSeq: 2"),
        _INVITE.replace(b"200 OK", b"486 Busy Here"),
        _INVITE,
        bye,
    ]
