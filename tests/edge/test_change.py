"""Another configuration is taken over whole or not at all, also where a press comes while it is being taken over."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

from edge import recovery
from edge.boot import boot_id
from edge.config.check import read
from edge.config.plan import compile_plan
from edge.daemon import Daemon, Start
from edge.journal.journal import Journal
from edge.setting import Setting
from edge.simulated.addresses import spare_port
from rules.model.ids import ControllerId
from tests.flow.mosquitto import Document
from tests.flow.school import school

PLC = ControllerId("plc")


def setting_of(folder: Path, tree: Document) -> Setting:
    path = folder / "campus.yaml"
    path.write_text(json.dumps(tree))
    checked = read(path)
    assert checked.config is not None, checked.blocking
    plan = compile_plan(checked.config, checked.packs, checked.hash)
    return Setting(checked.config, plan, checked.secrets, folder)


@contextlib.asynccontextmanager
async def running(folder: Path, tree: Document) -> AsyncIterator[Daemon]:
    """A daemon in this process, armed or not: nobody is at the other end of anything."""
    setting = setting_of(folder, tree)
    store = folder / "store"
    store.mkdir(mode=0o700, exist_ok=True)
    journal = Journal.open(store, setting.config.campus.id)
    record = recovery.recover(journal)
    daemon = Daemon(Start(setting, store, "normal", boot_id(), lambda: None), journal, record)
    ready = asyncio.Event()
    serving = asyncio.create_task(daemon.serve(ready.set))
    async with asyncio.timeout(10):
        await ready.wait()
    try:
        yield daemon
    finally:
        daemon.leaving.set()
        await serving


def edited(tree: Document) -> Document:
    """The same school with its board at another address, and with one door fewer."""
    boards = [{**tree["controllers"][0], "port": spare_port()}]
    return {**tree, "controllers": boards, "doors": tree["doors"][:1]}


async def test_what_may_be_changed_is_changed_and_what_differs_is_made_anew(tmp_path: Path) -> None:
    tree = school(tmp_path, spare_port())
    async with running(tmp_path, tree) as daemon:
        before = daemon.appliance.drivers[PLC]
        changed = await daemon.change(setting_of(tmp_path, edited(tree)), lambda: True)

        assert changed
        assert len(daemon.appliance.plan.doors) == 1
        assert daemon.appliance.drivers[PLC] is not before


async def test_a_press_that_comes_while_drivers_end_keeps_the_school_that_it_stands_on(
    tmp_path: Path,
) -> None:
    tree = school(tmp_path, spare_port())
    async with running(tmp_path, tree) as daemon:
        before, plan, setting = daemon.appliance.drivers[PLC], daemon.appliance.plan, daemon.setting
        ended: list[bool] = []

        def none_any_more() -> bool:
            ended.append(any(task.get_name() == f"driver {PLC}" for task in asyncio.all_tasks()))
            return False

        changed = await daemon.change(setting_of(tmp_path, edited(tree)), none_any_more)
        runs = [task for task in asyncio.all_tasks() if task.get_name() == f"driver {PLC}"]

        assert ended == [False], "asked before the driver had ended"
        assert not changed
        assert daemon.setting is setting
        assert daemon.appliance.plan is plan
        # The old one has ended; its successor knows the same board, and runs.
        assert daemon.appliance.drivers[PLC] is not before
        assert len(runs) == 1
