"""Signing in and out: who gets a session, what its cookie opens, and what a failed try leaves behind."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.people.people import NotSignedIn
from rules.model.account_facts import SessionEnded, SessionOpened, SignInFailed
from rules.model.ids import Actor
from tests.edge.people.someone import ELSEWHERE, HERE, PASSWORD, Someone, somebody, why


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[Someone]:
    async with somebody(tmp_path) as made:
        yield made


def lying_in(store: Path) -> tuple[bytes, set[str]]:
    """All that lies in the store, and the modes of its files."""
    files = list(store.iterdir())
    return b"".join(one.read_bytes() for one in files), {oct(one.stat().st_mode & 0o777) for one in files}


async def test_a_person_signs_in_and_the_cookie_says_who_it_is(people: Someone) -> None:
    account = await people.account("Ada Moreno", "staff")
    signed = await people.signed_in("ada  MORENO")
    caller = people.by_cookie(signed.cookie)
    assert caller == signed.caller
    assert caller is not None
    assert (caller.actor, caller.role, caller.by, caller.lapsed) == (account, "staff", "session", False)
    assert signed.name == people.name_of(caller) == "Ada Moreno"


async def test_the_journal_learns_of_a_session_and_its_source_is_sealed(people: Someone) -> None:
    signed = await people.session("Ada Moreno", "staff")
    (opened,) = [fact for fact, _, _ in people.facts if isinstance(fact, SessionOpened)]
    assert (opened.session, opened.account, opened.source) == (
        signed.caller.session,
        signed.caller.actor,
        HERE,
    )
    assert "source" in SessionOpened.SEALED


async def test_nothing_in_the_store_opens_a_session(people: Someone, tmp_path: Path) -> None:
    signed = await people.session("Ada Moreno", "staff")
    kept, modes = lying_in(tmp_path)
    assert signed.cookie.encode() not in kept
    assert PASSWORD.encode() not in kept
    assert modes == {"0o600"}


async def test_a_cookie_opens_nothing_after_signing_out(people: Someone) -> None:
    signed = await people.session("Ada Moreno", "staff")
    await people.sign_out(signed.caller)
    assert people.by_cookie(signed.cookie) is None
    assert people.still(signed.caller) is None
    assert isinstance(people.facts[-1][0], SessionEnded)


async def test_a_wrong_password_and_an_unknown_name_are_told_apart_by_nobody(people: Someone) -> None:
    await people.account("Ada Moreno", "staff")
    assert await people.sign_in("Ada Moreno", "not the herons", "", HERE) == NotSignedIn("wrong")
    assert await people.sign_in("Bo Ling", PASSWORD, "", HERE) == NotSignedIn("wrong")


async def test_every_failed_try_is_an_event_and_no_typed_name_is_kept(people: Someone) -> None:
    account = await people.account("Ada Moreno", "staff")
    await people.sign_in("Ada Moreno", "not the herons", "", HERE)
    await people.sign_in("my password by mistake", "x", "", HERE)
    failed = [fact for fact, _, _ in people.facts if isinstance(fact, SignInFailed)]
    assert [(one.account, one.why, one.tries) for one in failed] == [
        (account, "wrong", 1),
        (None, "wrong", 1),
    ]
    assert "my password" not in repr(people.facts)
    subjects = {
        subject for fact, subject, _ in people.facts if isinstance(fact, SignInFailed) and not fact.account
    }
    assert subjects == {"lincoln-hs"}, "no name stands in what nobody can seal"


async def test_a_guesser_waits_longer_and_longer_and_nobody_elsewhere_does(people: Someone) -> None:
    await people.account("Ada Moreno", "staff")
    waits = []
    for _ in range(12):
        refused = await people.sign_in("Ada Moreno", "guess guess", "", ELSEWHERE)
        assert isinstance(refused, NotSignedIn)
        if refused.why == "wait":
            waits.append(refused.wait_s)
            people.pass_s(refused.wait_s)
    assert waits == [1, 2, 4, 8]
    refused = await people.sign_in("Ada Moreno", PASSWORD, "", ELSEWHERE)
    assert isinstance(refused, NotSignedIn)
    assert (refused.why, refused.wait_s) == ("wait", 16)
    await people.signed_in("Ada Moreno")


async def test_turned_away_tries_are_counted_and_fill_no_disk(people: Someone) -> None:
    await people.account("Ada Moreno", "staff")
    for _ in range(300):
        await people.sign_in("Ada Moreno", "guess guess", "", ELSEWHERE)
    people.pass_s(11)
    people.by_bearer("ce_nobody")
    failed = [fact for fact, _, _ in people.facts if isinstance(fact, SignInFailed)]
    assert len(failed) < 10
    assert sum(one.tries for one in failed) == 301


async def test_a_disabled_person_is_told_so_only_with_the_right_password(people: Someone) -> None:
    await people.account("Ada Moreno", "staff")
    await people.registrar.disable(Actor("socket:0"), "Ada Moreno")
    assert why(await people.sign_in("Ada Moreno", "not the herons", "", HERE)) == "wrong"
    assert why(await people.sign_in("Ada Moreno", PASSWORD, "", HERE)) == "disabled"
