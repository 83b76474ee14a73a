"""The packs that ship hold together, and one that does not is refused whole."""

from pathlib import Path

import pytest

from edge.config.pack_inspections import FILE as INSPECTIONS
from edge.config.pack_inspections import (
    interval,
    read_inspections,
    shipped_inspections,
    with_inspection_policies,
)
from edge.config.pack_merging import FILE as MERGING
from edge.config.pack_merging import read_merging, shipped_merging
from edge.config.pack_responses import read_responses
from edge.config.pack_tables import BrokenPack, read_families, read_table
from edge.config.pack_tickets import FILE as TICKETS
from edge.config.pack_tickets import read_tickets, shipped_tickets, with_policies
from edge.config.packs import PACKS, shipped, with_responses
from edge.flag_words import FLAGS
from edge.ticket_words import CATEGORIES, MERGE_RULES, MERGED
from rules.book.kinds import OF_TICKETS
from rules.book.ticket_fields import FIELDS

RESPONSES = (PACKS / "responses.yaml").read_bytes()
HARDWARE = (PACKS / "hardware.yaml").read_bytes()
FAMILIES = (PACKS / "families.yaml").read_bytes()


def swap(data: bytes, old: str, new: str) -> bytes:
    assert data.count(old.encode()) == 1, old
    return data.replace(old.encode(), new.encode())


def test_the_shipped_packs_load() -> None:
    packs = shipped()

    assert len(packs.responses) == 9
    assert packs.hardware.version == 1
    assert packs.families.of("modbus-tcp", "wago-750").points["coil"] == 512
    assert packs.families.of("modbus-tcp", "unheard-of").points["coil"] == 65536
    assert packs.families.of("modbus-rtu", "wago-750").points["coil"] == 65536
    assert "coil" not in packs.families.of("osdp", None).points


def test_the_hash_is_of_the_bytes() -> None:
    changed, _ = with_responses(RESPONSES + b"# a word\n", "own.yaml")

    assert changed is not None
    assert changed.hash != shipped().hash
    same, _ = with_responses(RESPONSES, "own.yaml")
    assert same is not None
    assert same.hash == shipped().hash


@pytest.mark.parametrize(
    ("old", "new", "path", "what"),
    [
        ("name: standard\n", "", "yaml", "has the keys name, version and responses"),
        ("version: 4\n", "version: one\n", "version", "is not a whole number"),
        ("  medical: {rank", "  medic: {rank", "responses.medic", "is no response"),
        ("  medical: {rank", "  medic: {rank", "responses", "medical is missing"),
        ("rank: 10, ", "", "responses.staff-assist", "has other keys"),
        ("rank: 10, ", "rank: 0, ", "responses.staff-assist", "from 1 to 1000"),
        ("rank: 10, ", "rank: true, ", "responses.staff-assist", "from 1 to 1000"),
        ("rank: 10, ", "rank: 20, ", "responses", "two responses have one rank"),
        ("rank: 10, ", "rank: 91, ", "responses.lockdown", "does not have the highest rank"),
        ("rank: 10, scope: zone", "rank: 10, scope: room", "responses.staff-assist", "neither campus nor zone"),
        ("locks: [classroom, interior, stair]", "locks: [interior]", "responses.lockdown", "does not lock classrooms"),
        ("locks: [classroom, interior, stair]", "locks: [exterior]", "responses.lockdown", "go by perimeter"),
        ("locks: [classroom, interior, stair]", "locks: all", "responses.lockdown", "go by perimeter"),
        ("perimeter: policy", "perimeter: maybe", "responses.lockdown", "none of policy, never, always"),
        ("rank: 80, scope: campus, silent: false, locks: []", "rank: 80, scope: campus, silent: false, locks: [stair]",
         "responses.fire", "may lock nothing"),
        ("rank: 70, scope: campus, silent: false, locks: [], perimeter: never",
         "rank: 70, scope: campus, silent: false, locks: [], perimeter: always", "responses.evacuate", "may lock nothing"),
        ("silent: true, locks: [], perimeter: never, outputs: false", "silent: true, locks: [], perimeter: never, outputs: true",
         "responses.duress", "switch no output"),
        ("rank: 80, scope: campus, silent: false, locks: [], perimeter: never, outputs: false",
         "rank: 80, scope: campus, silent: false, locks: [], perimeter: never, outputs: true", "responses.fire",
         "a strobe says stay in"),
        ("rank: 70, scope: campus, silent: false, locks: [], perimeter: never, outputs: false",
         "rank: 70, scope: campus, silent: false, locks: [], perimeter: never, outputs: true", "responses.evacuate",
         "a strobe says stay in"),
        ("outputs: false, sounds: false, messages: false", "outputs: false, sounds: false, messages: true", "responses.duress",
         "may not be written to anybody"),
        ("outputs: false, sounds: false, messages: false", "outputs: false, sounds: true, messages: false", "responses.duress",
         "may not sound"),
        ("perimeter: policy, outputs: true, sounds: true", "perimeter: policy, outputs: true, sounds: loud", "responses.lockdown",
         "sounds and messages are true or false"),
        ("locks: [classroom, interior, stair]", "locks: [[classroom], interior, stair]", "responses.lockdown", "locks lists"),
        ("silent: true", "silent: false", "responses.duress", "duress always is"),
        ("silent: true", "silent: quiet", "responses.duress", "true or false"),
        ("  lockdown: {rank", "  lockdown: &x {rank", "yaml", "anchor"),
    ],
)  # fmt: skip
def test_a_responses_pack_that_does_not_hold_together_is_refused(
    old: str, new: str, path: str, what: str
) -> None:
    responses, problems = read_responses(swap(RESPONSES, old, new), "own.yaml")

    assert responses is None
    assert any(problem.path == path and what in problem.what for problem in problems), problems


@pytest.mark.parametrize("data", [b"", b"[]", b"responses: []\nname: x\nversion: 1\n", b"\xff"])
def test_what_is_no_responses_pack_at_all_is_refused(data: bytes) -> None:
    assert read_responses(data, "own.yaml")[0] is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("when: {stair: [unsaid]}", "when: {stairs: [unsaid]}"),
        ("when: {stair: [unsaid]}", "when: {stair: [maybe]}"),
        ("when: {stair: [unsaid]}", "when: {stair: []}"),
        ("when: {stair: [unsaid]}", "when: none"),
        ("  - code: nc_relay\n    effect: flag", "  - code: nc_relay\n    effect: wave"),
        ("  - code: nc_relay\n    effect: flag", "  - effect: flag"),
        ("  - code: hardware_release\n    on_fire: free", "  - code: hardware_release\n    on_fire: flee"),
        ("version: 1\n", "version: 1\nversion: 2\n"),
    ],
)
def test_a_hardware_table_with_a_fact_there_is_not_is_never_loaded(old: str, new: str) -> None:
    with pytest.raises(BrokenPack, match=r"hardware\.yaml"):
        read_table(swap(HARDWARE, old, new), "hardware.yaml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("turnaround: 5ms}\n  modbus-rtu", "turnaround: soon}\n  modbus-rtu"),
        (", turnaround: 5ms}\n  modbus-rtu", "}\n  modbus-rtu"),
        ("coil: 512", "coil: -1"),
        ("coil: 512", "coils: 512"),
        ("{driver: modbus-tcp, coil: 512", "{driver: bacnet, coil: 512"),
        ("osdp: {", "wiegand: {"),
    ],
)
def test_a_catalogue_of_families_that_does_not_hold_together_is_never_loaded(old: str, new: str) -> None:
    with pytest.raises(BrokenPack, match=r"families\.yaml"):
        read_families(swap(FAMILIES, old, new), "families.yaml")


def test_every_pack_says_its_version_first() -> None:
    for pack in sorted(Path(PACKS).glob("*.yaml")):
        assert "\nversion: " in pack.read_text(), pack.name


def test_the_pack_of_tickets_names_flags_that_are_there_and_says_lengths_in_words() -> None:
    pack = shipped_tickets()
    assert {one.flag for one in pack.opens} | {one.flag for one in pack.steps} - {""} <= set(FLAGS)
    by_id = {one.id: one for one in pack.steps}
    assert by_id["lock-old"].after_us == 14 * 86_400_000_000
    assert by_id["lock-exterior-old"].after_us < by_id["lock-old"].after_us
    assert set(pack.categories) == set(CATEGORIES)
    assert len(pack.sha256) == 64


def test_a_door_that_would_not_lock_is_a_lock_s_ticket_and_what_names_no_thing_is_of_the_thing() -> None:
    opens = {one.flag: (one.category, one.of_thing) for one in shipped_tickets().opens}
    assert [opens[code] for code in ("would_not_lock", "free_not_read_back", "nc_relay")] == [
        ("lock", False)
    ] * 3
    assert [opens[code] for code in ("recommission", "retired_heard", "needs_down", "support_over")] == [
        ("computer", True)
    ] * 4
    assert opens["fault_reported"] == ("other", True)
    assert shipped_tickets().things["door"] == "door"


def test_a_flag_becomes_a_ticket_when_the_pack_of_flags_says_and_no_pack_says_otherwise() -> None:
    opens, flags = shipped_tickets().opens, shipped().flags
    said = {one.flag: flags.rows[one.flag].ticket for one in opens}
    assert set(said) == {code for code, row in flags.rows.items() if row.ticket} - OF_TICKETS
    assert {one.flag: one.after_us for one in opens} == {
        code: None if rule is None else rule.after_us for code, rule in said.items()
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("id: lock-old, ", "id: lock-exterior-old, "),
        ("flag: camera_frozen,", "flag: camera_offline,"),
        (
            "category: camera,  weight: normal}\n  - {id: sweep-unsigned",
            "category: cam,  weight: normal}\n  - {id: sweep-unsigned",
        ),
        ("count: 10", "count: 11"),
        ("settled: 15m", "settled: soon"),
        ("settled: 15m", "setled: 15m"),
        ("desk: facilities, weight: safety}\n  medical", "desk: office, weight: safety}\n  medical"),
        ("flag: ticket_old}", "flag: not_armed}"),
        ("of_thing: true", "of_thing: 1"),
        ("things: {door: door,", "things: {door: gate,"),
        ('assign: "role:technician"', 'assign: "Ms Brown"'),
        ("weight: urgent}\n\n# Tickets", "weight: heavy}\n\n# Tickets"),
        ('title: "Light is out"', 'title: ""'),
        ("desk: facilities, weight: safety}\n  medical", "desk: facilities, weigh: safety}\n  medical"),
        ("version: 1\n", "version: [\n"),
    ],
)
def test_a_pack_of_tickets_that_does_not_hold_together_is_refused(old: str, new: str) -> None:
    with pytest.raises(BrokenPack):
        read_tickets(swap(TICKETS.read_bytes(), old, new), "escalation.yaml")


def test_a_site_puts_other_lengths_in_their_place_and_the_hash_says_so() -> None:
    pack = shipped_tickets()
    changed = with_policies(pack, {"lock-old": 7, "camera-offline": 5})
    assert next(one for one in changed.steps if one.id == "lock-old").after_us == 7
    assert next(one for one in changed.opens if one.id == "camera-offline").after_us == 5
    assert changed.sha256 != pack.sha256
    assert with_policies(pack, {}) is pack


def test_the_pack_of_inspections_has_every_check_that_the_issue_names_each_with_edition_form_and_signers() -> (
    None
):
    pack = shipped_inspections()
    assert {one.split("-")[0] for one in pack.checks} >= {
        "aed",
        "extinguisher",
        "fire",
        "emergency",
        "generator",
        "panic",
        "notification",
        "test",
    }
    every = {name: one.every.text for name, one in pack.checks.items()}
    assert every["extinguisher-monthly"] == every["emergency-light-monthly"] == "30 days"
    assert (every["extinguisher-six-year"], every["extinguisher-hydrostatic"]) == ("6 years", "12 years")
    assert all(one.edition and one.source and one.roles and one.form for one in pack.checks.values())
    assert [one.good for one in pack.checks["emergency-light-annual"].form if one.good] == [(90, 1440)]
    assert {one.id for one in pack.checks["aed-monthly"].form if one.expires} >= {
        "pads_until",
        "battery_until",
    }
    assert "aed-monthly" in {one.id for one in pack.by_type()["aed"]}


SIGNED = "sign: [administrator, technician, staff, safety-coordinator]\n    source: http://mobile"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("every: 7 days", "every: weekly"),
        ("of: [aed]", "of: [A E D]"),
        ("of: [aed]", "of: []"),
        ("id: indicator,", "id: damage,"),
        ("id: indicator,", "id: In dicator,"),
        ("id: indicator, ask:", "id: indicator, asks:"),
        (SIGNED, SIGNED.replace("staff", "janitor")),
        (f"weight: safety\n    {SIGNED}", f"weight: heavy\n    {SIGNED}"),
        ("soon: 2d", "soon: 5h"),
        ("passes: [green, none]", "passes: [green, nil]"),
        ("kind: number, unit: mm, most: 100", "kind: text, unit: mm, most: 100"),
        ("kind: date, expires: true}\n      - {id: child", "kind: text, expires: true}\n      - {id: child"),
        ('title: "AED: monthly check"', 'title: ""'),
        ("version: 1\n", "version: [\n"),
        ("version: 1\n", "version: 1\nchekcs: {}\n"),
    ],
)
def test_a_pack_of_inspections_that_does_not_hold_together_is_refused(old: str, new: str) -> None:
    with pytest.raises(BrokenPack):
        read_inspections(swap(INSPECTIONS.read_bytes(), old, new), "inspections.yaml")


def test_a_site_changes_intervals_and_switches_checks_off_and_hash_and_check_say_so() -> None:
    pack = shipped_inspections()
    changed = with_inspection_policies(
        pack, {"aed-monthly": "14 days"}, {"generator-weekly": "None here"}, ()
    )
    aed = changed.checks["aed-monthly"]
    assert (aed.every, aed.shipped) == (interval("14 days"), interval("1 month"))
    assert changed.checks["generator-weekly"].off == "None here"
    assert [one.id for one in changed.by_type()["generator"]] == ["generator-monthly"]
    assert changed.sha256 != pack.sha256
    assert with_inspection_policies(pack, {}, {}, ()) is pack
    assert (
        with_inspection_policies(pack, {"aed-monthly": "1 month"}, {}, ()).checks["aed-monthly"].shipped
        is None
    )


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("state:        {rule: safer}", "state:        {rule: last}", "not for this field"),
        ("weight:       {rule: higher}", "weight:       {rule: last}", "not for this field"),
        ("due:          {rule: earlier}", "due:          {rule: all}", "not for this field"),
        ("due:          {rule: earlier}", "due:          {rule: earlier, quiet: true}", "not for this field"),
        (
            "note:         {rule: all, quiet: true}",
            "note:         {rule: last, quiet: true}",
            "not for this field",
        ),
        ("recovered:    {rule: all, district: false}", "recovered:    {rule: all}", "not for this field"),
        ("due:          {rule: earlier}", "due:          {rule: soonest}", "soonest"),
        ("due:          {rule: earlier}", "due:          {rule: earlier, district: maybe}", "maybe"),
        ("due:          {rule: earlier}", "due:          {rule: earlier, hub: true}", "hub"),
        ("due:          {rule: earlier}", "colour:       {rule: earlier}", "colour"),
        ("version: 1", "version: 1\nname: x", "its keys"),
        ("version: 1", "version: one", "one"),
        ("fields:", "fields: &x", "anchor"),
    ],
)
def test_rules_of_merging_that_are_not_safe_or_not_whole_are_refused(old: str, new: str, what: str) -> None:
    with pytest.raises(BrokenPack, match=what):
        read_merging(swap(MERGING.read_bytes(), old, new), "merging.yaml")


def test_the_rules_of_merging_are_in_words_for_every_field_that_a_ticket_has() -> None:
    pack = shipped_merging()

    assert set(MERGED) == set(pack.fields) >= set(FIELDS)
    assert {one.rule for one in pack.fields.values()} == set(MERGE_RULES)
    assert (pack.version, pack.sha256) == shipped().versions["merging"]
