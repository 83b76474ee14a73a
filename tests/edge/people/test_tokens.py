"""API tokens: what one is worth, until when, and that revoking holds at once and over a restart."""

from pathlib import Path

from edge.config.pack_rights import shipped_rights
from edge.people import shelf
from edge.people.book import Account, Book
from edge.people.registrar import PREFIX, Done
from rules.model.account_facts import TokenBound, TokenCreated
from tests.edge.people.someone import BY, START_UTC_US, somebody


async def test_a_token_is_a_program_of_its_role_and_nothing_in_the_store_is_one(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        secret = await people.token("corridor sign", "device")
        caller = people.by_bearer(secret)
        kept = people.registrar.book
    assert caller is not None
    assert (caller.role, caller.by, people.name_of(caller)) == ("device", "token", "corridor sign")
    assert secret.startswith(PREFIX)
    assert len(secret) > 43
    assert secret not in repr(kept)
    assert secret not in repr(people.facts)


async def test_the_journal_learns_of_a_token_with_its_role_and_end(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        await people.token("sign", "device", START_UTC_US // 1_000_000 + 60)
        ((fact, subject, actor),) = people.facts
    assert isinstance(fact, TokenCreated)
    assert (fact.role, fact.expires_utc_s, subject, actor) == (
        "device",
        START_UTC_US // 1_000_000 + 60,
        fact.token,
        BY,
    )
    assert TokenCreated.SEALED == ("name",)


async def test_a_token_of_a_room_is_that_rooms_over_a_restart_and_the_journal_says_so(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        made = await people.registrar.create_token(BY, "screen 101", "device", None, "101")
        assert isinstance(made, Done)
        assert await people.registrar.create_token(BY, "desk", "staff", None, "101") == "room_needs_device"
        bound = [fact for fact, _, _ in people.facts if isinstance(fact, TokenBound)]
        any_room = people.by_bearer(await people.token("sign", "device"))
    async with somebody(tmp_path) as again:
        caller = again.by_bearer(made.secret[0])
    assert caller is not None
    assert any_room is not None
    assert (caller.room, any_room.room) == ("101", "")
    assert bound == [TokenBound(made.id, "101")]


async def test_a_screen_that_uses_a_token_of_no_room_is_a_condition_until_that_one_is_revoked(
    tmp_path: Path,
) -> None:
    async with somebody(tmp_path) as people:
        caller = people.by_bearer(await people.token("screens", "device"))
        assert caller is not None
        for _ in range(2):
            people.screens.used(caller)
        assert people.conditions == [("screen_token_loose", True)]

        await people.registrar.revoke_token(BY, "screens")
        await people.keep_up()

        assert people.conditions == [("screen_token_loose", True), ("screen_token_loose", False)]


async def test_an_expired_token_is_nobodys(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        secret = await people.token("sign", "device", START_UTC_US // 1_000_000 + 60)
        people.pass_s(59.9)
        caller = people.by_bearer(secret)
        assert caller is not None
        people.pass_s(0.1)
        assert people.by_bearer(secret) is None
        assert people.still(caller) is None


async def test_an_end_that_no_calendar_knows_is_refused(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        now_s = START_UTC_US // 1_000_000
        for end_s in (now_s, now_s + 200 * 366 * 86_400, 10**15):
            assert await people.registrar.create_token(BY, "sign", "device", end_s) == "bad_expiry"


async def test_a_revoked_token_is_nobodys_at_once_and_after_a_restart(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        kept, revoked = await people.token("sign", "device"), await people.token("old sign", "device")
        await people.registrar.revoke_token(BY, "Old Sign")
        assert people.by_bearer(revoked) is None
    async with somebody(tmp_path) as again:
        assert again.by_bearer(revoked) is None
        assert again.by_bearer(kept) is not None


async def test_an_administrators_token_releases_nothing(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        caller = people.by_bearer(await people.token("script", "administrator"))
        assert caller is not None
        assert caller.may(shipped_rights(), "lock")
        assert not caller.may(shipped_rights(), "release")


async def test_a_cookie_is_no_token_and_a_token_no_cookie(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        signed, secret = await people.session("Bo Ling", "staff"), await people.token("sign", "device")
        assert people.by_bearer(signed.cookie) is None
        assert people.by_cookie(secret) is None
        assert people.by_bearer("") is people.by_cookie("") is None


async def test_a_role_that_a_later_version_wrote_has_no_right_and_breaks_nothing(tmp_path: Path) -> None:
    account = Account("account:1", "Ada", "astronaut", "$argon2id$")
    shelf.save(tmp_path, Book(accounts={"account:1": account}))
    async with somebody(tmp_path) as people:
        assert people.registrar.named("ada") == account
        assert people.needs_set_up
