"""A written incident as a YAML file says it: title, about, and steps by time; or what is wrong, by line. Pure."""

import hashlib
import re
from typing import Any, Final

import msgspec

from edge.config.yaml12 import Mapping, Node, Scalar, Sequence, compose, plain_of
from edge.tabletop import LARGEST
from edge.tabletop.messages import (
    LONGEST_MS,
    MOST_STEPS,
    Close,
    Door,
    Fire,
    Inject,
    Line,
    Note,
    Press,
    Read,
    Room,
    Scenario,
    Start,
    Step,
)

EDITION: Final = 1
"""`tabletop: 1`, the first line of a file."""
MOST_WRONG: Final = 50
_KINDS: Final[dict[str, tuple[type[Step], str]]] = {
    "press": (Press, "button"),
    "door": (Door, ""),
    "fire": (Fire, ""),
    "room": (Room, ""),
    "note": (Note, "text"),
    "start": (Start, "response"),
    "close": (Close, "reason"),
    "inject": (Inject, "text"),
}
"""By its word: the step, and the field that a text alone means."""
_TOP: Final = frozenset({"tabletop", "title", "about", "steps"})
_OURS: Final = frozenset({"line", "at_ms", "type"})
_TIME: Final = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)", re.ASCII)
_SECONDS: Final = re.compile(r"(\d{1,5})\s?s", re.ASCII)


def read(data: bytes, file: str) -> Read:
    """What the file says. Never raises."""
    if len(data) > LARGEST:
        return Read(wrong=[(1, f"it is longer than {LARGEST} bytes: cut it into two exercises")])
    root, problems = compose(data, file)
    if problems or root is None:
        return Read(wrong=[(one.line, f"{one.what}; {one.do}"[:300]) for one in problems[:MOST_WRONG]])
    wrong: list[Line] = []
    found = _scenario(root, wrong)
    if wrong or found is None:
        return Read(wrong=sorted(set(wrong))[:MOST_WRONG])
    return Read(scenario=found, sha256=hashlib.sha256(data).hexdigest())


def _scenario(root: Node, wrong: list[Line]) -> Scenario | None:
    if not isinstance(root, Mapping):
        wrong.append((root.line, "it is no written incident: it needs tabletop, title and steps"))
        return None
    for key, entry in root.items.items():
        if key not in _TOP:
            wrong.append((entry.line, f"{key[:60]!r} is not known here; there are {', '.join(sorted(_TOP))}"))
    edition = root.items.get("tabletop")
    if edition is None or plain_of(edition.value) != EDITION or isinstance(plain_of(edition.value), bool):
        wrong.append((root.line if edition is None else edition.line, f"it has to say tabletop: {EDITION}"))
    steps = root.items.get("steps")
    if steps is None or not isinstance(steps.value, Sequence) or not steps.value.items:
        wrong.append((root.line if steps is None else steps.line, "steps is a list of at least one step"))
        return None
    if len(steps.value.items) > MOST_STEPS:
        wrong.append((steps.line, f"it has more than {MOST_STEPS} steps"))
        return None
    made = _steps(steps.value, wrong)
    head: dict[str, Any] = {
        name: plain_of(root.items[name].value) for name in ("title", "about") if name in root.items
    }
    whole: dict[str, Any] = {"about": "", **head, "steps": made}
    try:
        return msgspec.convert(whole, Scenario)
    except msgspec.ValidationError as err:
        line = next((root.items[name].line for name in head if f"$.{name}" in str(err)), root.line)
        wrong.append((line, _why(err)))
        return None


def _steps(steps: Sequence, wrong: list[Line]) -> list[dict[str, Any]]:
    made, last_ms = list[dict[str, Any]](), 0
    for node in steps.items:
        if not isinstance(node, Mapping) or "at" not in node.items or len(node.items) != 2:
            wrong.append((node.line, f"a step is {{at: time, and one of {', '.join(_KINDS)}}}"))
            continue
        at_ms = _time(node.items["at"].value)
        (word,) = (one for one in node.items if one != "at")
        entry = node.items[word]
        if at_ms is None or at_ms > LONGEST_MS:
            wrong.append((node.items["at"].line, "at is a time as 0:30, 1:02:00 or 90s, of at most 2 hours"))
        elif at_ms < last_ms:
            wrong.append(
                (node.items["at"].line, "it lies before the step above: steps stand in order of time")
            )
        elif word not in _KINDS:
            wrong.append((entry.line, f"{word[:60]!r} is no step; there are {', '.join(_KINDS)}"))
        else:
            last_ms = at_ms
            step = _step(word, entry.value, {"type": word, "line": node.line, "at_ms": at_ms}, wrong)
            if step is not None:
                made.append(step)
    return made


def _step(word: str, node: Node, head: dict[str, Any], wrong: list[Line]) -> dict[str, Any] | None:
    kind, alone = _KINDS[word]
    said: Any = plain_of(node)
    if alone and isinstance(node, Scalar) and isinstance(said, str):
        said = {alone: said}
    if not isinstance(said, dict) or _OURS & said.keys():
        wrong.append((node.line, f"{word} is not written so; the incidents that ship show how"))
        return None
    try:
        msgspec.convert({**said, **head}, kind)
    except msgspec.ValidationError as err:
        wrong.append((node.line, f"{word}: {_why(err)}"))
        return None
    return {**said, **head}


def _time(node: Node) -> int | None:
    said = plain_of(node)
    if not isinstance(said, str):
        return None
    if (seconds := _SECONDS.fullmatch(said)) is not None:
        return int(seconds[1]) * 1_000
    if (time := _TIME.fullmatch(said)) is None:
        return None
    return (int(time[1] or 0) * 3_600 + int(time[2]) * 60 + int(time[3])) * 1_000


def _why(err: msgspec.ValidationError) -> str:
    return str(err).replace(" - at `$", " at `").replace("`.", "`")[:300]
