"""The first administrator: by a code in a 0600 file, once, and never by a password that somebody else chose."""

from pathlib import Path

import pytest

from edge.people import shelf
from edge.people.shelf import CODE, read_code
from tests.edge.people.someone import BY, ELSEWHERE, HERE, PASSWORD, somebody, why


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def lies(path: Path) -> bool:
    return path.exists()


async def test_a_new_store_holds_a_code_that_only_its_owner_reads(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        assert people.needs_set_up
        assert mode(tmp_path / CODE) == "0o600"
        assert len(read_code(tmp_path)) >= 30


async def test_the_code_makes_one_administrator_and_is_gone(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        code = read_code(tmp_path)
        assert await people.set_up(f" {code.lower()} ", "Ada Moreno", PASSWORD, HERE) == "done"
        assert not people.needs_set_up
        assert not lies(tmp_path / CODE)
        assert await people.set_up(code, "Bo Ling", PASSWORD, HERE) == "no_code"
        assert (await people.signed_in("Ada Moreno")).caller.role == "administrator"


async def test_a_code_is_the_same_after_a_restart_and_nobody_is_in_meanwhile(tmp_path: Path) -> None:
    async with somebody(tmp_path):
        code = read_code(tmp_path)
    async with somebody(tmp_path) as people:
        assert read_code(tmp_path) == code
        assert why(await people.sign_in("admin", "admin", "", HERE)) == "wrong"


async def test_guesses_at_the_code_wait_and_are_told(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        for _ in range(6):
            assert await people.set_up("00000-00000", "Ada Moreno", PASSWORD, ELSEWHERE) == "no_code"
        assert people.kinds().count("sign_in.failed/1") == 5
        assert await people.set_up(read_code(tmp_path), "Ada Moreno", PASSWORD, HERE) == "done"


async def test_a_weak_password_or_no_name_uses_no_code_up(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        code = read_code(tmp_path)
        assert await people.set_up(code, "Ada Moreno", "Password2024!", HERE) == "weak_password"
        assert await people.set_up(code, "  ", PASSWORD, HERE) == "bad_name"
        assert await people.set_up(code, "Ada Moreno", PASSWORD, HERE) == "done"


async def test_an_administrator_made_at_the_box_takes_the_code_away_too(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        await people.registrar.add(BY, "Ada Moreno", "administrator", PASSWORD)
        assert not people.needs_set_up
        assert await people.set_up(read_code(tmp_path), "Bo Ling", PASSWORD, HERE) == "no_code"
    async with somebody(tmp_path):
        assert not lies(tmp_path / CODE)


@pytest.mark.parametrize(("had", "flag"), [(True, "accounts_gone"), (None, "accounts_unknown")])
async def test_a_box_whose_accounts_are_gone_is_no_new_box(
    tmp_path: Path, had: bool | None, flag: str
) -> None:
    async with somebody(tmp_path) as people:
        await people.session("Ada Moreno", "administrator")
    for name in (shelf.NAME, shelf.BEFORE):
        (tmp_path / name).unlink(missing_ok=True)
    async with somebody(tmp_path, had=had) as again:
        assert (again.needs_set_up, again.recovering) == (True, True)
        assert again.conditions == [(flag, True)]
        code = read_code(tmp_path)
        assert await again.set_up(code, "Bo Ling", PASSWORD, HERE) == "done"
        assert (again.needs_set_up, again.recovering) == (False, False)
        assert (flag, False) in again.conditions


async def test_files_that_cannot_be_read_are_no_new_box_either(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        await people.account("Ada Moreno", "administrator")
    for name in (shelf.NAME, shelf.BEFORE):
        (tmp_path / name).write_bytes(b"what a broken disk gave back")
    async with somebody(tmp_path, had=True) as again:
        assert again.conditions == [("accounts_damaged", True), ("accounts_gone", True)]
        assert again.recovering


@pytest.mark.parametrize(
    ("later", "turned"),
    [
        (True, [("accounts_unknown", False), ("accounts_gone", True)]),
        (False, [("accounts_unknown", False)]),
        (None, []),
    ],
)
async def test_a_record_that_could_not_be_asked_is_asked_again(
    tmp_path: Path, later: bool | None, turned: list[tuple[str, bool]]
) -> None:
    async with somebody(tmp_path, had=None) as people:
        assert people.conditions == [("accounts_unknown", True)]
        people.had = later
        await people.keep_up()
        await people.keep_up()
        assert people.conditions[1:] == turned
        assert people.recovering is (later is not False)


async def test_a_box_that_never_had_any_and_one_that_has_some_say_nothing(tmp_path: Path) -> None:
    async with somebody(tmp_path, had=False) as new:
        assert not new.recovering
        await new.account("Ada Moreno", "administrator")
        assert new.conditions == []
    async with somebody(tmp_path, had=True) as later:
        assert later.conditions == []
        assert not later.recovering


async def test_a_password_that_everybody_uses_is_no_administrators(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        code = read_code(tmp_path)
        assert await people.set_up(code, "Ada Moreno", "wonderwoman", HERE) == "weak_password"
        assert await people.set_up(code, "Ada Moreno", PASSWORD, HERE) == "done"
