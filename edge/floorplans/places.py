"""Where floor plans lie below the store."""

from pathlib import Path
from typing import Final

FOLDER: Final = "floorplans"
SENT: Final = "sent-"
"""Before the name of a file that is being brought, until it is taken or refused."""
CURRENT: Final = "current.json"
"""What counted when it was last known, for a start without the record's own lists."""
MOST_KEPT: Final = 1_024 * 1_048_576


def plan_of(store: Path, sha256: str) -> Path:
    """What was read of a file."""
    return store / FOLDER / f"{sha256}.plan.json"


def picture_of(store: Path, sha256: str) -> Path:
    """A level's picture."""
    return store / FOLDER / f"{sha256}.picture.png"
