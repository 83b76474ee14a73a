"""What holds for every driver of doors, whatever its protocol: one suite over all of them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from drivers.base import Driver, NotPermitted, Watch
from drivers.simulators.faults import WORKS, Fault
from rules.model.ids import ControllerId
from rules.model.seal import SEAL
from tests.drivers.doors.modbus_rigs import ModbusRtuRig, ModbusTcpRig, TwoConnectionsRig
from tests.drivers.doors.rigs import Inbox, Rig, ended, now, permit
from tests.drivers.doors.rigs_osdp import OsdpRig

RIGS: dict[str, Callable[[], Rig]] = {
    "modbus tcp": ModbusTcpRig,
    "modbus tcp over two connections": TwoConnectionsRig,
    "modbus rtu": ModbusRtuRig,
    "osdp": OsdpRig,
}


@pytest.fixture(params=list(RIGS.values()), ids=list(RIGS))
def rig(request: pytest.FixtureRequest) -> Rig:
    made: Rig = request.param()
    return made


def watch_of(rig: Rig) -> Watch:
    return Watch(
        evidence=frozenset([*((rig.drives, n) for n in range(4)), *((rig.senses, n) for n in range(4))]),
        fast=frozenset(),
        evidence_every_s=0.1,
    )


@asynccontextmanager
async def at_work(rig: Rig) -> AsyncIterator[tuple[Driver, Inbox]]:
    """The peer and its driver, in contact; a bug in `run` fails the test."""
    inbox = Inbox()
    async with rig.running():
        driver = rig.driver(watch_of(rig))
        running = asyncio.create_task(driver.run(inbox.emit))
        try:
            await inbox.up()
            yield driver, inbox
            assert not running.done(), "run ended by itself"
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def needs(rig: Rig, fault: Fault) -> None:
    if not rig.can(fault.kind):
        pytest.skip(f"{rig.name} has no {fault.kind}")


async def test_a_command_switches_exactly_what_it_names(rig: Rig) -> None:
    async with at_work(rig) as (driver, _):
        rig.switch(3, True)

        end = await ended(driver.execute(permit(rig, [(0, True), (1, True)])))

        assert end.ending == "written"
        assert [rig.switched(n) for n in range(4)] == [True, True, False, True]


async def test_a_gap_in_a_command_is_never_bridged_by_a_write(rig: Rig) -> None:
    async with at_work(rig) as (driver, _):
        rig.switch(1, True)

        end = await ended(driver.execute(permit(rig, [(0, True), (2, True)])))

        assert end.ending == "written"
        assert [rig.switched(n) for n in range(4)] == [True, True, True, False]


async def test_a_command_without_the_interlocks_seal_is_not_taken_and_nothing_switches(rig: Rig) -> None:
    async with at_work(rig) as (driver, inbox):
        with pytest.raises(NotPermitted):
            driver.execute(permit(rig, [(0, True)], seal=object()))

        await inbox.scanned(rig.drives, 0, 0, after=now())
        assert rig.switched(0) is False


async def test_what_is_made_ready_is_not_sent(rig: Rig) -> None:
    async with at_work(rig) as (driver, inbox):
        ready = permit(rig, [(0, True), (1, True)])
        driver.prepare(ready.drives)

        await inbox.scanned(rig.drives, 0, 0, after=now())
        untouched = not rig.switched(0) and not rig.switched(1)
        end = await ended(driver.execute(ready))

        assert untouched
        assert end.ending == "written"
        assert rig.switched(0)
        assert rig.switched(1)


async def test_a_command_for_another_controller_or_for_nothing_is_not_taken(rig: Rig) -> None:
    async with at_work(rig) as (driver, _):
        with pytest.raises(NotPermitted):
            driver.execute(permit(rig, []))
        elsewhere = permit(rig, [(0, True)])
        rig.controller = ControllerId("somebody-else")
        with pytest.raises(NotPermitted):
            driver.execute(permit(rig, [(0, True)], seal=SEAL))
        assert elsewhere.controller == driver.controller


async def test_evidence_read_after_a_command_can_be_told_from_what_was_read_before(rig: Rig) -> None:
    async with at_work(rig) as (driver, inbox):
        rig.sense(0, False)
        await inbox.scanned(rig.senses, 0, 0)

        end = await ended(driver.execute(permit(rig, [(0, True)])))
        rig.sense(0, True)
        proof = await inbox.scanned(rig.senses, 0, 1, after=end.at)

        assert proof.started.since(end.at) > 0
        assert (await inbox.scanned(rig.drives, 0, 1, after=end.at)).started.since(end.at) > 0
        assert proof.at.since(proof.started) >= 0


async def test_every_watched_point_is_read_and_no_other(rig: Rig) -> None:
    async with at_work(rig) as (_, inbox):
        scanned = await inbox.scanned(rig.senses, 0, 0)

        assert set(scanned.values) == watch_of(rig).evidence


async def test_a_controller_that_never_answers_is_reported_and_its_command_ends_in_time(rig: Rig) -> None:
    async with at_work(rig) as (driver, inbox):
        broken = now()
        await rig.fault(Fault("dead"))

        end = await ended(driver.execute(permit(rig, [(0, True)])))
        down = await inbox.changed(up=False, after=broken)
        mended = now()
        await rig.fault(WORKS)
        await inbox.changed(up=True, after=mended)

        assert end.ending == "no_answer"
        assert down.code != "up"
        assert rig.switched(0) is False


async def test_a_late_answer_never_counts_for_its_own_command_nor_for_the_next(rig: Rig) -> None:
    needs(rig, late := Fault("late", seconds=rig.timeout_s * 1.5))
    async with at_work(rig) as (driver, _):
        await rig.fault(late)
        first = driver.execute(permit(rig, [(0, True)], number=1))
        assert (await ended(first)).ending == "no_answer"
        await rig.fault(Fault("dead"))

        same = driver.execute(permit(rig, [(0, True)], number=2))
        opposite = driver.execute(permit(rig, [(0, False)], number=3))

        assert (await ended(same)).ending != "written"
        assert (await ended(opposite)).ending != "written"


async def test_an_answer_for_another_coil_is_not_believed(rig: Rig) -> None:
    needs(rig, Fault("wrong_point"))
    async with at_work(rig) as (driver, _):
        await rig.fault(Fault("wrong_point"))

        single = await ended(driver.execute(permit(rig, [(0, True)])))
        several = await ended(driver.execute(permit(rig, [(0, True), (1, True)])))

        assert single.ending == "no_answer"
        assert several.ending == "no_answer"


async def test_an_answer_with_another_value_is_not_believed(rig: Rig) -> None:
    needs(rig, Fault("wrong_value"))
    async with at_work(rig) as (driver, _):
        await rig.fault(Fault("wrong_value"))

        end = await ended(driver.execute(permit(rig, [(0, True)])))

        assert end.ending == "no_answer"


async def test_a_refusal_is_told_with_its_code_and_the_next_command_goes_through(rig: Rig) -> None:
    async with at_work(rig) as (driver, _):
        await rig.fault(Fault("refusing", code=rig.refusal))
        refused = await ended(driver.execute(permit(rig, [(0, True)])))
        await rig.fault(WORKS)
        written = await ended(driver.execute(permit(rig, [(0, True)], number=2)))

        assert refused.ending == "refused"
        assert refused.code.endswith(str(rig.refusal))
        assert written.ending == "written"


async def test_hanging_up_in_mid_request_ends_the_command_and_the_controller_comes_back(rig: Rig) -> None:
    needs(rig, Fault("drop"))
    async with at_work(rig) as (driver, inbox):
        broken = now()
        await rig.fault(Fault("drop"))
        end = await ended(driver.execute(permit(rig, [(0, True)])))
        await inbox.changed(up=False, after=broken)
        mended = now()
        await rig.fault(WORKS)
        await inbox.changed(up=True, after=mended)

        again = await ended(driver.execute(permit(rig, [(0, True)], number=2)))

        assert end.ending == "no_answer"
        assert again.ending == "written"


async def test_a_controller_that_was_unplugged_comes_back_by_itself(rig: Rig) -> None:
    needs(rig, Fault("away"))
    async with at_work(rig) as (driver, inbox):
        broken = now()
        await rig.fault(Fault("away"))
        await inbox.changed(up=False, after=broken)
        unplugged = await ended(driver.execute(permit(rig, [(0, True)], number=1)))
        mended = now()
        await rig.fault(WORKS)
        await inbox.changed(up=True, after=mended)
        back = await ended(driver.execute(permit(rig, [(0, True)], number=2)))
        await inbox.scanned(rig.drives, 0, 1, after=mended)

        assert unplugged.ending == "not_sent"
        assert back.ending == "written"


async def test_garbage_is_believed_by_nobody_and_the_controller_comes_back(rig: Rig) -> None:
    async with at_work(rig) as (driver, inbox):
        broken = now()
        await rig.fault(Fault("garbage"))
        end = await ended(driver.execute(permit(rig, [(0, True)])))
        await inbox.changed(up=False, after=broken)
        mended = now()
        await rig.fault(WORKS)
        await inbox.changed(up=True, after=mended)

        assert end.ending == "no_answer"
        assert rig.switched(0) is False


async def test_a_slow_controller_within_the_time_out_is_not_lost(rig: Rig) -> None:
    async with at_work(rig) as (driver, inbox):
        await rig.fault(Fault("slow", seconds=rig.timeout_s * 0.3))

        end = await ended(driver.execute(permit(rig, [(0, True)])))
        await inbox.scanned(rig.drives, 0, 1, after=end.at)

        assert end.ending == "written"
        assert not [e for e in inbox.events if getattr(e, "up", True) is False]


async def test_many_commands_at_once_each_end_exactly_once(rig: Rig) -> None:
    async with at_work(rig) as (driver, _):
        futures = [driver.execute(permit(rig, [(n % 4, n % 3 == 0)], number=n)) for n in range(1, 13)]

        ends = [await ended(future) for future in futures]

        assert [end.command for end in ends] == list(range(1, 13))
        # What waited for the line and was told otherwise meanwhile is not sent any more (`test_overtaken.py`).
        assert {end.ending for end in ends if end.code != "overtaken"} == {"written"}
        assert {end.ending for end in ends if end.code == "overtaken"} <= {"not_sent"}
        assert [rig.switched(n) for n in range(4)] == [12 % 3 == 0, 9 % 3 == 0, 10 % 3 == 0, 11 % 3 == 0]


async def test_commands_on_the_way_when_the_driver_stops_still_end(rig: Rig) -> None:
    async with at_work(rig) as (driver, _):
        await rig.fault(Fault("dead"))
        command = driver.execute(permit(rig, [(0, True)]))

    assert (await ended(command)).ending in ("no_answer", "not_sent")


async def test_a_bug_in_the_inbox_ends_the_driver_and_is_not_swallowed(rig: Rig) -> None:
    class OurBug(Exception):
        pass

    def emit(_: object) -> None:
        raise OurBug

    async with rig.running():
        running = asyncio.create_task(rig.driver(watch_of(rig)).run(emit))
        done, _ = await asyncio.wait([running], timeout=5)

        assert done
        assert isinstance(running.exception(), ExceptionGroup)
