"""Five formats: captured messages, edges that are no gesture, and whatever else may arrive."""

import base64
import json
import time
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.buttons.fields import DEEPEST, LONGEST_PAYLOAD_BYTES
from drivers.buttons.formats import Channel, Format, parse
from drivers.buttons.parsed import NOTHING, Parsed, Press, Status

CAPTURED = sorted((Path(__file__).parents[2] / "fixtures" / "buttons").glob("*.json"))
FORMATS: tuple[Format, ...] = get_args(Format)


def said(format_: Format, message: object, topic: str = "stat/desk/BUTTON1") -> Parsed:
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return parse(format_, "press", topic, payload)


def gestures(parsed: Parsed) -> list[str]:
    return [press.gesture for press in parsed.presses]


@pytest.mark.parametrize("file", CAPTURED, ids=lambda file: file.stem)
def test_a_captured_message_says_what_its_note_expects(file: Path) -> None:
    captured: dict[str, Any] = json.loads(file.read_text())
    expected = captured["expect"]

    parsed = parse(
        captured["format"], captured["channel"], captured["topic"], json.dumps(captured["payload"]).encode()
    )

    assert captured["source"]
    assert list(parsed.presses) == [Press(**press) for press in expected["presses"]]
    assert parsed.status == (None if expected["status"] is None else Status(**expected["status"]))
    assert parsed.refused is None


def test_every_format_has_captured_presses_and_captured_edges() -> None:
    kinds = {
        (captured["format"], bool(captured["expect"]["presses"]))
        for captured in (json.loads(file.read_text()) for file in CAPTURED)
    }

    assert kinds == {(format_, pressed) for format_ in FORMATS for pressed in (True, False)}


@pytest.mark.parametrize("format_", FORMATS)
def test_a_retained_message_being_cleared_says_nothing(format_: Format) -> None:
    assert said(format_, b"") == NOTHING


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"\xff", "not_json"),
        (b"SINGLE", "not_json"),
        (b'{"gesture": NaN}', "not_json"),
        (b'{"n": ' + b"9" * 5_000 + b"}", "not_json"),
        (b"[]", "not_an_object"),
        (b"[" * 60_000, "too_deep"),
        (b'{"a": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}", "too_deep"),
        (b" " * (LONGEST_PAYLOAD_BYTES + 1), "too_long"),
    ],
    ids=["not utf-8", "a bare word", "nan", "huge number", "a list", "unclosed", "deep", "long"],
)
def test_what_is_no_message_is_refused_with_a_code(format_: Format, payload: bytes, code: str) -> None:
    assert said(format_, payload) == Parsed(refused=code)


@pytest.mark.parametrize(
    "payload",
    [b"[" * 60_000, b"[" * 30_000 + b"]" * 30_000, b'{"a":' * 10_000, b"[" + b"{}," * 20_000 + b"{}]"],
    ids=["unclosed", "closed", "objects", "flat"],
)
def test_a_message_of_brackets_alone_holds_up_the_press_behind_it_for_milliseconds_at_most(
    payload: bytes,
) -> None:
    def took_s() -> float:
        began = time.thread_time()
        assert said("native", payload).refused is not None
        return time.thread_time() - began

    # Token by token it took 20 ms, and three thousand of them a minute.
    assert min(took_s() for _ in range(5)) < 0.010


def test_brackets_inside_a_text_are_not_depth() -> None:
    message = {
        "press_id": "[" * 60,
        "gesture": "hold",
        "note": '\\" {{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{',
    }

    assert gestures(said("native", message)) == ["hold"]


@pytest.mark.parametrize(
    ("message", "code"),
    [({}, "gesture_missing"), ({"gesture": None}, "gesture_missing"), ({"gesture": 1}, "gesture_unreadable")],
    ids=["absent", "null", "a number"],
)
def test_a_native_message_without_gesture_and_press_id_is_refused(message: object, code: str) -> None:
    assert said("native", message).refused == code


@pytest.mark.parametrize("gesture", [None, 1, ["hold"]], ids=["null", "a number", "a list"])
def test_a_native_press_whose_gesture_cannot_be_read_is_still_a_press(gesture: object) -> None:
    assert gestures(said("native", {"press_id": "p-1", "gesture": gesture})) == ["unreadable"]
    assert gestures(said("native", {"press_id": "p-1"})) == ["unreadable"]


def test_an_unknown_word_is_handed_on_in_a_safe_alphabet() -> None:
    assert gestures(said("native", {"gesture": " Front <b>Desk</b>! "})) == ["front_b_desk_b"]
    assert gestures(said("native", {"gesture": "x" * 200})) == ["x" * 64]


def test_a_word_of_which_nothing_safe_is_left_still_counts_as_a_press() -> None:
    assert gestures(said("native", {"gesture": "助けて"})) == ["unreadable"]


def test_a_press_with_a_broken_clock_and_a_broken_id_is_still_a_press() -> None:
    parsed = said("native", {"gesture": "hold", "at": "yesterday", "press_id": {"a": 1}})

    assert gestures(parsed) == ["hold"]
    assert parsed.presses[0].device_at_us is None
    assert len(parsed.presses[0].press_id or "") == 64


def test_a_zigbee_action_that_is_no_text_is_refused() -> None:
    assert said("zigbee2mqtt", {"action": 1}).refused == "action_unreadable"


@pytest.mark.parametrize(
    "action", ["release", "hold_release", "1_release", "brightness_stop", "color_temperature_move_stop"]
)
def test_zigbee_edges_are_no_gesture(action: str) -> None:
    assert said("zigbee2mqtt", {"action": action}).presses == ()


@pytest.mark.parametrize("action", ["brightness_move_up", "brightness_step_down", "rotate_left"])
def test_what_a_person_does_to_a_zigbee_device_is_a_gesture_though_no_listed_one(action: str) -> None:
    assert gestures(said("zigbee2mqtt", {"action": action})) == [action]


@pytest.mark.parametrize(
    ("action", "gesture"),
    [("button_2_hold", "hold"), ("tripple", "triple"), ("toggle", "toggle"), ("many", "many"), ("1_", "1")],
)
def test_zigbee_actions_are_read_without_their_key_number(action: str, gesture: str) -> None:
    assert gestures(said("zigbee2mqtt", {"action": action})) == [gesture]


def test_tasmota_answers_to_commands_are_nothing_on_result_and_refused_on_a_button_topic() -> None:
    assert said("tasmota", {"POWER": "ON"}, "stat/desk/RESULT") == NOTHING
    assert said("tasmota", {"POWER": "ON"}).refused == "action_missing"
    assert said("tasmota", {"Button1": {"Action": 3}}).refused == "action_unreadable"


def test_equal_presses_in_one_uplink_are_one_press() -> None:
    data = base64.b64encode(b"\xff\x2e\x02" * 15_000 + b"\xff\x2e\x01").decode()

    assert gestures(said("chirpstack", {"deviceInfo": {"devEui": "24e1"}, "fCnt": 3, "data": data})) == [
        "hold",
        "single",
    ]


def test_two_tasmota_buttons_in_one_message_are_two_presses() -> None:
    message = {"Button1": {"Action": "SINGLE"}, "Button2": {"Action": "HOLD"}}

    assert gestures(said("tasmota", message)) == ["single", "hold"]


def test_several_shelly_presses_in_one_frame_are_all_heard() -> None:
    events = [{"component": "input:1", "event": word} for word in ("single_push", 3, "long_push", "new_word")]
    message = {"method": "NotifyEvent", "params": {"ts": 1.7e9, "events": events}}

    assert gestures(said("shelly", message)) == ["single", "hold", "new_word"]
    assert said("shelly", message).presses[0].device_at_us == 1_700_000_000_000_000


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({}, "event_missing"),
        ({"method": "Switch.Set"}, "method_unknown"),
        ({"method": "NotifyEvent"}, "events_missing"),
        ({"method": "NotifyEvent", "params": {"events": [7]}}, "event_unreadable"),
    ],
    ids=["nothing of theirs", "another method", "no events", "no event"],
)
def test_a_shelly_frame_that_is_no_event_is_refused(message: object, code: str) -> None:
    assert said("shelly", message).refused == code


def test_a_shelly_battery_is_read_from_its_status() -> None:
    wifi = {"devicepower:0": {"id": 0, "battery": {"V": 2.9, "percent": 41}}, "ts": 1.7e9}
    blue = {"bthomedevice:200": {"battery": 77}}

    assert said("shelly", {"method": "NotifyStatus", "params": wifi}).status == Status(
        41, device_at_us=1_700_000_000_000_000
    )
    assert said("shelly", {"method": "NotifyFullStatus", "params": blue}).status == Status(77)


def uplink(data: bytes | str | None, decoded: object = None) -> dict[str, object]:
    encoded = base64.b64encode(data).decode() if isinstance(data, bytes) else data
    return {"deviceInfo": {"devEui": "24e124535b000001"}, "fCnt": 7, "data": encoded, "object": decoded}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"fCnt": 7}, "not_an_uplink"),
        (uplink("%%%"), "data_unreadable"),
        (uplink(b"\x03\x67\x10\x01"), "data_unknown"),
        ({**uplink(None), "data": 7}, "data_unreadable"),
    ],
    ids=["no device", "not base64", "another device", "not text"],
)
def test_an_uplink_that_is_no_buttons_is_refused(message: object, code: str) -> None:
    assert said("chirpstack", message).refused == code


def test_an_uplink_of_mac_commands_is_a_sign_of_life() -> None:
    assert said("chirpstack", uplink("")).status == Status()


def test_a_press_that_the_codec_dropped_is_read_from_the_devices_bytes() -> None:
    parsed = said("chirpstack", uplink(b"\x01\x75\x40\xff\x2e\x02", {"battery": 65}))

    assert gestures(parsed) == ["hold"]
    assert parsed.status == Status(65)


def test_a_press_value_that_the_maker_has_not_documented_still_acts() -> None:
    assert gestures(said("chirpstack", uplink(b"\xff\x2e\x04"))) == ["4"]
    assert gestures(said("chirpstack", uplink(b"", {"button_event": {"status": "unknown"}}))) == ["unknown"]


def test_bytes_after_the_press_that_are_unknown_do_not_hide_it() -> None:
    assert gestures(said("chirpstack", uplink(b"\xff\x2e\x01\x99\x99\x99"))) == ["single"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
NAMES = """gesture press_id at battery online action method params events event event_cnt ts component object data
button_event status press deviceInfo devEui fCnt time Button1 Action ACTION devicepower:0 percent"""
KEYS = st.sampled_from(NAMES.split())
WORDS = st.sampled_from(["hold", "S", "NotifyEvent", "NotifyStatus", "input:0", "/y4B", "long press"]) | JSON
LIKELY = st.recursive(
    WORDS,
    lambda inner: st.dictionaries(KEYS, inner, max_size=6) | st.lists(inner, max_size=3),
    max_leaves=20,
)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    payload=st.binary(max_size=60) | LIKELY.map(lambda value: json.dumps(value).encode()),
    channel=st.sampled_from(get_args(Channel)),
)
def test_no_message_raises_and_none_makes_an_unsafe_press(payload: bytes, channel: Channel) -> None:
    for format_ in FORMATS:
        parsed = parse(format_, channel, "a/RESULT", payload)

        for press in parsed.presses:
            assert 1 <= len(press.gesture) <= 64
            assert set(press.gesture) <= set("abcdefghijklmnopqrstuvwxyz0123456789._:-")
            assert press.press_id is None or 1 <= len(press.press_id) <= 64
            assert press.counter is None or 0 <= press.counter <= 2**53
            assert press.device_at_us is None or 0 <= press.device_at_us <= 2**53
        if parsed.status is not None:
            assert parsed.status.battery is None or 0 <= parsed.status.battery <= 100
        assert parsed.refused is None or (not parsed.presses and parsed.status is None)


def test_bytes_that_are_unknown_are_told_where_a_press_may_stand_behind_them() -> None:
    parsed = said("chirpstack", uplink(b"\x01\x75\x40\x99\x99\x99\xff\x2e\x01"))

    assert (parsed.status, parsed.refused) == (Status(64), "data_unknown")
    assert said("chirpstack", uplink(b"\x01\x75\x40\x99\x99\x99", {"battery": 64})).refused is None


def test_equal_events_of_one_shelly_frame_are_one_press_and_no_frame_is_a_thousand() -> None:
    same = [{"component": "input:0", "event": "long_push", "ts": 1.7e9}] * 300
    other = [{"component": "input:0", "event": f"word_{number}"} for number in range(300)]

    assert gestures(said("shelly", {"method": "NotifyEvent", "params": {"events": same}})) == ["hold"]
    flood = said("shelly", {"method": "NotifyEvent", "params": {"events": other}})
    assert (len(flood.presses), flood.refused) == (64, "too_many_presses")
