"""What a simulated camera sees: a corridor with people in it, drawn in numpy, a clock burnt in as digits and as a bar code.

The bar code is 40 cells across the bottom strip, most significant bit first, white for one: milliseconds modulo 2**40.
A browser reads it back from a canvas, a test from a decoded luma plane (`read_code`).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.simulators.camera_faults import Variant

Plane = NDArray[np.uint8]

CODE_BITS: Final = 40
CODE_SHARE: Final = 20
"""The strip takes one twentieth of the height."""
_FONT: Final = {
    "0": "01110100011001110101110011000101110",
    "1": "00100011000010000100001000010001110",
    "2": "01110100010000100010001000100011111",
    "3": "11111000100010000010000011000101110",
    "4": "00010001100101010010111110001000010",
    "5": "11111100001111000001000011000101110",
    "6": "00110010001000011110100011000101110",
    "7": "11111000010001000100010000100001000",
    "8": "01110100011000101110100011000101110",
    "9": "01110100011000101111000010001001100",
    ":": "00000001000010000000001000010000000",
    ".": "00000000000000000000000000010000100",
}
"""Five by seven, row by row."""
_NOISE_PLANES: Final = 8


class Scene:
    """One camera's view, by seed. width, height: pixels, even."""

    def __init__(self, width: int, height: int, seed: int = 1) -> None:
        self.width, self.height = width, height
        self._random = np.random.default_rng(seed)
        self._luma, self._chroma = self._background()
        self._turned = np.roll(self._luma, (height // 12, width // 4), (0, 1))
        self._noise = [
            self._random.normal(0.0, 2.0, (height, width)).round().astype(np.int16)
            for _ in range(_NOISE_PLANES)
        ]
        self._digits = {sign: self._digit(bits) for sign, bits in _FONT.items()}

    def picture(self, ms: int, shown_ms: int, variant: Variant = "normal") -> Plane:
        """The view at `ms`, its clock showing `shown_ms`, as planar 4:2:0: (height * 3 / 2, width)."""
        noise = self._noise[int(self._random.integers(_NOISE_PLANES))]
        if variant == "frozen":
            ms = shown_ms = 0
            noise = self._noise[0]
        chroma = self._chroma
        if variant in ("black", "covered"):
            level = 17 if variant == "black" else 98
            luma: Plane = np.clip(level + noise // (2 if variant == "black" else 1), 16, 235).astype(np.uint8)
            chroma = np.full_like(chroma, 128)
        else:
            ground = self._turned if variant == "turned" else self._luma
            luma = np.clip(self._with_people(ground, ms) + noise, 16, 235).astype(np.uint8)
            self._burn_code(luma, shown_ms)
        self._burn_digits(luma, shown_ms)
        return np.concatenate((luma, chroma))

    def _background(self) -> tuple[Plane, Plane]:
        height, width = self.height, self.width
        rows, columns = np.mgrid[0:height, 0:width]
        ground = 150.0 - 40.0 * rows / height + 18.0 * np.sin(columns / width * 9.0)
        ground[rows > height * 0.72] -= 45.0
        for number in range(5):
            left = int(width * (0.04 + 0.195 * number + 0.02 * self._random.random()))
            right, top = left + width // 9, int(height * (0.24 + 0.08 * self._random.random()))
            bottom = int(height * 0.74)
            ground[top:bottom, left:right] = 70.0 + 22.0 * number
            ground[top + height // 14 : top + height // 5, left + width // 40 : right - width // 40] = 205.0
        tiles = ((rows // max(8, height // 22)) + (columns // max(8, width // 30))) % 2
        ground += np.where(rows > height * 0.74, tiles * 26.0, 0.0)
        # Plaster is never even; without it an encoder would have nothing to spend its bits on.
        ground += self._random.normal(0.0, 3.0, ground.shape)
        chroma = np.empty((height // 2, width), np.uint8)
        chroma[: height // 4] = 122
        chroma[height // 4 :] = 134
        return np.clip(ground, 24, 225).astype(np.uint8), chroma

    def _with_people(self, ground: Plane, ms: int) -> NDArray[np.int16]:
        seen = ground.astype(np.int16)
        tall, wide = int(self.height * 0.42), max(8, self.width // 18)
        for number, (speed, level) in enumerate(((0.11, 40), (-0.07, 185), (0.045, 95))):
            at = (0.2 + 0.31 * number + speed * ms / 1000.0) % 1.2 - 0.1
            left = int(at * self.width)
            top = int(self.height * (0.44 + 0.02 * np.sin(ms / 160.0 + number)))
            body = seen[top : top + tall, max(0, left) : max(0, min(self.width, left + wide))]
            body[:] = level + (np.arange(body.shape[0])[:, None] // 9 % 2) * 24
        return seen

    def _burn_code(self, luma: Plane, ms: int) -> None:
        bits = [(ms >> (CODE_BITS - 1 - number)) & 1 for number in range(CODE_BITS)]
        edges = [number * self.width // CODE_BITS for number in range(CODE_BITS + 1)]
        strip = luma[self.height - self.height // CODE_SHARE :]
        for bit, left, right in zip(bits, edges, edges[1:], strict=False):
            strip[:, left:right] = 235 if bit else 16

    def _burn_digits(self, luma: Plane, ms: int) -> None:
        seconds, milli = divmod(ms, 1000)
        text = f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milli:03}"
        box = np.concatenate([self._digits[sign] for sign in text], axis=1)
        top = left = max(2, self.height // 60)
        room = luma[top : top + box.shape[0], left : left + box.shape[1]]
        room[:] = box[: room.shape[0], : room.shape[1]]

    def _digit(self, bits: str) -> Plane:
        scale = max(1, self.height // 180)
        cells = np.array([int(bit) for bit in bits], np.uint8).reshape(7, 5)
        framed = np.pad(cells, ((1, 1), (0, 1)))
        big: Plane = np.kron(framed, np.ones((scale, scale), np.uint8))
        return (16 + big * 219).astype(np.uint8)


def read_code(luma: Plane) -> int:
    """The milliseconds that the bar code of a decoded luma plane shows."""
    height, width = luma.shape
    row = luma[height - height // CODE_SHARE // 2 - 1]
    value = 0
    for number in range(CODE_BITS):
        middle = (2 * number + 1) * width // (2 * CODE_BITS)
        value = value << 1 | int(row[middle] > 125)
    return value
