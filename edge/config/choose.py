"""Which configuration the daemon starts on: the file, or the last accepted one, and why."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from edge.config.accepted import Accepted, load_accepted, was_accepted
from edge.config.changes import another_record, forbidden_changes
from edge.config.check import Checked
from edge.config.model import Config
from edge.config.problems import Problem
from edge.config.remembered import remembered
from edge.config.yaml12 import Mapping as YamlMapping
from edge.config.yaml12 import Scalar, compose_beginning

DEFAULT_STORE: Final = Path("/var/lib/campus-edge")
NOBODY: Final[frozenset[str]] = frozenset()

Source = Literal["file", "accepted"]
Code = Literal["", "broken", "missing", "secret", "live_incident", "another_campus"]
"""Why it is not the file: it is broken, is not there, lacks a secret, would change what an incident stands on, or is
for another campus than the record in the store."""


@dataclass(frozen=True, slots=True, repr=False)
class Choice:
    """What to start on. `reasons`: why not the file, for the page, the log and the event; `code` sums them up.

    `checked` is the configuration itself with packs, secrets, hash and notices; `config` is never None.
    """

    config: Config
    checked: Checked
    source: Source
    code: Code
    reasons: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing to start on: exit 78 with these."""

    problems: tuple[Problem, ...]


def store_for(
    checked: Checked, argument: Path | None = None, environ: Mapping[str, str] = os.environ
) -> Path:
    """The store directory: as far as the file can be read from it, else `--store`, the one it had when it was last
    accepted, STATE_DIRECTORY, the default.

    For a broken file, the first of these in which a configuration was accepted; in the default only this file.
    """
    written = _written(checked)
    state = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if checked.config is not None:
        return store_of(checked.config, checked.file)
    noted = remembered(Path(checked.file), environ)
    named = [one for one in (written, argument, noted, Path(state) if state else None) if one is not None]
    found = next((one for one in named if was_accepted(one)), None)
    if found is not None:
        return found
    return DEFAULT_STORE if not named or _accepted_as(DEFAULT_STORE, checked.file) else named[0]


def _accepted_as(store: Path, file: str) -> bool:
    """Whether this very file was accepted in a store; another's configuration is no stand-in for it."""
    accepted = load_accepted(store)
    if accepted is None:
        return was_accepted(store)
    return Path(accepted.file).absolute() == Path(file).absolute()


def store_of(config: Config, file: str) -> Path:
    """A relative store directory lies beside the configuration."""
    return Path(file).parent / config.store.directory


def _written(checked: Checked) -> Path | None:
    root = compose_beginning(checked.text)
    store = root.items.get("store") if root is not None else None
    inner = store.value if store is not None else None
    directory = inner.items.get("directory") if isinstance(inner, YamlMapping) else None
    value = directory.value if directory is not None else None
    if isinstance(value, Scalar) and isinstance(value.value, str) and value.value and "\0" not in value.value:
        return Path(checked.file).parent / value.value
    return None


def choose(checked: Checked, store: Path, live: frozenset[str] = NOBODY) -> Choice | Refused:
    """The file where it is sound and changes nothing that a live incident stands on; else the last accepted one.

    live: ids of the devices of live incidents, which the caller folds from the journal in `store`.
    """
    accepted = load_accepted(store)
    reasons = checked.blocking
    code = _code(checked)
    if checked.config is not None:
        edited = accepted is not None and accepted.hash != checked.hash
        last = accepted.checked() if accepted is not None and edited else None
        standing = (last.config or last.sound) if last is not None else None
        reasons = forbidden_changes(standing, checked, live) if standing is not None else ()
        code = "live_incident"
        if not reasons and standing is not None:
            reasons, code = another_record(standing, checked), "another_campus"
        if not reasons:
            return Choice(checked.config, checked, "file", "", ())
    return _last(accepted, store, code, reasons)


def _last(
    accepted: Accepted | None, store: Path, code: Code, reasons: tuple[Problem, ...]
) -> Choice | Refused:
    if accepted is not None:
        last = accepted.checked()
        # What an earlier version accepted stands, even where this one would refuse it: a door whose record it now
        # finds wanting is not driven, but an upgrade disarms no school.
        config = last.config or last.sound
        if config is not None:
            return Choice(config, last, "accepted", code, reasons)
    if not was_accepted(store):
        return Refused(reasons)
    what = "the last accepted configuration in it cannot be read either"
    return Refused(
        (*reasons, Problem(str(store), 1, "store", what, "mend the file above: it is the only way to start"))
    )


def _code(checked: Checked) -> Code:
    blocking = checked.blocking
    if not blocking:
        return ""
    if not checked.text and blocking[0].path == "file":
        return "missing"
    return "secret" if all(one.topic == "secret" for one in blocking) else "broken"
