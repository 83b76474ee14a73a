"""One quiet campus that the journeys which leave it as they found it share."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from tests.flow.rig import School, running
from tests.flow.school import native, of_every_format, office, school
from tests.kept import Kept

DURESS = {"single": "duress", "hold": "lockdown"}
MEDICAL = {"single": "medical", "hold": "lockdown"}


_SHARED: Final = Kept[School](Path(__file__).parent)


@pytest.fixture(scope="session")
def ends() -> Iterator[None]:
    """Also where the tests stop in the middle of this folder."""
    yield
    _SHARED.end()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """End it with the folder."""
    _SHARED.teardown(nextitem)


@pytest.fixture(scope="module")
def shared(ends: None, tmp_path_factory: pytest.TempPathFactory) -> School:
    """Every driver, every format, the maglock with its inputs; armed."""

    def make() -> AbstractContextManager[School]:
        folder = tmp_path_factory.mktemp("shared")
        buttons = [
            *of_every_format(),
            native("pb-duress", DURESS),
            native("pb-2", MEDICAL, "b"),
            office(),
        ]
        tree = partial(
            school,
            folder,
            drivers=("modbus-tcp", "modbus-rtu", "osdp"),
            magnet=True,
            buttons=buttons,
            outputs=True,
            freshness="20s",
            timeout="2s",
        )
        return running(folder, tree)

    return _SHARED.get(make)


@pytest.fixture
def campus(shared: School) -> Iterator[School]:
    """The shared campus, quiet: whatever the journey left live is closed, and every door at rest again."""
    yield shared
    now = shared.status()
    if now["incidents"]:
        shared.end_incident("the journey is over")
    doors = [one["id"] for one in now["doors"] if one["order"] is not None and one["order"]["word"] != "rest"]
    if doors:
        shared.release(*doors, reason="the journey is over")
        shared.until_at_rest(*doors)
