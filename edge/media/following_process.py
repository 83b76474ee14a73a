"""The process that follows one stream: pictures in as they come, the newest as JPEG out.

`python -m edge.media.following_process`. Foreign C code is fed by one camera here, so the process holds that stream's
decoder and nothing else, gives up what it never needs, and ends with the camera process. What one camera does to it
costs no other its picture.
"""

import os
import resource
import socket
import sys
import time
from typing import Final

import av
from av.codec.context import Flags

from drivers.confined import STARTS_NOTHING, confine
from drivers.lines import Unreadable
from edge.media.following_messages import Down, Fed, Feed, Show, Up, down
from edge.media.jpeg import MOST_PIXELS, Undecodable, decoder, jpeg_of
from edge.media.looking_messages import LONGEST_BODY, PREFIX, Failed, Made, head, lengths

NICE: Final = 10
MOST_MEMORY: Final = 384 << 20
"""Address space: the libraries take 160 MiB of it, a 4K stream of H.265 80 more."""


class Following:
    """One stream."""

    def __init__(self) -> None:
        self._context: av.VideoCodecContext | None = None
        self._number = 0
        self._shown: av.VideoFrame | None = None

    def feed(self, asked: Feed, body: memoryview) -> Fed:
        """Decode. Raises `Unreadable` where the body is not what the head says, `Undecodable` where there is no decoder."""
        if sum(asked.sizes) != len(body):
            raise Unreadable("a body of another length")
        began = time.thread_time_ns()
        if asked.begins or self._context is None:
            self._context, self._number = decoder(asked.codec), 0
            if not asked.reordered:
                # Each is shown as it comes, also where the parameter sets leave open how far pictures are reordered.
                self._context.flags |= Flags.low_delay
        shown, at = None, 0
        for size in asked.sizes:
            packet = av.Packet(bytes(body[at : at + size]))
            packet.pts = packet.dts = self._number
            self._number += 1
            at += size
            try:
                frames = self._context.decode(packet) if size else []
            except av.FFmpegError:
                continue  # the next key picture begins anew
            for frame in frames:
                if frame.width * frame.height <= MOST_PIXELS and frame.pts is not None and frame.pts >= 0:
                    self._shown, shown = frame, frame.pts
        return Fed(asked.id, shown, (time.thread_time_ns() - began) // 1_000)

    def show(self, asked: Show) -> tuple[Made, bytes]:
        """A JPEG of the newest. Raises `Undecodable`."""
        began = time.thread_time_ns()
        if self._shown is None:
            raise Undecodable("no picture")
        data, width, height = jpeg_of(self._shown, asked.width)
        return Made(asked.id, width, height, (time.thread_time_ns() - began) // 1_000), data

    def answer(self, asked: Down, body: memoryview) -> tuple[Up, bytes]:
        """Raises `Unreadable`."""
        began = time.thread_time_ns()
        try:
            said, data = (self.feed(asked, body), b"") if isinstance(asked, Feed) else self.show(asked)
        except Undecodable:
            return Failed(asked.id, "undecodable", (time.thread_time_ns() - began) // 1_000), b""
        return (Failed(asked.id, "too_large", said.cpu_us), b"") if len(data) > LONGEST_BODY else (said, data)


def main() -> int:
    """Answer until the camera process closes the socket. Returns 0 then, 1 where it spoke what is no message."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    confine(*STARTS_NOTHING, nice=NICE)
    parent = socket.socket(fileno=os.dup(0)).makefile("rwb", buffering=1 << 16)
    following = Following()
    while prefix := parent.read(PREFIX.size):
        try:
            head_bytes, body_bytes = lengths(prefix)
            asked = down(parent.read(head_bytes))
            said, body = following.answer(asked, memoryview(parent.read(body_bytes)))
        except (Unreadable, ValueError):
            return 1
        parent.write(head(said, len(body)))
        parent.write(body)
        parent.flush()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)  # the camera process has gone
