"""One served campus for all tests of the API; each leaves it quiet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.edge.web.api.served import Served, serving
from tests.kept import Kept

_SERVED: Final = Kept[Served](Path(__file__).parent)


@pytest.fixture(scope="session")
def ends() -> Iterator[None]:
    """Also where the tests stop in the middle of this folder."""
    yield
    _SERVED.end()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """End it with the folder."""
    _SERVED.teardown(nextitem)


@pytest.fixture
def shared_api(ends: None, tmp_path_factory: pytest.TempPathFactory) -> Served:
    return _SERVED.get(lambda: serving(tmp_path_factory.mktemp("api")))


@pytest.fixture
def api(shared_api: Served) -> Iterator[Served]:
    yield shared_api
    shared_api.quiet()


@pytest.fixture
def spent_api(shared_api: Served) -> Iterator[Served]:
    """For who asks for everything, maintenance of the whole campus too: nobody else finds what that leaves behind."""
    yield shared_api
    _SERVED.end()
