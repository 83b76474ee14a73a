"""Which sections of a description are read, and what reads them. Pure."""

from collections.abc import Callable

from drivers.cameras.audio import audio_of
from drivers.cameras.h264 import H264
from drivers.cameras.h265 import H265
from drivers.cameras.rtp import RtpStream
from drivers.cameras.sdp import Description, Format, Section
from drivers.cameras.stream import VIDEO_CLOCK, AccessUnit, AudioFrame, Unserved
from rules.model.values import dataclass

_VIDEO = frozenset(("H264", "H265", "HEVC"))


@dataclass(frozen=True, slots=True)
class Reading:
    """A section to be set up. `pictures`: only of the video."""

    section: Section
    stream: RtpStream
    pictures: H264 | H265 | None = None


def video_of(
    description: Description, out: Callable[[AccessUnit], None], missing: Callable[[int], None]
) -> Reading:
    """The first video section that we can read. Raises Unserved with the reason where there is none."""
    reasons: list[str] = []
    for section in description.sections:
        if section.media != "video":
            continue
        for form in section.formats:
            why = _unserved(section, form)
            if why:
                reasons.append(why)
                continue
            pictures = _pictures(form, out)
            return Reading(section, RtpStream(form.payload_type, VIDEO_CLOCK, pictures, missing), pictures)
        if not section.formats:
            reasons.append("a video section without a format")
    raise Unserved("engine", "; ".join(dict.fromkeys(reasons))[:300] or "no video section")


def audio_section(description: Description, out: Callable[[AudioFrame], None]) -> Reading | None:
    """The first audio section that we can read, if any."""
    for section in description.sections:
        if section.media != "audio" or not section.protocol.startswith("RTP/AVP"):
            continue
        for form in section.formats:
            reads = audio_of(form, out)
            if reads is not None:
                return Reading(section, RtpStream(form.payload_type, form.clock, reads, lambda packets: None))
    return None


def _unserved(section: Section, form: Format) -> str:
    if not section.protocol.startswith("RTP/AVP"):
        return f"the protocol {section.protocol or '(none)'}"
    if form.name not in _VIDEO:
        return f"the video format {form.name or form.payload_type}"
    if form.clock != VIDEO_CLOCK:
        return f"a clock of {form.clock} Hz"
    if form.name == "H264" and form.parameters.get("packetization-mode", "0").strip() == "2":
        return "the interleaved packetization of H.264"
    if form.name != "H264" and form.parameters.get("sprop-max-don-diff", "0").strip() not in ("", "0"):
        return "H.265 with decoding order numbers"
    return ""


def _pictures(form: Format, out: Callable[[AccessUnit], None]) -> H264 | H265:
    if form.name == "H264":
        return H264(form.sets("sprop-parameter-sets"), out)
    sets = [*form.sets("sprop-vps"), *form.sets("sprop-sps"), *form.sets("sprop-pps")]
    return H265(sets, out)
