"""Self-tests of a running box: every link proven with real peers, and breaking one turns exactly that one red."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from rules.model.ids import DoorId
from tests.flow.mosquitto import Document
from tests.flow.rig import School, running, verdicts
from tests.flow.school import STRIKE, STROBE, Tree, door, native, office, school, tcp

LOCKED = {**STRIKE, "rest": "locked"}
SILENT_AFTER = "6s"


def quarters(out: Path, port: int) -> Tree:
    """Two boards with a door each, a strobe, a wired button and two on the broker; one of them reports every few seconds."""
    tree = school(
        out, port, outputs=True, buttons=[native("pb-native"), native("pb-often"), office()], freshness="20s"
    )
    tree["buttons"][1]["silence_limit"] = SILENT_AFTER
    tree["controllers"].append(tcp("far"))
    tree["doors"] = [door("tcp-1", "a-1", "plc", 0, LOCKED), door("far-1", "a-1", "far", 0, LOCKED)]
    tree["policies"]["self_test"] = {"at": _local(hours=12)}
    return tree


def _local(**later: int) -> str:
    return f"{datetime.now(ZoneInfo('America/Chicago')) + timedelta(**later):%H:%M}"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("selftest")
    with running(folder, partial(quarters, folder)) as found:
        yield found


def heard(here: School, *buttons: str) -> None:
    """These buttons report."""
    for one in buttons:
        here.broker.publish(f"campus/button/{one}/status", {"battery": 90})


def trial(here: School) -> Document:
    """One self-test, to its end."""
    begun = here.ask({"do": "selftest"})
    assert begun["ok"], begun
    number = begun["args"]["number"]
    now = here.until(
        "the self-test came to its end",
        lambda found: (last := found["self_test"]["last"]) is not None and last["number"] >= number,
        40,
    )
    found: Document = now["self_test"]["last"]
    return found


def of(found: Document, outcome: str) -> dict[str, str]:
    return {one["id"]: one["code"] for one in found["links"] if one["outcome"] == outcome}


def unproven(now: Document) -> set[str]:
    """The links of which a flag says that they are not proven."""
    return {one["subject"] for one in now["flags"] if one["code"] == "link_not_proven"}


def bolt_cut(here: School, cut: bool) -> None:
    """The bolt's wire alone is off, or on again."""
    bolt = here.devices.campus.bolt(DoorId("tcp-1"))
    sensor = here.devices.campus.plan.doors[DoorId("tcp-1")].bolt
    assert sensor is not None
    board, number = here.devices.campus.boards[sensor.point.controller], sensor.point.number

    def act() -> None:
        bolt.bolt_input = None if cut else number
        board.set_input(number, not cut)

    here.devices.call(act)
    here.devices.until_read("plc")


def refuse(here: School, refused: set[int]) -> None:
    boards = here.devices.campus.boards
    here.devices.call(
        lambda: setattr(boards[next(one for one in boards if one == "plc")], "refused", refused)
    )


def broker(here: School, up: bool) -> None:
    if up:
        here.broker.start()
    else:
        here.broker.end()
    here.until("told", lambda now: all(one["up"] is up for one in now["sessions"]))


def board(here: School, up: bool) -> None:
    here.devices.fault("far", "none" if up else "dead")
    here.until("told", lambda now: all(one["up"] is (up or one["id"] != "far") for one in now["controllers"]))


def button(here: School, up: bool) -> None:
    if not up:
        here.until("silent", lambda now: _supervision(now, "pb-often") == "silent")


def _supervision(now: Document, name: str) -> str:
    return next(str(one["supervision"]) for one in now["buttons"] if one["id"] == name)


def test_on_a_whole_campus_every_link_is_proven_by_the_command_line(here: School) -> None:
    writes = len(here.devices.writes("tcp-1"))
    heard(here, "pb-native", "pb-often")
    here.until("heard", lambda now: _supervision(now, "pb-often") == "heard")
    ended = here.cli("selftest")
    last = here.cli("selftest", "--last", "--json")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    for link in (
        "broker",
        "controller +far",
        "report of button +pb-native",
        "decision",
        "reading of lock +tcp-1",
        "output +strobe",
    ):
        assert re.search(rf"^proven +{link}", ended.stdout, re.M)
    assert '"holds": true' in last.stdout or '"holds":true' in last.stdout
    assert len(here.devices.writes("tcp-1")) == writes
    assert here.devices.coil("plc", STROBE) is False
    here.until("no flag", lambda now: not unproven(now))


@pytest.mark.parametrize(
    ("turn", "link", "behind"),
    [
        (broker, "broker:flow-school", {"button:pb-native", "button:pb-often"}),
        (board, "controller:far", {"lock:far-1"}),
        (lambda here, up: bolt_cut(here, not up), "lock:tcp-1", set()),
        (lambda here, up: refuse(here, set() if up else {STROBE}), "output:strobe", set()),
        (button, "button:pb-often", set()),
    ],
    ids=[
        "broker stopped",
        "one board dead",
        "one bolt sensor cut",
        "one output refused",
        "one button silent",
    ],
)
def test_breaking_one_link_turns_exactly_that_link_red(
    here: School, turn: Callable[[School, bool], None], link: str, behind: set[str]
) -> None:
    heard(here, "pb-native", "pb-often")
    here.until("heard", lambda now: _supervision(now, "pb-often") == "heard")
    turn(here, False)
    try:
        found = trial(here)
    finally:
        turn(here, True)

    assert set(of(found, "not_proven")) == {link}, of(found, "not_proven")
    assert of(found, "behind") == dict.fromkeys(behind, link)
    assert next(one["words"] for one in found["links"] if one["id"] == link)
    here.until("exactly its flag", lambda now: unproven(now) == {link})

    heard(here, "pb-native", "pb-often")
    here.until("heard", lambda now: _supervision(now, "pb-often") == "heard")
    assert of(trial(here), "not_proven") == {}
    here.until("no flag", lambda now: not unproven(now))


# --- locks, exercised ------------------------------------------------------------------------


def night(out: Path, port: int) -> Tree:
    """The hours of the first door are now; another one names none, and has a board of its own."""
    tree = quarters(out, port)
    hours = {"hours": f"{_local(minutes=-2)}-{_local(hours=3)}"}
    # Its bolt counts as on its way for two seconds, so that a press can come in between.
    first = {**STRIKE, "rest": "unlocked", "travel": "2s", "self_test": hours}
    tree["doors"] = [door("tcp-1", "a-1", "plc", 0, first), door("far-1", "a-1", "far", 0)]
    tree["policies"]["self_test"]["clock"] = "by_hand"
    return tree


def exercised(now: Document) -> Document:
    (one,) = now["self_test"]["exercises"]
    return dict(one)


def test_at_night_a_lock_is_proven_and_back_at_its_rest_and_no_other_is_touched(tmp_path: Path) -> None:
    with running(tmp_path / "night", partial(night, tmp_path / "night")) as here:
        now = here.until("proven", lambda found: exercised(found)["outcome"] == "proven", 40)
        here.until("over", lambda found: not exercised(found)["under_way"])

        assert here.devices.writes("tcp-1") == [True, False]
        assert here.devices.writes("far-1") == []
        here.until("at rest", lambda found: verdicts(found, "tcp-1") == {"tcp-1": "closed_unlocked"})
        assert next(one["last_proven"] for one in now["doors"] if one["id"] == "tcp-1")
        steps = [row["data"]["step"] for row in here.rows("selftest.door")]
        assert steps == ["locking", "returning", "ended"]
        here.restart()
        assert exercised(here.status())["outcome"] == "proven"


def test_a_press_in_the_middle_wins_and_the_door_stays_locked(tmp_path: Path) -> None:
    with running(tmp_path / "press", partial(night, tmp_path / "press")) as here:
        here.until("under way", lambda found: exercised(found)["under_way"], 40)
        here.broker.press("pb-native", "hold", "night-1")
        here.until_secured()
        now = here.until("over", lambda found: not exercised(found)["under_way"])

        assert exercised(now)["code"] == "superseded"
        assert here.devices.writes("tcp-1")[-1] is True
        assert here.devices.locked("tcp-1")
        here.close("tcp-1", "far-1")
