"""What verbs print: plain lines, JSON, complaints. Nothing foreign may steer the terminal."""

import json
import shlex
import sys
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Final

_STEERING: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def say(text: str = "") -> None:
    """One line, or several, to standard output: at once, also where a file or a pipe listens."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say_json(document: object) -> None:
    """A document to standard output, indented."""
    say(json.dumps(document, indent=2, ensure_ascii=False))


def complain(text: str) -> None:
    """One line to standard error."""
    sys.stderr.write(f"campus-edge: {text}\n")


def ourselves() -> str:
    """What to type to call this program from here: its file as it was called, for it may be on no path."""
    called = Path(sys.argv[0])
    return shlex.quote(sys.argv[0]) if called.name == "campus-edge" else "campus-edge"


def plain(text: object) -> str:
    """Text as it may stand in a terminal: control and direction characters, escapes among them, become `?`."""
    shown = str(text)
    if shown.isascii() and shown.isprintable():
        return shown
    return "".join("?" if unicodedata.category(one) in _STEERING else one for one in shown)


def age(milliseconds: float | None) -> str:
    """`0.4 s`, `42 s`, `41 min`, `26 h`, `14 days`, `never` (page.md section 4)."""
    if milliseconds is None:
        return "never"
    seconds = milliseconds / 1_000
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3_600:.0f} h"
    return f"{seconds / 86_400:.0f} days"


def clock(at: str | None) -> str:
    """An RFC 3339 time as the wall clock of this machine shows it, with its date where that is not today."""
    if at is None:
        return "never"
    there = datetime.fromisoformat(at).astimezone()
    today = datetime.now(there.tzinfo).date()
    return f"{there:%H:%M:%S}" if there.date() == today else f"{there:%Y-%m-%d %H:%M:%S}"
