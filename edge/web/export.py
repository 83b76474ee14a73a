"""An incident's record taken out of the box: made as a file by the desk, handed out in pieces, and gone behind it."""

import asyncio
import contextlib
import threading
from pathlib import Path
from typing import Final

from aiohttp import web

from edge.control.desk import NoRecord
from edge.people.keeper import in_a_thread
from edge.web.evidence import PIECE, Reading, Sealed
from edge.web.incidents import known
from edge.web.problem import Problem
from edge.web.route import Visit
from edge.web.shared import shared

ZIP: Final = "application/zip"
_one = threading.BoundedSemaphore(1)
"""Each takes as much of the disk as its pictures: one at a time."""


async def send(visit: Visit, *, redact: bool) -> web.StreamResponse:
    """The export of the incident that a route's `{id}` names. Raises Problem."""
    caller = visit.caller
    if caller is None or not (visit.may("record") and visit.may("look-duress")):
        # It is a whole stretch of the record, with silent calls that fall into it; a chain cannot leave them out.
        raise Problem(403, "An export holds all of its time, silent calls too, and you may not see those.")
    incident = (await known(visit)).id
    if not _one.acquire(blocking=False):
        raise Problem(
            503, "Another record is being taken out now. One goes at a time.", headers={"Retry-After": "30"}
        )
    made: Path | None = None
    try:
        made = await visit.office.export(incident, redact, caller.actor, names=visit.may("people"))
        visit.body_came()
        return await _handed_out(visit, made, f"{incident}{'-redacted' if redact else ''}.zip")
    except KeyError:
        raise Problem(404, "No event of this incident is kept any more.", code="unknown_incident") from None
    except (NoRecord, OSError, TimeoutError) as err:
        if isinstance(err, ConnectionError):
            raise
        raise Problem(
            503,
            f"The export could not be made: {err}. Nothing was taken; the record itself was not touched.",
            code="no_export",
            headers={"Retry-After": "30"},
        ) from None
    finally:
        _one.release()
        if made is not None:
            path = made
            in_a_thread("export removed", lambda: _removed(path))


def _removed(path: Path) -> None:
    with contextlib.suppress(OSError):  # gone already; else `_remove_unfetched` finds it
        path.unlink()


async def _handed_out(visit: Visit, made: Path, name: str) -> web.StreamResponse:
    size = await in_a_thread("export sized", lambda: made.stat().st_size)
    reading = Reading(made.parent, Sealed(made.name, size, "", ""))
    response = web.StreamResponse(
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    )
    response.content_type, response.content_length = ZIP, size
    try:
        await reading.begin()
        await response.prepare(visit.request)
        courtesy, place = shared(visit.request).pages.courtesy, 0
        while place < size:
            await courtesy.turn()
            visit.body_came()  # whoever may no longer have it gets no more of it
            data = await reading.read(place, min(PIECE, size - place))
            if not data:
                raise OSError("it ended early")
            await response.write(data)
            place += len(data)
    except (OSError, TimeoutError, Problem, asyncio.CancelledError):
        # Half a file must not look whole: the connection ends before its announced length.
        if response.prepared and visit.request.transport is not None:
            visit.request.transport.abort()
            return response
        raise
    finally:
        reading.end()
    return response
