"""The note of where a file's store is: whole and lasting, whatever moment the power goes at."""

import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config.remembered import remember, remembered
from tests.edge.journal.power_cut import Disk, Image, calls, start_recorded
from tests.edge.journal.test_power_cut import pytestmark as pytestmark

ROOT = Path(__file__).parents[3]
OLD, NEW = Path("/var/lib/campus-edge"), Path("/srv/campus-edge")
CHILD = """
import sys
from pathlib import Path
from edge.config.remembered import remember
remember(*map(Path, sys.argv[1:]), {})
"""


def found(image: Image, folder: Path) -> Path | None:
    """What a start reads of the note on a disk that holds these files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in image.items():
        (folder / name).write_bytes(data)
    return remembered(folder / "campus.yaml", {})


@pytest.fixture
def states(tmp_path: Path) -> list[set[Path | None]]:
    """What a start may find after each call of an edit that moves the store; the last set: once that is done."""
    site = tmp_path / "site"
    site.mkdir()
    file, log = site / "campus.yaml", tmp_path / "strace"
    file.write_text("store: {directory: /srv/campus-edge}\n")
    remember(file, OLD, {})
    before = {each.name: each.read_bytes() for each in site.iterdir()}
    running = start_recorded([sys.executable, "-c", CHILD, str(file), str(NEW)], log, ROOT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 0, errors
    disk, chance = Disk(site, before), random.Random(7)

    def after_each() -> Iterator[set[Path | None]]:
        for call in calls(log, str(site)):
            if disk.follow(call):
                yield {found(image, tmp_path / "laid") for image in disk.left(chance, 8)}

    return list(after_each())


def test_a_power_cut_at_any_moment_leaves_the_old_note_or_the_new_one(
    states: list[set[Path | None]],
) -> None:
    assert set().union(*states) == {OLD, NEW}


def test_once_it_is_noted_no_power_cut_takes_it_back(states: list[set[Path | None]]) -> None:
    assert states[-1] == {NEW}
