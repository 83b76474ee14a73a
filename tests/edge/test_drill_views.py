"""Drills as documents: what is missing is named, who was not told is named, and a score stands beside the last five."""

from dataclasses import replace
from datetime import UTC
from typing import Any

from edge import drill_views
from edge.words import reply
from rules.model.drill_asks import FillField, GiveNotice, LogDrill, PlanDrill, StartDrill
from rules.model.ids import DrillId
from tests.rules.campus import CAMPUS
from tests.rules.drilling import LAW, RULES, TODAY, Drilling, drilled_plan, drilling
from tests.rules.story import DESK, GYM, ROOM_1


def known() -> Drilling:
    story = Drilling()
    story.clock()
    return story


def record(story: Drilling, drill: str) -> dict[str, Any]:
    found = drill_views.record(story.plan, story.state, drill, UTC)
    assert found is not None
    return found


def listing(story: Drilling, *, all_planned: bool = True) -> list[dict[str, Any]]:
    return drill_views.listing(story.plan, story.state, UTC, all_planned=all_planned)


def held(story: Drilling) -> str:
    story.begin(DESK)
    story.finish()
    return listing(story)[0]["id"]  # type: ignore[no-any-return]


def test_a_record_names_each_field_that_the_law_asks_for_and_nobody_filled_in() -> None:
    story = known()
    drill = held(story)
    before = record(story, drill)
    assert before["missing"] == ["Weather"]
    assert {one["field"]: one["value"] for one in before["fields"]} == {
        "date": "2025-09-06",
        "type": "Lockdown",
        "weather": "",
    }
    assert all(one["verified"] for one in before["fields"])
    doubted = replace(story.plan.drills, law=replace(LAW, unverified=("weather",)))
    found = drill_views.record(replace(story.plan, drills=doubted), story.state, drill, UTC)
    assert found is not None
    assert [one["field"] for one in found["fields"] if not one["verified"]] == ["weather"]
    story.ask(FillField(DrillId(drill), "weather", "rain"))
    assert record(story, drill)["missing"] == []


def test_a_logged_drill_has_no_evidence_and_what_nobody_wrote_is_missing() -> None:
    story = known()
    story.ask(LogDrill("fire", TODAY, 600, "by the panel"))
    one = record(story, listing(story)[0]["id"])
    assert (one["date"], one["time"], one["doors"], one["lasted_ms"]) == ("2025-09-06", "10:00", [], None)
    assert one["words"] == "logged by a person's word, without evidence"
    assert one["missing"] == ["Weather"]
    assert (one["keep_until"], one["post_by"]) == ("2028-09-06", "2025-10-06")


def test_what_the_law_does_not_say_is_null_and_without_a_law_no_field_is_asked_for() -> None:
    story = known()
    drill = held(story)
    story.plan = replace(drilled_plan(), drills=replace(RULES, law=replace(LAW, keep=None, post=None)))
    assert (record(story, drill)["keep_until"], record(story, drill)["post_by"]) == (None, None)
    story.plan = replace(drilled_plan(), drills=replace(RULES, law=None))
    assert (record(story, drill)["fields"], record(story, drill)["law_name"]) == ([], None)


def test_whoever_was_not_told_of_a_planned_drill_is_named_until_somebody_records_that_they_were() -> None:
    story = known()
    story.ask(PlanDrill("lockdown", "drill", None, (CAMPUS,), (DESK,), (), TODAY + 5, 600, True, ""))
    (planned,) = listing(story)
    assert planned["notice_rules"] == [
        {"whom": "parents", "title": "Parents, 48 hours before", "by": "2025-09-09 10:00", "given": None}
    ]
    story.ask(GiveNotice(DrillId(planned["id"]), "parents", "by letter"))
    assert listing(story)[0]["notice_rules"][0]["given"]
    story.ask(StartDrill(DrillId(planned["id"]), 30))
    story.finish()
    (told,) = record(story, planned["id"])["notices"]
    assert (told["title"], told["how"]) == ("Parents", "by letter")


def test_a_drill_that_is_not_announced_is_seen_by_nobody_who_may_not_start_it() -> None:
    story = known()
    story.ask(PlanDrill("lockdown", "drill", None, (CAMPUS,), (), (), TODAY, 600, False, ""))
    assert listing(story, all_planned=False) == []
    assert len(listing(story)) == 1


def test_a_drill_under_way_says_which_buttons_are_enrolled_and_which_were_pressed() -> None:
    story = drilling(DESK, GYM)
    story.hear(DESK)
    (one,) = listing(story)
    assert [(each["button"], each["enrolled"], each["pressed"]) for each in one["buttons"]] == [
        (DESK, True, True),
        (GYM, True, False),
    ]
    assert (one["state"], one["waits"], one["told"]) == ("under_way", False, 3)


def test_a_score_stands_beside_the_last_five_of_its_type_and_no_more() -> None:
    story = known()
    story.ask(LogDrill("lockdown", TODAY, 600, "without the box"))
    drills = []
    for _ in range(7):
        drills.append(held(story))
        story.wait(1_000)
    assert [one["id"] for one in record(story, drills[-1])["last"]] == drills[1:6][::-1]
    assert record(story, drills[0])["last"] == []
    one = record(story, drills[-1])
    assert {each["door"] for each in one["unsecured"]} >= {ROOM_1}
    assert all(each["words"] for each in one["unsecured"])
    assert [each["code"] for each in one["findings"]].count("room_silent") == 1
    assert (one["slowest_ms"], one["counts"], one["open_findings"]) == (None, True, len(one["findings"]))


def test_what_is_due_says_as_of_which_day_and_nothing_where_that_is_not_known() -> None:
    story = Drilling()
    assert drill_views.due(story.plan, story.state)["as_of"] is None
    story.clock()
    due = drill_views.due(story.plan, story.state)
    assert (due["law"], due["as_of"]) == ("us-xx", "2025-09-06")
    assert due["year"] == {"first": "2025-09-01", "last": "2026-06-20"}
    assert [(one["id"], one["words"], one["needed"]) for one in due["items"]] == [
        ("lockdown", "due", 2),
        ("fire-monthly", "due", 10),
    ]
    without = replace(drilled_plan(), drills=replace(RULES, law=None))
    assert drill_views.due(without, story.state)["law"] is None


def test_a_drill_there_is_not_has_no_record_and_its_refusal_has_words() -> None:
    story = known()
    assert drill_views.told(story.plan, story.state, UTC, "none") is None
    assert drill_views.told(story.plan, story.state, UTC, None) is not None
    assert "no such drill" in reply("unknown_drill", {})
