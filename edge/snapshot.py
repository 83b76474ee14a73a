"""The live picture as one JSON-able document, from memory only: what `status` shows, and later the page and the API.

Ages are milliseconds at the moment of the snapshot; times are RFC 3339 UTC. What is not known is null, never a guess.
"""

import functools
from collections import Counter
from collections.abc import Generator
from typing import Any, Final, Literal

from edge import words
from edge.flags import Told, flags
from edge.journal.stored import rfc3339 as _rfc3339
from edge.tested import self_test
from edge.watched import cameras
from edge.weighed import Weighed, dry_run
from edge.who_knows import notices, rooms
from rules.contacts import contact_fresh
from rules.holding import effective, zones_of
from rules.model.ids import DoorId, InputId, Point, ZoneId
from rules.model.moments import Instant
from rules.model.values import dataclass
from rules.model.verdicts import SECURED
from rules.plan import ButtonPlan, DoorPlan, Plan, Sensor
from rules.school import mode_of
from rules.silence import button_state
from rules.state import (
    ButtonMemory,
    CommandLive,
    ControllerLive,
    DoorLive,
    DoorOrder,
    Incident,
    Read,
    Record,
    State,
)
from rules.supervision import armed, sessions

Mode = Literal["normal", "last_accepted", "safe"]
Document = dict[str, Any]

rfc3339: Final = functools.lru_cache(4_096)(_rfc3339)
"""Most moments of a picture stand in the one before too, and many doors share one."""

LOOK: Final = frozenset(
    {"unknown", "stale", "forced", "egress", "opened", "ajar", "not_latched", "no_answer"}
)
"""Verdicts that need eyes in quiet times too."""
NOT_KNOWN: Final = frozenset({"unknown", "stale", "no_answer"})
NOT_RECORDED: Final = frozenset({"store_gone", "journal_refused", "journal_hung", "journal_shed"})
"""The conditions in which events are not being recorded; others of the journal's tell of what was."""
NEVER_PRESSED: Final = ButtonMemory()
UNSEEN: Final = DoorLive()
"""A door of which nothing was read yet."""
DOORS_A_BITE: Final = 20
_ATTENTION: Final = {"not_secured": 0, "look": 1, "": 2}


@dataclass(frozen=True, slots=True)
class BoxFacts:
    """What the rules do not know of the box.

    since: when `armed` last turned, or the start. epoch, seq: the journal's last row. trouble: the condition's code
    while the journal cannot take rows, else `""`. longest_event_us: the longest that one event took on the loop.
    """

    version: str
    mode: Mode
    since: Instant
    epoch: str
    seq: int
    trouble: str = ""
    longest_event_us: int = 0
    district: Document | None = None


def not_recording(state: State) -> str:
    """The condition for which events are not being recorded; `""`: they are."""
    return next((code for code in state.live.conditions if code in NOT_RECORDED), "")


class Steady:
    """What the last picture said of each door beside its sensors' ages. Nearly all of it stands in the next one too.

    It is told by identity, for plan and state are immutable: what is the same object says the same.
    """

    def __init__(self) -> None:
        self._known: dict[DoorId, tuple[tuple[object, ...], Document]] = {}
        self._tests: tuple[tuple[object, ...], Document] | None = None
        self.told = Told()
        self.weighed = Weighed()

    def of(self, state: State, door: DoorPlan, live: DoorLive, order: DoorOrder | None) -> Document:
        """A door's part of the picture, `bolt` and `position` still to be filled in; not to be changed."""
        made_of = (door, live, order, state.record.incidents, state.live.started)
        known = self._known.get(door.id)
        if known is None or any(was is not now for was, now in zip(known[0], made_of, strict=True)):
            known = self._known[door.id] = made_of, _steady(state, door, live, order)
        return known[1]

    def tests(self, plan: Plan, state: State) -> Document:
        """What the last self-test saw: hundreds of links, and the same until the next one."""
        running = state.live.self_test is None
        made_of = (plan, state.record.self_tests, running, state.live.exercises)
        if self._tests is None or any(
            was is not now for was, now in zip(self._tests[0], made_of, strict=True)
        ):
            self._tests = made_of, self_test(plan, state)
        return self._tests[1]


def snapshot(plan: Plan, state: State, now: Instant, box: BoxFacts, steady: Steady | None = None) -> Document:
    """The whole picture. Silent incidents are in it, marked: it is for those with the duress right only.

    steady: kept from one picture to the next, for whoever makes many.
    """
    making = in_bites(plan, state, now, box, steady)
    while True:
        try:
            next(making)
        except StopIteration as made:
            picture: Document = made.value
            return picture


def in_bites(
    plan: Plan, state: State, now: Instant, box: BoxFacts, steady: Steady | None = None
) -> Generator[None, None, Document]:
    """The same; it stops after some doors each, for the loop to do its own work. Plan and state are immutable."""
    known = steady or Steady()
    doors = []
    for count, door in enumerate(plan.doors.values()):
        if count % DOORS_A_BITE == DOORS_A_BITE - 1:
            yield
        doors.append(_door(state, now, door, known))
    yield
    standing: list[Document] = []
    for one in flags(plan, state, known.told):
        if one is None:
            yield
        else:
            standing.append(one)
    yield
    weighed = yield from known.weighed.of(plan, state)
    yield
    doors.sort(key=lambda one: _ATTENTION[one["attention"]])
    return {
        "at": rfc3339(now.utc_us),
        "appliance": _appliance(plan, state, box),
        "zones": [_zone(plan, state, zone) for zone in plan.zones],
        "incidents": _incidents(state),
        "doors": doors,
        "unanswered": _unanswered(plan, state, now),
        "flags": standing,
        "buttons": [_button(plan, state, now, button) for button in plan.buttons.values()],
        "inputs": [_input(plan, state, now, name) for name in plan.inputs],
        "controllers": _controllers(plan, state),
        "outputs": _outputs(plan, state),
        "cameras": cameras(plan, state),
        "school": _school(state, now),
        "sessions": [
            {"session": name, "up": state.live.sessions.get(name, False)} for name in sessions(plan)
        ],
        "walk_tests": _walk_tests(plan, state, now),
        "self_test": known.tests(plan, state),
        "readiness": weighed,
        "dry_run": dry_run(plan, state),
    }


def _school(state: State, now: Instant) -> Document | None:
    """None: the site has no calendar."""
    said = state.live.school
    if said is None:
        return None
    mode = mode_of(state.live, now)
    known = mode != "unknown"
    return {
        "mode": mode,
        "community": list(said.community) if known else [],
        "what": said.what if known else "",
    }


def _appliance(plan: Plan, state: State, box: BoxFacts) -> Document:
    is_armed, why_not = armed(plan, state)
    return {
        "armed": is_armed,
        "why_not": why_not,
        "words": "" if is_armed else words.not_armed(why_not),
        "since": rfc3339(box.since.utc_us),
        "mode": box.mode,
        "version": box.version,
        "campus": plan.campus,
        "name": plan.zones[plan.campus].name,
        "config_hash": plan.config_hash,
        "pack_hash": plan.pack_hash,
        "number": state.record.number,
        "longest_event_ms": _ms(box.longest_event_us),
        "district": box.district,
        "journal": {
            "epoch": box.epoch,
            "seq": box.seq,
            "trouble": box.trouble,
            "words": words.flag(box.trouble, "", state.live.conditions.get(box.trouble, ()))[1]
            if box.trouble
            else "",
        },
    }


def _zone(plan: Plan, state: State, zone: ZoneId) -> Document:
    own = state.record.zones.get(zone)
    held = effective(plan, state.record, zone)
    return {
        "id": zone,
        "name": plan.zones[zone].name,
        "parent": plan.zones[zone].parent,
        "own": own.response if own else None,
        "response": held.response if held else None,
        "kind": held.kind if held else None,
        "incident": held.incident if held else None,
        "since": rfc3339(held.since.utc_us) if held else None,
    }


def _incidents(state: State) -> list[Document]:
    return [incident(state.record, one) for one in state.record.incidents.values()]


def incident(record: Record, one: Incident) -> Document:
    """A live incident, as every list of them begins. zone: where its gravest response holds; zones: all, that one first."""
    return {
        "id": one.id,
        "kind": one.kind,
        "response": one.response,
        "zone": one.zone,
        "zones": list(zones_of(record, one)),
        "silent": one.silent,
        "opened": rfc3339(one.opened.utc_us),
    }


# --- doors -----------------------------------------------------------------------------------


def _door(state: State, now: Instant, door: DoorPlan, steady: Steady) -> Document:
    live = state.live.doors.get(door.id) or UNSEEN
    found = steady.of(state, door, live, state.record.orders.get(door.id))
    return {
        **found,
        "bolt": _evidence(state, now, door.bolt),
        "position": _evidence(state, now, door.position),
        "last_proven": _iso(state.record.secured.get(door.id)),
    }


def _steady(state: State, door: DoorPlan, live: DoorLive, order: DoorOrder | None) -> Document:
    verdict = live.verdict
    return {
        "id": door.id,
        "name": door.name,
        "zone": door.zone,
        "kind": door.kind,
        "controller": door.controller,
        "verdict": verdict.word,
        "by": verdict.by,
        "code": verdict.code,
        # What holds a door back says nothing of a door of which nothing is known.
        "words": words.held(live.held)
        if live.held and verdict.word not in NOT_KNOWN
        else words.verdict(verdict.word, verdict.by, verdict.code),
        "since": _iso(live.verdict_at),
        "attention": _attention(state, order, live),
        "bolt": None,
        "position": None,
        "order": _order(order),
        "held": live.held,
        "tries": live.tries,
        "command": _command(live.command),
        "ledger": _ledger(state, order, live),
        "defects": list(door.defects),
    }


def _attention(state: State, order: DoorOrder | None, live: DoorLive) -> str:
    """`not_secured`: told to lock, or freed by the fire rule, and not proven. `look`: unsure or open unasked.

    An order ends with its incident: what stays locked after that is a door like any other.
    """
    standing = order is not None and (order.incident is None or order.incident in state.record.incidents)
    if (
        order is not None
        and standing
        and order.word != "rest"
        and (order.word == "free" or live.verdict.word not in SECURED)
    ):
        return "not_secured"
    return "look" if live.verdict.word in LOOK else ""


def _read(state: State, point: Point) -> tuple[ControllerLive | None, Read | None]:
    controller = state.live.controllers.get(point.controller)
    return controller, controller.reads.get((point.space, point.number)) if controller else None


def _evidence(state: State, now: Instant, sensor: Sensor | None) -> Document | None:
    """`value`: thrown, closed, active or pressed as last read, null where never. Null where not wired."""
    if sensor is None:
        return None
    controller, read = _read(state, sensor.point)
    if controller is None or read is None:
        return {"value": None, "age_ms": None, "fresh": False}
    fresh = controller.up and now.since(read.at) <= sensor.freshness_us
    return {"value": bool(read.value) == sensor.when, "age_ms": _ms(now.since(read.at)), "fresh": fresh}


def _order(order: DoorOrder | None) -> Document | None:
    if order is None:
        return None
    return {"word": order.word, "since": rfc3339(order.since.utc_us), "incident": order.incident}


def _command(command: CommandLive | None) -> Document | None:
    if command is None:
        return None
    return {"id": command.id, "purpose": command.purpose, "ending": command.ending, "code": command.code}


def _ledger(state: State, order: DoorOrder | None, live: DoorLive) -> Document | None:
    """Times of the last command: `commanded_ms` after its order, the others after the command; null: not yet."""
    start = live.commanded
    if start is None:
        return None
    # An order of an earlier run has a monotonic time of its own: no difference to it is true.
    ordered = order.since if order is not None and _of_this_run(state, order.since) else None
    return {
        "commanded_at": rfc3339(start.utc_us),
        "commanded_ms": _ms(start.since(ordered))
        if ordered is not None and start.since(ordered) >= 0
        else None,
        "written_ms": _after(start, live.written),
        "bolt_ms": _after(start, live.bolt_at),
        "position_ms": _after(start, live.position_at),
        "verdict_ms": _after(start, live.verdict_at),
    }


def _of_this_run(state: State, at: Instant) -> bool:
    started = state.live.started
    return at.mono_us >= started.mono_us and at.utc_us >= started.utc_us


def _after(start: Instant, at: Instant | None) -> float | None:
    return None if at is None or at.since(start) < 0 else _ms(at.since(start))


# --- buttons, inputs, controllers, outputs ----------------------------------------------------


def _button(plan: Plan, state: State, now: Instant, button: ButtonPlan) -> Document:
    live = state.live.buttons.get(button.id)
    heard = live.heard if live else None
    return {
        "id": button.id,
        "name": button.name,
        "zone": button.zone,
        "room": button.room,
        "path": "wired" if button.wired else "mqtt",
        "supervision": _supervision(plan, state, now, button),
        "heard_ms": _ms(now.since(heard)) if heard else None,
        "battery": live.battery if live else None,
        "online": live.online if live else None,
        "gestures": {word: {"response": ask.response, "zone": ask.zone} for word, ask in button.asks.items()},
        "walk_test": button.id in state.record.walk_tests,
        "last_proven": {
            response: rfc3339(at.utc_us)
            for response, at in state.record.buttons.get(button.id, NEVER_PRESSED).proven.items()
        },
    }


def _supervision(plan: Plan, state: State, now: Instant, button: ButtonPlan) -> str:
    """`heard` (wired: read), `unknown`, `silent`, `offline` or `unsupervised`: never better than known."""
    if button.wired is not None:
        return "heard" if contact_fresh(plan, state.live, button.id, now) else "silent"
    live = state.live.buttons.get(button.id)
    if live is not None and live.online is False:
        return "offline"
    return button_state(button, state, now)


def _input(plan: Plan, state: State, now: Instant, name: InputId) -> Document:
    one = plan.inputs[name]
    evidence = _evidence(state, now, one.sensor)
    return {
        "id": one.id,
        "kind": one.kind,
        "controller": one.controller,
        "state": state.live.inputs.get(one.id, "unread"),
        "age_ms": evidence["age_ms"] if evidence else None,
        "zones": sorted(one.zones),
        "doors": list(one.doors),
    }


def _controllers(plan: Plan, state: State) -> list[Document]:
    found = []
    doors = Counter(door.controller for door in plan.doors.values())
    for controller in plan.controllers.values():
        live = state.live.controllers.get(controller.id)
        found.append(
            {
                "id": controller.id,
                "driver": controller.driver,
                "up": live is not None and live.up,
                "code": live.code if live else "not_heard",
                "since": _iso(live.since if live else None),
                "doors": doors[controller.id],
            }
        )
    return found


def _outputs(plan: Plan, state: State) -> list[Document]:
    return [
        {
            "id": output.id,
            "driver": output.driver,
            "zone": output.zone,
            "commissioned": output.commissioned,
            "ordered_on": output.id in state.record.outputs_on,
            "command": _command(live.command) if (live := state.live.outputs.get(output.id)) else None,
            "held": live.held if live else "",
            "notices": notices(plan, state, output.id),
            "rooms": rooms(plan, state, output),
        }
        for output in plan.outputs.values()
    ]


# --- what waits for a person ------------------------------------------------------------------


def _unanswered(plan: Plan, state: State, now: Instant) -> list[Document]:
    found = []
    for one in state.record.unanswered.values():
        button = plan.buttons.get(one.button)
        found.append(
            {
                "number": one.number,
                "button": one.button,
                "name": button.name if button else one.button,
                "zone": button.zone if button else one.zone,
                "room": button.room if button else "",
                "response": one.response,
                "in_zone": one.zone,
                "why": one.why,
                "words": words.unanswered(one.why),
                "at": rfc3339(one.at.utc_us),
                # By the wall clock: it may have come in an earlier boot.
                "age_ms": max(0.0, _ms(now.utc_us - one.at.utc_us)),
            }
        )
    return found


def _walk_tests(plan: Plan, state: State, now: Instant) -> list[Document]:
    found = []
    for button, test in state.record.walk_tests.items():
        planned = plan.buttons.get(button)
        found.append(
            {
                "button": button,
                "name": planned.name if planned else button,
                # It ends with the boot it began in, and a monotonic time means nothing in another one.
                "left_s": max(0, test.until.since(now)) // 1_000_000 if test.boot == state.live.boot else 0,
                "pressed": test.last_press is not None,
            }
        )
    return found


def not_secured(document: Document) -> list[DoorId]:
    """The doors of a snapshot that were told to lock, or freed by the fire rule, and are not proven."""
    return [DoorId(door["id"]) for door in document["doors"] if door["attention"] == "not_secured"]


def _iso(at: Instant | None) -> str | None:
    return None if at is None else rfc3339(at.utc_us)


def _ms(duration_us: int) -> float:
    return duration_us // 100 / 10
