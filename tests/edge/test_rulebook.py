"""The rules and limits in force: what decides here, with its version and hash, in words that need no code to read."""

import re
from dataclasses import replace

from edge.config.packs import PACKS, shipped
from edge.rulebook import LIMITS, rulebook
from edge.web.pages.rules import rules_view
from tests.edge.campus import PLAN

PICTURES = {"before_s": 30, "disk_gb": 50, "reserve_gb": 2, "drills_days": 30}
CAMPUS = replace(PLAN, packs=shipped().versions, self_test_at=210, dry_run_at=390)


def test_every_file_of_rules_is_named_with_its_version_and_hash() -> None:
    found = rulebook(CAMPUS, None, PICTURES)
    assert {one["name"] for one in found["packs"]} == {path.stem for path in PACKS.glob("*.yaml")}
    assert all(one["version"] >= 1 and re.fullmatch("[0-9a-f]{64}", one["sha256"]) for one in found["packs"])
    assert found["retention"] is None


def test_every_flag_and_response_and_limit_stands_in_it_with_its_value() -> None:
    found = rulebook(CAMPUS, (365 * 86_400_000_000, 30 * 86_400_000_000), PICTURES)
    assert {one["code"] for one in found["flags"]} == set(shipped().flags.rows)
    ranks = [one["rank"] for one in found["responses"]]
    assert ranks == sorted(ranks, reverse=True)
    assert {one["response"] for one in found["responses"]} == set(CAMPUS.responses)
    values = {one["limit"]: one["value"] for one in found["limits"]}
    assert values.keys() == LIMITS.keys() - {"camera_offline"}, "what this campus has none of has no limit"
    assert (values["press_age"], values["door_freshness"], values["button_silence"]) == (
        "90 s",
        "2 s",
        "3 min",
    )
    assert (values["self_test"], values["dry_run"], values["measure"]) == ("03:30", "06:30", "31 days")
    assert found["retention"] == {"incidents_days": 365, "other_days": 30}
    assert not any("{" in one["title"] for one in found["flags"])
    assert rules_view(found)["flags"][0]["points"] == 100


def test_what_becomes_of_a_ticket_that_both_sides_edit_stands_in_it_field_by_field() -> None:
    found = rulebook(CAMPUS, None, PICTURES)
    rules = {one["title"]: one["text"] for one in rules_view(found)["merging"]}
    assert rules["Weight"] == "The graver holds."
    assert rules["Whose it is"] == "The district's holds; somebody before nobody."
    assert rules["Steps it came to with age"] == "The campus alone says it."
