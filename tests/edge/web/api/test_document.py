"""The OpenAPI document: valid, of the whole table, and what is answered is what it says and nothing else."""

import json
import re
import subprocess
import sys
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from edge.web.openapi import document
from edge.web.routes import ROUTES
from tests.edge.web.api.served import By, Served

API = [route for route in ROUTES if route.path.startswith("/api/")]


def test_it_is_valid_openapi_3_1(shared_api: Served) -> None:
    said = shared_api.send("GET", "/api/v1/openapi.json").json

    assert said["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(said).validate()


def test_every_route_of_the_api_is_in_it_and_nothing_that_is_not_served() -> None:
    said = document(ROUTES)["paths"]
    rows = {(method.upper(), path) for path, one in said.items() for method in one}
    assert rows == {(route.method, route.path) for route in API}


def test_every_operation_names_the_right_it_asks_for() -> None:
    said = document(ROUTES)["paths"]
    for route in API:
        assert f"Right: {route.right}." in said[route.path][route.method.lower()]["description"]


def test_no_name_of_a_person_or_door_stands_in_it(shared_api: Served) -> None:
    text = shared_api.send("GET", "/api/v1/openapi.json").body.decode()
    assert not re.search(r"tcp-1|pb-native|Flow School|Kim", text)


def test_the_live_daemon_answers_as_documented_and_not_otherwise(spent_api: Served, tmp_path: Path) -> None:
    """schemathesis, with a fixed seed: every documented answer allowed, and nothing else."""
    spent_api.start("secure", kind="exercise")
    asked_by_tool(
        spent_api, tmp_path, "token", "--phases", "examples,coverage,fuzzing", "--max-examples", "2"
    )


def test_it_does_so_for_a_session_by_password_alone(spent_api: Served, tmp_path: Path) -> None:
    """What only a session is told: that a second factor comes first, and that no release session is open."""
    spent_api.start("secure", kind="exercise")
    # On plain loopback the cookie has another name than the document says, so the tool cannot take it away to see a 401.
    how = ("--phases", "fuzzing", "--max-examples", "2", "--exclude-checks", "ignored_auth")
    asked_by_tool(spent_api, tmp_path, "spare", *how, "--report", "har", "--report-dir", str(tmp_path))
    (report,) = tmp_path.glob("har-*.json")
    entries = json.loads(report.read_text())["log"]["entries"]
    answers = {(one["response"]["status"], _code(one["response"]["content"])) for one in entries}
    assert {(403, "second_factor"), (403, "no_release_session")} <= answers
    assert 200 in {status for status, _ in answers}


def _code(content: dict[str, str]) -> str:
    said = json.loads(content.get("text") or "{}") if "json" in content.get("mimeType", "") else {}
    return str(said.get("code", ""))


def asked_by_tool(api: Served, tmp_path: Path, by: By, *how: str) -> None:
    tool = Path(sys.executable).with_name("schemathesis")
    known = [f"{name}: {value}" for name, value in api.headers("administrator", by).items()]
    done = subprocess.run(
        [
            str(tool),
            "run",
            f"{api.origin}/api/v1/openapi.json",
            *(part for one in known for part in ("--header", one)),
            "--seed",
            "20260814",
            *how,
            "--exclude-path",
            "/api/v1/events/stream",
            "--generation-database",
            "none",
            "--request-timeout",
            "10",
            "--no-color",
        ],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
