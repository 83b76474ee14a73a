"""`firmware` and `import`: what is printed of devices and lists, and with which exit code."""

import json
from typing import Any

import pytest

from edge.flaws.refusal import Refused
from edge.flaws.taken import Taken
from edge.flaws.words import REASONS, reason
from tests.edge.cli.conftest import Run, Site
from tests.edge.control.desks import PaperDesk, serving

CVE = "CVE-2021-36260"


def device(
    name: str, state: str, *reasons: tuple[str, list[str]], said: dict[str, str] | None = None
) -> dict[str, Any]:
    whys = [{"state": state, "code": code, "args": args} for code, args in reasons]
    return {"id": name, "state": state, "said": said, "reasons": whys}


def document(*devices: dict[str, Any], age_days: int = 3) -> dict[str, Any]:
    bundle = {"kind": "cve", "count": 31_000, "whole": False, "age_days": age_days, "limit_days": 30}
    return {"devices": list(devices), "bundles": [bundle], "missing": ["kev"]}


EXPLOITED = device(
    "cam-2",
    "known_exploited",
    ("flaw_unstated", [CVE, "exploited"]),
    ("none_tested", []),
    said={"vendor": "HIKVISION", "model": "DS-2CD2186G2-ISU", "firmware": "V5.5.800"},
)
FINE = device("plc", "untested", ("none_tested", []))


def test_each_device_is_a_line_with_its_worst_reason_and_each_list_with_its_age(run: Run, site: Site) -> None:
    desk = PaperDesk()
    desk.book["firmware"] = document(EXPLOITED, FINE)
    with serving(site.store, desk):
        ended = run("firmware")
        every = run("firmware", "--why").stdout
    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("No list of flaws that attackers use (CISA) was brought")
    assert lines[1] == "List of published flaws (NVD): 31000 records, a part of it, 3 days old."
    assert "EXPLOITED" in ended.stdout
    assert f"{CVE} names this model and no version: ask its vendor (attackers use it) (+1)" in " ".join(
        ended.stdout.split()
    )
    assert "HIKVISION DS-2CD2186G2-ISU V5.5.800" in ended.stdout
    assert "no firmware of this family was tested" in " ".join(every.split())


def test_a_list_over_its_limit_is_too_old_and_nothing_bad_is_exit_0(run: Run, site: Site) -> None:
    desk = PaperDesk()
    desk.book["firmware"] = document(FINE, age_days=31)
    with serving(site.store, desk):
        ended = run("firmware")
        told = json.loads(run("firmware", "--json").stdout)
    assert ended.returncode == 0
    assert "31 days old TOO OLD" in ended.stdout
    desk.book["firmware"]["bundles"][0]["age_days"] = None
    with serving(site.store, desk):
        assert "AGE UNKNOWN" in run("firmware").stdout
    desk.book["firmware"]["bundles"][0]["age_days"] = 31
    assert told == desk.book["firmware"]


def test_while_the_book_is_away_that_is_said(run: Run, site: Site) -> None:
    with serving(site.store, PaperDesk()):
        ended = run("firmware")
    assert ended.returncode == 1
    assert "Presses and doors work on" in ended.stderr


@pytest.mark.parametrize(
    ("bundle", "code", "says"),
    [
        (Taken("cve", "ab" * 32, 5, 6, 35_000, whole=True), 0, "35000 records taken (abababababababab)."),
        (
            Taken("cve", "ab" * 32, 5, 6, 1, whole=False),
            0,
            "1 record taken (abababababababab). This is a part",
        ),
        (
            Refused("no_json", "the file is no JSON", "bring it again"),
            1,
            "Not taken: the file is no JSON; nothing of it is used.",
        ),
    ],
)
def test_a_list_that_is_brought_is_taken_or_refused(
    run: Run, site: Site, bundle: Any, code: int, says: str
) -> None:
    desk = PaperDesk()
    desk.bundle = bundle
    with serving(site.store, desk):
        ended = run("import", "cve", "nvd.json.gz")
    assert ended.returncode == code
    assert (ended.stdout + ended.stderr).removeprefix("campus-edge: ").startswith(says)


def test_every_reason_has_words_and_an_unknown_one_is_shown_as_it_is() -> None:
    assert all("{" not in reason(code, []) for code in REASONS)
    assert reason("of_a_newer_version", ["x"]) == "of_a_newer_version"
