"""Browsers left open in rooms: taken over by a response in their zone, a drill said first; what they drew and answered.

Real Chromium at the width of a phone and of a board, with script and without.
"""

import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect

from tests.flow.browser import Browser
from tests.flow.chromium import chromium
from tests.flow.rig import School, running
from tests.flow.school import native, office, school
from tests.flow.waiting import wait_for

ROOMS = ["101", "102"]
PHONE, BOARD = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("screens")

    def made(port: int) -> dict[str, Any]:
        buttons = [
            native("pb-native"),
            native("pb-duress", {"single": "duress", "hold": "lockdown"}),
            office(),
        ]
        tree = school(folder, port, outputs=True, buttons=buttons)
        tried = {"driver": "screens", "commissioned": "2026-08-14"}
        tree["outputs"] += [
            {"id": "screens", "zone": "a-1", "rooms": ROOMS, **tried},
            {"id": "hall", "zone": "b", **tried},
        ]
        return tree

    with running(folder, made) as here:
        wait_for("the page", lambda: here.health("healthz") == 200)
        yield here


@pytest.fixture(scope="module")
def token(campus: School) -> str:
    made = campus.cli("token", "create", "--name", "Screens", "--role", "device", "--json")
    assert made.returncode == 0, made.stderr
    (said,) = json.loads(made.stdout)["data"]["secret"]
    return str(said)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as one:
        yield one


@pytest.fixture
def quiet(campus: School) -> Iterator[School]:
    yield campus
    if campus.status()["incidents"]:
        assert campus.end_incident("over")["ok"]
    campus.until("all is over", lambda now: not now["incidents"])


def base(campus: School) -> str:
    return f"http://{campus.tree['web']['listen']}"


def enrolled(
    browser: Chromium, campus: School, token: str, place: str, **how: Any
) -> tuple[BrowserContext, Page]:
    context = browser.new_context(viewport=how.pop("viewport", PHONE), **how)
    page = context.new_page()
    page.goto(f"{base(campus)}/screen/{place}/as/{token}")
    assert page.url == f"{base(campus)}/screen/{place}", "the token is out of sight"
    return context, page


def rooms(campus: School, output: str = "screens") -> dict[str, dict[str, Any]]:
    found = next(one for one in campus.status()["outputs"] if one["id"] == output)
    return {one["room"]: one for one in found["rooms"]}


def state(campus: School, output: str = "screens") -> tuple[str, int, int] | None:
    found = next(one for one in campus.status()["outputs"] if one["id"] == output)["notices"]
    return (found[0]["state"], found[0]["told"], found[0]["of"]) if found else None


def test_a_drill_then_a_press_take_over_two_browsers_and_one_answers(
    quiet: School, browser: Chromium, token: str
) -> None:
    _, phone = enrolled(browser, quiet, token, "101")
    _, board = enrolled(browser, quiet, token, "102", viewport=BOARD)
    expect(phone.locator(".quiet .claim")).to_have_text("No response.")
    expect(board.locator("#clock")).not_to_be_empty()
    assert "All clear" not in phone.content()

    assert quiet.cli("press", "pb-native", "--drill").returncode == 0
    for page in (phone, board):
        expect(page.locator(".on h1")).to_have_text("Lockdown")
        assert page.locator("main").inner_text().startswith("DRILL")
        assert page.title().startswith("DRILL")
    quiet.broker.press("pb-native", "hold", "real-1")
    for page in (phone, board):
        expect(page.locator(".on h1")).to_have_text("Lockdown")
        expect(page.locator(".mark")).to_have_count(0)
        assert "DRILL" not in page.content()

    wait_for("both drew it", lambda: state(quiet) == ("received", 2, 2))
    assert all(one["drawn"] and not one["answer"] for one in rooms(quiet).values())
    phone.click("text=We need help")
    expect(phone.locator(".told.help")).to_contain_text("this room needs help")
    expect(phone.locator("button")).to_have_text(["We are safe"])
    heard = json.loads(quiet.cli("post", "show", "--json").stdout)["rooms"]["heard"]
    assert [(one["name"], one["word"]) for one in heard] == [("101", "needs-help")], "the coordinator sees it"
    phone.click("text=We are safe")
    expect(phone.locator(".told")).to_contain_text("this room is safe")
    assert {name: one["answer"] for name, one in rooms(quiet).items()} == {"101": "safe", "102": None}
    board.click("text=We are safe")
    wait_for("all answered", lambda: state(quiet) == ("acknowledged", 2, 2))
    written = quiet.rows("room.heard")
    assert {one["data"]["word"] for one in written} == {"shown", "help", "safe"}
    assert all(one["actor"].startswith("token:") for one in written)

    assert quiet.cli_close("over").returncode == 0
    for page in (phone, board):
        expect(page.locator(".quiet")).to_be_visible()
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width == 0
        page.context.close()


def test_without_script_the_screen_asks_again_by_itself_and_its_picture_is_evidence_too(
    quiet: School, browser: Chromium, token: str
) -> None:
    context, page = enrolled(browser, quiet, token, "101", java_script_enabled=False)
    expect(page.locator(".quiet")).to_be_visible()
    quiet.broker.press("pb-native", "hold", "real-2")
    expect(page.locator(".on h1")).to_have_text("Lockdown", timeout=20_000)
    wait_for("it drew it", lambda: state(quiet) == ("received", 1, 2))
    page.click("text=We are safe")
    expect(page.locator(".told")).to_contain_text("this room is safe")
    context.close()


def test_a_screen_that_hears_nothing_says_so_by_itself_and_claims_nothing(
    quiet: School, browser: Chromium, token: str
) -> None:
    context, page = enrolled(browser, quiet, token, "101")
    expect(page.locator(".quiet .claim")).to_be_visible()
    expect(page.locator(".stale")).not_to_be_visible()
    assert quiet.daemon is not None
    # The box stands still: the connection stays open, and nothing comes by it.
    quiet.daemon.send_signal(signal.SIGSTOP)
    try:
        expect(page.locator(".stale")).to_be_visible(timeout=40_000)
        expect(page.locator(".quiet .claim")).not_to_be_visible()
    finally:
        quiet.daemon.send_signal(signal.SIGCONT)
    expect(page.locator(".stale")).not_to_be_visible(timeout=30_000)
    expect(page.locator(".quiet .claim")).to_be_visible()
    context.close()


def test_no_screen_shows_what_makes_no_public_sign_nor_what_holds_elsewhere(
    quiet: School, browser: Chromium, token: str
) -> None:
    asked = Browser(quiet.tree["web"]["listen"], token)
    before = asked.get("/screen/101").body
    quiet.broker.press("pb-native", "single", "help-1")
    quiet.broker.press("pb-duress", "single", "duress-1")
    quiet.until("help is asked for", lambda now: len(now["incidents"]) == 2)
    for place in ("101", "b"):
        shown = asked.get(f"/screen/{place}").body
        assert b'class="quiet"' in shown
        assert not {word for word in (b"help", b"duress", b"threat") if word in shown.lower()}
    assert b'class="quiet"' in before


def test_a_screen_is_nobodys_without_its_token_and_a_revoked_one_is_out(
    quiet: School, browser: Chromium
) -> None:
    made = quiet.cli("token", "create", "--name", "Gone", "--role", "device", "--json")
    (token,) = json.loads(made.stdout)["data"]["secret"]
    context, page = enrolled(browser, quiet, token, "101")
    expect(page.locator(".quiet")).to_be_visible()
    stranger = Browser(quiet.tree["web"]["listen"])
    assert {stranger.get(f"/screen/101{one}").status for one in ("", "/events", "/drawn/1")} == {401}
    assert stranger.send("/screen/101", {"answer": "safe"}).status == 401
    assert stranger.get(f"/screen/101/as/{'x' * 40}").status == 303
    known = Browser(quiet.tree["web"]["listen"], token)
    assert {known.get(f"/screen/{one}").status for one in ("9999", "9999/events", "101/drawn/x")} == {404}
    assert known.send("/screen/101", {"answer": "safe"}).status == 409
    assert known.send("/screen/101", {"answer": "maybe"}).status == 422

    assert quiet.cli("token", "revoke", "Gone").returncode == 0
    expect(page.locator("body")).to_contain_text("Nobody is signed in here", timeout=20_000)
    context.close()


def test_a_token_of_one_room_is_no_other_rooms_screen_and_one_of_no_room_is_a_flag(
    quiet: School, browser: Chromium, token: str
) -> None:
    made = quiet.cli("token", "create", "--name", "Screen 101", "--role", "device", "--room", "101", "--json")
    assert made.returncode == 0, made.stderr
    (own,) = json.loads(made.stdout)["data"]["secret"]
    for wrong in (["--role", "device", "--room", "999"], ["--role", "staff", "--room", "101"]):
        refused = quiet.cli("token", "create", "--name", "Another", *wrong)
        assert (refused.returncode, "nothing was changed" in refused.stderr) == (1, True)
    assert "101" in quiet.cli("token", "list").stdout

    context, page = enrolled(browser, quiet, own, "101")
    expect(page.locator(".quiet .claim")).to_have_text("No response.")
    other = page.goto(f"{base(quiet)}/screen/102")
    assert other is not None
    assert other.status == 403
    expect(page.locator("body")).to_contain_text("the screen of 101")

    assert quiet.cli("press", "pb-native", "--drill").returncode == 0
    quiet.until("told", lambda now: state(quiet) is not None)
    for method, path in (("GET", "drawn/1"), ("GET", "events"), ("POST", "")):
        address = f"{base(quiet)}/screen/102/{path}".rstrip("/")
        answer = context.request.fetch(
            address,
            method=method,
            form={"answer": "safe"} if method == "POST" else None,
            headers={"Origin": base(quiet)},
        )
        assert answer.status == 403, (method, path)
    page.goto(f"{base(quiet)}/screen/101")
    page.click("text=We are safe")
    wait_for("the room answered", lambda: rooms(quiet)["101"]["answer"] == "safe")
    assert rooms(quiet)["102"]["drawn"] is None, "nobody stood in for the other room"
    context.close()

    loose, _ = enrolled(browser, quiet, token, "102")
    quiet.until("the flag", lambda now: any(one["code"] == "screen_token_loose" for one in now["flags"]))
    loose.close()
