"""Doors that do not lock: named first with why, asserted again with the same value, and locked once they can be."""

from collections.abc import Iterator

import pytest

from drivers.simulators.faults import FaultKind
from rules.model.ids import DoorId
from tests.flow.mosquitto import Document
from tests.flow.rig import School, verdicts


@pytest.fixture
def breakable(campus: School) -> Iterator[School]:
    """The shared campus; everything is whole again afterwards."""
    yield campus
    for controller in ("plc", "bus", "reader"):
        campus.devices.fault(controller, "none")
    campus.devices.jam("tcp-1", False)
    campus.until("all up", lambda now: all(one["up"] for one in now["controllers"]))


def door(document: Document, name: str) -> Document:
    found: Document = next(one for one in document["doors"] if one["id"] == name)
    return found


def test_a_latch_that_never_moves_is_named_first_and_asserted_with_the_same_value(breakable: School) -> None:
    breakable.devices.jam("tcp-1")
    breakable.broker.press("pb-native", "hold", "jam-1")
    now = breakable.until(
        "not latched",
        lambda found: verdicts(found, "tcp-1", "tcp-2") == {"tcp-1": "not_latched", "tcp-2": "secured"},
    )
    assert now["doors"][0]["id"] == "tcp-1"
    written = len(breakable.devices.writes("tcp-1"))
    breakable.until("asserted again", lambda _: len(breakable.devices.writes("tcp-1")) >= written + 2)
    assert set(breakable.devices.writes("tcp-1")[written - 1 :]) == {True}
    assert breakable.devices.writes("tcp-2")[-2:] != [True, True]
    breakable.devices.jam("tcp-1", False)
    breakable.until_secured()


@pytest.mark.parametrize("fault", ["dead", "away", "drop"])
def test_a_dead_controller_keeps_no_other_from_locking_and_locks_when_it_comes_back(
    breakable: School, fault: FaultKind
) -> None:
    breakable.devices.fault("plc", fault)
    breakable.until("named", lambda now: not all(one["up"] for one in now["controllers"]))
    breakable.broker.press("pb-native", "hold", f"{fault}-1")
    breakable.until_secured("rtu-1", "osdp-1")
    now = breakable.until("named", lambda found: verdicts(found, "tcp-1")["tcp-1"] in ("stale", "no_answer"))
    assert {one["id"] for one in now["doors"][:3]} == {"gym", "tcp-1", "tcp-2"}
    assert now["appliance"]["armed"]
    breakable.devices.fault("plc", "none")
    found = breakable.until_secured("osdp-1", "rtu-1", "tcp-1", "tcp-2")
    # The magnet's fire input was away with it: it was free meanwhile, and stays so until a person's word.
    assert door(found, "gym")["code"] == "fire_freed"
    assert breakable.ask({"do": "lock", "doors": ["gym"], "reason": "the alarm is quiet"})["ok"]
    breakable.until_secured()


def test_a_board_that_refuses_is_named_with_its_code(breakable: School) -> None:
    breakable.devices.fault("bus", "refusing")
    breakable.broker.press("pb-native", "hold", "refusing-1")
    now = breakable.until(
        "named",
        lambda found: (
            set(verdicts(found, "osdp-1", "tcp-1", "tcp-2", "gym").values()) == {"secured"}
            and verdicts(found, "rtu-1")["rtu-1"] not in ("pending", "closed_unlocked", "released")
        ),
    )
    assert now["doors"][0]["id"] == "rtu-1"
    assert door(now, "rtu-1")["verdict"] in ("refused", "stale")
    breakable.devices.fault("bus", "none")
    breakable.until_secured()


def test_a_door_opened_in_a_lockdown_is_told_within_a_poll(breakable: School) -> None:
    breakable.broker.press("pb-native", "hold", "forced-1")
    breakable.until_secured()
    bolt = breakable.devices.campus.bolt(DoorId("tcp-1"))
    breakable.devices.call(lambda: setattr(bolt, "door_open", True))
    try:
        now = breakable.until("told", lambda found: verdicts(found, "tcp-1")["tcp-1"] == "opened")
        assert now["doors"][0]["id"] == "tcp-1"
    finally:
        breakable.devices.call(lambda: setattr(bolt, "door_open", False))
    breakable.until_secured()
