"""The record straight from its files, while no daemon has them open; and exports, which need no daemon at all."""

import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.cli.calling import NoAnswer, not_running
from edge.cli.out import complain
from edge.cli.store import store_of
from edge.control.reports import add_rebuilt, told
from edge.control.rows import row, wanted
from edge.journal.opening import JournalInUse
from edge.journal.places import EVIDENCE, TICKET_PHOTOS
from edge.journal.reader import Reader
from edge.journal.verify import look_at_pictures, verify_directory
from edge.journal.writer import JournalRefused


def rows(config: Path, incident: str | None) -> Iterator[dict[str, Any]]:
    """As `Desk.rows`. Raises NoAnswer."""
    with _reading(store_of(config)) as reader:
        yield from (row(event) for event in reader.events() if wanted(event, incident))


def exported(config: Path, incident: str, beside: Path, *, redact: bool) -> Path:
    """The export as a new file in a folder of its own in `beside`, for the caller to move away with its folder.

    There and not in a temporary place, which may be in memory: pictures are large. Raises NoAnswer, OSError, KeyError
    for an unknown incident.
    """
    from edge.journal.export import Enclosing, NothingToExport, everything, export, nothing, span_of
    from edge.journal.keys import KeyRefused
    from edge.journal.sources import OfReader

    store = store_of(config)
    with _reading(store) as reader:
        source = OfReader(reader, time.time_ns() // 1_000)
        try:
            first, last = span_of(source, incident)
        except NothingToExport:
            raise KeyError(incident) from None
        try:
            out = Path(tempfile.mkdtemp(prefix=".campus-edge-", dir=beside)) / "export.zip"
            export(
                source,
                out,
                first,
                last,
                opens=nothing if redact else everything,
                about={"incident": incident},
                enclosing=Enclosing(store / EVIDENCE, redact, photos=store / TICKET_PHOTOS),
            )
        except NothingToExport as err:
            complain(f"there is no export: {err}. The record itself was not touched.")
            raise NoAnswer from None
        except KeyRefused as err:
            complain(f"the export cannot be signed: {err}. The record itself is whole; put the key back.")
            raise NoAnswer from None
    return out


def verified_journal(config: Path, *, rebuild: bool, evidence: bool) -> dict[str, Any]:
    """`{"holds", "text", "problems", ...}` of the whole store. evidence: read its pictures too. Raises NoAnswer."""
    store = store_of(config)
    with _refusals(store):
        report = verify_directory(store)
    look_at_pictures(store / EVIDENCE, report, hashes=evidence)
    found = told(report)
    if rebuild:
        from edge.views.rebuild import rebuild_directory

        with _refusals(store):
            again = rebuild_directory(store)
        add_rebuilt(found, again.events, again.differences)
    return found


def verified(file: Path, key: Path | None) -> dict[str, Any]:
    """Whether an export holds: `{"holds", "text", "manifest"}`. Raises OSError where a file cannot be read."""
    from edge.journal.standalone_verifier import Broken, evidence_told, verify_export

    pems = [key.read_text("ascii", "replace")] if key is not None else _keys_within(file)
    if not pems:
        return {"holds": False, "text": [f"{file} is no export: no key is in it"], "manifest": None}
    trouble = ""
    for pem in pems:
        try:
            manifest = verify_export(file, pem)
        except (Broken, ValueError) as err:
            trouble = str(err)
            continue
        text = ["The export holds: every link, every signature, every opened value."]
        if key is None:
            text.append(
                "The key came with the export: it does not show who signed. Get it from the campus: --key PEM"
            )
        text += evidence_told(manifest)
        return {"holds": True, "text": text, "manifest": manifest}
    return {"holds": False, "text": [f"The export does NOT hold: {trouble}"], "manifest": None}


def _keys_within(file: Path) -> list[str]:
    """The public keys that lie in an export; a few small files and no more."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = [one for one in archive.infolist() if one.filename.startswith("keys/")][:16]
            return [archive.read(one).decode("ascii", "replace") for one in names if one.file_size <= 4_096]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
        return []


@contextmanager
def _reading(store: Path) -> Iterator[Reader]:
    with _refusals(store), Reader.open(store) as reader:
        yield reader


@contextmanager
def _refusals(store: Path) -> Iterator[None]:
    try:
        yield
    except JournalInUse:
        sys.stdout.flush()
        complain(not_running(store))
        raise NoAnswer from None
    except JournalRefused as err:
        sys.stdout.flush()
        complain(
            f"{err}. Nothing was changed; name the right configuration with --config, or use the daemon's user"
        )
        raise NoAnswer from None
