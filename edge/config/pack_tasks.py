"""The tasks of a responses pack: what people do, by ICS role. None is without an owner, and none can never come due."""

import re
from collections.abc import Mapping
from typing import Any, Final, cast, get_args

from edge.config.forms import Wrong, duration_us
from edge.config.pack_section import section
from edge.config.problems import Problem
from rules.model.moments import MINUTE_US
from rules.model.post_facts import INCIDENT_ROLES
from rules.model.responses import Response
from rules.plan import TaskPlan

MOST: Final = 40
LONGEST_TEXT: Final = 200
LONGEST_US: Final = 24 * 60 * MINUTE_US
_KEYS: Final = frozenset({"id", "role", "text"})
_TIMES: Final = frozenset({"within", "every"})
_MAY: Final = _TIMES | {"drill"}
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

Tasks = Mapping[Response, tuple[TaskPlan, ...]]


def read_tasks(data: bytes, file: str) -> tuple[Tasks | None, tuple[Problem, ...]]:
    """The tasks by response; a pack without any has none. Never raises; bounded like every YAML file of ours."""
    rows, problems = section(data, file, "tasks", _lint)
    if rows is None:
        return None, problems
    return {cast("Response", name): tuple(_task(row) for row in listed) for name, listed in rows.items()}, ()


def _task(row: dict[str, Any]) -> TaskPlan:
    within, every = _time(row.get("within", "")), _time(row.get("every", ""))
    return TaskPlan(
        row["id"], row["role"], row["text"], within or every, every, "every" in row, row.get("drill", "")
    )


def _lint(tasks: object) -> list[tuple[str, str]]:
    """Path and sentence for each thing that is wrong."""
    if not isinstance(tasks, dict):
        return [("tasks", "is not responses with their tasks")]
    said: list[tuple[str, str]] = []
    known: dict[str, object] = {}
    for response, listed in tasks.items():
        path = f"tasks.{response}"
        if response not in get_args(Response):
            said.append((path, "is no response"))
        elif not isinstance(listed, list) or len(listed) > MOST:
            said.append((path, f"is no list of at most {MOST} tasks"))
        else:
            said += [
                (path, f"task {n + 1}: {what}") for n, row in enumerate(listed) for what in _lint_row(row)
            ]
            ids = [row["id"] for row in listed if isinstance(row, dict) and isinstance(row.get("id"), str)]
            said += [
                (path, f"has {one!r} twice") for one in sorted({one for one in ids if ids.count(one) > 1})
            ]
            for row in listed:
                # What a second response asks for again is the same task: it is opened once, and must be one thing.
                if isinstance(row, dict) and (meant := _meant(row)) != known.setdefault(
                    str(row.get("id")), meant
                ):
                    said.append((path, f"{row.get('id')!r} is another task in another response"))
    return said


def _meant(row: dict[str, object]) -> object:
    """What a task is, whatever its time."""
    return row.get("role"), row.get("text"), row.get("drill")


def _lint_row(row: object) -> list[str]:
    if not isinstance(row, dict) or not _KEYS <= set(row) <= _KEYS | _MAY:
        return ["has other keys than id, role, text, and drill, within, every"]
    said = []
    if not isinstance(row["id"], str) or len(row["id"]) > 64 or not _SLUG.fullmatch(row["id"]):
        said.append("its id is no slug")
    if row["role"] not in INCIDENT_ROLES:
        said.append(f"its role is none of {', '.join(INCIDENT_ROLES)}")
    for key in ("text", "drill"):
        text = row.get(key, row["text"])
        if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST_TEXT:
            said.append(f"its {key} is not words, {LONGEST_TEXT} letters at most")
    said += [f"{key} is no time from 10s to 1d" for key in sorted(_TIMES & set(row)) if not _time(row[key])]
    return said


def _time(text: object) -> int:
    """Microseconds; 0: it is no time that a task may have."""
    try:
        us = duration_us(text) if isinstance(text, str) and text else 0
    except Wrong:
        return 0
    return us if 10_000_000 <= us <= LONGEST_US else 0
