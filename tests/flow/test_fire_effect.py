"""A fire relay turns: what it releases, what stays locked and that nothing is energised is on the page and the API."""

import re
from collections.abc import Iterator

import pytest

from tests.edge.web.api.served import Served, serving
from tests.flow.waiting import wait_for


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("fire")) as served:
        yield served


def page(api: Served, path: str) -> str:
    answer = api.send("GET", path, None, api.headers("staff", "session"))
    assert answer.status == 200, answer.body[:300]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.body.decode()))


def test_quiet_it_does_nothing(api: Served) -> None:
    assert api.get("fire").json["items"] == []
    assert "released for people to leave" not in page(api, "/?show=campus")


def gym(api: Served) -> list[tuple[bool | None, bool | None]]:
    """Whether the magnet is read free, and read powered; empty: no fire input says anything."""
    found = [door for one in api.get("fire").json["items"] for door in one["released"]]
    assert {door["door"] for door in found} <= {"gym"}
    return [(door["free"], door["powered"]) for door in found]


def test_a_fire_alarm_in_a_lockdown_releases_the_magnet_and_leaves_the_fail_secure_entries_locked(
    api: Served,
) -> None:
    campus = api.campus
    incident = api.start().json["incident"]
    campus.until_secured("gym", "tcp-1", "tcp-2")

    campus.devices.turn("fire", True)
    wait_for("the magnet is read free and without power", lambda: gym(api) == [(True, False)])

    (fire,) = api.get("fire").json["items"]
    assert (fire["input"], fire["state"]) == ("fire", "active")
    assert {door["door"] for door in fire["stay_locked"] if door["locked"]} == {"tcp-1", "tcp-2"}
    assert api.get(f"incidents/{incident}").json["fire"] == [fire]
    for path in (f"/incidents/{incident}", "/?show=campus"):
        shown = page(api, path)
        assert f"1 door released for people to leave: {fire['released'][0]['name']}" in shown
        assert "2 entries stay locked" in shown
        assert "Nothing that the alarm covers is energised." in shown
    events = api.get(f"incidents/{incident}", "administrator", "session").json["timeline"]["items"]
    freed = next(one for one in events if one["kind"] == "doors.ordered/1" and one["data"]["order"] == "free")
    assert freed["data"]["doors"] == ["gym"]
    assert not campus.devices.locked("gym")
    assert campus.devices.locked("tcp-1")

    # A new press changes nothing of that while it stands.
    campus.broker.press("pb-native", "hold", "in-the-fire")
    wait_for("held back", lambda: api.get("fire").json["items"][0]["held"])
    (fire,) = api.get("fire").json["items"]
    assert [(door["door"], door["code"]) for door in fire["held"]] == [("gym", "fire_active")]
    wait_for("still without power", lambda: gym(api) == [(True, False)])
    assert "1 order held back while the alarm stands" in page(api, f"/incidents/{incident}")

    campus.devices.turn("fire", False)
    wait_for("it is quiet", lambda: api.get("fire").json["items"] == [])
    # It stays free until a person's word.
    assert not campus.devices.locked("gym")
    api.quiet()
