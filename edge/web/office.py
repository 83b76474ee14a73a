"""What the page and the API may ask of the appliance and of the accounts: this, and nothing else of ours."""

import asyncio
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from edge.checklists import Checklists
from edge.control.desk import Desk
from edge.journal.stamp import Stamped
from edge.journal.stored import Stored
from edge.media.messages import Answer, Asked, Figures
from edge.views.database import Views
from rules.model.events import Event
from rules.model.ids import CameraId, OutputId
from rules.state import State

if TYPE_CHECKING:
    from drivers.outputs.cap_feed import CapFeed

T = TypeVar("T")


class Office(Desk, Protocol):
    """`Desk` is what the socket may ask too. All of it is called on the loop's thread; none of it blocks."""

    @property
    def state(self) -> State:
        """What is believed now; immutable, so that whoever holds it may keep it."""

    def picture(self) -> Generator[None, None, dict[str, Any]]:
        """`snapshot` of now, made with the loop's own work in between (`Courtesy.in_bites`)."""

    @property
    def timezone(self) -> str:
        """The campus's IANA zone, for every time that a person reads."""

    @property
    def campus_networks(self) -> tuple[str, ...]:
        """The campus's own networks as the configuration has them; none: private addresses."""

    @property
    def checklists(self) -> Checklists:
        """Checklists on their way in."""

    @property
    def feeds(self) -> "Mapping[OutputId, CapFeed]":
        """What signs come and fetch, by its output."""

    @property
    def store(self) -> Path:
        """The store directory."""

    async def views(self, what: Callable[[Views], T]) -> T:
        """Read lists and history in the views' thread. Raises JournalRefused where they do not answer."""

    async def events(self, after: tuple[str, int] | None, limit: int) -> list[Stored]:
        """At most `limit` events of the journal behind (epoch, seq), None: from the first kept, sealed fields opened.

        Raises KeyError for a place that is not in the journal, JournalRefused where its disk does not answer.
        """

    def on_committed(self, told: Callable[[Sequence[Stamped]], None]) -> Callable[[], None]:
        """Have `told` called on the loop with what the journal has just taken, in order; returns what ends it."""

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called on the loop soon after the picture changed, at most ten times a second; returns
        what ends it. One call serves all listeners of a stream: the caller keeps one watch for all its pages."""

    async def ask_camera(self, asked: Asked) -> tuple[Answer, asyncio.StreamReader, asyncio.StreamWriter]:
        """Ask the camera process for a look; what follows its answer, and what ends it. Raises NotAsked."""

    def camera_figures(self, camera: CameraId) -> tuple[Figures | None, int]:
        """What was last counted of a camera, and when that was told (CLOCK_MONOTONIC, microseconds)."""

    def report_secret(self, source: str) -> bytes | None:
        """What a detector or telephone system signs its webhooks with; None: it does not report by webhook."""

    def emit(self, event: Event) -> None:
        """Hand in an event that answers nobody."""

    def hurried(self) -> bool:
        """Whether a press's commands are on their way to the wire: who draws or hands out much waits for them."""

    def metrics(self) -> dict[str, Any]:
        """Counters and gauges of now, by name: journal, views, lanes, loop, presses (see `edge/web/metrics.py`)."""
