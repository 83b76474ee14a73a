"""Offers as browsers write them are answered as browsers take it; anything else is refused in words."""

from random import Random

import pytest
from aiortc.sdp import SessionDescription

from edge.media.live_sdp import MOST_BYTES, Malformed, Ours, answer, choose, read

OURS = Ours("ufrg", "p" * 24, ":".join(["AB"] * 32), "192.0.2.7", 40_000, 77, 123_456)
SECURED = "a=fingerprint:sha-256 " + ":".join(["11"] * 32)
CHROMIUM = f"""v=0
o=- 102293582704125221 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
m=audio 9 UDP/TLS/RTP/SAVPF 111 63
c=IN IP4 0.0.0.0
a=ice-ufrag:UzYS
a=ice-pwd:0ve9mMeu7aeUmeYG+4RHPv5U
{SECURED}
a=setup:actpass
a=mid:0
a=recvonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
m=video 9 UDP/TLS/RTP/SAVPF 96 102 103 104 108 116
c=IN IP4 0.0.0.0
a=candidate:1 1 udp 2113937151 13b40532-6f75-4b3b-b8d3-fcf8089b0b59.local 51880 typ host
a=candidate:2 1 udp 2113937151 203.0.113.9 9 typ host
a=ice-ufrag:UzYS
a=ice-pwd:0ve9mMeu7aeUmeYG+4RHPv5U
{SECURED}
a=setup:actpass
a=mid:1
a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=recvonly
a=rtcp-mux
a=rtpmap:96 VP8/90000
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:104 H264/90000
a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f
a=rtpmap:108 H264/90000
a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:116 H264/90000
a=fmtp:116 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f
""".replace("\n", "\r\n")


def test_h264_in_whole_packets_is_chosen_by_the_profile_of_the_stream() -> None:
    offer = read(CHROMIUM)
    assert offer.payloads == {102: "42001f", 108: "42e01f", 116: "4d001f"}
    assert choose(offer, "4D0028") == (116, "4d001f")
    assert choose(offer, "640028") == (102, "42001f")
    assert choose(read(CHROMIUM.replace("H264", "H265")), "640028") is None


def test_the_answer_is_read_by_somebody_elses_parser_and_names_one_address_only() -> None:
    offer = read(CHROMIUM)
    text = answer(offer, 116, "4d001f", OURS)
    told = SessionDescription.parse(text)
    assert [(media.kind, media.port) for media in told.media] == [("audio", 0), ("video", 40_000)]
    video = told.media[1]
    assert video.dtls is not None
    assert (video.direction, video.dtls.role, video.rtp.muxId) == ("sendonly", "client", "1")
    assert [(one.ip, one.port, one.type) for one in video.ice_candidates] == [("192.0.2.7", 40_000, "host")]
    assert [codec.mimeType for codec in video.rtp.codecs] == ["video/H264"]
    assert "x-media-clock:123456" in text
    assert "203.0.113.9" not in text


@pytest.mark.parametrize(
    ("found", "made"),
    [
        ("v=0", "v=1"),
        ("m=video 9", "m=video"),
        ("m=video", "m=image"),
        (SECURED, "a=fingerprint:sha-1 11:22"),
        ("0ve9mMeu7aeUmeYG+4RHPv5U", "short"),
        ("a=ice-ufrag:UzYS", "a=ice-ufrag:Uz\x00S"),
        ("a=mid:1", "a=mid:0"),
        ("a=recvonly", "a=sendonly"),
        ("a=rtcp-mux", "a=rtcp"),
        ("a=mid:1", "a=mid:" + "1" * 65),
    ],
)
def test_what_is_no_offer_to_receive_video_is_refused(found: str, made: str) -> None:
    with pytest.raises(Malformed):
        read(CHROMIUM.replace(found, made))


def test_an_offer_longer_than_any_is_refused_unread() -> None:
    with pytest.raises(Malformed):
        read(CHROMIUM + "a=x\r\n" * (MOST_BYTES // 5))


def test_no_text_whatever_does_more_than_be_refused_and_nothing_of_it_gets_a_line_of_its_own_into_the_answer() -> (
    None
):
    random, lines = Random(7), CHROMIUM.split("\r\n")
    for _ in range(5_000):
        mutated = [*lines]
        for _ in range(random.randint(1, 4)):
            at = random.randrange(len(mutated))
            how = random.randrange(4)
            if how == 0:
                mutated[at] = mutated[random.randrange(len(mutated))]
            elif how == 1:
                line = mutated[at]
                cut = random.randrange(len(line) + 1)
                mutated[at] = (
                    line[:cut]
                    + chr(random.choice((0, 10, 13, 32, 58, 300, 0x661)))
                    + line[cut + random.randrange(3) :]
                )
            elif how == 2:
                mutated.insert(at, mutated[at])
            else:
                del mutated[at]
        try:
            offer = read("\r\n".join(mutated))
        except Malformed:
            continue
        chosen = choose(offer, "4d0028")
        if chosen is not None:
            text = answer(offer, *chosen, OURS)
            assert len(SessionDescription.parse(text).media) == len(offer.sections)
            assert text.isascii()
            assert all(line[1:2] == "=" for line in text.splitlines())
