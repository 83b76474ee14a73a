"""`status`: the live picture once, or live in the terminal until Ctrl-C; it outlives restarts of the daemon."""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Final

from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call, not_running
from edge.cli.out import complain, plain, say, say_json
from edge.cli.screen import screen, wrapped
from edge.cli.store import socket_of
from edge.control.client import Broken, NotRunning, converse

AGAIN_S: Final = 0.5
LATE_S: Final = 5.0
"""A picture comes every 0.5 s: after this long without one it is no longer live, and the screen says so."""
HOME, REST_OF_LINE, REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"


def status(args: argparse.Namespace) -> int:
    """Show it, or leave safe mode."""
    if args.watch:
        return _watch(args.config, as_json=args.json)
    try:
        reply = call(args.config, {"do": "leave-safe-mode" if args.leave_safe_mode else "status"})
    except NoAnswer:
        return DID_NOT_HOLD
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return DID_NOT_HOLD
    if args.leave_safe_mode:
        say("The daemon leaves safe mode.")
    elif args.json:
        say_json(reply["data"])
    else:
        say(screen(reply["data"], width=shutil.get_terminal_size((110, 50)).columns))
    return DONE


def _watch(config: Path, *, as_json: bool) -> int:
    """Every picture as it comes; when none comes, the last one with a line above it that says so."""
    path = socket_of(config)
    last: dict[str, Any] | None = None
    while True:
        try:
            for reply in converse(path, {"do": "status", "watch": True}, LATE_S):
                if not reply["ok"]:
                    raise Broken(str(reply["words"]))
                last = reply["data"]
                _show(last, "", as_json=as_json)
        except NotRunning:
            _show(last, not_running(path.parent), as_json=as_json)
        except Broken as err:
            _show(last, str(err), as_json=as_json)
        time.sleep(AGAIN_S)


def _show(document: dict[str, Any] | None, trouble: str, *, as_json: bool) -> None:
    if as_json:
        say(json.dumps({"trouble": trouble} if trouble else document, ensure_ascii=False))
        sys.stdout.flush()
        return
    size = shutil.get_terminal_size((110, 50))
    text = screen(document, width=size.columns) if document is not None else ""
    if trouble:
        told = f"NOT LIVE: {trouble}" + (" What stands below may have changed." if text else "")
        text = "\n".join(wrapped(told, size.columns)) + f"\n\n{text}"
    lines = text.split("\n")
    if not sys.stdout.isatty():
        say(text + "\n")
    else:
        if len(lines) > size.lines:
            lines = [
                *lines[: size.lines - 1],
                f"… {len(lines) - size.lines + 1} more lines: make the window taller",
            ]
        drawn = "\n".join(line[: size.columns] + REST_OF_LINE for line in lines)
        sys.stdout.write(HOME + drawn + REST_OF_SCREEN)
    sys.stdout.flush()
