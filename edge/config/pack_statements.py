"""The texts of a responses pack for families and media: by response, and for the end; none without an owner or a state number."""

import re
from collections.abc import Mapping
from typing import Final, get_args

from edge.config.contrary_words import calls_families_in, contrary, why
from edge.config.pack_section import section
from edge.config.problems import Problem
from rules.model.post_facts import INCIDENT_ROLES
from rules.model.responses import Response
from rules.model.statements import Addressed
from rules.plan import StatementPlan
from rules.statements import OVER, PLACES

MOST: Final = 6
LONGEST_TEXT: Final = 400
_KEYS: Final = frozenset({"id", "to", "owner", "real", "drill"})
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_BRACES: Final = re.compile(r"\{([^{}]*)\}|[{}]")
_FOREIGN: Final = re.compile(r"\$\w+|%[sd(]|\[[^\]]*\]|<[^<>]*>|_{3,}|\bX{3,}\b|\bTODO\b")
"""Places to be filled in that other programs and people know, and the box would send as they stand."""
_PRACTICE: Final = re.compile(r"\b(?:drills?|practi[sc]\w+|exercises?|simulacros?|ensayos?)\b", re.IGNORECASE)
_NO_DRILL: Final = re.compile(
    r"\b(?:not|no|never|isn['\u2019]t)(?: es)? (?:a |an |un )?(?:drill|exercise|simulacro)", re.IGNORECASE
)
_MARKED: Final = re.compile(r"\W*(drill|real|test|exercise)\b", re.IGNORECASE)

Texts = Mapping[str, tuple[StatementPlan, ...]]


def read_statements(data: bytes, file: str) -> tuple[Texts | None, tuple[Problem, ...]]:
    """The texts by response and `over`; a pack without any has none. Never raises; bounded like every YAML file of ours."""
    rows, problems = section(data, file, "statements", _lint)
    if rows is None:
        return None, problems
    return {state: tuple(StatementPlan(**row) for row in listed) for state, listed in rows.items()}, ()


def _lint(found: object) -> list[tuple[str, str]]:
    """Path and sentence for each thing that is wrong."""
    if not isinstance(found, dict):
        return [("statements", "is not responses with their texts")]
    said: list[tuple[str, str]] = []
    for state, listed in found.items():
        path = f"statements.{state}"
        if state != OVER and state not in get_args(Response):
            said.append((path, "is no response, and not over"))
        elif state == "duress":
            said.append((path, "is silent: nothing of it is ever said"))
        elif not isinstance(listed, list) or len(listed) > MOST:
            said.append((path, f"is no list of at most {MOST} texts"))
        else:
            said += [
                (path, f"text {n + 1}: {what}")
                for n, row in enumerate(listed)
                for what in _lint_row(str(state), row)
            ]
            ids = [row["id"] for row in listed if isinstance(row, dict) and isinstance(row.get("id"), str)]
            said += [
                (path, f"has {one!r} twice") for one in sorted({one for one in ids if ids.count(one) > 1})
            ]
    return said


def _lint_row(state: str, row: object) -> list[str]:
    if not isinstance(row, dict) or set(row) != _KEYS:
        return [f"has other keys than {', '.join(sorted(_KEYS))}"]
    said = []
    if not isinstance(row["id"], str) or len(row["id"]) > 64 or not _SLUG.fullmatch(row["id"]):
        said.append("its id is no slug")
    if row["to"] not in get_args(Addressed):
        said.append(f"it is for none of {', '.join(get_args(Addressed))}")
    if row["owner"] not in INCIDENT_ROLES:
        said.append(f"its owner is none of {', '.join(INCIDENT_ROLES)}")
    said += [f"its {key} text {what}" for key in ("real", "drill") for what in _lint_text(row[key])]
    if said:
        return said
    if " ".join(row["real"].split()) == " ".join(row["drill"].split()):
        return ["a drill says what is said for real"]
    said += [f"of its {key} text: {what}" for key in ("real", "drill") for what in _against(state, row[key])]
    if _speaks_of_a_drill(row["real"]):
        said.append("its real text speaks of a drill, and whoever reads it may believe that it is one")
    if not _speaks_of_a_drill(row["drill"]):
        said.append(
            "its drill text does not say that it is one: the word DRILL before it may be lost on the way"
        )
    return said


def _speaks_of_a_drill(text: str) -> bool:
    return _PRACTICE.search(_NO_DRILL.sub("", " ".join(text.split()))) is not None


def _against(state: str, text: str) -> list[str]:
    """What a text asks of people that its response must not."""
    if state == OVER:
        return []
    said = [why(state, found)] if (found := contrary(state, text)) else []
    if found := calls_families_in(state, text):
        said.append(
            f"its words say {found!r}, contrary to {state}: nobody comes to a campus that stays inside"
        )
    return said


def _lint_text(text: object) -> list[str]:
    if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST_TEXT:
        return [f"is not words, {LONGEST_TEXT} letters at most"]
    places = [found[1] for found in _BRACES.finditer(text)]
    said = []
    if not all(place in PLACES for place in places):
        known = ", ".join(f"{{{one}}}" for one in sorted(PLACES))
        said.append(f"has braces that are none of {known}")
    if foreign := _FOREIGN.search(_BRACES.sub("", text)):
        said.append(f"has {foreign[0]!r}, which nobody fills in here")
    if not " ".join(text.split()).isprintable():
        said.append("has signs that cannot be printed")
    if "number" not in places:
        said.append("does not have {number}, by which the newer of two is known")
    if _MARKED.match(text):
        said.append("begins with DRILL or REAL itself, which the box puts there")
    return said
