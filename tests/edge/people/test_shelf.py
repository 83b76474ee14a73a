"""The file of accounts: whole after whatever a disk or a power cut does, and never in a start's or the loop's way."""

import asyncio
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.people import keeper, shelf
from edge.people.book import Account, Book, Damaged, Session, Token, read, written
from edge.people.keeper import Keeper
from tests.edge.people.someone import BY, HERE, PASSWORD, Someone, somebody, why

ADA = Account("account:1", "Ada Moreno", "administrator", "$argon2id$", "BASE32", 7, "00", ("a", "b"), True)
BOOK = Book(
    accounts={ADA.id: ADA},
    tokens={"token:1": Token("token:1", "sign", "device", "d" * 64, 1, 2)},
    sessions={"session:1": Session("session:1", "e" * 64, ADA.id, "boot", 1, 2, 3, 4, True)},
)
OTHER = Book(accounts={"account:2": Account("account:2", "Bo Ling", "staff", "$argon2id$")})


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def cut(path: Path, length: int) -> None:
    """Leave the first bytes of a file."""
    with path.open("rb+") as file:
        file.truncate(length)


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_book_comes_back_as_it_was_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    shelf.save(tmp_path, BOOK)
    assert shelf.load(tmp_path) == (BOOK, "")
    shelf.save(tmp_path, OTHER)
    assert shelf.load(tmp_path) == (OTHER, "")
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}


def test_an_empty_store_is_an_empty_book(tmp_path: Path) -> None:
    assert shelf.load(tmp_path) == (Book(), "")


@pytest.mark.parametrize("length", [0, 1, 100, len(written(OTHER)) - 2])
def test_after_a_torn_write_the_one_before_is_used_and_it_is_told(tmp_path: Path, length: int) -> None:
    shelf.save(tmp_path, BOOK)
    shelf.save(tmp_path, OTHER)
    cut(tmp_path / shelf.NAME, length)
    book, trouble = shelf.load(tmp_path)
    assert book == BOOK
    assert trouble


def test_a_write_that_was_cut_short_by_a_power_cut_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.save(tmp_path, BOOK)
    steps: list[Callable[[], None]] = []
    replace = Path.replace

    def cut_here(path: Path, target: Path) -> Path:
        if len(steps) == 1:
            raise KeyboardInterrupt
        steps.append(lambda: None)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", cut_here)
    with pytest.raises(KeyboardInterrupt):
        shelf.save(tmp_path, OTHER)
    monkeypatch.undo()
    assert shelf.load(tmp_path) == (BOOK, "")


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.save(tmp_path, BOOK)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        shelf.save(tmp_path, OTHER)
    assert shelf.load(tmp_path) == (BOOK, "")


@pytest.mark.parametrize("data", [b"", b"{}", b"{}\nnothing", b"\xff" * 100, written(Book()) + b"more"])
def test_what_is_not_whole_is_no_book(data: bytes) -> None:
    with pytest.raises(Damaged):
        read(data)


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shelf.save(elsewhere, BOOK)
    (tmp_path / shelf.NAME).symlink_to(elsewhere / shelf.NAME)
    book, trouble = shelf.load(tmp_path)
    assert book == Book()
    assert trouble


async def test_a_damaged_file_is_a_flag_and_nobody_is_locked_out(tmp_path: Path) -> None:
    async with somebody(tmp_path) as people:
        await people.account("Ada Moreno", "administrator")
        await people.account("Bo Ling", "staff")
    cut(tmp_path / shelf.NAME, 50)
    async with somebody(tmp_path) as again:
        assert again.conditions == [("accounts_damaged", True)]
        assert again.registrar.named("Ada Moreno") is not None


async def test_a_full_disk_blocks_no_sign_in_and_no_revocation_and_is_caught_up_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "PATIENCE_S", 0.05)
    async with somebody(tmp_path, again_s=0.02) as people:
        signed, secret = await people.session("Bo Ling", "staff"), await people.token("sign", "device")
        monkeypatch.setattr(shelf, "save", full)
        revoked = await people.registrar.revoke_token(BY, "sign")
        again = await people.signed_in("Bo Ling")
        assert not getattr(revoked, "durable")  # noqa: B009
        assert people.by_bearer(secret) is None
        assert people.by_cookie(again.cookie) is not None
        assert people.by_cookie(signed.cookie) is not None
        assert ("accounts_not_saved", True) in people.conditions
        monkeypatch.undo()
        while ("accounts_not_saved", False) not in people.conditions:
            await asyncio.sleep(0.01)
    async with somebody(tmp_path) as later:
        assert later.by_bearer(secret) is None
        assert later.by_cookie(again.cookie) is not None


async def test_a_start_on_a_full_disk_knows_its_people_and_one_without_any_still_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with somebody(tmp_path) as people:
        signed = await people.session("Ada Moreno", "administrator")
    monkeypatch.setattr(os, "fsync", full)
    async with somebody(tmp_path) as again:
        assert again.by_cookie(signed.cookie) is not None
    empty = tmp_path / "empty"
    empty.mkdir()
    async with somebody(empty) as new:
        assert new.needs_set_up
        assert shelf.read_code(empty) == ""


async def test_a_disk_that_hangs_holds_up_neither_the_loop_nor_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = threading.Event()
    monkeypatch.setattr(shelf, "save", lambda *_: held.wait(90))
    monkeypatch.setattr(keeper, "PATIENCE_S", 0.05)
    kept = Keeper(tmp_path, lambda *_: None)
    await kept.load()
    assert await kept.keep(BOOK) is False
    assert kept.book == BOOK
    await kept.close(0.05)
    held.set()


async def test_while_the_disk_does_not_give_the_file_nothing_is_written_over_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with somebody(tmp_path) as people:
        await people.account("Ada Moreno", "administrator")
    held, load = threading.Event(), shelf.load

    def hanging(store: Path) -> tuple[Book, str]:
        held.wait(30)
        return load(store)

    monkeypatch.setattr(shelf, "load", hanging)
    slow = Someone(tmp_path)
    loading = asyncio.ensure_future(slow.load())
    assert slow.by_cookie("x") is None
    assert not slow.needs_set_up
    signing = asyncio.ensure_future(slow.sign_in("Ada Moreno", PASSWORD, "", HERE))
    refused = await slow.registrar.add(BY, "Bo Ling", "staff", PASSWORD)
    assert refused == "accounts_not_read"
    assert why(await signing) == "wait"
    held.set()
    await loading
    assert (await slow.signed_in("Ada Moreno")).name == "Ada Moreno"
    await slow.close()


async def test_changes_that_come_while_one_is_written_go_with_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[Book] = []
    save = shelf.save

    def counting(store: Path, book: Book) -> None:
        saved.append(book)
        save(store, book)

    monkeypatch.setattr(shelf, "save", counting)
    kept = Keeper(tmp_path, lambda *_: None)
    await kept.load()
    books = [OTHER.with_account(Account(f"account:{one}", str(one), "staff", "$")) for one in range(50)]
    assert all(await asyncio.gather(*(kept.keep(book) for book in books)))
    assert saved[-1] == books[-1]
    assert len(saved) < 10
    assert shelf.load(tmp_path) == (books[-1], "")
