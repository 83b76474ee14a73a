"""What every test folder shares: property tests that try the same cases everywhere, and no process left behind."""

import re
from asyncio.base_subprocess import BaseSubprocessTransport
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest
import structlog
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

settings.register_profile("same-everywhere", derandomize=True, database=None, deadline=None, max_examples=100)
settings.load_profile("same-everywhere")

# By default structlog draws each traceback with every local variable where `rich` is there: twelve seconds for one of a page.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

LONG = frozenset({"simulation", "flow", "faults", "soak"})
"""Folders whose files take minutes."""

_started: "WeakSet[BaseSubprocessTransport]" = WeakSet()
_init = BaseSubprocessTransport.__init__


def _remembered(self: BaseSubprocessTransport, *given: Any, **named: Any) -> None:
    _init(self, *given, **named)
    _started.add(self)


BaseSubprocessTransport.__init__ = _remembered  # type: ignore[method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no process is left with it when the others have nothing to do any more."""
    items.sort(key=lambda item: (not _browses(str(item.path)), item.path.parent.name not in LONG))


class Grouped(LoadFileScheduling):  # type: ignore[misc]  # xdist tells no types
    """Each file whole in one process; what opens a real browser in one process all, one after another.

    Three of them at once on two processors are too slow for what they show of time.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "browser" if _browses(file) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Grouped:
    """For `--dist loadfile`, the only one that is used."""
    return Grouped(config, log)


@cache
def _browses(file: str) -> bool:
    return re.search(r"playwright|tests\.flow\.chromium", Path(file).read_text(encoding="utf-8")) is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """A process that is left is found with the test that left it, not with the one during which it is collected."""
    yield
    # Of a loop that is closed: nobody can wait for them any more, nor close their pipes.
    over = [one for one in _started if one._loop is None or one._loop.is_closed()]
    left = [one for one in over if one.get_returncode() is None or not one.is_closing()]
    for one in over:
        _started.discard(one)
    assert not left, f"the test left processes of its own, neither ended nor waited for: {left}"
