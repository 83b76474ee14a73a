"""Why a floor plan was not taken. Nothing of it is used."""

from typing import Literal

RefusalCode = Literal[
    "unreadable",  # the file cannot be opened, or is no such format
    "too_large",  # of the file, of what it unpacks to, or of what it draws
    "forbidden",  # scripts, foreign references, entities
    "wrong",  # something in it says what cannot be
    "unplaced",  # nobody says on which level, at which scale, or where north is
    "empty",
    "no_room",
    "failed",
]


class Refused(Exception):
    """what, where, do: for a person; where: a line, a member, a feature, an option; `""`: the whole file."""

    def __init__(self, code: RefusalCode, what: str, do: str, where: str = "") -> None:
        super().__init__(what, where, do)
        self.code: RefusalCode = code
        self.what = what[:300]
        self.where = where[:200]
        self.do = do[:300]
