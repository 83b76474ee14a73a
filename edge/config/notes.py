"""Firmware notes as data: how long a model of button may be silent, from the first lines of its note."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import rules
from edge.config.forms import Wrong, duration_us

NOTES: Final = Path(rules.__file__).parent.parent / "firmware_notes"
LONGEST_SUPERVISED_US: Final = 200_000_000
"""A model that reports less often cannot be missed in time: unsupervised by design (contract section 3)."""
_LINE: Final = re.compile(r"silence_limit:\s*([a-z0-9]+)\s*", re.ASCII)
_FIRST_LINES: Final = 12
_LONGEST_BYTES: Final = 256 * 1024

Why = Literal["", "unsupervised_by_design", "supervision_unknown"]


@dataclass(frozen=True, slots=True)
class Supervision:
    """limit_us None: silence of this button is never noticed, and `why` is a standing flag."""

    limit_us: int | None
    why: Why


UNSUPERVISED: Final = Supervision(None, "unsupervised_by_design")
UNKNOWN: Final = Supervision(None, "supervision_unknown")


def supervision(said: int | str | None, model: str | None, notes: Path = NOTES) -> Supervision:
    """What the file says, else what the model's note says, else unknown."""
    if said is None:
        said = noted_limit(model, notes) if model is not None else None
    if said is None:
        return UNKNOWN
    if isinstance(said, str) or said > LONGEST_SUPERVISED_US:
        return UNSUPERVISED
    return Supervision(said, "")


def noted_limit(model: str, notes: Path = NOTES) -> int | str | None:
    """Microseconds or `unsupervised`, from `silence_limit:` in the note's first lines; None where unsaid.

    model: a slug, so that it cannot lead out of the folder.
    """
    try:
        with (notes / f"{model}.md").open("rb") as note:
            lines = note.read(_LONGEST_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return None
    for line in lines[:_FIRST_LINES]:
        match = _LINE.fullmatch(line)
        if match is not None and match[1] == "unsupervised":
            return "unsupervised"
        if match is not None:
            try:
                return duration_us(match[1])
            except Wrong:
                return None
    return None
