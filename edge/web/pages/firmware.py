"""Firmware: what was read of each device and what is to be said of it, the notes of families, the lists of published flaws."""

import asyncio
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from edge.config.notes import LONGEST_BYTES, NOTES, notes_of
from edge.web import book
from edge.web.bundles import take_enclosed
from edge.web.pages import firmware_views as views
from edge.web.pages import notes
from edge.web.pages.acting import onward
from edge.web.pages.language import _, many
from edge.web.pages.showing import scene_of, show
from edge.web.problem import Problem
from edge.web.route import Route, Visit

Document = dict[str, Any]


async def firmware(visit: Visit) -> web.StreamResponse:
    """Every device with what is to be said of it, the worst first."""
    now, given = scene_of(visit), visit.request.query
    state, start = given.get("state", ""), given.get("from", "")
    found = await book.read(visit, "firmware")
    more = views.view(
        now,
        found,
        state if state in views.VERDICTS else "",
        int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 0,
    )
    return show(visit, "plain", seen=now, template="firmware.html", more=more)


async def note(visit: Visit) -> web.StreamResponse:
    """The note of a family, to be read."""
    model = visit.request.match_info["family"][:64]
    text = await asyncio.to_thread(_text, model)
    if text is None:
        raise Problem(404, _("There is no firmware note of this name."))
    found = await book.read(visit, "firmware")
    parts = notes.blocks(notes.body(text))
    title = next((one for one in parts if one["kind"] == "title"), None)
    its = [one for one in found["devices"] if one["note"] == model]
    more = {
        "family": model,
        "title": model if title is None else "".join(words for _kind, words in title["spans"]),
        "blocks": [one for one in parts if one is not title],
        "doubts": notes.doubts(parts),
        "devices": [(one["id"], one["name"] or one["id"]) for one in its[: views.PAGE]],
        "facts": views.families(its)[:1],
    }
    return show(visit, "plain", template="firmware_note.html", more=more)


def _text(model: str, folder: Path = NOTES) -> str | None:
    """A sound note's own words; None: there is none of this name."""
    front = notes_of(folder).by_model.get(model)
    if front is None or front.model != model:
        return None
    try:
        return (folder / f"{model}.md").read_bytes()[:LONGEST_BYTES].decode("utf-8", "replace")
    except OSError:
        return None


async def bringing(visit: Visit) -> web.StreamResponse:
    """Where a list is chosen and sent."""
    return await _bringing(visit)


async def _bringing(visit: Visit, *, missing: str = "", status: int = 200) -> web.StreamResponse:
    found = await book.read(visit, "firmware")
    more = {"lists": views.lists(found), "missing": missing}
    return show(visit, "plain", template="firmware_lists.html", more=more, status=status)


async def bring(visit: Visit) -> web.StreamResponse:
    """Take one in."""
    try:
        taken = await take_enclosed(visit)
    except Problem as problem:
        if problem.status in (401, 403):
            raise
        return await _bringing(visit, missing=problem.detail, status=problem.status)
    text = many("{n} record taken.", "{n} records taken.", taken.count)
    if not taken.whole:
        text += " " + _("This is a part of its publisher's list: bring the rest too.")
    return onward(visit, "/firmware", text)


ROUTES: Final = (
    Route("GET", "/firmware", "look", firmware, page=True),
    Route("GET", "/firmware/notes/{family}", "look", note, page=True),
    Route("GET", "/firmware/lists", "configure", bringing, page=True),
    Route("POST", "/firmware/lists", "configure", bring, page=True),
)
