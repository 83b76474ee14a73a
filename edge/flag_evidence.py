"""What a flag's evidence says, in words."""

from collections.abc import Callable, Mapping
from typing import Any, Final

SEEN: Final[Mapping[str, str]] = {
    "self_test": "self-test {value}, {at}",
    "dry_run": "dry run {value}, {at}",
    "verdict": "verdict {value}, {at}",
    "bolt": "bolt thrown: {value}, read {at}",
    "position": "closed: {value}, read {at}",
    "contact": "pressed: {value}, read {at}",
    "input": "active: {value}, read {at}",
    "last_proven": "last proven locked: {at}",
    "last_heard": "last heard: {at}",
    "battery": "battery {value}, {at}",
    "answers": "answers since {at}",
    "silent": "silent since {at} ({value})",
    "picture": "picture {value} since {at}",
}


def told(seen: Mapping[str, Any], when: Callable[[str | None], str]) -> str:
    """One piece of evidence. when: puts a time (RFC 3339, None: never in this run) into words."""
    text = SEEN.get(seen["what"], f"{seen['what']} {{value}}, {{at}}")
    return text.replace("{value}", str(seen["value"]) or "not known").replace("{at}", when(seen["at"]))
