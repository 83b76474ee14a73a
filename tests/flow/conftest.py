"""One quiet campus that the journeys which leave it as they found it share."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.flow.rig import School, running
from tests.flow.school import native, of_every_format, office, school

DURESS = {"single": "duress", "hold": "lockdown"}
MEDICAL = {"single": "medical", "hold": "lockdown"}


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """Every driver, every format, the maglock with its inputs; armed."""
    folder = tmp_path_factory.mktemp("shared")
    buttons = [
        *of_every_format(),
        native("pb-duress", DURESS),
        native("pb-2", MEDICAL, "b"),
        office(),
    ]
    make = partial(
        school,
        folder,
        drivers=("modbus-tcp", "modbus-rtu", "osdp"),
        magnet=True,
        buttons=buttons,
        outputs=True,
        freshness="20s",
        timeout="2s",
    )
    with running(folder, make) as here:
        yield here


@pytest.fixture
def campus(shared: School) -> Iterator[School]:
    """The shared campus, quiet: whatever the journey left live is closed, and every door at rest again."""
    yield shared
    now = shared.status()
    if now["incidents"]:
        shared.ask({"do": "close", "reason": "the journey is over"})
    doors = [one["id"] for one in now["doors"] if one["order"] is not None and one["order"]["word"] != "rest"]
    if doors:
        shared.release(*doors, reason="the journey is over")
        shared.until_at_rest(*doors)
