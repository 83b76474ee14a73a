"""A new release takes the place of the running one under a stream of presses: none is lost, and none waits for a person."""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from edge.version import VERSION
from tests.flow.rig import School, running
from tests.flow.school import native, school
from tests.flow.waiting import wait_for

CODE = Path(__file__).parents[2]
NEW = f"{VERSION}.post1"


def new_release(folder: Path) -> Path:
    """The same code beside the old, under another version."""
    for package in ("edge", "drivers", "rules"):
        shutil.copytree(CODE / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    version = folder / "edge" / "version.py"
    version.write_text(version.read_text().replace(f'"{VERSION}"', f'"{NEW}"'))
    return folder


class Presses:
    """What was pressed so far: ids whose PUBLISH the broker took."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.enough = threading.Event()


@contextmanager
def pressing(campus: School) -> Iterator[Presses]:
    """A press after the other, each as soon as the broker has the one before."""
    pressed = Presses()

    def press() -> None:
        while not pressed.enough.is_set():
            name = f"replaced-{len(pressed.taken)}"
            campus.broker.press("pb-native", "hold", name)
            pressed.taken.append(name)

    thread = threading.Thread(target=press)
    thread.start()
    try:
        yield pressed
    finally:
        pressed.enough.set()
        thread.join()


def test_a_release_is_replaced_under_a_stream_of_presses_and_none_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "replaced"
    release = new_release(tmp_path / "new-release")
    with (
        running(folder, partial(school, folder, buttons=[native("pb-native")])) as campus,
        campus.broker.listening("campus/button/pb-native/accepted") as answers,
    ):
        campus.until_known_up()
        with pressing(campus) as pressed:
            wait_for("the old one has presses", lambda: len(pressed.taken) >= 10)
            assert campus.end() == 0
            before = len(pressed.taken)
            wait_for("presses in between", lambda: len(pressed.taken) >= before + 3)
            campus.environment = {"PYTHONPATH": str(release), "PYTHONSAFEPATH": "1"}
            campus.start()
            after = len(pressed.taken)
            wait_for("the new one has presses", lambda: len(pressed.taken) >= after + 10)

        def accepted() -> set[str]:
            heard = answers.heard("campus/button/pb-native/accepted")
            return {str(one["press_id"]) for one in heard}

        wait_for("every press is accepted", lambda: accepted() >= set(pressed.taken))
        now = campus.until_secured()
        assert (now["appliance"]["version"], now["unanswered"]) == (NEW, [])
        rows = campus.rows("press.heard")
        heard = {row["data"]["press"]: row["data"]["standing"] for row in rows}
        assert heard.keys() >= set(pressed.taken)
        assert set(heard.values()) <= {"acted", "joined", "repeated"}
        assert [one["data"]["version"] for one in campus.rows("daemon.started")] == [VERSION, NEW]
        assert campus.cli("verify-journal").returncode == 0


def folded_otherwise(snapshot: Path) -> None:
    """As the release before leaves it, where its code folds otherwise."""
    first, _, blob = snapshot.read_bytes().partition(b"\n")
    other = json.dumps({**json.loads(blob), "folded_by": "0" * 64}).encode()
    fields = {**json.loads(first), "sha256": hashlib.sha256(other).hexdigest()}
    snapshot.write_bytes(json.dumps(fields).encode() + b"\n" + other)


def test_a_release_that_prepared_itself_folds_nothing_again_at_its_start(tmp_path: Path) -> None:
    folder = tmp_path / "prepared"
    with running(folder, partial(school, folder, buttons=[native("pb-native")])) as campus:
        campus.broker.press("pb-native", "hold", "before")
        campus.until_secured()
        assert campus.end() == 0
        for name in ("journal.snapshot", "journal.snapshot.before"):
            if (campus.store / name).exists():
                folded_otherwise(campus.store / name)

        prepared = campus.cli("prepare", "--json")
        assert prepared.returncode == 0, prepared.stderr
        said = json.loads(prepared.stdout)
        assert (said["prepared"], said["from_copy"], said["events"] > 10) == (True, False, True)

        campus.start()
        assert "folding from the beginning" not in campus.log
        campus.until_secured()
        assert [one["response"] for one in campus.status()["incidents"]] == ["lockdown"]
