"""Passwords and codes for a verb: from the terminal without echo, from a file, or from standard input; never an argument."""

import getpass
import sys
from pathlib import Path
from typing import Final

LONGEST: Final = 1_024


class NoSecret(Exception):
    """None was given; the text says why."""


def secret(file: str | None, prompt: str, *, twice: bool = False) -> str:
    """The secret. file: its first line, `-` for standard input. twice: at a terminal, asked for again. Raises NoSecret."""
    if file is None and sys.stdin.isatty():
        given = getpass.getpass(prompt)
        if twice and given != getpass.getpass("Once more: "):
            raise NoSecret("the two are not the same")
    elif file is None or file == "-":
        given = sys.stdin.readline(LONGEST)
    else:
        given = _first_line(Path(file))
    given = given.rstrip("\r\n")
    if not given.strip():
        raise NoSecret("none was given: type it at a terminal, or name a file that holds it")
    return given


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as lines:
            return lines.readline(LONGEST)
    except OSError as err:
        raise NoSecret(f"{path} cannot be read: {err.strerror}") from None
    except UnicodeDecodeError:
        raise NoSecret(f"{path} is no text") from None
