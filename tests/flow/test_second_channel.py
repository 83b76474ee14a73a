"""Rooms that do not acknowledge are named in time over another way, once, a drill said first; an answer in time spares them.

Real peers: screens by HTTP, a mail server, a GSM modem on a serial port.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.simulators.gsm_modem import GsmModem
from tests.drivers.outputs.mailbox import Mailbox, mailbox
from tests.flow.browser import Browser
from tests.flow.rig import School, running
from tests.flow.school import school
from tests.flow.test_notices import until

LIMIT_S = 5


@dataclass
class Listeners:
    box: Mailbox
    modem: GsmModem

    @property
    def short(self) -> list[str]:
        return [part.text for part in self.modem.messages]

    def named(self) -> list[str]:
        return [text for text in self.short if "Not acknowledged" in text]


@asynccontextmanager
async def rooms(folder: Path, *, sms: bool = True) -> AsyncIterator[tuple[School, Listeners]]:
    async with mailbox() as box, contextlib.AsyncExitStack() as stack:
        modem = GsmModem(folder / "ttyGSM")
        modem.start()
        stack.callback(modem.stop)

        def made(port: int) -> dict[str, Any]:
            tree = school(folder, port)
            tried = {"commissioned": "2026-08-14"}
            tree["policies"]["unacknowledged_after"] = f"{LIMIT_S}s"
            tree["outputs"] = [
                {"id": "screens", "driver": "screens", "zone": "a-1", "rooms": ["101", "102"], **tried},
                *([{"id": "mail", "driver": "smtp", "host": "127.0.0.1", "port": box.port, "tls": "none",
                   "to": ["principal@example.org"], **tried}] if not sms else []),
                *([{"id": "sms", "driver": "gsm-modem", "port": str(folder / "ttyGSM"), "to": ["+12175550100"], **tried}]
                  if sms else []),
            ]  # fmt: skip
            return tree

        opened = running(folder, made)
        here = await asyncio.to_thread(opened.__enter__)
        try:
            await until("the page", lambda: here.health("healthz") == 200)
            yield here, Listeners(box, modem)
        finally:
            await asyncio.to_thread(opened.__exit__, None, None, None)


def second(here: School, output: str = "screens") -> dict[str, Any] | None:
    found = next(one for one in here.status()["outputs"] if one["id"] == output)["notices"]
    tried: dict[str, Any] | None = found[0]["second"] if found else None
    return tried


def screen(here: School) -> Browser:
    made = here.cli("token", "create", "--name", "Screens", "--role", "device", "--json")
    assert made.returncode == 0, made.stderr
    (token,) = json.loads(made.stdout)["data"]["secret"]
    return Browser(here.tree["web"]["listen"], token)


async def test_a_room_that_does_not_answer_is_named_by_sms_and_one_that_does_is_not(tmp_path: Path) -> None:
    async with rooms(tmp_path) as (here, by):
        room = await asyncio.to_thread(screen, here)
        drilled = await asyncio.to_thread(here.cli, "press", "pb-native", "--drill")
        assert drilled.returncode == 0, drilled.stderr
        await until("the drill's message", lambda: by.short)
        assert (await asyncio.to_thread(room.send, "/screen/101", {"answer": "safe"})).status == 303
        assert second(here) is None, "their time is not over"

        await until("the second channel", by.named)

        (said,) = by.named()
        assert said.startswith("DRILL. Lockdown. Not acknowledged: 102. Flow School (state ")
        now = await until(
            "what became of it", lambda: (it := second(here)) and it["state"] == "received" and it
        )
        assert (now["output"], now["rooms"], now["told"], now["of"]) == ("sms", ["102"], 1, 1)
        (row,) = await asyncio.to_thread(here.rows, "second_channel.tried")
        assert row["data"]["unheard"] == [["screens", "102"]]
        assert (row["data"]["kind"], row["data"]["after_us"]) == ("drill", LIMIT_S * 1_000_000)

        # A real press behind it: what was answered in the drill says nothing of it, and nobody is tried twice for either.
        await asyncio.to_thread(here.broker.press, "pb-native", "hold", "real-1")
        await until("the real second channel", lambda: len(by.named()) == 2)
        assert by.named()[1].startswith("Lockdown. Not acknowledged: 101, 102. Flow School (state ")
        shown = (await asyncio.to_thread(here.cli, "status")).stdout
        assert "NOT ACKNOWLEDGED by screens: 101, 102; tried by sms at " in shown
        closed = await asyncio.to_thread(here.cli, "close", "--reason", "over")
        assert closed.returncode == 0, closed.stderr
        await until("the end by the second channel too", lambda: "All clear" in by.short[-1])
        assert len(by.named()) == 2


async def test_their_time_goes_on_over_a_restart_and_where_there_is_no_second_channel_that_is_said(
    tmp_path: Path,
) -> None:
    async with rooms(tmp_path) as (here, by):
        await asyncio.to_thread(here.broker.press, "pb-native", "hold", "real-1")
        await until("the message", lambda: by.short)
        await asyncio.to_thread(here.kill)
        await asyncio.to_thread(here.start)
        await until("the second channel", by.named)
        assert by.named()[0].startswith("Lockdown. Not acknowledged: 101, 102.")
        await asyncio.to_thread(here.kill)
        await asyncio.to_thread(here.start)
        await until("the record", lambda: second(here))
        rows = await asyncio.to_thread(here.rows, "second_channel.tried")
        missed = [one["data"]["unheard"] for one in rows]
        # The SMS itself: its receipt may have been lost with the process, and nobody claims that it came.
        assert [one for one in missed if one != [["sms", ""]]] == [[["screens", "101"], ["screens", "102"]]]

        tree = json.loads(json.dumps(here.tree))
        tree["outputs"] = [one for one in tree["outputs"] if one["id"] != "sms"]
        await asyncio.to_thread(here.cli, "close", "--reason", "over")
        await asyncio.to_thread(here.until, "all is over", lambda now: not now["incidents"])
        here.write(tree)
        await asyncio.to_thread(here.restart)
        await asyncio.to_thread(here.broker.press, "pb-native", "hold", "real-2")
        none = await until("that there is none", lambda: second(here))
        assert (none["output"], none["state"], none["code"]) == (None, "failed", "no_second_channel")
        assert "no second channel is configured" in (await asyncio.to_thread(here.cli, "status")).stdout
        assert len(by.named()) == 1


async def test_a_mail_server_gets_it_where_mail_is_the_other_way(tmp_path: Path) -> None:
    async with rooms(tmp_path, sms=False) as (here, by):
        await asyncio.to_thread(here.broker.press, "pb-native", "hold", "real-1")
        mails = await until("the second mail", lambda: len(by.box.mails) == 2 and by.box.mails)
        first, last = (mail for _, mail, _ in mails)
        assert str(first["Subject"]) == "Lockdown: Flow School"
        assert str(last["Subject"]) == "NOT ACKNOWLEDGED: Lockdown: Flow School"
        assert first["Message-ID"] != last["Message-ID"]
        assert "NOT ACKNOWLEDGED: 101, 102." in last.get_content()
        # Mail has no receipt: its recipients are named as well, and there is no unlike way to them.
        known = await until("what is known of mail", lambda: second(here, "mail"))
        assert (known["output"], known["code"]) == (None, "no_second_channel")
