"""The second factor of a release: once, for five minutes, for one session; by code, by paper, by a second person."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.people.caller import Caller
from edge.people.people import Factor, NotSignedIn, SignedIn
from edge.people.proofs import WRONG_CODES_MOST
from edge.people.releases import RELEASE_S
from edge.people.totp import STEP_S, code_at
from rules.model.account_facts import ReleaseOpened, SessionConfirmed
from rules.model.ids import Actor
from rules.model.moments import Instant
from rules.rights import RIGHTS, Right, RightsTable
from tests.edge.people.someone import BY, HERE, PASSWORD, START_UTC_US, Someone, done, somebody, why

NAME = "Ada Moreno"


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[Someone]:
    async with somebody(tmp_path) as made:
        yield made


async def totp_of(people: Someone, name: str = NAME) -> str:
    return done(await people.registrar.new_totp(BY, name)).secret[0]


def code_now(people: Someone, secret: str) -> str:
    return code_at(secret, people.now_at.utc_us // 1_000_000 // STEP_S)


async def opened(people: Someone, signed: SignedIn, factor: Factor) -> NotSignedIn | int:
    return await people.open_release(signed.caller, factor, HERE)


async def test_a_code_of_now_opens_five_minutes_for_this_session_alone(people: Someone) -> None:
    signed = await people.session(NAME, "administrator")
    elsewhere = await people.signed_in(NAME)
    secret = await totp_of(people)

    assert await opened(people, signed, Factor(code_now(people, secret))) == RELEASE_S == 300

    assert people.release_left_s(signed.caller) == 300
    assert people.release_left_s(elsewhere.caller) == 0
    people.pass_s(299.5)
    assert people.release_left_s(signed.caller) == 1
    people.pass_s(0.5)
    assert people.release_left_s(signed.caller) == 0


async def test_nothing_is_open_before_a_factor(people: Someone) -> None:
    signed = await people.session(NAME, "administrator")
    assert people.release_left_s(signed.caller) == 0
    assert await opened(people, signed, Factor()) == NotSignedIn("no_factor")
    assert await opened(people, signed, Factor("123456")) == NotSignedIn("wrong")
    assert people.release_left_s(signed.caller) == 0


async def test_a_code_that_was_read_over_a_shoulder_is_used_up(people: Someone) -> None:
    signed = await people.session(NAME, "administrator")
    other = await people.signed_in(NAME)
    code = code_now(people, await totp_of(people))
    await opened(people, signed, Factor(code))
    assert why(await opened(people, other, Factor(code))) == "wrong"
    people.pass_s(STEP_S)
    assert why(await opened(people, other, Factor(code))) == "wrong"


async def test_the_last_used_code_stays_used_over_a_restart(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        signed = await people.session(NAME, "administrator")
        code = code_now(people, await totp_of(people))
        assert await opened(people, signed, Factor(code)) == RELEASE_S
    async with somebody(tmp_path) as again:
        assert why(await opened(again, signed, Factor(code))) == "wrong"


async def test_each_of_ten_printed_codes_opens_once_with_a_clock_that_is_wrong_by_years(
    people: Someone,
) -> None:
    signed = await people.session(NAME, "administrator")
    printed = await people.codes(NAME)
    assert len(set(printed)) == 10
    people.now_at = Instant(0, people.now_at.mono_us)
    for code in printed:
        assert await opened(people, signed, Factor(code.lower().replace("-", " "))) == RELEASE_S
        assert why(await opened(people, signed, Factor(code))) == "wrong"


async def test_no_printed_code_lies_in_the_store_and_a_new_sheet_ends_the_one_before(
    people: Someone, tmp_path: Path
) -> None:
    signed = await people.session(NAME, "administrator")
    before, after = await people.codes(NAME), await people.codes(NAME)
    kept = repr(people.registrar.book) + repr(people.facts)
    assert not [code for code in (*before, *after) if code in kept or code.replace("-", "") in kept]
    assert why(await opened(people, signed, Factor(before[0]))) == "wrong"
    assert await opened(people, signed, Factor(after[0])) == RELEASE_S


async def test_two_named_persons_open_it_together(people: Someone) -> None:
    signed = await people.session(NAME, "administrator")
    second = await people.account("Bo Ling", "administrator", "nine grey geese at noon")
    factor = Factor(other_name="bo ling", other_password="nine grey geese at noon")
    assert await opened(people, signed, factor) == RELEASE_S
    (fact,) = [fact for fact, _, _ in people.facts if isinstance(fact, ReleaseOpened)]
    assert (fact.account, fact.second, fact.factor) == (signed.caller.actor, second, "person")


@pytest.mark.parametrize(
    ("name", "password"),
    [
        (NAME, PASSWORD),
        ("Bo Ling", PASSWORD),
        ("Di Sabled", PASSWORD),
        ("Cy Prus", "a wrong password"),
        ("No Body", PASSWORD),
    ],
    ids=["oneself", "somebody without the right", "somebody disabled", "a wrong password", "nobody"],
)
async def test_nobody_else_is_a_second_person(people: Someone, name: str, password: str) -> None:
    signed = await people.session(NAME, "administrator")
    await people.account("Bo Ling", "staff")
    await people.account("Cy Prus", "administrator")
    await people.account("Di Sabled", "administrator")
    await people.registrar.disable(BY, "Di Sabled")
    refused = await opened(people, signed, Factor(other_name=name, other_password=password))
    assert why(refused) == "wrong"
    assert people.release_left_s(signed.caller) == 0


async def test_who_has_no_right_to_release_opens_nothing_with_whatever_factor(people: Someone) -> None:
    staff = await people.session("Bo Ling", "staff")
    (code, *_) = await people.codes("Bo Ling")
    token = people.by_bearer(await people.token("script", "administrator"))
    socket = Caller(Actor("socket:0"), "administrator", "socket")
    assert token is not None
    for caller in (staff.caller, token, socket):
        assert why(await people.open_release(caller, Factor(code), HERE)) == "no_right"
        assert people.release_left_s(caller) == 0


async def test_signing_out_disabling_and_running_out_close_it(people: Someone) -> None:
    await people.account("Ro Ot", "administrator")
    await people.account(NAME, "administrator")
    codes = iter(await people.codes(NAME))
    out, gone = await people.signed_in(NAME), await people.signed_in(NAME)
    for signed in (out, gone):
        await opened(people, signed, Factor(next(codes)))

    await people.sign_out(out.caller)
    assert (people.release_left_s(out.caller), people.release_left_s(gone.caller)) == (0, 300)
    await people.registrar.disable(BY, NAME)
    assert people.release_left_s(gone.caller) == 0
    await people.registrar.enable(BY, NAME)
    assert people.release_left_s(gone.caller) == 0


async def test_guessing_the_digits_waits_and_in_the_end_locks_the_session_but_not_its_call_for_help(
    people: Someone,
) -> None:
    signed = await people.session(NAME, "administrator")
    secret = await totp_of(people)
    for _ in range(WRONG_CODES_MOST):
        people.pass_s(60)
        assert why(await opened(people, signed, Factor("000000"))) == "wrong"
    people.pass_s(60)
    assert why(await opened(people, signed, Factor(code_now(people, secret)))) == "no_right"
    caller = people.by_cookie(signed.cookie)
    assert caller is not None
    assert caller.lapsed
    assert people.kinds().count("sign_in.failed/1") == WRONG_CODES_MOST
    again = await people.signed_in(NAME, code_now(people, secret))
    assert people.by_cookie(again.cookie) == again.caller


async def test_a_code_is_asked_for_at_sign_in_too_and_a_printed_one_stands_in(people: Someone) -> None:
    await people.account(NAME, "administrator")
    secret = await totp_of(people)
    (printed, *_) = await people.codes(NAME)
    assert why(await people.sign_in(NAME, PASSWORD, "", HERE)) == "wrong"
    assert why(await people.sign_in(NAME, PASSWORD, "000000", HERE)) == "wrong"
    code = code_now(people, secret)
    assert (await people.signed_in(NAME, f"{code[:3]} {code[3:]}")).name == NAME
    assert why(await people.sign_in(NAME, PASSWORD, code, HERE)) == "wrong"
    assert (await people.signed_in(NAME, printed)).name == NAME


async def test_a_wrong_password_uses_no_code_up(people: Someone) -> None:
    await people.account(NAME, "administrator")
    code = code_now(people, await totp_of(people))
    assert why(await people.sign_in(NAME, "not the herons", code, HERE)) == "wrong"
    assert (await people.signed_in(NAME, code)).name == NAME


async def test_another_incident_ends_what_was_opened_before_it_and_a_close_does_not(people: Someone) -> None:
    signed = await people.session(NAME, "administrator")
    first, second, *_ = await people.codes(NAME)
    people.live = people.now_at
    await opened(people, signed, Factor(first))
    people.live = None
    assert people.release_left_s(signed.caller) == 300

    people.incident_began(silent=False)

    assert people.release_left_s(signed.caller) == 0
    assert await opened(people, signed, Factor(second)) == RELEASE_S


async def test_a_silent_incident_ends_it_for_who_may_know_of_it_and_tells_nobody_else(tmp_path: Path) -> None:
    rights = {"administrator": frozenset(RIGHTS), "staff": frozenset[Right]({"release"})}
    async with somebody(tmp_path, rights=RightsTable(1, rights)) as people:  # type: ignore[arg-type]
        knows, knows_not = (
            await people.session(NAME, "administrator"),
            await people.session("Bo Ling", "staff"),
        )
        for signed, name in ((knows, NAME), (knows_not, "Bo Ling")):
            await opened(people, signed, Factor((await people.codes(name))[0]))

        people.incident_began(silent=True)

        assert people.release_left_s(knows.caller) == 0
        assert people.release_left_s(knows_not.caller) == 300


def test_the_clock_of_these_tests_is_no_round_number_of_steps() -> None:
    assert START_UTC_US // 1_000_000 % STEP_S


async def test_by_a_code_somebody_is_vouched_for_what_their_role_may_and_for_no_door_by_it(
    tmp_path: Path,
) -> None:
    rights = {"administrator": frozenset(RIGHTS) - {"release"}}
    async with somebody(tmp_path, rights=RightsTable(1, rights)) as people:  # type: ignore[arg-type]
        account = await people.account(NAME, "administrator")
        code, *_ = await people.codes(NAME)

        assert await people.vouched(NAME, code, BY, HERE) == NotSignedIn("no_right")
        caller = await people.vouched(NAME, code, BY, HERE, right="speak")

    assert isinstance(caller, Caller)
    assert caller.actor == account
    facts = [fact for fact, _, _ in people.facts]
    assert [one.account for one in facts if isinstance(one, SessionConfirmed)] == [account]
    assert not [one for one in facts if isinstance(one, ReleaseOpened)]
