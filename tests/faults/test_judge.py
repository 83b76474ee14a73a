"""The judge of the fault matrix sees each broken promise: a judge that sees nothing has shown nothing."""

from dataclasses import replace
from typing import Any

import pytest

from tests.faults.button import Press
from tests.faults.campus import behind
from tests.faults.judge import Story, broken

S = 1_000_000


def row(kind: str, seq: int, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "id": f"id-{seq}", "epoch": "epoch", "seq": seq, "incident": "inc-1", **more}


def heard(seq: int, press: str, standing: str) -> dict[str, Any]:
    return row("press.heard/1", seq, data={"press": press, "standing": standing})


PRESS = Press("pb-native", "p-1", "", 10 * S, [(10 * S + 5_000, True)])
ROWS = (heard(4, "p-1", "acted"), row("incident.opened/1", 5), heard(6, "p-1", "repeated"))
GOOD = Story(
    presses=[PRESS],
    writes=[(10 * S + 8_000, "tcp-1", True)],
    moved=[(0, "tcp-1", False, True), (10 * S + 100_000, "tcp-1", True, True)],
    claims=[(10 * S, "tcp-1", "pending"), (10 * S + 200_000, "tcp-1", "secured")],
    rows=ROWS,
    problems=[],
    refused=frozenset({"gym"}),
    doors=frozenset({"tcp-1", "gym"}),
    released={},
    locked={"tcp-1": True, "gym": False},
    ended_us=20 * S,
)


def with_rows(*rows: dict[str, Any]) -> Story:
    return replace(GOOD, rows=rows)


BROKEN = {
    "never accepted": replace(GOOD, presses=[replace(PRESS, answers=[])]),
    "accepted as durable and stands in the journal as nothing": with_rows(ROWS[1]),
    "stands in the journal as ['repeated']": with_rows(*ROWS[1:]),
    "acted 2 times": with_rows(*ROWS[:2], heard(6, "p-1", "joined")),
    "2 incidents were opened": with_rows(*ROWS, row("incident.opened/1", 7) | {"incident": "inc-2"}),
    "a gap or a double": with_rows(ROWS[0], ROWS[2], row("incident.opened/1", 8)),
    "stand in the journal twice": with_rows(*ROWS, ROWS[2] | {"seq": 7}),
    "chain: broken": replace(GOOD, problems=["chain: broken"]),
    "gym was told to lock": replace(GOOD, writes=[*GOOD.writes, (11 * S, "gym", True)]),
    "told to unlock 1.00 s behind a press and nobody had asked": replace(
        GOOD, writes=[*GOOD.writes, (11 * S, "tcp-1", False)]
    ),
    "tcp-1 is not locked at the end": replace(GOOD, locked={"tcp-1": False, "gym": False}),
    "its bolt was not thrown": replace(GOOD, moved=[(0, "tcp-1", False, True)]),
    "stayed secured for more than": replace(GOOD, moved=[*GOOD.moved, (12 * S, "tcp-1", True, False)]),
}


def test_a_story_in_which_everything_held_is_not_complained_of() -> None:
    assert broken(GOOD) == []


@pytest.mark.parametrize("words", BROKEN)
def test_the_judge_sees(words: str) -> None:
    (said,) = broken(BROKEN[words])

    assert words in said


def test_an_unlocking_frame_is_right_within_a_release_and_wrong_after_the_press_behind_it() -> None:
    released = replace(GOOD, released={"tcp-1": (11 * S, 13 * S)})

    assert broken(replace(released, writes=[(12 * S, "tcp-1", False)])) == []
    assert broken(replace(released, writes=[(14 * S, "tcp-1", False)])) != []


def test_what_was_said_before_the_appliance_was_gone_is_not_held_against_it() -> None:
    opened = [*GOOD.moved, (12 * S, "tcp-1", True, False)]

    assert broken(replace(GOOD, moved=opened, claims=[*GOOD.claims, (13 * S, "appliance", "gone")])) == []


def test_a_magnet_may_lock_when_its_doorway_is_empty_and_never_when_somebody_has_stood_in_it_for_long() -> (
    None
):
    told = replace(GOOD, writes=[*GOOD.writes, (30 * S, "gym", True)])
    emptied = [(0, True), (10 * S, False)]

    assert broken(replace(told, doorway=emptied)) == []
    assert broken(replace(told, doorway=[*emptied, (20 * S, True)])) != []
    assert broken(replace(told, doorway=[*emptied, (29 * S, True)])) == []


def test_what_stood_in_the_journal_before_must_stand_there_as_it_was() -> None:
    before = [row("config.accepted/1", 1), row("door.read/1", 2)]
    changed = {**before[1], "subject": "another"}

    assert broken(replace(GOOD, before=before, after=[*before, *ROWS])) == []
    for now in (before[:1], [before[0], changed]):
        (said,) = broken(replace(GOOD, before=before, after=[*now, *ROWS]))
        assert "1 events of before are gone or changed, the first of them number 2" in said


def test_a_press_answered_as_not_durable_may_be_gone_with_the_daemon_and_not_without() -> None:
    unkept = replace(PRESS, answers=[(10 * S + 5_000, False)])
    story = replace(GOOD, presses=[unkept], rows=ROWS[1:2])

    assert broken(story) != []
    assert broken(replace(story, ends_us=[10 * S])) != []
    assert broken(replace(story, ends_us=[11 * S])) == []
    assert broken(replace(story, presses=[PRESS], ends_us=[11 * S])) != []


def test_rows_that_a_fault_destroyed_may_be_missing_only_where_the_record_says_so() -> None:
    lost = replace(with_rows(ROWS[1]), record_lost=True)

    assert broken(lost) != []
    assert broken(replace(lost, rows=(row("epoch.started/1", 1), *with_rows(ROWS[1]).rows))) != broken(lost)


def test_a_copy_of_the_record_without_its_end_is_none_that_is_judged() -> None:
    """It happened: a press that stood in the journal was missing from the judge's copy, and the chain held."""
    rows = [{"epoch": "e-1", "seq": 1}, {"epoch": "e-1", "seq": 2}, {"epoch": "e-2", "seq": 1}]

    assert list(behind(rows, "e-1", 2)) == []
    assert list(behind(rows, "", 0)) == []
    assert list(behind(rows, "e-1", 3)) == ["epoch e-1 ends at 2, and the daemon had told of 3"]
    assert list(behind(rows, "e-3", 1)) == ["epoch e-3 ends at 0, and the daemon had told of 1"]
