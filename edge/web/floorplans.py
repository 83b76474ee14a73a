"""A floor plan that was sent: kept in a file until a process of its own has read it, one at a time."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import msgspec

from edge import words
from edge.control.floorplans import refused
from edge.floorplans.drawn import Limits
from edge.floorplans.gathering import Told
from edge.floorplans.refusal import Refused
from edge.floorplans.taking import Brought
from edge.operations import NotDone
from edge.web.api.writing import caller_of
from edge.web.book import problem
from edge.web.problem import Problem
from edge.web.receiving import enclosed, received
from edge.web.route import Visit

BODY_S: Final = 120.0
_place: Final = asyncio.Semaphore(1)


async def take_sent(visit: Visit, told: Told, *, check: bool) -> Brought:
    """The body itself. Raises Problem."""
    most = visit.office.floorplans.limits()
    async with _turn(visit) as place:
        await received(visit, place, most.archive_bytes, BODY_S, _too_large(most))
        visit.body_came()
        return await _taken(visit, place, told, check=check)


async def take_enclosed(visit: Visit) -> Brought:
    """The file of a form, whose other fields are what it does not say itself. Raises Problem."""
    most = visit.office.floorplans.limits()
    async with _turn(visit) as place:
        sent = await enclosed(visit, place, most.archive_bytes, BODY_S, _too_large(most))
        said = {name: " ".join(sent.fields.get(name, "").split()) for name in Told.__struct_fields__}
        numbers = ("scale", "north", "x", "y", "cell", "ordinal")
        try:
            given = {name: value for name, value in said.items() if value and name not in ("zero", "limits")}
            told = msgspec.convert(
                {name: float(value) if name in numbers else value for name, value in given.items()},
                Told,
                strict=False,
            )
        except (ValueError, msgspec.ValidationError):
            raise Problem(
                422, "Scale, north and place are numbers, such as 0.05. Nothing was read."
            ) from None
        return await _taken(visit, place, told, check=False)


@contextlib.asynccontextmanager
async def _turn(visit: Visit) -> AsyncIterator[Path]:
    """Where to write it; gone at the end. Raises Problem 503."""
    if _place.locked():
        raise Problem(
            503,
            "Another floor plan is being read. Send this one in a minute.",
            headers={"Retry-After": "30"},
        )
    async with _place:
        place = visit.office.store / f"import-{secrets.token_hex(8)}.plan"
        try:
            yield place
        finally:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(place.unlink, missing_ok=True)


async def _taken(visit: Visit, place: Path, told: Told, *, check: bool) -> Brought:
    try:
        return await visit.office.floorplans.take(caller_of(visit).actor, place, told, keep=not check)
    except Refused as err:
        detail = words.reply("floorplan_refused", refused(err))
        raise Problem(409, detail, code=f"floorplan_{err.code}") from None
    except NotDone as err:
        raise problem(err) from None


def _too_large(most: Limits) -> Problem:
    return Problem(
        413,
        f"A floor plan is at most {2 * most.file_mb} MB. Nothing was read: leave out what no responder needs.",
    )
