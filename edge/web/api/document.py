"""`/openapi.json`: what this box serves, by the table it serves it from. It tells nothing of the campus, so it is open."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import msgspec
from aiohttp import web

from edge.web.openapi import document
from edge.web.route import Route, Says, Visit


def routes_of(all_routes: Callable[[], Sequence[Route]]) -> tuple[Route, ...]:
    """The route that documents `all_routes`, itself among them."""

    @cache
    def said() -> bytes:
        return msgspec.json.encode(document(all_routes()))

    async def openapi(visit: Visit) -> web.StreamResponse:
        return web.Response(body=said(), content_type="application/json")

    return (
        Route(
            "GET",
            "/api/v1/openapi.json",
            "open",
            openapi,
            says=Says("This document", dict[str, Any]),
        ),
    )
