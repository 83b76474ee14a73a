"""How sound goes over the wire: payload types of RFC 3551, each 20 ms of 160 octets at an RTP clock of 8 kHz."""

from array import array
from collections.abc import Callable
from typing import Final

from drivers.outputs.g711 import a_law, mu_law
from drivers.outputs.g722 import g722
from drivers.outputs.paging_messages import CodecName
from rules.model.values import dataclass

PACKET: Final = 160
"""Octets of a packet, and ticks of the RTP clock that it lasts."""
PACKET_US: Final = 20_000
CLOCK_HZ: Final = 8_000


@dataclass(frozen=True, slots=True)
class Codec:
    """payload_type: RFC 3551, table 4. rate: of the samples that `encode` takes. settle: packets of silence round each sound.

    Each sound is encoded for itself, and a decoder that remembers what it heard before (G.722's predictor and step, which forget
    it with 32 ms at most) has to have forgotten it by then: without that, the first words crack.

    G.722 samples at 16 kHz, and its RTP clock is 8 kHz all the same: an error of RFC 1890 that RFC 3551 (4.5.2) keeps.
    """

    payload_type: int
    rate: int
    encode: Callable[["array[int]"], bytes]
    settle: int = 0


CODECS: Final[dict[CodecName, Codec]] = {
    "pcmu": Codec(0, 8_000, mu_law),
    "pcma": Codec(8, 8_000, a_law),
    "g722": Codec(9, 16_000, g722, settle=8),
}


def packets(codec: Codec, samples: "array[int]") -> tuple[bytes, ...]:
    """Payloads of 20 ms; the last one is filled up with silence."""
    whole = codec.rate * PACKET_US // 1_000_000
    short = -len(samples) % whole
    rest = array("h", bytes(2 * whole * codec.settle))
    octets = codec.encode(rest + samples + array("h", bytes(2 * short)) + rest)
    return tuple(octets[at : at + PACKET] for at in range(0, len(octets), PACKET))
