"""Calls the daemon for a verb, and says plainly what it means when nobody answers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edge.cli.out import complain
from edge.cli.store import socket_of
from edge.control.client import Broken, NotRunning, converse, listens
from edge.control.lock import is_held


class NoAnswer(Exception):
    """The daemon gave none; why was printed already."""


def call(config: Path, request: Mapping[str, object], timeout_s: float = 15.0) -> dict[str, Any]:
    """The one answer. Raises NoAnswer."""
    answer: dict[str, Any] = {}
    for answer in lines(config, request, timeout_s):  # noqa: B007  the last one is the answer
        pass
    return answer


def lines(config: Path, request: Mapping[str, object], timeout_s: float = 15.0) -> Iterator[dict[str, Any]]:
    """Every line of the answer. Raises NoAnswer."""
    path = socket_of(config)
    try:
        yield from converse(path, request, timeout_s)
    except NotRunning:
        complain(not_running(path.parent))
        raise NoAnswer from None
    except Broken as err:
        complain(f"{err}. Nothing is known of the request: look at `campus-edge status`.")
        raise NoAnswer from None


def runs(config: Path) -> bool:
    """Whether a daemon listens for this configuration."""
    return listens(socket_of(config))


def not_running(store: Path) -> str:
    """What happened, what still works, what to do."""
    try:
        there, held = store.is_dir(), is_held(store)
    except PermissionError:
        return f"{store} may not be read by this user. Nothing was done: use the daemon's own user, or root."
    if not there:
        return (
            f"no daemon runs: its store {store} is not there. Nothing was done; doors stay as they are, keys work. "
            f"Name the right configuration with --config, or start it: systemctl start campus-edge"
        )
    if held:
        return (
            f"the daemon on {store} is starting or stopping, or lost its socket. Nothing was done; presses may still "
            f"work. Try again in some seconds; if that stays: systemctl restart campus-edge"
        )
    return (
        f"no daemon runs on {store}. Nothing was done, and no button works: doors stay as they are, keys and exits "
        f"work. Start it: systemctl start campus-edge; why it ended: journalctl -u campus-edge"
    )
