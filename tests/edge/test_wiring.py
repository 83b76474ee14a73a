"""Which drivers a reload makes anew: those whose own settings changed, and with one of a serial line all of it."""

from drivers.burst import Burst
from edge.config.plan import compile_plan
from edge.wiring import wire
from rules.model.ids import ControllerId
from tests.edge.config.campuses import FILES, KEY, SOUND, checked, edit

TWO = edit(
    SOUND,
    (
        "unit: 3}",
        "unit: 3}\n  - {id: bus-2, driver: modbus-rtu, port: /dev/ttyUSB0, unit: 4}",
    ),
)


def made(text: str, key: bytes = KEY) -> dict[ControllerId, object]:
    found = checked(text, {**FILES, "reader-key": key})
    assert found.config is not None, [one.text() for one in found.problems]
    return wire(
        found.config, compile_plan(found.config, found.packs, found.hash), found.secrets, Burst()
    ).made_by


def changed(text: str, key: bytes = KEY) -> set[str]:
    before, after = made(TWO), made(text, key)
    return {one for one in before if before[one] != after[one]}


def test_a_reload_that_changes_no_line_keeps_every_line() -> None:
    assert changed(TWO) == set()
    assert changed(edit(TWO, ("name: Room 101", "name: Room 102"))) == set()


def test_another_unit_of_a_line_makes_the_whole_line_anew_and_nothing_else() -> None:
    assert changed(edit(TWO, ("unit: 4}", "unit: 5}"))) == {"bus", "bus-2"}


def test_a_controller_less_makes_what_is_left_of_its_line_anew() -> None:
    before, after = made(TWO), made(SOUND)
    assert before[ControllerId("bus")] != after[ControllerId("bus")]
    assert before[ControllerId("reader")] == after[ControllerId("reader")]


def test_another_key_makes_its_readers_line_anew() -> None:
    assert changed(TWO, b"0" + KEY[1:]) == {"reader"}


def test_another_point_to_be_read_makes_its_controller_anew() -> None:
    assert changed(edit(TWO, ("discrete_input: 6,", "discrete_input: 9,"))) == {"plc"}
