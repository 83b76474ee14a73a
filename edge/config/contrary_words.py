"""Words that send people where their response must not: "stay inside" in a fire, "leave the building" in a lockdown. Pure.

Phrases in English, and the commonest in Spanish. It finds a slip of the pen or a line in the wrong row, and no cleverness: a
person who means something else says it in other words. "Do not hide" and "no salgan" are their own contraries, and are known.
"""

import re
from typing import Final

from rules.model.responses import Response

LEAD_OUT: Final[frozenset[str]] = frozenset({"fire", "evacuate"})
"""Everybody leaves: what a strobe says, stay in and look at the screens, is wrong there as well."""
KEEP_IN: Final[frozenset[str]] = frozenset({"lockdown", "secure", "hold-in-place"})
"""Shelter is in neither: its place may be another building."""
_NOT: Final = r"(?<!\bnot )(?<!n't )(?<!\bnever )(?<!\bno )"
_STAY: Final = re.compile(
    _NOT
    + r"\b(?:lock ?-?down|locks, lights|out of sight|hide|shelter in place|lock (?:your|the|all) doors?|hold in your"
    r"|(?:stay|remain) (?:put|inside|where you are|in (?:the|your|place|class\w*|room\w*)\b(?! (?:line|group)))"
    r"|encierro|escónd\w+|qu[eé]den?se (?:dentro|adentro|en)|fuera de (?:la )?vista)"
    r"|\b(?:do not|don't|never) (?:leave (?:the|your) (?:room|classroom|building|school)|go outside|exit)\b|\bno salg\w+"
)
_GO: Final = re.compile(
    _NOT
    + r"\b(?:evacuat\w+|leave (?:the|your) (?:room|classroom|building|school)|leave by|go outside|run outside"
    r"|get out\b(?! of (?:sight|view))|nearest (?:safe )?exit|evac[uú]\w+|salgan?\b)"
)


_COME: Final = re.compile(
    _NOT + r"\b(?:(?:come|go|drive|walk|hurry|return) (?:(?:back|over|here) )?(?:to|into) "
    r"(?:the |our |your )?(?:school|campus|building)"
    r"|(?:pick up|collect|fetch|get) (?:your|the) (?:child\w*|student\w*|kids?|sons?|daughters?)"
    r"|vengan?\b|acudan?\b|(?:recoja\w*|recog[ei]\w*) a su)"
)


def calls_families_in(response: Response | str, text: str) -> str:
    """The words that send families to a campus whose people must stay where they are; `""`: none were found."""
    found = _COME.search(_line(text)) if response in KEEP_IN or response == "shelter" else None
    return "" if found is None else found[0]


def contrary(response: Response | str, text: str) -> str:
    """The words in a text that are contrary to its response; `""`: none were found."""
    line = _line(text)
    if response in LEAD_OUT:
        found = _STAY.search(line)
    elif response in KEEP_IN:
        found = _GO.search(line)
    else:
        found = None
    return "" if found is None else found[0]


def why(response: Response | str, words: str) -> str:
    """The sentence of a lint."""
    do = "leave" if response in LEAD_OUT else "stay"
    return f"its words say {words!r}, contrary to {response}: whoever hears them may not {do}"


def _line(text: str) -> str:
    return " ".join(text.replace("’", "'").casefold().split())  # noqa: RUF001  as word processors write it
