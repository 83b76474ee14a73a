"""The process that decodes: key pictures in, measures or a JPEG out. `python -m edge.media.looking_process`.

Foreign C code is fed by cameras here, so the process holds nothing but the picture at hand, gives up what it never
needs, and ends with the camera process. It remembers nothing: killed and started again, only that answer is lost.
"""

import os
import resource
import socket
import sys
import time
from typing import Final

import av
import numpy as np
import numpy.typing as npt

from drivers.cameras.stream import Codec
from drivers.confined import STARTS_NOTHING, confine
from drivers.lines import Unreadable
from edge.media.jpeg import MOST_PIXELS, Undecodable, decoder, jpeg_of
from edge.media.looking_messages import (
    CELLS,
    EDGES,
    LONGEST_BODY,
    PREFIX,
    Down,
    Failed,
    Jpeg,
    LookAt,
    Made,
    Seen,
    Up,
    down,
    head,
    lengths,
)

NICE: Final = 10
MOST_MEMORY: Final = 1 << 30
"""Address space: the libraries take 0.4 GiB of it, a 4K picture decoded and turned 40 MiB."""
_SOFT: Final = 4.0
"""Contrast, in luma levels, at which an edge counts half: noise counts less, any light as much as another."""
_TILES: Final = (8, 6)
_ALIKE: Final = 0.4
"""Correlation from which a tile shows the same edges."""
_EDGY: Final = 0.06
"""Mean square of normalised edges from which a tile of a reference has any."""
_OUTER: Final = 0.15
"""Of the height, above and below: a camera's clock is burnt in there, and runs on in front of a frozen picture."""

Luma = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def decoded(data: bytes, codec: Codec, *, exact: bool) -> av.VideoFrame:
    """The picture of one key access unit (Annex B). exact: False leaves the loop filter out, which costs a third.

    Raises `Undecodable`.
    """
    context = decoder(codec)
    if not exact:
        context.options = {"skip_loop_filter": "all"}
    try:
        frames = [*context.decode(av.Packet(data)), *context.decode(None)]
    except av.FFmpegError as err:
        raise Undecodable(str(err)) from err
    if not frames or frames[0].width * frames[0].height > MOST_PIXELS:
        raise Undecodable("no picture")
    return frames[0]


def luma(frame: av.VideoFrame) -> Luma:
    """Brightness as 8 bits, without a copy where it has no more."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    name = frame.format.name
    if not name.startswith(("yuv", "gray", "nv12")):
        return luma(frame.reformat(format="gray"))
    depth = frame.format.components[0].bits
    if depth > 8:
        deep = rows.view(np.uint16)[:, : plane.width] >> (depth - 8)
        return deep.astype(np.uint8)
    shown: Luma = rows[:, : plane.width]
    return shown


def edges_of(picture: Luma) -> tuple[Floats, float]:
    """Normalised edges, (2, rows, columns), each from -1 to 1, and the mean contrast in luma levels."""
    columns, rows = CELLS
    step = max(1, picture.shape[0] // 180)
    small = picture[::step, ::step]
    high, wide = max(1, small.shape[0] // rows), max(1, small.shape[1] // columns)
    if small.shape[0] < rows or small.shape[1] < columns:
        raise Undecodable("too small a picture")
    small = small[: high * rows, : wide * columns]
    # Rows first: they lie one behind the other in memory, and that is a fourth of the time.
    bands = small.reshape(rows, high, columns * wide).sum(1, dtype=np.uint16)
    cells = bands.reshape(rows, columns, wide).sum(2, dtype=np.float32) / np.float32(high * wide)
    gradients = np.zeros((2, rows, columns), np.float32)
    gradients[0, :, 1:-1] = cells[:, 2:] - cells[:, :-2]
    gradients[1, 1:-1, :] = cells[2:] - cells[:-2]
    strength = np.sqrt((gradients**2).sum(0))
    return gradients / (strength + _SOFT), float(strength.mean())


def alike(edges: Floats, reference: Floats) -> float:
    """The share of the reference's tiles with edges that show the same edges; people hide some, never all."""
    across, down_ = _TILES
    rows, columns = reference.shape[1] // down_, reference.shape[2] // across

    def tiled(product: Floats) -> Floats:
        summed: Floats = product.sum(0).reshape(down_, rows, across, columns).sum((1, 3))
        return summed

    theirs, ours = tiled(reference * reference), tiled(edges * edges)
    edgy = theirs > _EDGY * rows * columns
    if not edgy.any():
        return 0.0
    correlation = tiled(edges * reference) / np.sqrt(theirs * ours + 1e-6)
    return float((correlation[edgy] > _ALIKE).mean())


def sample_of(picture: Luma) -> bytes:
    """Every so many-th pixel, as it is: a mean would hide the noise by which a live sensor is known."""
    step = max(1, picture.shape[0] // 90, picture.shape[1] // 200)
    taken = np.ascontiguousarray(picture[::step, ::step])
    high, wide = taken.shape
    return bytes((high >> 8, high & 255, wide >> 8, wide & 255)) + bytes(taken)


def inner(sample: bytes) -> Luma:
    """A sample without its upper and lower edge, where cameras write the time: white on black is no less black for that."""
    high, wide = int.from_bytes(sample[:2], "big"), int.from_bytes(sample[2:4], "big")
    top = int(high * _OUTER)
    return np.frombuffer(sample, np.uint8, offset=4).reshape(high, wide)[top : high - top]


def changed(before: bytes, now: bytes) -> tuple[float, float] | None:
    """Share of the inner pixels that are not exactly as before, and by how much all are on average."""
    if before[:4] != now[:4] or len(before) != len(now):
        return None
    apart = np.abs(inner(before).astype(np.int16) - inner(now))
    return float((apart > 0).mean()), float(apart.mean())


def look(asked: LookAt, body: memoryview) -> tuple[Seen, bytes]:
    """Measure. Raises `Undecodable`, and `Unreadable` where the body is not what the head says."""
    behind = asked.picture + asked.sample * asked.samples
    if len(body) != behind + asked.references * EDGES:
        raise Unreadable("a body of another length")
    began = time.thread_time_ns()
    starts = range(asked.picture, behind, asked.sample) if asked.sample else ()
    before = [bytes(body[at : at + asked.sample]) for at in starts]
    picture = luma(decoded(bytes(body[: asked.picture]), asked.codec, exact=False))
    edges, contrast = edges_of(picture)
    sample = sample_of(picture)
    pixels = inner(sample)
    references: Floats = np.frombuffer(body, np.int8, offset=behind).astype(np.float32)
    references /= 127
    share, by = min((apart for one in before if (apart := changed(one, sample))), default=(None, None))
    seen = Seen(
        id=asked.id,
        width=picture.shape[1],
        height=picture.shape[0],
        mean=float(pixels.mean()),
        deviation=float(pixels.std()),
        edges=contrast,
        changed=share,
        mean_change=by,
        alike=tuple(alike(edges, one) for one in references.reshape(-1, 2, CELLS[1], CELLS[0])),
        cpu_us=(time.thread_time_ns() - began) // 1_000,
    )
    return seen, (edges * 127).astype(np.int8).tobytes() + sample


def jpeg(asked: Jpeg, body: memoryview) -> tuple[Made, bytes]:
    """A JPEG. Raises `Undecodable`."""
    began = time.thread_time_ns()
    data, width, height = jpeg_of(decoded(bytes(body), asked.codec, exact=True), asked.width)
    return Made(asked.id, width, height, (time.thread_time_ns() - began) // 1_000), data


def answer(asked: Down, body: memoryview) -> tuple[Up, bytes]:
    """Raises `Unreadable`."""
    began = time.thread_time_ns()
    try:
        made: tuple[Up, bytes] = look(asked, body) if isinstance(asked, LookAt) else jpeg(asked, body)
    except Undecodable:
        return Failed(asked.id, "undecodable", (time.thread_time_ns() - began) // 1_000), b""
    if len(made[1]) > LONGEST_BODY:
        return Failed(asked.id, "too_large", made[0].cpu_us), b""
    return made


def _confine() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    confine(*STARTS_NOTHING, nice=NICE)


def main() -> int:
    """Answer until the camera process closes the socket. Returns 0 then, 1 where it spoke what is no message."""
    _confine()
    parent = socket.socket(fileno=os.dup(0)).makefile("rwb", buffering=1 << 16)
    while prefix := parent.read(PREFIX.size):
        try:
            head_bytes, body_bytes = lengths(prefix)
            asked = down(parent.read(head_bytes))
            said, body = answer(asked, memoryview(parent.read(body_bytes)))
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
