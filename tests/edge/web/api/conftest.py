"""One served campus for all tests of the API; each leaves it quiet."""

from collections.abc import Iterator

import pytest

from tests.edge.web.api.served import Served, serving


@pytest.fixture(scope="session")
def shared_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("api")) as served:
        yield served


@pytest.fixture
def api(shared_api: Served) -> Iterator[Served]:
    yield shared_api
    shared_api.quiet()
