"""How a simulated camera describes a stream: SDP (RFC 8866) with the fmtp lines of RFC 6184, RFC 7798 and RFC 3640."""

import base64
from typing import Final

from drivers.simulators.camera_loop import Loop
from drivers.simulators.camera_packets import VIDEO_TYPE

VIDEO, AUDIO, METADATA = "trackID=1", "trackID=2", "trackID=3"
AAC_TYPE: Final = 97
METADATA_TYPE: Final = 107
BROKEN: Final = b"v=0\r\nm=video 0 RTP/\xff\xfe\r\na=rtpmap:zero\r\na=control\r\nm=\r\n=\r\n"
"""A body that describes nothing."""


def described(loop: Loop, host: str, *, parameter_sets: bool = True, aac: bytes = b"") -> bytes:
    """The body of the answer to DESCRIBE. parameter_sets: whether they stand in it. aac: AudioSpecificConfig."""
    settings = loop.settings
    lines = [
        "v=0",
        f"o=- 1 1 IN IP4 {host}",
        "s=Simulated camera",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        f"m=video 0 RTP/AVP {VIDEO_TYPE}",
        f"b=AS:{settings.bit_rate // 1000}",
        f"a=rtpmap:{VIDEO_TYPE} {settings.codec.upper()}/90000",
        f"a=fmtp:{VIDEO_TYPE} {_fmtp(loop, parameter_sets)}",
        f"a=framerate:{settings.fps}.0",
        f"a=control:{VIDEO}",
    ]
    if settings.audio == "pcmu":
        lines += ["m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", f"a=control:{AUDIO}"]
    elif settings.audio == "aac":
        lines += [
            f"m=audio 0 RTP/AVP {AAC_TYPE}",
            f"a=rtpmap:{AAC_TYPE} MPEG4-GENERIC/16000/1",
            f"a=fmtp:{AAC_TYPE} streamtype=5;profile-level-id=15;mode=AAC-hbr;config={aac.hex().upper()};"
            "sizelength=13;indexlength=3;indexdeltalength=3",
            f"a=control:{AUDIO}",
        ]
    if settings.metadata:
        lines += [
            f"m=application 0 RTP/AVP {METADATA_TYPE}",
            f"a=rtpmap:{METADATA_TYPE} vnd.onvif.metadata/90000",
            f"a=control:{METADATA}",
        ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _fmtp(loop: Loop, parameter_sets: bool) -> str:
    sets = loop.parameter_sets
    coded = [base64.b64encode(one).decode() for one in sets]
    if loop.settings.codec == "h264":
        said = f"packetization-mode=1;profile-level-id={sets[0][1:4].hex().upper()}"
        return f"{said};sprop-parameter-sets={','.join(coded)}" if parameter_sets else said
    if not parameter_sets:
        return "sprop-max-don-diff=0"
    return ";".join(
        f"{name}={one}" for name, one in zip(("sprop-vps", "sprop-sps", "sprop-pps"), coded, strict=False)
    )
