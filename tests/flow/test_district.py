"""A campus and its district, all of it real: daemon, boards, broker, hub, PostgreSQL; the line between them cut and mended."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.hub import enrolment
from edge.hub.database import Database
from edge.journal.keys import load_or_make
from edge.journal.reader import Reader
from tests.edge.hub.rig import alarms, kept
from tests.edge.hub.served import Hub
from tests.flow.mosquitto import Document
from tests.flow.postgres import Postgres
from tests.flow.rig import School, flags, running
from tests.flow.school import school
from tests.flow.waiting import wait_for

CAMPUS = "flow-school"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    started = Postgres()
    yield started
    started.remove()


@pytest.fixture
def hub(postgres: Postgres, tmp_path: Path) -> Iterator[Hub]:
    (tmp_path / "hub").mkdir()
    started = Hub(postgres.database(), tmp_path / "hub")
    yield started
    started.end()


def asked(hub: Hub, what: Any) -> Any:
    """Something of the hub's database."""

    async def ask() -> Any:
        database = await Database.open(hub.url)
        try:
            return await what(database)
        finally:
            await database.close()

    return asyncio.run(ask())


def token_of(hub: Hub) -> str:
    made = asked(
        hub, lambda database: enrolment.enrol(database, load_or_make(hub.keys), CAMPUS, "Flow School")
    )
    return str(made.token)


def recorded(campus: School) -> list[str]:
    """Every event of the journal, as it was hashed; the daemon has ended."""
    with Reader.open(campus.store) as reader:
        return [bytes(body).decode() for _, _, body in reader.store.raw_after(0, 1_000_000)]


def standing(document: Document) -> Document:
    found: Document = document["appliance"]["district"]
    return found


def said(campus: School) -> str:
    """What `campus-edge status` prints, its lines unbroken."""
    return " ".join(campus.cli("status").stdout.split())


def whole(document: Document) -> bool:
    return bool(not standing(document)["trouble"] and standing(document)["waiting"] == 0)


def test_what_the_campus_recorded_through_a_lockdown_and_a_cut_line_is_what_the_district_holds(
    tmp_path: Path, hub: Hub
) -> None:
    secret = tmp_path / "token"
    secret.write_text(token_of(hub))
    secret.chmod(0o600)

    def made(port: int) -> Document:
        shares = [{"what": "devices", "party": "The district, A. Person", "date": "2026-08-14"}]
        district = {"url": hub.address, "token_file": str(secret), "shares": shares}
        return {**school(tmp_path / "campus", port), "district": district}

    with running(tmp_path / "campus", made) as campus:
        campus.until("the district has it", whole)
        wait_for("the command says so", lambda: "it has the whole record" in said(campus))

        # The line is cut, and the worst day comes.
        hub.end()
        campus.broker.press("pb-native", "hold", "cut-off")
        campus.until_secured("tcp-1", "tcp-2")
        now = campus.until("it is known", lambda now: standing(now)["trouble"] == "district_away")
        assert "district_away" not in flags(now)  # not for a line that was gone for some minutes
        assert "Nothing is lost." in said(campus)
        campus.restart()
        campus.close("tcp-1", "tcp-2")

        hub.start()
        campus.until("the district has it", whole)
        campus.end()
        mine = recorded(campus)
    theirs = [body for _, _, body in asked(hub, lambda database: kept(database, CAMPUS))]
    assert theirs == mine[: len(theirs)]
    assert len(theirs) >= len([one for one in mine if '"kind":"incident.closed/1"' in one]) > 0
    assert any('"kind":"incident.opened/1"' in one for one in theirs)
    assert asked(hub, lambda database: alarms(database, CAMPUS)) == []


def test_a_live_incident_is_at_the_district_while_it_lives(tmp_path: Path, hub: Hub) -> None:
    secret = tmp_path / "token"
    secret.write_text(token_of(hub))
    secret.chmod(0o600)

    def made(port: int) -> Document:
        return {
            **school(tmp_path / "campus", port),
            "district": {"url": hub.address, "token_file": str(secret)},
        }

    with running(tmp_path / "campus", made) as campus:
        campus.until("the district has it", whole)
        campus.broker.press("pb-native", "hold", "live")
        opened = campus.until_secured("tcp-1", "tcp-2")["incidents"][0]["id"]

        def at_the_hub() -> bool:
            held = [body for _, _, body in asked(hub, lambda database: kept(database, CAMPUS))]
            return any(f'"incident":"{opened}"' in one for one in held)

        wait_for("the district knows", at_the_hub)
        campus.until("the district has it", whole)


def test_the_help_desk_of_the_district_edits_a_ticket_and_the_campus_answers(
    tmp_path: Path, hub: Hub
) -> None:
    secret, pem = tmp_path / "token", tmp_path / "hub.pem"
    secret.write_text(token_of(hub))
    secret.chmod(0o600)
    pem.write_text(load_or_make(hub.keys).public_pem)

    def made(port: int) -> Document:
        shares = [{"what": "tickets", "party": "The district, A. Person", "date": "2026-08-14"}]
        its = {"url": hub.address, "token_file": str(secret), "hub_key_file": str(pem), "shares": shares}
        return {**school(tmp_path / "campus", port), "district": its}

    def directed(kind: str, args: Document) -> None:
        file = tmp_path / "args.json"
        file.write_text(json.dumps(args))
        hub.run("directive", CAMPUS, kind, "--args", str(file))

    def answers() -> list[Document]:
        held = [json.loads(body) for _, _, body in asked(hub, lambda database: kept(database, CAMPUS))]
        return [one["data"] for one in held if one["kind"] == "directive.answered/1"]

    with running(tmp_path / "campus", made) as campus:
        campus.until("the district has it", whole)
        done = campus.cli("ticket", "open", "The latch of 101 sticks", "--category", "door")
        assert done.returncode == 0, done.stdout + done.stderr
        held = [json.loads(body) for _, _, body in asked(hub, lambda database: kept(database, CAMPUS))]
        now_us = time.time_ns() // 1000
        edit = {
            "ticket": f"{CAMPUS}-1", "site": "district", "line": "hub-1", "number": 1, "field": "title",
            "value": "The latch of room 101 sticks, seen by the locksmith",
            "seen": [[held[-1]["epoch"], 1, held[-1]["seq"]]], "actor": "ana", "hlc": [now_us, 0],
        }  # fmt: skip
        directed("ticket.merge/1", {"operation": edit, "sent_us": now_us})
        directed("doors.unlock/1", {"doors": ["tcp-1"]})
        directed("ticket.merge/1", {"operation": {"ticket": 7}})

        wait_for("each was answered", lambda: len(answers()) == 3)
        assert [(one["number"], one["outcome"], one["code"]) for one in answers()] == [
            (1, "applied", ""),
            (2, "refused", "unknown_kind"),
            (3, "refused", "bad_request"),
        ]
        wait_for("it reads so", lambda: "seen by the locksmith" in campus.cli("tickets", "1").stdout)
        campus.restart()
        campus.until("the district has it", whole)
        assert len(answers()) == 3
