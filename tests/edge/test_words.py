"""Every code that can be shown has its sentence, and one without is shown as itself."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import asset_words, ticket_words, words
from edge.flag_words import FLAGS
from rules.book.asset_fields import FIELDS
from rules.book.kinds import FLAGS as BOOKS_FLAGS
from rules.book.kinds import OF_TICKETS
from rules.book.ticket_fields import FIELDS as TICKET_FIELDS
from rules.links import BOX_TROUBLE
from rules.model.verdicts import VerdictWord
from rules.rights import RIGHTS

ROOT = Path(__file__).parents[2]


SHOWN_BESIDE_DOORS = [
    text
    for table in (words.VERDICTS, words.HELD, words.UNANSWERED, words.NOT_ARMED, words.RETENTION)
    for text in table.values()
]


def literals(pattern: str, *places: str) -> set[str]:
    """What the first group of `pattern` finds in the sources of `places`."""
    files = [path for place in places for path in (ROOT / place).rglob("*.py")]
    return {found for path in files for found in re.findall(pattern, path.read_text())}


def test_every_verdict_has_a_sentence() -> None:
    assert set(words.VERDICTS) == set(get_args(VerdictWord))


@pytest.mark.parametrize("word", ["no_answer", "stale", "unconfirmed", "unknown"])
def test_a_door_of_which_nothing_is_proven_is_to_be_treated_as_open(word: str) -> None:
    assert "Treat as open" in words.verdict(word)


def test_what_a_person_must_do_is_said_in_sentences_of_fifteen_words_at_most() -> None:
    sentences = [
        one
        for text in (*SHOWN_BESIDE_DOORS, *(text for _title, text in FLAGS.values()))
        for one in re.split(r"(?<=\.) ", text)
    ]

    assert [one for one in sentences if len(one.split()) > 15] == []


def test_every_trouble_of_the_box_that_a_self_test_names_has_a_sentence() -> None:
    assert set(BOX_TROUBLE) - set(words.TEST_CODES) == set()


def test_every_way_in_which_a_controller_is_lost_is_said_in_words_in_a_self_test() -> None:
    lost = literals(
        r'(?:failed|unreachable|_lost|self\.end)\((?:self, |now, )?\s*"([a-z_]+)"', "drivers/doors"
    )

    assert {"silent", "unreachable", "refused", "reset", "garbage", "wrong_answer"} <= lost
    assert lost - set(words.TEST_CODES) == set()


def test_every_flag_and_every_no_of_the_book_has_words() -> None:
    said_no = literals(r'Refused\(\s*"([a-z_]+)"', "rules/book", "edge/book")

    assert {"bad_step", "circle", "ambiguous"} <= said_no
    assert said_no - set(words.REFUSALS) - {"unknown_verb"} == set()
    assert set(BOOKS_FLAGS) - set(FLAGS) == set()
    assert set(FIELDS) == set(asset_words.FIELDS)
    assert {one.form for one in FIELDS.values()} - set(asset_words.FORMS) == set()


def test_what_is_wrong_with_a_value_and_what_is_unknown_is_said_in_words() -> None:
    said = {"field": "supported_until", "form": "date_or_none", "value": "soon"}
    assert words.reply("bad_value", said) == (
        "Supported until cannot be soon: write a date as 2026-08-31, from 1950 to 2200, or none where its support has no end. "
        "Nothing was changed."
    )
    assert words.reply("bad_step", {"asset": "aed", "was": "retired", "state": "deployed"}).startswith(
        "aed is retired, and does not become in use."
    )
    assert words.reply("no_such_turn", {"from": "open", "to": "progress"}).startswith(
        "A ticket that is open does not become in progress."
    )
    assert words.reply("not_said", {"field": "category"}) == "Say Category. Nothing was changed."
    assert (
        "who is responsible, its role in an emergency"
        in words.flag("asset_unknown", "aed", ("a", "responsible,role"))[1]
    )
    assert (
        "It needs sw-1, and it is in repair." in words.flag("needs_down", "cam-1", ("a", "sw-1", "repair"))[1]
    )


def test_every_flag_that_the_rules_raise_has_words() -> None:
    raised = literals(r'yield \("([a-z_]+)", ', "rules") | literals(
        r'trouble\(\s*"([a-z_]+)"', "edge/journal"
    )
    conditions = literals(r'(?:ConditionChanged\(\w+\(\), |condition\(\s*)"([a-z_]+)"', "edge", "drivers")

    assert {
        "not_armed",
        "controller_down",
        "journal_refused",
        "part_failed",
        "accepted_not_kept",
    } <= raised | conditions
    assert (raised | conditions) - set(FLAGS) == set()


def test_every_refusal_of_a_request_has_words() -> None:
    refused = literals(r'_refuse\(step, event, (?:verb|"[a-z-]+"), "([a-z_]+)"', "rules")

    assert {"unknown_button", "unknown_door", "bad_minutes"} <= refused
    assert refused - set(words.REFUSALS) == set()


def test_every_refusal_of_the_book_and_every_flag_of_its_own_has_words() -> None:
    refused = literals(r'Refused\(\s*"([a-z_]+)"', "rules/book") | literals(
        r'NoPhoto\("([a-z_]+)"', "edge/book"
    )

    assert {"unknown_ticket", "why_needed", "bad_rest", "photo_cut"} <= refused
    assert refused - set(words.REFUSALS) - {"unknown_verb"} == set()
    assert set(FLAGS) >= OF_TICKETS
    assert {one.form for one in TICKET_FIELDS.values()} - {*asset_words.FORMS, *ticket_words.FORMS} == set()
    assert set(TICKET_FIELDS) - {*asset_words.FIELDS, *ticket_words.FIELDS} == set()
    said = {"field": "weight", "form": "weight", "value": "heavy"}
    assert words.reply("bad_value", said) == (
        "Weight cannot be heavy: write safety, urgent or normal. Nothing was changed."
    )


def test_every_code_that_the_interlock_returns_has_words() -> None:
    tree = ast.parse((ROOT / "rules/interlock.py").read_text())
    codes = {
        node.value
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch("[a-z]+(_[a-z]+)+", node.value)
    } - {"self_test"}

    assert "fire_freed" in codes
    assert codes - set(words.HELD) - {"time_passed"} == set()


def test_every_right_is_put_into_words_for_whoever_has_it_not() -> None:
    assert set(words.NOT_YOURS) == set(RIGHTS)
    assert (
        words.not_yours("close")
        == "Your role may not end an incident. Nothing was done: ask an administrator."
    )


def test_a_sentence_has_no_word_that_frightens_without_helping() -> None:
    texts = [text for pair in FLAGS.values() for text in pair]
    texts += [
        text
        for table in (words.VERDICTS, words.HELD, words.REFUSALS, words.NOT_ARMED)
        for text in table.values()
    ]

    assert [
        text for text in texts if re.search(r"\b(error|exception|invalid|timeout|just now)\b", text, re.I)
    ] == []
    assert [text for text in texts if not text.rstrip().endswith((".", "}", "…")) and len(text) > 80] == []


def test_an_unknown_code_is_shown_as_itself() -> None:
    assert words.verdict("melted") == "melted"
    assert "flux" in words.held("flux")
    assert words.flag("flux_low", "a-101", ("3",)) == ("flux_low: a-101", "3")
    assert words.reply("flux", {"door": "a-101"}) == "flux door=a-101"
    assert words.unanswered("flux") == "flux"
    assert words.not_armed("flux") == "flux"


def test_what_is_filled_in_is_never_read_as_a_template() -> None:
    title, _ = words.flag("button_silent", "{0}{subject}")

    assert title == "Button {0}{subject} is silent"


@pytest.mark.parametrize("code", ["button_battery_low", "unanswered_press", "journal_refused"])
def test_a_missing_argument_is_shown_as_a_question_mark(code: str) -> None:
    assert "?" in words.flag(code, "x")[1]


def test_a_refusal_by_the_interlock_names_each_door_and_why() -> None:
    said = words.reply("held", {"held": "a-101:fire_active, a-102:no_record"})

    assert "a-101: Fire alarm" in said
    assert "a-102: It has no commissioning record" in said


def test_who_refused_a_door_is_said() -> None:
    assert "record" in words.verdict("refused", "interlock", "no_record")
    assert "exception_2" in words.verdict("refused", "device", "exception_2")


@given(st.text(), st.dictionaries(st.text(max_size=3), st.text(max_size=5)))
def test_any_text_can_be_filled(text: str, values: dict[str, str]) -> None:
    assert isinstance(words.fill(text, values), str)


def test_what_comes_and_goes_is_named_in_words_and_not_by_its_code() -> None:
    _, text = words.flag("changes_often", "plc-east", ("a", "controller_down"))
    assert text.startswith("“Controller plc-east does not answer” turned ten times within an hour.")
    assert "{" not in words.flag("changes_often", "plc-east", ("a", "driver_failed"))[1]
