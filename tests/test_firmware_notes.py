"""Every note holds for the daemon; those on cameras say what a school must know, with a source or plainly from knowledge."""

import re
import tomllib
from pathlib import Path

import pytest

from edge.config.notes import NOTES, notes_of

CAMERAS = [path for path in sorted(NOTES.glob("*.md")) if "\nkind: camera\n" in path.read_text()]
ROWS = {
    "main stream",
    "sub-stream",
    "ONVIF",
    "sessions",
    "long key interval",
    "B-frames",
    "clock",
    "default password",
    "known flaws",
    "KEV",
    "section 889",
    "updates",
}


def rows(note: Path) -> dict[str, tuple[str, str]]:
    """Fact: (value, source)."""
    cells = [line.strip("|").split("|") for line in note.read_text().splitlines() if line.startswith("| ")]
    return {fact.strip(): (value.strip(), source.strip()) for fact, value, source in cells}


def test_every_note_holds_and_eight_families_besides_the_cameras_have_one() -> None:
    notes = notes_of()
    assert notes.problems == ()
    families = {one.model for one in notes.by_model.values()}
    assert families == {path.stem for path in NOTES.glob("*.md")}
    assert len(families - {path.stem for path in CAMERAS} - {"generic-mqtt-button"}) >= 8


def test_the_notes_are_installed_with_the_product() -> None:
    project = tomllib.loads((NOTES.parent / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert "firmware_notes" in project["packages"]["find"]["include"]
    assert project["package-data"]["firmware_notes"] == ["*.md"]
    assert (NOTES / "__init__.py").is_file()


def test_six_camera_families_have_a_note() -> None:
    assert len(CAMERAS) >= 6


@pytest.mark.parametrize("note", CAMERAS, ids=lambda note: note.stem)
def test_a_note_is_found_by_the_model_that_a_configuration_names(note: Path) -> None:
    assert note.read_text().startswith(f"---\nmodel: {note.stem}\nkind: camera\n")


@pytest.mark.parametrize("note", CAMERAS, ids=lambda note: note.stem)
def test_every_fact_is_there_with_a_source_or_said_to_be_unchecked(note: Path) -> None:
    found = rows(note)
    assert set(found) >= ROWS
    unchecked = ("from knowledge", "not found", "not searched", "seen by others")
    assert [
        fact
        for fact, (value, source) in found.items()
        if not source and not any(one in value for one in unchecked)
    ] == []


@pytest.mark.parametrize("note", CAMERAS, ids=lambda note: note.stem)
def test_every_source_is_named_once_and_used(note: Path) -> None:
    text, _, sources = note.read_text().partition("## Sources")
    listed = [int(number) for number in re.findall(r"^(\d+)\. ", sources, flags=re.MULTILINE)]
    assert listed == list(range(1, len(listed) + 1))
    cited = {int(number) for group in re.findall(r"\[([\d, ]+)\]", text) for number in group.split(",")}
    ranged = {
        number
        for low, high in re.findall(r"\[(\d+)\] to \[(\d+)\]", text)
        for number in range(int(low), int(high) + 1)
    }
    assert cited | ranged == set(listed)


@pytest.mark.parametrize("note", CAMERAS, ids=lambda note: note.stem)
def test_the_addresses_in_a_note_are_ones_that_a_configuration_may_hold(note: Path) -> None:
    for fact in ("main stream", "sub-stream"):
        for url in re.findall(r"`(rtsp://\S+?)`", rows(note)[fact][0]):
            assert re.fullmatch(r"rtsp://HOST(:\d+)?/[\w/.?=&-]*", url)
