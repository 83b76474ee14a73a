"""How a password is looked up in a list: as it is, and as the word that is left without the usual decoration."""

import unicodedata
from typing import Final

_LEET: Final = str.maketrans({"@": "a", "$": "s"})


def folded(text: str) -> str:
    """Lower case, compatible forms made one."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def plain(text: str) -> str:
    """Lower case, written plainly, without the digits and signs that are put behind a word."""
    whole = folded(text)
    return whole.translate(_LEET).rstrip("0123456789!?.#*-_ $@") or whole
