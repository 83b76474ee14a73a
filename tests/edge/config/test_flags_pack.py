"""The table of flags: a line for each flag there is, an owner that somebody can be, and nothing good that is not known."""

import pytest

from edge.config.pack_flags import CODES, read_flags
from edge.config.pack_tables import BrokenPack
from edge.config.packs import PACKS, shipped
from edge.flag_ends import ENDS, ends
from edge.flag_words import FLAGS
from rules.flag_table import DAY_US
from rules.rights import GIVEN
from tests.edge.test_words import literals

DATA = (PACKS / "flags.yaml").read_bytes()


def swapped(old: str, new: str) -> bytes:
    assert DATA.count(old.encode()) == 1, old
    return DATA.replace(old.encode(), new.encode())


def test_every_flag_that_has_words_has_a_line_and_no_other_has_one() -> None:
    rows = set(shipped().flags.rows)
    assert rows == CODES == {code for code in FLAGS if not code.endswith("_wired")}
    raised = literals(r'yield \("([a-z_]+)", ', "rules") | literals(
        r'(?:ConditionChanged\(\w+\(\), |condition\(\s*)"([a-z_]+)"', "edge", "drivers"
    )
    assert raised - rows == set()


def test_every_flag_is_owned_by_a_role_that_can_be_given_out_and_ends_in_words() -> None:
    for code, row in shipped().flags.rows.items():
        assert row.owner in GIVEN, code
        assert row.ticket is None or row.ticket.of in GIVEN, code
    assert {row.clears for row in shipped().flags.rows.values()} | {"version"} == set(ENDS)
    assert ends("flux") == "flux"


def test_the_table_says_its_hours_and_terms() -> None:
    table = shipped().flags
    assert (table.version, table.dry_run_at, table.measure_longest_us) == (1, 390, 31 * DAY_US)
    assert table.stated_us == (600_000_000, DAY_US)
    assert table.rows["button_silent"].ticket is not None
    assert table.rows["button_silent"].ticket.after_us == 3_600_000_000
    assert table.rows["narrow_lockdown"].ticket is None


def test_a_door_of_which_nothing_is_known_costs_as_much_as_any_but_a_forced_one() -> None:
    cost = shipped().flags.verdicts
    assert cost["unknown"] >= max(
        points for word, points in cost.items() if word not in ("forced", "not_latched")
    )
    assert cost["secured"] == cost["secured_partial"] == 0


RETAINED = "  retained_press: {owner: technician, points: 4, safety: "
UNANSWERED = "unanswered_press: {owner: administrator, points: "
NEVER = "0, safety: true, clears: answered, ticket: never"
STALE, PORT, TESTED = (
    "  door_stale: {owner: ",
    "  web_port: {owner: technician, points: 15",
    "clears: tested, ticket: ",
)
WEEK = "{after: 1d, of: technician}"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (f"{STALE}technician, ", f"{STALE}janitor, ", "no role that is given out"),
        (f"{STALE}technician, ", f"{STALE}kiosk, ", "no role that is given out"),
        (STALE, "  door_stalled: {owner: ", "door_stale"),
        (PORT, PORT.replace("15", "101"), "no number of points"),
        (PORT, PORT.replace("15", "true"), "no number of points"),
        (PORT, PORT.replace("points", "point"), "its keys are"),
        ("clears: tested,", "clears: hope,", "nothing says in words"),
        (f"{TESTED}{WEEK}", f"{TESTED}soon", "or never"),
        (f"{TESTED}{WEEK}", f"{TESTED}{{after: soon, of: technician}}", "no duration"),
        (f"{RETAINED}true", f"{RETAINED}perhaps", "true or false"),
        (f"{UNANSWERED}0", f"{UNANSWERED}5", "it may be silent"),
        (f"{UNANSWERED}{NEVER}, measure: never}}", f"{UNANSWERED}{NEVER}}}", "it may be silent"),
        ("  unknown: 8\n", "  unknown: 0\n", "what is not known costs something"),
        ("  secured: 0\n", "  secured: 3\n", "what is secured costs nothing"),
        ("  secured: 0\n", "", "secured"),
        ("camera: camera_offline", "camera: narrow_lockdown", "cost nothing"),
        ("unknown: {button: button_unproven, ", "unknown: {", "button"),
        ('dry_run: {at: "06:30"}', 'dry_run: {at: "25:30"}', "no time of day"),
        ("measures: {longest: 31d}\n", "", "measures"),
        ("map: {verified_within: 365d}\n", "", "map"),
        ("verified_within: 365d", "verified_within: yearly", "no duration"),
        ("version: 1\n", "version: 1\nversion: 2\n", "flags.yaml"),
    ],
)
def test_a_table_that_does_not_hold_together_is_never_loaded(old: str, new: str, says: str) -> None:
    with pytest.raises(BrokenPack, match=r"flags\.yaml") as broken:
        read_flags(swapped(old, new), "flags.yaml")
    assert says in str(broken.value)


@pytest.mark.parametrize("data", [b"", b"[]", b"flags: []\n", b"\xff"])
def test_what_is_no_table_at_all_is_never_loaded(data: bytes) -> None:
    with pytest.raises(BrokenPack):
        read_flags(data, "flags.yaml")


def test_what_a_flag_means_is_part_of_what_decisions_are_recorded_with() -> None:
    assert read_flags(DATA + b"# a word\n", "flags.yaml").hash != shipped().flags.hash
