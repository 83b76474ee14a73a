"""What `asset` prints of what the book answers."""

from tests.edge.cli.conftest import Run, Site
from tests.edge.control.desks import PaperDesk, serving


def test_a_report_without_a_sign_in_is_shown_as_not_checked_and_steers_no_terminal(
    run: Run, site: Site
) -> None:
    desk = PaperDesk()
    waits = {
        "number": 3,
        "at": "2026-12-01T08:00:00Z",
        "asset": "a-101",
        "name": "Jo",
        "text": "{loose}\x1b[2J",
    }
    desk.book = {"reports": {"items": [waits], "next": None}}
    with serving(site.store, desk):
        ended = run("asset", "reports")

    assert ended.returncode == 0
    assert "NOT CHECKED" in ended.stdout
    assert "{loose}?[2J" in ended.stdout


def test_what_is_late_is_told_beside_whom_it_is_with(run: Run, site: Site) -> None:
    desk = PaperDesk()
    said = {"holder": "Mr Gray", "issued": "2026-08-01", "due": "2026-09-01", "name": "Radio 7"}
    desk.book = {
        "assets.issued": {"items": [{"id": "radio-7", "said": said, "late": True}], "next": "radio-7"}
    }
    with serving(site.store, desk):
        ended = run("asset", "issued")

    assert "2026-09-01 LATE" in ended.stdout
    assert "There are more" in ended.stdout
