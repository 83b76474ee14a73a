"""Importing a library without another one that it would take along wherever that happens to be installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(name: str) -> Iterator[None]:
    """Meanwhile `import name` fails as if it were not installed, unless it was imported before."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # so Python itself marks what is not to be imported
    try:
        yield
    finally:
        del sys.modules[name]
