"""One section of a responses pack beside the responses themselves: found, linted, its problems told by line."""

from collections.abc import Callable, Mapping
from typing import Any

from edge.config.problems import Problem
from edge.config.yaml12 import Mapping as YamlMapping
from edge.config.yaml12 import compose, plain_of


def section(
    data: bytes, file: str, name: str, lint: Callable[[object], list[tuple[str, str]]]
) -> tuple[Mapping[str, list[dict[str, Any]]] | None, tuple[Problem, ...]]:
    """The lists of rows under this key; a pack without it has none. Never raises; bounded like every YAML file of ours.

    lint: path and sentence for each thing that is wrong with what stands there.
    """
    root, problems = compose(data, file)
    if root is None or problems:
        return None, tuple(problems)
    pack = plain_of(root)
    found = pack.get(name, {}) if isinstance(pack, dict) else {}
    said = lint(found)
    if said:
        line = root.items[name].line if isinstance(root, YamlMapping) and name in root.items else root.line
        do = f"see {name}: in rules/packs/responses.yaml"
        return None, tuple(Problem(file, line, path, what, do) for path, what in said)
    return found, ()
