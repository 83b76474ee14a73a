"""What the weekly sweep of exterior doors says in words, for page, sheet and command line."""

from collections.abc import Mapping
from typing import Final

RESULTS: Final[Mapping[str, str]] = {
    "ok": "ok",
    "exception": "exception",
    "unknown": "not known",
}
CODES: Final[Mapping[str, str]] = {
    "forced": "It was forced.",
    "held_open": "It was held open.",
    "unlocked": "It was closed and not locked.",
    "not_watched": "The box was off, or did not watch it.",
    "not_read": "Its sensors were not read.",
    "not_sensed": "No sensor says that it is closed and locked: go there.",
    "not_proven": "Its lock was not proven lately.",
}


def found(codes: str) -> str:
    """`held_open,forced` in words."""
    return " ".join(CODES.get(one, one) for one in codes.split(",") if one)


REFUSALS: Final[Mapping[str, str]] = {
    "unknown_week": "No sweep of a week {week} is at hand. Nothing was signed: name the Monday of a week that is over.",
    "no_signer": "A signature needs the name of who signs. Nothing was signed.",
    "nothing_to_explain": "The sweep of {week} found nothing to explain at {door}. Nothing was signed.",
}

FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "sweep_unsigned": (
        "Nobody explained what the weekly sweep found at {subject}",
        "Week of {1}: {2} Go and look. Then write down why, and sign, on the page of sweeps.",
    ),
}
