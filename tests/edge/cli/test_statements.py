"""Words for families and media at the command line: read whole, and judged by a named person, never by a program."""

import json
from pathlib import Path

import pytest

from edge.control.desk import Reply
from rules.model.statements import StatementAnswered
from tests.edge.cli.conftest import Run, Site
from tests.edge.control.desks import PaperDesk, serving
from tests.edge.control.spoken import MEDIA, spoken


def test_what_waits_is_shown_whole_with_its_kind_first_and_how_to_answer(run: Run, site: Site) -> None:
    with serving(site.store, PaperDesk(spoken(StatementAnswered(MEDIA, "declined", "too early")))):
        shown = run("statements").stdout
        listed = json.loads(run("statements", "--json").stdout)

    assert "NOT APPROVED: campus-edge statement approve NUMBER --user NAME" in shown
    assert "1  DRILL: Families, lockdown in" in shown
    assert "DRILL. Students are safe (7)." in shown
    assert "Declined. Not for the district to send, by" in shown
    assert "too early" in shown
    assert "No district is configured" in shown
    assert [one["number"] for one in listed["items"]] == [1, 2]


def test_where_nothing_is_kept_that_is_said_and_without_a_daemon_nothing_is(run: Run, site: Site) -> None:
    with serving(site.store, PaperDesk()):
        ended = run("statements")
    assert (ended.returncode, ended.stdout) == (0, "No words for families or media are kept.\n")
    assert (run("statements").returncode, run("statements").stdout) == (1, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["approve", "1"],
        ["decline", "1", "--user", "Ada"],
        ["approve", "--user", "Ada"],
        ["1", "--user", "Ada"],
    ],
    ids=lambda one: " ".join(one),
)
def test_who_answers_which_and_why_not_are_asked_for(run: Run, site: Site, arguments: list[str]) -> None:
    desk = PaperDesk(spoken())
    with serving(site.store, desk):
        assert run("statement", *arguments).returncode == 2
    assert desk.asked == []


def test_a_code_that_is_not_theirs_changes_nothing_and_no_code_is_usage(
    run: Run, site: Site, tmp_path: Path
) -> None:
    code = tmp_path / "code"
    code.write_text("ABCDE\n")
    desk = PaperDesk(spoken())
    with serving(site.store, desk):
        wrong = run("statement", "approve", "1", "--user", "Ada", "--code-file", str(code))
        none = run("statement", "approve", "1", "--user", "Ada", "--code-file", str(tmp_path / "none"))

    assert (wrong.returncode, none.returncode, desk.asked) == (1, 2, [])
    assert "Name or code is not right" in wrong.stderr
    assert "Nothing was changed" in none.stderr


def test_words_that_stand_already_say_so(run: Run, site: Site, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.write_text("ABCDE\n")
    answered = spoken(StatementAnswered(1, "approved"))
    with serving(site.store, PaperDesk(answered, Reply(False, "statement_stands"))):
        late = run("statement", "decline", "1", "--user", "Ada", "--reason", "late", "--code-file", str(code))
    with serving(site.store, PaperDesk(answered, Reply(True))):
        done = run("statement", "approve", "1", "--user", "Ada", "--code-file", str(code))

    assert (late.returncode, "already" in late.stderr) == (1, True)
    assert (done.returncode, "This box sends nothing" in done.stdout) == (0, True)
