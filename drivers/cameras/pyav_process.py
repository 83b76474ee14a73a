"""The process of the fallback engine: one stream through libavformat, its pictures to a socket on descriptor 0.

`python -m drivers.cameras.pyav_process`, started and killed by `pyav_engine`. Foreign C code is fed by a camera here, and
may hang: nobody waits for it. It ends by itself when its parent does.
"""

import errno
import logging
import os
import re
import resource
import socket
import sys
import time
from contextlib import suppress
from typing import Any, Final

import av
import msgspec

from drivers.cameras.pyav_messages import (
    LONGEST_ORDER,
    LOST,
    MISSED,
    OPENED,
    PICTURE,
    REDIRECTED,
    UNIT,
    Lost,
    Opened,
    Order,
    frame,
)
from drivers.cameras.stream import VIDEO_CLOCK
from drivers.confined import WRITES_NOTHING, confine

MOST_MEMORY: Final = 768 * 1_048_576
_CODECS: Final = {"h264": "h264", "hevc": "h265"}
_GUESSED_STEP: Final = VIDEO_CLOCK // 15


class Said(logging.Handler):
    """What libavformat says only in its log: packets missed (over TCP it takes gaps in silence), and where it is sent.

    It would follow a redirection anywhere, and tell the password there. It says so before it does (ff_rtsp_connect),
    and no option forbids it: this process then ends, and whoever started it judges the address.
    """

    def __init__(self, parent: socket.socket) -> None:
        super().__init__()
        self.packets = 0
        self._parent = parent

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if found := re.search(r"missed (\d{1,9}) packets", text):
            self.packets += int(found[1])
        elif found := re.search(r"Redirecting to (\S{0,2048})", text):
            with suppress(OSError):
                self._parent.sendall(frame(LOST, msgspec.json.encode(Lost(REDIRECTED, found[1]))))
            os._exit(0)


def main() -> int:
    """Read until the stream is lost; says why. Always ends."""
    _confine()
    parent = socket.socket(fileno=os.dup(0))
    order = msgspec.json.decode(_line(parent), type=Order)
    began = time.monotonic()
    try:
        lost = _read(order, parent)
    except (BrokenPipeError, ConnectionResetError):
        return 0  # nobody listens any more
    except av.FFmpegError as err:
        lost = _why(err, order.url.startswith("rtsps:"))
        if lost.code == "malformed" and time.monotonic() - began >= 0.95 * order.open_s:
            lost = Lost("silent", "nothing came in time")  # of what never came it says that it is invalid
    except OSError as err:
        lost = Lost("unreachable", err.strerror or "")
    except Exception as bug:  # noqa: BLE001 - told as a condition of this camera
        lost = Lost("engine", type(bug).__name__)
    with suppress(OSError):
        parent.sendall(frame(LOST, msgspec.json.encode(lost)))
    return 0


def _line(parent: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n"):
        more = parent.recv(LONGEST_ORDER)
        if not more or len(data) > LONGEST_ORDER:
            raise SystemExit(0)
        data += more
    return data


def _read(order: Order, parent: socket.socket) -> Lost:
    missed = Said(parent)
    logging.getLogger("libav").addHandler(missed)
    logging.getLogger("libav").propagate = False
    logging.getLogger("libav").setLevel(logging.INFO)
    av.logging.set_level(av.logging.INFO)  # where it is sent, it says no louder
    av.logging.set_skip_repeated(False)
    options = {
        "rtsp_transport": order.transport,
        "allowed_media_types": "video",
        "rtsp_flags": "filter_src",
        "probesize": "32",
        "fpsprobesize": "0",
        "protocol_whitelist": "rtsp,rtsps,rtp,srtp,tcp,udp,tls,crypto",
    }
    if order.url.startswith("rtsps:"):
        options |= {"tls_verify": "1"} | ({"ca_file": order.ca_file} if order.ca_file else {})
    container: Any = av.open(order.url, options=options, timeout=(order.open_s, order.read_s))
    video = [one for one in container.streams.video if one.codec_context is not None]
    codec = _CODECS.get(video[0].codec_context.name) if video else None
    if codec is None:
        seen = video[0].codec_context.name if video else "no video"
        return Lost("engine", f"neither H.264 nor H.265: {seen}", unserved=True)
    extradata = bytes(video[0].codec_context.extradata or b"")
    opened = Opened("h264" if codec == "h264" else "h265", extradata.hex())
    parent.sendall(frame(OPENED, msgspec.json.encode(opened)))
    doubtful = 0
    last: int | None = None
    first: list[tuple[bytes, int]] = []
    held: tuple[bool, int, int, bytes] | None = None
    for packet in container.demux(video[0]):
        if packet.size == 0:
            continue
        at_us = time.monotonic_ns() // 1_000
        if missed.packets:
            parent.sendall(frame(MISSED, missed.packets.to_bytes(4, "big")))
            # The parser holds one picture back: the one that lost something is this or the next.
            missed.packets, doubtful = 0, 2
        whole = not packet.is_corrupt and not doubtful
        doubtful = max(0, doubtful - 1)
        pts = packet.pts if packet.pts is not None else packet.dts
        if pts is None:
            if last is None:
                # Before the first that has a time: usually the first key picture alone.
                first = [*first[-30:], (bytes(packet), at_us)]
                continue
            rtp = last + _step(video[0])
        else:
            rtp = int(pts * packet.time_base * VIDEO_CLOCK)
        for number, (data, when) in enumerate(first):
            before = rtp - (len(first) - number) * _step(video[0])
            parent.sendall(frame(PICTURE, UNIT.pack(True, before, when) + data))
        first, last = [], rtp
        if held is not None:
            parent.sendall(frame(PICTURE, UNIT.pack(*held[:3]) + held[3]))
        held = (whole, rtp, at_us, bytes(packet))
    if held is not None:
        # What its parser had of a picture when the stream ended comes as if it were all of it.
        parent.sendall(frame(PICTURE, UNIT.pack(False, *held[1:3]) + held[3]))
    return Lost("closed", "the camera closed the connection")


def _step(stream: Any) -> int:
    rate = stream.average_rate or stream.guessed_rate
    return int(VIDEO_CLOCK / rate) if rate and 1 <= rate <= 240 else _GUESSED_STEP


def _why(err: av.FFmpegError, secure: bool) -> Lost:
    """By what libavformat calls it; never its text, which has the address with the password in it."""
    detail = str(err.strerror or "")[:200]
    match err:
        case av.HTTPUnauthorizedError() | av.HTTPForbiddenError():
            return Lost("unauthorized", detail)
        case av.HTTPNotFoundError():
            return Lost("not_found", detail)
        case ConnectionRefusedError():
            return Lost("refused", detail)
        case av.ExitError() | TimeoutError():
            return Lost("silent", "nothing came in time")
        case av.EOFError():
            return Lost("closed", detail)
        case av.InvalidDataError():
            return Lost("malformed", detail)
        case OSError():
            return Lost("tls" if secure and err.errno == errno.EIO else "unreachable", detail)
    return Lost("answer", detail)


def _confine() -> None:
    confine(*WRITES_NOTHING)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


if __name__ == "__main__":
    sys.exit(main())
