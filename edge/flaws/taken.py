"""A list of published flaws that was taken in."""

from typing import Final

from rules.model.bundle_facts import BundleKind
from rules.model.values import dataclass

FOLDER: Final = "flaws"
SENT: Final = "sent-"
"""In that folder of the store, before the name of a file that comes over the network, until it is taken or refused."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A bundle that the index holds. count: its records, of firmware or not. whole: false where it is a part of its list.

    stamp_us, taken_us: UTC microseconds of its publisher (None: unsaid), and of its arrival.
    """

    kind: BundleKind
    sha256: str
    stamp_us: int | None
    taken_us: int
    count: int
    whole: bool
