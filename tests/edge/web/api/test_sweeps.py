"""The weekly sweep of the exterior doors through a real daemon: its API, its sheet, its command line, and who may sign."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from tests.edge.web.api.served import Served

COLUMNS = {"week", "door", "result", "signed_by", "pack_sha256"}


def test_the_week_so_far_and_the_weeks_that_are_over_are_lists(api: Served) -> None:
    found: dict[str, Any] = api.get("sweeps", "staff").json
    assert set(found) == {"current", "items", "next"}
    assert found["items"] == []
    assert api.get("sweeps", "viewer").status == 403
    assert api.get("sweeps?weeks=61").status == 422


def test_the_sheet_has_its_columns_also_before_the_first_week_is_over(api: Served) -> None:
    sheet = api.get("sweeps.csv?weeks=6")
    assert sheet.headers["content-type"].startswith("text/csv")
    (head,) = csv.reader(io.StringIO(sheet.body.decode()))
    assert set(head) >= COLUMNS


def test_a_week_that_is_not_at_hand_is_not_there_and_nothing_is_signed_by_a_program(api: Served) -> None:
    monday = date.today() - timedelta(days=date.today().weekday())  # noqa: DTZ011  # any Monday will do
    assert api.get(f"sweeps/{monday}").status == 404
    said = {"doors": ["tcp-1"], "reason": "Deliveries"}
    refused = api.post(f"sweeps/{monday}/signatures", said)
    assert (refused.status, refused.json["code"]) == (403, "no_signer")
    assert api.post(f"sweeps/{monday}/signatures", said, "staff").status == 403
    by_person = api.post(f"sweeps/{monday}/signatures", said, "technician", "session")
    assert (by_person.status, by_person.json["code"]) == (404, "unknown_week")
    assert api.post(f"sweeps/{monday}/signatures", {**said, "doors": []}, "technician").status == 422


def test_the_command_line_shows_signs_and_takes_the_sheet_out(
    api: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(api.campus.config)]
    assert main(["sweeps", *config]) == 0
    shown = capsys.readouterr().out
    assert "This week so far" in shown or "No exterior door" in shown
    sign = ["sweep", "sign", "2026-11-02", "tcp-1", "--reason", "Deliveries", "--person", "R. Diaz"]
    assert main([*sign, *config]) == 1
    assert "No sweep of a week 2026-11-02 is at hand." in capsys.readouterr().err
    assert main(["export", "sweeps", str(tmp_path / "doors.csv"), *config]) == 0
    assert "0 lines written" in capsys.readouterr().out
    assert (tmp_path / "doors.csv").read_text().startswith("week,from,until,door")
    assert main(["export", "sweeps", str(tmp_path / "no" / "doors.csv"), *config]) == 1
