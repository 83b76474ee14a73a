"""After hours the ones for that time are told, by a real daemon and a real mail server, and the page says what time it is."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.drivers.outputs.mailbox import mailbox
from tests.flow.browser import Browser
from tests.flow.rig import running
from tests.flow.school import school
from tests.flow.test_notices import until
from tests.flow.waiting import wait_for

DAY, NIGHT = "office@example.org", "custodian@example.org"
NAME, PASSWORD = "R. Diaz", "walnut-ladder-47-violet-moss"


async def test_after_hours_the_custodian_is_told_and_the_office_is_not(tmp_path: Path) -> None:
    async with mailbox() as box:

        def made(port: int) -> dict[str, Any]:
            tree = school(tmp_path, port)
            today = datetime.now(ZoneInfo(tree["campus"]["timezone"])).date()
            days = [str(today + timedelta(days=one)) for one in (-1, 0, 1)]
            mail = {
                "driver": "smtp",
                "host": "127.0.0.1",
                "port": box.port,
                "tls": "none",
                "commissioned": "2026-08-14",
            }
            tree["outputs"] = [
                {"id": "day", **mail, "to": [DAY], "hours": ["school"]},
                {"id": "night", **mail, "to": [NIGHT], "hours": ["after-hours", "community"]},
            ]
            tree["policies"] = {
                **tree.get("policies", {}),
                "self_test": {"clock": "by_hand"},
                "calendar": {
                    "begins": days[0],
                    "until": days[-1],
                    "hours": "00:00-23:59",
                    "exceptions": [{"date": one, "note": "Closed"} for one in days],
                },
            }
            return tree

        opened = running(tmp_path, made)
        here = await asyncio.to_thread(opened.__enter__)
        try:
            await asyncio.to_thread(wait_for, "the page", lambda: here.health("healthz") == 200)
            await asyncio.to_thread(
                here.until,
                "the calendar is told",
                lambda seen: (seen["school"] or {}).get("mode") == "after-hours",
            )
            here.ask({"do": "user", "verb": "add", "name": NAME, "role": "viewer", "password": PASSWORD})
            browser = Browser(here.tree["web"]["listen"])
            await asyncio.to_thread(browser.sign_in, NAME, PASSWORD)
            page = (await asyncio.to_thread(browser.get, "/")).body.decode()
            campus = (await asyncio.to_thread(browser.get, "/api/v1/campus")).json
            assert "After hours" in page
            assert campus["school"]["mode"] == "after-hours"

            await asyncio.to_thread(here.broker.press, "pb-native", "hold", "night-1")
            await until("the custodian's mail", lambda: NIGHT in box.to())
            await asyncio.to_thread(here.until_secured)
            closed = await asyncio.to_thread(here.cli, "close", "--reason", "over")
            assert closed.returncode == 0, closed.stderr
            await until("the end by mail", lambda: len(box.mails) == 2)
            assert set(box.to()) == {NIGHT}
            turned = await asyncio.to_thread(here.rows, "school.turned")
            assert [row["data"]["mode"] for row in turned] == ["after-hours"]
        finally:
            await asyncio.to_thread(opened.__exit__, None, None, None)
