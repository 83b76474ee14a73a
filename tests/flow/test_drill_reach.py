"""A drill reaches nobody outside of the campus: real receivers count, through every way to begin, change and end one.

Police, families and another campus are outputs like staff's; dispatch and district are addresses in the same file. What each
of them heard at the end is what is real, and nothing else. A number of the emergency services is no output at all: `check`
refuses it.
"""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

from drivers.simulators.gsm_modem import GsmModem
from drivers.simulators.paging_adapter import PagingAdapter
from rules.model.responses import Response
from tests.drivers.outputs.mailbox import Mailbox, mailbox
from tests.drivers.outputs.receiving import Receiver, receiver
from tests.edge.district.receiver import Receiver as Hub
from tests.edge.district.receiver import receiving
from tests.edge.web.api.served import Served, serving
from tests.flow.rig import rfc3339
from tests.flow.test_detectors import SECRET, SOURCES, judge, report
from tests.flow.test_notices import until

TRIED = {"commissioned": "2026-08-14"}
ENROLLED, OTHER = "pb-native", "pb-office"


@dataclass
class Door:
    """A port that counts who knocks, and answers nobody."""

    port: int = 0
    knocks: int = 0

    async def knocked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.knocks += 1
        writer.close()


@contextlib.asynccontextmanager
async def counting() -> AsyncIterator[Door]:
    door = Door()
    server = await asyncio.start_server(door.knocked, "127.0.0.1", 0)
    door.port = server.sockets[0].getsockname()[1]
    async with server:
        yield door


@dataclass
class Side:
    """Receivers of the true protocols."""

    box: Mailbox
    hook: Receiver
    modem: GsmModem
    phone: PagingAdapter

    def counts(self) -> dict[str, int]:
        return {
            "mail": len(self.box.mails),
            "mail server": self.box.connections,
            "webhook": len(self.hook.heard),
            "sms": len(self.modem.messages),
            "telephone": len(self.phone.requests),
        }

    def hooked(self) -> list[tuple[str, str, str | None]]:
        told = [(path, json.loads(body)) for path, _, body in self.hook.heard]
        return [(path, one["kind"], one["response"]) for path, one in told]


@dataclass
class Reached:
    staff: Side
    outside: Side
    dispatch: Door
    district: Hub


@contextlib.asynccontextmanager
async def side(port: Path) -> AsyncIterator[Side]:
    async with mailbox() as box, receiver(None) as hook, contextlib.AsyncExitStack() as stack:
        modem = GsmModem(port)
        modem.start()
        stack.callback(modem.stop)
        phone = await PagingAdapter.start()
        stack.callback(phone.close)
        yield Side(box, hook, modem, phone)


def outputs(folder: Path, by: Reached) -> list[dict[str, Any]]:
    """The same five ways to staff and to those who are not; one webhook to police and one to another campus."""

    def hook(name: str, to: Side, **more: str) -> dict[str, Any]:
        url = f"http://127.0.0.1:{to.hook.port}/{name}"
        return {"id": name, "driver": "webhook", "url": url, "secret_file": "secrets/hook", **more, **TRIED}

    def mail(name: str, to: Side, whom: str, **more: str) -> dict[str, Any]:
        where = {"host": "127.0.0.1", "port": to.box.port, "tls": "none", "to": [whom]}
        return {"id": name, "driver": "smtp", **where, **more, **TRIED}

    def sms(name: str, port: str, number: str, **more: str) -> dict[str, Any]:
        return {
            "id": name,
            "driver": "gsm-modem",
            "port": str(folder / port),
            "to": [number],
            **more,
            **TRIED,
        }

    def call(name: str, to: Side, number: str) -> dict[str, Any]:
        uri = f"sip:{number}@127.0.0.1:{to.phone.port}"
        return {"id": name, "driver": "sip-paging", "uri": uri, "zone": "a", "repeat": "10m", **TRIED}

    return [
        hook("signs", by.staff), mail("staff", by.staff, "nurse@example.org"),
        sms("phones", "ttyIN", "+12175550100"), call("paging", by.staff, "8000"),
        hook("police", by.outside, audience="police"), hook("next-campus", by.outside, audience="another-campus"),
        mail("press", by.outside, "desk@news.example.org", audience="press"),
        sms("families", "ttyOUT", "+12175550199", audience="families"),
    ]  # fmt: skip


def configured(folder: Path, by: Reached) -> dict[str, Any]:
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700, parents=True)
    for name, text in (
        ("hook", "whsec_" + base64.b64encode(SECRET).decode()),
        ("district", "token-of-the-campus"),
        ("psap", "campus:word"),
    ):
        (secrets / name).write_text(text + "\n")
        (secrets / name).chmod(0o600)
    agreed = {"party": "County", "date": "2026-08-01", "test": "2026-08-14"}
    return {
        **SOURCES,
        "outputs": outputs(folder, by),
        "dispatch": [
            {"id": "psap", "driver": "https", "address": f"https://127.0.0.1:{by.dispatch.port}/",
             "credentials_file": "secrets/psap", "agreement": agreed}
        ],
        "district": {"url": by.district.url, "token_file": "secrets/district"},
    }  # fmt: skip


class Days:
    """What is done on the campus, each once staff was told of it."""

    def __init__(self, api: Served, by: Reached) -> None:
        self.api, self.by = api, by

    async def do(self, what: Callable[..., Any], *args: Any, **named: Any) -> Any:
        return await asyncio.to_thread(what, *args, **named)

    async def told(self, kind: str, response: str | None) -> None:
        """Until the newest thing that a program of staff's was told is this."""
        wanted = ("/signs", kind, response)
        await until(f"{kind} {response} to staff", lambda: self.by.staff.hooked()[-1:] == [wanted])

    async def clear(self, kind: str = "drill") -> None:
        await self.do(self.api.quiet)
        await self.told(kind, None)

    async def drills(self) -> None:
        """Every way to begin, change and end a drill."""
        api, campus = self.api, self.api.campus
        for response in get_args(Response):
            answer = await self.do(api.start, response, "drill")
            assert answer.status == 200, answer.body
            if response != "duress":
                await self.told("drill", response)
            await self.do(api.quiet)
            if response != "duress":
                await self.told("drill", None)
        # A change in mid-course.
        assert (await self.do(api.start, "lockdown", "drill")).status == 200
        await self.told("drill", "lockdown")
        assert (await self.do(api.start, "evacuate", "drill", change=True)).status == 200
        await self.told("drill", "evacuate")
        await self.clear()
        # By name, and by a drill's own enrolled button, on the broker.
        assert (await self.do(campus.cli, "press", OTHER, "--drill")).returncode == 0
        await self.told("drill", "lockdown")
        await self.clear()
        begun = (
            "drill",
            "begin",
            "lockdown",
            "--zone",
            "flow-school",
            "--button",
            ENROLLED,
            "--waits",
            "--json",
        )
        drill = json.loads((await self.do(campus.cli, *begun)).stdout)["args"]["drill"]
        await self.do(campus.broker.press, ENROLLED, "hold", "enrolled-1")
        await self.told("drill", "lockdown")
        # A detector that tests itself, reported in the midst of it.
        tested = {"id": "self-test", "at": rfc3339(), "test": True}
        assert (await self.do(report, api, "detectors/gun-front/alerts", tested)).json["standing"] == "test"
        # And what is no drill and not real either.
        assert (await self.do(campus.cli, "press", OTHER, "--test")).returncode == 0
        assert (await self.do(campus.cli, "drill", "end", drill, "--reason", "over")).returncode == 0
        await self.told("drill", None)
        assert (await self.do(campus.cli, "press", OTHER, "--exercise")).returncode == 0
        await self.do(api.quiet)


async def test_no_drill_of_any_kind_reaches_anybody_outside_and_what_is_real_does(tmp_path: Path) -> None:
    folder = tmp_path / "school"
    folder.mkdir()
    async with (
        side(folder / "ttyIN") as staff,
        side(folder / "ttyOUT") as outside,
        counting() as dispatch,
        receiving(campus="flow-school") as district,
    ):
        by = Reached(staff, outside, dispatch, district)
        opened = serving(folder, more=configured(folder, by))
        api = await asyncio.to_thread(opened.__enter__)
        try:
            await judged(Days(api, by))
        finally:
            await asyncio.to_thread(opened.__exit__, None, None, None)


def heard(district: Hub, kind: str) -> bool:
    """Whether the district holds an event of this kind."""
    return any(one.kind.startswith(kind) for events in district.events.values() for one in events)


def reached(side: Side, what: str) -> bool:
    return side.counts()[what] > 0


def knocked(door: Door) -> bool:
    return door.knocks == 1


async def judged(days: Days) -> None:
    api, by = days.api, days.by
    await days.drills()
    for what in ("mail", "sms", "telephone"):
        await until(f"staff by {what}", partial(reached, by.staff, what))
    assert {str(mail["Subject"])[:5] for _, mail, _ in by.staff.box.mails} == {"DRILL"}
    assert not any(by.outside.counts().values()), by.outside.counts()
    # The district has the record of it, and no alarm: nothing came ahead.
    await by.district.until(lambda: heard(by.district, "drill.ended"))
    assert ("POST", "live") not in by.district.requests

    # In the midst of another drill a person confirms a detection: that is real, and ends the drill.
    assert (await days.do(api.start, "lockdown", "drill")).status == 200
    await days.told("drill", "lockdown")
    found = {"id": "alert-1", "at": rfc3339(), "place": "Door 7"}
    number = (await days.do(report, api, "detectors/gun-front/alerts", found)).json["number"]
    assert not any(by.outside.counts().values()), "a report that nobody confirmed reaches nobody"
    assert (await days.do(judge, api, number, "confirm", reason="seen")).status == 200
    for what in ("mail", "webhook", "sms"):
        await until(f"outside by {what}", partial(reached, by.outside, what))
    await days.clear("real")
    await until(
        "the end to all four", lambda: len(by.outside.hooked()) == 4 and len(by.outside.box.mails) == 2
    )

    # All that they ever heard is what was real: its beginning and its end.
    assert sorted(by.outside.hooked(), key=str) == sorted(
        [(f"/{one}", "real", said) for one in ("police", "next-campus") for said in ("lockdown", None)],
        key=str,
    )
    subjects = [str(mail["Subject"]) for _, mail, _ in by.outside.box.mails]
    assert subjects == ["Lockdown: Flow School", "All clear: Flow School"]
    assert not by.outside.phone.requests, "no page leaves the campus"
    rows = await days.do(api.campus.rows, "notices.ordered")
    named = {"police", "next-campus", "press", "families"}
    drilled = [one["data"] for one in rows if one["data"]["kind"] == "drill"]
    assert drilled
    assert not named & {output for one in drilled for output, _ in (*one["outputs"], *one["held"])}

    # What is real came ahead to the district, and nothing else did.
    await by.district.until(lambda: heard(by.district, "incident.closed"))
    ahead = {one.incident for one in by.district.live.values()}
    real = {one["incident"] for one in rows if one["data"]["kind"] == "real"}
    assert ahead
    assert ahead <= real

    # Nothing calls dispatch in this release, for real either; its door can count.
    assert by.dispatch.knocks == 0
    _, writer = await asyncio.open_connection("127.0.0.1", by.dispatch.port)
    await until("the knock", partial(knocked, by.dispatch))
    writer.close()
