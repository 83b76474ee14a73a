"""The socket's requests to the book: read of the inventory, and files of assets that come in."""

import asyncio
import contextlib
from typing import Any, Final

import msgspec

from edge import words
from edge.control.desk import Desk
from edge.control.requests import ImportAssets, ReadBook
from edge.importing import Staged
from edge.operations import NotDone
from rules.model.ids import Actor

SHOWN: Final = 1_000
"""Refused rows in one answer."""


async def read(desk: Desk, request: ReadBook) -> dict[str, Any]:
    """What a query finds."""
    try:
        found = await desk.read_book(request.query, **request.asked)
    except NotDone as err:
        return _no(err)
    return {"ok": True, "data": msgspec.json.decode(found), "more": False}


async def bring_in(desk: Desk, request: ImportAssets, actor: Actor) -> dict[str, Any]:
    """Read a file, check it, and let it count where that is asked; then it is taken away."""
    path = desk.store / request.file
    try:
        staged = await desk.imports.stage(path)
        taken = 0
        if request.take:
            taken = await desk.imports.take(actor, staged.id, without_refused=request.without_refused)
    except NotDone as err:
        told = _no(err)
        if err.code == "rows_refused":
            told["data"] = report(staged)
        return told
    finally:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(path.unlink, missing_ok=True)
    return {"ok": True, "data": {**report(staged), "taken": taken}, "more": False}


def report(staged: Staged) -> dict[str, Any]:
    """What a file would come to, in the form of the API."""
    return {
        "id": staged.id,
        "sha256": staged.sha256,
        "encoding": staged.encoding,
        "columns": [{"column": column, "field": field} for column, field in staged.columns],
        "new": staged.new,
        "change": staged.change,
        "same": staged.same,
        "refused_count": staged.refused_count,
        "refused": [
            {"line": line, "code": code, "words": words.reply(code, args)}
            for line, code, args in staged.refused[:SHOWN]
        ],
        "as_room": staged.as_room,
        "shown": staged.shown,
    }


def _no(err: NotDone) -> dict[str, Any]:
    args = dict(err.said)
    return {"ok": False, "code": err.code, "args": args, "words": words.reply(err.code, args), "more": False}
