"""Starts, changes and ends from the command line: a start asks nobody for a code, an end for as much as its plan does."""

from pathlib import Path

import pytest

from edge.control.desk import Reply
from rules.model.ids import IncidentId
from tests.edge.campus import D1, locked_down
from tests.edge.cli.conftest import Run, Site
from tests.edge.control.desks import PaperDesk, serving


@pytest.mark.parametrize(
    "arguments",
    [
        ["start", "lockdown"],
        ["start", "lockdown", "--test"],
        ["start", "panic", "--real"],
        ["start", "--real"],
        ["change", "evacuate", "--real"],
        ["change", "evacuate", "--exercise", "--reason", "x"],
        ["detection", "dismiss", "3"],
        ["detection", "confirm"],
    ],
    ids=lambda one: " ".join(one),
)
def test_a_verb_that_does_not_say_all_is_a_usage_error_and_asks_for_nothing(
    run: Run, site: Site, arguments: list[str]
) -> None:
    desk = PaperDesk()
    with serving(site.store, desk):
        assert run(*arguments).returncode == 2
    assert desk.asked == []


def test_a_start_says_its_kind_first_and_the_incident(run: Run, site: Site) -> None:
    with serving(site.store, PaperDesk(reply=Reply(True, incident=IncidentId("inc-9")))):
        assert run("start", "lockdown", "--drill").stdout.startswith(
            "DRILL: lockdown started in the campus, "
        )
        said = run("start", "secure", "--real", "--zone", "a").stdout
    assert said == "REAL: secure started in a, incident inc-9. See `campus-edge status`.\n"


def test_what_holds_is_named_where_a_start_is_less_grave(run: Run, site: Site) -> None:
    refused = Reply(False, "needs_change", (("response", "secure"), ("was", "lockdown"), ("where", "Campus")))
    with serving(site.store, PaperDesk(reply=refused)):
        ended = run("start", "secure", "--real")
    assert ended.returncode == 1
    assert "only as a change" in ended.stderr


def test_an_end_that_asks_for_more_says_how_to_give_it(run: Run, site: Site) -> None:
    with serving(site.store, PaperDesk(locked_down({D1: "secured"}), Reply(False, "second_person_first"))):
        ended = run("close", "--reason", "over")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "--user NAME and --second NAME" in ended.stderr


def test_codes_come_from_files_and_never_from_an_argument(run: Run, site: Site, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("ABCDE\n")
    second.write_text("FGHJK\n")
    desk = PaperDesk(locked_down({D1: "secured"}))
    with serving(site.store, desk):
        who = [
            "--user",
            "Ada",
            "--code-file",
            str(first),
            "--second",
            "Bo",
            "--second-code-file",
            str(second),
        ]
        ended = run("close", *who)
    # Nobody of these names is there: both codes were asked about, and nothing was ended.
    assert (ended.returncode, desk.asked) == (1, [])
    assert "Nothing was ended" in ended.stderr


def test_a_code_that_nobody_gives_ends_nothing(run: Run, site: Site, tmp_path: Path) -> None:
    desk = PaperDesk(locked_down({D1: "secured"}))
    with serving(site.store, desk):
        ended = run("close", "--user", "Ada", "--code-file", str(tmp_path / "none"))
    assert (ended.returncode, desk.asked) == (2, [])
    assert "Nothing was ended" in ended.stderr
