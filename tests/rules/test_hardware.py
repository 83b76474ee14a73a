"""Which locks may be driven: every combination of the hardware truth table, against the contract's words."""

import itertools
from collections.abc import Iterator
from typing import get_args

import pytest

from edge.config.packs import shipped
from rules.hardware import (
    FACTS,
    NO_LOCK,
    NO_RECORD,
    UNLISTED,
    Context,
    Table,
    allowed_by,
    energised_when_locked,
    facts_of,
    flagged,
    judge,
    undriven,
)
from rules.model.ids import ControllerId, Point
from rules.plan import CommLoss, Egress, Hardware, Lock, LockType, Mounted, PowerLoss, Relay, Stair

TABLE = shipped().hardware
POINT = Point(ControllerId("plc"), "coil", 0)
STAIRS: tuple[tuple[bool, Stair | None], ...] = (
    (False, None),
    (True, None),
    (True, Stair("stair", discharge=False)),
    (True, Stair("floor", discharge=False)),
    (True, Stair("stair", discharge=True)),
    (True, Stair("floor", discharge=True)),
)
"""Whether it is a stair door, and what its record says of the stair."""
BOTH = (False, True)


def record(
    type_: LockType = "strike",
    egress: Egress = "free-mechanical",
    power: PowerLoss = "secure",
    comm: CommLoss = "hold",
    relay: Relay = "no",
    fire_rated: bool = False,
    stair: Stair | None = None,
    reentry: bool = False,
    fire_tested: bool = False,
) -> Hardware:
    return Hardware(
        type=type_,
        egress=egress,
        on_power_loss=power,
        on_comm_loss=comm,
        relay=relay,
        fire_rated=fire_rated,
        travel_us=400_000,
        rest="locked",
        commissioned="2026-08-14",
        by="A. Smith",
        stair=stair,
        reentry_release="2026-08-14" if reentry else None,
        fire_release_tested="2026-08-14" if fire_tested else None,
    )


def around(
    stair_door: bool = False,
    rex: bool = False,
    exit_button: bool = False,
    fire: bool = False,
    attack_side: bool = False,
) -> Context:
    return Context(
        kind="stair" if stair_door else "classroom",
        mounted="attack-side" if attack_side else "secure-side",
        rex=rex,
        exit_button=exit_button,
        fire=fire,
    )


def contract_refuses(hardware: Hardware, lock: Lock, context: Context) -> set[str]:
    """The contract's Contradictions bullet, sentence by sentence, then egress law where it says more; by row."""
    coil_when_locked = lock.locked_when
    energised = coil_when_locked if hardware.relay == "no" else not coil_when_locked
    free_mechanical = hardware.egress == "free-mechanical"
    fail_safe, fail_secure = hardware.on_power_loss == "safe", hardware.on_power_loss == "secure"
    nc = hardware.relay == "nc"
    magnet_or_delayed = hardware.type in ("maglock", "delayed-egress")
    sensor_release = hardware.egress == "sensor-release"
    stair = hardware.stair
    on_stair_side = stair is not None and stair.side == "stair"
    sentences = {
        # "a fire-rated door with a fail-safe strike"
        "fire_door_safe_strike": hardware.fire_rated and hardware.type == "strike" and fail_safe,
        # "a record in which locked is not de-energised for `secure`, or not energised for `safe`"
        "secure_but_energised": fail_secure and energised,
        "safe_but_not_energised": fail_safe and not energised,
        # "relay nc on any fail-safe lock"
        "nc_fail_safe": nc and fail_safe,
        # "relay nc on a fail-secure lock unless free-mechanical and on_comm_loss: unlocked"
        "nc_not_free_mechanical": nc and fail_secure and not free_mechanical,
        "nc_not_unlocked_when_silent": nc and fail_secure and hardware.on_comm_loss != "unlocked",
        # "on_comm_loss: hold or locked on any lock that is energised to lock"
        "locked_when_silent": energised and hardware.on_comm_loss in ("hold", "locked"),
        # "a maglock or delayed egress with on_power_loss: secure or egress: free-mechanical"
        "magnet_fail_secure": magnet_or_delayed and fail_secure,
        "magnet_free_mechanical": magnet_or_delayed and free_mechanical,
        # "anything but free-mechanical without a covering fire input and a fire-release date"
        "no_fire_input": not free_mechanical and not context.fire,
        "no_fire_release_test": not free_mechanical and not hardware.fire_release_tested,
        # "sensor release without REX and exit button"
        "sensor_release_without_rex": sensor_release and not context.rex,
        "sensor_release_without_exit_button": sensor_release and not context.exit_button,
        # "a stair locked on the stair side without re-entry release and covering fire input"
        "stair_without_reentry_release": on_stair_side and not hardware.reentry_release,
        "stair_without_fire_input": on_stair_side and not context.fire,
        # "... with a strike or a fail-secure lock on the stair side"
        "stair_strike": on_stair_side and hardware.type == "strike",
        "stair_fail_secure": on_stair_side and fail_secure,
        # "any lock on a discharge door's stair side"
        "discharge_stair_side": on_stair_side and stair is not None and stair.discharge,
        # "an attack-side reader driving a lock"
        "attack_side": context.mounted == "attack-side",
        # law 5 and 6: what people cannot open by hand opens without power
        "holds_in_without_power": not free_mechanical and fail_secure,
        # law 7: the way into a stair is always free; and a stair's record has to say which side it is about
        "stair_floor_side": stair is not None and stair.side == "floor" and not stair.discharge,
        "stair_unsaid": context.kind == "stair" and stair is None,
    }
    return {name for name, holds in sentences.items() if holds}


def contract_never_drives(hardware: Hardware) -> bool:
    """ "No response ever drives delayed egress." """
    return hardware.type == "delayed-egress" or hardware.egress == "delayed"


def fire_covers(hardware: Hardware) -> bool:
    """ "each magnet, each lock that is not free-mechanical, and each stair door locked on the stair side" """
    on_stair_side = hardware.stair is not None and hardware.stair.side == "stair"
    return hardware.type == "maglock" or hardware.egress != "free-mechanical" or on_stair_side


def can_hold_people_in(hardware: Hardware, lock: Lock, context: Context) -> bool:
    """Whether somebody inside could find it shut: no power, a silent board, an alarm. By the law."""
    if hardware.egress == "free-mechanical":
        stair = hardware.stair
        if context.kind != "stair" and stair is None:
            return False
        if stair is None or (stair.side == "floor" and not stair.discharge):
            return True  # nobody knows, or the way into the stair
        if stair.side == "floor":
            return False  # the outside of a discharge door
        if stair.discharge:
            return True
    energised = lock.locked_when is (hardware.relay == "no")
    stays_shut_without_power = not energised
    stays_shut_when_silent = hardware.on_comm_loss != "unlocked"
    stays_shut_on_alarm = not context.fire
    unproven = hardware.egress != "free-mechanical" and hardware.fire_release_tested is None
    no_way_to_ask = hardware.egress == "sensor-release" and not (context.rex and context.exit_button)
    slow = hardware.egress == "delayed"
    return any(
        (stays_shut_without_power, stays_shut_when_silent, stays_shut_on_alarm, unproven, no_way_to_ask, slow)
    )


def combinations(attack_side: bool = False) -> Iterator[tuple[Hardware, Lock, Context]]:
    locks = (Lock(POINT, True), Lock(POINT, False))
    for stair_door, stair in STAIRS:
        records = [
            record(type_, egress, power, comm, relay, fire_rated, stair, reentry, tested)
            for type_, egress, power, comm, relay, fire_rated, reentry, tested in itertools.product(
                get_args(LockType), get_args(Egress), get_args(PowerLoss), get_args(CommLoss),
                get_args(Relay), BOTH, BOTH, BOTH,
            )
        ]  # fmt: skip
        for rex, exit_button, fire in itertools.product(BOTH, BOTH, BOTH):
            context = around(stair_door, rex, exit_button, fire, attack_side)
            for hardware, lock in itertools.product(records, locks):
                yield hardware, lock, context


def test_every_combination_is_refused_exactly_where_the_contract_and_the_law_refuse_it() -> None:
    tried = driven = 0
    rows = {row.defect for row in TABLE.rows if row.defect.keys[0] != "controller"}
    ways = {allowed.code for allowed in TABLE.allowed}
    for hardware, lock, context in combinations():
        defects = judge(TABLE, hardware, lock, context)
        tried += 1
        rows.difference_update(defects)

        refused = {defect.code for defect in defects if defect.effect == "refuse"}
        assert refused == contract_refuses(hardware, lock, context), (hardware, lock, context, defects)
        may_be_driven = not undriven(defects)
        assert may_be_driven is (not refused and not contract_never_drives(hardware)), (
            hardware,
            lock,
            context,
        )
        if not may_be_driven:
            continue
        driven += 1
        assert not can_hold_people_in(hardware, lock, context), (hardware, lock, context)
        assert ("nc_relay" in flagged(defects)) is (hardware.relay == "nc"), (hardware, lock, context)
        allowed = allowed_by(TABLE, facts_of(hardware, lock, context))
        assert allowed is not None
        ways.discard(allowed.code)
        assert (allowed.on_fire == "free") is fire_covers(hardware), (hardware, lock, context, allowed)
        latches = hardware.fire_rated and hardware.type in ("strike", "panic-latch-retraction")
        assert (allowed.on_fire == "latch") is (latches and not fire_covers(hardware)), (hardware, allowed)

    assert tried == 5 * 4 * 2 * 3 * 2 * 2 * 2 * 6 * 2**5
    assert 0 < driven < tried / 10
    assert not rows, "rows that no combination reaches"
    assert not ways, "allowed rows that no combination reaches"


def test_no_lock_is_driven_from_the_attack_side_nor_from_a_reader_of_unknown_mounting() -> None:
    sound = record()
    sides: tuple[Mounted | None, ...] = (None, "attack-side")
    for mounted in sides:
        context = Context("classroom", mounted, rex=True, exit_button=True, fire=True)
        codes = undriven(judge(TABLE, sound, Lock(POINT, False), context))
        assert codes == (("attack_side",) if mounted else ("mounting_unsaid",))


def test_the_mounting_changes_nothing_else_about_a_record() -> None:
    inside, outside = combinations(), combinations(attack_side=True)
    for (hardware, lock, near), (_, _, far) in itertools.islice(
        zip(inside, outside, strict=True), 0, None, 37
    ):
        there = {defect.code for defect in judge(TABLE, hardware, lock, far)}
        here = {defect.code for defect in judge(TABLE, hardware, lock, near)}
        assert there == here | {"attack_side"}


@pytest.mark.parametrize(
    ("relay", "locked_when", "energised"),
    [("no", True, True), ("no", False, False), ("nc", True, False), ("nc", False, True)],
)
def test_a_lock_is_energised_when_its_coil_is_on_with_no_and_off_with_nc(
    relay: Relay, locked_when: bool, energised: bool
) -> None:
    assert energised_when_locked(Lock(POINT, locked_when), record(relay=relay)) is energised


def test_a_door_without_a_record_is_allowed_and_never_driven() -> None:
    defects = judge(TABLE, None, Lock(POINT, False), around())

    assert [(defect.code, defect.effect) for defect in defects] == [(NO_RECORD, "undriven")]


def test_a_door_without_a_record_on_an_attack_side_reader_is_refused_all_the_same() -> None:
    defects = judge(TABLE, None, Lock(POINT, False), around(attack_side=True))

    assert undriven(defects) == (NO_RECORD, "attack_side")


def test_a_door_without_a_lock_output_is_only_watched() -> None:
    assert undriven(judge(TABLE, record(), None, around())) == (NO_LOCK,)
    assert undriven(judge(TABLE, None, None, around(attack_side=True))) == (NO_RECORD,)


def test_a_record_that_no_row_names_is_not_driven_either() -> None:
    gap = Table(version=TABLE.version, rows=(), allowed=())

    assert undriven(judge(gap, record(), Lock(POINT, False), around())) == (UNLISTED,)


def test_every_row_says_what_is_wrong_and_what_to_do() -> None:
    for row in TABLE.rows:
        assert row.defect.what
        assert row.defect.do
        assert row.defect.keys
        assert row.when.keys() <= FACTS.keys()


def test_mounting_is_asked_for_by_rows_of_its_own_so_every_combination_with_it_is_tried() -> None:
    for row in TABLE.rows:
        assert "mounted" not in row.when or set(row.when) == {"mounted"}
    for allowed in TABLE.allowed:
        assert allowed.when["mounted"] == {"secure-side"}
