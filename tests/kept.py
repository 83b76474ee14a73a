"""What all tests of a folder share, made for the first that asks and ended with the last, not with the session."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Generic, TypeVar

import pytest

T = TypeVar("T")


class Kept(Generic[T]):
    """A campus that is done with still reads its boards all the time, beside all later tests of the same process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ends = ExitStack()
        self._made: list[T] = []

    def get(self, make: Callable[[], AbstractContextManager[T]]) -> T:
        """The one there is, else one that `make` gives."""
        if not self._made:
            self._made.append(self._ends.enter_context(make()))
        return self._made[0]

    def end(self) -> None:
        """Whoever asks next gets another."""
        self._made.clear()
        self._ends.close()

    def teardown(self, nextitem: pytest.Item | None) -> None:
        """To be called by the folder's own `pytest_runtest_teardown`, and `end` by a fixture of the session."""
        if nextitem is None or not nextitem.path.is_relative_to(self._folder):
            self.end()
