"""The pack of drill law holds together, each law has its source, and one that does not hold is refused whole."""

import re

import pytest

from edge.config.check import Checked
from edge.config.pack_drills import FILE, day, drills_of, read_drills, shipped_drills
from edge.config.pack_tables import BrokenPack
from rules.drill_law import deadlines, school_year
from tests.edge.config.campuses import SOUND, checked, edit

PACK = FILE.read_bytes()
OWN = """\
version: 1
types: {fire: {response: fire, title: "Fire"}}
fields: {date: {by: device, title: "Date"}}
laws:
  us-xx:
    name: "A state"
    edition: "1"
    source: ["https://law.example.org"]
    requires: [{id: fire, types: [fire], count: 2, per: year, by: 12-01, title: "Two"}]
    notices: [{whom: parents, hours: 48, title: "Parents"}]
    fields: [date]
    keep: 3
"""


def chosen(said: str) -> Checked:
    return checked(edit(SOUND, ("\npolicies:\n", f"\npolicies:\n  drills: {said}\n")))


def test_each_law_that_ships_has_its_source_and_asks_for_what_a_school_year_can_hold() -> None:
    rules, laws = shipped_drills()
    assert {"us-mi", "us-nj", "us-wa", "us-il", "ifc"} <= set(laws)
    first, last = school_year(rules, 739_500)
    for law in laws.values():
        assert law.source
        assert law.requires
        assert set(law.fields) <= set(rules.fields)
        for one in law.requires:
            assert set(one.types) <= set(rules.types)
            assert all(first <= end <= last for end in deadlines(one, first, last))


def test_a_field_that_stands_in_no_source_is_named_as_such_and_is_one_that_is_asked_for() -> None:
    _, laws = shipped_drills()
    assert laws["ifc"].unverified == ("problems", "weather", "time_to_evacuate")
    assert laws["us-mi"].unverified == ()
    assert all(set(one.unverified) <= set(one.fields) for one in laws.values())
    with pytest.raises(BrokenPack, match="not verified"):
        read_drills(
            OWN.replace("fields: [date]\n", "fields: [date]\n    unverified: [time]\n").encode(), "own"
        )


def test_no_law_is_chosen_for_a_site_that_chose_none() -> None:
    config = checked(SOUND).config
    assert config is not None
    assert drills_of(config).law is None


def test_the_site_chooses_its_law_and_its_school_year() -> None:
    config = chosen('{law: us-mi, first_day: "08-24", last_day: "06-12"}').config
    assert config is not None
    rules = drills_of(config)
    assert rules.law is not None
    assert (rules.law.id, rules.begins, rules.ends) == ("us-mi", (8, 24), (6, 12))


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("{law: us-zz}", "policies.drills.law"),
        ('{law: us-mi, first_day: "13-01"}', "policies.drills.first_day"),
        ('{law: us-mi, last_day: "june"}', "policies.drills.last_day"),
    ],
)
def test_a_law_or_a_day_there_is_not_is_named_when_the_configuration_is_checked(said: str, path: str) -> None:
    text = "\n".join(one.text() for one in chosen(said).problems)
    assert path in text


def test_a_day_of_the_year_is_month_and_day() -> None:
    assert day("02-29") == (2, 29)
    with pytest.raises(ValueError, match="day"):
        day("02-30")


def test_the_hash_is_of_the_bytes() -> None:
    assert read_drills(PACK + b"# a word\n", "own.yaml")[0].hash != shipped_drills()[0].hash
    assert read_drills(OWN.encode(), "own.yaml")[1]["us-xx"].keep == 3


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (OWN, "", "empty"),
        (OWN, "version: [", "own.yaml"),
        ("version: 1\n", "", "its keys are"),
        ("version: 1", "version: one", "one"),
        ("response: fire", "response: flood", "there is no response 'flood'"),
        ("by: device", "by: nobody", "by is device or person"),
        ('source: ["https://law.example.org"]', "source: []", "each source is an address"),
        ("https://law", "ask the clerk", "each source is an address"),
        ("requires: [", 'requires: [{id: fire, types: [fire], count: 1, per: month, title: "M"}, ', "share an id"),
        ("fields: [date]", "fields: [date, mood]", "there are no fields"),
        ("types: [fire]", "types: [flood]", "asks for a type there is not"),
        ("types: [fire]", "types: []", "asks for a type there is not"),
        ("per: year", "per: week", "is per year, or per month"),
        ("per: year", "per: month", "is per year, or per month"),
        ("by: 12-01", "by: 12-01, month: 3", "has more than one of"),
        ("by: 12-01", "month: 13", "names a month there is not"),
        ("by: 12-01", "by: 02-30", "day"),
        ("count: 2", "count: 0", "is no count"),
        ("count: 2", "count: many", "is no count"),
        ("hours: 48", "hours: 48, types: [flood]", "a notice names a type there is not"),
        ('title: "Two"', 'title: " "', "a text is missing"),
        ("keep: 3", "keep: yes", "is no count"),
    ],
)  # fmt: skip
def test_a_pack_that_does_not_hold_together_is_refused_whole(old: str, new: str, what: str) -> None:
    assert OWN.count(old) == 1, old
    with pytest.raises(BrokenPack, match=re.escape(what)):
        read_drills(OWN.replace(old, new).encode(), "own.yaml")
