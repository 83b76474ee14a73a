"""What all requests share: the picture of this moment, the writes done, the stream's feed, what is measured."""

import time
from typing import Any, Final

import msgspec
from aiohttp import web

from drivers.clock import instant
from edge import words
from edge.journal.stored import PEOPLE_ONLY, Stored, rfc3339
from edge.journal.writer import JournalRefused
from edge.snapshot import not_recording
from edge.views import pages
from edge.web.api.repeating import KEEP_S, Answer
from edge.web.feed import Feed
from edge.web.figures import Figures
from edge.web.office import Office
from edge.web.once import Once
from edge.web.pages.live import Pages
from edge.web.problem import Problem
from edge.web.screens import RoomScreens
from edge.web.sieve import Sieve, told
from edge.web.sight import in_sight
from edge.web.strangers import Strangers
from rules.state import Record
from rules.supervision import armed

Document = dict[str, Any]

FRESH_S: Final = 0.1
"""How long one picture serves all who ask; it carries its own time. What changed by a request is in the next."""


class Shared:
    """Belongs to the loop's thread, and outlives the port: a renewed certificate or another address forgets nothing."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.once: Once[Answer] = Once(KEEP_S)
        self.pages = Pages(office)
        self.strangers = Strangers()
        self.sieve = Sieve()
        self.feed = Feed(self.sieve, _frame, self._beat, self.pages.courtesy)
        self.screens = RoomScreens(office, self.pages.courtesy)
        self.figures = Figures(office, self.feed, self.pages, lambda: self.picture(duress=False))
        self._pictures: dict[bool, Document] = {}
        self._pictured: tuple[Record, float] | None = None
        self._listens = False

    def picture(self, *, duress: bool) -> Document:
        """The live picture as somebody with or without `look-duress` may see it; not to be changed."""
        record, now = self.office.state.record, time.monotonic()
        if self._pictured is None or self._pictured[0] is not record or now - self._pictured[1] > FRESH_S:
            self._pictured = record, now
            self._pictures = {True: self.office.snapshot()}
        if duress not in self._pictures:
            office = self.office
            seen = in_sight(self._pictures[True], office.plan, office.state, duress=duress)
            self._pictures[duress] = {**seen, "flags": [_unnumbered(one) for one in seen["flags"]]}
        return self._pictures[duress]

    async def follow_the_record(self) -> None:
        """Have the feed follow the journal, and the sieve know what is hidden. Raises Problem 503."""
        if not self._listens:
            # Before the views are asked, so that nothing falls between what they know and what is told.
            self.office.on_committed(self.feed.committed)
            self._listens = True
        if self.feed.is_open:
            self.feed.catch_up()
            return
        try:
            known = await self.office.views(pages.hidden)
        except JournalRefused as err:
            raise no_history(err) from None
        if not self.feed.is_open:
            self.sieve.load(known.events, known.incidents, known.presses)
            self.feed.open(known.position)
        self.feed.catch_up()

    def encoded(self, event: Stored, duress: bool) -> bytes:
        """An event as it goes on the stream of somebody who may see it."""
        return _frame(event, duress, event.seq if duress else self.sieve.shown_seq(event.position))

    def _beat(self) -> bytes:
        office = self.office
        is_armed, _ = armed(office.plan, office.state)
        # Then the stream is silent although things happen.
        trouble = not_recording(office.state)
        said = {"at": rfc3339(instant().utc_us), "armed": is_armed, "trouble": trouble}
        return b"event: beat\ndata: " + msgspec.json.encode(said) + b"\n\n"


SHARED: Final = web.AppKey("shared", Shared)


def shared(request: web.Request) -> Shared:
    """What all requests share."""
    return request.app[SHARED]


def _unnumbered(flag: Document) -> Document:
    """The number of a press that waits counts silent ones too: the flag's text does without it."""
    if flag["code"] != "unanswered_press":
        return flag
    title, text = words.flag(flag["code"], flag["subject"], ("NUMBER",))
    return {**flag, "args": [], "title": title, "text": text}


def no_history(err: Exception) -> Problem:
    """Lists and history wait for a disk; the live picture does not."""
    return Problem(
        503,
        "The record cannot be read now: its disk does not answer. What is live stands in /api/v1/campus and doors.",
        code="no_history",
        headers={"Retry-After": "5"},
    )


def event_of(document: Document, *, names: bool) -> Document:
    """An event as it leaves the box. names: with the personal text of accounts."""
    if not names and document["kind"].startswith(PEOPLE_ONLY):
        return {**document, "opened": {}}
    return document


def _frame(event: Stored, duress: bool, seq: int) -> bytes:
    document = event_of(told(event, duress=duress, seq=seq), names=False)
    data = {name: document[name] for name in EVENT}
    return f"id: {document['epoch']}:{seq}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"


EVENT: Final = ("epoch", "seq", "at", "kind", "subject", "actor", "incident", "because", "data", "opened")
"""The members of an event that leave the box: no id, for its counter would tell of hidden ones beside it."""
