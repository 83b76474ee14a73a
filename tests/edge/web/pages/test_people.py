"""The page of everybody's accounts, before real accounts: by invitation, shown once, and somebody always administers."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from rules.model.ids import OutputId
from rules.plan import OutputPlan, Plan
from tests.edge.campus import PLAN
from tests.edge.people.someone import PASSWORD, Someone, somebody
from tests.edge.web.pages.conftest import Office, Serve, Served
from tests.edge.web.pages.test_pages import HOSTILE

ADA, BO = "Ada Moreno", "Bo Ling"
NEW = "nine grey geese at noon"


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[Someone]:
    async with somebody(tmp_path) as made:
        yield made


async def opened(serve: Serve, people: Someone, plan: Plan = PLAN) -> tuple[Served, str]:
    """The page, and the cookie of an administrator who gave a code."""
    await people.account(ADA, "administrator")
    signed = await people.signed_in(ADA, (await people.codes(ADA))[0])
    office = Office(plan=plan)
    office.people = people
    return await serve(office), signed.cookie


def code_in(text: str) -> str:
    found = re.search(r'class="secret">([^<]+)<', text)
    assert found is not None
    return found[1]


async def test_somebody_is_invited_and_sets_a_password_that_the_administrator_never_sees(
    serve: Serve, people: Someone
) -> None:
    served, cookie = await opened(serve, people)

    status, _, text = await served.post("/people", [("name", BO), ("role", "technician")], cookie)
    code = code_in(text)
    _, listed = await served.get("/people", cookie)
    form = [("name", BO), ("code", code), ("password", NEW), ("again", NEW)]
    wrong = await served.post("/welcome", [form[0], ("code", "ABCDEF"), *form[2:]], None)
    differ = await served.post("/welcome", [*form[:3], ("again", "x")], None)
    weak = await served.post(
        "/welcome", [*form[:2], ("password", "wonderwoman"), ("again", "wonderwoman")], None
    )
    came, place, _ = await served.post("/welcome", form, None)
    late = await served.post("/welcome", form, None)

    assert status == 200
    assert code not in listed
    assert "invited until" in listed
    assert (wrong[0], differ[0], weak[0], late[0]) == (422, 422, 422, 422)
    assert "its seven days are over" in wrong[2]
    assert NEW not in wrong[2] + differ[2]
    assert (came, place) == (303, "/account")
    assert (await served.post("/sign-in", [("name", BO), ("password", NEW)], None))[0] == 303


async def test_a_role_is_given_and_an_account_switched_off_and_on(serve: Serve, people: Someone) -> None:
    served, cookie = await opened(serve, people)
    bo = await people.session(BO, "staff")
    place = f"/people/{bo.caller.actor}"

    _, page = await served.get(place, cookie)
    await served.post(f"{place}/role", [("role", "technician")], cookie)
    role = people.registrar.named(BO).role  # type: ignore[union-attr]
    await served.post(f"{place}/sign-out", [], cookie)
    out = people.by_cookie(bo.cookie)
    await served.post(f"{place}/disable", [], cookie)
    off = (await served.post("/sign-in", [("name", BO), ("password", PASSWORD)], None))[0]
    _, listed = await served.get("/people", cookie)
    await served.post(f"{place}/enable", [], cookie)
    on = (await served.post("/sign-in", [("name", BO), ("password", PASSWORD)], None))[0]

    assert '<option value="staff" selected>' in page
    assert (role, out, off, on) == ("technician", None, 422, 303)
    assert "switched off" in listed


async def test_a_lost_phone_is_forgotten_and_a_new_password_given_by_code(
    serve: Serve, people: Someone
) -> None:
    served, cookie = await opened(serve, people)
    bo = await people.account(BO, "technician")
    await people.codes(BO)
    _, before = await served.get(f"/people/{bo}", cookie)
    await served.post(f"/people/{bo}/factors", [], cookie)
    _, after = await served.get(f"/people/{bo}", cookie)
    _, _, text = await served.post(f"/people/{bo}/invite", [], cookie)
    form = [("name", BO), ("code", code_in(text)), ("password", NEW), ("again", NEW)]
    assert (await served.post("/welcome", form, None))[1] == "/account"
    assert "10 printed codes" in before
    assert "Lost second factor" not in after


@pytest.mark.parametrize(("verb", "form"), [("disable", []), ("role", [("role", "staff")])])
async def test_the_last_administrator_is_kept(
    serve: Serve, people: Someone, verb: str, form: list[tuple[str, str]]
) -> None:
    served, cookie = await opened(serve, people)
    ada = people.registrar.named(ADA)
    assert ada is not None
    status, _, text = await served.post(f"/people/{ada.id}/{verb}", form, cookie)
    assert (status, "is the last administrator" in text) == (422, True)
    assert people.by_cookie(cookie) is not None


async def test_a_token_is_shown_once_listed_and_revoked(serve: Serve, people: Someone) -> None:
    served, cookie = await opened(serve, people)
    form = [("name", "corridor sign"), ("role", "device"), ("days", "30")]
    _, _, text = await served.post("/tokens", form, cookie)
    secret = code_in(text)
    caller = people.by_bearer(secret)
    assert caller is not None
    again, _, said = await served.post("/tokens", form, cookie)
    for days in ("", "999999999", "30 "):
        unchosen = [("name", "another"), form[1], ("days", days)]
        assert (await served.post("/tokens", unchosen, cookie))[0] == 422
    _, listed = await served.get("/tokens", cookie)

    status, place, _ = await served.post(f"/tokens/{caller.actor}/revoke", [], cookie)

    assert (again, "There is one named corridor sign already" in said) == (422, True)
    assert secret not in listed
    assert "corridor sign" in listed
    assert "Ends " in listed
    assert (status, place) == (303, "/tokens")
    assert people.by_bearer(secret) is None


async def test_a_rooms_screen_is_let_in_with_a_token_of_its_own(serve: Serve, people: Someone) -> None:
    screens = OutputPlan(
        OutputId("screens"), "screens", PLAN.campus, None, "2026-08-14", rooms=("101", "102")
    )
    plan = replace(PLAN, outputs={**PLAN.outputs, screens.id: screens})
    served, cookie = await opened(serve, people, plan)
    form = [("name", "screen 101"), ("role", "device"), ("days", "0")]
    assert "<option>101</option>" in (await served.get("/tokens", cookie))[1]

    gone, _, said = await served.post("/tokens", [*form, ("room", "999")], cookie)
    _, _, text = await served.post("/tokens", [*form, ("room", "101")], cookie)

    secret = code_in(text)
    caller = people.by_bearer(secret)
    assert caller is not None
    assert caller.room == "101"
    assert f"/screen/101/as/{secret}" in text
    assert (gone, "no screen of this name" in said) == (422, True)
    assert "The screen of 101 alone." in (await served.get("/tokens", cookie))[1]


async def test_hostile_names_are_text_and_nobodys_page_is_404(serve: Serve, people: Someone) -> None:
    served, cookie = await opened(serve, people)
    bo = await people.account(HOSTILE, "staff")
    await people.token(HOSTILE, "device")
    for path in ("/people", f"/people/{bo}", "/tokens"):
        _, text = await served.get(path, cookie)
        assert "<script>alert" not in text, path
        assert "&#34;&gt;&lt;script&gt;alert" in text, path
    assert (await served.get("/people/account:nobody", cookie))[0] == 404
    assert (await served.post("/people/account:nobody/disable", [], cookie))[0] == 404


async def test_nobody_else_sees_it(serve: Serve, people: Someone) -> None:
    served, _ = await opened(serve, people)
    staff = await people.session(BO, "staff")
    alone = await people.signed_in(ADA)
    assert (await served.get("/people", staff.cookie))[0] == 403
    assert (await served.get("/people", alone.cookie))[0] == 303
    refused, _, text = await served.post("/people", [("name", "Cy Prus"), ("role", "staff")], alone.cookie)
    assert (refused, "Confirm that it is you" in text, "Cy Prus" in text) == (403, True, True)
    assert people.registrar.named("Cy Prus") is None
