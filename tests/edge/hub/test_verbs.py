"""`campus-edge hub …`: what a person at the district types, and what they are told."""

import json
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from edge.journal.keys import SigningKey
from tests.edge.hub.journals import Chain
from tests.edge.hub.served import Box, Hub, campus_edge
from tests.flow.postgres import Postgres


@pytest.fixture(scope="module")
def hub(postgres: Postgres, made: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    running = Hub(postgres.database(made), tmp_path_factory.mktemp("hub"))
    yield running
    assert running.end() == 0


def test_a_token_goes_into_a_file_that_nobody_else_reads(hub: Hub, tmp_path: Path) -> None:
    said = hub.run("enrol", "file-campus", "--name", "By the river", "--out", str(tmp_path / "token"))

    token = (tmp_path / "token").read_text().strip()
    assert token.startswith("ce1.")
    assert token not in said
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_a_token_on_standard_output_is_alone_there(hub: Hub) -> None:
    ended = hub.tried("enrol", "pipe-campus", code=0)

    assert ended.stdout.startswith("ce1.")
    assert len(ended.stdout.splitlines()) == 1
    assert "shown once" in ended.stderr


async def test_a_fork_is_listed_and_cleared_by_a_named_person(hub: Hub) -> None:
    token = hub.run("enrol", "forked", "--name", "Two histories").strip()
    ours = Chain("forked").grow(9)
    theirs = ours.copy(6)
    theirs.add(data={"another": "history"})
    async with ClientSession() as session:
        box = Box(session, hub, token, "forked")
        await box.send(ours)
        await box.send(theirs)

    (alarm,) = [one for one in json.loads(hub.run("alarms", "--json")) if one["campus"] == "forked"]
    assert (alarm["what"], alarm["seq"], alarm["epoch"]) == ("fork", 7, ours.epoch)
    assert "HALTED: fork" in hub.run("campuses")
    assert "Another event came as number 7" in " ".join(hub.run("alarms").split())
    hub.run(
        "clear", "forked", str(alarm["number"]), "--by", "Dana", "--reason", "the old box was switched on"
    )
    assert "HALTED" not in hub.run("campuses")
    shown = " ".join(hub.run("alarms", "--all").split())
    assert "Cleared by Dana: the old box was switched on" in shown
    refused = hub.tried("clear", "forked", str(alarm["number"]), "--by", "Dana", "--reason", "again", code=1)
    assert "hub alarms" in refused.stderr


async def test_a_campus_is_listed_with_when_it_was_last_heard(hub: Hub) -> None:
    token = hub.run("enrol", "heard-campus").strip()
    hub.run("enrol", "silent-campus")
    async with ClientSession() as session:
        await Box(session, hub, token, "heard-campus").send(Chain("heard-campus").grow(7))
    assert hub.end() == 0  # at its end a process notes what it heard
    hub.start()

    listed = {one["campus"]: one for one in json.loads(hub.run("campuses", "--json"))}

    assert listed["heard-campus"]["events"] == 7
    assert listed["heard-campus"]["heard"] is not None
    assert listed["silent-campus"]["heard"] is None
    assert "never" in hub.run("campuses")


def test_what_cannot_be_done_says_why(hub: Hub, tmp_path: Path) -> None:
    for words, code, said in (
        (("revoke", "nobody"), 1, "No campus nobody"),
        (("enrol", "Not A Slug"), 2, "lower-case"),
        (("enrol", "north", "--certificate", str(tmp_path / "none.pem")), 78, "cannot be read"),
        (("directive", "nobody", "roster.changed/1"), 1, "No campus nobody"),
        (("directive", "pipe-campus", "roster"), 2, "a version"),
        (("directive", "pipe-campus", "roster.changed/1", "--expires", "soon"), 2, "--expires"),
        (
            ("directive", "pipe-campus", "roster.changed/1", "--args", str(tmp_path / "none")),
            2,
            "cannot be read",
        ),
        (("enrol", "north", "--keys", str(tmp_path / "another-hub")), 78, "signing key"),
        (("campuses", "--database", hub.url + "_which_is_not_there"), 1, "does not exist"),
    ):
        assert said in hub.tried(*words, code=code).stderr


def test_it_does_not_listen_to_a_network_without_tls_nor_begin_without_a_database(tmp_path: Path) -> None:
    for words, code, said in (
        (("--listen", "0.0.0.0:0"), 78, "only by TLS"),
        (("--listen", "127.0.0.1:0", "--client-ca", "ca.pem"), 2, "--certificate"),
        (("--database", "mysql://x"), 2, "postgresql://"),
        (
            ("--database", "postgresql://hub@127.0.0.1:9/none", "--listen", "127.0.0.1:0"),
            1,
            "Is PostgreSQL there",
        ),
        (("--certificate", "none.pem"), 78, "none.pem"),
        (("--processes", "0"), 2, "1 to 64"),
    ):
        given = ("--database", "postgresql://hub@127.0.0.1:9/none") if "--database" not in words else ()
        ended = subprocess.run(
            campus_edge("hub", "--keys", str(tmp_path / "keys"), *given, *words),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ended.returncode == code, (words, ended.stderr)
        assert said in ended.stderr


def test_a_checkpoint_key_is_enrolled_beforehand(hub: Hub, box_key: SigningKey, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(box_key.public_pem)

    assert hub.run("enrol", "keyed", "--checkpoint-key", str(tmp_path / "key.pem")).startswith("ce1.")
    (tmp_path / "key.pem").write_text("no key")
    assert "PEM" in hub.tried("enrol", "keyed", "--checkpoint-key", str(tmp_path / "key.pem"), code=78).stderr
