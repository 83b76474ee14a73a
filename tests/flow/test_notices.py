"""A press is told: over loudspeakers, by mail, to a program, by SMS; that it is a drill is said first, and its end as well."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.simulators.gsm_modem import GsmModem
from drivers.simulators.loudspeaker import Loudspeaker
from tests.drivers.outputs.mailbox import Mailbox, mailbox
from tests.drivers.outputs.receiving import Receiver, receiver
from tests.flow.rig import School, running
from tests.flow.school import school

GROUP = "239.255.71.23"
TO = ["principal@example.org", "nurse@example.org"]


@dataclass
class Listeners:
    """Who is told, each a real peer of the true protocol."""

    box: Mailbox
    hook: Receiver
    speaker: Loudspeaker
    modem: GsmModem


@asynccontextmanager
async def told_school(folder: Path) -> AsyncIterator[tuple[School, Listeners]]:
    secret = folder / "secrets" / "hook"
    secret.parent.mkdir(mode=0o700)
    secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    secret.chmod(0o600)
    async with mailbox() as box, receiver(None) as hook, contextlib.AsyncExitStack() as stack:
        speaker = await Loudspeaker.start(GROUP)
        stack.callback(speaker.close)
        modem = GsmModem(folder / "ttyGSM")
        modem.start()
        stack.callback(modem.stop)

        def made(port: int) -> dict[str, Any]:
            tree = school(folder, port, outputs=True)
            tried = {"commissioned": "2026-08-14"}
            tree["outputs"] += [
                {"id": "page", "driver": "rtp-paging", "address": f"{GROUP}:{speaker.port}", "interface": "lo", "zone": "a",
                 **tried},
                {"id": "mail", "driver": "smtp", "host": "127.0.0.1", "port": box.port, "tls": "none", "to": TO, **tried},
                {"id": "hook", "driver": "webhook", "url": f"http://127.0.0.1:{hook.port}/alarm",
                 "secret_file": "secrets/hook", **tried},
                {"id": "sms", "driver": "gsm-modem", "port": str(folder / "ttyGSM"), "to": ["+12175550100"], **tried},
            ]  # fmt: skip
            return tree

        opened = running(folder, made)
        here = await asyncio.to_thread(opened.__enter__)
        try:
            yield here, Listeners(box, hook, speaker, modem)
        finally:
            await asyncio.to_thread(opened.__exit__, None, None, None)


async def until(what: str, found: Callable[[], Any], within_s: float = 30.0) -> Any:
    ends = asyncio.get_running_loop().time() + within_s
    while not (value := found()):
        if asyncio.get_running_loop().time() > ends:
            raise AssertionError(f"{what} did not come within {within_s:.0f} s")
        await asyncio.sleep(0.02)
    return value


async def test_a_drill_is_told_as_one_by_every_route_and_a_press_behind_it_as_what_it_is(
    tmp_path: Path,
) -> None:
    async with told_school(tmp_path) as (here, by):
        drilled = await asyncio.to_thread(here.cli, "press", "pb-native", "--drill")
        assert drilled.returncode == 0, drilled.stderr
        await until("the drill's mails", lambda: len(by.box.mails) == 2)
        assert by.box.to() == sorted(TO)
        assert {str(mail["Subject"]) for _, mail, _ in by.box.mails} == {"DRILL. Lockdown: Flow School"}
        await until("the drill's webhook", lambda: by.hook.heard)
        first = json.loads(by.hook.heard[0][2])
        assert (first["kind"], first["response"]) == ("drill", "lockdown")
        await until("the page", lambda: len(by.speaker.packets) > 50)

        await asyncio.to_thread(here.broker.press, "pb-native", "hold", "real-1")
        await asyncio.to_thread(here.until_secured)
        await until("the real press's mails", lambda: len(by.box.mails) == 4)
        real = [mail for _, mail, _ in by.box.mails[2:]]
        assert {str(mail["Subject"]) for mail in real} == {"Lockdown: Flow School"}
        assert "DRILL" not in "".join(mail.get_content() for mail in real)
        hooked = await until("the real press's webhook", lambda: json.loads(by.hook.heard[-1][2]))
        assert (hooked["kind"], hooked["response"]) == ("real", "lockdown")

        def outcomes() -> dict[str, str]:
            outputs = here.status()["outputs"]
            found = {one["id"]: one["notices"] for one in outputs}
            return {name: its[0]["state"] for name, its in found.items() if its and its[0]["kind"] == "real"}

        wanted = {"page": "sent", "mail": "sent", "hook": "received"}
        await until("what became of each", lambda: wanted.items() <= outcomes().items())
        await until("the short messages", lambda: len(by.modem.messages) >= 2)

        closed = await asyncio.to_thread(here.cli, "close", "--reason", "over")
        assert closed.returncode == 0, closed.stderr
        await until("the end by mail", lambda: len(by.box.mails) == 6)
        assert {str(mail["Subject"]) for _, mail, _ in by.box.mails[4:]} == {"All clear: Flow School"}
        assert await until("the end by webhook", lambda: json.loads(by.hook.heard[-1][2])["response"] is None)
        ordered = await asyncio.to_thread(here.rows, "notices.ordered", "notice.turned")
        assert {one["data"]["kind"] for one in ordered if one["kind"] == "notices.ordered/1"} == {
            "drill",
            "real",
        }
        assert not [one for one in ordered if TO[0] in json.dumps(one)], "an address in the record"


async def test_the_first_round_behind_a_restart_in_a_live_lockdown_says_its_words(tmp_path: Path) -> None:
    async with told_school(tmp_path) as (here, by):

        def pages() -> list[tuple[int, str]]:
            turned = [one["data"] for one in here.rows("notice.turned") if one["data"]["output"] == "page"]
            return [(one["notice"], one["code"]) for one in turned if one["outcome"] == "sent"]

        def spoken() -> list[tuple[int, str]]:
            return [one for one in pages() if one[1] == ""]

        await asyncio.to_thread(here.broker.press, "pb-native", "hold", "real-1")
        # On a box that was never started the words may still be made: they are heard in a round that follows.
        (first, *_) = await until("the words", lambda: spoken(), 120.0)

        await asyncio.to_thread(here.restart)

        behind = await until("the page again", lambda: [one for one in pages() if one[0] > first[0]], 120.0)
        assert behind[0][1] == "", "tones alone, though the words were made before the restart"
        assert by.speaker.packets
