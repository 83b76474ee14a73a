"""A written incident is read whole, or each thing that is wrong with it is said with its line and what to write."""

from pathlib import Path

import pytest

from edge.scenarios import shelf
from edge.scenarios.reading import read
from edge.tabletop import LARGEST
from edge.tabletop.messages import MOST_STEPS, Door, Inject, Note, Press, Start

HEAD = 'tabletop: 1\ntitle: "A short one"\nsteps:\n'


def wrong(text: str) -> list[tuple[int, str]]:
    found = read(text.encode(), "x.yaml")
    assert found.scenario is None
    return found.wrong


def test_the_incidents_that_ship_are_sound() -> None:
    found = shelf.listed(Path("/nowhere"))
    assert [one.name for one in found] == ["fire-alarm-in-a-lockdown", "intruder-at-the-door"]
    for one in found:
        made = read(shelf.opened(Path("/nowhere"), one.name), one.name)
        assert made.wrong == []
        assert made.scenario is not None
        assert made.scenario.title == one.title
        assert any(isinstance(step, Inject) for step in made.scenario.steps)


def test_steps_have_their_times_lines_and_short_forms() -> None:
    text = HEAD + (
        '  - {at: "0:05", press: pb-101}\n'
        "  - {at: 90s, note: Parents at the gate}\n"
        "  - at: 1:02:00\n"
        "    door: {kind: classroom, number: 2, does: refused}\n"
        "  - {at: 1:02:00, start: evacuate}\n"
    )
    made = read(text.encode(), "x.yaml")
    assert made.wrong == []
    assert made.scenario is not None
    assert made.scenario.steps == [
        Press(line=4, at_ms=5_000, button="pb-101"),
        Note(line=5, at_ms=90_000, text="Parents at the gate"),
        Door(line=6, at_ms=3_720_000, kind="classroom", number=2, does="refused"),
        Start(line=8, at_ms=3_720_000, response="evacuate"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("[1, 2]", 1, "it needs tabletop, title and steps"),
        ("title: A\nsteps: [{at: 0s, close: x}]\n", 1, "tabletop: 1"),
        ("tabletop: true\ntitle: A\nsteps: [{at: 0s, close: x}]\n", 1, "tabletop: 1"),
        ("tabletop: 1\nsteps: [{at: 0s, close: x}]\n", 1, "title"),
        ("tabletop: 1\ntitle: 7\nsteps: [{at: 0s, close: x}]\n", 2, "title"),
        ("tabletop: 1\ntitle: A\n", 1, "at least one step"),
        ("tabletop: 1\ntitle: A\nsteps: {}\n", 3, "at least one step"),
        ("tabletop: 1\ntitle: A\nhint: x\nsteps: [{at: 0s, close: x}]\n", 3, "'hint' is not known"),
        (HEAD + "  - press\n", 4, "a step is"),
        (HEAD + "  - {at: 0s, note: a, close: b}\n", 4, "a step is"),
        (HEAD + "  - {at: 0s}\n", 4, "a step is"),
        (HEAD + "  - {at: soon, close: x}\n", 4, "at is a time"),
        (HEAD + "  - {at: 30, close: x}\n", 4, "at is a time"),
        (HEAD + '  - {at: "0:61", close: x}\n', 4, "at is a time"),
        (HEAD + "  - {at: 7201s, close: x}\n", 4, "at most 2 hours"),
        (HEAD + "  - {at: 9s, close: x}\n  - {at: 8s, close: x}\n", 5, "before the step above"),
        (HEAD + "  - {at: 0s, shoot: {}}\n", 4, "'shoot' is no step"),
        (HEAD + "  - {at: 0s, door: a-101}\n", 4, "door is not written so"),
        (HEAD + "  - {at: 0s, note: {text: a, line: 9}}\n", 4, "note is not written so"),
        (HEAD + "  - {at: 0s, door: {does: explode}}\n", 4, "explode"),
        (HEAD + "  - {at: 0s, press: {asks: bombs}}\n", 4, "bombs"),
        (HEAD + '  - {at: 0s, note: ""}\n', 4, "length"),
        (HEAD + "  - {at: 0s, inject: {text: a, too: b}}\n", 4, "too"),
        (HEAD + "  - {at: 0s, note: a\n", 4, ""),
        (HEAD + "  - {at: 0s, note: *a}\n", 4, "alias"),
        (HEAD + "  - {at: 0s, close: x}\n" * (MOST_STEPS + 1), 3, "more than 200 steps"),
        ("#" * (LARGEST + 1), 1, "longer than"),
        ("", 1, "empty"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, why: str) -> None:
    found = wrong(text)
    if why:
        assert any(at == line and why in said for at, said in found), found
    assert all(1 <= at <= text.count("\n") + 2 for at, _ in found)


def test_every_mistake_is_said_at_once() -> None:
    found = wrong(HEAD + "  - {at: x, note: a}\n  - {at: 1s, bad: a}\n  - {at: 2s, room: {word: fine}}\n")
    assert [line for line, _ in found] == [4, 5, 6]


def test_one_that_was_added_is_listed_and_opened_and_takes_no_shipped_name(tmp_path: Path) -> None:
    assert shelf.may_be_called("bus")
    for name in ("intruder-at-the-door", "Bus", "../bus", "", "a" * 65):
        assert not shelf.may_be_called(name)
    shelf.kept(tmp_path, "bus", b'title: "A \x1b[31mbus"\n')
    assert shelf.listed(tmp_path)[-1] == shelf.Written("bus", "A [31mbus", False)
    assert shelf.opened(tmp_path, "bus").startswith(b"title")
    for name in ("none", "../tabletop/bus", "/etc/passwd"):
        with pytest.raises(KeyError):
            shelf.opened(tmp_path, name)
    (tmp_path / "tabletop" / "link.yaml").symlink_to("/etc/passwd")
    with pytest.raises(KeyError):
        shelf.opened(tmp_path, "link")


def test_so_many_are_kept_and_one_of_them_may_be_replaced(tmp_path: Path) -> None:
    for number in range(shelf.MOST):
        shelf.kept(tmp_path, f"one-{number}", b"x")
    with pytest.raises(shelf.NoRoom):
        shelf.kept(tmp_path, "one-more", b"x")
    shelf.kept(tmp_path, "one-3", b"title: new")
    assert shelf.opened(tmp_path, "one-3") == b"title: new"
