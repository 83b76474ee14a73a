"""The configuration: no bytes make its reader or its check raise, and what is accepted is sound and reads alike."""

from typing import Final

from edge.config.check import check
from edge.config.pack_tasks import LONGEST_US, MOST
from edge.config.packs import PACKS, with_responses
from edge.config.plan import compile_plan
from edge.config.secrets import stored
from edge.config.yaml12 import compose, compose_beginning
from rules.model.post_facts import INCIDENT_ROLES
from tests.edge.config.campuses import FILES, SOUND

_OPEN: Final = stored(FILES)
FILE: Final = "campus.yaml"


def yaml(data: bytes) -> None:
    """The reader: a document, or problems each with a line; the same twice."""
    root, problems = compose(data, FILE)
    assert root is not None or problems
    assert all(problem.text().startswith(f"{FILE}:") for problem in problems)
    compose_beginning(data)


def whole(data: bytes) -> None:
    """The whole check: what is accepted compiles to a plan in which no door is driven without its commissioning record."""
    found = check(data, FILE, _OPEN)
    again = check(data, FILE, _OPEN)
    assert [one.text() for one in found.problems] == [one.text() for one in again.problems]
    assert all(one.text().startswith(f"{FILE}:") for one in (*found.problems, *found.notices))
    assert found.config is None or not found.blocking
    if found.config is None:
        return
    plan = compile_plan(found.config, found.packs, found.hash)
    driven = [door.lock.point for door in plan.doors.values() if door.lock is not None]
    driven += [one.point for one in plan.outputs.values() if one.point is not None]
    points = [(point.controller, point.space, point.number) for point in driven]
    assert len(set(points)) == len(points), "one coil for two"
    known = {one.id for one in found.config.controllers}
    assert {controller for controller, _, _ in points} <= known


_LINES: Final = SOUND.splitlines()
_VALUES: Final = (
    "", "~", "no", "yes", "on", "off", "0", "-1", "65536", "2.5", "1e9", "[]", "{}", "a", "plc", "bus", "reader", "fire",
    "a-101", "secure", "safe", "hold", "locked", "unlocked", "maglock", "strike", "delayed-egress", "sensor-release", '"nc"',
    "400ms", "2026-13-40", "2026-08-14", "x: 1", "[a, a]", "{coil: 0, locked_when: on}", "*a", "&a b", "!x y", "'", "|",
)  # fmt: skip


def edits(data: bytes) -> None:
    """A sound campus with values changed, lines lost and lines said twice: what people do to a file."""
    lines = list(_LINES)
    for at in range(0, min(len(data), 24) - 2, 3):
        line, what, value = data[at] % len(lines), data[at + 1] % 4, _VALUES[data[at + 2] % len(_VALUES)]
        match what:
            case 0:
                del lines[line]
            case 1:
                lines.insert(data[at + 2] % len(lines), lines[line])
            case 2:
                lines[line] = f"{lines[line].partition(': ')[0]}: {value}"
            case _:
                name, _, rest = lines[line].rpartition(": ")
                lines[line] = f"{name}: {value}{'}' if rest.endswith('}') else ''}"
        if not lines:
            return
    whole("\n".join(lines).encode())


def pack(data: bytes) -> None:
    """A site's own responses: what is accepted has an owner for each task and text, a time that can come, the state's number."""
    found, problems = with_responses(data, FILE)
    assert (found is None) is bool(problems)
    assert all(one.text().startswith(f"{FILE}:") for one in problems)
    for listed in found.tasks.values() if found is not None else ():
        assert len({one.id for one in listed}) == len(listed) <= MOST
        for one in listed:
            assert one.role in INCIDENT_ROLES
            assert one.text.strip()
            assert not one.timer or 0 < one.every_us <= LONGEST_US
    for said in found.statements.values() if found is not None else ():
        for words in said:
            assert words.owner in INCIDENT_ROLES
            assert words.real != words.drill
            assert all(
                "{number}" in text and not text.startswith("DRILL") for text in (words.real, words.drill)
            )


def pack_seeds() -> list[bytes]:
    standard = (PACKS / "responses.yaml").read_bytes()
    bare = standard[standard.index(b"name:") : standard.index(b"\n# What people do")]
    rows = b"{id: a, role: safety, text: T, within: 1m, drill: D}, {id: b, role: liaison, text: U, every: 5m}"
    words = b'{id: a, to: families, owner: liaison, real: "R {number}", drill: "D {number}"}'
    return [
        bare + b"\ntasks: {fire: [" + rows + b"]}\n",
        bare + b"\nstatements: {fire: [" + words + b"]}\n",
        bare,
    ]


def edits_seeds() -> list[bytes]:
    return [bytes((line, what, value)) for line in (8, 20, 26, 33) for what in range(4) for value in (1, 17)]


def yaml_seeds() -> list[bytes]:
    return [
        SOUND.encode(),
        *(line.encode() for line in SOUND.splitlines() if ":" in line),
        b"a: &x [1, *x]",
        b"? [a]\n: b",
        b"a: |\n  b\n\n  c\nd: >-\n e",
        b'%YAML 1.2\n---\na: !t "\\x41\\u263a"\n...\n---\n',
        b"[" * 500,
        b"\xff\xfea\x00",
    ]


def whole_seeds() -> list[bytes]:
    return [SOUND.encode()]
