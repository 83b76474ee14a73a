"""The laws of the simulation, one function each. The docstring is the law; what is yielded is what broke it.

They judge by what really happened (`truth`) and by what was entered, let out and told (`notes`), never by a second
copy of the rules. Four moments: each event that was handled, each permit that goes to a driver, every half second, and
each start and the end.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from rules.decision import PressAnswer
from rules.model.commands import Permit
from rules.model.events import CloseAsked, PressHeard, ReleaseAsked, Ticked
from rules.model.ids import DoorId
from rules.model.verdicts import SECURED
from rules.state import DoorLive, Record, State
from tests.simulation import drills
from tests.simulation.notes import Notes, Step, Told, ordered_locked
from tests.simulation.site import NEVER_SWITCHED
from tests.simulation.truth import Sample

FRESH_S: Final = 2.0
LATE_S: Final = 0.35
"""A verdict may stand so long after its evidence went stale: a tick, and a slow turn of the loop."""
LOCKED_WITHIN_S: Final = 20.0
"""A healthy door: the longest back-off is 10 s, a board's silence is noticed within its time-outs, a bolt travels 0.4 s."""
FREE_WITHIN_S: Final = 7.0
"""A fire: read twice within half a second, written again every 5 s at the latest until it reads free."""
NOTICED_S: Final = 1.0
KNOWN_S: Final = 4.0
"""An input that turned, or whose board was in trouble, longer ago than this is known as it is."""
LOOK_BACK_S: Final = 6.0
EXIT_S: Final = 30.0
MAGNET: Final = "gym-east"
COVERED: Final = ("gym-east", "stair-2")
"""The doors that fire frees; the rated front door is to lose its power and latch."""


# --- at each event ---------------------------------------------------------------------------


def secured_is_proven(notes: Notes, step: Step) -> Iterator[str]:
    """No door is called secured without a bolt read thrown and a leaf read closed, freshly, after its lock command"""
    if step.after.live.doors is step.before.live.doors and not isinstance(step.event, Ticked):
        return
    for name, live in step.after.live.doors.items():
        # What is left of a door that an edit took away is shown to nobody, and judged anew where it comes back.
        if live.verdict.word not in SECURED or name not in notes.plan.doors:
            continue
        door = notes.truth.doors[name]
        if live.verdict.word == "secured" and door.position_input is None:
            yield f"{name} is secured and has no position sensor"
        since_s = notes.locks_asked_s.get(name)
        if since_s is None:
            yield f"{name} is secured and nobody asked in this run for it to be locked"
            continue
        done = [
            write.at_s
            for write in door.writes
            if write.ours and write.at_s >= since_s and write.on == door.locked_when
        ]
        # Each sensor is read twice a second: a frame that lands late is noticed within one, and not before.
        noticed_s = notes.loop.world_s - NOTICED_S
        unlocked = [
            write.at_s
            for write in door.writes
            if write.ours and write.on != door.locked_when and write.at_s < noticed_s
        ]
        # Where the board refused or did not answer, sensors read after the command alone may prove it (contract section 1).
        proof_s = max([since_s, *(done[:1] if name in notes.answered else ()), *unlocked[-1:]])
        since_s = max(proof_s, notes.loop.world_s - (FRESH_S + LATE_S))
        for what, samples in (("thrown", door.bolt), ("closed", door.position)):
            if what == "closed" and door.position_input is None:
                continue
            if not _read_since(samples, since_s):
                yield f"{name} is secured and was not read {what} since t={since_s:.3f}"


def permits_have_a_ground(notes: Notes, step: Step) -> Iterator[str]:
    """Nothing is switched without an order that stands for this very door or output"""
    record = step.after.record
    kinds = {one.id: one for one in record.incidents.values()} | {
        one.id: one for one in step.before.record.incidents.values()
    }
    for permit, _ in step.permits:
        for drive in permit.drives:
            order = record.orders.get(DoorId(drive.target))
            match permit.purpose:
                case "lock":
                    latched = drive.target == "front" and _really(notes, "fire") is not False
                    if order is None or order.word != "lock":
                        if not latched:
                            yield f"{drive.target} is locked without an order"
                    elif order.incident in kinds and (
                        kinds[order.incident].silent or kinds[order.incident].kind not in ("real", "drill")
                    ):
                        yield f"{drive.target} is locked for a {kinds[order.incident].kind} incident"
                case "rest":
                    if order is None or order.word != "rest":
                        yield f"{drive.target} is released, and nobody named it"
                case "free":
                    if (order is None or order.word != "free") and drive.target != "front":
                        yield f"{drive.target} is freed without an order"
                case "output":
                    if drive.target in NEVER_SWITCHED:
                        yield f"{drive.target} is switched"
                    if drive.on and not _loud(kinds.values()):
                        yield f"{drive.target} is switched on for nothing that anybody may hear"
                case "self_test" if drive.target in notes.plan.outputs and drive.target not in NEVER_SWITCHED:
                    pass  # each commissioned output is tried
                case "self_test" if drive.target in notes.plan.doors and (
                    order is None or order.word == "rest"
                ):
                    pass  # in its hours (`days`)
                case _:
                    yield f"{drive.target} is driven for {permit.purpose}"


def only_close_ends(notes: Notes, step: Step) -> Iterator[str]:
    """Nothing but a person's close ends a real response, and no door leaves its lock order but by name or by fire"""
    was, now = step.before.record, step.after.record
    if was is now:
        return
    if not isinstance(step.event, CloseAsked):
        for zone, own in was.zones.items():
            held = now.zones.get(zone)
            if own.kind == "real" and (held is None or held.kind != "real" or held.incident != own.incident):
                yield f"the {own.response} of zone {zone} ended by {type(step.event).__name__}"
        for one in was.incidents.values():
            if one.kind == "real" and one.id not in now.incidents:
                yield f"{one.id} ended by {type(step.event).__name__}"
    for name, order in was.orders.items():
        left = order.word == "lock" and now.orders[name].word != "lock"
        named = isinstance(step.event, ReleaseAsked) and name in step.event.doors
        freed = now.orders[name].word == "free" and name in COVERED
        if left and not named and not freed:
            yield f"{name} left its lock order by {type(step.event).__name__}"


def a_press_leads_somewhere(notes: Notes, step: Step) -> Iterator[str]:
    """Each press of a known button opens, joins, is a repeat or a test, or waits for a person"""
    if not isinstance(step.event, PressHeard) or step.event.button not in notes.plan.buttons:
        return
    heard = [row for row in step.rows if row.kind == "press.heard/1"]
    if len(heard) != 1:
        yield f"a press of {step.event.button} made {len(heard)} rows"
        return
    (row,) = heard
    standing, record = row.data["standing"], step.after.record
    if standing in ("acted", "joined"):
        if row.incident not in record.incidents:
            yield f"a press that {standing} has no live incident"
        elif row.data["response"] == "lockdown" and row.data["kind"] == "real":
            yield from _locked_down(notes, step)
    elif standing in ("too_old", "unknown_age", "found_pressed", "rule_failed"):
        if not any(one.button == step.event.button for one in record.unanswered.values()):
            yield f"a press of {step.event.button} that counts as {standing} waits for nobody"
    elif standing == "test":
        if step.event.button not in step.before.record.walk_tests:
            yield f"a press of {step.event.button}, which is in no walk-test, counts as a test"
    elif standing == "repeated":
        known = step.before.record.buttons[step.event.button].presses
        same = [one for one in known if one.press == row.data["press"]]
        if step.event.press_id is not None and not same:
            yield f"a press of {step.event.button} that was never heard counts as a repeat"
    if standing not in ("acted", "joined") and step.permits:
        yield f"a press that counts as {standing} switches something"


def silent_is_not_seen(notes: Notes, step: Step) -> Iterator[str]:
    """No topic tells of a silent incident, of an exercise or of a test"""
    said, notes.said[:] = list(notes.said), []
    for topic, payload in said:
        if topic.startswith("campus/state/"):
            fields = json.loads(payload) if payload else {}
            if fields.get("incident") in notes.silent or fields.get("response") == "duress":
                yield f"{topic} tells of a silent incident"
            if fields.get("kind") not in (None, "real", "drill"):
                yield f"{topic} tells of a {fields['kind']}"
        elif any(one in payload.decode() for one in notes.silent):
            yield f"{topic} names a silent incident"


def no_bug(notes: Notes, step: Step) -> Iterator[str]:
    """No rule, driver, part or callback fails"""
    for row in step.rows:
        if row.kind == "rule.failed/1":
            yield f"a rule failed on {row.data['event']}: {row.sealed.get('error')}"
        if row.kind == "flag.raised/1" and row.data["code"] in (
            "part_failed",
            "driver_failed",
            "row_salvaged",
        ):
            yield f"{row.data['code']} {row.sealed.get('args')}"
    assert notes.box.daemon is not None
    if notes.box.daemon.appliance.shed:
        yield "an event was shed"


# --- at each permit --------------------------------------------------------------------------


def no_lock_against_the_interlock(notes: Notes, permit: Permit, state: State) -> Iterator[str]:
    """A lock that holds people in is not energised unless fire and ways out were read quiet, twice and freshly"""
    for drive in permit.drives:
        door = notes.truth.doors.get(drive.target)
        if door is None or drive.on != door.locked_when or drive.target not in COVERED:
            continue
        guards = ("fire", "rex-gym", "exit-gym") if drive.target == MAGNET else ("fire",)
        for name in guards:
            last = notes.reads.get(name, [])
            if len(last) < 2 or notes.loop.world_s - last[-1].at_s > (FRESH_S + LATE_S):
                yield f"{drive.target} is energised, and its {name} input was not read lately"
            elif any(one.means for one in last):
                yield f"{drive.target} is energised, and its {name} input was read active"
        pressed_s = notes.left_s.get("exit-gym") if drive.target == MAGNET else None
        if pressed_s is not None and notes.loop.world_s - pressed_s < EXIT_S - LATE_S:
            yield f"{drive.target} is energised within {EXIT_S:.0f} s of its exit button"


# --- every half second -----------------------------------------------------------------------


def healthy_doors_lock(notes: Notes) -> Iterator[str]:
    """A healthy door on a healthy board is locked soon after a lockdown, whatever else is broken"""
    if notes.box.daemon is None:
        return
    state = notes.box.daemon.appliance.state
    for name, door in notes.truth.doors.items():
        owed = (
            ordered_locked(state.record, name)
            and name in notes.plan.doors
            and notes.healthy(door.controller)
            and notes.site.sound(name)
            and not _may_be_held(notes, name)
        )
        open_s = notes.lasts_s("healthy_doors_lock", name, owed and not door.thrown())
        if open_s > LOCKED_WITHIN_S:
            live = state.live.doors.get(DoorId(name), DoorLive())
            yield f"{name} has been unlocked for {open_s:.1f} s ({live.verdict.word}, {live.tries} tries)"


def egress_is_free(notes: Notes) -> Iterator[str]:
    """While the fire relay is really active, no lock that it covers stays energised where its board can be reached"""
    if notes.box.daemon is None:
        return
    for name in COVERED:
        door = notes.truth.doors[name]
        hot = _really(notes, "fire") is True and notes.healthy(door.controller)
        held_s = notes.lasts_s("egress_is_free", name, hot and door.coil_locks())
        if held_s > FREE_WITHIN_S:
            yield f"{name} has been energised for {held_s:.1f} s in a fire"


def only_permitted_frames(notes: Notes) -> Iterator[str]:
    """No coil is ever set to what no permit named"""
    found, notes.truth.strange_writes[:] = list(notes.truth.strange_writes), []
    yield from found


def last_generation_wins(notes: Notes) -> Iterator[str]:
    """No older command is carried out after a newer one to the same door, on a board that keeps what it was sent in order"""
    found, notes.truth.overtaken[:] = list(notes.truth.overtaken), []
    for controller, what in found:
        # Frames are told apart by their values alone: with a backlog of both, or late ones of a connection that was
        # given up, nobody can say whose was carried out; that such a door is locked in the end is another law's.
        if notes.loop.world_s - notes.trouble_s.get(controller, 0.0) > LOOK_BACK_S:
            yield what


# --- at each answer --------------------------------------------------------------------------


def accepted_means_durable(notes: Notes, told: Told) -> Iterator[str]:
    """An answer that says durable comes when the row of its press is on the disk, and not before"""
    if isinstance(told.answer, PressAnswer) and told.durable and not told.backed:
        yield f"{told.answer.press} of {told.answer.button} was accepted before it was durable"


# --- at each start, and at the end -----------------------------------------------------------


def the_journal_is_what_was_entered(notes: Notes, record: Record) -> Iterator[str]:
    """Every durable row is in the journal, once and unchanged, and the record is their fold: as it was when it lived"""
    yield from notes.compared(notes.stored())
    before = notes.kept[-1].record if notes.kept else Record()
    if record != before:
        differing = [
            name for name in Record.__dataclass_fields__ if getattr(record, name) != getattr(before, name)
        ]
        yield f"the record after the start differs from the one before it in {differing}"


def no_press_is_lost(notes: Notes) -> Iterator[str]:
    """Each press that was accepted durably, and each that a button repeats until it is, is in the journal exactly once as new"""
    made = [(batch.at_s, row) for batch in notes.kept for row in batch.rows if row.kind == "press.heard/1"]
    rows = [row for _, row in made]
    gym = [at_s for at_s, row in made if row.data["button"] == "pb-gym" and row.data["path"] == "mqtt"]
    given_up = [told.at_s for told in notes.told_answers if _says_not_durable(told, "pb-gym")]
    for one in notes.buttons.presses:
        if not one.press:
            # It has no id and is never answered: the broker gives each message until its row is durable, or until no
            # disk has taken it for 1 s (contract section 4): then a kill may lose it.
            if not one.sure:
                continue
            for found in (gym, given_up):
                its = next((at_s for at_s in found if at_s >= one.at_s), None)
                if its is not None:
                    found.remove(its)
                    break
            else:
                yield f"the gym's press at t={one.at_s:.3f} is nowhere"
            continue
        new = [row for row in rows if row.data["press"] == one.press and row.data["standing"] != "repeated"]
        if one.button not in notes.plan.buttons:
            continue  # an edit took it away
        if one.accepted is None and not one.withdrawn:
            yield f"{one.press} was never answered"
        elif len(new) != 1 and one.accepted is not False:
            yield f"{one.press} is in the journal {len(new)} times as new"


def _says_not_durable(told: Told, button: str) -> bool:
    return isinstance(told.answer, PressAnswer) and told.answer.button == button and not told.durable


def everything_comes_to_rest(notes: Notes) -> Iterator[str]:
    """Once everything works again, every door is as its order means and the daemon is armed without trouble"""
    assert notes.box.daemon is not None
    state = notes.box.daemon.appliance.state
    for name, door in notes.truth.doors.items():
        if name not in notes.plan.doors:
            continue
        word = state.live.doors[DoorId(name)].verdict.word
        if ordered_locked(state.record, name) and not door.thrown() and not _may_be_held(notes, name):
            yield f"{name} is ordered locked, and is not"
        last = door.let[-1] if door.let else None
        fell = any(not one.ours and last is not None and one.at_s >= last.at_s for one in door.writes)
        # Sensors that prove it stand above what became of a command (contract section 1).
        if (
            last is not None
            and last.purpose != "free"
            and not fell
            and word not in SECURED
            and door.board.coils[door.coil] != last.on
        ):
            yield f"{name} was set {last.on} by its last command, to {last.purpose}, and is not"
        if door.let and notes.loop.world_s - door.let[-1].at_s < 2.0:
            continue  # the exit button's delay has just run out
        if word in ("stale", "unknown", "no_answer", "pending"):
            yield f"{name} still is {word}"
    for code in ("journal_refused", "spill_refused", "witness_refused", "journal_hung", "control_socket"):
        if code in state.live.conditions:
            yield f"{code} still stands"
    for code, subject in state.record.flags:
        if code in ("not_armed", "controller_down", "presses_session_down", "status_session_down"):
            yield f"{code} of {subject} still stands"


# --- what they look at -----------------------------------------------------------------------


def _locked_down(notes: Notes, step: Step) -> Iterator[str]:
    """A lockdown press orders every door locked, and commands each that is not locked or on its way already."""
    out = {drive.target for permit, _ in step.permits for drive in permit.drives if permit.purpose == "lock"}
    for name, door in notes.plan.doors.items():
        order = step.after.record.orders.get(name)
        if order is None or order.word != "lock":
            yield f"a lockdown leaves {name} without an order"
            continue
        its = step.before.live.doors.get(name, DoorLive())
        waits = its.command is not None and its.command.ended is None and its.command.purpose == "lock"
        held = step.after.live.doors.get(name, DoorLive()).held
        if name not in out and not held and not waits and its.verdict.word not in SECURED:
            yield f"a lockdown sends {name} nothing ({door.kind}, {its.verdict.word})"


def _read_since(samples: deque[Sample], since_s: float) -> bool:
    """Whether a sensor was read as it should be after this moment."""
    for one in reversed(samples):
        if one.at_s <= since_s:
            return False
        if one.means:
            return True
    return False


def _loud(incidents: Iterable[object]) -> bool:
    return any(
        not getattr(one, "silent", True) and getattr(one, "kind", "") in ("real", "drill")
        for one in incidents
    )


def _really(notes: Notes, name: str) -> bool | None:
    """Whether an input is really active; None: it may have turned too lately for anybody to know."""
    one = notes.truth.inputs[name]
    last_s = max(one.turned_s, notes.started_s, notes.trouble_s.get(one.controller, 0.0))
    if notes.loop.world_s - last_s < KNOWN_S or not notes.healthy(one.controller):
        return None
    return one.active()


def _may_be_held(notes: Notes, name: str) -> bool:
    """Whether fire or a way out may rightly hold a door back."""
    if name not in COVERED:
        return False
    fire = _really(notes, "fire") is not False
    if name != MAGNET:
        return fire
    exits = notes.truth.inputs["exit-gym"]
    lately = notes.loop.world_s - exits.turned_s < EXIT_S + 5.0
    return fire or lately or _really(notes, "exit-gym") is not False or _really(notes, "rex-gym") is not False


AT_EACH_EVENT: Final[tuple[Callable[[Notes, Step], Iterable[str]], ...]] = (
    secured_is_proven,
    permits_have_a_ground,
    only_close_ends,
    a_press_leads_somewhere,
    silent_is_not_seen,
    no_bug,
    *drills.AT_EACH_EVENT,
)
AT_EACH_PERMIT: Final = (no_lock_against_the_interlock,)
AT_EACH_ANSWER: Final = (accepted_means_durable,)
AT_EACH_START: Final = (the_journal_is_what_was_entered,)
NOW_AND_THEN: Final[tuple[Callable[[Notes], Iterable[str]], ...]] = (
    healthy_doors_lock,
    egress_is_free,
    only_permitted_frames,
    last_generation_wins,
)
AT_THE_END: Final[tuple[Callable[[Notes], Iterable[str]], ...]] = (no_press_is_lost,)

__all__ = ["AT_EACH_ANSWER", "AT_EACH_EVENT", "AT_EACH_PERMIT", "AT_EACH_START", "AT_THE_END", "NOW_AND_THEN"]
