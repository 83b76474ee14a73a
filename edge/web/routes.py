"""All that is served, in one place: what is not a row here is not there."""

from edge.web import health
from edge.web.route import Route

ROUTES: tuple[Route, ...] = (*health.ROUTES,)
