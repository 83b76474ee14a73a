"""Where the store of a configuration is, read from the file even where the rest of it is broken; and files that go there."""

import os
import re
import shutil
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
    last = remembered(config)
    if last is not None and os.fsencode(last) in data and _is_there(last / NAME):
        # A daemon ran there on this very file, which names it: to read all of a large file for that takes a second.
        return last
    named = _parsed(data, str(config)) or _scanned(data.decode("utf-8", "replace"))
    if named is None:
        return last or DEFAULT
    written = config.absolute().parent / named
    return last if last is not None and _is_there(last / NAME) and not _is_there(written) else written


def bring(source: Path, target: Path) -> None:
    """Copy a file into the store, where the daemon may read it whoever calls. Raises OSError."""
    folder = target.parent
    with source.open("rb") as data:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
            _hand_over(folder, folder.parent)
        file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as out:
            _hand_over(target, folder)
            shutil.copyfileobj(data, out)


def _hand_over(path: Path, like: Path) -> None:
    owner = like.stat()
    if owner.st_uid != os.geteuid():
        os.chown(path, owner.st_uid, owner.st_gid)


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
