"""What a probe found wrong, and what to do about it."""

from typing import Literal

from rules.model.values import dataclass

Weight = Literal["failed", "notice"]


@dataclass(frozen=True, slots=True)
class Finding:
    """failed: it does not do what it is configured for. notice: it works, and could be better.

    code: for machines. what, do: for a person; foreign text in them is bounded and printable.
    """

    weight: Weight
    code: str
    what: str
    do: str
