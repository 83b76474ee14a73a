"""Foreign words of a device, made harmless: as a code, and as words for a person. Bounded."""

import re
from typing import Final

CODE_MOST: Final = 64
WORDS_MOST: Final = 200
_FOREIGN: Final = re.compile(rb"[^A-Za-z0-9._-]+")
_UNPRINTABLE: Final = re.compile(r"[^ -~]+", re.ASCII)


def code_of(text: bytes) -> str:
    """Letters, digits, dots, hyphens and underscores; one blank where anything else stood: `01.09.18(13)` is `01.09.18 13`."""
    return _FOREIGN.sub(b" ", text).decode("ascii").strip()[:CODE_MOST].strip()


def words_of(text: bytes) -> str:
    """What can be shown of it."""
    return _UNPRINTABLE.sub("?", text.decode("latin-1"))[:WORDS_MOST]
