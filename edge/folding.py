"""By what a record was folded: a digest of the code that does it, so that a snapshot outlives every update but those of it.

After an update that folds otherwise a start folds the journal from its beginning, which takes minutes for millions of events.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from edge.journal import upcast
from edge.version import VERSION
from rules import altered, flag_state, record, state
from rules.model import facts


@cache
def folded_by() -> str:
    """The digest of this process's own code; its version where the sources cannot be read."""
    codec = Path(__file__).with_name("codec.py")
    others = [Path(str(one.__file__)) for one in (altered, flag_state, record, state, upcast)]
    try:
        return digest([codec, *others, *sorted(Path(str(facts.__file__)).parent.glob("*.py"))])
    except OSError:
        return f"version {VERSION}"


def digest(files: Iterable[Path]) -> str:
    """SHA-256 over names and bytes. Raises OSError."""
    found = hashlib.sha256()
    for one in files:
        data = one.read_bytes()
        found.update(f"{one.name} {len(data)}\n".encode() + data)
    return found.hexdigest()
