"""What the rules are told of a configuration."""

from pathlib import Path

import pytest

from edge.config.plan import compile_plan
from rules.hardware import NO_RECORD
from rules.model.ids import ButtonId, ControllerId, DoorId, InputId, OutputId, Point, ZoneId
from rules.model.responses import Ask, Response
from rules.plan import Escalation, Plan
from tests.edge.config.campuses import FILES, SOUND, checked, edit
from tests.edge.config.noting import button

CAMPUS = ZoneId("lincoln-hs")
A, A_1, GYM = ZoneId("a"), ZoneId("a-1"), ZoneId("gym")
DOOR, BARE = DoorId("a-101"), DoorId("gym-west")
PB = ButtonId("pb-101")
POLICIES = "policies:\n  responses: standard\n"
NO_NOTES = Path("/nonexistent")


def plan_of(*edits: tuple[str, str], notes: Path = NO_NOTES) -> Plan:
    found = checked(edit(SOUND, *edits), FILES)
    assert found.config is not None, [problem.text() for problem in found.problems]
    return compile_plan(found.config, found.packs, found.hash, notes)


def test_the_campus_is_the_root_of_all_zones() -> None:
    plan = plan_of()

    assert plan.campus == CAMPUS
    assert plan.zones[CAMPUS].within == {CAMPUS, A, A_1, GYM}
    assert plan.zones[CAMPUS].parent is None
    assert plan.zones[A].within == {A, A_1}
    assert plan.zones[A].parent == CAMPUS
    assert plan.zones[A_1].above == (A_1, A, CAMPUS)
    assert plan.zones[CAMPUS].name == "Lincoln High School"


def test_a_door_knows_its_points_its_record_and_the_inputs_that_protect_it() -> None:
    door = plan_of().doors[DOOR]

    assert door.lock is not None
    assert door.lock.point == Point(ControllerId("plc"), "coil", 0)
    assert door.lock.locked_when is False
    assert door.bolt is not None
    assert (door.bolt.point.number, door.bolt.when, door.bolt.freshness_us) == (0, True, 2_000_000)
    assert door.position is not None
    assert door.position.point.number == 1
    assert door.hardware is not None
    assert door.hardware.travel_us == 400_000
    assert door.rex == (InputId("rex-101"),)
    assert door.exit_buttons == (InputId("exit-101"),)
    assert door.fire == (InputId("fire"),)
    assert door.defects == ()


def test_a_fire_input_covers_its_zones_and_all_below_and_no_other() -> None:
    plan = plan_of()

    assert plan.inputs[InputId("fire")].zones == {A, A_1}
    assert plan.doors[BARE].fire == ()


def test_a_fire_input_of_the_campus_covers_every_door() -> None:
    plan = plan_of(("zones: [a]}", "zones: [lincoln-hs]}"))

    assert all(door.fire == (InputId("fire"),) for door in plan.doors.values())


def test_a_door_without_a_record_has_its_defect_and_a_standing_flag() -> None:
    plan = plan_of()

    assert plan.doors[BARE].defects == (NO_RECORD,)
    assert ("door_no_record", BARE) in plan.standing_flags


def test_an_nc_relay_is_driven_and_stands_as_a_flag() -> None:
    plan = plan_of(
        ("relay: no", "relay: nc"),
        ("on_comm_loss: hold", "on_comm_loss: unlocked"),
        ("locked_when: off}\n    bolt", "locked_when: on}\n    bolt"),
    )

    assert plan.doors[DOOR].defects == ()
    assert ("nc_relay", DOOR) in plan.standing_flags


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("lockdown", Ask("lockdown", CAMPUS)),
        ("secure", Ask("secure", CAMPUS)),
        ("evacuate", Ask("evacuate", CAMPUS)),
        ("shelter", Ask("shelter", CAMPUS)),
        ("fire", Ask("fire", CAMPUS)),
        ("hold-in-place", Ask("hold-in-place", A_1)),
        ("medical", Ask("medical", A_1)),
        ("duress", Ask("duress", A_1)),
        ("{response: lockdown}", Ask("lockdown", CAMPUS)),
        ("{response: lockdown, scope: zone}", Ask("lockdown", A_1)),
        ("{response: lockdown, scope: gym}", Ask("lockdown", GYM)),
        ("{response: medical, scope: campus}", Ask("medical", CAMPUS)),
    ],
)
def test_a_gesture_asks_for_its_response_where_the_contract_scopes_it(written: str, asked: Ask) -> None:
    assert plan_of(("hold: lockdown", f"hold: {written}")).buttons[PB].asks["hold"] == asked


def test_the_highest_of_a_button_goes_by_rank_and_then_by_the_wider_zone() -> None:
    assert plan_of().buttons[PB].highest == Ask("lockdown", CAMPUS)
    two = plan_of(("single: staff-assist", "single: {response: lockdown, scope: zone}"))
    assert two.buttons[PB].highest == Ask("lockdown", CAMPUS)
    quiet = plan_of(("hold: lockdown", "hold: duress"))
    assert quiet.buttons[PB].highest == Ask("duress", A_1)


def test_an_escalation_is_compiled_with_its_scope() -> None:
    plan = plan_of(
        ("silence_limit: 180s", "escalate_after: {presses: 3, within: 10s, response: lockdown, scope: zone}")
    )

    assert plan.buttons[PB].escalation == Escalation(3, 10_000_000, Ask("lockdown", A_1))


def test_a_wired_button_has_its_contact_counter_and_latch_and_no_silence_of_its_own() -> None:
    plan = plan_of(("pressed_when: off}", "pressed_when: off, counter: 4, latch: {holding_register: 5}}"))
    button = plan.buttons[ButtonId("pb-office")]

    assert button.wired is not None
    assert button.wired.contact.point == Point(ControllerId("plc"), "discrete_input", 7)
    assert button.wired.contact.when is False
    assert button.wired.counter == Point(ControllerId("plc"), "input_register", 4)
    assert button.wired.latch == Point(ControllerId("plc"), "holding_register", 5)
    assert button.silence_limit_us is None
    assert not [flag for flag in plan.standing_flags if flag[1] == "pb-office"]


@pytest.mark.parametrize(
    ("written", "limit_us", "flag"),
    [
        ("silence_limit: 180s", 180_000_000, None),
        ("silence_limit: 200s", 200_000_000, None),
        ("silence_limit: 201s", None, "unsupervised_by_design"),
        ("silence_limit: unsupervised", None, "unsupervised_by_design"),
        ("model: noted", 120_000_000, None),
        ("model: noted\n    silence_limit: 60s", 60_000_000, None),
        ("model: noted-7", 120_000_000, None),
        ("model: notedly", None, "supervision_unknown"),
        ("model: mute", None, "unsupervised_by_design"),
        ("model: slow", None, "unsupervised_by_design"),
        ("model: silent-note", None, "supervision_unknown"),
        ("model: unheard-of", None, "supervision_unknown"),
        ("room: '101'", None, "supervision_unknown"),
    ],
)
def test_silence_is_limited_by_the_file_then_by_the_firmware_note_and_is_else_unknown(
    tmp_path: Path, written: str, limit_us: int | None, flag: str | None
) -> None:
    (tmp_path / "noted.md").write_text(button("noted", "120s"))
    (tmp_path / "mute.md").write_text(button("mute", "unsupervised"))
    (tmp_path / "slow.md").write_text(button("slow", "1d"))
    (tmp_path / "silent-note.md").write_text(button("silent-note", "often"))

    plan = plan_of(("silence_limit: 180s", written), notes=tmp_path)

    assert plan.buttons[PB].silence_limit_us == limit_us
    assert [code for code, subject in plan.standing_flags if subject == PB] == ([flag] if flag else [])


@pytest.mark.parametrize(("choice", "locks"), [("lock", True), ("leave", False)])
def test_lockdown_does_to_the_perimeter_what_the_site_chose_and_secure_always_locks_it(
    choice: str, locks: bool
) -> None:
    approved = f"  perimeter_on_lockdown: {choice}\n  perimeter_approved: {{by: J, date: 2026-08-14, responder_access: key}}\n"
    responses = plan_of((POLICIES, POLICIES + approved)).responses

    assert ("exterior" in responses["lockdown"].locks) is locks
    assert responses["secure"].locks == {"exterior"}
    assert responses["hold-in-place"].locks == {"classroom", "interior"}


def test_what_the_site_chose_against_the_usual_stands_as_a_flag() -> None:
    outside = ("kind: interior, controller: reader", "kind: exterior, controller: reader")
    approved = "  perimeter_on_lockdown: leave\n  perimeter_approved: {by: J, date: 2026-08-14, responder_access: key}\n"
    narrow = ("hold: lockdown", "hold: {response: lockdown, scope: zone}")

    flags = plan_of(outside, narrow, (POLICIES, POLICIES + approved)).standing_flags

    assert ("perimeter_leave", CAMPUS) in flags
    assert ("narrow_lockdown", PB) in flags
    assert not [
        code for code, _ in plan_of().standing_flags if code in ("perimeter_leave", "narrow_lockdown")
    ]


def test_a_record_that_only_an_earlier_version_accepted_is_not_driven_and_stands_as_a_flag() -> None:
    found = checked(edit(SOUND, ("relay: no", "relay: nc")), FILES)
    assert found.config is None
    assert found.sound is not None
    plan = compile_plan(found.sound, found.packs, found.hash)

    assert plan.doors[DOOR].defects
    assert ("door_defect", DOOR) in plan.standing_flags


@pytest.mark.parametrize(
    "lost",
    [
        ("{id: plc, driver: modbus-tcp, host: 10.20.1.11}", "{id: plc, driver: modbus-tcp}"),
        ("{id: a, name: Building A}", "{id: a, name: Building A, parent: [x]}"),
        ("id: fire, kind: fire-alarm", "id: fire, kind: fire"),
        (
            "- id: a-101\n    name: Room 101\n    zone: a-1",
            "- id: a-101\n    name: Room 101\n    zone: [a-1]",
        ),
    ],
    ids=["controller", "zone", "input", "door"],
)
def test_what_was_left_out_of_an_earlier_versions_configuration_leaves_nothing_dangling(
    lost: tuple[str, str],
) -> None:
    found = checked(edit(SOUND, lost), FILES)
    assert found.config is None
    assert found.sound is not None

    plan = compile_plan(found.sound, found.packs, found.hash)

    for door in plan.doors.values():
        assert door.controller in plan.controllers
        assert door.zone in plan.zones
        assert {*door.rex, *door.exit_buttons, *door.fire} <= plan.inputs.keys()
    for one in plan.inputs.values():
        assert one.controller in plan.controllers
        assert one.zones <= plan.zones.keys()
        assert {*one.doors} <= plan.doors.keys()
    for one_button in plan.buttons.values():
        assert one_button.zone in plan.zones
        assert all(ask.zone in plan.zones for ask in one_button.asks.values())


def test_a_fire_input_that_loses_its_zone_covers_the_campus() -> None:
    found = checked(
        edit(SOUND, ("{id: a, name: Building A}", "{id: a, name: Building A, parent: [x]}")), FILES
    )
    assert found.sound is not None

    plan = compile_plan(found.sound, found.packs, found.hash)

    assert plan.inputs[InputId("fire")].zones == plan.zones.keys()


def test_delayed_egress_is_not_driven_and_is_no_shortcoming() -> None:
    plan = plan_of(
        ("type: strike", "type: delayed-egress"),
        ("egress: free-mechanical", "egress: delayed"),
        ("on_power_loss: secure", "on_power_loss: safe"),
        ("on_comm_loss: hold", "on_comm_loss: unlocked"),
        ("locked_when: off}\n    bolt", "locked_when: on}\n    bolt"),
        ("by: A. Smith", "by: A. Smith\n      fire_release_tested: 2026-08-14"),
    )

    assert plan.doors[DOOR].defects == ("delayed_egress",)
    assert not [flag for flag in plan.standing_flags if flag[1] == DOOR]


def test_fire_evacuate_medical_duress_and_staff_assist_lock_nothing() -> None:
    responses = plan_of().responses
    never: tuple[Response, ...] = ("fire", "evacuate", "medical", "duress", "staff-assist")

    assert all(responses[response].locks == frozenset() for response in never)
    assert [response for response, row in responses.items() if row.silent] == ["duress"]
    assert not responses["duress"].outputs
    assert not responses["staff-assist"].outputs
    assert max(responses.values(), key=lambda row: row.rank).response == "lockdown"


def test_outputs_have_their_coil_and_later_routes_have_none() -> None:
    outputs = (
        "outputs:\n"
        "  - {id: strobe, driver: modbus-coil, controller: plc, coil: 5, zone: a, commissioned: 2026-08-14}\n"
        "  - {id: siren, driver: osdp-output, controller: reader, output: 1, zone: gym}\n"
        "  - {id: mail, driver: smtp, host: 127.0.0.1, to: [a@example.org], commissioned: 2026-08-14}\n"
        "  - {id: hook, driver: webhook, url: 'http://127.0.0.1/', secret_file: signing, zone: gym, commissioned: 2026-08-14}\n"
    )
    plan = plan_of((POLICIES, outputs))

    assert plan.outputs[OutputId("strobe")].point == Point(ControllerId("plc"), "coil", 5)
    assert plan.outputs[OutputId("siren")].point == Point(ControllerId("reader"), "output", 1)
    assert plan.outputs[OutputId("siren")].commissioned is None
    assert ("output_not_commissioned", "siren") in plan.standing_flags
    assert not [flag for flag in plan.standing_flags if flag[1] == "strobe"]
    assert ("told_one_way", GYM) not in plan.standing_flags, "mail and a webhook are unlike"
    assert ("told_one_way", GYM) in plan_of().standing_flags
    # Who reads the hook's messages is tried by mail; mail covers the campus, and a hook in the gym does not.
    assert [subject for code, subject in plan.standing_flags if code == "no_second_channel"] == ["mail"]
    assert plan.outputs[OutputId("mail")].point is None
    assert plan.outputs[OutputId("mail")].zone == CAMPUS
    assert (plan.outputs[OutputId("hook")].driver, plan.outputs[OutputId("hook")].zone) == ("webhook", GYM)


def test_how_long_people_have_to_acknowledge_is_thirty_seconds_or_what_the_site_says() -> None:
    assert plan_of().unacknowledged_after_us == 30_000_000
    said = plan_of((POLICIES, POLICIES + "  unacknowledged_after: 20s\n"))
    assert said.unacknowledged_after_us == 20_000_000


def test_controllers_are_told_with_their_side_of_the_wall() -> None:
    plan = plan_of(
        (", mounted: secure-side", ""),
        ("lock: {output: 0, locked_when: on}", "bolt: {input: 0, thrown_when: on}"),
    )

    assert plan.controllers[ControllerId("plc")].mounted == "secure-side"
    assert plan.controllers[ControllerId("reader")].mounted == "attack-side"
    assert plan.controllers[ControllerId("reader")].driver == "osdp"


def test_self_test_hours_may_wrap_midnight() -> None:
    plan = plan_of(("by: A. Smith", 'by: A. Smith\n      self_test: {hours: "22:00-05:30"}'))
    record = plan.doors[DOOR].hardware

    assert record is not None
    assert record.self_test is not None
    assert (record.self_test.start_minute, record.self_test.end_minute) == (22 * 60, 5 * 60 + 30)


def test_the_plan_carries_the_hashes_that_every_decision_is_recorded_with() -> None:
    found = checked(SOUND)
    assert found.config is not None
    plan = compile_plan(found.config, found.packs, found.hash)

    assert plan.config_hash == found.hash
    assert plan.pack_hash == found.packs.hash
    assert len(plan.pack_hash) == 64
