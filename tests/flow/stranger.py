"""Verifies an export with nothing of ours: written from the contract's section 6 alone, with other people's libraries."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

FIELDS = {"v", "campus", "epoch", "seq", "id", "at", "clock", "kind", "subject", "actor", "incident"}
FIELDS |= {"because", "data", "sealed", "prev"}
ZEROS = "0" * 64


def verified(export: Path) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """The events, and the opened sealed fields by `epoch/seq/field`. Raises AssertionError, InvalidSignature."""
    with zipfile.ZipFile(export) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    keys = [_key(data) for name, data in files.items() if name.startswith("keys/")]
    assert keys
    manifest = json.loads(files["manifest.json"])
    assert rfc8785.dumps(manifest) == files["manifest.json"]
    _signed(keys, files["manifest.sig"], files["manifest.json"])
    events = [json.loads(line) for line in files["events.ndjson"].splitlines()]
    _chain(events)
    places = {(one["epoch"], one["seq"]): one for one in events}
    checkpoints = [json.loads(line) for line in files["checkpoints.ndjson"].splitlines()]
    assert checkpoints
    for one in checkpoints:
        body = {name: one[name] for name in ("campus", "epoch", "seq", "hash", "at")}
        _signed(keys, bytes.fromhex(one["signature"]), rfc8785.dumps(body))
        if (one["epoch"], one["seq"]) in places:
            assert places[one["epoch"], one["seq"]]["hash"] == one["hash"]
    assert (events[-1]["epoch"], events[-1]["seq"]) in {(one["epoch"], one["seq"]) for one in checkpoints}
    opened: dict[str, dict[str, Any]] = {}
    for line in files["sealed.ndjson"].splitlines():
        one = json.loads(line)
        salt = bytes.fromhex(one["salt"])
        assert len(salt) == 16
        digest = hashlib.sha256(salt + rfc8785.dumps(one["value"])).hexdigest()
        assert places[one["epoch"], one["seq"]]["sealed"][one["field"]] == digest
        opened[f"{one['epoch']}/{one['seq']}/{one['field']}"] = one
    return events, opened


def _chain(events: list[dict[str, Any]]) -> None:
    before: dict[str, Any] | None = None
    for event in events:
        fields = {name: value for name, value in event.items() if name != "hash"}
        assert set(fields) == FIELDS
        assert set(event["clock"]) == {"boot", "monotonic_us", "error_us"}
        assert event["at"].endswith("Z")
        assert "/" in event["kind"]
        _plain(fields)
        assert hashlib.sha256(rfc8785.dumps(fields)).hexdigest() == event["hash"]
        if event["seq"] == 1:
            assert event["prev"] == ZEROS
        if before is not None and before["epoch"] == event["epoch"]:
            assert event["seq"] == before["seq"] + 1
            assert event["prev"] == before["hash"]
        before = event


def _plain(value: object) -> None:
    """Integers within 2^53, booleans, strings; no floats."""
    match value:
        case dict():
            for one in value.values():
                _plain(one)
        case list():
            for one in value:
                _plain(one)
        case bool() | str() | None:
            pass
        case int():
            assert abs(value) <= 2**53
        case _:
            raise AssertionError(f"{value!r} is no value of the journal")


def _key(pem: bytes) -> Ed25519PublicKey:
    key = load_pem_public_key(pem)
    assert isinstance(key, Ed25519PublicKey)
    return key


def _signed(keys: list[Ed25519PublicKey], signature: bytes, data: bytes) -> None:
    from cryptography.exceptions import InvalidSignature

    for key in keys:
        try:
            key.verify(signature, data)
        except InvalidSignature:
            continue
        return
    raise AssertionError("no key in the export made this signature")
