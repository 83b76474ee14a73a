"""A person sets their own password with a code that works once; roles change at once; somebody always administers."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from edge.people.book import Account
from edge.people.invitations import GOOD_S
from edge.people.people import Factor, NotSignedIn, SignedIn
from edge.people.registrar import Done
from rules.model.account_facts import (
    AccountFactorsRemoved,
    AccountInvited,
    AccountRoleChanged,
    ProofFailed,
)
from tests.edge.people.someone import BY, HERE, PASSWORD, Someone, done, somebody, why

ADA, BO = "Ada Moreno", "Bo Ling"
NEW = "nine grey geese at noon"


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[Someone]:
    async with somebody(tmp_path) as made:
        yield made


async def invited(people: Someone, name: str = BO, role: str = "staff") -> str:
    (code,) = done(await people.invitations.invite(BY, name, role)).secret
    return code


async def test_who_was_invited_sets_a_password_is_in_and_the_code_opens_nothing_more(people: Someone) -> None:
    code = await invited(people)
    assert why(await people.sign_in(BO, "", "", HERE)) == "wrong"

    signed = await people.welcome("bo ling", code.lower().replace("-", " "), NEW, HERE)

    assert isinstance(signed, SignedIn)
    assert (signed.caller.role, signed.caller.proven) == ("staff", False)
    assert isinstance(await people.sign_in(BO, NEW, "", HERE), SignedIn)
    assert await people.welcome(BO, code, PASSWORD, HERE) == NotSignedIn("wrong")
    assert [fact.account for fact, _, _ in people.facts if isinstance(fact, AccountInvited)] == [
        signed.caller.actor
    ]
    kept = repr(people.facts) + repr(people.registrar.book)
    assert code not in kept
    assert code.replace("-", "") not in kept


async def test_a_code_is_over_after_seven_days_and_another_one_ends_it(people: Someone) -> None:
    first = await invited(people)
    people.pass_s(GOOD_S)
    assert await people.welcome(BO, first, NEW, HERE) == NotSignedIn("wrong")
    (second,) = done(await people.invitations.invite_again(BY, BO)).secret
    (third,) = done(await people.invitations.invite_again(BY, BO)).secret
    assert await people.welcome(BO, second, NEW, HERE) == NotSignedIn("wrong")
    people.pass_s(GOOD_S - 1)
    assert isinstance(await people.welcome(BO, third, NEW, HERE), SignedIn)


async def test_a_weak_password_uses_no_code_up(people: Someone) -> None:
    code = await invited(people)
    assert await people.welcome(BO, code, "short", HERE) == "password_short"
    assert await people.welcome(BO, code, "wonderwoman", HERE) == "password_common"
    assert isinstance(await people.welcome(BO, code, NEW, HERE), SignedIn)


async def test_a_new_password_by_code_ends_the_sessions_and_leaves_the_second_factor(people: Someone) -> None:
    signed = await people.session(BO, "administrator")
    secret = (await people.codes(BO))[0]
    (code,) = done(await people.invitations.invite_again(BY, BO)).secret
    assert people.by_cookie(signed.cookie) is not None
    assert isinstance(await people.sign_in(BO, PASSWORD, "", HERE), SignedIn)

    # Set; who has a second factor signs in with it, and is not let in by the code alone.
    assert await people.welcome(BO, code, NEW, HERE) is None

    assert people.by_cookie(signed.cookie) is None
    assert why(await people.sign_in(BO, PASSWORD, "", HERE)) == "wrong"
    again = await people.sign_in(BO, NEW, secret, HERE)
    assert isinstance(again, SignedIn)
    assert again.caller.proven


async def test_guesses_wait_are_told_and_say_nothing_of_whom_there_is(people: Someone) -> None:
    await invited(people)
    for name in (BO, "No Body"):
        for _ in range(4):
            assert await people.welcome(name, "ABCDEF-ABCDEF-ABCDEF-ABCDEF", NEW, HERE) == NotSignedIn(
                "wrong"
            )
        assert why(await people.welcome(name, "ABCDEF", NEW, HERE)) == "wait"
    failed = [fact.what for fact, _, _ in people.facts if isinstance(fact, ProofFailed)]
    assert set(failed) == {"invitation"}
    # Who was never invited, and who is switched off, are not let in by an empty code or an old one.
    await people.account("Cy Prus", "staff")
    assert await people.welcome("Cy Prus", "", NEW, HERE) == NotSignedIn("wrong")
    code = await invited(people, "Di Amond")
    done(await people.registrar.disable(BY, "Di Amond"))
    assert await people.welcome("Di Amond", code, NEW, HERE) == NotSignedIn("wrong")


@pytest.mark.parametrize(
    ("name", "role", "refused"),
    [("", "staff", "bad_name"), ("x" * 65, "staff", "bad_name"), (ADA, "staff", "name_taken"),
     (BO, "king", "bad_role"), (BO, "district", "bad_role")],
)  # fmt: skip
async def test_an_invitation_that_makes_no_sense_adds_nobody(
    people: Someone, name: str, role: str, refused: str
) -> None:
    await people.account(ADA, "administrator")
    assert await people.invitations.invite(BY, name, role) == refused
    assert len(people.registrar.book.accounts) == 1
    assert await people.invitations.invite_again(BY, "No Body") == "unknown_user"


async def test_a_role_changes_at_once_for_sessions_that_are_open(people: Someone) -> None:
    await people.account(ADA, "administrator")
    signed = await people.session(BO, "staff")
    done(await people.registrar.set_role(BY, BO, "technician"))
    caller = people.by_cookie(signed.cookie)
    assert caller is not None
    assert caller.role == "technician"
    assert [fact.role for fact, _, _ in people.facts if isinstance(fact, AccountRoleChanged)] == [
        "technician"
    ]
    assert await people.registrar.set_role(BY, BO, "king") == "bad_role"
    assert await people.registrar.set_role(BY, "No Body", "staff") == "unknown_user"


async def test_what_was_proven_for_one_role_is_proven_anew_for_another(people: Someone) -> None:
    await people.account(ADA, "administrator")
    await people.account("Cy Prus", "technician")
    signed = await people.session(BO, "technician")
    vouched = Factor(other_name="Cy Prus", other_password=PASSWORD)
    assert await people.confirm(signed.caller, vouched, HERE) is None
    done(await people.registrar.set_role(BY, BO, "administrator"))
    caller = people.by_cookie(signed.cookie)
    assert caller is not None
    assert not caller.proven
    assert await people.confirm(caller, vouched, HERE) == NotSignedIn("wrong")


async def test_the_last_administrator_stays_one_and_who_was_only_invited_does_not_count(
    people: Someone,
) -> None:
    await people.account(ADA, "administrator")
    code = await invited(people, BO, "administrator")
    assert await people.registrar.set_role(BY, ADA, "staff") == "last_administrator"
    assert await people.registrar.disable(BY, ADA) == "last_administrator"
    await people.welcome(BO, code, NEW, HERE)
    assert isinstance(await people.registrar.set_role(BY, ADA, "staff"), Done)
    assert await people.registrar.set_role(BY, BO, "viewer") == "last_administrator"
    assert isinstance(await people.registrar.set_role(BY, BO, "administrator"), Done)


async def test_lost_factors_are_taken_away_with_the_sessions(people: Someone) -> None:
    signed = await people.session(BO, "administrator")
    done(await people.registrar.new_totp(BY, BO))
    await people.codes(BO)
    done(await people.registrar.remove_factors(BY, BO))
    assert people.by_cookie(signed.cookie) is None
    again = await people.sign_in(BO, PASSWORD, "", HERE)
    assert isinstance(again, SignedIn)
    assert not people.has_factor(again.caller)
    assert [fact for fact, _, _ in people.facts if isinstance(fact, AccountFactorsRemoved)]
    assert await people.registrar.remove_factors(BY, "No Body") == "unknown_user"


async def test_an_invitation_outlasts_a_restart_and_an_account_of_before_has_none(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        code = await invited(people)
    async with somebody(tmp_path) as again:
        assert isinstance(await again.welcome(BO, code, NEW, HERE), SignedIn)
    older = msgspec.convert({"id": "account:1", "name": ADA, "role": "staff", "password": "$"}, Account)
    assert (older.invitation, older.invited_until_utc_s) == ("", 0)


async def test_who_is_switched_off_and_on_again_needs_another_code(people: Someone) -> None:
    code = await invited(people)
    done(await people.registrar.disable(BY, BO))
    assert await people.welcome(BO, code, NEW, HERE) == NotSignedIn("wrong")
    done(await people.registrar.enable(BY, BO))
    assert await people.welcome(BO, code, NEW, HERE) == NotSignedIn("wrong")
    (another,) = done(await people.invitations.invite_again(BY, BO)).secret
    assert isinstance(await people.welcome(BO, another, NEW, HERE), SignedIn)
