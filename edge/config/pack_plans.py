"""The second half of a responses pack, linted: whose each response is, its words, and what may follow what.

A pack of an older version has none of it: then everybody with the right may, the words are the product's own, and nothing
that a person asks for is refused. What is there must be whole: no plan without somebody who can see to it, start and end it,
none that nobody can reach, and a word for every pair.
"""

from collections.abc import Mapping
from typing import Any, Final, cast, get_args

from edge.config.contrary_words import contrary, why
from edge.config.pack_rights import shipped_rights
from rules.model.kinds import KindWord
from rules.model.responses import Response
from rules.plan import EndAsks
from rules.rights import GIVEN, ROLES, Right
from rules.transition_table import BESIDE, CHANGE, ENDS, RAISE, Transitions

SECTIONS: Final = frozenset({"plans", "transitions", "refusals", "kinds"})
HELP: Final[frozenset[str]] = frozenset({"medical", "duress", "staff-assist"})
"""Calls for help: whatever holds, they are never refused, and they take nothing's place that is graver."""
NEAREST: Final[frozenset[str]] = frozenset({"aed", "trauma-kit"})
"""Kinds of asset whose nearest ones in service an incident's page can name."""
KINDS: Final[tuple[KindWord, ...]] = ("real", "drill", "exercise")
LONGEST_WORDS: Final = 100
"""With the action before it and the state's number after it they must fit into one SMS, and leave room for the campus."""
LONGEST_REASON: Final = 200
ANY: Final = "any"
_RESPONSES: Final[tuple[Response, ...]] = get_args(Response)
_WHO: Final[Mapping[str, Right]] = {"owner": "note", "start": "start", "change": "close", "end": "close"}
"""What a role that is named for it must have the right to."""
_KEYS: Final = frozenset({"owner", "start", "change", "end", "says", "nearest", "end_asks"})
_NEEDED: Final = frozenset({"owner", "start", "change", "end", "says"})
Said = list[tuple[str, str]]


def lint_plans(pack: Mapping[str, Any], ranks: Mapping[str, int]) -> Said:
    """Path and sentence for each thing that is wrong. ranks: of all nine, linted before."""
    there = SECTIONS & set(pack)
    if not there:
        return []
    if missing := sorted(SECTIONS - there):
        return [("", f"has {', '.join(sorted(there))} and not {', '.join(missing)}: all four, or none")]
    said: Said = []
    for section in sorted(SECTIONS):
        if not isinstance(pack[section], dict):
            said.append((section, "is not keys with values"))
    if said:
        return said
    said = _each(pack["plans"], "plans")
    for name in () if said else _RESPONSES:
        said += _lint_plan(f"plans.{name}", name, pack["plans"][name])
    reasons = pack["refusals"]
    said += _lint_reasons(reasons)
    said += _lint_transitions(pack["transitions"], ranks, reasons)
    said += _lint_kinds(pack["kinds"], reasons)
    used = {
        one
        for table in (pack["transitions"], pack["kinds"])
        for row in table.values()
        if isinstance(row, dict)
        for one in row.values()
    }
    said += [(f"refusals.{code}", "no transition is refused for it") for code in reasons if code not in used]
    return said


def transitions_of(pack: Mapping[str, Any]) -> Transitions:
    """Of a linted pack."""
    verdicts = {
        (cast("Response", was), cast("Response", wanted)): str(verdict)
        for was, row in pack.get("transitions", {}).items()
        for wanted, verdict in row.items()
    }
    kinds = {
        (cast("KindWord", live), cast("KindWord", wanted)): str(verdict)
        for live, row in pack.get("kinds", {}).items()
        for wanted, verdict in row.items()
    }
    return Transitions(verdicts, kinds, dict(pack.get("refusals", {})))


def who(plan: Mapping[str, Any], what: str) -> frozenset[str] | None:
    """Of a linted plan: the roles that may; None: all whose right it is."""
    named = plan.get(what, ANY)
    return None if named == ANY else frozenset(cast("list[str]", named))


def _each(rows: Mapping[str, Any], where: str) -> Said:
    said = [(f"{where}.{name}", "is no response") for name in rows if name not in _RESPONSES]
    return said + [(where, f"{name} is missing") for name in _RESPONSES if name not in rows]


def _lint_plan(path: str, name: str, plan: object) -> Said:
    if not isinstance(plan, dict) or not _NEEDED <= set(plan) <= _KEYS:
        return [
            (path, f"has other keys than {', '.join(sorted(_KEYS))}; nearest and end_asks may be left out")
        ]
    said: Said = []
    for what, right in _WHO.items():
        said += _lint_who(f"{path}.{what}", what, right, plan[what])
    says = plan["says"]
    if not isinstance(says, str) or not says.strip() or not says.isprintable() or len(says) > LONGEST_WORDS:
        said.append((f"{path}.says", f"its words are no line of 1 to {LONGEST_WORDS} characters"))
    elif not says.rstrip().endswith((".", "!")):
        said.append(
            (f"{path}.says", "its words do not end as a sentence: they are said twice, one after the other")
        )
    elif found := contrary(name, says):
        said.append((f"{path}.says", why(name, found)))
    if plan.get("end_asks", "session") not in get_args(EndAsks):
        said.append((f"{path}.end_asks", f"is none of {', '.join(get_args(EndAsks))}"))
    nearest = plan.get("nearest", [])
    if not isinstance(nearest, list) or not all(one in NEAREST for one in nearest):
        said.append((f"{path}.nearest", f"nearest lists {', '.join(sorted(NEAREST))}"))
    elif name == "medical" and "aed" not in nearest:
        said.append((path, "medical does not name the nearest AED in service: nearest: [aed]"))
    elif name == "duress" and nearest:
        said.append((f"{path}.nearest", "duress shows nothing on site"))
    return said


def _lint_who(path: str, what: str, right: Right, named: object) -> Said:
    if named == ANY and what != "owner":
        return []
    if not isinstance(named, list) or not named or not all(isinstance(one, str) for one in named):
        return [(path, "names nobody: it lists roles" + ("" if what == "owner" else f", or is {ANY}"))]
    table = shipped_rights()
    if unknown := [one for one in named if one not in ROLES]:
        return [(path, f"there is no role {unknown[0]}")]
    if len(set(named)) < len(named):
        return [(path, "names a role twice")]
    if without := [one for one in named if not table.may(one, right)]:
        return [(path, f"{without[0]} does not have the right to {right}")]
    if not GIVEN & set(named):
        return [(path, f"nobody can be one of these yet: add one of {', '.join(_able(right))}")]
    return []


def _able(right: Right) -> list[str]:
    return sorted(role for role in GIVEN if shipped_rights().may(role, right))


def _lint_reasons(reasons: Mapping[str, Any]) -> Said:
    said: Said = []
    for code, text in reasons.items():
        path = f"refusals.{code}"
        if code in (RAISE, CHANGE, BESIDE, ENDS) or not code.replace("_", "").isalnum() or len(code) > 40:
            said.append((path, "is no code of a reason: letters, digits and _, and no verdict's word"))
        if (
            not isinstance(text, str)
            or not text.strip()
            or not text.isprintable()
            or len(text) > LONGEST_REASON
        ):
            said.append((path, f"says in no line of 1 to {LONGEST_REASON} characters why, and what to do"))
    return said


def _lint_transitions(rows: Mapping[str, Any], ranks: Mapping[str, int], reasons: Mapping[str, Any]) -> Said:
    said = _each(rows, "transitions")
    for was in () if said else _RESPONSES:
        row, path = rows[was], f"transitions.{was}"
        if not isinstance(row, dict):
            said.append((path, "is not keys with values"))
            continue
        said += [
            (f"{path}.{one}", "is no other response") for one in row if one not in _RESPONSES or one == was
        ]
        for wanted in _RESPONSES:
            if wanted == was:
                continue
            if wanted not in row:
                said.append((path, f"whether {wanted} may follow is not said"))
            elif what := _wrong(was, wanted, row[wanted], ranks, reasons):
                said.append((f"{path}.{wanted}", what))
    return said or _unreachable(rows)


def _wrong(
    was: str, wanted: str, verdict: object, ranks: Mapping[str, int], reasons: Mapping[str, Any]
) -> str:
    if verdict not in (RAISE, CHANGE, BESIDE) and verdict not in reasons:
        return f"is none of {RAISE}, {CHANGE}, {BESIDE}, and no reason under refusals"
    if "duress" in (was, wanted):
        return "" if verdict == BESIDE else "duress stands beside everything: nothing on site changes by it"
    if ranks[wanted] > ranks[was]:
        return (
            "" if verdict == RAISE else "it is graver, so it must raise: nobody is kept from calling for more"
        )
    if verdict == RAISE:
        return "it is not graver, so it cannot raise: change, beside, or a reason"
    if wanted in HELP and verdict != BESIDE:
        return "a call for help stands beside what holds; it is never refused and takes nothing's place"
    if wanted not in HELP and verdict == BESIDE:
        return "two actions cannot be done at once: change, or a reason"
    return ""


def _unreachable(rows: Mapping[str, Mapping[str, object]]) -> Said:
    """A response in whose place only the end of all could come: nobody could lead people on from it by a change."""
    return [
        (f"transitions.{was}", "nothing less grave may take its place, so nobody can lead on from it")
        for was, row in rows.items()
        if was not in HELP and not {RAISE, CHANGE} & set(row.values())
    ]


def _lint_kinds(rows: Mapping[str, Any], reasons: Mapping[str, Any]) -> Said:
    if set(rows) != set(KINDS) or not all(isinstance(row, dict) for row in rows.values()):
        return [("kinds", f"is not {', '.join(KINDS)}, each with the two others")]
    said: Said = []
    for live, row in rows.items():
        path = f"kinds.{live}"
        if set(row) != set(KINDS) - {live}:
            said.append((path, "is not said of the two other kinds"))
            continue
        for wanted, verdict in row.items():
            if wanted == "real" and verdict != ENDS:
                said.append((f"{path}.real", f"what is real {ENDS} it at once: the contract, section 1"))
            elif live == "real" and verdict not in reasons:
                said.append(
                    (f"{path}.{wanted}", "nothing that is not real begins beside what is real: a reason")
                )
            elif "real" not in (live, wanted) and verdict != BESIDE and verdict not in reasons:
                said.append((f"{path}.{wanted}", f"is neither {BESIDE} nor a reason under refusals"))
    return said
