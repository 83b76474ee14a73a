"""Accounts as a school lives with them: the first administrator, a token, somebody who leaves, a lockdown and a restart."""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.flow.browser import Browser
from tests.flow.rig import School, flags, running
from tests.flow.school import school
from tests.flow.waiting import wait_for

PASSWORD = "seven blue herons at dawn"
ADA, BO = "Ada Moreno", "Bo Ling"
ACCEPTED = "campus/button/pb-native/accepted"
LIVE = "/api/v1/campus"


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("people")
    with running(folder, partial(school, folder)) as here:
        wait_for("the page", lambda: here.health("healthz") == 200)
        yield here


@pytest.fixture
def browser(campus: School) -> Browser:
    return Browser(campus.tree["web"]["listen"])


def said_secret(campus: School, *arguments: str) -> list[str]:
    """What a verb of `user` or `token` shows once."""
    done = campus.cli(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)["data"]["secret"]
    return found


def add(campus: School, name: str, role: str) -> None:
    file = campus.folder / "password"
    file.write_text(PASSWORD + "\n")
    done = campus.cli("user", "add", name, "--role", role, "--password-file", str(file))
    assert done.returncode == 0, done.stderr


def test_a_new_box_is_set_up_with_the_code_from_its_file_and_with_nothing_else(
    campus: School, browser: Browser
) -> None:
    file = campus.store / "set-up-code"
    assert (file.stat().st_mode & 0o777) == 0o600
    code = file.read_text().strip()
    form = {"name": ADA, "password": PASSWORD, "again": PASSWORD}
    assert browser.get(LIVE).status == 401
    assert browser.sign_in("admin", "admin").status == 422
    assert browser.send("/set-up", {**form, "code": "000000-000000"}).status == 422

    made = browser.send("/set-up", {**form, "code": code})

    assert made.status == 200
    codes = re.findall(r"<code>([A-Z2-9-]{11})</code>", made.body.decode())
    assert len(set(codes)) == 10
    wait_for("the code's file is gone", lambda: not file.exists())
    assert browser.send("/set-up", {**form, "name": BO, "code": code}).status == 409
    signed = browser.sign_in(ADA, PASSWORD, codes[0])
    assert (signed.status, signed.location) == (303, "/")
    assert "HttpOnly" in signed.cookie
    assert "SameSite=Strict" in signed.cookie
    assert browser.get(LIVE).status == 200
    left = {path.name: path.read_bytes() for path in campus.store.glob("*") if path.is_file()}
    left["daemon.log"] = campus.log.encode()
    shown = {
        PASSWORD.encode(),
        code.encode(),
        *(one.encode() for one in codes),
        browser.cookie.partition("=")[2].encode(),
    }
    assert [name for name, data in left.items() for secret in shown if secret in data] == []
    kinds = [row["kind"] for row in campus.rows("account.added", "session.opened", "sign_in.failed")]
    assert "account.added/1" in kinds
    assert "session.opened/1" in kinds
    assert kinds.count("sign_in.failed/1") >= 2


def test_a_token_that_is_revoked_is_nobodys_wait_for(campus: School) -> None:
    made = ("token", "create", "--name", "sign", "--role", "device", "--expires", "1d")
    (secret,) = said_secret(campus, *made)
    program = Browser(campus.tree["web"]["listen"], token=secret)
    assert program.get(LIVE).status == 200
    release = {"doors": ["tcp-1"], "reason": "x"}
    assert program.post("/api/v1/incidents/inc-1/release", release).status in (401, 403)

    assert campus.cli("token", "revoke", "sign").returncode == 0

    assert program.get(LIVE).status == 401


def test_somebody_who_is_disabled_is_out_at_once_and_cannot_come_back(
    campus: School, browser: Browser
) -> None:
    add(campus, BO, "staff")
    assert browser.sign_in(BO, PASSWORD).status == 303
    assert browser.get(LIVE).status == 200

    assert campus.cli("user", "disable", BO).returncode == 0

    assert browser.get(LIVE).status == 401
    assert browser.sign_in(BO, PASSWORD).status == 422


def test_a_restart_in_the_middle_of_a_lockdown_signs_nobody_out_and_release_asks_again(
    campus: School, browser: Browser
) -> None:
    add(campus, "Cy Prus", "administrator")
    codes = said_secret(campus, "user", "codes", "Cy Prus")
    assert browser.sign_in("Cy Prus", PASSWORD).status == 303
    assert campus.ask({"do": "press", "button": "pb-native", "kind": "real"})["ok"]
    incident = campus.until_secured()["incidents"][0]["id"]

    campus.restart()
    wait_for("the page", lambda: campus.health("healthz") == 200)

    assert browser.get(LIVE).status == 200
    release = {"doors": ["tcp-1"], "reason": "police are through"}
    refused = browser.post(f"/api/v1/incidents/{incident}/release", release)
    assert refused.status in (401, 403)
    assert campus.devices.locked("tcp-1")
    assert _released(campus, codes.pop()) == 0
    campus.until_at_rest("tcp-1")
    assert _released(campus, codes[0], "tcp-2") == 0
    assert _released(campus, codes[0], "tcp-2") == 1
    released = campus.rows("doors.ordered")[-1]
    (opened,) = campus.rows("release.opened")[-1:]
    assert released["actor"] == opened["actor"]
    assert released["actor"].startswith("account:")
    campus.close("tcp-1", "tcp-2")


def test_a_release_session_outlasts_a_close_and_ends_when_another_incident_starts(
    campus: School, browser: Browser
) -> None:
    add(campus, "Eve Adams", "administrator")
    codes = said_secret(campus, "user", "codes", "Eve Adams")
    assert browser.sign_in("Eve Adams", PASSWORD).status == 303
    assert campus.ask({"do": "press", "button": "pb-native", "kind": "real"})["ok"]
    campus.until_secured()
    assert browser.post("/api/v1/incidents/x/close", {"reason": "over"}).json["code"] == "second_factor"
    assert browser.send("/release/open", {"code": codes[0]}).location == "/release"

    assert campus.cli_close("over").returncode == 0
    assert browser.post("/api/v1/doors/tcp-1/unlock", {"reason": "over"}).status == 200
    assert campus.ask({"do": "press", "button": "pb-native", "kind": "real"})["ok"]
    incident = campus.until_secured()["incidents"][0]["id"]

    refused = browser.post("/api/v1/doors/tcp-2/unlock", {"reason": "before the second one"})
    assert (refused.status, refused.json["code"]) == (403, "no_release_session")
    assert campus.devices.locked("tcp-2")
    assert browser.post(f"/api/v1/incidents/{incident}/close", {"reason": "over"}).status == 200
    assert browser.send("/release/open", {"code": codes[1]}).location == "/release"
    for door in ("tcp-1", "tcp-2"):
        assert browser.post(f"/api/v1/doors/{door}/unlock", {"reason": "over"}).status == 200
    campus.until_at_rest("tcp-1", "tcp-2")


def test_a_flood_of_sign_ins_costs_no_press_and_shuts_nobody_out(campus: School, browser: Browser) -> None:
    add(campus, "Di Amond", "staff")
    listen, stop = campus.tree["web"]["listen"], threading.Event()
    answers: Counter[int] = Counter()

    def flood(number: int) -> None:
        guesser = Browser(listen)
        while not stop.is_set():
            answers[guesser.sign_in(f"guess {number} {answers.total()}", "guess guess").status] += 1

    guessers = [threading.Thread(target=flood, args=(one,)) for one in range(8)]
    for one in guessers:
        one.start()
    try:
        wait_for("the flood runs", lambda: answers.total() > 8)
        with campus.broker.listening(ACCEPTED) as listener:
            campus.broker.press("pb-native", "hold", "in-a-flood-of-sign-ins")
            listener.until(ACCEPTED)
        campus.until_secured()
        # From the same address as the flood: it waits its turn, and is let in.
        wait_for("Di Amond is in", lambda: browser.sign_in("Di Amond", PASSWORD).status == 303)
    finally:
        stop.set()
        for one in guessers:
            one.join()
    assert set(answers) == {422}
    wait_for(
        "every failed try is in the record",
        lambda: sum(row["data"]["tries"] for row in campus.rows("sign_in.failed")) >= answers.total(),
    )
    campus.close(*(door for door in ("gym", "osdp-1", "rtu-1", "tcp-1", "tcp-2") if door in _doors(campus)))


def _doors(campus: School) -> set[str]:
    return {one["id"] for one in campus.status()["doors"]}


def _released(campus: School, code: str, door: str = "tcp-1") -> int:
    """The exit code of `campus-edge release`, the code in a file."""
    file = Path(campus.folder / "one-code")
    file.write_text(code + "\n")
    who = ("--user", "Cy Prus", "--code-file", str(file))
    return campus.cli("release", door, "--reason", "police are through", *who).returncode


def test_a_box_whose_accounts_are_gone_says_so_and_is_recovered_with_its_code(
    campus: School, browser: Browser
) -> None:
    """The last of these journeys: both files are deleted between two starts."""
    campus.end()
    for name in ("people.json", "people.before.json"):
        (campus.store / name).unlink(missing_ok=True)
    campus.start()
    wait_for("the page", lambda: campus.health("healthz") == 200)

    wait_for("the flag", lambda: "accounts_gone" in flags(campus.status()))
    assert b"This box had accounts, and they are gone." in browser.get("/set-up").body
    file = campus.store / "set-up-code"
    form = {
        "name": ADA,
        "password": PASSWORD,
        "again": PASSWORD,
        "code": wait_for("a code", lambda: read(file)),
    }
    assert browser.send("/set-up", form).status == 200
    wait_for("the flag is gone", lambda: "accounts_gone" not in flags(campus.status()))
    assert [row["data"]["code"] for row in campus.rows("flag.raised")].count("accounts_gone") == 1


def read(file: Path) -> str:
    return file.read_text().strip() if file.exists() else ""
