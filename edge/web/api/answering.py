"""Answers in their models' form: what is not in the model never leaves the box."""

from typing import Any

import msgspec
from aiohttp import web


def answer(value: object, *, status: int = 200) -> web.Response:
    """A model as JSON."""
    return web.Response(
        status=status, body=msgspec.json.encode(value), content_type="application/json", charset=None
    )


def of(kind: Any, document: object) -> Any:
    """A document of `edge.snapshot` (or a row of the views) as its model; members the model lacks stay behind."""
    return msgspec.convert(document, kind)
