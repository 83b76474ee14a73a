"""Why a bundle was not taken. Nothing of it is applied."""

from typing import Literal

RefusalCode = Literal[
    "unreadable",
    "no_json",
    "no_bundle",
    "other_version",
    "wrong_record",
    "too_large",
    "empty",
    "no_room",
    "older",
    "undated",
    "failed",
]


class Refused(Exception):
    """code: for the record. what, do: for a person; `what` holds nothing of the file but a CVE's number."""

    def __init__(self, code: RefusalCode, what: str, do: str) -> None:
        super().__init__(what, do)
        self.code: RefusalCode = code
        self.what = what
        self.do = do
