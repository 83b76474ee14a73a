"""All that is served, in one place: what is not a row here is not there."""

from edge.web import health, metrics
from edge.web.api import (
    assessments,
    assets,
    cameras,
    campus,
    devices,
    document,
    doors,
    events,
    firmware,
    flags,
    imports,
    incident,
    incidents,
    inspections,
    presses,
    readiness,
    release_session,
    rules,
    selftest,
    sweeps,
    tickets,
    walk_tests,
)
from edge.web.pages import (
    account,
    acting,
    confirming,
    inventory,
    inventory_lists,
    looking,
    measuring,
    people,
    releasing,
    scanning,
    selftests,
    signing,
    statics,
    streaming,
    walking,
    watching,
)
from edge.web.pages import assessments as assessment_pages
from edge.web.pages import inspections as inspection_pages
from edge.web.pages import (
    rules as rules_page,
)
from edge.web.pages import sweeps as sweep_pages
from edge.web.pages import tickets as ticket_pages
from edge.web.route import Route

PAGES: tuple[Route, ...] = (
    *signing.ROUTES,
    *confirming.ROUTES,
    *account.ROUTES,
    *people.ROUTES,
    *looking.ROUTES,
    *watching.ROUTES,
    *acting.ROUTES,
    *releasing.ROUTES,
    *walking.ROUTES,
    *selftests.ROUTES,
    *measuring.ROUTES,
    *rules_page.ROUTES,
    *inventory.ROUTES,
    *inventory_lists.ROUTES,
    *scanning.ROUTES,
    *ticket_pages.ROUTES,
    *sweep_pages.ROUTES,
    *inspection_pages.ROUTES,
    *assessment_pages.ROUTES,
    *streaming.ROUTES,
    *statics.ROUTES,
)
HEALTH: tuple[Route, ...] = health.ROUTES
"""All that is served in safe mode (contract section 2)."""
ROUTES: tuple[Route, ...] = (
    *HEALTH,
    *metrics.ROUTES,
    *PAGES,
    *document.routes_of(lambda: ROUTES),
    *campus.ROUTES,
    *doors.ROUTES,
    *devices.ROUTES,
    *cameras.ROUTES,
    *incidents.ROUTES,
    *incident.ROUTES,
    *release_session.ROUTES,
    *presses.ROUTES,
    *walk_tests.ROUTES,
    *selftest.ROUTES,
    *flags.ROUTES,
    *readiness.ROUTES,
    *firmware.ROUTES,
    *rules.ROUTES,
    *assets.ROUTES,
    *imports.ROUTES,
    *events.ROUTES,
    *sweeps.ROUTES,
    *tickets.ROUTES,
    *inspections.ROUTES,
    *assessments.ROUTES,
)
