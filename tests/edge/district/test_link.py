"""The record goes up to the district, whatever the line does: each event once, in order, and what is live first."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec
from aiohttp import web

from edge.district.messages import Directed, Open
from edge.district_link import DistrictLink, Fields
from edge.journal.canonical import JSON
from edge.journal.journal import Journal
from edge.journal.row import Row
from edge.journal.stamp import Stamped
from rules.model.events import ConditionChanged, Event
from tests.edge.district.receiver import Receiver, receiving

TICKETS: Fields = {"ticket.noted": frozenset({"text"})}


def row(number: int, kind: str = "door.verdict/1", incident: str | None = None, **sealed: JSON) -> Row:
    return Row(
        1_786_622_400_000_000 + number, 1_000 + number, kind, f"d-{number % 7}", "rule", incident,
        data={"number": number}, sealed=dict(sealed),
    )  # fmt: skip


class Box:
    """What the daemon is to its link."""

    def __init__(self, store: Path, url: str, shares: Fields, token: str, hub_key: str) -> None:
        self.journal = Journal.open(store, "campus", machine_id_file=store / "no-machine-id")
        self.hurried = False
        self.live: set[str] = set()
        self.synced: dict[str, int] = {}
        self.conditions: list[tuple[str, bool, tuple[str, ...]]] = []
        self.directed: dict[int, Directed] = {}
        self.link = DistrictLink(
            self._emitted,
            self.journal,
            lambda: self.hurried,
            self.live.__contains__,
            lambda: bool(self.live),
            self._held,
            self._directed,
            lambda: max(self.directed, default=0),
        )
        self._changed = asyncio.Event()
        self.entered = 1
        """What a new journal begins with, and every row since."""
        self.store = store
        self.link.configure(
            Open(str(store / "district"), "campus", url, token, pause_us=20_000, hub_key=hub_key), shares
        )

    def _emitted(self, event: Event) -> None:
        if isinstance(event, ConditionChanged):
            self.conditions.append((event.code, event.active, event.args))
        self._changed.set()

    async def _directed(self, directed: Directed) -> None:
        self.directed[directed.number] = directed
        self._changed.set()

    def _held(self, acknowledged: dict[str, int]) -> None:
        self.synced = acknowledged
        self._changed.set()

    async def until(self, holds: Callable[[], object], patience_s: float = 60.0) -> None:
        async with asyncio.timeout(patience_s):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    def enter(self, *rows: Row) -> None:
        self.entered += len(rows)
        self.journal.append(list(rows), None, None)

    async def bodies(self) -> list[bytes]:
        """Every event of the journal, as it was hashed."""
        found: list[bytes] = []
        after: tuple[str, int] | None = None
        while piece := (await self.journal.lines(after, 1_000))[0]:
            found += (body.encode() for _, _, body, _ in piece)
            last = msgspec.json.decode(piece[-1][2])
            after = last["epoch"], last["seq"]
        return found


@asynccontextmanager
async def box(
    store: Path, url: str, shares: Fields | None = None, token: str = "", hub_key: str = ""
) -> AsyncIterator[Box]:
    made = Box(store, url, shares or {}, token or "none", hub_key)
    loop = asyncio.get_running_loop()

    def followed(events: Sequence[Stamped]) -> None:
        loop.call_soon_threadsafe(made.link.grew, events)

    made.journal.start(loop, lambda *_: None, follow=followed)
    page_open = asyncio.Event()
    page_open.set()
    running = asyncio.create_task(made.link.run(page_open, settled_s=0.0))
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await made.journal.close()


async def test_every_event_is_there_once_in_order_and_to_the_bit(tmp_path: Path) -> None:
    async with receiving() as hub, box(tmp_path / "store", hub.url) as campus:
        campus.enter(*(row(number) for number in range(3_000)))
        await hub.until(lambda: hub.count >= 3_001)
        await campus.until(lambda: list(campus.synced.values()) == [3_001])

        assert hub.bodies == await campus.bodies()
        campus.enter(row(3_000))
        await hub.until(lambda: hub.count == 3_002)
        assert campus.link.standing.trouble == ""
        await hub.until(lambda: len(hub.checkpoints) >= 3)


async def test_names_and_texts_stay_here_unless_an_agreement_says_otherwise(tmp_path: Path) -> None:
    said = [
        row(1, "ticket.noted/1", text="the latch sticks", parts="none"),
        row(2, "incident.note/1", text="a name"),
    ]
    async with receiving() as hub, box(tmp_path / "none", hub.url) as campus:
        campus.enter(*said)
        await hub.until(lambda: hub.count == 3)
        assert all(not one.opened for events in hub.events.values() for one in events)
    async with receiving() as hub, box(tmp_path / "tickets", hub.url, TICKETS) as campus:
        campus.enter(*said)
        await hub.until(lambda: hub.count == 3)
        (events,) = hub.events.values()
        assert [{name: value for name, (_, value) in one.opened.items()} for one in events[1:]] == [
            {"text": b'"the latch sticks"'},
            {},
        ]
        assert hub.bodies == await campus.bodies()


async def test_what_a_live_incident_enters_comes_ahead_of_a_backlog(tmp_path: Path) -> None:
    async with receiving() as hub:
        gate = asyncio.Event()

        async def slow(request: web.BaseRequest) -> web.StreamResponse | None:
            if request.path.endswith("/events"):
                await gate.wait()
            return None

        hub.spoil = slow
        async with box(tmp_path / "store", hub.url) as campus:
            campus.enter(*(row(number) for number in range(5_000)))
            await hub.until(lambda: ("POST", "events") in hub.requests)
            campus.live.add("inc-1")
            campus.enter(row(1, "incident.opened/1", "inc-1"), row(2), row(3, "door.verdict/1", "inc-2"))
            await hub.until(lambda: hub.live)

            assert [one.incident for one in hub.live.values()] == ["inc-1"]
            assert hub.ahead_at == [0]
            gate.set()
            await hub.until(lambda: hub.count == 5_004)
            assert hub.bodies == await campus.bodies()


async def test_what_is_live_comes_ahead_also_behind_a_restart(tmp_path: Path) -> None:
    async with receiving() as hub:

        async def shut(request: web.BaseRequest) -> web.StreamResponse | None:
            return web.Response(status=503) if request.path.endswith("/events") else None

        hub.spoil = shut
        async with box(tmp_path / "store", hub.url) as campus:
            campus.live.add("inc-1")
            campus.enter(*(row(number) for number in range(500)), row(1, "incident.opened/1", "inc-1"))
            await hub.until(lambda: hub.live)
            hub.live.clear()
            assert campus.link.process_id is not None
            os.kill(campus.link.process_id, signal.SIGKILL)
            await hub.until(lambda: hub.live)

        assert [(one.incident, one.seq) for one in hub.live.values()] == [("inc-1", 502)]


async def test_a_lost_answer_doubles_nothing(tmp_path: Path) -> None:
    async with receiving() as hub:
        lost: list[int] = []

        async def takes_and_hangs_up(request: web.BaseRequest) -> web.StreamResponse | None:
            if request.path.endswith("/events") and len(lost) < 3:
                hub.take(await request.read())
                lost.append(hub.count)
                assert request.transport is not None
                request.transport.abort()
            return None

        hub.spoil = takes_and_hangs_up
        async with box(tmp_path / "store", hub.url) as campus:
            campus.enter(*(row(number) for number in range(600)))
            await hub.until(lambda: hub.count == 601 and len(lost) == 3)
            assert hub.bodies == await campus.bodies()
            assert [first for first, _ in hub.came] == [1, *(last + 1 for _, last in hub.came[:-1])]


async def test_a_hub_that_forgot_its_newest_is_given_them_again(tmp_path: Path) -> None:
    """A hub brought back from its backup: it says a gap, and is sent what follows its own end."""
    async with receiving() as hub, box(tmp_path / "store", hub.url) as campus:
        campus.enter(*(row(number) for number in range(500)))
        await hub.until(lambda: hub.count == 501)
        for events in hub.events.values():
            del events[200:]
        campus.enter(row(501))

        await hub.until(lambda: hub.count == 502)
        assert hub.bodies == await campus.bodies()


async def test_another_chain_at_the_hub_halts_and_calls_a_person(tmp_path: Path) -> None:
    async with receiving() as hub, box(tmp_path / "one", hub.url) as campus:
        campus.enter(*(row(number) for number in range(10)))
        await hub.until(lambda: hub.count == 11)
        epoch = next(iter(hub.events))
        other = hub.events[epoch][-1]
        hub.events[epoch][-1] = msgspec.structs.replace(other, hash="f" * 64)
        assert campus.link.process_id is not None
        os.kill(campus.link.process_id, signal.SIGKILL)

        await campus.until(lambda: ("district_halted", True, ("other",)) in campus.conditions)
        campus.enter(row(11))
        assert hub.count == 11


async def test_a_killed_or_hung_process_goes_on_where_the_hub_stands(tmp_path: Path) -> None:
    async with receiving() as hub, box(tmp_path / "store", hub.url) as campus:
        for number in range(4):
            campus.enter(*(row(number) for number in range(300)))
            await hub.until(partial(_more_than, hub, hub.count))
            assert campus.link.process_id is not None
            os.kill(campus.link.process_id, signal.SIGKILL)
        await hub.until(lambda: hub.count == 1_201)
        assert hub.bodies == await campus.bodies()


def _more_than(hub: Receiver, count: int) -> bool:
    return hub.count > count


async def test_answers_that_make_no_sense_lose_nothing(tmp_path: Path) -> None:
    answers = [
        web.Response(status=503, headers={"Retry-After": "0"}),
        web.Response(status=200, body=b"<html>a captive portal</html>"),
        web.Response(status=302, headers={"Location": "http://elsewhere.example/"}),
        web.Response(status=200, body=b"{" * 1_000),
        web.Response(status=500),
    ]
    async with receiving() as hub:

        async def nonsense(_: web.BaseRequest) -> web.StreamResponse | None:
            return answers.pop(0) if answers else None

        hub.spoil = nonsense
        async with box(tmp_path / "store", hub.url) as campus:
            campus.enter(*(row(number) for number in range(50)))
            await hub.until(lambda: hub.count == 51)
            assert hub.bodies == await campus.bodies()


async def test_a_smaller_batch_is_sent_where_the_hub_says_too_large(tmp_path: Path) -> None:
    async with receiving() as hub:

        async def narrow(request: web.BaseRequest) -> web.StreamResponse | None:
            if request.path.endswith("/events") and len(await request.read()) > 2_000:
                return web.Response(status=413)
            return None

        hub.spoil = narrow
        async with box(tmp_path / "store", hub.url) as campus:
            campus.enter(*(row(number) for number in range(400)))
            await hub.until(lambda: hub.count == 401)
            assert hub.bodies == await campus.bodies()


async def test_nothing_is_read_or_sent_while_a_press_is_on_its_way(tmp_path: Path) -> None:
    async with receiving() as hub, box(tmp_path / "store", hub.url) as campus:
        campus.enter(row(0))
        await hub.until(lambda: hub.count == 2)
        campus.hurried = True
        campus.enter(row(1))
        await asyncio.to_thread(lambda: None)
        requests = len(hub.requests)
        await campus.journal.lines(None, 10)
        assert (hub.count, len(hub.requests)) == (2, requests)
        campus.hurried = False
        await hub.until(lambda: hub.count == 3)
