"""A responses pack: what each of the nine responses does, linted so that none can lock what it must not."""

from collections.abc import Mapping
from typing import Any, Final, Literal, cast, get_args

from edge.config.contrary_words import LEAD_OUT
from edge.config.pack_plans import SECTIONS, lint_plans, transitions_of, who
from edge.config.problems import Problem
from edge.config.yaml12 import Mapping as YamlMapping
from edge.config.yaml12 import Node, compose, plain_of
from rules.model.responses import Response
from rules.model.values import dataclass
from rules.plan import DoorKind, EndAsks
from rules.transition_table import Transitions

Perimeter = Literal["policy", "never", "always"]
NEVER_LOCKS: Final[frozenset[str]] = frozenset({"fire", "evacuate", "medical", "duress", "staff-assist"})
"""Whatever a pack says, these lock nothing: the contract and egress law."""
NO_SIGN: Final[frozenset[str]] = frozenset({"duress", "staff-assist"})
"""These switch no output: duress is silent, staff-assist makes no public sign."""
_ROOM_KINDS: Final = frozenset({"classroom", "interior", "stair"})


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """One response as the pack has it, before the site's perimeter choice is applied."""

    rank: int
    scope: Literal["campus", "zone"]
    silent: bool
    locks: frozenset[DoorKind]
    perimeter: Perimeter
    outputs: bool
    sounds: bool
    messages: bool
    owner: tuple[str, ...] = ()
    start: frozenset[str] | None = None
    change: frozenset[str] | None = None
    end: frozenset[str] | None = None
    says: str = ""
    nearest: tuple[str, ...] = ()
    end_asks: EndAsks = "session"


@dataclass(frozen=True, slots=True)
class ResponsePack:
    """All nine, and what may follow what."""

    responses: Mapping[Response, ResponseRow]
    transitions: Transitions


def read_responses(data: bytes, file: str) -> tuple[ResponsePack | None, tuple[Problem, ...]]:
    """Reads and lints a responses pack. Never raises; bounded like every YAML file of ours."""
    root, problems = compose(data, file)
    if root is None or problems:
        return None, tuple(problems)
    said = _lint_responses(root)
    if said:
        return None, tuple(
            Problem(file, _line(root, path), path or "yaml", what, "see rules/packs/responses.yaml")
            for path, what in said
        )
    pack = cast("dict[str, Any]", plain_of(root))
    plans = pack.get("plans", {})
    rows = {
        cast("Response", name): _response(row, plans.get(name, {})) for name, row in pack["responses"].items()
    }
    return ResponsePack(rows, transitions_of(pack)), ()


def _response(row: dict[str, object], plan: dict[str, Any]) -> ResponseRow:
    return ResponseRow(
        rank=cast("int", row["rank"]),
        scope=cast("Literal['campus', 'zone']", row["scope"]),
        silent=row["silent"] is True,
        locks=frozenset(cast("list[DoorKind]", row["locks"])),
        perimeter=cast("Perimeter", row["perimeter"]),
        outputs=row["outputs"] is True,
        sounds=row.get("sounds", row["outputs"]) is True,
        messages=row.get("messages", not row["silent"]) is True,
        owner=tuple(plan.get("owner", ())),
        start=who(plan, "start"),
        change=who(plan, "change"),
        end=who(plan, "end"),
        says=str(plan.get("says", "")).strip(),
        nearest=tuple(plan.get("nearest", ())),
        end_asks=cast("EndAsks", plan.get("end_asks", "session")),
    )


_KEYS: Final = frozenset({"rank", "scope", "silent", "locks", "perimeter", "outputs"})
_TOLD: Final = frozenset({"sounds", "messages"})
"""May be left out: packs of the first version have neither."""


def _lint_responses(root: Node) -> list[tuple[str, str]]:
    """Path and sentence for each thing that is wrong."""
    pack = plain_of(root)
    beside = SECTIONS | {"tasks", "statements"}
    if not isinstance(pack, dict) or set(pack) - beside != {"name", "version", "responses"}:
        known = ", ".join(sorted(beside))
        return [("", f"a responses pack has the keys name, version and responses, and may have {known}")]
    if not isinstance(pack["version"], int) or isinstance(pack["version"], bool):
        return [("version", "is not a whole number")]
    rows = pack["responses"]
    if not isinstance(rows, dict):
        return [("responses", "is not keys with values")]
    wanted = set(get_args(Response))
    said = [(f"responses.{name}", "is no response") for name in rows if name not in wanted]
    said += [("responses", f"{name} is missing") for name in sorted(wanted - set(rows))]
    for name in wanted & set(rows):
        said += [(f"responses.{name}", what) for what in _lint_row(name, rows[name])]
    if said:
        return said
    ranks = [row["rank"] for row in rows.values()]
    if len(set(ranks)) < len(ranks):
        said.append(("responses", "two responses have one rank, so which of them holds is not said"))
    if rows["lockdown"]["rank"] != max(row["rank"] for row in rows.values()):
        said.append(("responses.lockdown", "lockdown does not have the highest rank"))
    if "classroom" not in rows["lockdown"]["locks"]:
        said.append(("responses.lockdown", "lockdown does not lock classrooms"))
    return said + lint_plans(pack, {name: row["rank"] for name, row in rows.items()})


def _lint_row(name: str, row: object) -> list[str]:
    if not isinstance(row, dict) or set(row) - _TOLD != _KEYS:
        return [f"has other keys than {', '.join(sorted(_KEYS | _TOLD))}"]
    said = []
    if isinstance(row["rank"], bool) or not isinstance(row["rank"], int) or not 0 < row["rank"] <= 1000:
        said.append("its rank is not a number from 1 to 1000")
    if row["scope"] not in ("campus", "zone"):
        said.append("its scope is neither campus nor zone")
    if row["perimeter"] not in get_args(Perimeter):
        said.append("its perimeter is none of policy, never, always")
    if not isinstance(row["silent"], bool) or not isinstance(row["outputs"], bool):
        said.append("silent and outputs are true or false")
    if not all(isinstance(row[one], bool) for one in _TOLD & set(row)):
        said.append("sounds and messages are true or false")
    if not isinstance(row["locks"], list) or not all(
        isinstance(one, str) and one in _ROOM_KINDS for one in row["locks"]
    ):
        said.append("locks lists classroom, interior, stair; exterior doors go by perimeter")
    if said:
        return said
    if name in NEVER_LOCKS and (row["locks"] or row["perimeter"] != "never"):
        said.append("may lock nothing")
    if name in NO_SIGN and row["outputs"]:
        said.append("may switch no output")
    if name in LEAD_OUT and row["outputs"]:
        said.append("may switch no output: a strobe says stay in, and look at the screens")
    if name in NO_SIGN and row.get("sounds"):
        said.append("may not sound")
    if name == "duress" and row.get("messages"):
        said.append("may not be written to anybody")
    if row["silent"] is not (name == "duress"):
        said.append("only duress is silent, and duress always is")
    return said


def _line(root: Node, path: str) -> int:
    """The line of the deepest key of the path that the file has."""
    node, line = root, root.line
    for part in path.split("."):
        if not isinstance(node, YamlMapping) or part not in node.items:
            break
        line, node = node.items[part].line, node.items[part].value
    return line
