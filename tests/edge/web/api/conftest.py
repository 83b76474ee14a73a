"""One served campus for all tests of the API; each leaves it quiet."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.edge.web.api.served import Served, serving

_FOLDER: Final = Path(__file__).parent
_ENDS: Final = ExitStack()
_SERVED: Final[list[Served]] = []
"""The served campus; none before the first test of this folder and after the last."""


@pytest.fixture(scope="session")
def ends() -> Iterator[ExitStack]:
    """Also where the tests stop in the middle of this folder."""
    with _ENDS:
        yield _ENDS


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """End it with the folder, not with the session: its daemon reads boards all the time, beside all later tests."""
    if nextitem is None or not nextitem.path.is_relative_to(_FOLDER):
        _SERVED.clear()
        _ENDS.close()


@pytest.fixture
def shared_api(ends: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Served:
    if not _SERVED:
        _SERVED.append(ends.enter_context(serving(tmp_path_factory.mktemp("api"))))
    return _SERVED[0]


@pytest.fixture
def api(shared_api: Served) -> Iterator[Served]:
    yield shared_api
    shared_api.quiet()
