"""The ways in which a simulated device can be broken at run time; one small vocabulary for every protocol."""

from typing import Literal

from rules.model.values import dataclass

FaultKind = Literal[
    "none",
    "dead",
    "slow",
    "late",
    "refusing",
    "wrong_point",
    "wrong_value",
    "garbage",
    "noisy",
    "drop",
    "away",
]
"""What the peer does from now on.

none: works. dead: hears everything, does nothing, never answers.
slow: takes `seconds` for each request, one after the other, then does it and answers.
late: does it at once and answers `seconds` later, too late for the master, without holding up what follows.
refusing: does nothing and answers with the protocol's refusal (`code`: Modbus exception, OSDP NAK reason).
wrong_point: does nothing and acknowledges a write of another coil or output.
wrong_value: does nothing and acknowledges a write of another value.
garbage: answers with bytes that are no frame.
noisy: says a few such bytes before each good answer (Modbus RTU).
drop: hangs up in the middle of a request.
away: unplugged: the port is closed, the line is dead.
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way of being broken. `seconds` matters to `slow` and `late`, `code` to `refusing`."""

    kind: FaultKind = "none"
    seconds: float = 0.0
    code: int = 2


WORKS = Fault()
IDENTIFICATION = b"\x2b"
"""How a request for device identification begins (Modbus function 43)."""
