"""Where each file of a store directory lies."""

from dataclasses import dataclass
from pathlib import Path


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
