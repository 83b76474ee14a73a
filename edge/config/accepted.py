"""The last accepted configuration: its text and the files it names, kept in the store so that no edit can disarm.

One line of JSON and a line with its SHA-256. The one before is kept beside it, for the day the newer is unreadable.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from edge.config.check import Checked, check
from edge.config.secrets import stored
from edge.config.synced import sync_folder, write_synced

NAME: Final = "accepted.json"
PREVIOUS: Final = "accepted.previous.json"
_LONGEST_BYTES: Final = 64 * 1024 * 1024
VERSION: Final = 1


class _Kept(msgspec.Struct):
    """What is on disk. Later versions may add fields; none may change its meaning."""

    version: int
    at_utc_us: int
    file: str
    hash: str
    pack_hash: str
    text: str
    files: dict[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class Accepted:
    """A configuration as it was accepted. No `repr`: it holds secrets."""

    at_utc_us: int
    file: str
    hash: str
    pack_hash: str
    text: bytes
    files: Mapping[str, bytes]

    def checked(self) -> Checked:
        """Checked anew by this version, with the secrets as they were kept."""
        return check(self.text, self.file, stored(self.files))


def accept(store: Path, checked: Checked, at_utc_us: int) -> bool:
    """Keep this configuration as the last accepted one. False: it is that already, and nothing was written.

    Durable on return: the file and its folder are synced. Raises OSError where the disk takes nothing;
    the configuration before stands then.
    """
    files = {name: base64.b64encode(data).decode() for name, data in checked.secrets.contents().items()}
    kept = _Kept(
        version=VERSION,
        at_utc_us=at_utc_us,
        file=checked.file,
        hash=checked.hash,
        pack_hash=checked.packs.hash,
        text=base64.b64encode(checked.text).decode(),
        files=files,
    )
    before = _load(store / NAME)
    if before is not None and before.hash == kept.hash and before.files == checked.secrets.contents():
        return False
    body = msgspec.json.encode(kept)
    data = body + b"\n" + hashlib.sha256(body).hexdigest().encode() + b"\n"
    write_synced(store / f"{NAME}.new", data)
    if before is not None:
        with suppress(FileNotFoundError):
            (store / f"{PREVIOUS}.new").unlink()
        (store / f"{PREVIOUS}.new").hardlink_to(store / NAME)
        (store / f"{PREVIOUS}.new").replace(store / PREVIOUS)
    (store / f"{NAME}.new").replace(store / NAME)
    sync_folder(store)
    return True


def load_accepted(store: Path) -> Accepted | None:
    """The last accepted configuration, or the one before where that is damaged; None where there is neither."""
    return _load(store / NAME) or _load(store / PREVIOUS)


def was_accepted(store: Path) -> bool:
    """Whether a configuration was ever accepted in this store, readable or not; not in one that may not be entered."""
    with suppress(OSError):
        return (store / NAME).exists() or (store / PREVIOUS).exists()
    return False


def _load(path: Path) -> Accepted | None:
    try:
        with path.open("rb") as file:
            body, _, tail = file.read(_LONGEST_BYTES).partition(b"\n")
    except OSError:
        return None
    if tail.strip() != hashlib.sha256(body).hexdigest().encode():
        return None
    try:
        kept = msgspec.json.decode(body, type=_Kept)
        text = base64.b64decode(kept.text, validate=True)
        files = {name: base64.b64decode(data, validate=True) for name, data in kept.files.items()}
    except (msgspec.DecodeError, binascii.Error, ValueError):
        return None
    return Accepted(kept.at_utc_us, kept.file, kept.hash, kept.pack_hash, text, files)
