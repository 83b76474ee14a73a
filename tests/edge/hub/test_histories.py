"""Campuses with long histories: whatever order outages, restores and second sendings come in, both ends hold the same rows."""

import random

import pytest

from edge.district.api import Place, Problem, Taken
from edge.hub.database import Database
from edge.hub.live import provisional, take_live
from edge.hub.receiving import position, take
from tests.edge.hub.journals import Chain
from tests.edge.hub.rig import alarms, kept


class Box:
    """A campus's box: its journal's epochs, and the hub as it was last heard."""

    def __init__(self, lots: random.Random) -> None:
        self.lots = lots
        self.epochs = [Chain().grow(5)]
        self.lost: dict[str, list[str]] = {}
        """By epoch the bodies of what a restore lost, where the hub may have had them."""

    @property
    def now(self) -> Chain:
        return self.epochs[-1]

    def live_on(self) -> None:
        for _ in range(self.lots.randrange(1, 15)):
            self.now.add(
                data={"word": "open", "lot": self.lots.randrange(1000)},
                incident=self.lots.choice([None, "inc-1"]),
            )

    def restore(self) -> None:
        """From a backup of some events ago, in the epoch that goes on: what came after it is lost here."""
        kept_upto = self.lots.randrange(1, len(self.now.lines) + 1)
        old = self.now
        self.lost[old.epoch] = [one.body.decode() for one in old.lines[kept_upto:]]
        self.epochs[-1] = old.copy(kept_upto)
        self.epochs.append(Chain(old=old, old_seq=kept_upto))

    async def send(self, database: Database) -> None:
        """Some batch of some epoch, from anywhere: as the next one should be, or again, or too early."""
        chain = self.lots.choice(self.epochs)
        after = self.lots.randrange(len(chain.lines) + 1)
        answer = await take(database, "north", chain.batch(after, after + self.lots.randrange(20)))
        if isinstance(answer, Problem):
            assert answer.code == "gap", answer
        else:
            assert answer.acknowledged == place(chain, answer.acknowledged.seq) or self.lost[chain.epoch]

    async def send_live(self, database: Database) -> None:
        answer = await take_live(
            database, "north", self.now.live(self.lots.randrange(1, len(self.now.lines) + 1))
        )
        assert not isinstance(answer, Problem), answer

    async def catch_up(self, database: Database) -> None:
        """As the campus's sender does: what it is told to be expected."""
        for chain in self.epochs:
            seq = 0
            while True:
                answer = await take(database, "north", chain.batch(seq, seq + 7))
                assert isinstance(answer, Taken), answer
                seq = answer.acknowledged.seq
                if seq >= len(chain.lines):
                    break


def place(chain: Chain, seq: int) -> Place | None:
    if seq > len(chain.lines):
        return None
    head = chain.head(seq)
    return Place(head.epoch, head.seq, head.hash)


@pytest.mark.parametrize("seed", range(12))
async def test_both_ends_hold_the_same_rows_after_any_history(database: Database, seed: int) -> None:
    box = Box(random.Random(seed))

    for _ in range(60):
        what = box.lots.choice(("live_on", "live_on", "send", "send", "send", "send_live", "restore"))
        if what == "live_on":
            box.live_on()
        elif what == "restore":
            # Not before the hub knows the epoch that goes on, and with nothing sent ahead that the restore loses: both are
            # alarms or gaps of their own, and tests of their own.
            held = await position(database, "north")
            assert not isinstance(held, Problem)
            if held.epochs and held.epochs[-1].epoch == box.now.epoch:
                box.restore()
        elif what == "send":
            await box.send(database)
        else:
            await box.send_live(database)
    await box.catch_up(database)

    there = await kept(database)
    for chain in box.epochs:
        held_there = [body for epoch, _, body in there if epoch == chain.epoch]
        ours = [one.body.decode() for one in chain.lines]
        assert held_there[: len(ours)] == ours
        # And behind it nothing but what a restore lost here, in its order.
        rest = held_there[len(ours) :]
        assert rest == box.lost.get(chain.epoch, [])[: len(rest)]
    assert [(epoch, seq) for epoch, seq, _ in there] == [
        (chain.epoch, seq)
        for chain in box.epochs
        for seq in range(1, 1 + len([1 for epoch, _, _ in there if epoch == chain.epoch]))
    ]
    assert {one["what"] for one in await alarms(database)} <= {"restored"}
    ahead = {str(one["body"]) for one in await provisional(database, "north")}
    assert ahead <= {body for lost in box.lost.values() for body in lost}
