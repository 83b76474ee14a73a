"""One's own account: changed by who proves again who it is, and by nobody who found a screen unlocked."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.people.own import ENROL_S, Pending
from edge.people.people import NotSignedIn, SignedIn
from edge.people.proofs import WRONG_CODES_MOST
from edge.people.registrar import Done
from edge.people.totp import STEP_S
from rules.model.account_facts import AccountChanged, ProofFailed, SessionEnded
from tests.edge.people.someone import ELSEWHERE, HERE, PASSWORD, Someone, done, somebody, why
from tests.edge.people.test_releases import code_now, totp_of

NAME = "Ada Moreno"
NEW = "eleven red kites over a barn"


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[Someone]:
    async with somebody(tmp_path) as made:
        yield made


async def begun(people: Someone, signed: SignedIn, code: str = "") -> Pending:
    made = await people.own.begin_totp(signed.caller, PASSWORD, code, HERE)
    assert isinstance(made, Pending), made
    return made


async def test_an_app_counts_once_a_code_of_it_was_given_and_the_session_has_proven_it_by_that(
    people: Someone,
) -> None:
    signed = await people.session(NAME, "administrator")
    pending = await begun(people, signed)
    assert not people.has_factor(signed.caller)
    assert await people.own.enrol(signed.caller, "000000") is False
    assert not people.has_factor(signed.caller)

    assert await people.own.enrol(signed.caller, code_now(people, pending.secret)) is True

    assert people.own.pending(signed.caller) is None
    caller = people.by_cookie(await people.renew(signed.caller))
    assert caller is not None
    assert caller.proven
    assert [fact.what for fact, _, _ in people.facts if isinstance(fact, AccountChanged)] == ["totp"]
    assert pending.secret not in repr(people.facts)


async def test_the_code_that_enrolled_an_app_signs_nobody_in(people: Someone) -> None:
    signed = await people.session(NAME, "administrator")
    pending = await begun(people, signed)
    code = code_now(people, pending.secret)
    await people.own.enrol(signed.caller, code)
    assert why(await people.sign_in(NAME, PASSWORD, code, HERE)) == "wrong"
    people.pass_s(STEP_S)
    assert (await people.signed_in(NAME, code_now(people, pending.secret))).caller.proven


async def test_a_secret_that_was_shown_is_of_one_session_and_waits_ten_minutes(people: Someone) -> None:
    signed = await people.session(NAME, "administrator")
    other = await people.signed_in(NAME)
    pending = await begun(people, signed)
    assert people.own.pending(other.caller) is None
    assert not await people.own.enrol(other.caller, code_now(people, pending.secret))
    people.pass_s(ENROL_S)
    assert not await people.own.enrol(signed.caller, code_now(people, pending.secret))


async def test_another_app_asks_for_a_code_of_the_one_before_and_that_counts_until_the_end(
    people: Someone,
) -> None:
    signed = await people.session(NAME, "administrator")
    old = await totp_of(people, NAME)
    refused = await people.own.begin_totp(signed.caller, PASSWORD, "", HERE)
    assert refused == NotSignedIn("wrong")
    new = await begun(people, signed, code_now(people, old))
    people.pass_s(STEP_S)
    assert (await people.signed_in(NAME, code_now(people, old))).caller.proven
    assert await people.own.enrol(signed.caller, code_now(people, new.secret))
    people.pass_s(STEP_S)
    assert why(await people.sign_in(NAME, PASSWORD, code_now(people, old), HERE)) == "wrong"


async def test_printed_codes_are_shown_to_who_gives_the_password_and_a_code_where_there_is_one(
    people: Someone,
) -> None:
    signed = await people.session(NAME, "administrator")
    assert await people.own.print_codes(signed.caller, "not the herons", "", HERE) == NotSignedIn("wrong")
    first = done(await people.own.print_codes(signed.caller, PASSWORD, "", HERE)).secret
    assert len(set(first)) == 10
    assert await people.own.print_codes(signed.caller, PASSWORD, "", HERE) == NotSignedIn("wrong")
    second = done(await people.own.print_codes(signed.caller, PASSWORD, first[0], HERE)).secret
    assert await people.own.print_codes(signed.caller, PASSWORD, first[1], HERE) == NotSignedIn("wrong")
    own = people.own.of(signed.caller)
    assert own is not None
    assert (own.codes_left, own.totp) == (10, False)
    assert not set(second) & set(first)


async def test_another_password_ends_all_sessions_but_the_one_that_changed_it(people: Someone) -> None:
    signed = await people.session(NAME, "staff")
    other = await people.signed_in(NAME)

    assert isinstance(await people.own.change_password(signed.caller, PASSWORD, NEW, "", HERE), Done)

    assert people.by_cookie(signed.cookie) is not None
    assert people.by_cookie(other.cookie) is None
    assert why(await people.sign_in(NAME, PASSWORD, "", HERE)) == "wrong"
    assert isinstance(await people.sign_in(NAME, NEW, "", HERE), SignedIn)
    ended = [fact for fact, _, _ in people.facts if isinstance(fact, SessionEnded)]
    assert [(one.session, one.code) for one in ended] == [(other.caller.session, "password")]


@pytest.mark.parametrize(
    ("present", "new", "why_not"),
    [
        ("not the herons", NEW, NotSignedIn("wrong")),
        (PASSWORD, "short", "password_short"),
        (PASSWORD, "wonderwoman", "password_common"),
        (PASSWORD, "Ada Moreno 1", "password_common"),
    ],
)
async def test_a_password_is_not_changed_without_the_present_one_or_for_a_weak_one(
    people: Someone, present: str, new: str, why_not: object
) -> None:
    signed = await people.session(NAME, "staff")
    assert await people.own.change_password(signed.caller, present, new, "", HERE) == why_not
    assert isinstance(await people.sign_in(NAME, PASSWORD, "", HERE), SignedIn)


async def test_a_weak_new_password_uses_no_code_up(people: Someone) -> None:
    signed = await people.session(NAME, "administrator")
    code, *_ = await people.codes(NAME)
    assert await people.own.change_password(signed.caller, PASSWORD, "short", code, HERE) == "password_short"
    assert isinstance(await people.own.change_password(signed.caller, PASSWORD, NEW, code, HERE), Done)


async def test_guessing_the_password_at_an_unlocked_screen_waits_is_told_and_locks_the_session(
    people: Someone,
) -> None:
    signed = await people.session(NAME, "administrator")
    for _ in range(WRONG_CODES_MOST):
        people.pass_s(60)
        assert why(await people.own.print_codes(signed.caller, "guess", "", HERE)) == "wrong"
    people.pass_s(60)
    assert why(await people.own.print_codes(signed.caller, PASSWORD, "", HERE)) == "no_right"
    caller = people.by_cookie(signed.cookie)
    assert caller is not None
    assert caller.lapsed
    failed = [fact.what for fact, _, _ in people.facts if isinstance(fact, ProofFailed)]
    assert failed == ["password"] * WRONG_CODES_MOST


async def test_ones_sessions_are_listed_and_the_others_ended(people: Someone) -> None:
    signed = await people.session(NAME, "administrator")
    await people.session("Bo Ling", "staff")
    people.pass_s(60)
    other = await people.signed_in(NAME)
    own = people.own.of(signed.caller)
    assert own is not None
    assert [(one.id, one.this) for one in own.sessions] == [
        (other.caller.session, False),
        (signed.caller.session, True),
    ]
    assert own.sessions[0].seen_utc_us == people.now_at.utc_us

    assert await people.own.end_others(signed.caller, "not the herons", HERE) == NotSignedIn("wrong")
    assert people.by_cookie(other.cookie) is not None
    done(await people.own.end_others(signed.caller, PASSWORD, HERE))

    assert people.by_cookie(other.cookie) is None
    assert people.by_cookie(signed.cookie) is not None
    assert len([fact for fact, _, _ in people.facts if isinstance(fact, SessionEnded)]) == 1


async def test_the_first_administrators_codes_are_made_once_at_the_end_of_set_up(people: Someone) -> None:
    await people.account(NAME, "administrator")
    codes = await people.first_codes(NAME)
    assert len(codes) == 10
    assert await people.first_codes(NAME) == ()
    assert await people.first_codes("No Body") == ()
    assert (await people.signed_in(NAME, codes[0])).caller.proven


async def test_a_flood_of_new_passwords_in_one_session_keeps_nobody_elsewhere_from_signing_in(
    people: Someone,
) -> None:
    """Nor from releasing by a printed code: the hasher has few places, and one address gets two of them."""
    signed = await people.session(NAME, "viewer")
    await people.account("Bo Ling", "administrator")
    floods = [
        asyncio.create_task(people.own.change_password(signed.caller, "no", NEW, "", HERE)) for _ in range(30)
    ]
    await asyncio.sleep(0)  # all of them wait for the hasher

    assert isinstance(await people.sign_in("Bo Ling", PASSWORD, "", ELSEWHERE), SignedIn)

    assert "hasher_busy" in await asyncio.gather(*floods)
