"""The files that a configuration names: read once, checked, held so that no log and no traceback can show them."""

import base64
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from edge.config.collect import FileKey
from edge.config.forms import Wrong
from edge.config.problems import Topic
from edge.config.report import Report

LONGEST_BYTES: Final = 256 * 1024
SCBK_D: Final = bytes(range(0x30, 0x40))
"""OSDP's public default key, for install mode only (`privacy-security.md`)."""
_HIDDEN: Final = frozenset(
    {"osdp-key", "password", "credentials", "token", "private-key", "client-key", "webhook-secret"}
)
"""What nobody else may read; the others are public, and are kept with the rest all the same."""
_PEM: Final = {
    "private-key": "PRIVATE KEY-----",
    "client-key": "PRIVATE KEY-----",
    "public-key": "-----BEGIN PUBLIC KEY-----",
}
_WEB: Final = frozenset({"certificate", "private-key"})
_EVERYBODY: Final = stat.S_IRWXO

Open = Callable[[str, bool], bytes]
"""Contents of a named file, and whether it must be hidden. Raises `Wrong`."""


class Secrets:
    """Contents of files by the name written in the configuration. Its `repr` shows how many, never what."""

    __slots__ = ("_contents",)

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = dict(contents)

    def __repr__(self) -> str:
        return f"Secrets({len(self._contents)} files)"

    def __reduce__(self) -> "str | tuple[object, ...]":
        raise TypeError("secrets are not pickled")

    def raw(self, name: str) -> bytes:
        """The file as it is. Raises KeyError for a name that the configuration does not have."""
        return self._contents[name]

    def line(self, name: str) -> str:
        """A password, token or `user:password`: the file without white space around it."""
        return self._contents[name].decode("utf-8").strip()

    def osdp_key(self, name: str) -> bytes:
        """The 16 bytes of a secure-channel base key."""
        return bytes.fromhex(self.line(name))

    def webhook_secret(self, name: str) -> bytes:
        """The bytes that sign a webhook."""
        return _signing(self.line(name))

    def contents(self) -> dict[str, bytes]:
        """All files, for the copy in the store and nothing else."""
        return dict(self._contents)


def beside(base: Path) -> Open:
    """Opens files as the configuration names them: relative to its own folder, or absolute."""

    def read(name: str, hidden: bool) -> bytes:
        path = base / name
        try:
            with open(path, "rb", opener=_without_waiting) as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise Wrong(f"{name} is no ordinary file", "name a file")
                data = file.read(LONGEST_BYTES + 1)
        except FileNotFoundError:
            raise Wrong(
                f"file {name} does not exist", f"make it, or correct the name; it is looked for as {path}"
            ) from None
        except OSError as err:
            raise Wrong(
                f"file {name} cannot be read: {err.strerror}", "give the daemon's user the right to read it"
            ) from None
        if hidden and status.st_mode & _EVERYBODY:
            raise Wrong(f"everybody on this machine can read {name}", f"take the right away: chmod o= {path}")
        return data

    return read


def _without_waiting(path: str, flags: int) -> int:
    """A pipe that nobody writes to must not hold the start."""
    return os.open(path, flags | os.O_NONBLOCK)


def stored(contents: Mapping[str, bytes]) -> Open:
    """Opens files that were kept with an accepted configuration."""

    def read(name: str, hidden: bool) -> bytes:
        if name not in contents:
            raise Wrong(f"file {name} was not kept", "put it back and start on the edited file")
        return contents[name]

    return read


def read_files(files: Iterable[FileKey], opened: Open, report: Report) -> Secrets:
    """Every named file, with a problem for each that is missing, open to everybody or not what it should be.

    Files of the page are of topic `web`: a broken certificate takes the page away and nothing else.
    """
    contents: dict[str, bytes] = {}
    keys: dict[bytes, str] = {}
    for one in files:
        topic: Topic = "web" if one.holds in _WEB else "configuration" if one.holds == "pack" else "secret"
        try:
            data = opened(one.name, one.holds in _HIDDEN)
            if len(data) > LONGEST_BYTES:
                raise Wrong(f"file {one.name} is longer than {LONGEST_BYTES} bytes", "name the right file")
            _check_contents(one, data)
        except Wrong as wrong:
            report.refuse(one.path, wrong.what, wrong.do, topic)
            continue
        contents[one.name] = data
        if one.holds == "osdp-key":
            earlier = keys.setdefault(data.strip().lower(), one.path)
            if earlier != one.path:
                what = f"has the same key as {earlier.removesuffix('.key_file')}"
                report.note(
                    one.path, what, "give each device its own key, so that one stolen reader opens one door"
                )
    return Secrets(contents)


def _check_contents(one: FileKey, data: bytes) -> None:
    """Says nothing of what the file holds. Raises `Wrong`."""
    name = one.name
    try:
        text = data.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise Wrong(f"file {name} is no text", "name the right file") from None
    match one.holds:
        case "osdp-key":
            _check_key(name, text)
        case "certificate" | "private-key" | "ca" | "client-certificate" | "client-key" | "public-key":
            wanted = _PEM.get(one.holds, "-----BEGIN CERTIFICATE-----")
            if wanted not in text:
                raise Wrong(
                    f"file {name} holds no {one.holds.replace('-', ' ')} in PEM form", "name the right file"
                )
        case "credentials":
            user, colon, password = text.partition(":")
            if not (user and colon and password and text.isprintable()):
                raise Wrong(
                    f"file {name} does not hold user:password", "write both on one line, with a colon"
                )
        case "webhook-secret":
            _check_signing(name, text)
        case "pack":
            pass  # linted where it is read
        case _:
            if not text or not text.isprintable():
                raise Wrong(f"file {name} does not hold one line of text", "write the secret on one line")


def _signing(text: str) -> bytes:
    """Standard Webhooks: `whsec_` and base64; its libraries do without the prefix too. Raises ValueError."""
    return base64.b64decode(text.removeprefix("whsec_"), validate=True)


def _check_signing(name: str, text: str) -> None:
    try:
        secret = _signing(text)
    except ValueError:
        secret = b""
    if not 24 <= len(secret) <= 64:
        raise Wrong(
            f"file {name} does not hold whsec_ and the base64 of 24 to 64 bytes",
            'write the secret that the receiver has, such as `echo "whsec_$(openssl rand -base64 32)"` makes',
        )


def _check_key(name: str, text: str) -> None:
    try:
        key = bytes.fromhex(text) if len(text) == 32 else b""
    except ValueError:
        key = b""
    if len(key) != 16:
        raise Wrong(
            f"file {name} does not hold 32 hex digits",
            "write the device's own key, such as `openssl rand -hex 16` makes",
        )
    if key == SCBK_D or len(set(key)) == 1:
        raise Wrong(
            f"file {name} holds a key that everybody knows",
            "set a key of its own on the device, and write it here",
        )
