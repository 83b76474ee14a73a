"""The sweep of exterior doors on a real daemon: what sensors said survives a stop, and hours without the box are not ok."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.flow.mosquitto import Document
from tests.flow.rig import running
from tests.flow.school import school
from tests.flow.waiting import wait_for


def with_an_exterior_door(folder: Path, port: int) -> Document:
    tree: Document = school(folder, port)
    tree["doors"][0]["kind"] = "exterior"
    approved = {"by": "J. Doe", "date": "2026-08-14", "responder_access": "key box"}
    tree["policies"]["perimeter_approved"] = approved
    return tree


def test_what_the_sensors_said_is_in_the_record_after_a_stop_and_in_the_week_after_a_start(
    tmp_path: Path,
) -> None:
    with running(tmp_path, lambda port: with_an_exterior_door(tmp_path, port)) as campus:
        wait_for("a second of life", lambda: _lived(campus.status()))
        assert campus.end() == 0
        watched = campus.rows("exterior.watched")
        assert watched
        said = {one for fact in watched for one in fact["data"]["at_rest"]}
        said |= {one[0] for fact in watched for one in fact["data"]["others"]}
        assert said == {"tcp-1"}

        campus.start()

        def so_far() -> Any:
            reply = campus.ask({"do": "book-read", "query": "sweeps", "asked": {}})
            current = reply["data"]["current"] if reply["ok"] else None
            return current if current and current["doors"][0]["seen_s"] else None

        (door,) = wait_for("the week so far", so_far)["doors"]
        assert door["door"] == "tcp-1"
        assert door["seen_s"] == sum(one["data"]["seconds"] for one in watched)
        # But for the first minutes of a Monday.
        assert (door["result"] == "unknown") == (door["unknown_s"] > 600)


def _lived(status: Document) -> bool:
    """The first look is behind the arming: what is closed before a second is over is not worth a row."""
    since = datetime.fromisoformat(status["appliance"]["since"].replace("Z", "+00:00"))
    return (datetime.now(UTC) - since).total_seconds() > 3
