"""The texts of a responses pack for families and media: each with an owner, the state number, and a drill's own words."""

import pytest

from edge.config.pack_statements import LONGEST_TEXT, MOST, read_statements
from edge.config.packs import PACKS, shipped, with_responses
from rules.statements import MARKS, OVER

RESPONSES = (PACKS / "responses.yaml").read_bytes()
GOOD = '{id: a, to: families, owner: liaison, real: "Come out {number}", drill: "Practice {number}"}'


def test_the_shipped_pack_has_words_for_what_moves_or_keeps_everybody_and_for_the_end() -> None:
    found = shipped().statements
    assert set(found) == {"lockdown", "secure", "hold-in-place", "evacuate", "fire", "shelter", OVER}
    assert all(any(one.to == "families" for one in listed) for listed in found.values())
    assert {one.to for one in found["lockdown"]} == {"families", "media"}


def test_no_shipped_drill_text_could_be_taken_for_real() -> None:
    for listed in shipped().statements.values():
        for one in listed:
            assert one.drill != one.real
            assert "drill" in one.drill.lower() or "practises" in one.drill


def test_a_pack_without_words_has_none_and_a_broken_one_is_refused_whole() -> None:
    at, end = RESPONSES.index(b"\nstatements:"), RESPONSES.index(b"\nplans:")
    packs, problems = with_responses(RESPONSES[:at] + RESPONSES[end:], "own.yaml")
    assert packs is not None
    assert (packs.statements, problems) == ({}, ())

    broken = RESPONSES.replace(b"to: media", b"to: police", 1)
    packs, problems = with_responses(broken, "own.yaml")
    assert packs is None
    assert "it is for none of families, media" in problems[0].what
    assert problems[0].line == RESPONSES[: at + 1].count(b"\n") + 1
    assert read_statements(b"a: [", "own.yaml")[0] is None
    assert read_statements(b"- a\n", "own.yaml") == ({}, ())


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[]", "is not responses with their texts"),
        ("{panic: []}", "is no response, and not over"),
        ("{duress: []}", "is silent"),
        ("{fire: x}", "is no list"),
        (f"{{fire: [{', '.join([GOOD] * (MOST + 1))}]}}", "is no list of at most"),
        ("{fire: [x]}", "other keys"),
        (f"{{fire: [{GOOD.replace('owner: liaison, ', '')}]}}", "other keys"),
        (f"{{fire: [{GOOD.replace('id: a', 'id: A b')}]}}", "its id is no slug"),
        (f"{{fire: [{GOOD}, {GOOD}]}}", "has 'a' twice"),
        (f"{{fire: [{GOOD.replace('families', 'police')}]}}", "it is for none of families, media"),
        (f"{{fire: [{GOOD.replace('liaison', 'nobody')}]}}", "its owner is none of"),
        (f"{{fire: [{GOOD.replace('Come out {number}', ' ')}]}}", "its real text is not words"),
        (f"{{fire: [{GOOD.replace('Practice', 'x' * LONGEST_TEXT)}]}}", "its drill text is not words"),
        (f"{{fire: [{GOOD.replace('Come out {number}', 'Come')}]}}", "does not have {number}"),
        (f"{{fire: [{GOOD.replace('Come', 'Come {door}')}]}}", "braces that are none of {campus}"),
        (f"{{fire: [{GOOD.replace('Come', 'Come {')}]}}", "braces that are none of"),
        (f"{{fire: [{GOOD.replace('Practice', 'Come out')}]}}", "a drill says what is said for real"),
        (f"{{fire: [{GOOD.replace('Come', 'Real: come')}]}}", "begins with DRILL or REAL itself"),
        (f"{{fire: [{GOOD.replace('Come', '(DRILL) come')}]}}", "begins with DRILL or REAL itself"),
        (f"{{fire: [{GOOD.replace('Come', '$campus')}]}}", "has '$campus', which nobody fills in"),
        (f"{{fire: [{GOOD.replace('Come', '[NAME OF SCHOOL]')}]}}", "has '[NAME OF SCHOOL]'"),
        (f"{{fire: [{GOOD.replace('Come', '<school>')}]}}", "has '<school>'"),
        (f"{{fire: [{GOOD.replace('Come', '%s')}]}}", "has '%s'"),
        (f"{{fire: [{GOOD.replace('Come', 'Come ____')}]}}", "has '____'"),
        (f"{{fire: [{GOOD.replace('Come', 'Come ' + chr(92) + 'u202E')}]}}", "cannot be printed"),
        (f"{{fire: [{GOOD.replace('Come out', 'Students stay inside')}]}}", "contrary to fire"),
        (f"{{lockdown: [{GOOD.replace('Come out', 'Leave the building')}]}}", "contrary to lockdown"),
        (f"{{secure: [{GOOD.replace('Practice', 'Practice: leave the school')}]}}", "of its drill text"),
        (f"{{lockdown: [{GOOD.replace('Come out', 'Pick up your child')}]}}", "nobody comes to a campus"),
        (f"{{shelter: [{GOOD.replace('Come out', 'Please drive to the school')}]}}", "contrary to shelter"),
        (f"{{fire: [{GOOD.replace('Come out', 'We practise')}]}}", "its real text speaks of a drill"),
        (f"{{fire: [{GOOD.replace('Practice', 'All is well')}]}}", "does not say that it is one"),
    ],
)
def test_what_is_wrong_is_told(text: str, what: str) -> None:
    found, problems = read_statements(f"statements: {text}\n".encode(), "own.yaml")
    assert found is None
    assert any(what in one.what for one in problems), [one.text() for one in problems]


def test_the_first_word_is_fixed_in_code_for_each_kind_that_has_words() -> None:
    assert dict(MARKS) == {"real": "REAL. ", "drill": "DRILL. "}


@pytest.mark.parametrize(
    ("state", "real"),
    [
        ("lockdown", "This is not a drill. Do not come to the school {number}"),
        ("secure", "Please don't pick up your child now. 100% of rooms are locked {number}"),
        ("evacuate", "Pick up your child at the stadium {number}"),
        (OVER, "Come to the school and pick up your child {number}"),
    ],
)
def test_words_that_say_the_right_thing_are_taken(state: str, real: str) -> None:
    row = GOOD.replace("Come out {number}", real)
    found, problems = read_statements(f"statements: {{{state}: [{row}]}}\n".encode(), "own.yaml")
    assert found is not None, [one.text() for one in problems]
