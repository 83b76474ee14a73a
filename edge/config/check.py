"""Reads a configuration and checks it whole: the index of all that `campus-edge check` refuses or notes.

`read(path)` is the entry. Form first (`yaml12`, `collect`), then meaning, a file a topic.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from msgspec.structs import replace

from edge.config.alert_sources import check_alert_sources
from edge.config.buttons import check_buttons, topic_of
from edge.config.collect import Collected, FileKey, collect, nearest
from edge.config.forms import Wrong
from edge.config.hardware import check_hardware
from edge.config.model import Config
from edge.config.network import check_network
from edge.config.notes import check_notes
from edge.config.outputs import check_outputs
from edge.config.packs import STANDARD, Packs, shipped, with_responses
from edge.config.points import check_points
from edge.config.policies import check_policies
from edge.config.problems import HARMLESS, Problem, in_order
from edge.config.references import check_references
from edge.config.report import Report
from edge.config.secrets import Open, Secrets, beside, read_files
from edge.config.topology import zones_of
from edge.config.yaml12 import LONGEST_BYTES, compose
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Checked:
    """One configuration, and everything to be said of it.

    config: None where a problem keeps the daemon from starting on it; problems of a harmless topic alone do not.
    sound: what of the file has the right form, even if its meaning was refused; never start on it unless an
        earlier version accepted the same text.
    text: the bytes as read; hash: their SHA-256 in hex.
    lines: the line of every key, by its path (`doors[a-101].lock.coil`).
    secrets: the files it names, as read in the same moment. packs: with the site's own responses, if it has any.
    """

    file: str
    config: Config | None
    sound: Config | None
    problems: tuple[Problem, ...]
    notices: tuple[Problem, ...]
    text: bytes
    hash: str
    lines: Mapping[str, int]
    secrets: Secrets
    packs: Packs

    @property
    def blocking(self) -> tuple[Problem, ...]:
        """The problems that keep the daemon from starting on it."""
        return tuple(one for one in self.problems if one.topic not in HARMLESS)


def read(path: Path | str) -> Checked:
    """The configuration at a path with its secret files beside it. Never raises for what is in them."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST_BYTES + 1)
    except OSError as err:
        do = "name the configuration with --config; config/campus.example.yaml is one to start from"
        return _unreadable(str(path), f"cannot be read: {err.strerror}", do)
    return check(text, str(path), beside(path.parent))


def check(text: bytes, file: str, opened: Open) -> Checked:
    """The same for a text that was read before. opened: how the files that it names are read."""
    root, problems = compose(text, file)
    found = collect(root, file) if root is not None else Collected()
    report = Report(file, found)
    report.problems += [*problems, *found.problems]
    packs = _packs(found.files, opened, report)
    secrets = read_files(found.files, opened, report)
    config = found.config
    if config is not None:
        _check_meaning(config, found, packs, report)
    told = in_order(report.problems)
    blocked = any(one.topic not in HARMLESS for one in told)
    return Checked(
        file=file,
        config=None if blocked else config,
        sound=_sound(config, found),
        problems=told,
        notices=in_order(report.notices),
        text=text,
        hash=hashlib.sha256(text).hexdigest(),
        lines=MappingProxyType({path: place.line for path, place in found.places.items()}),
        secrets=secrets,
        packs=packs,
    )


def _sound(config: Config | None, found: Collected) -> Config | None:
    """Without the doors in which a stand-in was needed: nothing may ever be driven by one."""
    if config is None or not found.unsure:
        return config
    named = tuple(f"doors[{door.id}]." for door in config.doors)
    guessed = {at for at in named if any(path.startswith(at) for path in found.unsure)}
    return replace(config, doors=tuple(door for door in config.doors if f"doors[{door.id}]." not in guessed))


def _check_meaning(config: Config, found: Collected, packs: Packs, report: Report) -> None:
    zones = zones_of(config)
    check_references(config, found, zones, report)
    check_points(config, packs.families, report)
    check_hardware(config, zones, packs.hardware, datetime.now(UTC).date(), found, report)
    check_network(config, packs.families, found.hurt, report)
    check_outputs(config, report)
    check_buttons(config, packs, zones, found.hurt, report)
    check_alert_sources(
        config.detectors,
        config.phone_systems,
        broker=config.mqtt is not None or "mqtt" in found.hurt,
        others={topic: one.id for one in config.buttons if (topic := topic_of(one)) is not None},
        report=report,
    )
    check_policies(config, found.hurt, report)
    check_notes(config, report)


def _packs(files: list[FileKey], opened: Open, report: Report) -> Packs:
    """The shipped packs, with the site's own responses file where one is named and sound."""
    named = next((one for one in files if one.holds == "pack"), None)
    if named is None or named.name == STANDARD:
        files[:] = [one for one in files if one is not named]
        return shipped()
    if "/" not in named.name and "." not in named.name:
        files.remove(named)
        do = (
            nearest(named.name, [STANDARD])
            or f"write {STANDARD}, or the name of a file such as responses.yaml"
        )
        report.refuse(named.path, f"there is no responses pack {named.name!r}", do)
        return shipped()
    try:
        data = opened(named.name, False)
    except Wrong:
        return shipped()  # `read_files` tells why
    packs, problems = with_responses(data, named.name)
    report.problems += problems
    return packs or shipped()


def _unreadable(file: str, what: str, do: str) -> Checked:
    problem = Problem(file, 1, "file", what, do)
    nothing = hashlib.sha256(b"").hexdigest()
    return Checked(
        file, None, None, (problem,), (), b"", nothing, MappingProxyType({}), Secrets({}), shipped()
    )
