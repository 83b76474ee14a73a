"""A browser's offer to receive video, and our answer: SDP as WebRTC uses it (RFC 8866, RFC 8829, RFC 6184 section 8.2).

Pure, ours and strict, because the offer comes from the network: what is not needed is not read, the addresses that a
browser names for itself least of all. It reaches us at the one address of the answer, and shows its own by doing so.
"""

import re
from typing import Final

from rules.model.values import dataclass

MOST_BYTES: Final = 64 << 10
MOST_SECTIONS: Final = 16
PLAYOUT_DELAY: Final = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}")
_UFRAG: Final = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD: Final = re.compile(r"[A-Za-z0-9+/]{22,256}")
_FINGERPRINT: Final = re.compile(r"(?i)(sha-256|sha-384|sha-512) ((?:[0-9a-f]{2}:){31,63}[0-9a-f]{2})")
_SECTION: Final = re.compile(
    r"(video|audio|application|text|message) [0-9]{1,5} ([A-Z/]{1,32})((?: [A-Za-z0-9.-]{1,32}){1,128})"
)
_PROFILE: Final = re.compile(r"[0-9a-f]{6}")
_PAYLOAD: Final = re.compile(r"\d|[1-9]\d|1[01]\d|12[0-7]", re.ASCII)
_BASELINE: Final = "42001f"


class Malformed(ValueError):
    """Not an offer that we can answer."""


@dataclass(frozen=True, slots=True)
class Section:
    """One `m=` line: what it is of, its protocol, its formats as written, and its `mid`."""

    kind: str
    protocol: str
    formats: str
    mid: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What of an offer matters. sections: all of them, in order; `video` is the number of the one to be answered.

    payloads: H.264 in packetization mode 1: payload type to `profile-level-id`, in the browser's order.
    playout_delay: the header extension's number, 1 to 14; 0: not offered.
    fingerprints: algorithm and value, as written.
    """

    sections: tuple[Section, ...]
    video: int
    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    payloads: dict[int, str]
    playout_delay: int


@dataclass(frozen=True, slots=True)
class Ours:
    """Our side of the answer. clock: the media's clock now, ticks of 1/90,000 s: how old a picture is follows from it."""

    ufrag: str
    password: str
    fingerprint: str
    host: str
    port: int
    ssrc: int
    clock: int


def read(text: str) -> Offer:
    """Raises `Malformed`."""
    if len(text) > MOST_BYTES:
        raise Malformed("longer than an offer is")
    head, *blocks = re.split(r"(?m)^m=", text.replace("\r\n", "\n"))
    if not head.startswith("v=0\n") or not 1 <= len(blocks) <= MOST_SECTIONS:
        raise Malformed("no session description with media")
    session = _attributes(head)
    sections = tuple(map(_section, blocks))
    if len({one.mid for one in sections}) != len(sections):
        raise Malformed("two sections of one name")
    video = next((n for n, one in enumerate(sections) if one.kind == "video"), None)
    if video is None:
        raise Malformed("no video is asked for")
    mine = _attributes(blocks[video])
    if ("sendonly", "") in mine or ("inactive", "") in mine or ("rtcp-mux", "") not in mine:
        raise Malformed("the video section does not receive, or not over one port")
    both = [*mine, *session]
    fingerprints = tuple(
        found.groups()
        for name, value in both
        if name == "fingerprint" and (found := _FINGERPRINT.fullmatch(value))
    )
    if not fingerprints or len(fingerprints) > 8:
        raise Malformed("no fingerprint of its certificate")
    return Offer(
        sections=sections,
        video=video,
        ufrag=_first(both, "ice-ufrag", _UFRAG),
        password=_first(both, "ice-pwd", _PASSWORD),
        fingerprints=tuple((str(algorithm), str(value)) for algorithm, value in fingerprints),
        payloads=_payloads(mine, sections[video]),
        playout_delay=_extension(both),
    )


def choose(offer: Offer, profile_level: str) -> tuple[int, str] | None:
    """The payload type for a stream, and its `profile-level-id`; None: the browser takes no H.264.

    A browser lists only some profiles and decodes what the SPS says: the stream's own where offered, else the first.
    """
    same = ((kind, level) for kind, level in offer.payloads.items() if level[:2] == profile_level[:2].lower())
    return next(same, next(iter(offer.payloads.items()), None))


def answer(offer: Offer, payload: int, profile_level: str, ours: Ours) -> str:
    """The session description that starts it: we send, and open DTLS (`setup:active`); other sections are refused."""
    family = "IP6" if ":" in ours.host else "IP4"
    lines = [
        "v=0",
        f"o=- {ours.ssrc} 1 IN {family} {ours.host}",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {offer.sections[offer.video].mid}",
    ]
    for number, section in enumerate(offer.sections):
        if number != offer.video:
            lines += [
                f"m={section.kind} 0 {section.protocol}{section.formats}",
                f"c=IN {family} {ours.host}",
                "a=inactive",
            ]
            lines.append(f"a=mid:{section.mid}")
            continue
        lines += [
            f"m=video {ours.port} {section.protocol} {payload}",
            f"c=IN {family} {ours.host}",
            f"a=mid:{section.mid}",
            "a=sendonly",
            "a=msid:camera video",
            f"a=ice-ufrag:{ours.ufrag}",
            f"a=ice-pwd:{ours.password}",
            f"a=fingerprint:sha-256 {ours.fingerprint}",
            "a=setup:active",
            "a=rtcp-mux",
            "a=rtcp-rsize",
            f"a=rtpmap:{payload} H264/90000",
            f"a=fmtp:{payload} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile_level}",
            f"a=rtcp-fb:{payload} nack",
            f"a=rtcp-fb:{payload} nack pli",
            *([f"a=extmap:{offer.playout_delay} {PLAYOUT_DELAY}"] if offer.playout_delay else []),
            f"a=ssrc:{ours.ssrc} cname:camera",
            f"a=candidate:1 1 udp 2130706431 {ours.host} {ours.port} typ host",
            "a=end-of-candidates",
            f"a=x-media-clock:{ours.clock}",
        ]
    return "\r\n".join(lines) + "\r\n"


def _attributes(block: str) -> list[tuple[str, str]]:
    """`a=` lines as name and value."""
    found = []
    for line in block.split("\n"):
        if line.startswith("a="):
            name, _, value = line[2:].partition(":")
            found.append((name, value))
    return found


def _section(block: str) -> Section:
    line = block.partition("\n")[0]
    found = _SECTION.fullmatch(line)
    if found is None or (
        found[1] in ("audio", "video") and not re.fullmatch(r"( \d{1,3})+", found[3], re.ASCII)
    ):
        raise Malformed("a media line that is none")
    return Section(found[1], found[2], found[3], _first(_attributes(block), "mid", _TOKEN))


def _first(attributes: list[tuple[str, str]], name: str, form: re.Pattern[str]) -> str:
    value = next((value for one, value in attributes if one == name), "")
    if not form.fullmatch(value):
        raise Malformed(f"no usable {name}")
    return value


def _payloads(attributes: list[tuple[str, str]], section: Section) -> dict[int, str]:
    listed = section.formats.split()
    h264 = {
        value.partition(" ")[0]
        for name, value in attributes
        if name == "rtpmap" and value.lower().endswith(" h264/90000")
    }
    parameters = {}
    for name, value in attributes:
        if name == "fmtp":
            payload, _, rest = value.partition(" ")
            parameters[payload] = {
                key.strip().lower(): one.strip().lower()
                for key, _, one in (part.partition("=") for part in rest.split(";"))
            }
    found = {}
    for payload in listed:
        said = parameters.get(payload, {})
        level = said.get("profile-level-id", _BASELINE)
        usable = payload in h264 and said.get("packetization-mode") == "1" and _PROFILE.fullmatch(level)
        if usable and _PAYLOAD.fullmatch(payload):
            found[int(payload)] = level
    return found


def _extension(attributes: list[tuple[str, str]]) -> int:
    for name, value in attributes:
        number, _, uri = value.partition(" ")
        if name == "extmap" and uri.strip() == PLAYOUT_DELAY and re.fullmatch(r"[1-9]|1[0-4]", number):
            return int(number)
    return 0
