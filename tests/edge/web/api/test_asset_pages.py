"""Pages of the inventory in front of a real book: found, changed, issued, audited; a label reports a fault without a sign-in."""

import re
from urllib.parse import urlencode

import pytest

from edge.web.strangers import OF_ONE
from tests.edge.web.api.served import Answer, Served
from tests.edge.web.api.test_assets import RADIO, get, post, send, until_listed


@pytest.fixture
def served(shared_api: Served) -> Served:
    return shared_api


def page(served: Served, path: str, role: str = "technician", by: str = "session") -> Answer:
    return served.send("GET", path, None, {**served.headers(role, by), "Accept": "text/html"})  # type: ignore[arg-type]


def form(served: Served, path: str, who: str = "technician", how: str = "session", **fields: str) -> Answer:
    headers = {
        **served.headers(who, how),  # type: ignore[arg-type]
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "text/html",
    }
    return served.send("POST", path, urlencode(fields).encode(), headers)


def text_of(answer: Answer) -> str:
    return answer.body.decode()


def test_the_list_says_what_is_unknown_and_finds_by_word_and_class(served: Served) -> None:
    until_listed(served)
    name = post(
        served, "assets", {"said": {**RADIO, "name": "<b>Radio</b> of the gym", "type": "gym-radio"}}
    )["id"]
    answer = page(served, "/assets")
    assert answer.status == 200, text_of(answer)
    listed = text_of(answer)
    found = text_of(page(served, "/assets?search=of+the+gym&class=operational"))
    assert 'href="/assets?unknown=role"' in listed
    assert "&lt;b&gt;Radio&lt;/b&gt; of the gym" in found
    assert f'href="/assets/{name}"' in found
    assert f'href="/assets/{served.campus.tree["doors"][0]["id"]}"' not in found
    assert page(served, "/assets", "viewer").status == 403


def test_an_asset_is_made_changed_and_turned_on_its_page(served: Served) -> None:
    made = form(
        served,
        "/assets",
        state="stock",
        name="AED by the gym",
        type="aed",
        cost="$1,200.50",
        zone="flow-school",
    )
    assert made.status == 303, text_of(made)
    place = made.headers["location"]
    name = place.rpartition("/")[2]
    said = get(served, f"assets/{name}")["said"]
    assert (said["cost_cents"], said["state"]) == ("120050", "stock")
    shown = text_of(page(served, place))
    assert "1,200.50" in shown
    assert "its role in an emergency" in shown
    fields = dict(re.findall(r'name="(\w+)" maxlength="500" autocomplete="off" value="([^"]*)"', shown))
    assert form(served, place, **{**fields, "role": "first-aid"}).status == 303
    changes = get(served, f"assets/{name}")["changes"]
    assert changes[0]["data"]["fields"] == [["role", "first-aid"]]
    assert form(served, f"{place}/turn", state="deployed", reason="new wing").status == 303
    refused = form(served, f"{place}/turn", state="ordered")
    assert (refused.status, "does not become ordered" in text_of(refused)) == (422, True)
    assert form(served, f"{place}/issue", person="Mr Green").status == 303
    assert "With Mr Green" in text_of(page(served, place))
    assert "Mr Green" in text_of(page(served, "/inventory/issued?person=green"))
    assert form(served, f"{place}/return").status == 303
    bad = form(served, "/assets", name="x", supported_until="soon")
    assert (bad.status, "cannot be soon" in text_of(bad)) == (422, True)


def test_a_replaced_device_asks_to_be_commissioned_until_somebody_says_so_by_name(served: Served) -> None:
    until_listed(served)
    place = f"/assets/{served.campus.tree['doors'][1]['id']}"
    assert form(served, f"{place}/replace", serial="S-9", reason="worn").status == 303
    shown = text_of(page(served, place))
    assert "Commissioned again" in shown
    day = re.search(r'name="day" type="date" required value="([\d-]+)"', shown)
    assert day is not None
    assert form(served, f"{place}/commission", by="Kim Lee", day=day[1]).status == 303
    assert "Commissioned again" not in text_of(page(served, place))


def test_whoever_may_only_look_sees_no_form_and_changes_nothing(served: Served) -> None:
    name = post(served, "assets", {"said": RADIO})["id"]
    shown = text_of(page(served, f"/assets/{name}", "staff"))
    assert f'action="/assets/{name}/turn"' not in shown
    assert form(served, f"/assets/{name}/turn", "staff", state="retired").status == 403
    assert form(served, f"/assets/{name}/seen", "staff").status == 303


def test_a_password_alone_looks_and_does_not_change(served: Served) -> None:
    name = post(served, "assets", {"said": RADIO})["id"]
    assert page(served, f"/assets/{name}", by="unproven").status == 200
    assert form(served, f"/assets/{name}/turn", how="unproven", state="retired").status == 403


@pytest.mark.parametrize(
    "path", ["plan", "issued", "stock", "audits", "reports", "import", "edit", "labels", "new"]
)
def test_every_page_of_the_inventory_opens(served: Served, path: str) -> None:
    assert page(served, f"/inventory/{path}").status == 200


def test_a_label_is_printed_that_leads_to_the_thing(served: Served) -> None:
    name = post(served, "assets", {"said": RADIO})["id"]
    sheet = text_of(page(served, f"/inventory/labels?id={name}"))
    assert sheet.count('class="qr"') == 1
    assert "It is here" in text_of(page(served, f"/a/{name}", "staff"))


def test_many_are_changed_after_a_preview(served: Served) -> None:
    names = [post(served, "assets", {"said": {**RADIO, "type": "walkie"}})["id"] for _ in range(2)]
    chosen = text_of(page(served, "/inventory/edit?type=walkie"))
    assert all(f'value="{one}"' in chosen for one in names)
    preview = form(served, "/inventory/edit", asset=names[0], field="room", value="Office")
    assert (preview.status, "Office" in text_of(preview)) == (200, True)
    assert "room" not in get(served, f"assets/{names[0]}")["said"]
    assert (
        form(served, "/inventory/edit", asset=names[0], field="room", value="Office", sure="yes").status
        == 303
    )
    assert get(served, f"assets/{names[0]}")["said"]["room"] == "Office"
    assert (
        form(served, "/inventory/edit", asset=names[0], field="zone", value="moon", sure="yes").status == 422
    )


def test_a_round_is_walked_and_ended_on_its_page(served: Served) -> None:
    names = [post(served, "assets", {"said": {**RADIO, "type": "bullhorn"}})["id"] for _ in range(2)]
    begun = form(served, "/inventory/audits", type="bullhorn")
    place = begun.headers["location"]
    assert text_of(page(served, place)).count('data-seen="asset-') == 2
    assert form(served, f"/assets/{names[0]}/seen", "staff", to=place).headers["location"] == place
    assert form(served, f"{place}/end").status == 303
    over = text_of(page(served, place))
    assert f"see-{names[1]}" in over
    assert f"see-{names[0]}" not in over
    assert form(served, "/inventory/audits", type="no-such-type").status == 422


def test_the_plan_names_the_dearest_of_a_year_and_says_that_there_is_more(served: Served) -> None:
    said = {"type": "beamer", "replace_year": "1998", "state": "deployed"}
    listed = "Asset Tag,Type,Replace Year,Cost\n" + "".join(f"PL{n},beamer,1998,{n}.00\n" for n in range(101))
    told = send(served, listed).json
    post(served, f"inventory/imports/{told['id']}/take", {})
    dear = post(served, "assets", {"said": {**said, "name": "The dearest", "cost_cents": "99999900"}})["id"]
    shown = text_of(page(served, "/inventory/plan"))
    assert f'href="/assets/{dear}"' in shown
    assert "all of it is in the table" in shown
    table = served.get("inventory/plan.csv", "technician").body.decode()
    assert sum("beamer" in line for line in table.splitlines()) >= 102


def test_a_label_reports_a_fault_without_a_sign_in_and_it_is_shown_as_not_checked(served: Served) -> None:
    until_listed(served)
    door = served.campus.tree["doors"][0]["id"]
    shown = text_of(page(served, f"/a/{door}", by="none"))
    assert "What is wrong with it?" in shown
    assert "Flow School" not in shown
    sent = form(served, f"/a/{door}/fault", how="none", text="<script>does not\nlatch", name="Jo")
    assert (sent.status, "somebody will look" in text_of(sent)) == (200, True)
    waiting = [one for one in get(served, "fault-reports")["items"] if one["asset"] == door]
    assert [one["text"] for one in waiting] == ["<script>does not latch"]
    listed = text_of(page(served, "/inventory/reports"))
    assert "&lt;script&gt;does not latch" in listed
    assert "Not checked" in text_of(page(served, f"/assets/{door}"))
    served.campus.until(
        "the door's flag is shown",
        lambda _: any(
            (one["code"], one["subject"]) == ("fault_reported", door)
            for one in get(served, "flags?limit=500")["items"]
        ),
    )
    number = str(waiting[0]["number"])
    assert form(served, "/inventory/reports", number=number, outcome="dismissed").status == 303
    assert get(served, "fault-reports")["items"] != []
    assert form(served, "/inventory/reports", number=number, outcome="taken").status == 303
    assert [one for one in get(served, "fault-reports")["items"] if one["asset"] == door] == []


def test_reports_are_few_and_of_things_that_there_are(served: Served) -> None:
    assert page(served, "/a/No-Label", by="none").status == 404
    answers = [form(served, "/a/nobody/fault", how="none", text="x") for _ in range(OF_ONE + 2)]
    assert answers[0].status in (404, 429)
    assert answers[-1].status == 429
    assert "Try again in" in text_of(answers[-1])
