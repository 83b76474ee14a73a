"""`check` and `schema` as a person runs them."""

import json
from pathlib import Path

from tests.edge.cli.conftest import Run


def test_every_problem_is_named_with_its_place_and_the_exit_code_is_78(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "campus.yaml"
    config.write_text("campsu: {}\nstore: {directory: 7}\n")

    ended = run("check", "--config", str(config))

    assert ended.returncode == 78
    assert "campus.yaml:1: campsu: " in ended.stdout
    assert "campus.yaml:2: store.directory: " in ended.stdout
    assert "last accepted" in ended.stdout.splitlines()[-1]


def test_problems_as_json_have_their_line_and_what_to_do(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "campus.yaml"
    config.write_text("campsu: {}\n")

    ended = run("check", "--config", str(config), "--json")

    found = next(one for one in json.loads(ended.stdout)["problems"] if one["path"] == "campsu")
    assert ended.returncode == 78
    assert (found["line"], "campus" in found["do"]) == (1, True)


def test_a_missing_configuration_is_exit_78(run: Run, tmp_path: Path) -> None:
    ended = run("check", "--config", str(tmp_path / "none.yaml"))

    assert ended.returncode == 78
    assert "none.yaml" in ended.stdout


def test_the_schema_is_one_that_names_the_doors(run: Run) -> None:
    ended = run("schema")

    assert ended.returncode == 0
    assert "doors" in json.loads(ended.stdout)["$defs"]["Config"]["properties"]
