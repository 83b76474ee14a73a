"""Whose password is judged next: a flood from many addresses keeps nobody out who comes from another."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from edge.people.hashing import NotHashed
from edge.people.people import SignedIn
from edge.people.proofs import Factor
from edge.people.turns import AT_ONCE, Turns
from tests.edge.people.someone import HERE, PASSWORD, Someone, somebody

CROWD = 40


async def flood(people: Someone, address: str) -> None:
    tries = 0
    while True:
        tries += 1
        await people.sign_in(f"{address} {tries}", "guess", "", address)
        await asyncio.sleep(0)


async def test_a_flood_from_many_addresses_keeps_nobody_from_signing_in_or_releasing(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        principal = await people.session("R. Diaz", "administrator")
        codes = await people.codes("R. Diaz")
        crowd = [
            asyncio.create_task(flood(people, f"10.9.{number}.{place}"))
            for number in range(CROWD)
            for place in (1, 1)
        ]
        tries = len(people.kinds())
        while people.kinds()[tries:].count("sign_in.failed/1") < 3 * CROWD:
            await asyncio.sleep(0)  # every address has guessed by now

        signed_in = [await people.sign_in("R. Diaz", PASSWORD, "", HERE) for _ in range(5)]
        opened = await people.open_release(principal.caller, Factor(codes[0]), HERE)

        for one in crowd:
            one.cancel()
        await asyncio.wait(crowd)
        assert all(isinstance(one, SignedIn) for one in signed_in), signed_in
        assert opened == 300


async def test_who_guessed_least_is_next() -> None:
    turns, order = Turns(), []
    for _ in range(3):
        async with turns.taken("guesser"):
            pass

    async def one(source: str) -> None:
        async with turns.taken(source):
            order.append(source)

    held = [turns.taken(f"slow {number}") for number in range(AT_ONCE)]
    for slow in held:
        await slow.__aenter__()
    waiting = [asyncio.create_task(one(source)) for source in ("guesser", "other")]
    await asyncio.sleep(0)
    for slow in held:
        await slow.__aexit__(None, None, None)
    await asyncio.gather(*waiting)

    assert order == ["other", "guesser"]


async def test_a_full_line_lets_go_who_guessed_most_and_waits_for_nobody_for_ever() -> None:
    turns = Turns(line_most=1, patience_s=0.05)
    async with turns.taken("guesser"), turns.taken("b"):
        guesser = asyncio.create_task(turns.taken("guesser").__aenter__())
        await asyncio.sleep(0)
        with pytest.raises(NotHashed, match="too long"):
            await turns.taken("other").__aenter__()
        with pytest.raises(NotHashed, match="too many"):
            await guesser


async def test_who_goes_away_leaves_the_turn_to_the_next() -> None:
    turns = Turns()
    async with turns.taken("a"), turns.taken("b"):
        gone = asyncio.create_task(turns.taken("c").__aenter__())
        await asyncio.sleep(0)
    # Its turn has come and it has not run yet.
    gone.cancel()
    with suppress(asyncio.CancelledError):
        await gone
    for _ in range(2 * AT_ONCE):
        async with asyncio.timeout(5), turns.taken("d"), turns.taken("e"):
            pass
