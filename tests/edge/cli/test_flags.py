"""Flags, measures, readiness and the dry run on the command line."""

import json
import time
from dataclasses import replace

import pytest

from edge.cli.moments import seconds
from edge.control.desk import Reply
from rules.flag_state import DryRunMemory, Measure
from rules.model.events import DryRunAsked, MeasureAsked, MeasureEndAsked
from rules.model.ids import Actor
from rules.state import Flag
from tests.edge.campus import D1, D2, NOON, STARTED, quiet
from tests.edge.cli.conftest import Run, Site
from tests.edge.control.desks import PaperDesk, serving

KEY = ("button_silent", "pb-101")


def flagged(reply: Reply | None = None) -> PaperDesk:
    """A desk on which a button is silent, and a guard stands in for it."""
    state = quiet()
    flags = {KEY: Flag(*KEY, (), STARTED), ("disk_low", "hs"): Flag("disk_low", "hs", ("200",), STARTED)}
    until_us = NOON.utc_us + 3_600_000_000
    measures = {KEY: Measure(*KEY, until_us, "guard at the west entrance", Actor("account:kim"), NOON)}
    runs = DryRunMemory(7, 739_000, NOON, "schedule", 3, {D2: ("controller_down", "no_bolt_sensor")})
    record = replace(state.record, flags=flags, measures=measures, dry_run=runs)
    return PaperDesk(replace(state, record=record), reply or Reply(True, args=(("number", 7),)))


def test_a_flag_is_told_with_its_reason_evidence_owner_end_and_what_is_done_meanwhile(
    run: Run, site: Site
) -> None:
    with serving(site.store, flagged()):
        ended = run("flags")
        found = json.loads(run("flags", "--json").stdout)["items"]

    text = " ".join(ended.stdout.split())
    assert ended.returncode == 0
    assert "Button pb-101 is silent (button_silent:pb-101), since" in text
    assert "A press there may not arrive" in text
    assert "Owner: technician. It ends once the button is heard again." in text
    assert "Seen: last heard:" in text
    assert "guard at the west entrance (account:kim)" in text
    assert text.index("button_silent:pb-101") < text.index("disk_low:hs"), (
        "what makes somebody less safe comes first"
    )
    first = next(one for one in found if one["id"] == "button_silent:pb-101")
    assert (first["owner"], first["points"], first["safety"], first["place"]) == (
        "technician", 10, True, "/buttons/pb-101",
    )  # fmt: skip
    assert first["ticket"] == {"after_s": 3_600, "of": "technician"}
    assert first["measure"]["text"] == "guard at the west entrance"


def test_that_no_flag_stands_is_said(run: Run, site: Site) -> None:
    desk = PaperDesk(quiet())
    desk.plan = replace(desk.plan, standing_flags=())
    with serving(site.store, desk):
        assert run("flags").stdout == "No flag stands.\n"


def test_a_measure_is_asked_for_with_its_end_and_its_reason(run: Run, site: Site) -> None:
    with serving(site.store, desk := flagged()):
        ended = run(
            "flag", "measure", *KEY, "--until", "2099-12-04T12:00:00+00:00", "--reason", "guard posted"
        )
        over = run("flag", "measure", *KEY, "--end")

    assert (ended.returncode, over.returncode) == (0, 0)
    asked, end = desk.asked
    assert isinstance(asked, MeasureAsked)
    assert (asked.code, asked.subject, asked.text) == (*KEY, "guard posted")
    assert asked.until_us == 4_100_068_800_000_000
    assert isinstance(end, MeasureEndAsked)
    assert "clears nothing" in ended.stdout
    assert "The flag stands" in over.stdout


@pytest.mark.parametrize("more", [(), ("--until", "soon", "--reason", "x"), ("--until", "5d")])
def test_a_measure_without_end_or_reason_is_no_request(run: Run, site: Site, more: tuple[str, ...]) -> None:
    with serving(site.store, desk := flagged()):
        assert run("flag", "measure", *KEY, *more).returncode == 2
    assert desk.asked == []


def test_a_refused_measure_says_why(run: Run, site: Site) -> None:
    with serving(site.store, flagged(Reply(False, "unknown_flag"))):
        refused = run("flag", "measure", *KEY, "--until", "5d", "--reason", "x")
    assert refused.returncode == 1
    assert "No such flag stands" in refused.stderr


def test_a_day_ends_with_itself_and_hours_count_from_now() -> None:
    day, end = seconds("2026-12-04"), seconds("2026-12-04", whole_day=True)
    assert day is not None
    assert end is not None
    assert end - day == 86_400
    soon = seconds("12h")
    assert soon is not None
    assert abs(soon - time.time() - 43_200) < 60
    assert seconds("perhaps") is None


def test_readiness_tells_each_point_with_what_it_was_lost_for(run: Run, site: Site) -> None:
    desk = flagged()
    desk.plan = replace(desk.plan, standing_flags=())
    with serving(site.store, desk):
        text = " ".join(run("readiness").stdout.split())
        found = json.loads(run("readiness", "--json").stdout)

    assert "no grade" in text
    assert "-10 a technician Button pb-101 is silent" in text
    assert found["score"] == 100 - sum(one["points"] for one in found["points"])
    assert {one["code"] for one in found["points"]} == {"button_silent", "disk_low"}
    assert {one["zone"]: one["score"] for one in found["zones"]} == {"hs": 87, "a": 87, "b": 97}


def test_a_dry_run_names_the_doors_that_would_fail_and_holds_only_where_there_are_none(
    run: Run, site: Site
) -> None:
    with serving(site.store, desk := flagged()):
        bad = run("dry-run")
        last = json.loads(run("dry-run", "--last", "--json").stdout)
    runs = DryRunMemory(7, 739_000, NOON, "schedule", 3, {})
    good_desk = flagged()
    good_desk.state = replace(good_desk.state, record=replace(good_desk.state.record, dry_run=runs))
    with serving(site.store, good_desk):
        good = run("dry-run")

    assert isinstance(desk.asked[0], DryRunAsked)
    assert (bad.returncode, good.returncode) == (1, 0)
    text = " ".join(bad.stdout.split())
    assert "Its controller does not answer. No bolt sensor is wired" in text
    assert "1 door of 3 would fail if lockdown were ordered now." in text
    assert "Nothing was touched" in text
    assert "All of 3 doors would lock and prove it" in good.stdout
    assert [one["door"] for one in last["doors"]] == [D2]
    assert D1 not in {one["door"] for one in last["doors"]}


def test_a_dry_run_that_was_refused_given_up_or_never_made_says_so(run: Run, site: Site) -> None:
    with serving(site.store, flagged(Reply(False, "dry_run_incident"))):
        refused = run("dry-run")
    with serving(site.store, flagged(Reply(True, args=(("number", 8),)))):
        given_up = run("dry-run")
    with serving(site.store, PaperDesk(quiet())):
        none = run("dry-run", "--last")

    assert {refused.returncode, given_up.returncode, none.returncode} == {1}
    assert "no dry run was begun" in refused.stderr
    assert "given up: an incident began" in given_up.stderr
    assert "no dry run came to its end yet" in none.stderr
