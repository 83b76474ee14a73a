"""A firmware note is read whole or not at all, what is wrong with it is told at its line, and a model finds its family's."""

import os
from pathlib import Path

import pytest

from edge.config import notes as noted
from edge.config.family import family_of
from edge.config.notes import LONGEST_BYTES, LONGEST_FRONT_BYTES, check_notes, for_rules, notes_of, read_front
from edge.wiring import _readback_offset
from rules.book.firmware import CpeName, Note
from tests.edge.config.campuses import SOUND, checked, edit
from tests.edge.config.noting import button, note


def told(text: str, file: str = "firmware_notes/acme-cam.md") -> list[str]:
    """What is wrong, as `check` prints it."""
    front, problems = read_front(text.encode(), file)
    assert (front is None) is bool(problems)
    return [one.text().removeprefix("firmware_notes/") for one in problems]


def test_a_sound_note_says_what_rules_compare_with() -> None:
    front, problems = read_front(note("acme-cam").encode(), "firmware_notes/acme-cam.md")
    assert (problems, front is not None) == ((), True)
    assert front is not None
    assert for_rules(front) == Note(
        "acme-cam",
        "acme",
        "onvif",
        ("1.8", "2.0"),
        "1.5",
        "2030-01-01",
        (CpeName("o", "acme", "{model}_firmware", None, ("cam-*",)),),
    )


def test_what_a_note_says_is_unknown_is_unknown_to_rules() -> None:
    text = note("acme-cam").replace('"1.5"', "unknown").replace("2030-01-01", "unknown")
    front, _ = read_front(text.encode(), "acme-cam.md")
    assert front is not None
    assert (for_rules(front).minimum, for_rules(front).end_of_support) == (None, None)


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "what"),
    [
        ("minimum:", "minimun:", 7, "minimun", "is no key of a note; did you mean 'minimum'?"),
        ("vendor: acme, product", "vendr: acme, product", 10, "cpe[0].vendr", "is no key of a note; did you mean 'vendor'?"),
        ('minimum: "1.5"\n', "", 2, "minimum", "is missing; write it, with unknown or []"),
        ('"1.5"', "1.5", 7, "minimum", "expected `str`, got `float`; put it in quotes"),
        ('["1.8", "2.0"]', '["1.8", 2.0]', 6, "tested[1]", "expected `str`, got `float`; put it in quotes"),
        ("part: o", "part: x", 10, "cpe[0].part", "invalid enum value 'x'"),
        ("2030-01-01", "soon", 8, "end_of_support", "expected `str` matching regex"),
        ("model: acme-cam", "model: acme-dome", 2, "model", "says 'acme-dome' in a file named 'acme-cam'"),
        ("quirks: []", "quirks: [\n", 16, "yaml", ""),
        ("---\nmodel", "model", 1, "file", "has no front matter"),
        ("quirks: []\n---\n", "quirks: []\n", 1, "file", "its front matter has no end"),
        ("quirks: []", "quirks: ['" + "x" * LONGEST_FRONT_BYTES + "']", 1, "file", "its front matter has no end"),
        ("quirks: []", "quirks: &x []", 14, "yaml", ""),
        ("kind: camera", "kind: button", 1, "silence_limit", "is missing for a button"),
        ("quirks: []", "quirks: []\nsilence_limit: often", 15, "silence_limit", "'often' is no duration"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_note_is_told_at_its_line(
    old: str, new: str, line: int, path: str, what: str
) -> None:
    assert old in note("acme-cam")
    first = told(note("acme-cam").replace(old, new, 1))[0]
    assert first.startswith(f"acme-cam.md:{line}: {path}: {what}")


def test_a_note_with_the_line_ends_of_another_system_is_read() -> None:
    assert told(note("acme-cam").replace("\n", "\r\n")) == []


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("wago-750", "wago-750"),
        ("wago-750-362", "wago-750"),
        ("wago-7500", None),
        ("wago", None),
        ("axis-m3085", "axis"),
        ("axis-m3085-v", "axis"),
        ("hikvision-ds-2cd2186g2-isu", "hikvision"),
        ("moxa-iologik-e1210", "moxa-iologik-e1200"),
        ("brainboxes-ed-588", "brainboxes-ed"),
        ("osdp-reader", "osdp-reader"),
        ("acme-1", None),
    ],
)
def test_a_configured_model_finds_the_note_of_its_family(model: str, family: str | None) -> None:
    front = notes_of().of(model)
    assert (None if front is None else front.model) == family


def test_of_two_families_the_longest_that_begins_the_model_is_its_own() -> None:
    assert family_of("a-b-c", {"a", "a-b"}) == "a-b"
    assert family_of(None, {"a"}) is None
    assert family_of("", {""}) is None


def test_a_wago_coupler_named_by_its_number_is_read_where_its_coils_are_shown() -> None:
    assert (_readback_offset("wago-750-362"), _readback_offset("acme"), _readback_offset(None)) == (512, 0, 0)


def test_a_broken_note_disarms_nothing_and_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "acme-button.md").write_text(button("acme-button", "60s").replace("tested:", "tried:"))
    monkeypatch.setattr(noted, "NOTES", tmp_path)
    monkeypatch.setattr(check_notes, "__defaults__", (tmp_path,))

    found = checked(edit(SOUND, ("silence_limit: 180s", "model: acme-button")))

    assert [(one.path, one.topic) for one in found.problems] == [("tried", "notes")]
    assert found.blocking == ()
    assert found.config is not None
    assert notes_of(tmp_path).of("acme-button") is None


def test_a_model_without_a_note_is_worth_a_notice() -> None:
    found = checked(edit(SOUND, ("silence_limit: 180s", "model: milesigt-ws101\n    silence_limit: 180s")))
    assert found.problems == ()
    assert ["milesight-ws101" in one.do for one in found.notices if "firmware note" in one.what] == [True]


def test_two_notes_that_name_one_model_a_long_one_and_an_unreadable_one_are_told(tmp_path: Path) -> None:
    (tmp_path / "acme-cam.md").write_text(note("acme-cam"))
    (tmp_path / "acme-dome.md").write_text(note("acme-dome", more="also: [acme-cam]"))
    (tmp_path / "long.md").write_text("x" * (LONGEST_BYTES + 1))
    (tmp_path / "odd.md").mkdir()
    found = notes_of(tmp_path)
    assert [one.what for one in found.problems] == [
        "'acme-cam' is named by 'acme-cam' too",
        f"is longer than {LONGEST_BYTES} bytes",
        "cannot be read: Is a directory",
    ]
    assert set(found.by_model) == {"acme-cam", "acme-dome"}


def test_a_note_that_is_edited_is_read_anew_and_no_folder_has_no_notes(tmp_path: Path) -> None:
    file = tmp_path / "acme-cam.md"
    file.write_text(note("acme-cam"))
    assert notes_of(tmp_path).of("acme-cam") is not None
    file.write_text("nothing")
    os.utime(file, ns=(1, 1))
    assert notes_of(tmp_path).of("acme-cam") is None
    assert notes_of(tmp_path / "none").by_model == {}
