"""The files of pictures that a live incident keeps, for its open pages: read when the record grew, drawn where they differ.

Belongs to the loop's thread.
"""

from collections.abc import Generator
from typing import Any, Final

from edge.views.pages import Kept, kept
from edge.web.office import Office
from edge.web.pages.cameras import evidence_rows
from edge.web.pages.moment import Moment
from edge.web.pages.screens import Screen
from edge.web.pages.templates import Ages

PART: Final = "evidence"


class Files:
    """Of one incident."""

    def __init__(self) -> None:
        self._kept: Kept | None = None
        self._drawn: dict[bool, tuple[tuple[object, ...], tuple[str, Ages]]] = {}

    @property
    def known(self) -> bool:
        """Whether they were read."""
        return self._kept is not None

    async def read(self, office: Office, of: str, upto: tuple[str, int]) -> bool:
        """Read them; False: the views do not know this event (epoch, seq) yet. Raises JournalRefused, KeyError."""

        def both(views: Any) -> tuple[Kept, Any]:
            return kept(views, of), views.position

        self._kept, at = await office.views(both)
        return at is not None and at.epoch == upto[0] and at.seq >= upto[1]

    def part(
        self, screen: Screen, of: str, now: Moment, *, takes: bool
    ) -> Generator[None, None, tuple[str, Ages]]:
        """Their list. takes: for who may take them out."""
        live = now.scene.state.live
        made_of = (self._kept, now.scene.plan, live.cameras, live.conditions, live.cameras_up)
        drawn = self._drawn.get(takes)
        if drawn is None or any(was is not one for was, one in zip(drawn[0], made_of, strict=True)):
            rows = evidence_rows(now.scene, of, self._kept.files if self._kept is not None else ())
            yield
            more = {"evidence": rows, "evidence_read": True, "evidence_live": True, "takes": takes}
            drawn = made_of, (yield from now.part(screen, of, PART, streamed=True, more=more))
            self._drawn[takes] = drawn
        return drawn[1]
