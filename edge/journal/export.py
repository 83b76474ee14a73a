"""Exports a range of the record as one ZIP that a stranger can verify: contract section 6, last point.

The range runs from a checkpoint to a later one and covers what was asked for. Its form is written down in
`standalone_verifier.py`, which goes into every export as `verify.py`.
"""

import hashlib
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, Protocol

import msgspec

from edge.journal import standalone_verifier
from edge.journal.canonical import JSON, MAX_BYTES, canonical
from edge.journal.checkpoint import Checkpoint
from edge.journal.evidence import Ledger, Missing, Named, NotAsSealed, blocks, looked_at
from edge.journal.keys import SigningKey
from edge.journal.stored import Stored
from rules.model.values import dataclass

FORMAT: Final = 1
_PIECE: Final = 50
_SPAN: Final = 2_000
"""Places looked through at once for an incident: 3 ms."""
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_MEMORY_BYTES: Final = 8 * 1024 * 1024

MOST_PHOTO: Final = 16 * 1_048_576
"""Bytes of one; what is kept is half of that at most."""
MOST_ENCLOSED: Final = 9_000
"""Files of pictures in one export; the verifier takes ten thousand files in all."""

PHOTOS: Final = "photos"
"""The sealed field that names photos of a ticket (`rules.model.ticket_facts`)."""
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)

Opens = Callable[[Stored, str], bool]
"""Whether a sealed field is opened in this export; what is not stays a commitment (redaction)."""


class NothingToExport(Exception):
    """There is no such incident, or no event of it is kept any more."""


class Source(Protocol):
    """Where the record is read from: an open Reader, or a running daemon's journal asked from another
    thread.
    """

    def raw(self, after: tuple[str, int] | None, limit: int) -> list[tuple[Stored, list[tuple[str, bytes]]]]:
        """Events behind (epoch, seq), not up-cast, each with (field, salt) of what can be opened."""

    def span(self, incident: str, after: int, count: int) -> tuple[int, int] | None: ...

    def bounds(self) -> tuple[int, int]:
        """The first and last place kept."""

    def at(self, place: int) -> tuple[str, int]:
        """The (epoch, seq) of a place."""

    def checkpoints(self, epoch: str, first: int, last: int) -> list[Checkpoint]: ...

    def checkpoint_before(self, epoch: str, seq: int) -> Checkpoint | None: ...

    def checkpoint_now(self) -> None: ...

    def key(self) -> SigningKey: ...


@dataclass(frozen=True, slots=True)
class Enclosing:
    """Where an incident's files of pictures lie. redacted: they are named and left out.

    keep_free: bytes that stay free on the disk that the export is written to; what has no room is named and left out.
    photos: where those lie that fields named `photos` list by their SHA-256; None: they are left out.
    """

    folder: Path
    redacted: bool = False
    keep_free: int = 0
    photos: Path | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    path: Path
    manifest: dict[str, Any]


def everything(event: Stored, field: str) -> bool:
    """Opens every field that is still there."""
    return True


def nothing(event: Stored, field: str) -> bool:
    """Opens none: the chain holds all the same."""
    return False


def fields_named(*names: str) -> Opens:
    """Opens the fields of these names."""
    return lambda event, field: field in names


def span_of(source: Source, incident: str) -> tuple[tuple[str, int], tuple[str, int]]:
    """The first and last event of an incident, as (epoch, seq). Raises NothingToExport."""
    low, high = source.bounds()
    first: int | None = None
    last = 0
    for after in range(low - 1, high, _SPAN):
        found = source.span(incident, after, _SPAN)
        if found is not None:
            first = found[0] if first is None else first
            last = found[1]
    if first is None:
        raise NothingToExport(f"no event of incident {incident} is kept here")
    return source.at(first), source.at(last)


def export(
    source: Source,
    out: Path,
    first: tuple[str, int],
    last: tuple[str, int],
    *,
    opens: Opens,
    files: Mapping[str, Path] | None = None,
    about: Mapping[str, str] | None = None,
    enclosing: Enclosing | None = None,
) -> Exported:
    """Write the range that covers `first` to `last` to `out`; takes as long as it takes: not for the loop's
    thread.

    files: by SHA-256, what else belongs to it. about: goes into the manifest, such as the incident and the
    version. The sealed pictures of the incident that `about` names are listed in the manifest's `evidence`;
    `enclosing` takes them in as well, and what is not there or not as sealed is listed with why; so are photos in `photos`,
    those of every ticket whose field is opened in this export. Raises OSError,
    NothingToExport, KeyRefused, and what the source raises.
    """
    source.checkpoint_now()
    key = source.key()
    part = out.with_name(out.name + ".part")
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    spoilt: dict[Named, Missing] = {}
    try:
        with os.fdopen(descriptor, "w+b") as file:
            while True:
                enclosed = None if enclosing is None else _Enclosed(enclosing, part, spoilt)
                try:
                    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                        writing = _Writing(source, archive, opens, enclosed)
                        manifest = writing.write(first, last, key, files or {}, about or {})
                    break
                except NotAsSealed as err:
                    # Half of it is in the archive already: once more without it, and looking before each leap.
                    spoilt[err.named] = err.code
                    file.seek(0)
                    file.truncate()
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.rename(out)
    return Exported(out, manifest)


class _Enclosed:
    """Which files of pictures go into one archive, and which do not."""

    def __init__(self, enclosing: Enclosing, part: Path, spoilt: Mapping[Named, Missing]) -> None:
        self.folder = enclosing.folder
        self.names: set[str] = set()
        """By SHA-256: what is in the archive."""
        self._enclosing = enclosing
        self._part = part
        self._spoilt = spoilt

    def missing(self, named: Named) -> Missing:
        """Why it is not to be taken in; `""`: it is. Raises OSError of the disk that is written to."""
        if self._enclosing.redacted:
            return "redacted"
        if named in self._spoilt:
            return self._spoilt[named]
        if named.sha256 in self.names:
            return ""
        if len(self.names) >= MOST_ENCLOSED:
            return "too_many"
        room = os.statvfs(self._part.parent)
        if room.f_bavail * room.f_frsize - named.size < self._enclosing.keep_free:
            return "no_room"
        return looked_at(self.folder, named, hashes=bool(self._spoilt))

    def photo(self, digest: str) -> bytes | Missing:
        """A photo as its event names it, or why it is not to be taken in. Raises OSError of the disk that is written to."""
        if self._enclosing.redacted:
            return "redacted"
        if self._enclosing.photos is None:
            return "left_out"
        if len(self.names) >= MOST_ENCLOSED:
            return "too_many"
        try:
            with (self._enclosing.photos / digest).open("rb") as file:
                data = file.read(MOST_PHOTO + 1)
        except FileNotFoundError:
            return "gone"
        except OSError:
            return "unreadable"
        if hashlib.sha256(data).hexdigest() != digest:
            return "changed"
        room = os.statvfs(self._part.parent)
        if room.f_bavail * room.f_frsize - len(data) < self._enclosing.keep_free:
            return "no_room"
        return data


class _Writing:
    def __init__(
        self, source: Source, archive: zipfile.ZipFile, opens: Opens, enclosed: _Enclosed | None
    ) -> None:
        self.source = source
        self.archive = archive
        self.opens = opens
        self.enclosed = enclosed
        self.incident = ""
        self.ledger = Ledger()
        self.photos: dict[str, None] = {}
        """By SHA-256, in the order in which they were named."""
        self.files: list[JSON] = []
        self.ranges: dict[str, tuple[int, int]] = {}
        self.campus = ""
        self.first: tuple[str, int] | None = None
        self.hash = ""
        self.withheld = 0

    def write(
        self,
        first: tuple[str, int],
        last: tuple[str, int],
        key: SigningKey,
        files: Mapping[str, Path],
        about: Mapping[str, str],
    ) -> dict[str, Any]:
        self.incident = about.get("incident", "")
        with tempfile.SpooledTemporaryFile(_MEMORY_BYTES) as sealed:
            self.entry("events.ndjson", self.events(first, last, sealed))
            sealed.seek(0)
            self.entry("sealed.ndjson", _blocks(sealed))
        if self.first is None:
            raise NothingToExport("no event of that range is kept here")
        keys = {key.id: key.public_pem}
        self.entry("checkpoints.ndjson", self.checkpoints(keys))
        for name, pem in sorted(keys.items()):
            self.entry(f"keys/{name}.pem", iter([pem.encode("ascii")]))
        for digest, path in sorted(files.items()):
            with path.open("rb") as file:
                self.entry(f"files/{digest}", _blocks(file))
        evidence: list[JSON] = [one.listed(self.enclose(one)) for one in self.ledger.named]
        photos: list[JSON] = [{"sha256": one, "missing": self.enclose_photo(one)} for one in self.photos]
        self.entry("verify.py", iter([Path(standalone_verifier.__file__).read_bytes()]))
        epoch, seq = list(self.ranges.items())[-1][0], list(self.ranges.values())[-1][1]
        made: dict[str, JSON] = {
            "campus": self.campus,
            "first_epoch": self.first[0],
            "first_seq": self.first[1],
            "last_epoch": epoch,
            "last_seq": seq,
            "last_hash": self.hash,
            "files": self.files,
            "evidence": evidence,
            "photos": photos,
            "key": key.id,
            "withheld": self.withheld,
            "versions": {"export": FORMAT, "event": 1},
            "about": dict(about),
        }
        manifest = canonical(made, max_bytes=64 * MAX_BYTES)
        self.put("manifest.json", iter([manifest]))
        self.put("manifest.sig", iter([key.sign(manifest)]))
        return dict(made)

    def events(self, first: tuple[str, int], last: tuple[str, int], sealed: IO[bytes]) -> Iterator[bytes]:
        start = self.source.checkpoint_before(*first)
        after: tuple[str, int] = (first[0], 0 if start is None else start.seq - 1)
        end = self.end(last)
        behind = False
        while pieces := self.source.raw(after, _PIECE):
            for event, salts in pieces:
                self.note(event)
                if end is None and behind and event.seq == 1:
                    # The epoch ended without a checkpoint: the next one's first event names where it ended.
                    end = self.end(event.position)
                behind = behind or event.position == last
                for name, salt in salts:
                    if self.opens(event, name):
                        sealed.write(self.opened(event, name, salt))
                        if name == PHOTOS:
                            self.note_photos(event.opened[name])
                    else:
                        self.withheld += 1
                fields = msgspec.json.decode(event.body)
                yield canonical({**fields, "hash": event.hash}, max_bytes=2 * MAX_BYTES) + b"\n"
                if event.position == end:
                    return
            after = pieces[-1][0].position
        raise NothingToExport("no checkpoint stands behind that range yet")

    def end(self, last: tuple[str, int]) -> tuple[str, int] | None:
        """The first checkpoint of the epoch at or behind `last`."""
        later = self.source.checkpoints(last[0], last[1], 2**53)
        return (later[0].epoch, later[0].seq) if later else None

    def enclose(self, named: Named) -> Missing:
        """Take a file of pictures in, as it is. Raises NotAsSealed where it turns out half-way that it is another."""
        if (named.name, named.sha256) in self.ledger.deleted:
            return "deleted"
        if self.enclosed is None:
            return "left_out"
        missing = self.enclosed.missing(named)
        if not missing and named.sha256 not in self.enclosed.names:
            self.entry(f"files/{named.sha256}", blocks(self.enclosed.folder, named), named.size)
            self.enclosed.names.add(named.sha256)
        return missing

    def enclose_photo(self, digest: str) -> Missing:
        """Take a photo in, as it is."""
        found = "left_out" if self.enclosed is None else self.enclosed.photo(digest)
        if not isinstance(found, bytes):
            return found
        if self.enclosed is not None and digest not in self.enclosed.names:
            self.entry(f"files/{digest}", iter([found]), len(found))
            self.enclosed.names.add(digest)
        return ""

    def note_photos(self, value: JSON) -> None:
        """What an event says of photos."""
        for one in value if isinstance(value, list) else []:
            if isinstance(one, str) and _DIGEST.fullmatch(one):
                self.photos[one] = None

    def note(self, event: Stored) -> None:
        if self.incident and event.incident == self.incident:
            self.ledger.note(event)
        if self.first is None:
            self.first = event.position
            self.campus = str(msgspec.json.decode(event.body)["campus"])
        low = self.ranges.get(event.epoch, (event.seq, 0))[0]
        self.ranges[event.epoch] = (low, event.seq)
        self.hash = event.hash

    def opened(self, event: Stored, name: str, salt: bytes) -> bytes:
        line: dict[str, JSON] = {
            "epoch": event.epoch,
            "seq": event.seq,
            "field": name,
            "salt": salt.hex(),
            "value": event.opened[name],
        }
        return canonical(line, max_bytes=4 * MAX_BYTES) + b"\n"

    def checkpoints(self, keys: dict[str, str]) -> Iterator[bytes]:
        for epoch, (low, high) in self.ranges.items():
            at = low - 1  # where the events before were dropped, their checkpoint is the chain's start
            while found := self.source.checkpoints(epoch, at, high):
                for each in found:
                    keys[each.key] = each.public_pem
                    line: dict[str, JSON] = {
                        "campus": self.campus,
                        "epoch": each.epoch,
                        "seq": each.seq,
                        "hash": each.hash,
                        "at": each.at,
                        "key": each.key,
                        "signature": each.signature.hex(),
                    }
                    yield canonical(line) + b"\n"
                at = found[-1].seq + 1

    def entry(self, name: str, content: Iterator[bytes], expected: int = 0) -> None:
        digest, size = self.put(name, content, expected)
        self.files.append({"name": name, "sha256": digest, "bytes": size})

    def put(self, name: str, content: Iterator[bytes], expected: int = 0) -> tuple[str, int]:
        """expected: bytes, where they may be many: beyond 2 GiB an entry has another form (APPNOTE 4.5.3)."""
        digest, size = hashlib.sha256(), 0
        info = zipfile.ZipInfo(name, _MOMENT)
        info.file_size = expected
        with self.archive.open(info, "w") as file:
            for block in content:
                digest.update(block)
                size += len(block)
                file.write(block)
        return digest.hexdigest(), size


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(65536):
        yield block
