"""`/metrics`: from loopback, or with the right to them (contract section 5)."""

from aiohttp import web

from edge import words
from edge.web.listening import is_loopback
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from edge.web.shared import shared

FORM = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus's text exposition format."""


async def metrics(visit: Visit) -> web.StreamResponse:
    """Figures of this moment, and how long presses took since start."""
    allow(visit.request.remote or "", visit)
    return web.Response(body=shared(visit.request).figures.text(), headers={"Content-Type": FORM})


def allow(remote: str, visit: Visit) -> None:
    """Raises Problem 401, 403."""
    if is_loopback(remote) or visit.may("metrics"):
        return
    if visit.caller is None or visit.caller.lapsed:
        raise Problem(401, "From elsewhere than this machine, figures need a token with the right to them.")
    raise Problem(403, words.not_yours("metrics"))


ROUTES = (Route("GET", "/metrics", "open", metrics),)
