"""Drills on their pages: what a form asks, what a record lacks, and that nobody is led where they may not go."""

from dataclasses import replace

import pytest

from edge.control.desk import Reply
from rules.model.drill_asks import (
    BeginDrill,
    CancelDrill,
    CloseFinding,
    DrillAsked,
    EndDrill,
    FillField,
    GiveNotice,
    LogDrill,
    PlanDrill,
    StartDrill,
)
from rules.model.ids import DrillId
from tests.edge.campus import PLAN, quiet
from tests.edge.web.pages.conftest import Office, Serve
from tests.rules.campus import CAMPUS
from tests.rules.drilling import RULES, TODAY, Drilling
from tests.rules.story import DESK

HOSTILE = "<script>alert(1)</script>"


def office(story: Drilling | None = None) -> Office:
    """An office whose drills are those of a story, or none."""
    plan = replace(PLAN, drills=RULES)
    if story is None:
        return Office(plan=plan)
    state = quiet()
    record = replace(state.record, drills=story.state.record.drills)
    return Office(state=replace(state, record=record), plan=plan)


def told() -> Drilling:
    story = Drilling()
    story.clock()
    return story


def held() -> tuple[Office, str]:
    story = told()
    story.begin(DESK)
    story.finish()
    return office(story), str(next(iter(story.state.record.drills.over)))


def planned(note: str = "", *, announced: bool = True) -> tuple[Office, str]:
    story = told()
    story.ask(PlanDrill("lockdown", "drill", None, (CAMPUS,), (DESK,), (), TODAY + 1, 600, announced, note))
    return office(story), str(next(iter(story.state.record.drills.planned)))


def asks(here: Office) -> list[object]:
    return [one.ask for one in here.asked if isinstance(one, DrillAsked)]


async def test_a_record_leads_to_the_drills_only_who_may_open_them(serve: Serve) -> None:
    here, drill = held()
    served = await serve(here)
    rights = here.rights
    here.rights = replace(rights, rights={**rights.rights, "staff": frozenset({"look", "record"})})
    for role, may in (("administrator", True), ("staff", False)):
        status, text = await served.get(f"/drills/{drill}", role)
        assert status == 200
        assert ('href="/drills"' in text) is may
        assert (f'action="/drills/{drill}/field"' in text) is may
        assert (await served.get("/drills", role))[0] == (200 if may else 403)


async def test_a_record_names_what_it_lacks_and_what_nobody_heard(serve: Serve) -> None:
    here, drill = held()
    status, text = await (await serve(here)).get(f"/drills/{drill}")
    assert status == 200
    assert "Missing: Weather." in text
    assert "no press came" in text
    assert "OPEN" in text
    assert (await (await serve(here)).get("/drills/none"))[0] == 404


async def test_a_note_stands_as_text(serve: Serve) -> None:
    story = told()
    story.ask(LogDrill("fire", TODAY, 600, HOSTILE))
    here = office(story)
    drill = next(iter(story.state.record.drills.over))
    text = (await (await serve(here)).get(f"/drills/{drill}"))[1]
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text


WHAT = [("type", "lockdown"), ("kind", "drill"), ("zone", "a"), ("button", "pb-101")]


@pytest.mark.parametrize(
    ("path", "form", "ask"),
    [
        ("/drills/drill-1/start", [("minutes", "10")], StartDrill),
        ("/drills/drill-1/end", [("reason", "over")], EndDrill),
        ("/drills/drill-1/cancel", [("reason", "snow")], CancelDrill),
        ("/drills/drill-1/notice", [("whom", "parents"), ("how", "by letter")], GiveNotice),
        (
            "/drills/log",
            [("type", "fire"), ("date", "2026-09-01"), ("time", "10:00"), ("note", "panel")],
            LogDrill,
        ),
    ],
)
async def test_a_form_asks_for_what_it_says_and_once(
    serve: Serve, path: str, form: list[tuple[str, str]], ask: type
) -> None:
    here = office()
    here.reply = Reply(True, args=(("drill", "drill-1"),))
    served = await serve(here)
    for _ in range(2):
        status, _where, _text = await served.post(path, [*form, ("key", "k-1")])
        assert status == 303
    (asked,) = asks(here)
    assert isinstance(asked, ask)
    assert [one.role for one in here.asked if isinstance(one, DrillAsked)] == ["administrator"]
    refused, _, _ = await served.post(path, [*form, ("key", "k-2")], "staff")
    assert (refused, len(asks(here))) == (403, 1)


async def test_what_a_record_lacks_is_filled_in_and_findings_are_closed(serve: Serve) -> None:
    here, drill = held()
    served = await serve(here)
    field = [("field", "weather"), ("text", "rain"), ("key", "k-1")]
    assert (await served.post(f"/drills/{drill}/field", field))[0] == 303
    change = [("change", "Button moved"), ("ticket", ""), ("key", "k-2")]
    assert (await served.post(f"/drills/{drill}/findings/0", change))[0] == 303
    assert asks(here) == [
        FillField(DrillId(drill), "weather", "rain"),
        CloseFinding(DrillId(drill), 0, "", "Button moved"),
    ]
    here.reply = Reply(False, "finding_closed")
    status, _, text = await served.post(f"/drills/{drill}/findings/0", [*change[:2], ("key", "k-3")])
    assert status == 422
    assert "Missing" in text


async def test_what_nobody_may_see_coming_is_seen_by_who_may_start_drills(serve: Serve) -> None:
    here, _ = planned(announced=False)
    served = await serve(here)
    assert "Lockdown" in (await served.get("/drills"))[1]
    assert (await served.get("/drills", "staff"))[0] == 403


async def test_a_slip_in_a_form_begins_nothing_and_says_why(serve: Serve) -> None:
    here = office()
    served = await serve(here)
    form = [*WHAT, ("date", "2026-02-30"), ("time", "09:30"), ("do", "plan"), ("key", "k-1")]
    status, _, text = await served.post("/drills/new", form)
    assert status == 422
    assert not asks(here)
    assert "That is no day" in text


async def test_a_drill_is_begun_from_its_form_with_its_buttons(serve: Serve) -> None:
    here = office()
    here.reply = Reply(True, args=(("drill", "drill-1"),))
    served = await serve(here)
    text = (await served.get("/drills/new"))[1]
    assert "Lockdown" in text
    do = "now" if 'value="now"' in text else "begin"
    status, _where, _text = await served.post(
        "/drills/new", [*WHAT, ("do", do), ("minutes", "10"), ("key", "k-1")]
    )
    assert status == 303
    (ask,) = asks(here)
    assert isinstance(ask, BeginDrill)
    assert (ask.zones, ask.buttons) == (("a",), ("pb-101",))
