"""A campus's token is renewed at half of its life, and what IT wrote stays as it is."""

from pathlib import Path

import msgspec
import pytest

from edge.district import renewal
from edge.hub import access
from edge.hub.database import Database
from edge.journal.keys import load_or_make
from tests.edge.district.test_both_ends import token_of
from tests.edge.district.test_link import box, row
from tests.edge.hub.served import Hub

YEAR_S = 365 * 86_400


def token(folder: Path, since: int, until: int, campus: str = "campus") -> str:
    folder.mkdir(exist_ok=True)
    return access.token(load_or_make(folder), access.Claims(campus, "a" * 32, since, until))


def test_a_token_is_due_when_half_of_its_life_is_over(tmp_path: Path) -> None:
    made = token(tmp_path / "key", 1_000, 3_000)

    assert [renewal.due(made, now_s) for now_s in (1_500, 1_999, 2_000, 9_000)] == [False, False, True, True]
    assert not renewal.due("another.hub's", 1e12)


@pytest.mark.parametrize("kept", ["", "x", "a.b.c", "ce1.e30.x", "\xe4", "." * 10_000])
def test_what_is_no_token_is_never_used_in_place_of_what_is_configured(tmp_path: Path, kept: str) -> None:
    (tmp_path / renewal.NAME).write_text(kept)

    assert renewal.chosen(tmp_path, "configured", "campus") == "configured"


def test_of_two_the_later_one_counts_and_none_of_another_campus(tmp_path: Path) -> None:
    first, later = token(tmp_path / "key", 10, 90), token(tmp_path / "key", 20, 99)
    renewal.keep(tmp_path, later)

    assert renewal.chosen(tmp_path, first, "campus") == later
    assert renewal.chosen(tmp_path, token(tmp_path / "key", 30, 99), "campus") != later
    assert renewal.chosen(tmp_path, first, "other") == first


async def test_a_token_past_half_its_life_is_renewed_at_the_hub_and_the_old_one_ends(
    tmp_path: Path, hub: Hub
) -> None:
    issued = await token_of(hub)
    said = renewal.claims(issued)
    assert said is not None
    key = load_or_make(hub.keys)
    claims = access.read(issued, key.public_pem)
    old = access.token(
        key, msgspec.structs.replace(claims, since=claims.since - YEAR_S, until=claims.until - YEAR_S)
    )
    async with box(tmp_path / "store", hub.address, token=old) as campus:
        campus.enter(row(1))
        await campus.until(lambda: sum(campus.synced.values()) >= campus.entered)
        kept = tmp_path / "store" / "district" / renewal.NAME
        await campus.until(kept.exists)
        assert renewal.chosen(kept.parent, old, "campus") != old
    async with box(tmp_path / "store", hub.address, token=old) as campus:
        campus.entered = 2
        campus.enter(row(2))
        await campus.until(lambda: sum(campus.synced.values()) >= campus.entered)
    database = await Database.open(hub.url)
    async with database.of_district() as district:
        ended = await district.fetchval(
            "SELECT revoked IS NOT NULL FROM token WHERE serial = $1", claims.serial
        )
    await database.close()
    assert ended
