"""What has not left when a later command says otherwise does not leave any more: no door hears an older word behind a newer."""

from collections.abc import Callable

import pytest

from drivers.base import Driver
from drivers.simulators.faults import WORKS, Fault
from tests.drivers.doors.modbus_rigs import ModbusRtuRig, ModbusTcpRig, TwoConnectionsRig
from tests.drivers.doors.rigs import Inbox, ended, now, permit
from tests.drivers.doors.rigs_osdp import OsdpRig
from tests.drivers.doors.test_every_door_driver import at_work

BoardRig = ModbusTcpRig | ModbusRtuRig | OsdpRig

EACH = pytest.mark.parametrize(
    "make",
    [ModbusTcpRig, TwoConnectionsRig, ModbusRtuRig, OsdpRig],
    ids=["modbus tcp", "modbus tcp over two connections", "modbus rtu", "osdp"],
)


def written(rig: BoardRig, number: int) -> list[bool]:
    return [on for _, coil, on in rig.board.writes if coil == number]


async def hold_up(rig: BoardRig, driver: Driver, inbox: Inbox) -> None:
    """Nothing can leave: the line is busy with another command, or there is no connection."""
    if isinstance(rig, ModbusTcpRig):
        broken = now()
        await rig.fault(Fault("away"))
        await inbox.changed(up=False, after=broken)
        return
    await rig.fault(Fault("slow", seconds=rig.timeout_s / 4))
    driver.execute(permit(rig, [(3, True)], number=9))


@EACH
async def test_a_release_that_still_waits_is_not_sent_behind_a_lock(make: Callable[[], BoardRig]) -> None:
    rig = make()
    async with at_work(rig) as (driver, inbox):
        await hold_up(rig, driver, inbox)

        release = driver.execute(permit(rig, [(0, False)], number=1, purpose="rest"))
        lock = driver.execute(permit(rig, [(0, True)], number=2))
        await rig.fault(WORKS)

        assert (await ended(lock)).ending == "written"
        overtaken = await ended(release)
        assert (overtaken.ending, overtaken.code) == ("not_sent", "overtaken")
        assert written(rig, 0) == [True]


@EACH
async def test_what_a_later_command_leaves_of_an_earlier_one_is_still_sent(
    make: Callable[[], BoardRig],
) -> None:
    rig = make()
    async with at_work(rig) as (driver, inbox):
        rig.switch(1, True)
        await hold_up(rig, driver, inbox)

        release = driver.execute(permit(rig, [(0, False), (1, False)], number=1, purpose="rest"))
        lock = driver.execute(permit(rig, [(0, True)], number=2))
        await rig.fault(WORKS)

        assert (await ended(lock)).ending == "written"
        assert (await ended(release)).code == "overtaken"
        assert (written(rig, 0), written(rig, 1)) == ([True], [False])


@EACH
async def test_a_command_that_waits_is_sent_where_a_later_one_says_the_same(
    make: Callable[[], BoardRig],
) -> None:
    rig = make()
    async with at_work(rig) as (driver, inbox):
        await hold_up(rig, driver, inbox)

        first = driver.execute(permit(rig, [(0, True)], number=1))
        again = driver.execute(permit(rig, [(0, True)], number=2))
        await rig.fault(WORKS)

        assert {(await ended(one)).ending for one in (first, again)} == {"written"}
