"""A journal of a campus with a long life: assets, tickets and millions of events of the reflex, in the journal's own form.

Written in bulk: chained, sealed, numbered and signed as the daemon does it, but in large transactions that are not synced.
"""

import itertools
import json
import random
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from edge import codec
from edge.journal import checkpoint as signing
from edge.journal.chain import Head
from edge.journal.keys import load_or_make
from edge.journal.places import Places
from edge.journal.stamp import Stamped, Stamper
from edge.journal.store import Store
from edge.journal.stored import rfc3339
from edge.journal.witness import Witness
from rules.model.asset_facts import AssetTurned, AssetWritten, Pairs
from rules.model.facts import (
    Because,
    ButtonTurned,
    ControllerTurned,
    DoorsAsserted,
    Entry,
    FlagCleared,
    FlagRaised,
    PressRecorded,
    VerdictReached,
)
from rules.model.ids import Actor, AssetId, ButtonId, CommandId, ControllerId, DoorId, PressId, ZoneId
from rules.model.moments import Instant
from rules.model.verdicts import VerdictWord
from tests.edge.book import scale

CAMPUS: Final = "campus"
YEAR_US: Final = 365 * scale.DAY_US
MADE: Final = codec.Made("pack", "code")
CLASSES: Final = ("operational", "digital", "safety")
TYPES: Final = ("laptop", "projector", "phone", "radio", "switch", "licence", "certificate", "aed")
BECAUSE: Final = Because("scanned")


def asset_entries(count: int) -> Iterator[Entry]:
    """Each thing written once, and a third of them turned since."""
    lots = random.Random(20260815)
    for number in range(1, count + 1):
        asset = AssetId(f"asset-{number:06}")
        _, zone, _ = lots.choice(scale.DOORS)
        fields: dict[str, str] = {
            "class": lots.choice(CLASSES),
            "type": lots.choice(TYPES),
            "zone": zone,
            "state": "deployed",
            "role": "none",
            "purchased": "2024-08-01",
        }
        if number % 3:
            fields["supported_until"] = f"20{27 + number % 9}-06-30"
        words: Pairs = (
            ("model", f"Model {number % 90}"),
            ("name", f"{lots.choice(scale.WORDS).title()} {number}"),
            ("room", f"Room {number % 400}"),
            ("serial", f"SN{number:08}"),
        )
        persons: Pairs = (("responsible", f"Person {number % 200}"),)
        named = tuple(sorted(name for name, _ in (*words, *persons)))
        fact = AssetWritten(asset, True, False, 0, tuple(sorted(fields.items())), named, words, persons)
        yield Entry(fact, asset, scale.ACTOR, because=Because("asked"))
        if number % 3 == 0:
            yield Entry(
                AssetTurned(asset, "deployed", "repair", "fell"), asset, scale.ACTOR, because=Because("asked")
            )


def ordinary_entries(count: int) -> Iterator[Entry]:
    """What a quiet campus writes: mostly verdicts of doors, now and then a controller, a button, a press, a flag."""
    lots = random.Random(20260816)
    doors = [DoorId(door) for door, _, _ in scale.DOORS]
    standing: set[str] = set()
    for number in range(count):
        kind = lots.randrange(100)
        door = lots.choice(doors)
        if kind < 84:
            shut = bool(number % 2)
            word: VerdictWord = "closed_unlocked" if shut else "open"
            fact = VerdictReached(door, word, None, "", bolt=False, position=shut, evidence_age_us=9_000)
            yield Entry(fact, door, Actor("rule"), because=BECAUSE)
        elif kind < 89:
            doors_of = tuple(lots.sample(doors, 4))
            commands = tuple(CommandId(4 * number + one) for one in range(4))
            yield Entry(DoorsAsserted("lock", doors_of, commands), CAMPUS, Actor("rule"), because=BECAUSE)
        elif kind < 92:
            controller = ControllerId(f"plc-{lots.randrange(250)}")
            up = bool(lots.randrange(2))
            told = ControllerTurned(controller, up, "" if up else "timeout", "" if up else "no answer")
            yield Entry(told, controller, Actor("driver"), because=BECAUSE)
        elif kind < 94:
            button = ButtonId(f"pb-{lots.randrange(200)}")
            yield Entry(ButtonTurned(button, "heard"), button, Actor("driver"), because=BECAUSE)
        elif kind < 96:
            button = ButtonId(f"pb-{lots.randrange(200)}")
            press = PressRecorded(
                button, PressId(f"p-{number}"), "test", "mqtt", "single", "staff-assist", ZoneId(CAMPUS), "test",
                number, 1_000, "",
            )  # fmt: skip
            yield Entry(press, button, Actor("device"), because=BECAUSE)
        elif door in standing:
            standing.discard(door)
            yield Entry(FlagCleared("door_defect", door), door, Actor("rule"), because=BECAUSE)
        else:
            standing.add(door)
            yield Entry(FlagRaised("door_defect", door, ("zone-1",)), door, Actor("rule"), because=BECAUSE)


def mixed(assets: int, tickets: int, events: int) -> Iterator[tuple[Entry, int]]:
    """All of it over one year, with how long before now each was: what persons wrote lies evenly among what doors did."""
    written: list[Iterable[Entry]] = [
        asset_entries(assets),
        (entry for entry, _ in scale.entries(tickets, 0.05)),
    ]
    book = itertools.chain(*written)
    least = sum(
        1 for _ in itertools.chain(asset_entries(assets), (one for one, _ in scale.entries(tickets, 0.05)))
    )
    rest = max(0, events - least)
    every = rest / least if least else 0.0
    ordinary = ordinary_entries(rest)
    total, done, owed = least + rest, 0, 0.0
    for entry in book:
        yield entry, YEAR_US - YEAR_US * done // total
        done += 1
        owed += every
        while owed >= 1.0:
            owed -= 1.0
            yield next(ordinary), YEAR_US - YEAR_US * done // total
            done += 1
    for entry in ordinary:
        yield entry, YEAR_US - YEAR_US * done // total
        done += 1


def write(directory: Path, entries: Iterable[tuple[Entry, int]]) -> int:
    """Write them into a store's journal; how many there are. Raises where something lies there already."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    places = Places(directory)
    if places.database.exists():
        raise FileExistsError(places.database)
    store = Store.open(places.database)
    with store.transaction() as connection:
        pass
    connection.execute("PRAGMA synchronous = OFF")
    key = load_or_make(directory)
    stamper = Stamper(CAMPUS, str(uuid.uuid4()), None, Head("", 0, ""))
    stamper.start_epoch(str(uuid.uuid4()))
    now_us = time.time_ns() // 1_000
    chunk: list[Stamped] = []
    count = 0

    def commit() -> None:
        made = signing.make(key, CAMPUS, chunk[-1].head, rfc3339(now_us))
        store.commit(chunk, made)
        chunk.clear()

    for entry, age_us in entries:
        at = Instant(now_us - age_us, 1_000_000 + count)
        chunk.append(stamper.stamp(codec.row(entry, at, MADE)))
        count += 1
        if len(chunk) == signing.EVERY_EVENTS:
            commit()
    if chunk:
        commit()
    if store.head is not None:
        witness = Witness.open(places.witness)
        witness.write(store.head, {})
        witness.close()
    store.fold_log(truncate=True)
    store.close()
    return count


def main() -> None:
    """`python -m tests.edge.book.long_journal DIRECTORY ASSETS TICKETS EVENTS`: write one and say how long it took."""
    import sys

    directory, *numbers = sys.argv[1:]
    began_s = time.monotonic()
    count = write(Path(directory), mixed(*(int(one) for one in numbers)))
    took_s = time.monotonic() - began_s
    size = sum(one.stat().st_size for one in Path(directory).iterdir())
    sys.stdout.write(json.dumps({"events": count, "seconds": round(took_s, 1), "bytes": size}) + "\n")


if __name__ == "__main__":
    main()
