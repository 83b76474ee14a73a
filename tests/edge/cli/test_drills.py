"""`campus-edge drill`: what is asked, what is said, and what a record that lacks something names."""

from dataclasses import replace
from typing import Any

import pytest

from edge import drill_views
from edge.control.desk import Reply
from rules.model.drill_asks import BeginDrill, DrillAsked, EndDrill, LogDrill, PlanDrill
from rules.model.ids import IncidentId
from tests.edge.cli.conftest import Run, Site
from tests.edge.control.desks import PaperDesk, serving
from tests.rules.drilling import RULES, Drilling
from tests.rules.story import DESK


def desk(reply: Reply | None = None) -> PaperDesk:
    made = PaperDesk(reply=reply or Reply(True, args=(("drill", "drill-1"), ("buttons", 1))))
    made.plan = replace(made.plan, drills=RULES)
    return made


def asked(here: PaperDesk) -> Any:
    (event,) = here.asked
    assert isinstance(event, DrillAsked)
    return event.ask


def of(story: Drilling) -> PaperDesk:
    """A desk whose record is that of a story."""
    made = PaperDesk(story.state)
    made.plan = story.plan
    return made


def held() -> tuple[Drilling, str]:
    story = Drilling()
    story.clock()
    story.begin(DESK)
    story.finish()
    return story, str(next(iter(story.state.record.drills.over)))


def test_a_drill_is_begun_with_its_buttons_and_what_is_real_is_said(run: Run, site: Site) -> None:
    here = desk(Reply(True, args=(("drill", "drill-1"), ("buttons", 1)), incident=IncidentId("inc-9")))
    with serving(site.store, here):
        words = ["--zone", "a", "--button", "pb-101", "--fails", "door:a-101", "--minutes", "5"]
        said = run("drill", "begin", "lockdown", *words).stdout
    ask = asked(here)
    assert isinstance(ask, BeginDrill)
    assert (ask.kind, ask.zones, ask.buttons, ask.failures, ask.minutes, ask.waits) == (
        "drill", ("a",), ("pb-101",), (("door", "a-101"),), 5, False,
    )  # fmt: skip
    assert said.startswith("DRILL drill-1 is under way, incident inc-9.")
    assert "every other button is real" in said


def test_one_that_waits_says_so_and_an_exercise_is_one(run: Run, site: Site) -> None:
    here = desk()
    with serving(site.store, here):
        said = run("drill", "begin", "fire", "--zone", "a", "--waits", "--exercise").stdout
    assert "waits for the first press" in said
    assert (asked(here).waits, asked(here).kind) == (True, "exercise")


def test_a_planned_one_starts_by_a_persons_word_and_by_nothing_else(run: Run, site: Site) -> None:
    here = desk()
    with serving(site.store, here):
        when = ["--date", "2026-09-01", "--time", "09:30", "--unannounced"]
        said = run("drill", "plan", "lockdown", "--zone", "a", *when).stdout
    ask = asked(here)
    assert isinstance(ask, PlanDrill)
    assert (ask.minute, ask.announced) == (570, False)
    assert "by nothing else" in said


def test_the_end_names_that_doors_stay_as_they_are(run: Run, site: Site) -> None:
    here = desk()
    with serving(site.store, here):
        said = run("drill", "end", "drill-1", "--reason", "over").stdout
    assert asked(here) == EndDrill("drill-1", "over")  # type: ignore[arg-type]
    assert "Doors stay as they are" in said


def test_what_this_box_had_no_part_in_is_logged(run: Run, site: Site) -> None:
    here = desk()
    with serving(site.store, here):
        made = run(
            "drill", "log", "fire", "--date", "2026-09-01", "--time", "10:00", "--note", "by the panel"
        )
    assert made.returncode == 0
    assert isinstance(asked(here), LogDrill)


@pytest.mark.parametrize(
    "words",
    [
        ["begin", "lockdown"],
        ["plan", "lockdown", "--zone", "a"],
        ["finding", "drill-1", "0"],
        ["finding", "drill-1", "0", "--ticket", "1", "--change", "x"],
        ["log", "fire", "--date", "2026-09-01", "--time", "10:00"],
        ["begin", "lockdown", "--zone", "a", "--real"],
    ],
    ids=lambda one: " ".join(one),
)
def test_what_does_not_say_all_is_a_usage_error(run: Run, site: Site, words: list[str]) -> None:
    here = desk()
    with serving(site.store, here):
        assert run("drill", *words).returncode == 2
    assert here.asked == []


def test_a_refusal_is_exit_1_with_its_sentence(run: Run, site: Site) -> None:
    with serving(site.store, desk(Reply(False, "real_incident_live"))):
        ended = run("drill", "begin", "lockdown", "--zone", "a")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "real incident" in ended.stderr


def test_the_list_and_what_is_due_are_read(run: Run, site: Site) -> None:
    story, drill = held()
    with serving(site.store, of(story)):
        listed = run("drill", "list").stdout
        due = run("drill", "due")
    assert drill in listed
    assert "1 silent" in listed
    assert "A state, 1st edition" in due.stdout
    assert "https://law.example.org" in due.stdout
    overdue = any(one["progress"] == "overdue" for one in drill_views.due(story.plan, story.state)["items"])
    assert due.returncode == (1 if overdue else 0)


def test_a_record_names_doors_rooms_and_fields_that_are_not_known(run: Run, site: Site) -> None:
    story, drill = held()
    with serving(site.store, of(story)):
        shown = run("drill", "show", drill).stdout
        none = run("drill", "show", "drill-9")
    assert shown.startswith("DRILL Lockdown, 2025-")
    assert "NEVER secured" in shown
    assert "no press came" in shown
    assert "Weather: MISSING" in shown
    assert "OPEN" in shown
    assert none.returncode == 1


def test_without_a_drill_or_a_law_that_is_said(run: Run, site: Site) -> None:
    here = PaperDesk()
    with serving(site.store, here):
        assert run("drill", "list").stdout == "No drill yet.\n"
        assert "No drill law is chosen" in run("drill", "due").stdout
