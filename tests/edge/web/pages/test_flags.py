"""The pages of flags and of readiness: whose each is, what ends it, what is done meanwhile, and what it costs."""

import re
from dataclasses import replace
from typing import Any

import pytest

from edge.control.desk import Reply
from edge.flag_words import FLAGS
from edge.snapshot import snapshot
from edge.web.pages.readiness import past_view
from edge.web.pages.scene import scene
from edge.web.pages.times import zone_of
from rules.flag_state import DryRunMemory, Measure
from rules.model.events import DryRunAsked, MeasureAsked, MeasureEndAsked
from rules.model.ids import Actor
from rules.state import Flag, State
from tests.edge.campus import BOX, D1, D2, D3, NOON, PB, PLAN, STARTED, locked_down, quiet
from tests.edge.web.pages.conftest import Office, Serve

SILENT = ("button_silent", PB)
STALE = ("door_stale", D3)
FULL = ("disk_low", "hs")
UNTIL_US = NOON.utc_us + 3_600_000_000


def plain(html: str) -> str:
    """The words alone."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def flagged(*keys: tuple[str, str], measured: bool = False, state: State | None = None) -> State:
    now = state or quiet()
    flags = {key: Flag(*key, (), STARTED) for key in keys}
    measures = {keys[0]: Measure(*keys[0], UNTIL_US, "guard at the west entrance", Actor("account:x"), NOON)}
    return replace(now, record=replace(now.record, flags=flags, measures=measures if measured else {}))


async def test_the_list_says_whose_each_flag_is_what_ends_it_and_what_is_done_meanwhile(serve: Serve) -> None:
    page = await serve(Office(flagged(SILENT, FULL, measured=True)))
    status, html = await page.get("/flags", "viewer")
    text = plain(html)

    assert status == 200
    assert "Owner: technician. It ends once the button is heard again." in text
    assert "Meanwhile: guard at the west entrance until" in text
    assert 'href="/flags/button_silent:pb-101"' in html
    assert text.index("is silent") < text.index("The disk is nearly full"), "the worst first"


async def test_one_flag_has_its_evidence_its_place_and_the_way_to_record_a_measure(serve: Serve) -> None:
    page = await serve(Office(flagged(SILENT, measured=True)))
    _, html = await page.get("/flags/button_silent:pb-101", "technician")
    text = plain(html)

    assert "last heard: " in text
    assert "battery 80 %" in text
    assert "Becomes a ticket after 1 hour, for the technician" in text
    assert "Costs 10 points, and somebody may be less safe" in text
    assert 'href="/buttons/pb-101"' in html
    assert 'action="/flags/button_silent%3Apb-101/measure"' in html
    assert "It is over" in text
    _, seen = await page.get("/flags/button_silent:pb-101", "viewer")
    assert "<form" not in seen.partition("<main")[2].partition("</main")[0]
    assert (await page.get("/flags/door_stale:nowhere", "viewer"))[0] == 404


async def test_a_press_that_waits_takes_no_measure_and_is_hidden_with_the_call_it_is_of(serve: Serve) -> None:
    page = await serve(Office(flagged(("unanswered_press", PB))))
    _, html = await page.get("/flags/unanswered_press:pb-101")
    assert "/measure" not in html


async def test_a_measure_ends_where_the_campus_is_at_the_end_of_its_day_or_at_its_time(serve: Serve) -> None:
    office = Office(flagged(SILENT))
    page = await serve(office)
    form = [("key", "k1"), ("reason", "guard posted"), ("day", "2026-08-14")]
    status, to, _ = await page.post("/flags/button_silent:pb-101/measure", form, "technician")
    await page.post(
        "/flags/button_silent:pb-101/measure", [("key", "k2"), *form[1:], ("time", "16:00")], "technician"
    )
    await page.post("/flags/button_silent:pb-101/measure/end", [("key", "k3")], "technician")

    assert (status, to) == (303, "/flags/button_silent:pb-101")
    first, second, over = office.asked
    assert isinstance(first, MeasureAsked)
    assert (first.code, first.subject, first.text) == (*SILENT, "guard posted")
    # Chicago in August is five hours behind.
    assert first.until_us == 1_786_770_000_000_000
    assert isinstance(second, MeasureAsked)
    assert first.until_us - second.until_us == 8 * 3_600_000_000
    assert isinstance(over, MeasureEndAsked)


@pytest.mark.parametrize("day", ["", "Friday", "2026-08-14T10:00+00:00"])
async def test_a_measure_without_a_day_keeps_what_was_typed_and_says_what_is_missing(
    serve: Serve, day: str
) -> None:
    office = Office(flagged(SILENT))
    page = await serve(office)
    form = [("key", "k"), ("reason", "guard posted"), ("day", day)]
    status, _, html = await page.post("/flags/button_silent:pb-101/measure", form, "technician")
    assert (status, office.asked) == (422, [])
    assert "guard posted</textarea>" in html
    assert "Say until when" in html


async def test_a_measure_that_is_refused_says_why_and_whoever_may_not_records_none(serve: Serve) -> None:
    office = Office(flagged(SILENT), reply=Reply(False, "bad_until"))
    page = await serve(office)
    form = [("key", "k"), ("reason", "guard"), ("day", "2031-01-01")]
    status, _, html = await page.post("/flags/button_silent:pb-101/measure", form, "technician")
    assert status == 422
    assert "within 31 days" in html
    assert (await page.post("/flags/button_silent:pb-101/measure", form, "staff"))[0] == 403


# --- in an incident ---------------------------------------------------------------------------


async def test_what_was_wrong_in_the_zones_of_an_incident_stands_there_and_what_can_wait_is_counted(
    serve: Serve,
) -> None:
    live = locked_down({D1: "secured", D2: "not_latched", D3: "secured"})
    page = await serve(Office(flagged(STALE, SILENT, FULL, measured=True, state=live)))
    _, html = await page.get("/incidents/inc-1", "staff")
    text = plain(html.partition('data-part="wrong"')[2].partition("data-part")[0])

    assert "What was wrong here before" in text
    assert "is not read in time" in text
    assert "is silent" in text
    assert "Meanwhile: guard at the west entrance" in text
    assert "1 other flag can wait" in text
    assert "disk" not in text


async def test_what_is_wrong_elsewhere_waits_behind_the_count(serve: Serve) -> None:
    live = locked_down({D1: "secured"})
    (incident,) = live.record.incidents.values()
    in_a = replace(incident, zone=PLAN.doors[D1].zone)
    zones = {in_a.zone: live.record.zones[PLAN.campus]}
    record = replace(live.record, incidents={incident.id: in_a}, zones=zones)
    page = await serve(Office(flagged(STALE, SILENT, state=replace(live, record=record))))
    _, html = await page.get("/incidents/inc-1", "staff")
    text = plain(html.partition('data-part="wrong"')[2].partition("data-part")[0])

    assert "is silent" in text
    assert "is not read in time" not in text
    assert "other flag can wait" in text


# --- readiness --------------------------------------------------------------------------------


@pytest.mark.parametrize("code", FLAGS)
def test_no_flag_is_named_by_the_gaps_in_its_words(code: str) -> None:
    state = quiet()
    now = scene(snapshot(PLAN, state, NOON, BOX), PLAN, state, zone_of("UTC"), duress=True)
    line = {"at": "2026-08-14T10:41:07.000000Z", "score": 95, "causes": [{"code": code, "points": 5}]}
    (row,) = past_view(now, [line])["rows"]
    assert "{" not in row["why"]
    assert len(row["why"]) > len("-5 ")


async def test_readiness_names_each_lost_point_with_whose_it_is_and_where_it_leads(serve: Serve) -> None:
    office = Office(flagged(SILENT, FULL), plan=replace(PLAN, standing_flags=()))
    page = await serve(office)
    status, html = await page.get("/readiness", "viewer")
    text = plain(html)

    assert status == 200
    assert "Readiness 87 of 100" in text
    assert "Not a grade" in text
    assert "-10 Button Room 101 desk is silent Building A · technician" in text
    assert "-3 The disk is nearly full" in text
    assert 'href="/flags/button_silent:pb-101"' in html
    assert "Nobody knows which doors would fail" in text
    assert "Nothing was recorded yet" in text


async def test_what_nothing_was_heard_of_costs_and_says_so(serve: Serve) -> None:
    state = quiet()
    doors = {name: one for name, one in state.live.doors.items() if name != D1}
    office = Office(replace(state, live=replace(state.live, doors=doors)))
    _, html = await (await serve(office)).get("/readiness", "viewer")
    assert re.search(r"-8 .* NOT KNOWN .*nothing was heard of it", plain(html), re.I)


async def test_a_dry_run_is_shown_with_each_door_that_would_fail_and_begun_by_whoever_may(
    serve: Serve,
) -> None:
    state = quiet()
    run = DryRunMemory(4, 739_000, NOON, "schedule", 3, {D2: ("controller_down", "no_bolt_sensor")})
    office = Office(replace(state, record=replace(state.record, dry_run=run)))
    page = await serve(office)
    _, html = await page.get("/readiness", "technician")
    text = plain(html)

    assert "1 of 3 doors would fail if lockdown were ordered." in text
    assert "Its controller does not answer. No bolt sensor is wired" in text
    assert 'href="/doors/a-102"' in html
    status, to, _ = await page.post("/dry-run", [("key", "k")], "technician")
    assert (status, to) == (303, "/readiness")
    assert isinstance(office.asked[0], DryRunAsked)
    assert (await page.post("/dry-run", [("key", "k")], "viewer"))[0] == 403
    assert "Look now" not in plain((await page.get("/readiness", "viewer"))[1])


@pytest.mark.parametrize("disk", ["refuses", "hangs"])
async def test_a_disk_that_does_not_answer_takes_the_past_and_not_the_number(serve: Serve, disk: Any) -> None:
    page = await serve(Office(flagged(SILENT), disk=disk))
    status, html = await page.get("/readiness", "viewer")
    assert status == 200
    assert "Readiness" in html
    assert "The record cannot be read now" in html


def test_how_it_went_is_a_stepped_line_to_now_and_the_same_as_a_list() -> None:
    state = flagged(SILENT)
    plan = replace(PLAN, standing_flags=())
    now = scene(snapshot(plan, state, NOON, BOX), plan, state, zone_of("America/Chicago"), duress=True)
    causes = [
        {"code": "button_silent", "things": 1, "points": 10},
        {"code": "disk_low", "things": 1, "points": 3},
    ]
    lines = [
        {"at": "2026-08-14T11:41:07.000000Z", "score": 60, "causes": causes},
        {"at": "2026-08-14T10:41:07.000000Z", "score": 100, "causes": []},
    ]
    later = {"at": "2031-01-01T00:00:00.000000Z", "score": 1, "causes": []}
    seen = past_view(now, [later, *lines])

    assert seen["path"].startswith("M0.0 0.0H")
    assert seen["path"].endswith("H400V12.0"), "it ends where it stands now: at 90"
    assert [row["score"] for row in seen["rows"]] == [60, 100]
    assert seen["rows"][0]["why"] == "-10 Button is silent, 1 more reason"
    assert seen["rows"][1]["why"] == "no point was lost"
    assert "Between 60 and 100" in seen["says"]
    assert past_view(now, [])["path"] == ""
