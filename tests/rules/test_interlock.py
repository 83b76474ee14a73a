"""The interlock: every combination of record, live condition and purpose, against an oracle written from the texts."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from rules import interlock
from rules.contacts import InputState
from rules.interlock import judge
from rules.model.commands import Drive, Purpose
from rules.model.ids import DoorId, InputId
from rules.model.moments import SECOND_US
from rules.plan import DoorPlan, Egress, Hardware, Lock, LockType, PowerLoss, Relay, Rest, Stair
from rules.state import Contact, ControllerLive, DoorOrder, Live, Record
from tests.rules.campus import (
    DELAYED,
    FIRE_STRIKE,
    FRESH_US,
    LOCKSET,
    MAGLOCK,
    OTHER,
    PLC,
    STAIR_LOCK,
    STARTED,
    STRIKE,
    World,
    campus,
    contact,
    door,
    point,
)

NOW = STARTED.plus(100 * SECOND_US)
INPUTS = (
    contact("fire", 40, "fire-alarm"),
    contact("rex", 41, "rex"),
    contact("exit", 42, "exit-button"),
)
NAME = DoorId("d")
NOTHING = {""}
NOBODY: frozenset[DoorId] = frozenset()
EACH: tuple[tuple[Purpose, frozenset[DoorId]], ...] = (
    ("rest", frozenset({NAME})),
    ("lock", NOBODY),
    ("lock", frozenset({NAME})),
    ("free", NOBODY),
)
STATES: tuple[InputState, ...] = get_args(InputState)


def live_with(states: dict[str, InputState], exited_s_ago: float | None = None, at: int = 100) -> Live:
    """A live picture in which these inputs are so; everything else was never read."""
    now = STARTED.plus(at * SECOND_US)
    started = now if "unread" in states.values() else STARTED
    contacts = {}
    for one in INPUTS:
        state = states.get(one.id, "quiet")
        if state in ("unread", "unsure"):
            continue
        value = int(state == "active")
        seen = (now, now) if state == "active" else (now, None)
        if one.id == "exit" and exited_s_ago is not None and state == "quiet":
            seen = (now, now.plus(-int(exited_s_ago * SECOND_US)))
        contacts[one.sensor.point.space, one.sensor.point.number] = Contact(
            value, now, now, value, now, seen, confirmed=now
        )
    # `unsure` needs a board whose contact is unread long after start; with an `unread` beside it, one that was away.
    for one in INPUTS:
        if states.get(one.id) == "unsure" and started is now:
            key = (one.sensor.point.space, one.sensor.point.number)
            contacts[key] = Contact(-1, STARTED, STARTED, None, STARTED)
    board = ControllerLive(True, STARTED, "up", contacts=contacts)
    return Live(started, "boot", now, controllers={PLC: board})


def records() -> Iterator[Hardware]:
    """Every record that differs in what the interlock looks at.

    A lock on the floor side of a stair is one like any other: told apart where the side alone decides.
    """
    stairs = (None, Stair("stair", discharge=False), Stair("floor", discharge=False))
    for lock_type, egress, loss, relay, rated, rest, stair in itertools.product(
        get_args(LockType), get_args(Egress), get_args(PowerLoss), get_args(Relay), (False, True),
        get_args(Rest), stairs,
    ):  # fmt: skip
        if egress != "free-mechanical" and stair is stairs[2]:
            continue
        yield replace(
            STRIKE, type=lock_type, egress=egress, on_power_loss=loss, relay=relay, fire_rated=rated,
            rest=rest, stair=stair,
        )  # fmt: skip


def oracle(
    its: DoorPlan,
    on: bool,
    purpose: Purpose,
    fire: str,
    rex: str,
    exit_: str,
    recent: bool,
    freed: bool,
    named: bool,
) -> set[str]:
    """The codes of which one must be given, from the contract's Fire and Leaving, issue 2 E19 and the egress law.

    Empty: the drive must pass.
    """
    hardware = its.hardware
    if hardware is None or its.lock is None:
        return {"no_record"}
    locks = on == its.lock.locked_when
    power = on if hardware.relay == "no" else not on
    if purpose == "output":
        return {"not_a_lock_purpose"}
    if purpose == "self_test":
        # Its record names no hours; those that do are in test_unattended.py.
        return {"not_exercised"}
    if purpose == "lock" and not locks:
        return {"not_locked_value"}
    if purpose == "free" and locks:
        return {"not_free_value"}
    if purpose == "rest" and not named:
        return {"not_named"}
    if purpose == "rest" and locks != (hardware.rest == "locked"):
        return {"not_rest_value"}
    if locks and (hardware.type == "delayed-egress" or hardware.egress == "delayed"):
        return {"delayed_egress"}
    why: set[str] = set()
    by_lever = hardware.egress == "free-mechanical"
    stair_side = hardware.stair is not None and hardware.stair.side == "stair"
    fire_frees = hardware.type == "maglock" or not by_lever or stair_side
    fire_latches = hardware.fire_rated and hardware.type in ("strike", "panic-latch-retraction")
    if fire != "quiet" and ((fire_frees and locks) or (not fire_frees and fire_latches and power)):
        why.add(f"{'fire' if locks else 'latched'}_{fire}")
    # Issue 7, F16: nothing is energised to lock while the alarm is active, though people leave by the lever.
    if fire == "active" and locks and power and not fire_frees and not fire_latches:
        why.add("fire_waits")
    if freed and fire_frees and locks and not named:
        why.add("fire_freed")
    if locks and not by_lever:
        if "active" in (rex, exit_):
            why.add("leaving_active")
        elif rex != "quiet" or exit_ != "quiet":
            why.add("leaving_unsure")
        elif recent:
            why.add("leaving_delay")
    return why


def test_every_record_live_condition_and_purpose_is_judged_as_the_texts_say() -> None:
    plan = campus(inputs=INPUTS)
    conditions = [
        (
            fire,
            rex,
            exit_,
            recent,
            live_with({"fire": fire, "rex": rex, "exit": exit_}, 29 if recent else None),
        )
        for fire, rex, exit_ in itertools.product(STATES, STATES, STATES)
        for recent in ((False, True) if exit_ == "quiet" else (False,))
    ]
    orders = ((False, Record()), (True, Record(orders={NAME: DoorOrder("free", STARTED, None)})))
    tried = 0
    for hardware in records():
        its = door("d", 0, hardware, rex=("rex",), exits=("exit",), fire=("fire",))
        assert its.lock is not None
        drives = (Drive(NAME, its.lock.point, False), Drive(NAME, its.lock.point, True))
        # What a door's rest is matters to no other purpose.
        purposes = EACH if hardware.rest == "locked" else EACH[:1]
        # A REX never delays a free-mechanical lock: equal states of both ways out are enough to show it.
        all_ways = hardware.egress != "free-mechanical"
        around = [one for one in conditions if all_ways or one[1] == one[2]]
        for (fire, rex, exit_, recent, live), drive, (purpose, names) in itertools.product(
            around, drives, purposes
        ):
            for freed, record in orders:
                said = judge(plan, record, live, its, drive, purpose, live.now, names)
                allowed = oracle(its, drive.on, purpose, fire, rex, exit_, recent, freed, bool(names))
                assert said in (allowed or NOTHING), (
                    hardware,
                    fire,
                    rex,
                    exit_,
                    recent,
                    drive,
                    freed,
                    purpose,
                )
                tried += 1
    assert tried > 100_000


@pytest.mark.parametrize("purpose", get_args(Purpose))
@pytest.mark.parametrize("on", [False, True])
def test_a_purpose_passes_only_its_own_value_and_a_release_only_named_doors(
    purpose: Purpose, on: bool
) -> None:
    plan = campus(inputs=INPUTS)
    live = live_with({})
    for hardware, named in itertools.product(
        (STRIKE, FIRE_STRIKE, MAGLOCK, STAIR_LOCK, DELAYED), (False, True)
    ):
        its = door("d", 0, hardware, fire=("fire",))
        assert its.lock is not None
        names = frozenset({NAME}) if named else frozenset[DoorId]()
        said = judge(plan, Record(), live, its, Drive(NAME, its.lock.point, on), purpose, live.now, names)
        quiet = oracle(its, on, purpose, "quiet", "quiet", "quiet", False, False, named)
        assert said in (quiet or {""})


def test_a_door_without_a_sound_record_is_never_driven_not_even_free() -> None:
    plan, live = campus(), live_with({})
    bare, broken = door("d", hardware=None), door("d", defects=("nc_on_fail_safe", "other"))
    unwired = door("d", lock=False)
    for its, code in ((bare, "no_record"), (broken, "nc_on_fail_safe"), (unwired, "no_record")):
        for purpose in get_args(Purpose):
            drive = Drive(NAME, point(0, "coil"), False)
            named = frozenset({NAME})
            assert judge(plan, Record(), live, its, drive, purpose, NOW, named) == code


@pytest.mark.parametrize(
    "drive",
    [
        Drive(NAME, point(1, "coil"), False),
        Drive(NAME, point(0, "output"), False),
        Drive(NAME, point(0, "coil", OTHER), False),
        Drive(DoorId("another"), point(0, "coil"), False),
    ],
)
def test_a_coil_that_is_not_the_door_s_own_is_refused(drive: Drive) -> None:
    assert judge(campus(), Record(), live_with({}), door("d"), drive, "lock", NOW) == "unnamed_coil"


def test_a_lock_on_an_unknown_or_attack_side_controller_is_refused() -> None:
    live, drive = live_with({}), Drive(NAME, point(0, "coil"), False)
    assert judge(campus(controllers=()), Record(), live, door("d"), drive, "lock", NOW) == "unnamed_coil"
    assert (
        judge(campus(mounted="attack-side"), Record(), live, door("d"), drive, "lock", NOW) == "attack_side"
    )


def test_an_exit_button_holds_its_door_for_30_s_and_no_longer() -> None:
    plan = campus(inputs=INPUTS)
    its = door("d", 0, MAGLOCK, rex=("rex",), exits=("exit",))
    drive = Drive(NAME, point(0, "coil"), True)
    ago_s = (0.000001, 30, 30.000001, 31)
    said = [judge(plan, Record(), live_with({}, s), its, drive, "lock", NOW) for s in ago_s]
    assert said == ["leaving_delay", "leaving_delay", "", ""]


@pytest.mark.parametrize("known", [True, False])
def test_an_exit_button_pressed_before_a_restart_holds_its_door_for_what_is_left_of_the_30_s(
    known: bool,
) -> None:
    """Or, where nobody knows whether it was, for as long as it may have been."""
    plan = campus(inputs=INPUTS)
    its = door("d", 0, MAGLOCK, rex=("rex",), exits=("exit",))
    without = door("w", 0, MAGLOCK, rex=("rex",))

    def said(its: DoorPlan, ago_s: float) -> str:
        at = NOW.plus(-int(ago_s * SECOND_US))
        before = {"exits": {InputId("exit"): at}} if known else {"exits_unseen": at}
        live = replace(live_with({}), **before)
        return judge(plan, Record(), live, its, Drive(its.id, point(0, "coil"), True), "lock", NOW)

    assert [said(its, s) for s in (0, 30, 30.000001)] == ["leaving_delay", "leaving_delay", ""]
    assert said(without, 0) == ""


def test_a_release_that_a_fire_holds_back_is_told_that_the_door_stays_latched() -> None:
    its = door("d", 0, FIRE_STRIKE, fire=("fire",))
    world = World(campus(its, inputs=INPUTS))
    drive = Drive(NAME, point(0, "coil"), True)

    def said() -> str:
        named = frozenset({its.id})
        return judge(world.plan, Record(), world.state.live, its, drive, "rest", world.now, named)

    unread = said()
    world.run(1)
    quiet = said()
    world.turn("fire")
    world.scan()
    assert (unread, quiet, said()) == ("latched_unread", "", "latched_active")


def test_one_fresh_read_of_fire_is_enough_to_hold_a_magnet_back() -> None:
    its = door("d", 0, MAGLOCK, fire=("fire",))
    world = World(campus(its, inputs=INPUTS))
    world.run(1)
    world.turn("fire")
    world.scan()
    drive = Drive(NAME, point(0, "coil"), True)

    def said() -> str:
        return judge(world.plan, Record(), world.state.live, its, drive, "lock", world.now)

    assert said() == "fire_active"
    world.turn("fire", active=False)
    world.wait(50)
    world.scan()
    assert said() == "fire_active"  # it was a bounce, or the first word of a fire
    world.run(FRESH_US / SECOND_US + 0.2)
    assert said() == ""


def test_the_fire_rule_covers_what_the_contract_names() -> None:
    fire = ("fire",)
    covered = {
        str(hardware.type): interlock.covered(door("d", 0, hardware, fire=fire))
        for hardware in (STRIKE, LOCKSET, MAGLOCK, DELAYED)
    }
    assert covered == {"strike": False, "electrified-lockset": False, "maglock": True, "delayed-egress": True}
    assert interlock.covered(door("d", 0, STAIR_LOCK, fire=fire))
    assert not interlock.covered(
        door("d", 0, replace(STAIR_LOCK, stair=Stair("floor", discharge=False)), fire=fire)
    )
    assert not interlock.covered(door("d", 0, MAGLOCK))
    assert not interlock.covered(door("d", hardware=None, fire=fire))
    assert interlock.latches(door("d", 0, FIRE_STRIKE, fire=fire))
    assert not interlock.latches(door("d", 0, FIRE_STRIKE))
    assert not interlock.latches(door("d", 0, replace(MAGLOCK, fire_rated=True), fire=fire))
    assert not interlock.latches(door("d", hardware=None, fire=fire))


def test_a_lock_point_is_compared_whole() -> None:
    its = replace(door("d"), lock=Lock(point(3, "coil"), False))
    assert (
        judge(campus(its), Record(), live_with({}), its, Drive(NAME, point(0, "coil"), False), "lock", NOW)
        != ""
    )
