"""Who may do what: every role by every right, written out once more here and read back from the shipped table."""

import pytest

from edge.config.pack_rights import read_rights, shipped_rights
from edge.config.pack_tables import BrokenPack
from rules.rights import ALWAYS, GIVEN, NEVER_BY_TOKEN, RIGHTS, ROLES, Right, RightsTable, Role

# Each right has a column, in the order of RIGHTS:
# look, look-duress, watch, start, start-drill, acknowledge, dismiss, lock, unlock, release, close, note, walk-test, ...
TABLE: dict[Role, str] = {
    "administrator":               "+ + + + + + + + + + + + + + + + + + + + + + + + + + + + + + + - + + +",
    "staff":                       "+ - - + - + - - - - - + - - - - - + - - - - + + - - + + - + + - + + -",
    "technician":                  "+ - + + - + - - - - - + + + + + - + + - - + + + + + + + + + - - + + -",
    "viewer":                      "+ - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - + - -",
    "device":                      "+ - - + - - - - - - - - - - - - - - - - - - - - - - - - - - - - + + -",
    "detector":                    "- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - + - - -",
    "teacher":                     "+ - - + - + - - - - - + - - - - - + - - - - + + - - + + - + - - + + -",
    "substitute":                  "+ - - + - + - - - - - - - - - - - - - - - - + - - - - - - + - - + + -",
    "front-office":                "+ + + + - + + - - - - + - - + + - + + - - - + + - + + + + + + - + + +",
    "it":                          "+ - + + - + - - - - - + + + + + - + + - + + + + + + + + - + - - + + -",
    "safety-coordinator":          "+ + + + + + + + + + + + + + + + + + + - - - + + + + + + + + + - + + +",
    "school-resource-officer":     "+ + + + - + + + + + + + - - + + - + - - - - + + - + - + + + + - + + -",
    "security-officer":            "+ + + + - + - + + + - + - - + - - + - - - - + + - + - + + + + - + + -",
    "responder":                   "+ + + - - - - - + + - + - - - - - - - - - - - - - - - - + - - - + - -",
    "kiosk":                       "- - - + - - - - - - - - - - - - - - - - - - - - - - - - - - - - + + -",
    "auditor":                     "+ + - - - - - - - - - - - - - + + + - - - - - + - - - - - - - - - - -",
    "district":                    "+ - - - - - - - - - - - - - - + - - - - - - - + - - - - - - - - - - -",
}  # fmt: skip
EVERY = [(role, right) for role in ROLES for right in RIGHTS]


@pytest.mark.parametrize(("role", "right"), EVERY)
def test_a_role_has_exactly_the_rights_of_its_line(role: Role, right: Right) -> None:
    wanted = TABLE[role].split()[RIGHTS.index(right)] == "+"
    assert shipped_rights().may(role, right) is wanted


def test_every_role_has_a_line_of_every_right() -> None:
    assert set(TABLE) == set(ROLES)
    assert {len(line.split()) for line in TABLE.values()} == {len(RIGHTS)}


@pytest.mark.parametrize("right", RIGHTS)
def test_a_role_that_is_not_in_the_table_may_do_nothing(right: Right) -> None:
    empty = RightsTable(1, {})
    assert not empty.may("administrator", right)
    assert not shipped_rights().may("janitor-in-chief", right)  # type: ignore[arg-type]


def test_whoever_is_on_staff_may_start_a_response() -> None:
    table = shipped_rights()
    followers = {"viewer", "responder", "auditor", "district", "detector"}
    assert {role for role in ROLES if not table.may(role, "start")} == followers


def test_looks_through_a_camera_enter_the_record_for_every_role_that_has_them() -> None:
    table = shipped_rights()
    assert table.looks_recorded == {role for role in ROLES if table.may(role, "watch")}


def test_whoever_may_release_may_look_and_no_role_but_one_gives_rights_to_others() -> None:
    table = shipped_rights()
    assert all(table.may(role, "look") for role in ROLES if table.may(role, "release"))
    assert [role for role in ROLES if table.may(role, "people")] == ["administrator"]


def test_a_lapsed_session_keeps_the_rights_that_call_for_help_and_programs_never_have_four() -> None:
    assert {"start", "acknowledge", "report-room"} == ALWAYS
    assert {"release", "people", "configure", "speak"} == NEVER_BY_TOKEN


def test_a_second_factor_stands_before_what_ends_opens_silences_or_manages_and_never_before_a_call_for_help() -> (
    None
):
    table = shipped_rights()
    assert table.second_factor == {
        "dismiss", "unlock", "release", "close", "walk-test", "export", "assets-write", "people", "configure", "speak",
    }  # fmt: skip
    assert not table.second_factor & {*ALWAYS, "look", "look-duress", "record", "note", "lock"}
    assert table.proof_opens("technician") == {"walk-test", "assets-write"}
    assert table.proof_opens("staff") == set()


def test_where_nothing_is_said_everything_but_a_call_for_help_asks_for_it() -> None:
    assert RightsTable(1, {}).second_factor == set(RIGHTS) - ALWAYS


GOOD = (
    "version: 1\nonly_live: [responder]\nsecond_factor: [release, people, configure, speak]\nroles:\n"
    + "".join(f"  {role}: [look]\n" for role in ROLES if role in GIVEN)
)
LATER = "looks_recorded: [administrator]\nlater:\n" + "".join(
    f"  {role}: []\n" for role in ROLES if role not in GIVEN
)


def test_a_table_is_read_as_it_is_written() -> None:
    assert read_rights((GOOD + LATER).encode(), "rights.yaml").may("viewer", "look")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "roles",
        GOOD,
        GOOD.replace("viewer", "watcher") + LATER,
        GOOD.replace("[look]", "[look, fly]") + LATER,
        GOOD.replace("[look]", "[look, look]") + LATER,
        GOOD + LATER + "  staff: [look]\n",
        GOOD + LATER.replace("kiosk", "kiosks"),
        GOOD.replace("[release, people, configure, speak]", "[release, people, speak]") + LATER,
        GOOD.replace("release,", "release, start,") + LATER,
        GOOD.replace("release,", "release, fly,") + LATER,
        GOOD.replace("second_factor: [release, people, configure, speak]\n", "") + LATER,
    ],
    ids=[
        "empty",
        "no table",
        "no later",
        "unknown role",
        "unknown right",
        "twice",
        "in both",
        "misspelt",
        "less than the least",
        "before a start",
        "unknown factor right",
        "no second factor",
    ],
)
def test_a_table_that_is_not_whole_is_refused_whole(text: str) -> None:
    with pytest.raises(BrokenPack):
        read_rights(text.encode(), "rights.yaml")
