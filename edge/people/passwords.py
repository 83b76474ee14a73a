"""Which passwords are refused: short ones and those that everybody tries first. No other rule (OWASP ASVS 5.0 V6.2).

What a school's own people would take is looked up here; the 30,000 most used ones where they are hashed (`most_used`).
"""

from itertools import pairwise
from typing import Final, Literal

from edge.people.book import Account
from edge.people.first_tried import WORDS
from edge.people.hashing import Hasher, NotHashed
from edge.people.spelling import plain

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
    word = plain(password)
    names = {plain(one) for one in known} | {part for one in known for part in map(plain, one.split())}
    if word in WORDS or word in names or len(set(word)) <= 2 or _is_run(word):
        return "common"
    return None


async def new_hash(hasher: Hasher, password: str, known: tuple[str, ...]) -> str:
    """The hash of a new password, which begins with `$`; or why there is none: `password_…`, `hasher_busy`."""
    if (why := weak(password, known)) is not None:
        return f"password_{why}"
    try:
        return await hasher.hash_new(password) or "password_common"
    except NotHashed:
        return "hasher_busy"


async def right(hasher: Hasher, account: Account | None, password: str) -> bool:
    """Whether it is this account's password; as long for an account that is not there. Raises NotHashed."""
    if len(password) > LONGEST:
        return False
    if account is None or not account.password:
        await hasher.hash(password)
        return False
    return await hasher.verify(account.password, password)


def _is_run(word: str) -> bool:
    """`abcdefgh`, `87654321`: each next to the one before."""
    steps = {ord(after) - ord(before) for before, after in pairwise(word)}
    return len(word) > 1 and steps in ({1}, {-1})
