#!/usr/bin/env python3
"""Verifies an exported campus-edge record: `python3 verify.py EXPORT.zip PUBLIC-KEY.pem`. Needs nothing of
ours.

A stranger's tool: the standard library, and for Ed25519 either the `cryptography` package or the `openssl`
command. It is put into every export as `verify.py`; take the public key from the campus, not from the export.
Checked:

- manifest.sig is the given key's signature (Ed25519, 64 raw bytes) over manifest.json, which is canonical
JSON (RFC 8785);
- every file in the archive is in the manifest with its SHA-256, and the other way round;
- events.ndjson: each line's `hash` is the SHA-256 of the canonical JSON of the other fields, `prev` is the
  hash before, numbers run without a gap, each epoch starts at its first event or at a checkpoint;
- checkpoints.ndjson: each signature (hex) over canonical JSON of {at, campus, epoch, hash, seq} verifies with
  keys/<key>.pem, and the chain has that hash at that number; the range ends on a checkpoint, and each epoch
  within it on one too, or with the event that the next epoch's first names as the old one's last;
- sealed.ndjson: SHA-256(salt ‖ canonical JSON of the value) is the commitment in the event.
- manifest.json, `evidence`: exactly the sealed files of pictures that the incident's evidence.ended/1 events name, each as
  its event says; one that is not marked as missing is in files/ with that SHA-256 and size. What is missing, and why, is
  printed: the export holds without it.
- manifest.json, `photos`: exactly the photos that opened fields `photos` name by their SHA-256, each in files/ or missing.

Exit codes: 0 it holds, 1 it does not, 2 usage.
"""

import base64
import hashlib
import json
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

MOST_BYTES = 4 * 1024**3
"""Unpacked, of the whole archive; counted while reading, whatever the archive says of itself."""
MOST_LINE_BYTES = 1024**2
MOST_MANIFEST_BYTES = 16 * 1024**2
MOST_FILES = 10_000
_RATIO = 200
_SLACK_BYTES = 64 * 1024**2
_FIELDS = frozenset(
    {
        "v",
        "campus",
        "epoch",
        "seq",
        "id",
        "at",
        "clock",
        "kind",
        "subject",
        "actor",
        "incident",
        "because",
        "data",
        "sealed",
        "prev",
    }
)
_NAMES = re.compile(
    r"(events|sealed|checkpoints)\.ndjson|manifest\.(json|sig)|verify\.py|keys/[0-9a-f]{16}\.pem|files/[0-9a-f]{64}"
)
_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 public key (RFC 8410 section 4)."""
_MOST_INTEGER = 2**53


class Broken(Exception):
    """The first thing found that does not hold."""


def verify_export(path: Path, public_pem: str) -> dict[str, Any]:
    """Check an export against the campus's public key. Returns its manifest; raises Broken, or OSError."""
    unreadable = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError)
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return _Check(archive, path.stat().st_size, public_pem).all()
        except (*unreadable, OSError, OverflowError, zlib.error, struct.error) as err:
            raise Broken(f"not a ZIP archive that can be read: {err}") from None
        except (KeyError, TypeError, ValueError, AttributeError) as err:
            raise Broken(f"something in it has not the form it should have: {err!r}") from None


class _Check:
    def __init__(self, archive: zipfile.ZipFile, packed_bytes: int, public_pem: str) -> None:
        self.archive = archive
        self.public = raw_key(public_pem)
        self.room = min(MOST_BYTES, packed_bytes * _RATIO + _SLACK_BYTES)
        self.stored_room = packed_bytes
        """Files of pictures may be larger than all else: what is not packed cannot be more than the archive itself."""
        self.sizes: dict[str, int] = {}
        self.keys: dict[str, bytes] = {}
        self.chain: dict[tuple[str, int], str] = {}
        self.commitments: dict[tuple[str, int], dict[str, str]] = {}
        self.ended: dict[tuple[str, int], dict[str, Any]] = {}
        self.deleted: set[tuple[str, str]] = set()
        self.photos: set[str] = set()

    def all(self) -> dict[str, Any]:
        names = [each.filename for each in self.archive.infolist()]
        if len(names) > MOST_FILES or len(set(names)) != len(names):
            raise Broken("too many files, or one name twice")
        for info in self.archive.infolist():
            if not _NAMES.fullmatch(info.filename):
                raise Broken(f"a file that does not belong here: {info.filename[:80]!r}")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Broken(f"{info.filename} is packed in a way that is not used here")
        body = self.whole("manifest.json", MOST_MANIFEST_BYTES)
        manifest = parse(body)
        if canonical(manifest) != body:
            raise Broken("manifest.json is not canonical JSON")
        if not ed25519(self.public, self.whole("manifest.sig"), body):
            raise Broken("manifest.sig is not the given key's signature over manifest.json")
        self.files(manifest, names)
        self.campus = manifest["campus"]
        self.incident = manifest["about"].get("incident")
        for name in names:
            if name.startswith("keys/"):
                self.keys[name[5:-4]] = raw_key(self.whole(name).decode("ascii"))
        checkpoints = self.checkpoints()
        self.events(manifest, checkpoints)
        self.sealed()
        self.evidence(manifest)
        self.photographs(manifest)
        return manifest

    def files(self, manifest: dict[str, Any], names: list[str]) -> None:
        listed = {each["name"]: each for each in manifest["files"]}
        if set(listed) | {"manifest.json", "manifest.sig"} != set(names):
            raise Broken("the archive and its manifest name different files")
        for name, each in listed.items():
            digest = hashlib.sha256()
            size = 0
            for block in self.blocks(name):
                digest.update(block)
                size += len(block)
            self.sizes[name] = size
            if digest.hexdigest() != each["sha256"] or size != each["bytes"]:
                raise Broken(f"{name} was changed")
            if name.startswith("files/") and name[6:] != each["sha256"]:
                raise Broken(f"{name} does not have that hash")

    def checkpoints(self) -> dict[tuple[str, int], str]:
        found: dict[tuple[str, int], str] = {}
        for line in self.lines("checkpoints.ndjson"):
            signed = {name: line[name] for name in ("at", "campus", "epoch", "hash", "seq")}
            where = f"checkpoint {line['seq']}"
            if line["campus"] != self.campus:
                raise Broken(f"{where} belongs to another campus")
            key = self.keys.get(line["key"])
            if key is None:
                raise Broken(f"{where}: its key is not here")
            if not ed25519(key, bytes.fromhex(line["signature"]), canonical(signed)):
                raise Broken(f"{where}: its signature does not hold")
            found[line["epoch"], line["seq"]] = line["hash"]
        return found

    def events(self, manifest: dict[str, Any], checkpoints: dict[tuple[str, int], str]) -> None:
        epoch, seq, digest = "", 0, ""
        first: tuple[str, int] | None = None
        for line in self.lines("events.ndjson"):
            claimed = line.pop("hash")
            where = f"event {line['seq']} of epoch {line['epoch']}"
            if line["v"] == 1 and set(line) != _FIELDS:
                raise Broken(f"{where} has not exactly the fields of its version")
            if hashlib.sha256(canonical(line)).hexdigest() != claimed:
                raise Broken(f"{where} was changed: its hash differs")
            if line["campus"] != self.campus:
                raise Broken(f"{where} belongs to another campus")
            if line["epoch"] == epoch:
                if line["seq"] != seq + 1:
                    raise Broken(f"{where}: number {seq + 1} is missing")
                if line["prev"] != digest:
                    raise Broken(f"{where} does not follow the one before")
            else:
                if epoch and not named(line, epoch, seq, digest):
                    self.ends(epoch, seq, checkpoints)
                if any(each[0] == line["epoch"] for each in self.chain):
                    raise Broken(f"{where}: its epoch comes twice")
                self.begins(line, claimed, checkpoints, where)
            epoch, seq, digest = line["epoch"], line["seq"], claimed
            first = first or (epoch, seq)
            if checkpoints.get((epoch, seq), digest) != digest:
                raise Broken(f"{where} is not the one that was signed")
            self.chain[epoch, seq] = digest
            if line["sealed"]:
                self.commitments[epoch, seq] = line["sealed"]
            if self.incident and line["incident"] == self.incident:
                self.pictures(line)
        if first is None:
            raise Broken("no events")
        self.ends(epoch, seq, checkpoints)
        if (first, epoch, seq, digest) != (
            (manifest["first_epoch"], manifest["first_seq"]),
            manifest["last_epoch"],
            manifest["last_seq"],
            manifest["last_hash"],
        ):
            raise Broken("the events are not those of the manifest")

    def begins(
        self, line: dict[str, Any], digest: str, checkpoints: dict[tuple[str, int], str], where: str
    ) -> None:
        epoch, seq = line["epoch"], line["seq"]
        if seq == 1:
            if line["prev"] != "0" * 64:
                raise Broken(f"{where} is an epoch's first and names one before it")
        elif checkpoints.get((epoch, seq)) != digest and checkpoints.get((epoch, seq - 1)) != line["prev"]:
            raise Broken(f"{where}: the range does not begin at a checkpoint")

    def ends(self, epoch: str, seq: int, checkpoints: dict[tuple[str, int], str]) -> None:
        if (epoch, seq) not in checkpoints:
            raise Broken(f"the range of epoch {epoch} does not end at a checkpoint")

    def sealed(self) -> None:
        for line in self.lines("sealed.ndjson"):
            where = f"field {line['field']!r} of event {line['seq']}"
            commitment = self.commitments.get((line["epoch"], line["seq"]), {}).get(line["field"])
            salt = bytes.fromhex(line["salt"])
            if len(salt) != 16 or hashlib.sha256(salt + canonical(line["value"])).hexdigest() != commitment:
                raise Broken(f"{where} is not what was sealed")
            if line["field"] == "photos" and isinstance(line["value"], list):
                self.photos |= {one for one in line["value"] if re.fullmatch("[0-9a-f]{64}", str(one))}

    def photographs(self, manifest: dict[str, Any]) -> None:
        listed = {each["sha256"]: each["missing"] for each in manifest.get("photos", [])}
        if "photos" in manifest and listed.keys() != self.photos:
            raise Broken("the manifest does not list the photos that the events name")
        for digest, missing in listed.items():
            if not missing and f"files/{digest}" not in self.sizes:
                raise Broken(f"the photo {digest} is not in the archive")

    def pictures(self, line: dict[str, Any]) -> None:
        data = line["data"]
        if line["kind"] == "evidence.ended/1" and data["sha256"]:
            self.ended[line["epoch"], line["seq"]] = data
        elif line["kind"] == "evidence.deleted/1":
            self.deleted.add((data["name"], data["sha256"]))

    def evidence(self, manifest: dict[str, Any]) -> None:
        listed = {(each["epoch"], each["seq"]): each for each in manifest.get("evidence", [])}
        if listed.keys() != self.ended.keys() or len(listed) != len(manifest.get("evidence", [])):
            raise Broken("the manifest does not list the files of pictures that the events name")
        for place, data in self.ended.items():
            each = listed[place]
            said = {**each, "size": each["bytes"]}
            for name in ("name", "camera", "sha256", "size", "end", "first_us", "last_us"):
                if said[name] != data[name]:
                    raise Broken(f"{data['name']} is listed with another {name} than its event says")
            if not each["missing"] and self.sizes.get(f"files/{data['sha256']}") != data["size"]:
                raise Broken(f"{data['name']} is not in the archive as its event says")
            if each["missing"] == "deleted" and (data["name"], data["sha256"]) not in self.deleted:
                raise Broken(f"{data['name']} is said to be deleted, and no event tells of it")

    def whole(self, name: str, most: int = MOST_LINE_BYTES * 4) -> bytes:
        try:
            blocks = list(self.blocks(name, most))
        except KeyError:
            raise Broken(f"{name} is missing") from None
        return b"".join(blocks)

    def blocks(self, name: str, most: int | None = None) -> Iterator[bytes]:
        stored = self.archive.getinfo(name).compress_type == zipfile.ZIP_STORED and name.startswith("files/")
        with self.archive.open(name) as file:
            while block := file.read(65536):
                if stored:
                    self.stored_room -= len(block)
                else:
                    self.room -= len(block)
                most = None if most is None else most - len(block)
                if self.room < 0 or self.stored_room < 0 or (most is not None and most < 0):
                    raise Broken(f"{name} unpacks to more than it may")
                yield block

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        rest = b""
        self.room += self.sizes[name]  # read a second time: it was counted and compared before
        for block in self.blocks(name):
            *whole, rest = (rest + block).split(b"\n")
            if len(rest) > MOST_LINE_BYTES:
                raise Broken(f"{name} holds a line that is too long")
            for line in whole:
                yield parse(line)
        if rest:
            raise Broken(f"{name} ends in the middle of a line")


def evidence_told(manifest: dict[str, Any]) -> list[str]:
    """What an export that holds says of the incident's files of pictures: a line for all, one for each that is missing."""
    listed, photos = manifest.get("evidence", []), manifest.get("photos", [])
    lacking = [each for each in photos if each["missing"]]
    told = [f"photos of tickets: {len(photos) - len(lacking)} of {len(photos)} are here"] if photos else []
    told += [f"photos of tickets: {each['sha256']} is not here: {each['missing']}" for each in lacking]
    if not listed:
        return told
    missing = [each for each in listed if each["missing"]]
    told += [
        f"pictures: {len(listed) - len(missing)} of {len(listed)} files are here and as they were sealed"
    ]
    return told + [f"pictures: {each['name']} is not here: {each['missing']}" for each in missing]


def named(first: dict[str, Any], epoch: str, seq: int, digest: str) -> bool:
    """Whether the `first` event of a new epoch names this one as the last of the old."""
    old = [first["data"].get(name) for name in ("old_epoch", "old_seq", "old_hash")]
    return first["kind"] == "epoch.started/1" and old == [epoch, seq, digest]


def canonical(value: object) -> bytes:
    """RFC 8785, for what a journal may hold: no floats, ASCII keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def parse(text: bytes) -> dict[str, Any]:
    """One JSON object, with nothing in it that has two readings."""
    try:
        value = json.loads(
            text, object_pairs_hook=_once, parse_float=_refuse, parse_constant=_refuse, parse_int=_integer
        )
        canonical(value)
    except (ValueError, RecursionError) as err:
        raise Broken(f"not JSON that a journal may hold: {err}") from None
    if not isinstance(value, dict):
        raise Broken("a line that is no object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs) or not all(key.isascii() for key in found):
        raise ValueError("a key twice, or not ASCII")
    return found


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"a number that is no integer: {text[:40]}")


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > _MOST_INTEGER:
        raise ValueError("an integer beyond 2^53")
    return int(text)


def raw_key(public_pem: str) -> bytes:
    """The 32 bytes of an Ed25519 public key in PEM (SubjectPublicKeyInfo). Raises ValueError."""
    lines = public_pem.strip().splitlines()
    if len(lines) < 3 or lines[0] != "-----BEGIN PUBLIC KEY-----" or lines[-1] != "-----END PUBLIC KEY-----":
        raise ValueError("not a public key in PEM")
    der = base64.b64decode("".join(lines[1:-1]), validate=True)
    if len(der) != len(_SPKI) + 32 or not der.startswith(_SPKI):
        raise ValueError("not an Ed25519 key")
    return der[len(_SPKI) :]


def ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is that key's over `message` (RFC 8032)."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return _openssl(public, signature, message)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _openssl(public: bytes, signature: bytes, message: bytes) -> bool:
    """The same by `openssl pkeyutl` (3.0 or newer). Raises Broken where there is no openssl."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, name) for name in ("key", "signature", "message")}
        files["key"].write_bytes(_SPKI + public)
        files["signature"].write_bytes(signature)
        files["message"].write_bytes(message)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", str(files["key"])]
        command += ["-rawin", "-in", str(files["message"]), "-sigfile", str(files["signature"])]
        try:
            ended = subprocess.run(command, capture_output=True, check=False, timeout=60)  # noqa: S603  # fixed words
        except (OSError, subprocess.TimeoutExpired) as err:
            raise Broken(
                f"install the cryptography package or openssl 3 to check signatures: {err}"
            ) from None
    return ended.returncode == 0


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        sys.stderr.write("usage: python3 verify.py EXPORT.zip PUBLIC-KEY.pem\n")
        return 2
    try:
        manifest = verify_export(Path(arguments[0]), Path(arguments[1]).read_text(encoding="ascii"))
    except (Broken, OSError, ValueError, KeyError, TypeError, AttributeError) as err:
        sys.stderr.write(f"DOES NOT HOLD: {err}\n")
        return 1
    sys.stdout.write(
        f"holds: campus {manifest['campus']}, events {manifest['first_seq']} to {manifest['last_seq']}, "
        f"last hash {manifest['last_hash']}\n"
    )
    sys.stdout.writelines(f"{line}\n" for line in evidence_told(manifest))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
