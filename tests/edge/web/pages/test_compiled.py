"""Compiled templates are kept, believed only as they are of this very source, and needed by nobody."""

import sys
from pathlib import Path

import jinja2
import pytest

from edge.web.pages import templates

SOURCES = {"one.html": "<p>{{ 1 + 1 }}</p>", "other.html": "{% include 'one.html' %}"}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(templates, "sources", lambda: SOURCES)
    return tmp_path


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.jinja"))


def test_a_second_start_compiles_no_template(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    templates._environment()
    assert len(files(kept)) == len(SOURCES)

    def never(*_: object, **__: object) -> str:
        raise AssertionError("a template was compiled")

    monkeypatch.setattr(jinja2.Environment, "compile", never)
    assert templates._environment().get_template("other.html").render() == "<p>2</p>"


@pytest.mark.parametrize("damage", [b"", b"j2", b"\x00" * 4096])
def test_a_damaged_one_is_compiled_anew(kept: Path, damage: bytes) -> None:
    templates._environment()
    assert files(kept)
    for file in files(kept):
        file.write_bytes(damage)

    assert templates._environment().get_template("other.html").render() == "<p>2</p>"
    assert damage not in {file.read_bytes() for file in files(kept)}


def test_a_place_that_may_not_be_written_costs_a_second_and_nothing_else(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept / "file").write_text("")
    monkeypatch.setattr(sys, "pycache_prefix", str(kept / "file"))

    assert templates._environment().get_template("other.html").render() == "<p>2</p>"
