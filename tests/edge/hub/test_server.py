"""The hub over HTTP, as campuses meet it: whichever process answers, each event is there exactly once."""

import asyncio
import os
import random
import secrets
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout

from edge.district import api
from edge.district.api import Checkpoints, Countersigned, NewToken, Problem, Taken
from edge.district.pressing import pressed
from edge.district.wire import MOST_BYTES
from edge.hub import enrolment
from edge.hub.database import Database
from edge.hub.share import LATEST_S, SOONEST_S, Full, Share, later_s
from edge.journal.keys import SigningKey, holds, load_or_make
from tests.edge.hub.journals import Chain
from tests.edge.hub.rig import kept
from tests.edge.hub.served import Box, Hub, place, problem
from tests.flow.postgres import Postgres
from tests.flow.waiting import PATIENCE_S, wait_for


@pytest.fixture(scope="module")
def hub(postgres: Postgres, made: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Two processes on one port."""
    running = Hub(postgres.database(made), tmp_path_factory.mktemp("hub"), processes=2)
    yield running
    assert running.end() == 0


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession(timeout=ClientTimeout(PATIENCE_S)) as opened:
        yield opened


@pytest.fixture
async def box(hub: Hub, session: ClientSession) -> Box:
    """A campus that was enrolled for this test."""
    return await enrolled(hub, session, "c-" + secrets.token_hex(4))


async def enrolled(hub: Hub, session: ClientSession, campus: str) -> Box:
    database = await opened(hub)
    try:
        made = await enrolment.enrol(database, load_or_make(hub.keys), campus, "A school")
    finally:
        await database.close()
    assert made is not None
    return Box(session, hub, made.token, campus)


async def opened(hub: Hub) -> Database:
    return await Database.open(hub.url, 2)


async def rows(hub: Hub, campus: str) -> list[int]:
    database = await opened(hub)
    try:
        return [seq for _, seq, _ in await kept(database, campus)]
    finally:
        await database.close()


async def test_a_journal_goes_up_and_is_acknowledged_to_its_last_contiguous_event(hub: Hub, box: Box) -> None:
    chain = Chain(box.campus).grow(50)

    assert await box.send(chain, 0, 30) == Taken(place(chain, 30))
    gap = await box.send(chain, 40, 50)
    assert isinstance(gap, Problem)
    assert (gap.code, gap.expected) == ("gap", place(chain, 30))
    assert await box.send_live(chain, 45) == 200
    assert await box.send(chain, 30) == Taken(place(chain))
    assert (await box.position()).epochs == (place(chain),)
    assert await rows(hub, box.campus) == list(range(1, 51))


async def test_a_problem_is_one_by_its_media_type_and_a_taken_batch_is_json(box: Box) -> None:
    chain = Chain(box.campus).grow(5)

    _, _, headers = await box.post(api.EVENTS, chain.packed())
    assert headers["Content-Type"].startswith("application/json")
    _, _, headers = await box.post(api.EVENTS, chain.packed(3) + b"x")
    assert headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "form"),
        (b"not pressed", 400, "form"),
        (pressed(b"{}"), 400, "form"),
        (bytes(MOST_BYTES + 1), 413, "too_large"),
        (pressed(bytes(40 * 1_048_576)), 413, "too_large"),
    ],
)
async def test_what_is_no_batch_is_refused_and_changes_nothing(
    box: Box, body: bytes, status: int, code: str
) -> None:
    for path in (api.EVENTS, api.LIVE):
        answered, said, _ = await box.post(path, body)
        assert (answered, problem(answered, said).code) == (status, code)
    assert (await box.position()).epochs == ()


async def test_a_batch_that_was_damaged_or_cut_on_its_way_is_sent_again_and_taken(hub: Hub, box: Box) -> None:
    chain = Chain(box.campus).grow(20)
    whole = chain.packed()

    for place_of in range(0, len(whole), 37):
        damaged = bytearray(whole)
        damaged[place_of] ^= 0x10
        status, _, _ = await box.post(api.EVENTS, bytes(damaged))
        # Damage in what is not looked at twice leaves the same events, or none.
        assert status in (200, 400, 409, 413)
        status, said, _ = await box.post(api.EVENTS, whole[:place_of])
        assert (status, problem(status, said).code) == (400, "form")
    assert await box.send(chain) == Taken(place(chain))
    assert await rows(hub, box.campus) == list(range(1, 21))


async def test_a_checkpoint_is_countersigned_by_the_key_that_every_process_has(
    hub: Hub, box: Box, box_key: SigningKey
) -> None:
    chain = Chain(box.campus).grow(9)
    await box.send(chain)
    body = msgspec.json.encode(Checkpoints((chain.checkpoint(box_key, 9),)))

    for _ in range(6):
        status, said, _ = await box.post(api.CHECKPOINTS, body)
        assert status == 200, said
        answer = msgspec.json.decode(said, type=Countersigned)
        assert answer.pem == (hub.keys / "signing-key.pub.pem").read_text()
        assert [one.seq for one in answer.countersigned] == [9]
    status, said, _ = await box.post(api.CHECKPOINTS, b'{"checkpoints": [{}]}')
    assert problem(status, said).code == "form"


# --- who is let in ------------------------------------------------------------------------------------


async def test_nobody_learns_from_a_refusal_whether_a_campus_is_there(
    hub: Hub, session: ClientSession, box: Box
) -> None:
    answers = set()
    for campus in (box.campus, "nobody", "NO", "a" * 80):
        for header in (
            "",
            "Bearer x",
            "Basic eDp5",
            box.headers["Authorization"] + "A",
            "Bearer " + "x" * 9_000,
        ):
            stranger = Box(session, hub, "", campus)
            stranger.headers = {"Authorization": header} if header else {}
            status, said, _ = await stranger.get(api.POSITION)
            if status not in (429, 400):
                answers.add((status, said))
    assert len(answers) == 1
    assert problem(*answers.pop()).code == "not_allowed"
    assert (await box.position()).epochs == ()


async def test_a_campuss_token_opens_no_other_campus(hub: Hub, session: ClientSession, box: Box) -> None:
    other = await enrolled(hub, session, box.campus + "-2")
    other.headers = box.headers

    status, said, _ = await other.post(api.EVENTS, Chain(other.campus).packed())

    assert (status, problem(status, said).code) in ((401, "not_allowed"), (429, "busy"))
    assert await rows(hub, other.campus) == []


async def test_a_token_is_changed_for_a_new_one_and_ends_on_every_process(
    hub: Hub, session: ClientSession, box: Box
) -> None:
    status, said, _ = await box.post(api.TOKEN)
    assert status == 200, said
    new = Box(session, hub, msgspec.json.decode(said, type=NewToken).token, box.campus)
    await box.position()

    await new.position()

    await until_shut_out(hub, box)
    await new.position()


async def test_a_revoked_campus_is_let_in_by_no_process(hub: Hub, box: Box) -> None:
    await box.position()

    assert "ended" in hub.run("revoke", box.campus)

    await until_shut_out(hub, box)


async def until_shut_out(hub: Hub, box: Box) -> None:
    """Until it was refused so often in a row, over connections of their own, that both processes were asked."""
    async with asyncio.timeout(PATIENCE_S):
        in_a_row = 0
        while in_a_row < 12:
            async with ClientSession() as fresh:
                status, said, _ = await Box(fresh, hub, "", box.campus).get(api.POSITION)
                other = Box(fresh, hub, "", box.campus)
                other.headers = box.headers
                status, said, _ = await other.get(api.POSITION)
            if status == 200:
                in_a_row = 0
                await asyncio.sleep(0.02)
            else:
                in_a_row += 1
                assert problem(status, said).code in ("revoked", "busy")


# --- directives ---------------------------------------------------------------------------------------


async def test_directives_come_signed_numbered_and_in_order(hub: Hub, box: Box) -> None:
    for number in range(3):
        hub.run("directive", box.campus, "roster.changed/1", "--args", "-", said=f'{{"of": {number}}}')

    found = (await box.directives(0)).directives

    pem = (hub.keys / "signing-key.pub.pem").read_text()
    assert [one.number for one in found] == [1, 2, 3]
    for one in found:
        said = msgspec.json.decode(one.body)
        assert holds(pem, bytes.fromhex(one.signature), one.body.encode())
        assert (said["campus"], said["number"], said["args"]) == (
            box.campus,
            one.number,
            {"of": one.number - 1},
        )
    assert [one.number for one in (await box.directives(2)).directives] == [3]
    assert (await box.directives(3)).directives == ()


async def polls_of(hub: Hub) -> dict[str, float]:
    """How many wait at each process, of those that were met, by process id."""
    found = {}
    for _ in range(8):
        async with ClientSession() as fresh, fresh.get(hub.address + "/metrics") as response:
            figures = dict(
                line.rsplit(" ", 1)
                for line in (await response.text()).splitlines()
                if not line.startswith("#")
            )
        found[figures["campus_edge_hub_process_id"]] = float(figures["campus_edge_hub_polls"])
    return found


async def test_whoever_waits_is_woken_whichever_process_it_waits_at(hub: Hub, box: Box) -> None:
    async def waits() -> list[int]:
        async with ClientSession(timeout=ClientTimeout(PATIENCE_S)) as fresh:
            other = Box(fresh, hub, "", box.campus)
            other.headers = box.headers
            return [one.number for one in (await other.directives(0, 30)).directives]

    polls = [asyncio.create_task(waits()) for _ in range(12)]
    async with asyncio.timeout(20):
        while sum((met := await polls_of(hub)).values()) < 12:
            await asyncio.sleep(0.02)
    assert len(met) == 2
    await asyncio.to_thread(hub.run, "directive", box.campus, "roster.changed/1")

    assert await asyncio.gather(*polls) == [[1]] * 12


async def test_a_wait_ends_with_nothing_when_nothing_comes(box: Box) -> None:
    assert (await box.directives(0, 1)).directives == ()


async def test_a_lockdown_request_without_an_end_is_never_signed(hub: Hub, box: Box) -> None:
    refused = await asyncio.to_thread(hub.tried, "directive", box.campus, "lockdown.request/1", code=2)

    assert "expires" in refused.stderr
    hub.run("directive", box.campus, "lockdown.request/1", "--expires", "1h")
    (made,) = (await box.directives(0)).directives
    assert msgspec.json.decode(made.body)["expires"] is not None


# --- whatever breaks ----------------------------------------------------------------------------------


async def test_two_processes_at_once_that_are_sent_the_same_take_it_once(hub: Hub, box: Box) -> None:
    chain = Chain(box.campus).grow(400)

    async def send(after: int) -> None:
        async with ClientSession() as fresh:
            other = Box(fresh, hub, "", box.campus)
            other.headers = box.headers
            while not isinstance(answer := await other.send(chain, after, after + 200), Taken):
                assert answer.code == "gap"
                await asyncio.sleep(0.01)

    await asyncio.gather(*(send(after) for after in (0, 100, 200) * 6))

    assert await rows(hub, box.campus) == list(range(1, 401))


async def sent_until(box: Box, chain: Chain, over: asyncio.Task[None]) -> int:
    """As a campus does: go on from where the hub says it stands, whatever happens in between, while events go on coming.

    Returns how many requests were answered by nobody.
    """
    seq, lost = 0, 0
    async with asyncio.timeout(180):
        while not over.done() or seq < len(chain.lines):
            if not over.done():
                chain.grow(len(chain.lines) + 20)
            try:
                answer = await box.send(chain, seq, seq + 200)
            except (ClientError, OSError, TimeoutError):
                lost += 1
                await asyncio.sleep(0.02)
                continue
            if isinstance(answer, Taken):
                assert answer.acknowledged == place(chain, answer.acknowledged.seq)
                seq = answer.acknowledged.seq
            elif answer.code == "gap":
                assert answer.expected is not None
                seq = answer.expected.seq
            else:
                assert answer.code == "busy", answer
                await asyncio.sleep(0.02)
    return lost


async def test_a_process_that_is_killed_at_a_batch_costs_and_doubles_nothing(hub: Hub, box: Box) -> None:
    chain = Chain(box.campus)

    async def kill() -> None:
        for _ in range(6):
            await asyncio.sleep(0.2 * random.random())
            for victim in hub.processes():
                os.kill(victim, signal.SIGKILL)
            while not hub.processes():
                await asyncio.sleep(0.02)

    lost = await sent_until(box, chain, asyncio.create_task(kill()))

    assert lost > 0
    assert await rows(hub, box.campus) == list(range(1, len(chain.lines) + 1))
    assert (await box.position()).epochs == (place(chain),)


async def test_a_database_that_is_killed_at_a_batch_costs_and_doubles_nothing(
    hub: Hub, box: Box, postgres: Postgres
) -> None:
    chain = Chain(box.campus)

    async def kill() -> None:
        for _ in range(3):
            await asyncio.sleep(0.3 * random.random())
            await asyncio.to_thread(postgres.kill)
            await asyncio.to_thread(postgres.start)

    await sent_until(box, chain, asyncio.create_task(kill()))

    assert await rows(hub, box.campus) == list(range(1, len(chain.lines) + 1))
    assert (await box.position()).epochs == (place(chain),)
    # What is told across processes is told again afterwards.
    waits = asyncio.create_task(box.directives(0, 30))
    await asyncio.to_thread(hub.run, "directive", box.campus, "roster.changed/1")
    assert len((await waits).directives) == 1


async def test_more_than_its_share_is_sent_away_with_a_time_to_come_again() -> None:
    share = Share(2, 100)

    with share.of(60):
        with pytest.raises(Full), share.of(60):
            pass
        with share.of(40), pytest.raises(Full), share.of(0):
            pass
    with share.of(100):
        assert share.inside == 1
    assert share.inside == 0
    assert {later_s() for _ in range(400)} == set(range(SOONEST_S, LATEST_S + 1))


async def test_without_its_database_it_says_when_to_come_again_and_takes_the_batch_then(
    hub: Hub, box: Box, postgres: Postgres
) -> None:
    chain = Chain(box.campus).grow(5)
    await asyncio.to_thread(postgres.kill)
    try:
        status, said, headers = await box.post(api.EVENTS, chain.packed())
        assert (status, problem(status, said).code) == (503, "busy")
        assert SOONEST_S <= int(headers["Retry-After"]) <= LATEST_S
        async with ClientSession() as fresh, fresh.get(hub.address + "/healthz") as response:
            assert response.status == 503
    finally:
        await asyncio.to_thread(postgres.start)
    async with asyncio.timeout(PATIENCE_S):
        while not isinstance(answer := await box.send(chain), Taken):
            assert answer.code == "busy"
            await asyncio.sleep(0.05)
    assert await rows(hub, box.campus) == list(range(1, 6))


async def test_at_its_end_whoever_waits_is_answered(ready: str, tmp_path: Path) -> None:
    hub = await asyncio.to_thread(Hub, ready, tmp_path)
    async with ClientSession(timeout=ClientTimeout(PATIENCE_S)) as session:
        box = await enrolled(hub, session, "north")
        waits = asyncio.create_task(box.directives(0, 30))
        async with asyncio.timeout(20):
            while sum((await polls_of(hub)).values()) < 1:
                await asyncio.sleep(0.02)

        assert await asyncio.to_thread(hub.end) == 0

        assert (await waits).directives == ()


def test_its_processes_end_with_whoever_started_them(postgres: Postgres, made: str, tmp_path: Path) -> None:
    hub = Hub(postgres.database(made), tmp_path, processes=2)
    children = hub.processes()
    assert len(children) == 2

    hub.end(signal.SIGKILL)

    wait_for("they ended", lambda: not [one for one in children if Path(f"/proc/{one}").exists()])


async def test_health_says_whether_the_database_answers(hub: Hub, session: ClientSession) -> None:
    async with session.get(hub.address + "/healthz") as response:
        assert response.status == 200
    async with session.get(hub.address + "/metrics") as response:
        assert response.status == 200
        assert "campus_edge_hub_requests" in await response.text()
    async with session.get(hub.address + "/metrics", headers={"X-Forwarded-For": "192.0.2.1"}) as response:
        assert response.status == 404
