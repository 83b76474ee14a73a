"""The example names every key, passes its own check, and the schema for editors agrees with the check."""

import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from edge.config.check import read
from edge.config.model import Config
from edge.config.schema import json_schema
from edge.config.shapes import DictShape, EitherShape, ListShape, SectionShape, Shape, TaggedShape, shape_of
from edge.config.yaml12 import compose, plain_of
from tests.edge.config.campuses import SOUND, edit

EXAMPLE = Path(__file__).parents[3] / "config" / "campus.example.yaml"
TEXT = EXAMPLE.read_text()


def every_key(shape: Shape, path: str = "") -> set[str]:
    """The path of every key that a configuration can have, lists as `[]`."""
    match shape:
        case SectionShape():
            found = set()
            for name, field in shape.fields.items():
                here = f"{path}.{name}".lstrip(".")
                found |= {here} | every_key(field.shape, here)
            return found
        case ListShape():
            return every_key(shape.item, f"{path}[]")
        case TaggedShape():
            sections = [every_key(one, f"{path}({word})") for word, one in shape.sections.items()]
            return set().union(*sections)
        case DictShape():
            return every_key(shape.value, f"{path}.*")
        case EitherShape():
            return every_key(shape.section, path) if shape.section is not None else set()
        case _:
            return set()


def named_keys(value: object, shape: Shape, path: str = "") -> set[str]:
    """The path of every key that a value has, in the same words."""
    match shape, value:
        case SectionShape(), dict():
            found = set()
            for name, inner in value.items():
                if name in shape.fields:
                    here = f"{path}.{name}".lstrip(".")
                    found |= {here} | named_keys(inner, shape.fields[name].shape, here)
            return found
        case ListShape(), list():
            return set().union(*(named_keys(one, shape.item, f"{path}[]") for one in value))
        case TaggedShape(), dict():
            word = str(value[shape.key])
            return named_keys(value, shape.sections[word], f"{path}({word})")
        case DictShape(), dict():
            return set().union(*(named_keys(one, shape.value, f"{path}.*") for one in value.values()))
        case EitherShape(), dict() if shape.section is not None:
            return named_keys(value, shape.section, path)
        case _:
            return set()


def plain(text: str) -> Any:
    root, problems = compose(text.encode(), "f")
    assert root is not None
    assert problems == []
    return plain_of(root)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with its secret files, made by the line that its own head gives."""
    made = tmp_path_factory.mktemp("example")
    (made / "campus.yaml").write_text(TEXT)
    line = next(one for one in TEXT.splitlines() if one.startswith("#   umask 077;"))
    subprocess.run(["bash", "-euc", line.removeprefix("#   ")], cwd=made, check=True, capture_output=True)
    return made


def test_the_example_names_every_key() -> None:
    wanted = every_key(shape_of(Config))
    named = named_keys(plain(TEXT), shape_of(Config))
    # What excludes something else in the file stands in a comment, as it would be written.
    commented = plain("\n".join(re.findall(r"(?m)^# (mqtt:|  \w+: .*)$", TEXT)))
    named |= named_keys(commented, shape_of(Config))

    assert len(wanted) > 150
    assert wanted - named == set()


def test_the_example_passes_check_with_the_secret_files_that_its_head_makes(folder: Path) -> None:
    found = read(folder / "campus.yaml")

    assert found.problems == ()
    assert found.config is not None
    assert all("never driven" not in notice.what for notice in found.notices)


def test_without_its_secret_files_the_example_says_which_are_missing(tmp_path: Path) -> None:
    (tmp_path / "campus.yaml").write_text(TEXT)

    found = read(tmp_path / "campus.yaml")

    assert {problem.topic for problem in found.problems} == {"secret", "web"}
    assert all("does not exist" in problem.what for problem in found.problems)
    assert found.config is None


def test_the_commented_broker_of_the_example_is_a_sound_one() -> None:
    lines = TEXT.splitlines()
    start = lines.index("# mqtt:")
    own = "\n".join(line.removeprefix("# ") for line in lines[start : start + 3])
    text = edit(SOUND, ('mqtt: {url: "mqtt://127.0.0.1:1883"}', own))

    assert jsonschema_rs.validator_for(json_schema()).is_valid(plain(text))


def test_the_schema_is_a_valid_one_of_2020_12_and_accepts_the_example() -> None:
    schema = json_schema()
    jsonschema_rs.meta.validate(schema)

    errors = list(jsonschema_rs.validator_for(schema).iter_errors(plain(TEXT)))

    assert schema["$schema"].endswith("2020-12/schema")
    assert [error.message for error in errors] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("id: lincoln-hs", "id: Lincoln HS"),
        ("relay: no", "relay: yes"),
        ("travel: 400ms", "travel: 400"),
        ("travel: 400ms", "travel: 4 s"),
        ("fire_rated: true", "fire_rated: on"),
        ("driver: modbus-tcp", "driver: modbus"),
        ("unit: 3}", "unit: 300}"),
        ("host: 10.20.1.11", "hots: 10.20.1.11"),
        ("locked_when: off}\n    bolt", "locked_when: false}\n    bolt"),
        ("hold: lockdown", "hold: lockdwon"),
        ("kind: classroom", "kind: room"),
    ],
)
def test_the_schema_refuses_the_slips_in_form_that_check_refuses(old: str, new: str) -> None:
    validator = jsonschema_rs.validator_for(json_schema())

    assert validator.is_valid(plain(SOUND))
    assert not validator.is_valid(plain(edit(SOUND, (old, new))))


def test_every_key_of_the_schema_says_what_it_is() -> None:
    sections: dict[str, Any] = json_schema()["$defs"]
    unsaid = [
        f"{name}.{key}"
        for name, section in sections.items()
        for key, one in section["properties"].items()
        if not ({"description", "const", "$ref", "items"} & one.keys())
    ]

    assert unsaid == []
    assert all(section["description"] for section in sections.values())
