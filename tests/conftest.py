"""What every test folder shares: property tests that try the same cases everywhere, and no process left behind."""

from asyncio.base_subprocess import BaseSubprocessTransport
from collections.abc import Generator
from typing import Any
from weakref import WeakSet

import pytest
import structlog
from hypothesis import settings

settings.register_profile("same-everywhere", derandomize=True, database=None, deadline=None, max_examples=100)
settings.load_profile("same-everywhere")

# By default structlog draws each traceback with every local variable where `rich` is there: twelve seconds for one of a page.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

_started: "WeakSet[BaseSubprocessTransport]" = WeakSet()
_init = BaseSubprocessTransport.__init__


def _remembered(self: BaseSubprocessTransport, *given: Any, **named: Any) -> None:
    _init(self, *given, **named)
    _started.add(self)


BaseSubprocessTransport.__init__ = _remembered  # type: ignore[method-assign]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each file whole in one process; what opens a real browser in one process all, from the beginning.

    Three of them at once on two processors are too slow for what they show of time.
    """
    browsing = {one.path for one in items if "browser" in getattr(one, "fixturenames", ())}
    items.sort(key=lambda one: one.path not in browsing)
    for item in items:
        group = "browser" if item.path in browsing else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))


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
