"""The ways in which a simulated camera can be broken at run time."""

from typing import Final, Literal

from rules.model.values import dataclass

Variant = Literal["normal", "frozen", "black", "covered", "turned", "small"]
"""What the pictures show; each is a loop of its own. small: the same scene at half the size."""

CameraFaultKind = Literal[
    "none",
    "away",
    "refusing",
    "silent",
    "media_stopped",
    "slow",
    "lossy",
    "reordered",
    "duplicated",
    "garbage",
    "quarter_rate",
    "frozen",
    "black",
    "covered",
    "turned",
    "resized",
    "wrong_clock",
    "unauthorized",
    "not_found",
    "no_tcp",
    "bad_description",
    "no_parameter_sets",
    "redirect",
]
"""What the camera does from now on.

none: works. away: every connection is closed, and the port. refusing: each connection is taken and reset, new ones too.
silent: like SIGSTOP: connections stand, nothing is read, nothing is said. media_stopped: RTSP answers, no picture comes.
slow: each answer comes `seconds` later. lossy, duplicated, reordered: that `share` of the RTP packets (reordered: over
UDP only, TCP keeps its order). garbage: RTP packets of random bytes. quarter_rate: a quarter of the pictures a second.
frozen: the same picture again and again, freshly encoded. black, covered: the lens sees nothing, or a hand.
turned: the scene has moved sideways. resized: half the size from the next picture on, said in band.
wrong_clock: the camera's clock is `seconds` ahead (negative: behind). unauthorized: 401 whatever is offered.
not_found: 404. no_tcp: 461 for interleaved transport. bad_description: a body that is no SDP.
no_parameter_sets: the description has none; they come in band. redirect: 302 to `to`.
"""

PICTURES: Final[dict[str, Variant]] = {
    "frozen": "frozen",
    "black": "black",
    "covered": "covered",
    "turned": "turned",
    "resized": "small",
}
"""The faults that are seen in the pictures, and by which loop."""


@dataclass(frozen=True, slots=True)
class CameraFault:
    """One way of being broken. `seconds`, `share` (0 to 1) and `to` (a URL) matter where the kind says so."""

    kind: CameraFaultKind = "none"
    seconds: float = 1.0
    share: float = 0.05
    to: str = ""

    @property
    def variant(self) -> Variant:
        """What the pictures show meanwhile."""
        return PICTURES.get(self.kind, "normal")


SOUND: Final = CameraFault()
