"""Asks the running daemon over its socket. Blocking and of the standard library only: a verb starts in milliseconds."""

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from edge.control.path import address

LONGEST_ANSWER: Final = 32 * 1024 * 1024
"""Bytes of one line of an answer; a snapshot of 1,000 doors has about one."""


class NotRunning(Exception):
    """No daemon listens on this socket."""


class Broken(Exception):
    """A daemon listens, and what it said cannot be used; the text says why."""


def listens(path: Path) -> bool:
    """Whether a daemon listens there, or somebody else's that this user may not ask."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(1.0)
        try:
            with address(path) as name:
                sock.connect(name)
        except (PermissionError, TimeoutError, BlockingIOError):
            return True
        except OSError:
            return False
    return True


def ask(path: Path, request: Mapping[str, object], timeout_s: float = 15.0) -> dict[str, Any]:
    """The daemon's one answer: `{"ok", "data"}` or `{"ok", "code", "args", "words", "incident", "durable"}`.

    timeout_s: for each wait on the socket. Raises NotRunning and Broken.
    """
    answer: dict[str, Any] = {}
    for answer in converse(path, request, timeout_s):  # noqa: B007  the last one is the answer
        pass
    return answer


def converse(path: Path, request: Mapping[str, object], timeout_s: float = 15.0) -> Iterator[dict[str, Any]]:
    """Every line of the answer as it comes, up to the one that says that no more follow. Raises as `ask`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout_s)
        try:
            with address(path) as name:
                sock.connect(name)
        except PermissionError:
            raise Broken(f"{path} may not be opened by this user: use its owner, or root") from None
        except (TimeoutError, BlockingIOError):
            raise Broken("the daemon takes no more callers now") from None
        except OSError:
            raise NotRunning(str(path)) from None
        try:
            sock.sendall(json.dumps(request).encode() + b"\n")
            with sock.makefile("rb") as lines:
                yield from _lines(lines.readline)
        except TimeoutError:
            raise Broken(f"the daemon did not answer within {timeout_s:g} s: see its log") from None
        except ConnectionError:
            raise Broken("the daemon hung up before it answered: see its log") from None


def _lines(readline: Any) -> Iterator[dict[str, Any]]:
    while True:
        line: bytes = readline(LONGEST_ANSWER)
        if not line.endswith(b"\n"):
            raise Broken("the daemon hung up before it answered: see its log")
        try:
            answer = json.loads(line)
        except ValueError:
            raise Broken("the daemon's answer cannot be read: is it of another version?") from None
        if not isinstance(answer, dict):
            raise Broken("the daemon's answer cannot be read: is it of another version?")
        yield answer
        if not answer.get("more", False):
            return
