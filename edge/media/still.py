"""A picture at the press: the newest key picture of a camera as JPEG, if it is fresh, sealed like a clip."""

from typing import Protocol

from drivers.cameras.stream import AccessUnit
from edge.media.clip_writer import ClipWriter
from edge.media.hub import Hub
from edge.media.looking import NotSeen, Picture


class Maker(Protocol):
    """The looking process."""

    async def jpeg(self, unit: AccessUnit, width: int = 0) -> Picture:
        """A JPEG. Raises `NotSeen`."""


async def picture(maker: Maker, hub: Hub, width: int, now_us: int, oldest_us: int | None) -> Picture:
    """The newest key picture, so wide at most (pixels; 0: as it is); of a lost stream the last that came.

    oldest_us: how old it may be, None: of any age; a camera whose key pictures are 20 s apart has none that is younger.
    Raises `NotSeen`: `stale` where it is older, `none` where there is none, or as the looking process says.
    """
    key = hub.last_key
    if key is None:
        raise NotSeen("none")
    if oldest_us is not None and now_us - key.at_us > oldest_us:
        raise NotSeen("stale")
    return await maker.jpeg(key, width)


async def keep_still(
    maker: Maker, writer: ClipWriter, hub: Hub, folder: str, now_us: int, oldest_us: int
) -> Picture:
    """Take the picture and hand it to be written and sealed; the writer tells it as it tells a clip. Raises `NotSeen`.

    folder: of the incident, relative to the store.
    """
    taken = await picture(maker, hub, 0, now_us, oldest_us)
    writer.keep(hub.camera, folder, taken.jpeg, taken.at_us)
    return taken
