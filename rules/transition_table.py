"""What may follow what, as the pack of responses says it: each pair of responses, each pair of kinds, and the reasons."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from rules.model.kinds import KindWord
from rules.model.responses import Response
from rules.model.values import dataclass

RAISE: Final = "raise"
"""Something graver takes its place, whoever asks for it."""
CHANGE: Final = "change"
"""Something less grave takes its place: only as a change, by who may change what holds, and with a reason."""
BESIDE: Final = "beside"
"""It takes no place: what holds goes on, and this is told and recorded beside it."""
ENDS: Final = "ends"
"""Of kinds: the one that is live ends at once."""


@dataclass(frozen=True, slots=True)
class Transitions:
    """verdicts: by (what holds, what is asked for); `raise`, `change`, `beside`, or the code of why not.

    kinds: by (what is live, what is asked for); `ends`, `beside`, or the code of why not. reasons: the codes in words.
    Of a pair that is not here (an older pack) nothing is refused: it joins and raises, and never lowers.
    """

    verdicts: Mapping[tuple[Response, Response], str] = field(default_factory=dict)
    kinds: Mapping[tuple[KindWord, KindWord], str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
