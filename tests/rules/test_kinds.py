"""Real, drill, exercise and test are four types: mypy refuses the wrong one, and the words on the wire are these four."""

from pathlib import Path
from typing import Final, get_args

import pytest
from mypy import api

from rules.model.kinds import DRILL, EXERCISE, REAL, TEST, Kind, KindWord, kind_of

PREAMBLE: Final = """
from rules import interlock_notices, outputs, presses, requests, responses
from rules.model.events import PressAsked
from rules.model.facts import Because
from rules.model.ids import Actor, ButtonId, IncidentId, NoticeId, OutputId, RequestId
from rules.model.kinds import DRILL, EXERCISE, REAL, TEST, Dispatching, Drill, Kind, Real, Switching
from rules.model.responses import Ask
from rules.responses import Joining
from rules.step import Step

def call_911(kind: Dispatching) -> None: ...
def switch_lock(kind: Switching) -> None: ...

def tried(
    step: Step, ask: Ask, to: Joining, asked: PressAsked, kind: Kind, why: Because, who: Actor, inc: IncidentId
) -> None:
    """
OUTSIDE: Final = (
    "interlock_notices.to_outside(NoticeId(1), OutputId('police'), inc, 'lockdown', ask.zone, 1, {})"
)
ACCEPTED: Final = (
    OUTSIDE.format("REAL"),
    "call_911(REAL)",
    "switch_lock(REAL)",
    "switch_lock(DRILL)",
    "outputs.switch(step, (), True, incident=None, kind=DRILL, because=why)",
    "responses.respond(step, ask, EXERCISE, to, actor=who)",
    "presses.asked(step, asked, DRILL)",
    "PressAsked(step.at, RequestId(1), who, ButtonId('pb'), TEST)",
)
REFUSED: Final = (
    OUTSIDE.format("DRILL"),
    OUTSIDE.format("EXERCISE"),
    OUTSIDE.format("TEST"),
    OUTSIDE.format("kind"),
    "call_911(DRILL)",
    "call_911(EXERCISE)",
    "call_911(TEST)",
    "call_911(kind)",
    "switch_lock(EXERCISE)",
    "switch_lock(TEST)",
    "switch_lock(kind)",
    "outputs.switch(step, (), True, incident=None, kind=TEST, because=why)",
    "outputs.switch(step, (), True, incident=None, kind=EXERCISE, because=why)",
    "outputs.switch(step, (), True, incident=None, kind=kind, because=why)",
    "responses.respond(step, ask, TEST, to, actor=who)",
    "responses.respond(step, ask, kind, to, actor=who)",
    "presses.asked(step, asked, TEST)",
    "presses.asked(step, asked, kind)",
    "PressAsked(step.at, RequestId(1), who, ButtonId('pb'), True)",
    "PressAsked(step.at, RequestId(1), who, ButtonId('pb'), 'real')",
)


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What mypy says of each line, by the line; one run for all of them."""
    place = tmp_path_factory.mktemp("kinds")
    lines = (*ACCEPTED, *REFUSED)
    file = place / "snippets.py"
    file.write_text(PREAMBLE + "\n    ".join(lines) + "\n")
    root = Path(__file__).parents[2]
    said, errors, _ = api.run(
        [
            "--strict",
            "--no-error-summary",
            "--hide-error-context",
            "--no-incremental",
            "--follow-imports=silent",
            f"--config-file={root / 'pyproject.toml'}",
            f"--cache-dir={place / 'cache'}",
            str(file),
        ]
    )
    assert not errors
    first = PREAMBLE.count("\n") + 1
    found: dict[str, str] = {}
    for line in said.splitlines():
        where, _, what = line.partition(": error: ")
        assert what, line
        found[lines[int(where.rsplit(":", 1)[1]) - first]] = what
    return found


@pytest.mark.parametrize("line", ACCEPTED)
def test_the_right_kind_is_accepted(refusals: dict[str, str], line: str) -> None:
    assert line not in refusals


@pytest.mark.parametrize("line", REFUSED)
def test_the_wrong_kind_does_not_type_check(refusals: dict[str, str], line: str) -> None:
    assert "incompatible type" in refusals[line]
    assert "[arg-type]" in refusals[line]


@pytest.mark.parametrize("kind", [REAL, DRILL, EXERCISE, TEST])
def test_a_word_on_the_wire_stands_for_its_kind(kind: Kind) -> None:
    assert kind_of(kind.word) == kind


def test_there_are_four_words() -> None:
    assert get_args(KindWord) == ("real", "drill", "exercise", "test")
