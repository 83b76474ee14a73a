"""Loads the packs of `rules/packs/`: data with a version and a hash, checked whole before anything uses it.

A shipped pack that is broken is our bug and raises `BrokenPack`; a site's own responses file is a `Problem`.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import rules
from edge.config.pack_flags import read_flags
from edge.config.pack_responses import ResponseRow, read_responses
from edge.config.pack_rights import shipped_rights
from edge.config.pack_statements import Texts, read_statements
from edge.config.pack_tables import BrokenPack, Families, read_families, read_table
from edge.config.pack_tasks import Tasks, read_tasks
from edge.config.problems import Problem
from rules.flag_table import FlagTable
from rules.hardware import Table
from rules.model.responses import Response
from rules.model.values import dataclass
from rules.transition_table import Transitions

PACKS: Final = Path(rules.__file__).parent / "packs"
STANDARD: Final = "standard"
"""The name of the responses pack that ships."""


@dataclass(frozen=True, slots=True)
class Packs:
    """All that decisions rest on. `hash`: SHA-256 hex over the bytes of each, recorded with each decision."""

    responses: Mapping[Response, ResponseRow]
    transitions: Transitions
    hardware: Table
    families: Families
    flags: FlagTable
    versions: Mapping[str, tuple[int, str]]
    """Version and SHA-256 of each file, by its name."""
    hash: str
    tasks: Tasks
    """What people do, by response."""
    statements: Texts
    """What families and media may be told, by response and for the end."""


@cache
def shipped() -> Packs:
    """The packs of this version. Raises `BrokenPack`."""
    packs, problems = with_responses((PACKS / "responses.yaml").read_bytes(), "responses.yaml")
    if packs is None:
        raise BrokenPack("; ".join(one.text() for one in problems))
    return packs


def with_responses(data: bytes, file: str) -> tuple[Packs | None, tuple[Problem, ...]]:
    """The packs with a responses file of the site's own; None and its problems where that cannot be used."""
    pack, problems = read_responses(data, file)
    if pack is None:
        return None, problems
    tasks, problems = read_tasks(data, file)
    if tasks is None:
        return None, problems
    statements, problems = read_statements(data, file)
    if statements is None:
        return None, problems
    table, families, flags, digests = _fixed()
    all_digests = {**digests, "responses": hashlib.sha256(data).hexdigest()}
    rights = shipped_rights()
    versions = {
        "responses": (_version(data), all_digests["responses"]),
        "flags": (flags.version, digests["flags"]),
        "hardware": (table.version, digests["hardware"]),
        "families": (_version((PACKS / "families.yaml").read_bytes()), digests["families"]),
        "rights": (rights.version, hashlib.sha256((PACKS / "rights.yaml").read_bytes()).hexdigest()),
    }
    # What the book goes by: it reads them in its own process.
    for name in ("district", "drills", "escalation", "firmware", "inspections", "merging", "sweep"):
        book = (PACKS / f"{name}.yaml").read_bytes()
        versions[name] = (_version(book), hashlib.sha256(book).hexdigest())
    return (
        Packs(
            pack.responses,
            pack.transitions,
            table,
            families,
            flags,
            versions,
            _hash(all_digests),
            tasks,
            statements,
        ),
        (),
    )


@cache
def _fixed() -> tuple[Table, Families, FlagTable, dict[str, str]]:
    """The packs that no site overrides."""
    hardware, families = (PACKS / "hardware.yaml").read_bytes(), (PACKS / "families.yaml").read_bytes()
    flags = read_flags((PACKS / "flags.yaml").read_bytes(), "flags.yaml")
    digests = {
        "hardware": hashlib.sha256(hardware).hexdigest(),
        "families": hashlib.sha256(families).hexdigest(),
        "flags": flags.hash,
    }
    table = read_table(hardware, "hardware.yaml")
    return table, read_families(families, "families.yaml"), flags, digests


def _version(data: bytes) -> int:
    """Of a pack that was read before: its first line that says so."""
    found = re.search(rb"(?m)^version: (\d+)", data)
    return int(found[1]) if found else 0


def _hash(digests: Mapping[str, str]) -> str:
    return hashlib.sha256(
        "".join(f"{name} {digests[name]}\n" for name in sorted(digests)).encode()
    ).hexdigest()
