"""The rules and limits in force on the command line."""

import json
import re
from dataclasses import replace

from edge.config.packs import shipped
from tests.edge.campus import PLAN
from tests.edge.cli.conftest import Run, Site
from tests.edge.control.desks import PaperDesk, serving


def test_they_are_printed(run: Run, site: Site) -> None:
    desk = PaperDesk()
    desk.plan = replace(PLAN, packs=shipped().versions)
    with serving(site.store, desk):
        text = " ".join(run("rules").stdout.split())
        found = json.loads(run("rules", "--json").stdout)
    assert "flags 1" in text
    assert "90 s A press older than this starts nothing by itself" in text
    assert re.search(r"10 technician 1 h Button … is silent\. It ends once the button is heard again\.", text)
    assert "Weight The graver holds." in text
    assert "Steps it came to with age The campus alone says it." in text
    assert "Incidents are kept 365 days, everything else 30 days." in text
    assert len(found["flags"]) == len(shipped().flags.rows)
