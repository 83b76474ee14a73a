"""What is asked about drills, read once: bounded, strict, and each verb with its own form."""

from typing import Any

import msgspec
import pytest

from edge.drill_forms import OF_VERBS, NotADay, ask_for, ask_of, read, ticket_number
from rules.model.drill_asks import (
    BeginDrill,
    CancelDrill,
    CloseFinding,
    EndDrill,
    FillField,
    GiveNotice,
    LogDrill,
    PlanDrill,
    StartDrill,
)
from rules.model.ids import ButtonId, DrillId, ZoneId

WHAT: dict[str, Any] = {"type": "lockdown", "zones": ["a"]}
DRILL = DrillId("drill-1")
WHOLE = {
    **WHAT, "kind": "drill", "response": "secure", "buttons": ["pb-1"], "failures": [{"what": "door", "id": "d-1"}]
}  # fmt: skip
FAILURES = (("door", "d-1"),)
ASKS: list[tuple[str, dict[str, Any], object]] = [
    (
        "plan",
        {**WHOLE, "date": "2026-09-01", "time": "09:30", "announced": False, "note": "with police"},
        PlanDrill(
            "lockdown", "drill", "secure", (ZoneId("a"),), (ButtonId("pb-1"),), FAILURES,
            739_860, 570, False, "with police",
        ),
    ),
    (
        "begin",
        {**WHOLE, "minutes": 5, "waits": True},
        BeginDrill("lockdown", "drill", "secure", (ZoneId("a"),), (ButtonId("pb-1"),), FAILURES, 5, True),
    ),
    ("begin", WHAT, BeginDrill("lockdown", "drill", None, (ZoneId("a"),), (), (), 30, False)),
    ("start", {}, StartDrill(DRILL, 30, False)),
    ("end", {"reason": "over"}, EndDrill(DRILL, "over")),
    ("cancel", {}, CancelDrill(DRILL, "")),
    ("notice", {"whom": "parents", "how": "by letter"}, GiveNotice(DRILL, "parents", "by letter")),
    (
        "log",
        {"type": "fire", "date": "2026-09-01", "time": "00:00", "note": "by the panel"},
        LogDrill("fire", 739_860, 0, "by the panel"),
    ),
    ("field", {"field": "weather", "text": "rain"}, FillField(DRILL, "weather", "rain")),
    ("finding", {"ticket": "lincoln-hs-187"}, CloseFinding(DRILL, 2, "lincoln-hs-187", "")),
    ("finding", {"change": "Button moved"}, CloseFinding(DRILL, 2, "", "Button moved")),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "said", "ask"), ASKS)
def test_each_verb_asks_for_what_its_form_says(verb: str, said: dict[str, Any], ask: object) -> None:
    assert ask_for(verb, read(verb, said), DRILL, 2) == ask


def test_every_verb_stands_here() -> None:
    assert {verb for verb, _, _ in ASKS} == set(OF_VERBS)


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("begin", {**WHAT, "zones": []}),
        ("begin", {**WHAT, "kind": "real"}),
        ("begin", {**WHAT, "kind": "test"}),
        ("begin", {**WHAT, "minutes": 0}),
        ("begin", {**WHAT, "minutes": 181}),
        ("begin", {**WHAT, "response": "panic"}),
        ("begin", {**WHAT, "buttons": ["pb 1"]}),
        ("begin", {**WHAT, "failures": [{"what": "camera", "id": "c"}]}),
        ("begin", {**WHAT, "enroled": ["pb-1"]}),
        ("plan", {**WHAT, "date": "1.9.2026", "time": "09:30"}),
        ("plan", {**WHAT, "date": "2026-09-01", "time": "24:00"}),
        ("plan", {**WHAT, "date": "2026-09-01", "time": "09:30", "note": "a\u0007b"}),
        ("notice", {"whom": "parents", "how": ""}),
        ("finding", {"ticket": "187; drop"}),
        ("field", {"field": "weather", "text": "x" * 2_001}),
        ("end", {"reason": "a\nb"}),
    ],
)
def test_what_cannot_be_is_refused_whole(verb: str, said: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(verb, said)


def test_a_verb_that_there_is_not_is_no_form() -> None:
    with pytest.raises(KeyError):
        read("mute", {})
    with pytest.raises(TypeError, match="by its verb"):
        ask_of(read("end", {}))


@pytest.mark.parametrize("verb", ["plan", "log"])
def test_a_day_that_no_calendar_has_is_told_from_a_slip(verb: str) -> None:
    more = WHAT if verb == "plan" else {"type": "fire", "note": "x"}
    with pytest.raises(NotADay, match="2026-02-30"):
        ask_for(verb, read(verb, {**more, "date": "2026-02-30", "time": "09:30"}))


@pytest.mark.parametrize(("text", "number"), [("187", 187), ("lincoln-hs-187", 187), ("a-1-2", 2)])
def test_a_ticket_is_meant_as_it_is_said(text: str, number: int) -> None:
    assert ticket_number(text) == number
