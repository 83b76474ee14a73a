"""A checklist that was sent: kept in a file until it was read, checked, and taken as a whole or not at all."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from edge.checklist_file import LARGEST, Form, form_of
from edge.checklists import Outcome
from edge.operations import NotDone
from edge.web.api.writing import caller_of
from edge.web.book import problem
from edge.web.problem import Problem
from edge.web.receiving import enclosed, received
from edge.web.route import Visit

BODY_S: Final = 30.0
MOST: Final = 2
"""On their way at once."""
_places: Final = asyncio.Semaphore(MOST)


async def take_sent(visit: Visit, form: Form, name: str, title: str, *, check: bool) -> Outcome:
    """The body itself. Raises Problem."""
    async with _place(visit) as place:
        await received(visit, place, LARGEST, BODY_S, _too_large())
        visit.body_came()
        return await _taken(visit, place, form, name, title, check=check)


async def take_enclosed(visit: Visit) -> Outcome:
    """The file of a form, with its fields `checklist` (the id) and `title`. Raises Problem."""
    async with _place(visit) as place:
        sent = await enclosed(visit, place, LARGEST, BODY_S, _too_large())
        name, title = (" ".join(sent.fields.get(one, "").split()) for one in ("checklist", "title"))
        return await _taken(visit, place, form_of(sent.name), name, title, check=False)


async def _taken(visit: Visit, place: Path, form: Form, name: str, title: str, *, check: bool) -> Outcome:
    try:
        actor = caller_of(visit).actor
        return await visit.office.checklists.take(actor, place, form, name, title, check=check)
    except NotDone as err:
        raise problem(err) from None


@contextlib.asynccontextmanager
async def _place(visit: Visit) -> AsyncIterator[Path]:
    """Where to write it; gone at the end. Raises Problem 503."""
    if _places.locked():
        raise Problem(
            503, "Other checklists are being read. Send this one in a minute.", headers={"Retry-After": "30"}
        )
    async with _places:
        place = visit.office.store / f"import-{secrets.token_hex(8)}.checklist"
        try:
            yield place
        finally:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(place.unlink, missing_ok=True)


def _too_large() -> Problem:
    return Problem(413, "A checklist is at most 1 MB and 1,000 questions. Nothing was read.")
