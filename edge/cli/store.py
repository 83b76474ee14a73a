"""Where the store of a configuration is: read from the file even where the rest of it is broken."""

import re
from pathlib import Path
from typing import Final

from edge.control.path import NAME

DEFAULT: Final = Path("/var/lib/campus-edge")
LONGEST: Final = 16 * 1024 * 1024
_BLOCK: Final = re.compile(
    r"^store:[ \t]*(?:#.*)?\n(?:[ \t]+(?!directory:).*\n|[ \t]*(?:#.*)?\n)*[ \t]+directory:[ \t]*(.+)$", re.M
)
_FLOW: Final = re.compile(r"^store:[ \t]*\{[^}\n]*?directory:[ \t]*([^,}\n]+)", re.M)


def store_of(config: Path) -> Path:
    """The store directory that a configuration names, its default where it names none.

    A relative one is beside the file. Of a file that is gone or names none: where the daemon last ran on it, and so
    too where that is not yet the one it names, since a live incident kept its record there.
    """
    from edge.config.remembered import remembered

    try:
        with config.open("rb") as file:
            data = file.read(LONGEST)
    except OSError:
        return remembered(config) or DEFAULT
    named = _parsed(data, str(config)) or _scanned(data.decode("utf-8", "replace"))
    last = remembered(config)
    if named is None:
        return last or DEFAULT
    written = config.absolute().parent / named
    return last if last is not None and _is_there(last / NAME) and not _is_there(written) else written


def _is_there(path: Path) -> bool:
    """False also where this user may not look: whoever opens it is told so in words."""
    try:
        return path.exists()
    except OSError:
        return False


def socket_of(config: Path) -> Path:
    """The control socket of the daemon that runs on this configuration."""
    return store_of(config) / NAME


def _parsed(data: bytes, file: str) -> str | None:
    from edge.config.yaml12 import compose, plain_of

    node, _ = compose(data, file)
    tree = plain_of(node) if node is not None else None
    store = tree.get("store") if isinstance(tree, dict) else None
    directory = store.get("directory") if isinstance(store, dict) else None
    return directory if isinstance(directory, str) and directory else None


def _scanned(text: str) -> str | None:
    """For a file that is no YAML (any more): the one line we need is probably still whole."""
    found = _FLOW.search(text) or _BLOCK.search(text)
    if found is None:
        return None
    return found[1].split(" #")[0].strip().strip("\"'") or None
