"""The page's API while the disk answers nothing: the live picture stands, and lists say what they are."""

from collections.abc import AsyncIterator, Generator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from edge.config.pack_rights import shipped_rights
from edge.control.desk import Make, Reply
from edge.journal.writer import JournalRefused
from edge.people.book import Book
from edge.people.caller import Caller
from edge.snapshot import in_bites, snapshot
from edge.web.application import application
from edge.web.routes import ROUTES
from edge.web.shared import Shared
from rules.model.ids import Actor, IncidentId
from tests.edge.campus import BOX, D1, INCIDENT, NOON, PLAN, locked_down

AS_TOKEN = {"Authorization": "Bearer x"}


class Anybody:
    """One program with every right."""

    class registrar:
        """Nobody has an account."""

        book = Book()

    def by_bearer(self, token: str) -> Caller:
        return Caller(Actor("token:x"), "administrator", "token")


class OnPaper:
    """An office whose disk hangs: nothing is read, and what is done is not durable."""

    rights = shipped_rights()
    people = Anybody()
    plan = PLAN
    state = locked_down({D1: "secured"})
    timezone = "America/Chicago"

    def snapshot(self) -> dict[str, Any]:
        return snapshot(self.plan, self.state, NOON, BOX)

    def picture(self) -> Generator[None, None, dict[str, Any]]:
        return in_bites(self.plan, self.state, NOON, BOX)

    async def submit(self, actor: Actor, make: Make) -> Reply:
        return Reply(True, incident=IncidentId("inc-2"), durable=False)

    async def views(self, what: object) -> Any:
        raise JournalRefused("the views do not answer")

    async def events(self, after: object, limit: int) -> Any:
        raise JournalRefused("the journal's disk does not answer")

    def hurried(self) -> bool:
        return False

    def on_committed(self, told: object) -> Any:
        return lambda: None

    def metrics(self) -> dict[str, Any]:
        return dict.fromkeys(
            (
                "reflex",
                "routine",
                "shed",
                "longest_s",
                "loop_longest_s",
                "loop_over",
                "journal_waiting",
                "views_waiting",
                "tasks",
            ),
            0,
        )


@pytest.fixture
async def client() -> AsyncIterator["TestClient[Any, Any]"]:
    app = application(Shared(OnPaper()), ROUTES, tls=False)  # type: ignore[arg-type]
    async with TestClient(TestServer(app)) as made:
        yield made


@pytest.mark.parametrize(
    "noun", ["campus", "doors", f"doors/{D1}", "buttons", "inputs", "controllers", "flags"]
)
async def test_the_live_picture_stands(client: "TestClient[Any, Any]", noun: str) -> None:
    assert (await client.get(f"/api/v1/{noun}", headers=AS_TOKEN)).status == 200


async def test_live_incidents_are_listed_and_the_answer_says_that_history_is_away(
    client: "TestClient[Any, Any]",
) -> None:
    listed = await (await client.get("/api/v1/incidents", headers=AS_TOKEN)).json()
    assert [one["id"] for one in listed["items"]] == [INCIDENT]
    assert listed["history"] is False


async def test_a_live_incident_is_shown_with_its_ledger_from_memory(client: "TestClient[Any, Any]") -> None:
    whole = await (await client.get(f"/api/v1/incidents/{INCIDENT}", headers=AS_TOKEN)).json()
    assert [one["door"] for one in whole["ledger"]] == [D1]
    assert (whole["ledger_from"], whole["timeline"], whole["presses"]) == ("memory", None, None)


@pytest.mark.parametrize(
    "noun", ["events", "events/stream", "incidents/inc-old", f"incidents/{INCIDENT}/timeline"]
)
async def test_what_only_the_disk_knows_is_told_to_come_again(
    client: "TestClient[Any, Any]", noun: str
) -> None:
    answer = await client.get(f"/api/v1/{noun}", headers=AS_TOKEN)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "5"
    assert (await answer.json())["code"] == "no_history"


async def test_a_start_is_done_and_the_answer_says_that_it_is_not_on_disk(
    client: "TestClient[Any, Any]",
) -> None:
    said = {"response": "lockdown", "zones": ["hs"], "kind": "real"}
    done = await client.post("/api/v1/incidents", json=said, headers=AS_TOKEN)
    assert done.status == 200
    assert await done.json() == {"durable": False, "words": "Done.", "incident": "inc-2"}
