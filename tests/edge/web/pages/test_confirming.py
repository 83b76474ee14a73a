"""A session by password alone at what asks for more: led to confirm, back again, and nothing typed is lost."""

import re
from html import unescape

import pytest

from edge.web.application import SAFE
from edge.web.routes import ROUTES
from rules.model.events import AnswerAsked, CloseAsked
from rules.rights import GIVEN, Role
from tests.edge.campus import D1, locked_down, quiet
from tests.edge.web.pages.conftest import Office, Serve
from tests.edge.web.pages.test_acting import KEY
from tests.edge.web.pages.test_pages import waiting

ALONE = "administrator--unproven"


def hidden(text: str) -> list[tuple[str, str]]:
    """The hidden fields of the form in the middle of a page."""
    main = text.partition("<main")[2].partition("</main>")[0]
    return re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', main)


async def test_who_would_end_an_incident_confirms_and_comes_back_to_it(serve: Serve) -> None:
    served = await serve(Office(state=locked_down({D1: "secured"})))
    _, home = await served.get("/", ALONE)
    assert 'href="/close"' in home

    asked, _ = await served.get("/close", ALONE)
    wrong, _, said = await served.post("/confirm", [("to", "/close"), ("code", "1")], ALONE)
    right = await served.post("/confirm", [("to", "/close"), ("code", "123456")], ALONE)
    back, page = await served.get("/close", ALONE)

    assert asked == 303
    assert (wrong, "does not fit. Nothing was done." in said) == (422, True)
    assert right[:2] == (303, "/close")
    assert (back, "End the incident" in page) == (200, True)


async def test_a_second_person_that_did_not_do_is_said_how_and_stays_written(serve: Serve) -> None:
    served = await serve(Office(state=locked_down({D1: "secured"})))
    second = [("code", ""), ("other_name", "J. Ott"), ("other_password", "secret words")]

    _, _, confirming = await served.post("/confirm", [("to", "/close"), *second], ALONE)
    _, _, releasing = await served.post("/release/open", second)

    for page in (confirming, releasing):
        assert "A second person is somebody else, whose role may do this too." in page
        assert '<details class="other" open>' in page
        assert 'value="J. Ott"' in page
        assert "secret words" not in page


async def test_the_cookie_of_a_confirmed_session_is_another_one(serve: Serve) -> None:
    served = await serve(Office())
    async with served.client.post(
        served.url + "/confirm",
        data={"to": "/close", "code": "123456"},
        headers={"Cookie": f"campus-edge={ALONE}", "Sec-Fetch-Site": "same-origin"},
        allow_redirects=False,
    ) as answer:
        assert answer.headers["Set-Cookie"].startswith("campus-edge=administrator;")
        assert "HttpOnly" in answer.headers["Set-Cookie"]


async def test_what_was_typed_travels_along_and_is_sent_by_one_more_touch(serve: Serve) -> None:
    office = Office(state=waiting(quiet()))
    served = await serve(office)
    reason = 'Checked: "nobody" <there>'

    status, _, held = await served.post("/presses/dismiss", [("press", KEY), ("reason", reason)], ALONE)
    wrong = await served.post("/confirm", [*_fields(held), ("code", "1")], ALONE)
    done, _, on = await served.post("/confirm", [*_fields(wrong[2]), ("code", "123456")], ALONE)
    assert office.asked == []
    await served.post("/presses/dismiss", _fields(on), ALONE)

    assert (status, wrong[0], done) == (403, 422, 200)
    assert 'action="/presses/dismiss"' in on
    answered = office.asked[0]
    assert isinstance(answered, AnswerAsked)
    assert (answered.start, answered.reason) == (False, reason)


async def test_no_secret_travels_along(serve: Serve) -> None:
    served = await serve(Office())
    secrets = [
        (name, "seven blue herons") for name in ("password", "again", "present", "other_password", "code")
    ]
    _, _, held = await served.post("/close", [*secrets, ("reason", "over")], ALONE)
    assert "seven blue herons" not in held
    assert ("kept.reason", "over") in hidden(held)


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", ""]
)
async def test_it_leads_nowhere_but_back_into_this_box(serve: Serve, to: str) -> None:
    served = await serve(Office())
    _, place, _ = await served.post("/confirm", [("to", to), ("code", "123456")], ALONE)
    assert place == "/"


async def test_a_start_and_an_acknowledgement_ask_for_nothing(serve: Serve) -> None:
    office = Office(state=waiting(quiet()))
    served = await serve(office)
    await served.post("/presses/start", [("press", KEY)], "staff--unproven")
    await served.post("/start", [("response", "lockdown"), ("zone", "hs")], "staff--unproven")
    assert len(office.asked) == 2


@pytest.mark.parametrize("role", sorted(GIVEN))
async def test_every_page_that_asks_for_a_second_factor_asks_a_session_without(
    serve: Serve, role: Role
) -> None:
    office = Office(state=locked_down({D1: "secured"}))
    served, table = await serve(office), office.rights
    for route in ROUTES:
        if (
            not route.page
            or route.path.endswith("/stream")
            or route.right == "open"
            or route.right == "own"
            or route.own_factor
        ):
            continue
        path = re.sub(r"{\w+(:[^}]*)?}", "no-such-thing", route.path)
        asks = table.may(role, route.right) and route.right in table.second_factor
        if route.method in SAFE:
            headers = {"Cookie": f"campus-edge={role}--unproven", "Accept": "text/html"}
            async with served.client.get(served.url + path, headers=headers, allow_redirects=False) as got:
                assert got.headers.get("Location", "").startswith("/confirm?back=") is asks, path
        elif asks:
            status, _, text = await served.post(path, [("reason", "x")], f"{role}--unproven")
            assert (status, "Confirm that it is you" in text) == (403, True), path
    assert not [one for one in office.asked if isinstance(one, AnswerAsked | CloseAsked)]


async def test_who_confirmed_before_goes_straight_on(serve: Serve) -> None:
    served = await serve(Office())
    status, _ = await served.get("/confirm?back=/close")
    assert status == 303


async def test_a_release_is_asked_for_its_own_code_and_not_for_two(serve: Serve) -> None:
    office = Office(
        state=locked_down({D1: "secured"}),
    )
    served = await serve(office)
    status, text = await served.get("/release", ALONE)
    assert (status, 'action="/release/open"' in text) == (200, True)
    _, place, _ = await served.post("/release/open", [("code", "123456")], ALONE)
    assert place == "/release"


def _fields(text: str) -> list[tuple[str, str]]:

    return [(name, unescape(value)) for name, value in hidden(text)]
