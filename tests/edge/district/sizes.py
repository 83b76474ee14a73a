"""How fast a backlog goes up, real at both ends: `python -m tests.edge.district.sizes [--events 100000]`.

Journal, link and its process on one side; `campus-edge hub` and PostgreSQL (fsync on) on the other, over loopback.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from edge.config.pack_district import shared
from edge.hub import enrolment
from edge.hub.database import Database
from edge.journal.keys import load_or_make
from tests.edge.book import long_journal
from tests.edge.district.test_link import box
from tests.edge.hub.served import Hub
from tests.flow.postgres import Postgres

FAMILIES: Final = ("tickets", "assets", "inspections", "devices", "incidents", "drills", "people")
TICK: Final = os.sysconf("SC_CLK_TCK")


def spent_s(process: int) -> float:
    """Processor time of a process and all below it that ended or still run."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    own = sum(int(fields[at]) for at in (11, 12, 13, 14)) / TICK
    return own + sum(spent_s(int(child)) for child in children)


async def measured(folder: Path, hub: Hub, postgres: Postgres, shares: tuple[str, ...], events: int) -> None:
    database = await Database.open(hub.url)
    made = await enrolment.enrol(database, load_or_make(hub.keys), "campus", "A school")
    assert made is not None
    began_s, own_s = time.monotonic(), time.process_time()
    before = spent_s(hub.process_id), spent_s(postgres.process_id)
    async with box(folder, hub.address, shared(shares), made.token) as campus:
        await campus.until(lambda: campus.synced)
        first_s, first = time.monotonic(), sum(campus.synced.values())
        await campus.until(lambda: sum(campus.synced.values()) >= events, 600.0)
        took_s = time.monotonic() - first_s
        assert campus.link.process_id is not None
        link_s = spent_s(campus.link.process_id)
    own_s = time.process_time() - own_s
    sys.stdout.write(
        f"{events - first} events in {took_s:.1f} s: {(events - first) / took_s:,.0f} a second "
        f"(from the start {events / (time.monotonic() - began_s):,.0f}). Processor, us an event: "
        f"daemon {own_s / events * 1e6:.1f}, its process {link_s / events * 1e6:.1f}, "
        f"hub {(spent_s(hub.process_id) - before[0]) / events * 1e6:.1f}, "
        f"PostgreSQL {(spent_s(postgres.process_id) - before[1]) / events * 1e6:.1f}\n"
    )
    await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    events = parser.parse_args().events
    folder = Path(tempfile.mkdtemp(prefix="campus-edge-sizes-"))
    postgres = Postgres(fsync=True)
    hub = Hub(postgres.database(), folder)
    try:
        count = long_journal.write(folder / "store", long_journal.mixed(1_000, 2_000, events))
        asyncio.run(measured(folder / "store", hub, postgres, FAMILIES, count))
    finally:
        hub.end()
        postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
