"""Who may speak for a campus: what the hub signed, until it ends, and nothing that looks like it."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.hub.access import FAILURES, WITHIN_S, Claims, Denied, Failures, Gate, issue, read, token
from edge.hub.database import Database, NotOurs
from edge.hub.enrolment import enrol, own_key, revoke
from edge.journal.keys import SigningKey, load_or_make

CLAIMS = Claims("north", "a" * 32, 1_000, 2_000)


@pytest.fixture
async def gate(database: Database, hub_key: SigningKey) -> Gate:
    made = Gate(database, hub_key)
    await made.learn()
    return made


async def given_token(database: Database, key: SigningKey, campus: str = "north") -> str:
    async with database.of_campus(campus) as connection:
        return (await issue(connection, key, campus)).token


def code_of(gate: Gate, campus: str, text: str, now_s: float | None = None) -> str:
    try:
        gate.shown(campus, text, now_s)
    except Denied as err:
        return err.code
    return "let in"


async def test_a_token_speaks_for_its_campus_and_for_no_other(
    database: Database, gate: Gate, hub_key: SigningKey
) -> None:
    text = await given_token(database, hub_key)

    assert gate.shown("north", text).campus == "north"
    for campus in ("south", "", "north-2", "nort"):
        assert code_of(gate, campus, text) == "not_allowed"


async def test_a_token_of_another_hub_is_none(database: Database, gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    text = await given_token(database, load_or_make(tmp_path / "other"))

    assert code_of(gate, "north", text) == "not_allowed"


def test_a_token_says_what_was_signed(hub_key: SigningKey) -> None:
    assert read(token(hub_key, CLAIMS), hub_key.public_pem) == CLAIMS


def test_no_change_of_a_token_is_one(hub_key: SigningKey) -> None:
    text = token(hub_key, CLAIMS)

    @given(st.integers(0, len(text) - 1), st.text(max_size=3))
    def change(place: int, put: str) -> None:
        changed = text[:place] + put + text[place + 1 :]
        if changed == text:
            return
        try:
            assert read(changed, hub_key.public_pem) == CLAIMS
        except Denied:
            return
        # The last letter of base64 has bits that stand for nothing.
        assert changed[:-1] == text[:-1]

    change()


@given(st.text(max_size=200))
def test_nonsense_is_no_token(text: str) -> None:
    pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"
    with pytest.raises(Denied):
        read(text, pem)


async def test_a_token_ends_by_itself_and_does_not_begin_early(
    database: Database, gate: Gate, hub_key: SigningKey
) -> None:
    async with database.of_campus("north") as connection:
        text = (await issue(connection, hub_key, "north", life=timedelta(days=1))).token
    now_s = time.time()

    assert code_of(gate, "north", text, now_s + 86_000) == "let in"
    assert code_of(gate, "north", text, now_s + 86_401) == "revoked"
    assert code_of(gate, "north", text, now_s - 200) == "let in"
    assert code_of(gate, "north", text, now_s - 900) == "revoked"


async def test_the_old_token_ends_when_the_new_one_was_used(
    database: Database, gate: Gate, hub_key: SigningKey
) -> None:
    old = await given_token(database, hub_key)
    lost = (await gate.renew(gate.shown("north", old))).token
    new = (await gate.renew(gate.shown("north", old))).token

    await gate.learn()
    assert code_of(gate, "north", old) == "let in"
    await gate.used(gate.shown("north", new))
    await gate.learn()
    assert [code_of(gate, "north", one) for one in (old, lost, new)] == ["revoked", "revoked", "let in"]
    newest = (await gate.renew(gate.shown("north", new))).token
    await gate.used(gate.shown("north", newest))
    await gate.learn()
    assert [code_of(gate, "north", one) for one in (new, newest)] == ["revoked", "let in"]


async def test_revoking_a_campus_ends_all_that_speaks_for_it(
    database: Database, gate: Gate, hub_key: SigningKey
) -> None:
    texts = [await given_token(database, hub_key) for _ in range(3)]
    other = await given_token(database, hub_key, "south")
    await enrol(database, hub_key, "north", "", spki=bytes(range(32)))
    await gate.learn()
    gate.certified("north", bytes(range(32)))

    assert await revoke(database, "north") == 4
    await gate.learn()
    assert {code_of(gate, "north", one) for one in texts} == {"revoked"}
    with pytest.raises(Denied):
        gate.certified("north", bytes(range(32)))
    assert code_of(gate, "south", other) == "let in"
    assert await revoke(database, "nobody") is None


async def test_a_certificate_speaks_for_the_campus_that_it_was_enrolled_for(
    database: Database, gate: Gate, hub_key: SigningKey
) -> None:
    await enrol(database, hub_key, "north", "", spki=bytes(range(32)))
    await gate.learn()

    gate.certified("north", bytes(range(32)))
    for campus, spki in (("south", bytes(range(32))), ("north", bytes(32))):
        with pytest.raises(Denied):
            gate.certified(campus, spki)


async def test_every_process_of_a_hub_signs_with_one_key(
    database: Database, hub_key: SigningKey, tmp_path: Path
) -> None:
    await own_key(database, hub_key)
    await own_key(database, hub_key)
    (tmp_path / "other").mkdir()

    with pytest.raises(NotOurs, match="--keys"):
        await own_key(database, load_or_make(tmp_path / "other"))


def test_who_is_denied_too_often_waits_and_who_comes_later_does_not() -> None:
    failures = Failures()

    assert [failures.note("a", 0.0) for _ in range(FAILURES + 2)] == [False] * FAILURES + [True] * 2
    assert not failures.note("b", 0.0)
    assert not failures.note("a", WITHIN_S + 1)
