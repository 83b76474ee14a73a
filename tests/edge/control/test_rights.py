"""What the socket asks the table of rights for, and that a release asks for a person and their code as well."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import pytest

from edge.control.client import ask
from edge.control.path import NAME
from edge.control.requests import Request, parse
from edge.control.rights import ROLE, right_of
from edge.control.server import ControlServer
from edge.people.totp import STEP_S, code_at
from rules.model.account_facts import AccountAdded, ReleaseOpened
from rules.model.events import CloseAsked, ReleaseAsked
from rules.rights import RIGHTS, RightsTable
from tests.edge.campus import D1
from tests.edge.control.desks import PaperDesk
from tests.edge.people.someone import PASSWORD, Someone

REASON = {"reason": "over"}
REQUESTS: dict[str, list[dict[str, Any]]] = {
    "look": [
        {"do": "status"},
        {"do": "status", "watch": True},
        {"do": "firmware"},
        {"do": "rules"},
        {"do": "map", "what": "levels"},
    ],
    "start": [
        {"do": "press", "button": "pb-101", "kind": "real"},
        {"do": "start", "response": "lockdown", "kind": "real"},
        {"do": "detection", "number": 1, "answer": "confirm"},
    ],
    "start-drill": [
        {"do": "press", "button": "pb-101", "kind": "drill"},
        {"do": "press", "button": "pb-101", "kind": "exercise"},
        {"do": "start", "response": "lockdown", "kind": "drill"},
        {"do": "start", "response": "evacuate", "kind": "exercise", "change": True},
        {"do": "drill", "verb": "end", "drill": "drill-1", "asked": {}},
        {"do": "tabletop", "verb": "list"},
    ],
    "walk-test": [
        {"do": "press", "button": "pb-101", "kind": "test"},
        {"do": "walk-test", "buttons": ["pb-101"], "minutes": 5, "person": "Kim"},
    ],
    "selftest": [{"do": "selftest"}, {"do": "dry-run"}],
    "measure": [
        {"do": "measure", "code": "door_stale", "subject": "a-101", "until_us": 1, **REASON},
        {"do": "measure", "code": "door_stale", "subject": "a-101"},
    ],
    "acknowledge": [{"do": "answer", "press": 1, "answer": "start"}],
    "dismiss": [
        {"do": "answer", "press": 1, "answer": "dismiss", **REASON},
        {"do": "detection", "number": 1, "answer": "dismiss", **REASON},
    ],
    "lock": [{"do": "lock", "doors": ["a-101"], **REASON}],
    "release": [{"do": "release", "doors": ["a-101"], "user": "Ada", "code": "123456", **REASON}],
    "close": [
        {"do": "close"},
        {"do": "start", "response": "evacuate", "kind": "real", "change": True, **REASON},
    ],
    "configure": [
        {"do": "leave-safe-mode"},
        {"do": "import-bundle", "kind": "cve", "file": "/x"},
        {"do": "book-ask", "verb": "of-nobody", "asked": {}},
        {"do": "book-read", "query": "of-nobody"},
    ],
    "record": [{"do": "verify-journal"}, {"do": "rows"}, {"do": "drills"}],
    "report": [{"do": "book-ask", "verb": "ticket.open", "asked": {"said": []}}],
    "read-tickets": [{"do": "book-read", "query": "tickets", "asked": {}}],
    "work-tickets": [{"do": "book-ask", "verb": "ticket.change", "asked": {"ticket": 1, "said": []}}],
    "inspect": [{"do": "book-ask", "verb": "inspection.sign", "asked": {"asset": "a"}}],
    "coordinate": [
        *({"do": "post", "verb": one} for one in ("show", "task", "add", "role")),
        {"do": "statements"},
    ],
    "speak": [{"do": "statement", "number": 1, "answer": "approved"}],
    "respond": [{"do": "post", "verb": "responder", "name": "Kim"}],
    "report-room": [{"do": "post", "verb": "room"}],
    "export": [{"do": "export", "incident": "inc-1"}],
    "assets": [{"do": "book", "query": "assets"}, {"do": "map", "what": "differences"}],
    "assets-write": [
        {"do": "import-assets", "file": "import-0123456789abcdef.csv"},
        {"do": "import-floorplan", "file": "import-0123456789abcdef.plan"},
        {"do": "drop-floorplan", "level": "floor-1"},
        {"do": "book-ask", "verb": "asset.replace", "asked": {"asset": "a-101", "serial": "S-2"}},
    ],
    "people": [
        {"do": "people", "what": "users"},
        {"do": "user", "verb": "add", "name": "Ada", "role": "administrator", "password": PASSWORD},
        {"do": "token", "verb": "create", "name": "sign", "role": "device"},
    ],
}
EVERY = [(right, request) for right, requests in REQUESTS.items() for request in requests]


@pytest.fixture
def desk() -> PaperDesk:
    return PaperDesk()


@pytest.fixture
async def path(tmp_path: Path, desk: PaperDesk) -> AsyncIterator[Path]:
    server = ControlServer(tmp_path / NAME, desk, watch_every_s=0.01)
    desk.people = desk.someone = Someone(tmp_path)
    await desk.people.load()
    await server.start()
    yield tmp_path / NAME
    await server.stop()
    await desk.people.close()


async def asked(path: Path, request: dict[str, Any]) -> dict[str, Any]:
    return await asyncio.to_thread(ask, path, request)


def test_every_request_stands_here() -> None:
    tags = {one.__struct_config__.tag for one in get_args(Request)}
    assert {request["do"] for _, request in EVERY} == tags


@pytest.mark.parametrize(("right", "request_"), EVERY)
async def test_a_request_is_refused_without_its_right_and_nothing_is_done(
    path: Path, desk: PaperDesk, right: str, request_: dict[str, Any]
) -> None:
    assert right_of(parse(line(request_))) == right
    desk.rights = RightsTable(1, {ROLE: frozenset(RIGHTS) - {right}})

    reply = await asked(path, request_)

    assert (reply["ok"], reply["code"], reply["args"]) == (False, "no_right", {"right": right})
    assert not desk.asked
    assert not desk.someone.facts


@pytest.mark.parametrize("answer", ["confirm", "dismiss"])
async def test_a_report_is_judged_only_by_who_may_see_it_too(
    path: Path, desk: PaperDesk, answer: str
) -> None:
    desk.rights = RightsTable(1, {ROLE: frozenset(RIGHTS) - {"alerts"}})

    reply = await asked(path, {"do": "detection", "number": 1, "answer": answer, **REASON})

    assert (reply["code"], reply["args"], desk.asked) == ("no_right", {"right": "alerts"}, [])
    assert "detections" not in (await asked(path, {"do": "status"}))["data"]


async def test_a_table_without_the_role_denies_everything(path: Path, desk: PaperDesk) -> None:
    desk.rights = RightsTable(1, {})
    for _, request in EVERY:
        assert (await asked(path, request))["code"] == "no_right"


async def test_a_release_without_a_person_and_code_opens_nothing(path: Path, desk: PaperDesk) -> None:
    for more in ({}, {"user": "Ada Moreno"}, {"code": "123456"}):
        reply = await asked(path, {"do": "release", "doors": ["a-101"], **REASON, **more})
        assert (reply["ok"], reply["code"]) == (False, "factor_needed")
    assert not desk.asked


async def test_a_printed_code_releases_once_and_the_record_says_by_whom(path: Path, desk: PaperDesk) -> None:
    account = await desk.someone.account("Ada Moreno", "administrator")
    code, *_ = await desk.someone.codes("Ada Moreno")
    release = {"do": "release", "doors": ["a-101"], "user": "Ada Moreno", "code": code, **REASON}

    assert (await asked(path, release))["ok"]
    again = await asked(path, release)

    assert (again["ok"], again["code"]) == (False, "factor_wrong")
    assert desk.actors == [account]
    assert isinstance(desk.asked[0], ReleaseAsked)
    assert desk.asked[0].doors == (D1,)
    (opened,) = [fact for fact, _, _ in desk.someone.facts if isinstance(fact, ReleaseOpened)]
    assert (opened.account, opened.factor, opened.seconds) == (account, "code", 0)
    assert opened.session.startswith("socket:")


async def test_a_code_of_now_releases_too_and_not_twice(path: Path, desk: PaperDesk) -> None:
    account = await desk.someone.account("Ada Moreno", "administrator")
    made = await asked(path, {"do": "user", "verb": "totp", "name": "Ada Moreno"})
    step = desk.someone.now_at.utc_us // 1_000_000 // STEP_S
    code = code_at(made["data"]["secret"][0], step)
    release = {"do": "release", "doors": ["a-101"], "user": "Ada Moreno", "code": code, **REASON}

    assert (await asked(path, release))["ok"]
    assert (await asked(path, release))["code"] == "factor_wrong"

    assert desk.actors == [account]
    (opened,) = [fact for fact, _, _ in desk.someone.facts if isinstance(fact, ReleaseOpened)]
    assert opened.factor == "totp"


async def test_an_unknown_door_is_told_before_a_code_is_used_up(path: Path, desk: PaperDesk) -> None:
    await desk.someone.account("Ada Moreno", "administrator")
    code, *_ = await desk.someone.codes("Ada Moreno")
    release = {"do": "release", "doors": ["a-999"], "user": "Ada Moreno", "code": code, **REASON}

    assert (await asked(path, release))["code"] == "unknown_door"
    assert (await asked(path, {**release, "doors": ["a-101"]}))["ok"]


async def test_a_person_without_the_right_releases_nothing_with_whatever_code(
    path: Path, desk: PaperDesk
) -> None:
    await desk.someone.account("Bo Ling", "staff")
    code, *_ = await desk.someone.codes("Bo Ling")
    release = {"do": "release", "doors": ["a-101"], "user": "Bo Ling", "code": code, **REASON}

    assert (await asked(path, release))["code"] == "factor_no_right"
    assert not desk.asked


async def test_a_person_without_a_code_is_told_how_to_get_one(path: Path, desk: PaperDesk) -> None:
    await desk.someone.account("Ada Moreno", "administrator")
    release = {"do": "release", "doors": ["a-101"], "user": "Ada Moreno", "code": "123456", **REASON}

    reply = await asked(path, release)

    assert reply["code"] == "factor_no_factor"
    assert "user codes" in reply["words"]


async def test_guessing_codes_has_to_wait(path: Path, desk: PaperDesk) -> None:
    await desk.someone.account("Ada Moreno", "administrator")
    await desk.someone.codes("Ada Moreno")
    release = {"do": "release", "doors": ["a-101"], "user": "Ada Moreno", "code": "123456", **REASON}
    for _ in range(4):
        assert (await asked(path, release))["code"] == "factor_wrong"

    reply = await asked(path, release)

    assert (reply["code"], reply["args"]["seconds"]) == ("factor_wait", 1)


@pytest.mark.parametrize(("rights", "silent"), [(RIGHTS, True), (set(RIGHTS) - {"look-duress"}, False)])
async def test_close_reaches_silent_incidents_only_with_the_right_to_look_at_them(
    path: Path, desk: PaperDesk, rights: Any, silent: bool
) -> None:
    desk.rights = RightsTable(1, {ROLE: frozenset(rights)})

    await asked(path, {"do": "close", "incident": "inc-7"})

    event = desk.asked[0]
    assert isinstance(event, CloseAsked)
    assert (event.incident, event.silent) == ("inc-7", silent)


async def test_accounts_and_tokens_are_made_listed_and_ended(path: Path, desk: PaperDesk) -> None:
    add = {"do": "user", "verb": "add", "name": "Ada Moreno", "role": "staff", "password": PASSWORD}
    made = await asked(path, add)
    token = await asked(
        path, {"do": "token", "verb": "create", "name": "Sign", "role": "device", "expires_utc_s": 2**32}
    )

    (user,) = (await asked(path, {"do": "people", "what": "users"}))["data"]
    (program,) = (await asked(path, {"do": "people", "what": "tokens"}))["data"]
    assert (made["ok"], made["durable"], user["id"], user["role"]) == (
        True,
        True,
        made["data"]["id"],
        "staff",
    )
    assert (program["name"], program["role"], program["expires_utc_s"]) == ("Sign", "device", 2**32)
    (secret,) = token["data"]["secret"]
    assert desk.people.by_bearer(secret) is not None
    assert isinstance(desk.someone.facts[0][0], AccountAdded)
    assert desk.someone.facts[0][2].startswith("socket:")
    assert PASSWORD not in repr((user, program))

    assert (await asked(path, {"do": "token", "verb": "revoke", "name": "sign"}))["ok"]
    assert desk.people.by_bearer(secret) is None


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"do": "user", "verb": "add", "name": "Ada", "role": "king", "password": PASSWORD}, "bad_role"),
        (
            {"do": "user", "verb": "add", "name": "Ada", "role": "kiosk", "password": PASSWORD},
            "bad_role",
        ),
        ({"do": "user", "verb": "add", "name": "", "role": "staff", "password": PASSWORD}, "bad_name"),
        (
            {"do": "user", "verb": "add", "name": "Ada", "role": "staff", "password": "short"},
            "password_short",
        ),
        ({"do": "user", "verb": "disable", "name": "Ada"}, "unknown_user"),
        ({"do": "user", "verb": "totp", "name": "Ada"}, "unknown_user"),
        ({"do": "token", "verb": "revoke", "name": "sign"}, "unknown_token"),
        (
            {"do": "token", "verb": "create", "name": "s", "role": "device", "expires_utc_s": 1},
            "bad_expiry",
        ),
    ],
)
async def test_what_cannot_be_is_refused_with_a_sentence(
    path: Path, desk: PaperDesk, request_: dict[str, Any], code: str
) -> None:
    reply = await asked(path, request_)

    assert (reply["ok"], reply["code"]) == (False, code)
    assert "nothing was changed" in reply["words"]
    assert not desk.someone.facts


def test_no_secret_is_shown_where_a_request_is_printed() -> None:
    request = parse(line(REQUESTS["people"][1]))
    release = parse(line(REQUESTS["release"][0]))
    assert PASSWORD not in repr(request)
    assert "123456" not in repr(release)


def line(request: dict[str, Any]) -> bytes:

    return json.dumps(request).encode()
