"""By what a record was folded: a digest of the code that does it, so that a snapshot outlives every update but those of it.

After an update that folds otherwise a start folds the journal from its beginning, which takes minutes for millions of events.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from edge.journal import upcast
from edge.version import VERSION
from rules import record
from rules.model import facts

FOLD: Final = ("altered.py", "record.py", "state.py", "*_fold.py", "*_state.py")
"""Of `rules`, what folds and what it folds into."""


def sources() -> list[Path]:
    """The files of which the digest is."""
    rules = Path(str(record.__file__)).parent
    folds = [path for name in FOLD for path in sorted(rules.glob(name))]
    model = sorted(Path(str(facts.__file__)).parent.glob("*.py"))
    return [Path(__file__).with_name("codec.py"), Path(str(upcast.__file__)), *folds, *model]


@cache
def folded_by() -> str:
    """The digest of this process's own code; its version where the sources cannot be read."""
    try:
        return digest(sources())
    except OSError:
        return f"version {VERSION}"


def digest(files: Iterable[Path]) -> str:
    """SHA-256 over names and bytes. Raises OSError."""
    found = hashlib.sha256()
    for one in files:
        data = one.read_bytes()
        found.update(f"{one.name} {len(data)}\n".encode() + data)
    return found.hexdigest()
