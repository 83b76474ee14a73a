"""Where each file of a store directory lies."""

from pathlib import Path
from typing import Final

from rules.model.values import dataclass

EVIDENCE: Final = "evidence"
"""Below the store: pictures that incidents keep, a folder each."""
TICKET_PHOTOS: Final = "tickets"
"""Below the store as well: photos that events name by their SHA-256."""

DISTRICT: Final = "district"
"""Below the store: what the district's hub countersigned."""


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one store directory."""

    directory: Path

    @property
    def database(self) -> Path:
        return self.directory / "journal.db"

    @property
    def witness(self) -> Path:
        return self.directory / "journal.witness"

    @property
    def spill(self) -> Path:
        return self.directory / "journal.spill.ndjson"

    @property
    def snapshot(self) -> Path:
        return self.directory / "journal.snapshot"

    @property
    def snapshot_before(self) -> Path:
        """The one that the newest took the place of: a bad block in that one costs no folding from the beginning."""
        return self.directory / "journal.snapshot.before"

    @property
    def snapshot_ahead(self) -> Path:
        """Made by `prepare` of the release that is to start next."""
        return self.directory / "journal.snapshot.ahead"

    @property
    def copy(self) -> Path:
        """The last good copy of the database: every event in it was checked when it was taken over."""
        return self.directory / "journal.copy.db"

    @property
    def new_copy(self) -> Path:
        """A copy that is being made."""
        return self.directory / "journal.copy.new.db"

    @property
    def rebuilt(self) -> Path:
        """A database that is being put together from copy and remains; whole once the database's own place is free."""
        return self.directory / "journal.rebuilt.db"

    @property
    def ballast(self) -> Path:
        """Real blocks, kept to be given up when the disk is full."""
        return self.directory / "ballast"

    @property
    def lock(self) -> Path:
        return self.directory / "journal.lock"

    @property
    def restored(self) -> Path:
        """Laid here by `restore`: the next start begins a new epoch and takes it away."""
        return self.directory / "journal.restored"
