"""`/inventory/imports`: a file of assets is sent as it is, told what it would come to, and taken as a whole."""

import asyncio
import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from aiohttp import web

from edge.control.books import report
from edge.operations import NotDone
from edge.web import book
from edge.web.api import asset_forms as forms
from edge.web.api.answering import answer, of
from edge.web.api.writing import caller_of, write
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit

MOST_BYTES: Final = 16 * 1024 * 1024
BODY_S: Final = 120.0
TYPES: Final = frozenset({"text/csv", "application/csv", "application/vnd.ms-excel"})


async def send(visit: Visit) -> web.StreamResponse:
    """Read and check a file; nothing is changed."""
    if visit.request.content_type not in TYPES:
        raise Problem(
            415, "A list of assets is sent as it is: with Content-Type: text/csv. Nothing was read."
        )
    path = visit.office.store / f"import-{secrets.token_hex(8)}.csv"
    try:
        await _received(visit, path)
        visit.body_came()
        staged = await visit.office.imports.stage(path)
    except NotDone as err:
        raise book.problem(err) from None
    except OSError as err:
        why = err.strerror or "the disk does not take it"
        raise Problem(
            503, f"The file could not be kept: {why}. Nothing was imported.", code="import_file"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(path.unlink, missing_ok=True)
    return answer(of(forms.Import, report(staged)))


async def _received(visit: Visit, path: Path) -> None:
    """The body into a file, for its owner alone. Raises OSError, Problem 408, 413."""
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    count = 0
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in visit.request.content.iter_chunked(1 << 18):
                count += len(piece)
                if count > MOST_BYTES:
                    raise Problem(413, "The file is larger than 16 MB. Nothing was read: split it.")
                await asyncio.to_thread(file.write, piece)
    except TimeoutError:
        raise Problem(408, f"The file did not come within {BODY_S:.0f} s. Nothing was done.") from None
    finally:
        await asyncio.to_thread(file.close)


async def take(visit: Visit, said: forms.Take) -> web.Response:
    """Let it count."""
    try:
        count = await visit.office.imports.take(
            caller_of(visit).actor, visit.request.match_info["id"][:100], without_refused=said.without_refused
        )
    except NotDone as err:
        raise book.problem(err) from None
    return answer(forms.Taken(assets=count, words=f"{count} assets imported, as a whole."))


ROUTES = (
    Route(
        "POST",
        "/api/v1/inventory/imports",
        "assets-write",
        send,
        says=Says(
            "Send a list of assets, and hear what it would come to",
            forms.Import,
            problems=(408, 409, 413, 415, 422, 503),
            sends=("text/csv",),
            text="The body is the file itself, CSV of at most 16 MB and 50,000 rows, with the column names of this box's own "
            "export, of Snipe-IT, Incident IQ or GLPI. What was sent is kept for half an hour.",
        ),
    ),
    Route(
        "POST",
        "/api/v1/inventory/imports/{id}/take",
        "assets-write",
        write(forms.Take, take),
        says=Says("Let an import count, as a whole", forms.Taken, takes=forms.Take, problems=(404,)),
    ),
)
