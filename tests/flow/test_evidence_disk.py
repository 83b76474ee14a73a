"""A disk that fills under the daemon: pictures of drills stop first and that is said, an incident's are kept to the last
of it, the rest is the record's, and each file that stays is what its seal says.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.flow.cameras import (
    SMALL,
    Cameras,
    Journal,
    as_recorded,
    clip_grows,
    evidence,
    pictures_of,
    seconds,
    until_held,
    with_cameras,
)
from tests.flow.disks import fill, small_disk
from tests.flow.mosquitto import Document
from tests.flow.rig import School, flags, running
from tests.flow.school import Tree, school

FRONT: Final = "cam-front"
DOORS: Final = ("tcp-1", "tcp-2")
ACCEPTED: Final = "campus/button/pb-native/accepted"
DISK_MIB: Final = 2_000
"""The least reserve that a configuration may name is a gigabyte, and routine stops a tenth before it."""
LEFT: Final = 900_000_000
WITHIN_S: Final = 60


@pytest.fixture
def cameras(tmp_path: Path) -> Iterator[Cameras]:
    made = Cameras(tmp_path / "pictures", {FRONT: SMALL})
    yield made
    made.stop()


def drill(campus: School) -> None:
    assert campus.cli("press", "pb-office", "--drill").returncode == 0


def films(journal: Journal) -> list[Document]:
    """What became of the camera's films, in order."""
    return journal.ended(FRONT)


def kept(campus: School, journal: Journal) -> Document:
    """The film of what is live, once it is closed and sealed."""
    incident = campus.until("it is live", lambda now: now["incidents"])["incidents"][0]["id"]

    def sealed() -> list[Document]:
        ended = [row["data"] for row in journal.of("evidence.ended") if row["incident"] == incident]
        return [one for one in ended if one["end"] == "sealed" and one["name"].endswith(".mp4")]

    clip_grows(campus, FRONT)
    campus.close(*DOORS)
    journal.until("its seal", sealed)
    campus.until_at_rest(*DOORS)
    (film,) = sealed()
    as_recorded(campus, film)
    return film


def take_all_but(file: Path, left: int) -> None:
    """Somebody else's file, of real blocks."""
    size = shutil.disk_usage(file.parent).free - left
    with file.open("wb") as out:
        os.posix_fallocate(out.fileno(), 0, size)


def test_a_full_disk_stops_drills_films_first_and_takes_none_of_an_incident_and_no_room_of_the_record(
    tmp_path: Path, cameras: Cameras
) -> None:
    folder = tmp_path / "campus"
    folder.mkdir()

    def make(port: int) -> Tree:
        return with_cameras(school(folder, port), [cameras.section(FRONT, "a-1")], folder)

    with small_disk(folder / "store", DISK_MIB) as disk, running(folder, make) as campus:
        until_held(campus, FRONT)
        journal = Journal(campus)
        drill(campus)
        drilled = kept(campus, journal)
        campus.broker.press("pb-native", "hold", "held-1")
        campus.until_secured(*DOORS)
        held = kept(campus, journal)

        # The disk fills in a drill, down to what pictures are to leave free.
        drill(campus)
        journal.until("a film", lambda: len(journal.begun()) == 3)
        clip_grows(campus, FRONT)
        others, rest = disk.place / "others", disk.place / "the rest"
        take_all_but(others, LEFT)
        campus.until("said", lambda now: "evidence_disk_full" in flags(now), WITHIN_S)
        journal.until("its film has ended", lambda: len(films(journal)) == 4)
        journal.until(
            "the old drill's went", lambda: drilled["name"] in str(journal.data("evidence.deleted"))
        )
        ends = {(one["end"], one["code"]) for one in films(journal)[2:]}
        assert ends == {("sealed", ""), ("failed", "disk_full")}
        gone = {one["name"]: one for one in journal.data("evidence.deleted")}
        assert (gone[drilled["name"]]["sha256"], gone[drilled["name"]]["code"]) == (
            drilled["sha256"],
            "reserve",
        )
        assert not (evidence(campus) / drilled["name"]).exists()

        # Now not a byte is left: the press locks, its record gets what was set aside for it, and no picture takes that.
        fill(rest)
        with campus.broker.listening(ACCEPTED) as listener:
            campus.broker.press("pb-native", "hold", "full-1")
            campus.until_secured(*DOORS)
            heard = listener.until(ACCEPTED, lambda one: one["press_id"] == "full-1" and one["durable"])
        now = campus.until("said", lambda now: "evidence_not_written" in flags(now), WITHIN_S)
        assert now["appliance"]["armed"]
        campus.until("it is recorded", lambda now: not now["appliance"]["journal"]["trouble"], WITHIN_S)
        assert "full-1" in str(campus.rows("press.heard"))
        assert not list(evidence(campus).glob(f"{heard['incident']}/*.mp4*"))
        assert "evidence_not_written" in flags(campus.status())

        # Some room: the film is written from before the press on, though drills still have none.
        rest.unlink()
        clip_grows(campus, FRONT)
        now = campus.until("written", lambda now: "evidence_not_written" not in flags(now), WITHIN_S)
        assert "evidence_disk_full" in flags(now)
        full = kept(campus, journal)
        (opened,) = [row for row in journal.of("incident.opened") if row["incident"] == heard["incident"]]
        assert full["first_us"] < seconds(opened["at"]) * 1e6 < full["last_us"]
        assert full["missing"] == full["dropped"] == 0
        assert pictures_of(as_recorded(campus, full)) == full["pictures"]

        others.unlink()
        campus.until("over", lambda now: "evidence_disk_full" not in flags(now), WITHIN_S)
        drill(campus)
        kept(campus, journal)
        assert held["name"] not in str(journal.data("evidence.deleted"))
        as_recorded(campus, held)
        campus.end()
        verified = campus.cli("verify-journal")
        assert verified.returncode == 0, verified.stdout + verified.stderr
