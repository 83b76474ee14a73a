"""The map in a real browser on a real daemon: live without a reload, right without a script, one sheet of paper."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from edge.simulated import floorplans
from tests.edge.floorplans.plans import svg
from tests.flow.chromium import Visitor, chromium
from tests.flow.rig import School
from tests.flow.test_page import PASSWORD, account, codes, wrong

WIDTHS = (390, 1440)
SMALL = """() => [...document.querySelectorAll('svg.map:not(.strip) text')]
    .filter(one => one.getBoundingClientRect().height > 0)
    .map(one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a).filter(px => px < 13.9).length"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def officer(shared: School, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Visitor:
    """Somebody who may only look, once a floor plan was brought."""
    file = tmp_path_factory.mktemp("map") / "floor.svg"
    doors = [str(one["id"]) for one in shared.tree["doors"]]
    zones = {str(one["id"]): str(one["zone"]) for one in shared.tree["doors"]}
    body = "".join(
        f'<rect data-kind="room" data-name="{one}" data-zone="{zones[one]}" x="{n * 16}" width="16" height="24"/>'
        f'<circle data-kind="door" data-ref="{one}" cx="{n * 16 + 8}" cy="24" r="1"/>'
        for n, one in enumerate(doors)
    )
    things = (
        '<circle data-kind="aed" data-ref="aed-1" cx="4" cy="30" r="1"/>'
        '<circle data-kind="hydrant" cx="60" cy="40" r="1"/>'
    )
    root = (
        'xmlns="http://www.w3.org/2000/svg" data-level="ground" data-level-name="Ground" data-metres-per-unit="0.5" '
        'data-north="0" data-verified="2026-08-14" data-verified-by="R. Diaz"'
    )
    file.write_bytes(svg(body + things, root))
    done = shared.cli("import", "floorplan", str(file))
    assert done.returncode == 0, done.stderr
    account(shared, "M. Chief", "administrator")
    account(shared, "L. Officer", "viewer")
    base = f"http://{shared.tree['web']['listen']}"
    return Visitor(browser, base, "L. Officer", PASSWORD)


def test_a_lockdown_shows_on_the_open_map_by_shape_and_word_without_a_reload(
    campus: School, officer: Visitor
) -> None:
    door = str(campus.tree["doors"][0]["id"])
    with officer.window(viewport={"width": 390, "height": 844}) as page:
        page.goto(f"{officer.base}/map")
        pin = page.locator(f"[id^='pin-{door}-']")
        expect(pin).to_have_count(1)
        expect(pin.locator("use")).not_to_have_attribute("href", "#secured")
        assert page.locator("polygon.held").count() == 0
        assert campus.cli("press", "pb-native", "--real", "--gesture", "hold").returncode == 0
        expect(pin.locator("use")).to_have_attribute("href", "#secured", timeout=20_000)
        expect(page.locator("polygon.held").first).to_be_attached()
        page.get_by_label("Cell A2").click(force=True)
        expect(page).to_have_url(re.compile("/map/level/ground/A2$"))
        expect(page.locator(f"#door-{door}")).to_contain_text("secured")
        page.goto(officer.base)
        page.get_by_role("link", name="Map: doors, zones, cells").click()
        expect(page.locator("svg.map").first).to_be_visible()
    assert officer.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_on_the_maps_pages_and_nothing_is_cut(
    campus: School, officer: Visitor, theme: str, width: int
) -> None:
    with officer.window(viewport={"width": width, "height": 900}, color_scheme=theme) as page:
        for path in ("/map", "/map/level/ground/A1", "/map/paper/ground"):
            page.goto(officer.base + path)
            expect(page.locator("svg.map").first).to_be_visible()
            assert wrong(page, theme) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") == width, path
            if path != "/map/paper/ground":
                small = page.evaluate(SMALL)
                assert small == 0, path


def test_without_a_script_the_map_is_right_at_its_time_and_a_cell_is_a_link(
    campus: School, officer: Visitor
) -> None:
    with officer.window(java_script_enabled=False) as page:
        page.goto(f"{officer.base}/map")
        expect(page.locator("#live")).to_contain_text("does not update")
        page.goto(officer.base + str(page.get_by_label("Cell A1").get_attribute("href")))
        expect(page.get_by_role("heading", name="In A1", exact=True)).to_be_visible()


@pytest.mark.parametrize("size", ["Letter", "A4"])
def test_a_level_prints_on_one_sheet(campus: School, officer: Visitor, size: str) -> None:
    with officer.window() as page:
        page.goto(f"{officer.base}/map/paper/ground")
        expect(page.locator("main")).to_contain_text("True north is up")
        data = page.pdf(format=size, prefer_css_page_size=False)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", data)) == 1


def test_what_differs_is_for_who_keeps_the_inventory(
    campus: School, officer: Visitor, browser: Browser
) -> None:
    account(campus, "T. Keeper", "technician")
    keeper = Visitor(browser, officer.base, "T. Keeper", PASSWORD, codes(campus, "T. Keeper")[0])
    with keeper.window() as page:
        page.goto(f"{officer.base}/map/inventory")
        expect(page.locator("main")).to_contain_text("not among the assets")
        assert wrong(page, "light") == []
    with officer.window() as page:
        answer = page.goto(f"{officer.base}/map/inventory")
        assert answer is not None
        assert answer.status == 403


def test_the_plan_is_a_file_in_the_store(campus: School, officer: Visitor) -> None:
    kept = [one for one in (Path(campus.store) / "floorplans").iterdir() if one.suffix == ".svg"]
    assert len(kept) == 1


@pytest.mark.parametrize("size", ["Letter", "A4"])
def test_the_tall_level_of_the_sample_campus_prints_on_one_sheet_as_well(
    campus: School, officer: Visitor, tmp_path: Path, size: str
) -> None:
    first, *_others = floorplans.write(tmp_path)
    done = campus.cli("import", "floorplan", str(first))
    assert done.returncode == 0, done.stderr
    with officer.window() as page:
        page.goto(f"{officer.base}/map/paper/floor-1")
        expect(page.locator("main")).to_contain_text("True north is up")
        data = page.pdf(format=size, prefer_css_page_size=False)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", data)) == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_who_coordinates_sees_each_zones_state_on_the_plan_and_it_follows_by_itself(
    campus: School, officer: Visitor, browser: Browser, width: int
) -> None:
    if width == WIDTHS[0]:
        account(campus, "C. Lead", "staff")
    lead = Visitor(browser, officer.base, "C. Lead", PASSWORD)
    door = str(campus.tree["doors"][0]["id"])
    incident = campus.ask({"do": "press", "button": "pb-native", "kind": "drill", "gesture": "hold"})[
        "incident"
    ]
    with (
        lead.window(viewport={"width": width, "height": 900}) as page,
        lead.window(viewport={"width": 390, "height": 844}) as room,
    ):
        page.goto(f"{officer.base}/incidents/{incident}/post")
        card = page.locator("#zones-card")
        expect(card.locator(".zonemap .badge").first).to_contain_text("DRILL Lockdown")
        expect(card.locator("polygon.held.drill").first).to_be_attached()
        # Every door proves itself, and nobody has said anything yet.
        expect(card.locator(".badge .v-act")).to_have_count(0, timeout=20_000)
        silent = card.locator("polygon.room-unk")
        expect(silent.first).to_be_attached()
        before = silent.count()
        room.goto(f"{officer.base}/classroom/{door}")
        room.locator("summary", has_text="REPORT").click()
        room.get_by_role("button", name="Needs help").click()
        expect(card.locator("polygon.room-act")).to_have_count(1)
        expect(silent).to_have_count(before - 1)
        expect(card).to_contain_text("1 room calls")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            assert wrong(page, theme) == [], theme
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(SMALL) == 0
    assert lead.complaints == []


def test_a_plan_of_long_ago_is_a_flag_with_an_owner_until_it_is_taken_off(
    campus: School, officer: Visitor, tmp_path: Path
) -> None:
    file = tmp_path / "annex.svg"
    root = 'xmlns="http://www.w3.org/2000/svg" data-level="annex" data-metres-per-unit="1" data-north="0"'
    room = '<rect data-kind="room" data-name="9" width="8" height="8"/>'
    file.write_bytes(svg(room, f'{root} data-verified="2020-01-31"'))
    assert campus.cli("import", "floorplan", str(file)).returncode == 0

    def stands(document: dict[str, Any]) -> bool:
        return ("map_old", "map:annex") in {(one["code"], one["subject"]) for one in document["flags"]}

    campus.until("the flag", stands)
    with officer.window() as page:
        page.goto(f"{officer.base}/flags")
        row = page.locator("main li", has_text="The map of annex was not verified in time")
        expect(row).to_contain_text("rooms: last walk-through 2020-01-31, and 365 days is the most.")
        expect(row).to_contain_text("Owner: administrator")
        expect(row.get_by_role("link", name="Look")).to_have_attribute("href", "/map")
    assert campus.cli("map", "drop", "annex").returncode == 0
    campus.until("the flag's end", lambda document: not stands(document))
