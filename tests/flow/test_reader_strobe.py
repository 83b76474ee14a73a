"""A strobe on an OSDP reader's output goes on with a press and dark with its end, over a real secure channel."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.flow.rig import School, running
from tests.flow.school import school
from tests.flow.waiting import wait_for

LAMP = 1


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("lamp")

    def made(port: int) -> dict[str, Any]:
        tree = school(folder, port, drivers=("modbus-tcp", "osdp"))
        tree["outputs"] += [
            {"id": "lamp", "driver": "osdp-output", "controller": "reader", "output": LAMP, "zone": "b",
             "commissioned": "2026-08-14"}
        ]  # fmt: skip
        return tree

    with running(folder, made) as here:
        yield here


def test_the_strobe_of_a_reader_goes_on_with_a_press_and_dark_with_its_end(campus: School) -> None:
    campus.broker.press("pb-native", "hold", "lights-up")
    wait_for("the strobe on the reader", lambda: campus.devices.coil("reader", LAMP))
    assert campus.cli_close("over").returncode == 0
    wait_for("the strobe is dark", lambda: not campus.devices.coil("reader", LAMP))
