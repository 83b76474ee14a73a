"""What a fire alarm does to doors now: which it released, which it latched, which stay locked, which it holds back. Pure.

The rule itself is `rules/fire.py`; this only says what it comes to, by what sensors read (contract section 3, Fire).
"""

from typing import Any

from rules import interlock
from rules.evidence import fresh, read_back, says
from rules.model.ids import InputId
from rules.plan import DoorPlan, Plan
from rules.state import DoorLive, State

Document = dict[str, Any]


def fire_effects(plan: Plan, state: State) -> list[Document]:
    """One for each fire input that is not known to be quiet, by its id."""
    found = []
    for one in plan.inputs.values():
        its = state.live.inputs.get(one.id, "unread")
        if one.kind == "fire-alarm" and its in ("active", "unsure"):
            found.append({"input": str(one.id), "state": its, **_effect(plan, state, one.id)})
    return found


def _effect(plan: Plan, state: State, of: InputId) -> Document:
    released: list[Document] = []
    latched: list[Document] = []
    stay_locked: list[Document] = []
    held: list[Document] = []
    for door in plan.doors.values():
        if of not in door.fire or door.hardware is None:
            continue
        named = {"door": str(door.id), "name": door.name}
        code = state.live.doors.get(door.id, DoorLive()).held
        if code.startswith(("fire_", "latched_")):
            held.append({**named, "code": code})
        if interlock.covered(door):
            released.append({**named, "free": _unthrown(state, door), "powered": _powered(state, door)})
        elif interlock.latches(door):
            latched.append({**named, "powered": _powered(state, door)})
        elif (unthrown := _unthrown(state, door)) is not True:
            # Free from inside by its lever; from outside by key.
            stay_locked.append({**named, "kind": door.kind, "locked": None if unthrown is None else True})
    return {"released": released, "latched": latched, "stay_locked": stay_locked, "held": held}


def _unthrown(state: State, door: DoorPlan) -> bool | None:
    """Whether its bolt is read back; None: no sensor says so now."""
    thrown = says(state.live, door.bolt)
    if door.bolt is None or thrown is None or not fresh(state.live, door.bolt, state.live.now):
        return None
    return not thrown


def _powered(state: State, door: DoorPlan) -> bool | None:
    """Whether its lock is read back energised; None: it was not since its last command, or is not now."""
    if door.lock is None or door.hardware is None:
        return None
    read = read_back(state.live, door.lock.point, state.live.now)
    last = state.live.doors.get(door.id, DoorLive()).command
    if read is None or (last is not None and read.at.since(last.sent) <= 0):
        return None
    return interlock.energises(door.hardware, read.value != 0)
