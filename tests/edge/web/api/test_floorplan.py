"""Floor plans over the command line, the socket and HTTP to a real daemon, and over its restart."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.floorplans.places import FOLDER
from edge.simulated import floorplans
from tests.edge.floorplans.plans import png, svg
from tests.edge.web.api.served import Answer, Document, Served, serving
from tests.edge.web.api.test_record import all_events
from tests.edge.web.enclosing import TYPE, sent
from tests.flow.waiting import wait_for


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A campus whose map is this module's."""
    with serving(tmp_path_factory.mktemp("map")) as api:
        yield api


def events(api: Served, kind: str) -> list[Document]:
    return [one["data"] for one in all_events(api, "technician") if one["kind"] == kind]


def levels(api: Served) -> list[str]:
    return [one["id"] for one in api.get("floorplan", "viewer").json["levels"]]


def test_a_plan_is_brought_recorded_kept_by_its_hash_and_there_after_a_restart(
    own: Served, tmp_path: Path
) -> None:
    ground, upstairs, _ = floorplans.write(tmp_path)
    checked = own.campus.cli("import", "floorplan", str(ground), "--check")
    assert (checked.returncode, levels(own)) == (0, []), checked.stderr
    for file in (ground, upstairs):
        done = own.campus.cli("import", "floorplan", str(file))
        assert done.returncode == 0, done.stderr
    assert levels(own) == ["floor-1", "floor-2"]
    first, second = events(own, "floorplan.taken/1")
    kept = own.campus.store / FOLDER / f"{first['sha256']}.svg"
    assert kept.read_bytes() == ground.read_bytes()
    assert ["floor-1", "doors", "2026-08-14", 11] in [list(one) for one in first["layers"]]
    assert second["format"] == "svg"

    own.campus.restart()
    own.campus.until("the page is open", lambda _: own.campus.health("healthz") == 200)
    wait_for("the map is known again", lambda: levels(own) == ["floor-1", "floor-2"] or None)
    (cell,) = [one for one in own.get("floorplan/cells/c2").json["items"] if one["level"] == "floor-1"]
    assert {one["name"] for one in cell["rooms"]} == {"101", "102", ""}
    assert {one["ref"] for one in cell["doors"]} == {"a-101", "a-102"}
    assert own.get("floorplan/cells/ZZ99").status == 404

    place = own.get("floorplan/place?x=20&y=10").json
    assert (place["cell"], place["areas"][0]["name"], place["areas"][0]["zone"]) == ("C2", "101", "a-1")
    assert own.get("floorplan/place?longitude=1&latitude=1").status == 409
    assert own.get("floorplan/place?x=1").status == 409


def test_what_differs_from_the_configuration_is_told_and_a_cell_by_the_command_line(own: Served) -> None:
    found = own.get("floorplan/differences").json["items"]
    told = {(one["code"], one["id"]) for one in found}
    assert ("not_configured", "gym-1") in told
    assert ("not_listed", "aed-a") in told
    assert all(one["words"] for one in found)
    said = own.campus.cli("map", "differences", "--json")
    assert (said.returncode, len(json.loads(said.stdout)["items"])) == (1, len(found))
    assert "a-101" in own.campus.cli("map", "cell", "C2", "--level", "floor-1").stdout
    assert own.campus.cli("map", "cell", "Q99").returncode == 1
    assert "floor-2" in own.campus.cli("map", "levels").stdout


def test_a_hostile_plan_is_refused_with_what_where_and_what_to_do_and_recorded(
    own: Served, tmp_path: Path
) -> None:
    before = own.get("floorplan").json
    file = tmp_path / "bad.svg"
    file.write_bytes(svg("\n<script>x</script>"))
    said = own.campus.cli("import", "floorplan", str(file))
    assert said.returncode == 1
    assert "`script`" in said.stderr
    assert "line 2" in said.stderr
    assert "plain SVG" in said.stderr
    assert [one for one in own.campus.store.iterdir() if one.suffix == ".plan"] == []
    assert own.get("floorplan").json == before
    assert events(own, "floorplan.refused/1") == [{"code": "forbidden"}]

    post = bring(own, "?level=floor-1", png(rows=b"\0" * 9_000_000), "image/png")
    assert (post.status, post.json["code"]) == (409, "floorplan_too_large")
    assert bring(own, "", b"x", "text/plain").status == 415
    assert bring(own, "?levels=1", png(), "image/png").status == 422


def bring(api: Served, query: str, body: bytes, kind: str, role: str = "technician") -> Answer:
    headers = {**api.headers(role, "token"), "Content-Type": kind}
    return api.send("POST", f"/api/v1/floorplan{query}", body, headers)


def test_a_program_brings_a_picture_and_a_person_a_drawing_by_the_form(own: Served) -> None:
    came = bring(own, "?level=floor-2&scale=0.5&north=0&verified=2026-11-30&by=R.%20Diaz", png(), "image/png")
    assert came.status == 200, came.body
    assert came.json["layers"] == [
        {"level": "floor-2", "layer": "backdrop", "verified": "2026-11-30", "features": 0}
    ]
    assert "backdrop" in [one["layer"] for one in own.get("floorplan").json["levels"][1]["layers"]]

    body = svg('<circle data-kind="hydrant" cx="5" cy="5" r="1"/>', 'xmlns="http://www.w3.org/2000/svg"')
    headers = {**own.headers("administrator", "session"), "Accept": "text/html", "Content-Type": TYPE}
    fields = (("level", "yard"), ("level_name", "Yard"), ("scale", "1"), ("north", "0"))
    form = own.send("POST", "/map/inventory", sent(body, *fields), headers)
    assert form.status == 303, form.body
    assert "yard" in levels(own)
    wrong = own.send("POST", "/map/inventory", sent(body, ("level", "yard")), headers)
    assert wrong.status == 409
    assert b"--scale" in wrong.body
    assert own.campus.cli("map", "drop", "yard").returncode == 0
    assert "yard" not in levels(own)
    assert own.campus.cli("map", "drop", "yard").returncode == 1


def test_the_map_is_taken_out_and_brought_again_as_the_same(own: Served, tmp_path: Path) -> None:
    out = tmp_path / "map.geojson"
    assert own.campus.cli("export", "floorplan", str(out)).returncode == 0
    assert own.campus.cli("export", "floorplan", str(out)).returncode == 2
    assert out.stat().st_mode & 0o777 == 0o600
    first = json.loads(out.read_text())
    assert own.get("floorplan/map.geojson", "viewer").json == first
    again = own.campus.cli("import", "floorplan", str(out))
    assert again.returncode == 0, again.stderr
    own.campus.cli("export", "floorplan", str(tmp_path / "again.geojson"))
    second = json.loads((tmp_path / "again.geojson").read_text())
    assert second["features"] == first["features"]
    assert second["campus_map"]["levels"][0] == first["campus_map"]["levels"][0]


def test_who_may_only_look_brings_nothing(own: Served) -> None:
    assert bring(own, "?level=l&scale=1&north=0", png(), "image/png", "viewer").status == 403
    assert own.get("floorplan", "viewer", "none").status == 401
