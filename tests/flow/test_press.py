"""A press by Mosquitto's own client locks every door of every driver; release by name gives back the named doors."""

import pytest

from tests.flow.rig import School, verdicts
from tests.flow.school import ALL_DOORS, FORMATS, STROBE

PAYLOADS = {
    "pb-zigbee": '{"action": "hold", "battery": 97, "linkquality": 118}',
    "pb-lora": (
        '{"deduplicationId": "5c0e", "time": "2026-08-14T12:00:00.000Z", '
        '"deviceInfo": {"deviceName": "pb-lora", "devEui": "24e124535b000203"}, '
        '"fCnt": 17, "fPort": 85, "data": "/y4C"}'
    ),
    "pb-shelly": (
        '{"src": "shellyplusi4-gym", "dst": "shellyplusi4-gym/events", "method": "NotifyEvent", '
        '"params": {"ts": 1786708800.5, "events": [{"component": "input:0", "id": 0, "event": "long_push"}]}}'
    ),
    "pb-tasmota": '{"Button1": {"Action": "HOLD"}}',
}


def test_a_native_press_locks_every_door_of_every_driver_and_is_told_once_durable(campus: School) -> None:
    with campus.broker.listening("campus/state/#", "campus/button/pb-native/accepted") as listener:
        campus.broker.press("pb-native", "hold", "native-1")
        accepted = listener.until("campus/button/pb-native/accepted")
        now = campus.until_secured()
        zone = listener.until("campus/state/zone/flow-school", lambda one: one["response"] == "lockdown")
        for door in ALL_DOORS:
            told = listener.until(f"campus/state/door/{door}", lambda one: one["verdict"] == "secured")
            assert told["valid_for"] > 0
    incident = now["incidents"][0]["id"]
    assert accepted == {"press_id": "native-1", "incident": incident, "kind": "real", "durable": True}
    assert set(verdicts(now)) == set(ALL_DOORS)
    assert all(campus.devices.locked(door) for door in ALL_DOORS)
    assert campus.devices.coil("plc", STROBE)
    assert zone["incident"] == incident
    assert zone["kind"] == "real"
    assert zone["epoch"] == now["appliance"]["journal"]["epoch"]
    assert campus.broker.retained("campus/state/zone/a-1") is not None
    assert campus.broker.retained("campus/state/appliance")["armed"] is True  # type: ignore[index]


def test_a_close_moves_no_door_and_a_release_moves_the_named_ones_only(campus: School) -> None:
    campus.broker.press("pb-native", "hold", "native-2")
    campus.until_secured()
    closed = campus.cli_close("all clear")
    assert closed.returncode == 0
    assert "5 doors" in closed.stdout
    assert all(campus.devices.locked(door) for door in ALL_DOORS)
    assert campus.cli_release("tcp-1", "osdp-1", reason="all clear").returncode == 0
    now = campus.until_at_rest("tcp-1", "osdp-1")
    assert not now["incidents"]
    assert [door for door in ALL_DOORS if campus.devices.locked(door)] == ["gym", "rtu-1", "tcp-2"]
    zone = campus.broker.retained("campus/state/zone/flow-school")
    assert zone is not None
    assert zone["response"] is None
    assert zone["number"] == now["appliance"]["number"]


@pytest.mark.parametrize("button", PAYLOADS)
def test_each_format_presses(campus: School, button: str) -> None:
    campus.broker.publish(FORMATS[button][1], PAYLOADS[button])
    now = campus.until_secured()
    assert [one["response"] for one in now["incidents"]] == ["lockdown"]


def test_a_finger_on_the_wired_button_locks_every_door(campus: School) -> None:
    campus.devices.press("pb-office")
    now = campus.until_secured()
    assert [one["response"] for one in now["incidents"]] == ["lockdown"]
