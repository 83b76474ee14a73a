"""What the camera process and its ONVIF process say to each other: one JSON object a line, bounded both ways.

Down: `Look` whenever other cameras are to be asked. Up: beats, and what the camera process hands on as it came.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from drivers.lines import MessageReader
from edge.media.messages import Beat, Id, Notice, Visited


class AskedCamera(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One camera, by its streams' addresses: nothing but their host is ever contacted."""

    id: Id
    url: str
    sub_url: str
    user: str
    password: str

    def __repr__(self) -> str:
        return f"AskedCamera({self.id!r})"


class Look(msgspec.Struct, frozen=True, tag="look", forbid_unknown_fields=True):
    """Ask these cameras from now on, and no others. probes: the port on which cameras hear probes."""

    cameras: tuple[AskedCamera, ...]
    probes: Annotated[int, Meta(ge=1, le=65_535)]


Down = Look
Up = Beat | Visited | Notice

down: Final[MessageReader[Down]] = MessageReader(Down, "no message for the ONVIF process")
up: Final[MessageReader[Up]] = MessageReader(Up, "no message from the ONVIF process")
