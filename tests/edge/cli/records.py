"""A real journal on disk with one lockdown in it, written as the daemon writes it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from edge import codec
from edge.journal.journal import Journal
from rules.model.facts import (
    Because,
    DoorsOrdered,
    Entry,
    Fact,
    IncidentClosed,
    IncidentOpened,
    PressRecorded,
    VerdictReached,
    ZoneResponded,
)
from rules.model.ids import Actor, CommandId, PressId
from tests.edge.campus import D1, D2, HS, INCIDENT, NOON, PB

CAMPUS = "lincoln-hs"
SECRET_REASON = "police are through the west entrance"

STORY: tuple[tuple[int, Fact], ...] = (
    (0, PressRecorded(PB, PressId("p1"), "acted", "mqtt", "hold", "lockdown", HS, "real", 1, 0, "hold")),
    (0, IncidentOpened(INCIDENT, "real", "lockdown", HS, False)),
    (0, ZoneResponded(1, HS, "lockdown", "real", INCIDENT)),
    (0, DoorsOrdered("lock", (D1,), ((D2, "fire_active"),), (CommandId(1),), "")),
    (60_000, VerdictReached(D1, "pending", None, "", False, True, 50_000)),
    (350_500, VerdictReached(D1, "secured", None, "", True, True, 20_000)),
    (9_000_000, ZoneResponded(2, HS, None, None, None)),
    (9_000_000, IncidentClosed(INCIDENT, "real", SECRET_REASON)),
)


def write_journal(store: Path, *more: tuple[int, Fact]) -> None:
    """Make the journal in `store`, with `more` behind the story, and close it as a daemon that ends."""
    asyncio.run(_write(store, (*STORY, *more)))


async def _write(store: Path, story: Sequence[tuple[int, Fact]]) -> None:
    journal = Journal.open(store, CAMPUS)
    durable = asyncio.Event()
    journal.start(asyncio.get_running_loop(), lambda code, active, args: None)
    rows = [
        codec.row(
            Entry(fact, "hs", Actor("device:pb-101"), INCIDENT, Because("response")),
            NOON.plus(after_us),
            codec.Made("p" * 64, "0.1.0"),
        )
        for after_us, fact in story
    ]
    journal.append(rows, None, lambda _: durable.set())
    await asyncio.wait_for(durable.wait(), 10)
    await journal.close()
