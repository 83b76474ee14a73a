"""How long a session lasts: unused, in all, in an incident, over a restart, and whatever the clock does."""

import inspect
from pathlib import Path

import pytest

from edge.config.pack_rights import shipped_rights
from edge.people.callers import Callers
from edge.people.people import SignedIn
from edge.people.sessions import LONG, MOST_OF_ONE, STRICT, limits_of
from rules.model.moments import Instant
from rules.rights import ALWAYS, GIVEN, RIGHTS, Role
from tests.edge.people.someone import BY, HERE, PASSWORD, Someone, somebody

HOUR_S = 3_600


def lapsed(people: Someone, signed: SignedIn) -> bool:
    caller = people.by_cookie(signed.cookie)
    assert caller is not None
    return caller.lapsed


def rights(people: Someone, signed: SignedIn) -> set[str]:
    """What a cookie may do now."""
    caller = people.by_cookie(signed.cookie)
    return set() if caller is None else {one for one in RIGHTS if caller.may(shipped_rights(), one)}


@pytest.mark.parametrize("role", sorted(GIVEN))
def test_a_role_that_opens_something_has_the_strict_limits(role: Role) -> None:
    opens = {
        "administrator",
        "safety-coordinator",
        "school-resource-officer",
        "security-officer",
        "responder",
    }
    assert limits_of(shipped_rights(), role) == (STRICT if role in opens else LONG)


@pytest.mark.parametrize(("role", "idle_h", "absolute_h"), [("administrator", 1, 24), ("staff", 12, 168)])
async def test_an_unused_session_runs_out_and_a_used_one_after_its_time_in_all(
    tmp_path: Path, role: str, idle_h: int, absolute_h: int
) -> None:
    async with somebody(tmp_path) as people:
        signed = await people.session("Ada Moreno", role)
        people.pass_s(idle_h * HOUR_S - 1)
        assert not lapsed(people, signed)
        for _ in range(absolute_h // idle_h):
            people.pass_s(idle_h * HOUR_S - 60)
            lapsed(people, signed)
        people.pass_s(HOUR_S)
        assert lapsed(people, signed)

        idle = await people.signed_in("Ada Moreno")
        people.pass_s(idle_h * HOUR_S + 1)
        assert lapsed(people, idle)


async def test_looking_at_who_somebody_still_is_counts_as_no_use(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        signed = await people.session("Ada Moreno", "administrator")
        for _ in range(7):
            people.pass_s(600)
            people.still(signed.caller)
        still = people.still(signed.caller)
        assert still is not None
        assert still.lapsed


async def test_a_session_that_ran_out_may_call_for_help_and_say_how_a_room_is_and_nothing_else(
    tmp_path: Path,
) -> None:
    async with somebody(tmp_path) as people:
        staff = await people.session("Bo Ling", "staff")
        viewer = await people.session("Vi Ewer", "viewer")
        people.pass_s(13 * HOUR_S)
        assert rights(people, staff) == ALWAYS
        assert rights(people, viewer) == set()


async def test_a_session_of_a_month_ago_opens_nothing_at_all(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        signed = await people.session("Bo Ling", "staff")
        people.pass_s(31 * 24 * HOUR_S)
        await people.keep_up()
        assert people.by_cookie(signed.cookie) is None
        assert people.kinds()[-1] == "session.ended/1"


async def test_no_session_runs_out_while_an_incident_is_live(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        signed = await people.session("Ada Moreno", "administrator")
        people.pass_s(HOUR_S - 60)
        people.live = people.now_at
        people.pass_s(30 * HOUR_S)
        assert not lapsed(people, signed)


async def test_one_that_had_run_out_before_is_not_brought_back_by_an_incident(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        signed = await people.session("Ada Moreno", "administrator")
        people.pass_s(2 * HOUR_S)
        people.live = people.now_at
        people.pass_s(60)
        assert lapsed(people, signed)


async def test_a_silent_incident_shows_in_no_session_of_who_may_not_know(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        staff = await people.session("Bo Ling", "staff")
        administrator = await people.session("Ada Moreno", "administrator")
        people.silent = people.now_at
        people.pass_s(13 * HOUR_S)
        assert lapsed(people, staff)
        assert not lapsed(people, administrator)


async def test_a_restart_in_the_middle_of_a_lockdown_signs_nobody_out(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        signed = await people.session("Ada Moreno", "administrator")
        people.pass_s(60)
        people.live = people.now_at
        people.pass_s(3 * HOUR_S)
        live, now = people.live, people.now_at
    async with somebody(tmp_path) as again:
        again.live, again.now_at = live, now
        assert not lapsed(again, signed)
        assert again.release_left_s(signed.caller) == 0


@pytest.mark.parametrize("days", [-400, -1, +1], ids=["years behind", "a day behind", "a day ahead"])
async def test_whoever_signs_in_after_a_reboot_with_a_wrong_clock_works_in_the_incident_to_its_end(
    tmp_path: Path, days: int
) -> None:
    async with somebody(tmp_path) as people:
        began = people.now_at
    async with somebody(tmp_path, boot="boot-2") as again:
        again.live = began
        again.now_at = Instant(began.utc_us + days * 24 * HOUR_S * 1_000_000, 60_000_000)
        signed = await again.session("Ada Moreno", "administrator")
        assert not lapsed(again, signed)
        again.pass_s(20 * 60)
        assert not lapsed(again, signed)
        again.pass_s(30 * HOUR_S)
        assert not lapsed(again, signed)


@pytest.mark.parametrize(
    ("jump_s", "boot", "runs_out"),
    [
        (+400 * 24 * HOUR_S, "boot-1", False),
        (-400 * 24 * HOUR_S, "boot-1", False),
        (+10, "boot-2", False),
        (+2 * HOUR_S, "boot-2", True),
        (-400 * 24 * HOUR_S, "boot-2", True),
    ],
    ids=[
        "the clock is set ahead",
        "the clock is set back",
        "a reboot",
        "a reboot after two hours",
        "a reboot without a clock",
    ],
)
async def test_a_clocks_jump_ends_no_session_and_saves_none_over_a_reboot(
    tmp_path: Path, jump_s: int, boot: str, runs_out: bool
) -> None:
    async with somebody(tmp_path) as people:
        signed = await people.session("Ada Moreno", "administrator")
        now = people.now_at
    async with somebody(tmp_path, boot=boot) as again:
        mono_us = now.mono_us + 10_000_000 if boot == "boot-1" else 5_000_000
        again.now_at = Instant(now.utc_us + jump_s * 1_000_000, mono_us)
        assert lapsed(again, signed) is runs_out


async def test_a_last_use_is_known_after_a_restart(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        signed = await people.session("Ada Moreno", "administrator")
        people.pass_s(50 * 60)
        assert not lapsed(people, signed)
        now = people.now_at
    async with somebody(tmp_path, boot="boot-2") as again:
        again.now_at = Instant(now.utc_us + 50 * 60 * 1_000_000, 7)
        assert not lapsed(again, signed)
        again.pass_s(23 * HOUR_S)
        assert lapsed(again, signed)


async def test_disabling_a_person_ends_every_session_at_once(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        await people.session("Ada Moreno", "administrator")
        first, second = await people.session("Bo Ling", "staff"), await people.signed_in("Bo Ling")
        await people.registrar.disable(BY, "Bo Ling")
        assert people.by_cookie(first.cookie) is people.by_cookie(second.cookie) is None
        await people.registrar.enable(BY, "Bo Ling")
        assert people.by_cookie(first.cookie) is None


@pytest.mark.parametrize("how", ["password", "sign_out"])
async def test_another_password_or_an_administrators_word_ends_every_session_too(
    tmp_path: Path, how: str
) -> None:
    async with somebody(tmp_path) as people:
        signed = await people.session("Bo Ling", "staff")
        if how == "password":
            await people.registrar.set_password(BY, "Bo Ling", PASSWORD + "!")
        else:
            await people.registrar.sign_out(BY, "Bo Ling")
        assert people.by_cookie(signed.cookie) is None
        assert people.kinds()[-1] == "session.ended/1"


async def test_a_person_has_a_bounded_number_of_sessions_and_the_one_unused_for_longest_goes(
    tmp_path: Path,
) -> None:
    async with somebody(tmp_path) as people:
        first = await people.session("Bo Ling", "staff")
        people.pass_s(1)
        second = await people.signed_in("Bo Ling")
        people.pass_s(1)
        people.by_cookie(first.cookie)
        for _ in range(MOST_OF_ONE - 1):
            people.pass_s(1)
            await people.sign_in("Bo Ling", PASSWORD, "", HERE)
        assert people.by_cookie(first.cookie) is not None
        assert people.by_cookie(second.cookie) is None


def test_callers_are_looked_up_in_memory() -> None:
    """No lookup of who asks waits for anything: a hanging disk hangs no page."""
    assert not [name for name, one in inspect.getmembers(Callers) if inspect.iscoroutinefunction(one)]
