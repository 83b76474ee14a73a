"""A list of published flaws that was sent: kept in a file until a process of its own has read it, one at a time."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from edge import words
from edge.flaws.refusal import Refused
from edge.flaws.taken import FOLDER, SENT, Taken
from edge.operations import NotDone
from edge.web.api.writing import caller_of
from edge.web.problem import Problem
from edge.web.receiving import enclosed, received
from edge.web.route import Visit
from rules.model.bundle_facts import BundleKind

MOST_BYTES: Final = 64 * 1_048_576
"""A year of the NVD is some 20 MB as its publisher packs it; the command line takes what is larger."""
BODY_S: Final = 300.0
TOO_LARGE: Final = (
    "The list is larger than 64 MB. Nothing was read: send it packed, as its publisher has it (.json.gz or .zip), or have the "
    "box take it from its own disk: campus-edge import cve FILE."
)

_place: Final = asyncio.Semaphore(1)


def kind_of(word: str) -> BundleKind:
    """Raises Problem 404."""
    if word in ("cve", "kev"):
        return "cve" if word == "cve" else "kev"
    raise Problem(
        404, "There are two lists: cve (the NVD's) and kev (CISA's). Nothing was done.", code="unknown_list"
    )


async def take_sent(visit: Visit, kind: BundleKind) -> Taken:
    """The body itself. Raises Problem."""
    async with _turn(visit) as place:
        size = await received(visit, place, MOST_BYTES, BODY_S, _too_large())
        visit.body_came()
        return await _taken(visit, kind, place, size)


async def take_enclosed(visit: Visit) -> Taken:
    """The file of a form, whose field `kind` says which list it is. Raises Problem."""
    async with _turn(visit) as place:
        sent = await enclosed(visit, place, MOST_BYTES, BODY_S, _too_large())
        return await _taken(visit, kind_of(sent.fields.get("kind", "")), place, sent.size)


@contextlib.asynccontextmanager
async def _turn(visit: Visit) -> AsyncIterator[Path]:
    """Where to write it; gone at the end. Raises Problem 503."""
    if _place.locked():
        raise Problem(
            503, "Another list is being read. Send this one once it is done.", headers={"Retry-After": "60"}
        )
    async with _place:
        place = visit.office.store / FOLDER / f"{SENT}{secrets.token_hex(8)}"
        try:
            yield place
        finally:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(place.unlink, missing_ok=True)


async def _taken(visit: Visit, kind: BundleKind, place: Path, size: int) -> Taken:
    if not size:
        raise Problem(409, "No file was sent. Nothing was done: choose the list, as its publisher has it.")
    try:
        return await visit.office.take_bundle(caller_of(visit).actor, kind, str(visit.office.store / place))
    except Refused as err:
        said = {"reason": err.code, "what": err.what, "do": err.do}
        raise Problem(409, words.reply("bundle_refused", said), code=f"bundle_{err.code}") from None
    except NotDone as err:
        detail = words.reply("bundle_unrecorded", {"reason": err.code})
        raise Problem(503, detail, code="bundle_unrecorded", headers={"Retry-After": "60"}) from None


def _too_large() -> Problem:
    return Problem(413, TOO_LARGE)
