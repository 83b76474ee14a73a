"""The end of a lockdown where its plan asks for two: signed by a second named person, doors by name, told to who was told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.drivers.outputs.mailbox import Mailbox, mailbox
from tests.flow.browser import Browser
from tests.flow.rig import School, running
from tests.flow.school import school
from tests.flow.test_notices import until
from tests.flow.waiting import wait_for

PASSWORD = "walnut-ladder-47-violet-moss"
DIAZ, WEBER = "R. Diaz", "A. Weber"
SHIPPED = Path("rules/packs/responses.yaml")
TWO = (
    'says: "Locks, lights, out of sight."',
    'says: "Locks, lights, out of sight.", end_asks: second-person',
)


@asynccontextmanager
async def campus(folder: Path) -> AsyncIterator[tuple[School, Mailbox, Browser]]:
    async with mailbox() as box:

        def made(port: int) -> dict[str, Any]:
            (folder / "own.yaml").write_text(SHIPPED.read_text().replace(*TWO))
            tree = school(folder, port)
            mail = {
                "driver": "smtp",
                "host": "127.0.0.1",
                "port": box.port,
                "tls": "none",
                "commissioned": "2026-08-14",
            }
            tree["outputs"] = [
                {"id": "mail-a", **mail, "to": ["a@example.org"], "zone": "a"},
                {"id": "mail-b", **mail, "to": ["b@example.org"], "zone": "b"},
            ]
            tree["policies"] = {**tree.get("policies", {}), "responses": "own.yaml"}
            return tree

        opened = running(folder, made)
        here = await asyncio.to_thread(opened.__enter__)
        try:
            await asyncio.to_thread(wait_for, "the page", lambda: here.health("healthz") == 200)
            for name in (DIAZ, WEBER):
                added = {
                    "do": "user",
                    "verb": "add",
                    "name": name,
                    "role": "administrator",
                    "password": PASSWORD,
                }
                assert here.ask(added)["ok"]
            browser = Browser(here.tree["web"]["listen"])
            signed = await asyncio.to_thread(browser.sign_in, DIAZ, PASSWORD, code(here))
            assert signed.status == 303, signed.body
            yield here, box, browser
        finally:
            await asyncio.to_thread(opened.__exit__, None, None, None)


def code(here: School) -> str:
    return str(here.ask({"do": "user", "verb": "codes", "name": DIAZ})["data"]["secret"][0])


async def test_a_lockdown_that_asks_for_two_is_ended_by_two_and_its_doors_are_released_one_by_one(
    tmp_path: Path,
) -> None:
    async with campus(tmp_path) as (here, _box, diaz):
        await asyncio.to_thread(here.broker.press, "pb-native", "hold", "two-1")
        await asyncio.to_thread(here.until_secured, "tcp-1", "tcp-2")
        incident = here.status()["incidents"][0]["id"]

        def close() -> Any:
            return diaz.post(f"/api/v1/incidents/{incident}/close", {"reason": "police have searched all"})

        def release(*doors: str) -> Any:
            return diaz.post(
                f"/api/v1/incidents/{incident}/release", {"doors": list(doors), "reason": "searched"}
            )

        alone = await asyncio.to_thread(close)
        assert (alone.status, alone.json["code"]) == (403, "second_person_first")
        assert "second named person signs" in (await asyncio.to_thread(diaz.get, "/close")).body.decode()

        opened = await asyncio.to_thread(diaz.send, "/release/open", {"code": code(here)})
        assert opened.status == 303, opened.body
        by_code = await asyncio.to_thread(close)
        assert by_code.json["code"] == "second_person_first"
        held = [("reason", "over"), ("word", "end"), ("seen", f"{incident} lockdown")]
        page = await asyncio.to_thread(diaz.send, "/close", dict(held))
        assert (page.status, "second named person" in page.body.decode()) == (422, True)

        one = await asyncio.to_thread(release, "tcp-1")
        assert one.status == 200, one.body
        for everything in ([], ["*"], ["all"], ["flow-school"], ["a"]):
            assert (await asyncio.to_thread(release, *everything)).status in (404, 422)
        orders = {door["id"]: door["order"]["word"] for door in here.status()["doors"] if door["order"]}
        assert orders == {"tcp-1": "rest", "tcp-2": "lock"}

        two = {"other_name": WEBER, "other_password": PASSWORD}
        opened = await asyncio.to_thread(diaz.send, "/release/open", two)
        assert opened.status == 303, opened.body
        done = await asyncio.to_thread(close)
        assert done.status == 200, done.body
        assert done.json["doors_still_locked"] == 1
        (confirmed,) = await asyncio.to_thread(here.rows, "incident.end_confirmed")
        assert confirmed["data"]["second"]
        assert confirmed["data"]["second"] != confirmed["actor"]


def codes(here: School, name: str) -> list[str]:
    return list(here.ask({"do": "user", "verb": "codes", "name": name})["data"]["secret"])


async def test_the_command_line_asks_for_the_same_two_and_a_start_by_it_for_nobody(tmp_path: Path) -> None:
    async with campus(tmp_path) as (here, _box, _diaz):

        def journey() -> None:
            started = here.cli("start", "lockdown", "--real")
            assert started.returncode == 0, started.stderr
            here.until_secured("tcp-1", "tcp-2")
            alone = here.cli("close", "--reason", "over")
            assert (alone.returncode, "--second NAME" in alone.stderr) == (1, True)
            one, two = tmp_path / "one", tmp_path / "two"
            one.write_text(codes(here, DIAZ)[0] + "\n")
            by_one = here.cli("close", "--reason", "over", "--user", DIAZ, "--code-file", str(one))
            assert (by_one.returncode, "--second NAME" in by_one.stderr) == (1, True)
            assert here.status()["incidents"]
            one.write_text(codes(here, DIAZ)[0] + "\n")
            two.write_text(codes(here, WEBER)[0] + "\n")
            who = ("--user", DIAZ, "--code-file", str(one), "--second", WEBER, "--second-code-file", str(two))
            done = here.cli("close", "--reason", "police have searched all", *who)
            assert done.returncode == 0, done.stderr
            assert "2 doors stay as ordered" in done.stdout
            assert not here.status()["incidents"]
            (confirmed,) = here.rows("incident.end_confirmed")
            assert confirmed["data"]["second"] not in (None, confirmed["actor"])
            # A drill asks for nobody.
            assert here.cli("start", "lockdown", "--drill").returncode == 0
            assert here.cli("close").returncode == 0

        await asyncio.to_thread(journey)


async def test_the_all_clear_reaches_exactly_those_who_were_told(tmp_path: Path) -> None:
    async with campus(tmp_path) as (_here, box, diaz):
        asked = {"response": "hold-in-place", "zones": ["a-1"], "kind": "real", "reason": "a fight"}
        begun = await asyncio.to_thread(diaz.post, "/api/v1/incidents", asked)
        assert begun.status == 200, begun.body
        await until("the mail of building a", lambda: len(box.mails) == 1)

        wider = await asyncio.to_thread(
            diaz.post, "/api/v1/incidents", {**asked, "response": "secure", "change": False}
        )
        assert wider.status == 200, wider.body
        await until("the raise", lambda: len(box.mails) == 2)
        changed = await asyncio.to_thread(diaz.post, "/api/v1/incidents", {**asked, "change": True})
        assert changed.status == 200, changed.body
        await until("the change", lambda: len(box.mails) == 3)
        over = await asyncio.to_thread(
            diaz.post, f"/api/v1/incidents/{begun.json['incident']}/close", {"reason": "cancelled"}
        )
        assert over.status == 200, over.body
        await until("the all-clear", lambda: len(box.mails) == 4)

        assert box.to() == ["a@example.org"] * 4
        said = [str(mail["Subject"]).partition(":")[0] for _, mail, _ in box.mails]
        assert said == ["Hold", "Secure", "Hold", "All clear"]
