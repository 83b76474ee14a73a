"""Written incidents on disk: those that ship, and those that somebody added, each a YAML file. Called in a thread."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import rules
from edge.tabletop import LARGEST

SHIPPED: Final = Path(rules.__file__).parent / "packs" / "tabletop"
FOLDER: Final = "tabletop"
"""In the store directory."""
MOST: Final = 50
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_TITLE: Final = re.compile(rb'^title: *"?([^"\r\n]{1,200})', re.MULTILINE)


class NoRoom(Exception):
    """As many are kept as there is room for."""


@dataclass(frozen=True, slots=True)
class Written:
    """One of them. title: for a list, as its line says it; nothing of the file was checked for it."""

    name: str
    title: str
    shipped: bool


def listed(store: Path) -> list[Written]:
    """All of them, those that ship first. Raises OSError."""
    found = [_written(path, shipped=True) for path in _files(SHIPPED)]
    names = {one.name for one in found}
    added = [path for path in _files(store / FOLDER) if path.stem not in names]
    return found + [_written(path, shipped=False) for path in added[:MOST]]


def opened(store: Path, name: str) -> bytes:
    """The file of this name. Raises OSError, KeyError where there is none."""
    if NAME.fullmatch(name):
        for folder in (SHIPPED, store / FOLDER):
            path = folder / f"{name}.yaml"
            if path.is_file() and not path.is_symlink():
                with path.open("rb") as file:
                    return file.read(LARGEST + 1)
    raise KeyError(name)


def may_be_called(name: str) -> bool:
    """Whether somebody may add one of this name."""
    return NAME.fullmatch(name) is not None and not (SHIPPED / f"{name}.yaml").exists()


def kept(store: Path, name: str, data: bytes) -> None:
    """Keep one, in the place of an older one of its name. Raises OSError, NoRoom."""
    folder = store / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    if len(_files(folder)) >= MOST and not (folder / f"{name}.yaml").exists():
        raise NoRoom
    beside = folder / f"{name}.new"
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / f"{name}.yaml")


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml")) if folder.is_dir() else []


def _written(path: Path, *, shipped: bool) -> Written:
    with path.open("rb") as file:
        title = _TITLE.search(file.read(LARGEST))
    text = path.stem if title is None else title[1].decode("utf-8", "replace").strip()
    return Written(path.stem, "".join(one for one in text if one.isprintable()), shipped)
