"""What an incident kept of its cameras, on its page: files told, linked, named, and told anew as they are sealed."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from edge.views.pages import Kept
from edge.web.pages import cameras, live
from edge.web.pages.listeners import Looking
from edge.web.pages.live import Pages
from edge.web.pages.scene import Scene
from edge.web.pages.screens import SCREENS
from rules.model.ids import IncidentId
from tests.edge.campus import D1, NOON, locked_down, quiet
from tests.edge.web.pages.camera_scenes import (
    GATE,
    GYM,
    HALL,
    SHA,
    blind_at_the_press,
    office,
    seeing,
    seen,
    with_cameras,
)
from tests.edge.web.pages.conftest import Serve, recorded
from tests.edge.web.pages.test_live import listen, told_of


def line(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": f"inc-1/{name}", "incident": "inc-1", "camera": name.partition(".")[0], "begun_at": None,
        "ended_at": "2026-08-14T12:00:01.000000Z", "ending": "sealed", "code": "", "sha256": SHA, "size": 12_300_000,
        "first_us": NOON.utc_us - 30_000_000, "last_us": NOON.utc_us, "error_us": 900, "pictures": 450, "missing": 0,
        "dropped": 0, "deleted_at": None, "deleted_for": None, **more,
    }  # fmt: skip


WRITING = {"ended_at": None, "ending": None, "sha256": None, "size": None, "first_us": None, "last_us": None}


def test_a_file_says_what_became_of_it_in_words() -> None:
    live = seen(seeing(locked_down({D1: "secured"}), gym="lost:silent"))
    over = seen(seeing(quiet()))

    def word(now: Scene, **more: Any) -> tuple[str, str]:
        (row,) = cameras.evidence_rows(now, "inc-1", [line(more.pop("name", "cam-hall.mp4"), **more)])
        return row["word"], row["says"]

    assert word(live) == ("sealed", "")
    assert word(live, missing=3) == ("sealed", "3 packets never came.")
    assert word(live, ending="recovered")[0] == "sealed, cut short"
    assert word(live, **WRITING) == ("being written", "It is sealed when the incident ends.")
    assert word(live, name="cam-gym", **WRITING)[0] == "open, no picture comes now"
    assert word(over, **WRITING)[0] == "being finished"
    assert word(live, name="cam-hall.mp4.part", ending="failed", code="ENOSPC", sha256="") == (
        "failed",
        "The disk was full.",
    )
    assert word(live, ending="of a version to come")[0] == "failed"
    assert word(over, deleted_at="2026-09-14T12:00:01.000000Z", deleted_for="age")[0] == "deleted"


def test_a_clip_is_not_said_to_be_written_while_the_disk_takes_nothing() -> None:
    state = seeing(locked_down({D1: "secured"}))
    full = replace(state, live=replace(state.live, conditions={"evidence_not_written": ("ENOSPC",)}))

    (row,) = cameras.evidence_rows(seen(full), "inc-1", [line("cam-hall", **WRITING)])

    assert (row["word"], row["tone"]) == ("not written", "act")


class Attributes(HTMLParser):
    """The names of all attributes, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {name for name, _ in attrs}


class Record:
    """The views of one incident, over or live."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.found: list[dict[str, Any]] = []
        self.position: Any = None

    def incidents(self, limit: int = 100) -> list[dict[str, Any]]:
        return self.found

    def ledger(self, incident: str) -> list[dict[str, Any]]:
        return []

    def lines(self, sql: str, *values: object) -> list[dict[str, Any]]:
        if "FROM incident_cameras" in sql:
            return [{"camera": one} for one in self.kept.cameras]
        if "FROM blind_spots" in sql:
            return [
                {"camera": camera, "code": code, "since_us": since_us}
                for camera, code, since_us in self.kept.blind
            ]
        if "FROM evidence" in sql:
            return list(self.kept.files)
        return [one for one in self.found if one["incident"] in values]


def kept() -> Record:
    files = (line("cam-hall.jpg", size=85_000), line("cam-hall.mp4"), line("cam-gym", **WRITING))
    record = Record(Kept((GYM, HALL), ((GYM, "covered", None), (HALL, "a word to come", 1)), files))
    record.found = [
        {
            "incident": "inc-1", "kind": "real", "response": "lockdown", "zone": "hs", "silent": 0,
            "opened_at": "2026-08-14T11:00:00.000000Z", "raised_at": None, "closed_at": "2026-08-14T11:30:00.000000Z",
            "epoch": "e", "seq": 9, "zones": "[]",
        }
    ]  # fmt: skip
    return record


@pytest.mark.parametrize("over", [False, True])
async def test_the_files_that_an_incident_kept_are_listed_and_linked_for_who_may_take_them(
    serve: Serve, *, over: bool
) -> None:
    here = office(seeing(quiet() if over else locked_down({D1: "secured"})))
    here.record = kept()  # type: ignore[assignment]
    served = await serve(here)

    _, text = await served.get("/incidents/inc-1")
    _, plain = await served.get("/incidents/inc-1", "technician")

    rows = dict(re.findall(r'<li id="file-([^"]*)">(.*?)</li>', text, re.DOTALL))
    assert set(rows) == {"cam-hall-jpg", "cam-hall-mp4", "cam-gym"}
    assert 'href="/incidents/inc-1/evidence/cam-hall.mp4"' in rows["cam-hall-mp4"]
    assert "06:59:30 to 07:00:00" in rows["cam-hall-mp4"]
    assert "12.3 MB" in rows["cam-hall-mp4"]
    assert "85 kB" in rows["cam-hall-jpg"]
    assert SHA[:12] in rows["cam-hall-mp4"]
    assert "href" not in rows["cam-gym"]
    assert ("/evidence/" in plain, "cam-hall.mp4" in plain) == (False, True)


async def test_an_incident_that_is_over_tells_where_nobody_could_see(serve: Serve) -> None:
    here = office(seeing(quiet()))
    here.record = kept()  # type: ignore[assignment]
    served = await serve(here)

    _, text = await served.get("/incidents/inc-1")

    assert "2 were blind at the press" in text
    assert "Pictures kept: Gym, Hall." in text
    assert "a word to come" in text


@pytest.mark.parametrize("disk", ["refuses"])
async def test_without_its_disk_an_incident_says_that_pictures_are_kept_all_the_same(
    serve: Serve, disk: Any
) -> None:
    here = office(blind_at_the_press(seeing(locked_down({D1: "secured"})), (GYM, "lost")))
    here.disk = disk
    served = await serve(here)

    _, text = await served.get("/incidents/inc-1")

    assert "Pictures are kept all the same." in text
    assert "1 of 3 blind at the press" in text


async def test_what_is_named_by_a_stranger_is_text(serve: Serve) -> None:
    hostile = "\"><script>alert(1)</script><b x='{{7*7}} onload=1"
    plan = with_cameras(dict.fromkeys((HALL, GYM, GATE), hostile))
    here = office(
        blind_at_the_press(seeing(locked_down({D1: "secured"}), hall="covered"), (HALL, "lost")), plan
    )
    here.record = kept()  # type: ignore[assignment]
    served = await serve(here)

    for path in ("/cameras", f"/cameras/{HALL}", f"/doors/{D1}", "/incidents/inc-1"):
        _, text = await served.get(path)
        assert "<script>alert" not in text, path
        asked = Attributes()
        asked.feed(text)
        assert not [one for one in asked.names if one.startswith("on")], path


async def test_a_timeline_tells_of_the_cameras_kept_and_of_a_file_that_was_taken_out(serve: Serve) -> None:
    here = office(seeing(locked_down({D1: "secured"})))
    here.journal = [
        recorded(
            "incident.opened/1", 1, {"id": "inc-1", "kind": "real", "response": "lockdown", "zone": "hs"}
        ),
        recorded("cameras.asked/1", 2, {"cameras": [HALL, GYM], "blind": [[GYM, "lost"]]}),
        recorded("cameras.found_blind/1", 3, {"blind": [[HALL, "unwatched"], [GYM, "lost"]], "since_us": 1}),
        recorded("evidence.ended/1", 3, {"camera": GYM, "name": "x", "end": "failed", "code": "ENOSPC"}),
        recorded("camera.viewed/1", 4, {"camera": HALL, "how": "evidence"}),
    ]
    here.record.found = [{"incident": "inc-1", "epoch": "e", "seq": 1, "silent": 0}]
    served = await serve(here)

    _, text = await served.get("/incidents/inc-1")

    assert "Pictures of 2 cameras are kept, 1 blind spot" in text
    assert "Blind since before the press, found out after it: Hall, Gym" in text
    assert "No pictures of Gym: The disk was full." in text
    assert "A file of Hall was taken out" in text


def test_an_incident_that_is_not_live_has_no_cameras_of_its_own() -> None:
    assert cameras.incident_cameras(seen(seeing(quiet())), IncidentId("inc-9"))["rows"] == []


async def test_what_an_incident_keeps_is_told_to_its_open_page_as_it_is_begun_and_sealed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "READ_EVERY_S", 0.0)
    here = office(seeing(locked_down({D1: "secured"})))
    views = Record(Kept((HALL,), (), (line("cam-hall.mp4", **WRITING),)))
    here.record = views  # type: ignore[assignment]
    pages = Pages(here.it)
    looks, takes = (
        listen(pages, Looking(SCREENS["incident"], "inc-1", duress=False, takes=takes))
        for takes in (False, True)
    )
    begun = (await told_of(takes, "evidence"))["parts"]["evidence"]
    assert "being written" in begun
    assert "href" not in begun

    # The views follow the journal a little behind: until they do they are read again.
    views.kept = Kept((HALL,), (), (line("cam-hall.mp4"),))
    while "sealed</b>" not in (sealed := (await told_of(takes, "evidence"))["parts"]["evidence"]):
        pass
    assert "/incidents/inc-1/evidence/cam-hall.mp4" in sealed
    while "sealed</b>" not in (plain := (await told_of(looks, "evidence"))["parts"]["evidence"]):
        pass
    assert "href" not in plain
    for one in (looks, takes):
        pages.leave(one)
