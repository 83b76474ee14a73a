"""What several tests of rules share."""

import pytest

from tests.rules.failing import Raises
from tests.rules.story import raising


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Raises:
    """Makes a rule raise."""

    def make(module: object, name: str) -> None:
        monkeypatch.setattr(module, name, raising())

    return make
