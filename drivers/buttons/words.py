"""A format's vocabulary as data: which foreign word is which gesture, and which is only an edge. Pure."""

import re
from collections.abc import Mapping
from dataclasses import field

from rules.model.values import dataclass

LONGEST_WORD = 64
_UNSAFE = re.compile(r"[^a-z0-9._:-]+", re.ASCII)
_NUMBERED = re.compile(r"(?:button_?)?\d+_(?=.)", re.ASCII)
UNREADABLE_WORD = "unreadable"
"""Stands for a word of which no safe character is left: it is unlisted for every button, and so it acts."""


@dataclass(frozen=True, slots=True)
class Words:
    """How one format names gestures.

    gestures: foreign word, lower case, to our word.
    edges: words that are no gesture (button down and up, releases, empty actions).
    edge_prefixes, edge_suffixes: families of such words.
    numbered: whether `1_single` and `button_2_hold` carry the number of a key.
    """

    gestures: Mapping[str, str]
    edges: frozenset[str]
    edge_prefixes: tuple[str, ...] = field(default=())
    edge_suffixes: tuple[str, ...] = field(default=())
    numbered: bool = False

    def gesture(self, word: str) -> str | None:
        """Our word for it; None if it is no gesture; unknown words are kept: rules decide what they mean."""
        plain = word.strip().lower()
        if self.numbered:
            plain = _NUMBERED.sub("", plain, count=1) if _NUMBERED.match(plain) else plain
        if not plain or plain in self.edges:
            return None
        if plain in self.gestures:
            return self.gestures[plain]
        if plain.startswith(self.edge_prefixes) or plain.endswith(self.edge_suffixes):
            return None
        return _UNSAFE.sub("_", plain)[:LONGEST_WORD].strip("_") or UNREADABLE_WORD
