"""A second factor proven in a session: at sign-in or later, by code, paper or a second person; and what it opens."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from edge.config.pack_rights import shipped_rights
from edge.people import shelf
from edge.people.book import Book
from edge.people.caller import Caller
from edge.people.people import Factor, NotSignedIn, SignedIn
from edge.people.proofs import WRONG_CODES_MOST
from rules.model.account_facts import ProofFailed, SessionConfirmed
from rules.rights import ALWAYS, IN_QUIET, RIGHTS
from tests.edge.people.someone import BY, HERE, PASSWORD, Someone, somebody, why
from tests.edge.people.test_releases import code_now, totp_of

ADA, BO = "Ada Moreno", "Bo Ling"
TABLE = shipped_rights()
ALL = TABLE.rights["administrator"]
"""All but `detect`, which machines alone have."""


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[Someone]:
    async with somebody(tmp_path) as made:
        yield made


def rights(people: Someone, cookie: str) -> set[str]:
    """What a cookie may do now."""
    caller = people.by_cookie(cookie)
    return set() if caller is None else {one for one in RIGHTS if caller.may(TABLE, one)}


async def confirmed(people: Someone, signed: SignedIn, factor: Factor) -> NotSignedIn | None:
    return await people.confirm(signed.caller, factor, HERE)


async def test_a_password_alone_opens_what_calls_for_help_and_looks_and_a_code_opens_the_rest(
    people: Someone,
) -> None:
    signed = await people.session(ADA, "administrator")
    secret = await totp_of(people, ADA)
    assert rights(people, signed.cookie) == ALL - TABLE.second_factor

    assert await confirmed(people, signed, Factor(code_now(people, secret))) is None

    assert rights(people, await people.renew(signed.caller)) == ALL
    (fact,) = [fact for fact, _, _ in people.facts if isinstance(fact, SessionConfirmed)]
    assert (fact.account, fact.factor, fact.second) == (signed.caller.actor, "totp", None)


async def test_a_code_at_sign_in_is_proof_enough_a_printed_one_of_who_has_nothing_else_too(
    people: Someone,
) -> None:
    await people.account(ADA, "administrator")
    printed, *_ = await people.codes(ADA)
    with_none = await people.signed_in(ADA)
    assert why(await people.sign_in(ADA, PASSWORD, "ABCDE-FGHJK", HERE)) == "wrong"
    with_paper = await people.signed_in(ADA, printed)
    assert "close" not in rights(people, with_none.cookie)
    assert "close" in rights(people, with_paper.cookie)


async def test_what_was_proven_is_still_known_after_a_restart_and_a_file_from_before_says_nothing_of_it(
    tmp_path: Path,
) -> None:
    async with somebody(tmp_path) as people:
        await people.account(ADA, "administrator")
        signed = await people.signed_in(ADA, (await people.codes(ADA))[0])
    async with somebody(tmp_path) as again:
        assert "close" in rights(again, signed.cookie)
    book, _ = shelf.load(tmp_path)
    plain = msgspec.to_builtins(book)
    for session in plain["sessions"].values():
        del session["proven"]
    shelf.save(tmp_path, msgspec.convert(plain, Book))
    async with somebody(tmp_path) as older:
        assert rights(older, signed.cookie) == ALL - TABLE.second_factor


async def test_who_lost_everything_has_a_second_person_vouch_for_them(people: Someone) -> None:
    signed = await people.session(ADA, "administrator")
    bo = await people.account(BO, "administrator", "nine grey geese at noon")

    assert (
        await confirmed(people, signed, Factor(other_name=BO, other_password="nine grey geese at noon"))
        is None
    )

    assert "close" in rights(people, await people.renew(signed.caller))
    (fact,) = [fact for fact, _, _ in people.facts if isinstance(fact, SessionConfirmed)]
    assert (fact.factor, fact.second) == ("person", bo)


async def test_a_second_person_opens_no_more_than_is_theirs(people: Someone) -> None:
    signed = await people.session(ADA, "administrator")
    await people.account(BO, "technician")
    assert why(await confirmed(people, signed, Factor(other_name=BO, other_password=PASSWORD))) == "wrong"
    assert "walk-test" not in rights(people, signed.cookie)
    technician = await people.session("Cy Prus", "technician")
    assert await confirmed(people, technician, Factor(other_name=BO, other_password=PASSWORD)) is None
    assert "walk-test" in rights(people, await people.renew(technician.caller))


@pytest.mark.parametrize("silent", [False, True], ids=["seen", "silent"])
async def test_a_guest_looks_and_signs_for_nobody_until_something_is_live(
    people: Someone, silent: bool
) -> None:
    guest = await people.session(BO, "responder")
    token = await people.token("Car", "responder")
    officer = await people.session("Cy Prus", "responder")
    signing = Factor(other_name=BO, other_password=PASSWORD)

    def may(of: Caller | None) -> set[str]:
        return set() if of is None else {one for one in RIGHTS if of.may(TABLE, one)}

    assert rights(people, guest.cookie) == may(people.by_bearer(token)) == IN_QUIET
    await people.account(ADA, "responder")
    given = (await people.codes(ADA))[0]
    assert why(await people.vouched(ADA, given, BY, BY)) == "no_right"
    assert why(await confirmed(people, officer, signing)) != ""
    # A silent call is one that they may know of.
    if silent:
        people.silent = people.now_at
    else:
        people.live = people.now_at
    assert {"watch", "look-duress", "note", "respond"} <= rights(people, guest.cookie)
    assert "release" not in may(people.by_bearer(token))
    assert await confirmed(people, officer, signing) is None
    assert "release" in rights(people, await people.renew(officer.caller))
    assert isinstance(await people.vouched(ADA, given, BY, BY), Caller)
    people.live = people.silent = None
    assert rights(people, guest.cookie) == IN_QUIET


async def test_a_release_proves_it_for_the_rest_of_the_session(people: Someone) -> None:
    signed = await people.session(ADA, "administrator")
    assert await people.open_release(signed.caller, Factor((await people.codes(ADA))[0]), HERE) == 300
    assert rights(people, await people.renew(signed.caller)) == ALL


async def test_a_session_that_came_to_more_has_another_cookie_and_the_one_before_calls_for_help_alone(
    people: Someone,
) -> None:
    signed = await people.session(ADA, "administrator")
    assert await people.renew(signed.caller) == ""
    await confirmed(people, signed, Factor((await people.codes(ADA))[0]))

    cookie = await people.renew(signed.caller)

    assert rights(people, signed.cookie) == ALWAYS
    caller = people.by_cookie(cookie)
    assert caller is not None
    assert (caller.session, caller.proven) == (signed.caller.session, True)
    assert await people.renew(caller) == ""
    await people.sign_out(caller)
    assert people.by_cookie(signed.cookie) is None
    assert people.by_cookie(cookie) is None


async def test_from_the_moment_that_it_is_proven_the_cookie_of_before_opens_nothing_more(
    people: Someone,
) -> None:
    signed = await people.session(ADA, "administrator")
    await confirmed(people, signed, Factor((await people.codes(ADA))[0]))
    assert rights(people, signed.cookie) == ALWAYS


async def test_of_two_tabs_that_confirm_at_once_one_brings_the_cookie_and_neither_takes_it_away(
    people: Someone,
) -> None:
    signed = await people.session(ADA, "administrator")
    codes = await people.codes(ADA)

    async def tab(code: str) -> str:
        assert await confirmed(people, signed, Factor(code)) is None
        return await people.renew(signed.caller)

    brought = sorted(await asyncio.gather(tab(codes[0]), tab(codes[1])))

    assert brought[0] == ""
    assert rights(people, brought[1]) == ALL
    assert rights(people, signed.cookie) == ALWAYS


async def test_signing_out_by_the_cookie_of_before_ends_that_one_alone(people: Someone) -> None:
    signed = await people.session(ADA, "administrator")
    await confirmed(people, signed, Factor((await people.codes(ADA))[0]))
    cookie = await people.renew(signed.caller)
    before = people.by_cookie(signed.cookie)
    assert before is not None

    await people.sign_out(before)

    assert people.by_cookie(signed.cookie) is None
    assert rights(people, cookie) == ALL


async def test_a_role_that_is_given_while_a_second_person_signs_is_not_proven_by_it(people: Someone) -> None:
    technician = await people.session("Cy Prus", "technician")
    await people.account(BO, "technician")
    await asyncio.gather(
        confirmed(people, technician, Factor(other_name=BO, other_password=PASSWORD)),
        people.registrar.set_role(BY, "Cy Prus", "administrator"),
    )
    assert rights(people, technician.cookie) == ALL - TABLE.second_factor


async def test_the_cookie_of_before_still_calls_for_help_after_a_restart(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        signed = await people.session(ADA, "administrator")
        await confirmed(people, signed, Factor((await people.codes(ADA))[0]))
        cookie = await people.renew(signed.caller)
    async with somebody(tmp_path) as again:
        assert rights(again, signed.cookie) == ALWAYS
        assert rights(again, cookie) == ALL


async def test_a_session_that_ran_out_proves_nothing_and_keeps_its_call_for_help(people: Someone) -> None:
    signed = await people.session(ADA, "administrator")
    code, *_ = await people.codes(ADA)
    people.pass_s(2 * 3_600)
    assert why(await confirmed(people, signed, Factor(code))) == "no_right"
    assert rights(people, signed.cookie) == ALWAYS


async def test_wrong_codes_are_told_and_in_the_end_lock_the_session(people: Someone) -> None:
    signed = await people.session(ADA, "administrator")
    await totp_of(people, ADA)
    assert why(await confirmed(people, signed, Factor())) == "wrong"
    for _ in range(WRONG_CODES_MOST - 1):
        people.pass_s(60)
        assert why(await confirmed(people, signed, Factor("000000"))) == "wrong"
    assert rights(people, signed.cookie) == ALWAYS
    failed = [fact for fact, _, _ in people.facts if isinstance(fact, ProofFailed)]
    assert [(one.what, one.why) for one in failed] == [("confirm", "wrong")] * WRONG_CODES_MOST
    assert "000000" not in repr(people.facts)


async def test_without_any_factor_it_is_said(people: Someone) -> None:
    signed = await people.session(ADA, "administrator")
    assert why(await confirmed(people, signed, Factor())) == "no_factor"
    assert not people.has_factor(signed.caller)


async def test_who_has_nothing_that_asks_for_a_second_factor_confirms_nothing(people: Someone) -> None:
    signed = await people.session(BO, "staff")
    await people.account(ADA, "administrator")
    assert why(await confirmed(people, signed, Factor(other_name=ADA, other_password=PASSWORD))) == "no_right"
