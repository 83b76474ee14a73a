"""Which passwords are refused: short ones and those that everybody tries first. No other rule (OWASP ASVS 5.0 V6.2)."""

import unicodedata
from itertools import pairwise
from typing import Final, Literal

from edge.people.book import Account
from edge.people.first_tried import WORDS
from edge.people.hashing import Hasher

SHORTEST: Final = 8
ADVISED: Final = 15
LONGEST: Final = 256
"""Characters; ASVS asks for at least 64."""

Weak = Literal["short", "long", "common"]


def weak(password: str, known: tuple[str, ...] = ()) -> Weak | None:
    """Why a password is refused; None: it may be taken. known: names that stand on the door, such as the campus's."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    plain = _plain(password)
    names = {_plain(one) for one in known} | {part for one in known for part in map(_plain, one.split())}
    if plain in WORDS or plain in names or len(set(plain)) <= 2 or _is_run(plain):
        return "common"
    return None


async def right(hasher: Hasher, account: Account | None, password: str) -> bool:
    """Whether it is this account's password; as long for an account that is not there. Raises NotHashed."""
    if len(password) > LONGEST:
        return False
    if account is None:
        await hasher.hash(password)
        return False
    return await hasher.verify(account.password, password)


def _plain(text: str) -> str:
    """Lower case, written plainly, without the digits and signs that are put behind a word."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    plain = folded.translate(_LEET)
    return plain.rstrip("0123456789!?.#*-_ $@") or folded


_LEET: Final = str.maketrans({"@": "a", "$": "s"})


def _is_run(plain: str) -> bool:
    """`abcdefgh`, `87654321`: each next to the one before."""
    steps = {ord(after) - ord(before) for before, after in pairwise(plain)}
    return len(plain) > 1 and steps in ({1}, {-1})
