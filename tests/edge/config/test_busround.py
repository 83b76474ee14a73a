"""How long a serial bus takes to be read whole."""

import pytest

from edge.config.busround import Exchange, bus_round_us, modbus_exchanges, port_round_us
from edge.config.devices import ModbusRtu, Osdp
from edge.config.packs import shipped
from rules.model.ids import ControllerId, Point, Space

BUS = ControllerId("bus")


def points(space: Space, *numbers: int) -> list[Point]:
    return [Point(BUS, space, number) for number in numbers]


@pytest.mark.parametrize(
    ("baud", "bits", "expected_us"),
    [
        # 14 characters of 11 bits, two silences of 3.5 characters, 5 ms in the device
        (9600, 11, round(21 * 11 / 9600 * 1e6) + 5_000),
        (19200, 11, round(21 * 11 / 19200 * 1e6) + 5_000),
        # above 19200 baud the silence is 1.75 ms
        (115200, 10, round(14 * 10 / 115200 * 1e6) + 2 * 1_750 + 5_000),
    ],
)
def test_one_exchange_is_its_characters_its_silences_and_the_devices_own_time(
    baud: int, bits: int, expected_us: int
) -> None:
    assert bus_round_us(baud, bits, (Exchange(8, 6, 5_000),)) == expected_us


def test_exchanges_follow_one_another() -> None:
    one = Exchange(8, 6, 5_000)

    assert bus_round_us(9600, 11, (one, one, one)) == pytest.approx(3 * bus_round_us(9600, 11, (one,)), abs=2)


def test_a_unit_is_read_once_a_space_and_as_often_as_its_span_needs() -> None:
    assert modbus_exchanges(points("discrete_input", 0, 7), 0) == (Exchange(8, 6, 0),)
    assert modbus_exchanges(points("discrete_input", 0, 8), 0) == (Exchange(8, 7, 0),)
    assert modbus_exchanges([*points("coil", 0), *points("input_register", 3, 4)], 0) == (
        Exchange(8, 6, 0),
        Exchange(8, 9, 0),
    )
    assert len(modbus_exchanges(points("coil", 0, 2000), 0)) == 2
    assert len(modbus_exchanges(points("holding_register", 10, 135), 0)) == 2
    assert modbus_exchanges((), 0) == ()


def test_all_devices_of_one_port_share_its_round() -> None:
    families = shipped().families
    one = ModbusRtu(id="bus", port="/dev/ttyUSB0", baud=9600, unit=1)
    other = ModbusRtu(id="bus-2", port="/dev/ttyUSB0", baud=9600, unit=2)
    wired = points("discrete_input", 0)
    far = [Point(ControllerId("bus-2"), "coil", 0)]

    alone = port_round_us([one], wired, families)

    assert port_round_us([one, other], [*wired, *far], families) == 2 * alone
    assert port_round_us([one, other], wired, families) == alone
    assert (
        alone
        < 100_000
        < port_round_us([one], [Point(BUS, "coil", n * 2000) for n in range(4)] + wired, families)
    )


def test_a_bus_without_parity_has_shorter_characters() -> None:
    families = shipped().families
    even = ModbusRtu(id="bus", port="/dev/ttyUSB0", baud=9600, unit=1)
    none = ModbusRtu(id="bus", port="/dev/ttyUSB0", baud=9600, parity="none", unit=1)

    assert port_round_us([none], points("coil", 0), families) < port_round_us(
        [even], points("coil", 0), families
    )


def test_osdp_devices_are_asked_one_after_the_other() -> None:
    families = shipped().families
    readers = [Osdp(id=f"r-{n}", port="/dev/ttyUSB1", baud=9600, address=n, key_file="k") for n in range(3)]

    assert port_round_us(readers[:1], (), families) < 100_000 < port_round_us(readers, (), families)
