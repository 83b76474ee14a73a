"""The page of one's own account, before real accounts: what it says, what is shown once, where it leads."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import segno

from edge.web.pages.qr import QUIET, square
from tests.edge.people.someone import PASSWORD, Someone, somebody
from tests.edge.people.test_releases import code_now, totp_of
from tests.edge.web.pages.conftest import Office, Serve, Served

NAME = "Ada Moreno"


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[Someone]:
    async with somebody(tmp_path) as made:
        yield made


async def served_for(serve: Serve, people: Someone) -> Served:
    office = Office()
    office.people = people
    return await serve(office)


def shown_codes(text: str) -> list[str]:
    return re.findall(r"<code>([A-Z2-9]{5}-[A-Z2-9]{5})</code>", text)


async def test_an_app_is_set_up_from_the_page_by_text_or_picture_and_proves_the_session(
    serve: Serve, people: Someone
) -> None:
    signed = await people.session(NAME, "administrator")
    served = await served_for(serve, people)
    _, before = await served.get("/account", signed.cookie)

    _, _, shown = await served.post("/account/authenticator/begin", [("present", PASSWORD)], signed.cookie)
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', shown)
    assert secret is not None
    code = code_now(people, secret[1].replace(" ", ""))
    wrong, _, said = await served.post("/account/authenticator", [("code", "000000")], signed.cookie)
    again, page = await served.get("/account/authenticator", signed.cookie)
    done, place, _ = await served.post("/account/authenticator", [("code", code)], signed.cookie)

    assert "Your account has no second factor yet." in before
    assert (wrong, "no code of this secret" in said) == (422, True)
    assert (again, secret[1] in page) == (200, True)
    assert '<svg class="qr"' in shown
    assert " style=" not in shown
    assert (done, place) == (303, "/account")
    # The cookie is another one, since the session came to more rights.
    caller = people.by_cookie(signed.cookie)
    assert caller is not None
    assert caller.lapsed
    assert people.registrar.named(NAME).totp  # type: ignore[union-attr]


async def test_ten_codes_are_shown_in_one_answer_and_nowhere_again(serve: Serve, people: Someone) -> None:
    signed = await people.session(NAME, "staff")
    served = await served_for(serve, people)

    status, _, text = await served.post("/account/codes", [("present", PASSWORD)], signed.cookie)
    _, page = await served.get("/account", signed.cookie)

    codes = shown_codes(text)
    assert (status, len(set(codes))) == (200, 10)
    assert not [one for one in codes if one in page]
    assert "10 left" in page
    assert re.search(rf"Of {NAME}, Lincoln[A-Za-z ]*\. Made [0-9-]+ [0-9:]+ -0[56]:00", text)


async def test_few_codes_left_is_said(serve: Serve, people: Someone) -> None:
    signed = await people.session(NAME, "administrator")
    codes = await people.codes(NAME)
    served = await served_for(serve, people)
    for code in codes[:7]:
        await people.signed_in(NAME, code)
    _, page = await served.get("/account", signed.cookie)
    assert "3 left" in page
    assert "print new ones" in page


async def test_a_wrong_password_opens_the_same_form_again_and_says_so(serve: Serve, people: Someone) -> None:
    signed = await people.session(NAME, "staff")
    served = await served_for(serve, people)
    form = [("present", "no"), ("password", "eleven red kites over"), ("again", "eleven red kites over")]
    status, _, text = await served.post("/account/password", form, signed.cookie)
    differs = await served.post("/account/password", [*form[:2], ("again", "x")], signed.cookie)
    weak = await served.post(
        "/account/password", [("present", PASSWORD), ("password", "wonderwoman"), ("again", "wonderwoman")],
        signed.cookie,
    )  # fmt: skip

    assert status == differs[0] == weak[0] == 422
    assert "does not fit. Nothing was changed." in text
    assert 'class="other" open><summary>Change the password' in text
    assert "everybody tries first" in weak[2]
    assert "eleven red kites" not in text


async def test_a_password_is_changed_from_the_page(serve: Serve, people: Someone) -> None:
    signed = await people.session(NAME, "staff")
    served = await served_for(serve, people)
    new = "eleven red kites over a barn"
    form = [("present", PASSWORD), ("password", new), ("again", new)]
    status, place, _ = await served.post("/account/password", form, signed.cookie)
    assert (status, place) == (303, "/account")
    assert "All your other sessions ended." in (await served.get("/account", signed.cookie))[1]
    assert (await served.post("/sign-in", [("name", NAME), ("password", new)], None))[1] == "/"


async def test_sessions_are_shown_with_their_times_and_ended(serve: Serve, people: Someone) -> None:
    signed = await people.session(NAME, "staff")
    other = await people.signed_in(NAME)
    served = await served_for(serve, people)
    _, page = await served.get("/account", signed.cookie)
    assert page.count("Opened 2026-09-21") == 2
    wrong, _, _ = await served.post("/account/sessions/end", [("present", "no")], signed.cookie)
    await served.post("/account/sessions/end", [("present", PASSWORD)], signed.cookie)
    assert wrong == 422
    assert people.by_cookie(other.cookie) is None
    assert "End all others" not in (await served.get("/account", signed.cookie))[1]


async def test_an_administrator_without_a_factor_is_led_there_and_somebody_on_staff_is_not(
    serve: Serve, people: Someone
) -> None:
    await people.account(NAME, "administrator")
    await people.account("Bo Ling", "staff")
    served = await served_for(serve, people)
    form = [("password", PASSWORD)]
    assert (await served.post("/sign-in", [("name", NAME), *form], None))[1] == "/account"
    assert (await served.post("/sign-in", [("name", "Bo Ling"), *form], None))[1] == "/"
    secret = await totp_of(people, NAME)
    code = ("code", code_now(people, secret))
    assert (await served.post("/sign-in", [("name", NAME), *form, code], None))[1] == "/"


async def test_the_set_up_ends_by_showing_printed_codes_that_prove_who_it_is(
    serve: Serve, people: Someone, tmp_path: Path
) -> None:
    served = await served_for(serve, people)
    code = (tmp_path / "set-up-code").read_text().strip()
    form = [("code", code), ("name", NAME), ("password", PASSWORD), ("again", PASSWORD)]

    status, _, text = await served.post("/set-up", form, None)

    codes = shown_codes(text)
    assert (status, len(codes)) == (200, 10)
    signed = [("name", NAME), ("password", PASSWORD), ("code", codes[0])]
    assert (await served.post("/sign-in", signed, None))[1] == "/"
    assert PASSWORD not in text


def test_a_qr_code_is_drawn_module_by_module() -> None:
    text = "otpauth://totp/Lincoln:Ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Lincoln"
    drawn = square(text)
    dark = set()
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1H\d+z", drawn.path):
        dark |= {(int(x) + one, int(y)) for one in range(int(width))}
    rows = list(segno.make(text, error="m", micro=False).matrix_iter(border=QUIET))
    assert dark == {(x, y) for y, row in enumerate(rows) for x, one in enumerate(row) if one}
    assert len(rows) == drawn.size
    assert min(min(one) for one in dark) == QUIET
