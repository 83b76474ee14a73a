"""The page of rules and limits."""

import re
from dataclasses import replace

from edge.config.packs import shipped
from tests.edge.campus import PLAN
from tests.edge.web.pages.conftest import Office, Serve


async def test_they_stand_on_a_page_for_whoever_may_look(serve: Serve) -> None:
    page = await serve(Office(plan=replace(PLAN, packs=shipped().versions)))
    status, html = await page.get("/rules", "viewer")
    text = " ".join(re.sub(r"<[^>]*>", " ", html).split())
    assert status == 200
    assert "Owner: technician. It ends once the button is heard again. A ticket: after 1 hour." in text
    assert "Lockdown" in text
    assert "A press older than this starts nothing by itself" in text
    assert "To be done by The earlier day holds." in text
    assert "Incidents 365 days, everything else 30 days." in text
