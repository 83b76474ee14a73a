"""Every problem at once, each at its line, in words that say what to do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config.devices import ModbusRtu
from edge.config.model import Config
from edge.config.problems import MOST_TOLD
from tests.edge.config.campuses import FILES, SOUND, checked, edit, line_of


def told(text: str) -> list[str]:
    return [problem.text() for problem in checked(text).problems]


def test_a_sound_campus_has_no_problem() -> None:
    found = checked(SOUND)

    assert found.problems == ()
    assert isinstance(found.config, Config)
    assert found.config.doors[0].hardware is not None
    assert found.config.doors[0].hardware.travel == 400_000
    assert found.config.doors[0].hardware.relay == "no"
    assert found.config.doors[0].lock is not None
    assert found.config.doors[0].lock.locked_when is False
    assert found.config.buttons[0].silence_limit == 180_000_000


def test_every_problem_is_told_at_once_in_the_order_of_the_file() -> None:
    text = edit(
        SOUND,
        ("timezone: America/Chicago", "timezone: America/Chicgo"),
        ("host: 10.20.1.11", "hst: 10.20.1.11"),
        ("rest: locked", "rest: loked"),
        ("travel: 400ms", "travel: 400"),
        ("kind: classroom", "kind: classroom\n    colour: red"),
        ("zone: gym,", "zone: gymm,"),
        ("silence_limit: 180s", "silence_limit: soon"),
    )

    found = told(text)

    lines = [int(one.split(":")[1]) for one in found]
    assert lines == sorted(lines)
    assert found == [
        f"campus.yaml:{line_of(text, 'Chicgo')}: campus.timezone: there is no time zone 'America/Chicgo'; "
        "did you mean 'America/Chicago'?",
        f"campus.yaml:{line_of(text, 'hst')}: controllers[plc].host: missing key; add host: Its IP address",
        f"campus.yaml:{line_of(text, 'hst')}: controllers[plc].hst: unknown key; did you mean 'host'?",
        f"campus.yaml:{line_of(text, 'colour')}: doors[a-101].colour: unknown key; remove it; known here: "
        "id, name, zone, kind, controller, hardware, lock, bolt, position",
        f"campus.yaml:{line_of(text, 'travel')}: doors[a-101].hardware.travel: '400' has no unit; "
        "write it with a unit, such as 400s or 400ms",
        f"campus.yaml:{line_of(text, 'loked')}: doors[a-101].hardware.rest: 'loked' is not one of its words; "
        "did you mean 'locked'?",
        f"campus.yaml:{line_of(text, 'gymm')}: doors[gym-west].zone: there is no zone 'gymm'; did you mean 'gym'?",
        f"campus.yaml:{line_of(text, 'soon')}: buttons[pb-101].silence_limit: 'soon' is no duration; "
        "write a number with its unit: 500ms, 5s, 1m30s, 2h, 1d",
    ]


def test_a_slip_in_one_text_of_a_door_does_not_hide_the_contradiction_beside_it() -> None:
    text = edit(SOUND, ("travel: 400ms", "travel: 400"), ("on_power_loss: secure", "on_power_loss: safe"))

    found = told(text)

    assert any("travel" in one for one in found)
    assert any("fail-safe strike" in one for one in found)


def test_a_door_that_was_left_out_for_a_slip_is_not_called_unknown_as_well() -> None:
    found = told(edit(SOUND, ("kind: classroom", "kind: clasroom")))

    assert len(found) == 1
    assert "did you mean 'classroom'?" in found[0]


@pytest.mark.parametrize(
    ("old", "new", "path", "what"),
    [
        ("id: lincoln-hs", "id: Lincoln HS", "campus.id", "is no id"),
        ("id: lincoln-hs", "id: 12", "campus.id", 'put it in quotes: "12"'),
        ("id: lincoln-hs", "id:", "campus.id", "is empty"),
        ("id: lincoln-hs", "id: [a]", "campus.id", "is a list, not a text"),
        ("name: Lincoln High School", 'name: "a\\nb"', "campus.name", "line break or control character"),
        ("name: Lincoln High School", f"name: {'x' * 121}", "campus.name", "is 121 characters long"),
        ("policies:\n  responses: standard", "policies: standard", "policies", "not keys with values"),
        ("policies:\n  responses: standard", "policies: []", "policies", "is a list, not keys with values"),
        ("policies:\n  responses: standard", "dispatch:", "dispatch", "write [] or remove the key"),
        ("policies:\n  responses: standard", "dispatch: none", "dispatch", "not a list"),
        ("policies:\n  responses: standard", "weather: {}", "weather", "unknown key"),
        ("unit: 3}", "unit: 0}", "controllers[bus].unit", "from 1 to 247"),
        ("unit: 3}", "unit: 248}", "controllers[bus].unit", "out of range"),
        ("unit: 3}", "unit: three}", "controllers[bus].unit", "is not a whole number"),
        ("unit: 3}", "unit: 3.5}", "controllers[bus].unit", "is not a whole number"),
        ("unit: 3}", "unit: true}", "controllers[bus].unit", "is not a whole number"),
        ("unit: 3}", "baud: 19201, unit: 3}", "controllers[bus].baud", "did you mean '19200'?"),
        ("unit: 3}", "baud: 9600.0, unit: 3}", "controllers[bus].baud", "is not one of its words"),
        ("address: 5", "address: 127", "controllers[reader].address", "from 0 to 126"),
        ("driver: modbus-tcp", "driver: modbus_tcp", "controllers[plc].driver", "did you mean 'modbus-tcp'?"),
        ("driver: modbus-tcp, ", "", "controllers[plc].driver", "missing key; add driver: one of modbus-"),
        ("host: 10.20.1.11", "host: 10.20.1.311", "controllers[plc].host", "is no address"),
        ("port: /dev/ttyUSB0", "port: ttyUSB0", "controllers[bus].port", "is no serial port"),
        ("fire_rated: true", "fire_rated: yes", "doors[a-101].hardware.fire_rated", "write true or false"),
        ("fire_rated: true", "fire_rated:", "doors[a-101].hardware.fire_rated", "is empty"),
        ("commissioned: 2026-08-14", "commissioned: 2026-02-30", "doors[a-101].hardware.commissioned", "is no date"),
        ("commissioned: 2026-08-14", "commissioned: 14.8.2026", "doors[a-101].hardware.commissioned", "is no date"),
        ("      travel: 400ms\n", "", "doors[a-101].hardware.travel", "missing key"),
        ("travel: 400ms", "travel: 1ms", "doors[a-101].hardware.travel", "the least is 10ms"),
        ("travel: 400ms", "travel: 31s", "doors[a-101].hardware.travel", "the most is 30s"),
        ("travel: 400ms", "travel: 1s1m", "doors[a-101].hardware.travel", "is no duration"),
        ("lock: {coil: 0, locked_when: off}", "lock: {coil: 0, locked_when: false}", "doors[a-101].lock.locked_when",
         "neither on nor off"),
        ("lock: {coil: 0, locked_when: off}", "lock: {coil: -1, locked_when: off}", "doors[a-101].lock.coil", "from 0 to 65535"),
        ("lock: {coil: 0, locked_when: off}", "lock: 0", "doors[a-101].lock", "not keys with values"),
        ("hold: lockdown", "hold: lockdwn", "buttons[pb-101].gestures.hold", "did you mean 'lockdown'?"),
        ("hold: lockdown", "hold: {respons: lockdown}", "buttons[pb-101].gestures.hold.respons", "did you mean 'response'?"),
        ("hold: lockdown", "hold: 3", "buttons[pb-101].gestures.hold", "is not one of its words"),
        ("hold: lockdown", "'  ': lockdown", "buttons[pb-101].gestures.'  '", "is no gesture"),
        ("gestures: {single: lockdown}", "gestures: [lockdown]", "buttons[pb-office].gestures", "not keys with values"),
        ("gestures: {single: lockdown}", "gestures:", "buttons[pb-office].gestures", "is empty"),
        ("pressed_when: off}", "pressed_when: off, counter: x}", "buttons[pb-office].wired.counter", "is not a whole number"),
        ("  - {id: gym, name: Gym}", "  - gym", "zones[2]", "not keys with values"),
        ("  - {id: gym, name: Gym}", "  - {id: gym, name: Gym, floor: 1.5}", "zones[gym].floor", 'put it in quotes: "1.5"'),
        ("  - {id: gym, name: Gym}", "  - {id: gym, name: Gym, floor: 99999999999}", "zones[gym].floor",
         "write a number from -2147483648 to 2147483648"),
        ("timezone: America/Chicago", 'timezone: ""', "campus.timezone", "is empty"),
        ("mqtt://127.0.0.1:1883", "MQTT://127.0.0.1:1883", "mqtt.url", "begin with mqtts:// or mqtt://"),
        ("  - {id: gym, name: Gym}", "  - {id: gym, name: Gym, floor: [1]}", "zones[gym].floor", "is not a whole number"),
        ("  - {id: gym, name: Gym}", "  - {name: Gym}", "zones[2].id", "missing key"),
        ("timezone: America/Chicago", "timezone: America/Chicago\n  location: {latitude: 91, longitude: 0}",
         "campus.location.latitude", "from -90 to 90"),
        ("timezone: America/Chicago", "timezone: America/Chicago\n  location: {latitude: .nan, longitude: 0}",
         "campus.location.latitude", "is not a number"),
        ("timezone: America/Chicago", "timezone: America/Chicago\n  address: {Country: US}", "campus.address.Country",
         "did you mean 'country'?"),
        ("timezone: America/Chicago", "timezone: America/Chicago\n  address: {HNO: 100}", "campus.address.HNO", 'quotes: "100"'),
        ("timezone: America/Chicago", "timezone: America/Chicago\n  callback_phone: 12175550100", "campus.callback_phone",
         "put it in quotes"),
        ("timezone: America/Chicago", "timezone: America/Chicago\n  callback_phone: '2175550100'", "campus.callback_phone",
         "is no telephone number"),
    ],
)  # fmt: skip
def test_each_slip_in_form_is_told_at_its_key(old: str, new: str, path: str, what: str) -> None:
    found = [problem for problem in checked(edit(SOUND, (old, new))).problems if problem.path == path]

    assert len(found) == 1, told(edit(SOUND, (old, new)))
    assert what in found[0].text()


def test_an_item_without_a_plain_id_goes_by_its_number() -> None:
    text = edit(SOUND, ("{id: gym, name: Gym}", "{id: 'a.b', name: Gym, flor: 1}"))

    assert any("zones[2].flor" in one for one in told(text))


def test_a_file_that_holds_no_keys_says_so() -> None:
    assert told("- a\n- b\n") == [
        "campus.yaml:1: yaml: is a list, not keys with values; write key: value below it, or use { }"
    ]


def test_a_hostile_key_cannot_write_to_the_terminal() -> None:
    found = told(SOUND + '"\\e[2J\\nx": 1\n')

    assert all(one.isprintable() for one in found)
    assert "unknown key" in found[0]


def test_a_thousand_slips_are_counted_and_not_all_listed() -> None:
    found = told(SOUND + "".join(f"wrong{n}: 1\n" for n in range(1000)))

    assert len(found) == MOST_TOLD + 1
    assert "500 more problems" in found[-1]


def test_a_list_beyond_its_bound_is_refused_whole() -> None:
    text = edit(
        SOUND, ("  - {id: gym, name: Gym}\n", "".join(f"  - {{id: z{n}, name: Z}}\n" for n in range(5000)))
    )

    assert any("zones: has 5002 items" in one for one in told(text))


MARKS = st.sampled_from(
    ["null", "[]", "{}", "1", "-1", "1e400", "true", "x", "''", "on", "5s", "[{}]", "[null]", "{id: a}", "[[1]]", "9" * 30]
)  # fmt: skip
LINES = [n for n, line in enumerate(SOUND.splitlines()) if ": " in line]


@given(st.lists(st.tuples(st.sampled_from(LINES), MARKS), min_size=1, max_size=3))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_no_value_in_any_place_makes_the_check_raise(spoiled: list[tuple[int, str]]) -> None:
    lines = SOUND.splitlines()
    for number, mark in spoiled:
        lines[number] = lines[number].partition(": ")[0] + ": " + mark
    found = checked("\n".join(lines), FILES)

    assert found.config is None or not found.blocking
    assert all(problem.text().startswith("campus.yaml:") for problem in found.problems)


@given(st.lists(st.sampled_from(range(len(SOUND.splitlines()))), min_size=1, max_size=6, unique=True))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_no_lost_lines_make_the_check_raise(lost: list[int]) -> None:
    checked("\n".join(line for number, line in enumerate(SOUND.splitlines()) if number not in lost))


def test_a_file_that_is_one_empty_value_is_told_under_a_name() -> None:
    assert told("~\n") == ["campus.yaml:1: yaml: is empty; write a value or remove the key"]


@pytest.mark.parametrize("spelt", ["/dev//ttyUSB0", "//dev/ttyUSB0", "/dev/./ttyUSB0"])
def test_one_serial_port_is_one_bus_however_it_is_spelt(spelt: str) -> None:
    text = edit(
        SOUND, ("unit: 3}", f"unit: 3}}\n  - {{id: bus-2, driver: modbus-rtu, port: {spelt}, unit: 4}}")
    )

    config = checked(text).config

    assert config is not None
    assert {one.port for one in config.controllers if isinstance(one, ModbusRtu)} == {"/dev/ttyUSB0"}
