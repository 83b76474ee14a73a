"""The OpenAPI document: valid, of the whole table, and what is answered is what it says and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from edge.web.openapi import document
from edge.web.routes import ROUTES
from tests.edge.web.api.served import Served

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


def test_the_live_daemon_answers_as_documented_and_not_otherwise(api: Served, tmp_path: Path) -> None:
    """schemathesis, with a fixed seed: every documented answer allowed, and nothing else."""
    api.start("secure", kind="exercise")
    tool = Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [
            str(tool),
            "run",
            f"{api.origin}/api/v1/openapi.json",
            "--header",
            f"Authorization: Bearer {api.keys.tokens['administrator']}",
            "--seed",
            "20260814",
            "--max-examples",
            "6",
            "--phases",
            "examples,coverage,fuzzing",
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
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
