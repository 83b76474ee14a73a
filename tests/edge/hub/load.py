"""How much one machine's hub takes: `python -m tests.edge.hub.load`, with a PostgreSQL that syncs to the disk. Five minutes.

Real events (`tests.edge.book.long_journal`), TLS and client certificates where campuses wait, everything on loopback. What it
prints is in the README; on another machine only the ratios mean anything.
"""

import argparse
import asyncio
import ssl
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncpg
from aiohttp import ClientSession, ClientTimeout, TCPConnector

from edge.district import api
from edge.hub import enrolment
from edge.hub.database import Database
from edge.journal.keys import load_or_make
from tests.edge.book import long_journal
from tests.edge.hub.journals import Chain, batches, bodies
from tests.edge.hub.served import Box, Hub
from tests.edge.hub.test_tls import Authority
from tests.flow.postgres import Postgres

BATCH: Final = 2_000
PATIENCE: Final = ClientTimeout(300)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def resident_mib(pid: int) -> float:
    line = next(
        one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS")
    )
    return int(line.split()[1]) / 1024


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


@contextmanager
def hub_of(postgres: Postgres, folder: Path, *tls: str, processes: int = 1) -> Iterator[Hub]:
    folder.mkdir()
    hub = Hub(postgres.database(), folder, *tls, processes=processes)
    try:
        yield hub
    finally:
        hub.end()


async def enrolled(hub: Hub, campuses: Sequence[str]) -> list[str]:
    """A token of each."""
    database = await Database.open(hub.url, 2)
    key = load_or_make(hub.keys)
    try:
        made = [await enrolment.enrol(database, key, one, one) for one in campuses]
    finally:
        await database.close()
    return [one.token for one in made if one is not None]


async def one_campus(hub: Hub, data: Sequence[bytes], events: int) -> None:
    (token,) = await enrolled(hub, ["campus"])
    (pid,) = hub.processes()
    began, cpu = time.monotonic(), cpu_s(pid)
    async with ClientSession(timeout=PATIENCE) as session:
        box = Box(session, hub, token, "campus")
        for one in data:
            status, said, _ = await box.post(api.EVENTS, one)
            assert status == 200, said
    took = time.monotonic() - began
    say(
        f"one campus, one process: {events / took:,.0f} events/s in batches of {BATCH}, {sum(map(len, data)) / events:.0f} bytes "
        f"an event on the wire, {1e6 * (cpu_s(pid) - cpu) / events:.0f} us of the hub's CPU each; {resident_mib(pid):.0f} MiB"
    )
    connection = await asyncpg.connect(hub.url)
    size = await connection.fetchval(
        "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'event'::regclass"
    )
    await connection.close()
    say(f"in PostgreSQL: {size / events:,.0f} bytes an event, with its four indexes")


async def many_campuses(hub: Hub, campuses: int, events: int) -> None:
    names = [f"c-{number:03}" for number in range(campuses)]
    tokens = await enrolled(hub, names)
    chains = [Chain(name).grow(events) for name in names]
    data = [[chain.packed(after, after + BATCH) for after in range(0, events, BATCH)] for chain in chains]

    async def send(name: str, token: str, packed: Sequence[bytes]) -> None:
        async with ClientSession(timeout=PATIENCE) as session:
            box = Box(session, hub, token, name)
            for one in packed:
                while (status := (await box.post(api.EVENTS, one))[0]) != 200:
                    assert status == 503
                    await asyncio.sleep(1)

    began = time.monotonic()
    await asyncio.gather(*(send(*each) for each in zip(names, tokens, data, strict=True)))
    total = campuses * events
    say(
        f"{campuses} campuses at once, {len(hub.processes())} processes: {total / (time.monotonic() - began):,.0f} events/s"
    )


async def live_meanwhile(hub: Hub, data: Sequence[bytes]) -> None:
    busy, calm = await enrolled(hub, ["campus", "incident"])
    took = []
    chain = Chain("incident").grow(2_000)
    async with ClientSession(timeout=PATIENCE) as one, ClientSession(timeout=PATIENCE) as two:

        async def main_lane() -> None:
            for each in data:
                assert (await Box(one, hub, busy, "campus").post(api.EVENTS, each))[0] == 200

        going = asyncio.create_task(main_lane())
        seq = 1
        while not going.done() and seq < 2_000:
            seq += 1
            began = time.monotonic()
            assert await Box(two, hub, calm, "incident").send_live(chain, seq) == 200
            took.append(1_000 * (time.monotonic() - began))
            await asyncio.sleep(0.03)
        await going
    took.sort()
    at = {
        name: took[int(part * (len(took) - 1))]
        for name, part in (("median", 0.5), ("95th", 0.95), ("most", 1.0))
    }
    say(
        f"a live event while a backlog goes up through the same process, {len(took)} times, ms: "
        + ", ".join(f"{name} {value:.0f}" for name, value in at.items())
    )


async def polls(hub: Hub, authority: Authority, campuses: int) -> None:
    (pid,) = hub.processes()
    base = resident_mib(pid)
    context = ssl.create_default_context(cafile=str(authority.pem))
    context.load_cert_chain(authority.folder / "campus.pem")
    connector = TCPConnector(ssl=context, limit=0)
    async with ClientSession(connector=connector, timeout=PATIENCE) as session:
        box = Box(session, hub, "", "campus")
        began, cpu = time.monotonic(), cpu_s(pid)
        waits = [asyncio.create_task(box.directives(0, 30)) for _ in range(campuses)]
        there = 0.0
        while there < campuses:
            await asyncio.sleep(0.1)
            async with session.get(hub.address + "/metrics") as response:
                figures = (await response.text()).splitlines()
            there = float(next(one for one in figures if one.startswith("campus_edge_hub_polls ")).split()[1])
        took = time.monotonic() - began
        say(
            f"{campuses} connections over mutual TLS made and waiting in {took:.1f} s, "
            f"{1e3 * (cpu_s(pid) - cpu) / campuses:.1f} ms of the hub's CPU each; {base:.0f} MiB before, "
            f"{resident_mib(pid):.0f} MiB with them"
        )
        await asyncio.gather(*waits)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--events", type=int, default=100_000)
    asked.add_argument("--polls", type=int, default=2_000)
    args = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        long_journal.write(folder / "store", long_journal.mixed(500, 500, args.events))
        data = [one for _, _, one in batches(folder / "store", BATCH)]
        events = len(bodies(folder / "store"))
        authority = Authority(folder / "ca")
        certificate = authority.certificate("hub")
        authority.certificate("campus")
        postgres = Postgres(fsync=True)
        try:
            with hub_of(postgres, folder / "one") as hub:
                asyncio.run(one_campus(hub, data, events))
            with hub_of(postgres, folder / "live") as hub:
                asyncio.run(live_meanwhile(hub, data))
            with hub_of(postgres, folder / "many", processes=2) as hub:
                asyncio.run(many_campuses(hub, 20, 5_000))
            tls = ("--certificate", str(certificate), "--client-ca", str(authority.pem))
            with hub_of(postgres, folder / "tls", *tls) as hub:
                hub.run("enrol", "campus", "--certificate", str(authority.folder / "campus.crt"))
                asyncio.run(polls(hub, authority, args.polls))
        finally:
            postgres.remove()


if __name__ == "__main__":
    main()
