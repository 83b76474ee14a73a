"""Flags as the live picture tells of them: what is wrong, since when, by what evidence, whose it is, and what ends it."""

from collections.abc import Iterator
from typing import Any, Final

from edge import words
from edge.flag_ends import ends
from edge.flag_words import FLAGS
from edge.journal.stored import rfc3339
from rules.evidence import read_of
from rules.flag_state import Measure
from rules.model.ids import ButtonId, CameraId, ControllerId, DoorId, InputId
from rules.model.moments import SECOND_US
from rules.plan import Plan, Sensor
from rules.shortcoming import thing_of, zones_of
from rules.state import Flag, Live, State

Document = dict[str, Any]
BITE: Final = 50
LINK: Final = "link_not_proven"


def key_of(code: str, subject: str) -> str:
    """What a flag is called in an address: `code:subject`."""
    return f"{code}:{subject}"


class Told:
    """What does not change of each flag while it stands, told by identity: states are immutable."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[tuple[object, ...], Document]] = {}

    def of(self, plan: Plan, flag: Flag, measure: Measure | None) -> Document:
        """A flag, all but its evidence; not to be changed."""
        key, made_of = (flag.code, flag.subject), (plan, flag, measure)
        known = self._known.get(key)
        if known is None or any(was is not now for was, now in zip(known[0], made_of, strict=True)):
            since = rfc3339(flag.since.utc_us)
            known = self._known[key] = made_of, _told(plan, *key, flag.args, since, measure)
        return known[1]

    def forget(self, flags: "dict[tuple[str, str], Flag] | Any") -> None:
        """Let go of those that are over."""
        if len(self._known) > 2 * len(flags) + BITE:
            self._known = {key: one for key, one in self._known.items() if key in flags}


def flags(plan: Plan, state: State, told: Told) -> Iterator[Document | None]:
    """The record's flags; and what must never be hidden by a sweep that did not happen: standing ones, conditions.

    None now and then: the loop may do its own work in between.
    """
    standing, measures = state.record.flags, state.record.measures
    told.forget(standing)
    for count, (key, flag) in enumerate(standing.items()):
        if count % BITE == BITE - 1:
            yield None
        yield {**told.of(plan, flag, measures.get(key)), "evidence": evidence(plan, state, *key)}
    codes = {code for code, _ in standing}
    more = [(key, ()) for key in plan.standing_flags if key not in standing]
    conditions = [
        ((code, str(plan.campus)), args) for code, args in state.live.conditions.items() if code not in codes
    ]
    for key, args in (*more, *conditions):
        yield {**_told(plan, *key, args, None, None), "evidence": evidence(plan, state, *key)}


def _told(
    plan: Plan, code: str, subject: str, args: tuple[str, ...], since: str | None, measure: Measure | None
) -> Document:
    title, text = words.flag(flag_words(plan, code, subject), subject, args)
    row = plan.flags.of(code)
    return {
        "id": key_of(code, subject),
        "code": code,
        "subject": subject,
        "args": list(args),
        "title": title,
        "text": text,
        "since": since,
        "owner": row.owner,
        "points": row.points,
        "safety": row.safety,
        "clears": {"code": row.clears, "words": ends(row.clears)},
        "ticket": None
        if row.ticket is None
        else {"after_s": row.ticket.after_us // SECOND_US, "of": row.ticket.of},
        "zones": list(zones_of(plan, subject, args)),
        "place": place_of(plan, subject),
        "may_measure": row.measure,
        "measure": None
        if measure is None
        else {
            "text": measure.text,
            "by": measure.by,
            "since": rfc3339(measure.since.utc_us),
            "until": rfc3339(measure.until_us),
        },
    }


def flag_words(plan: Plan, code: str, subject: str) -> str:
    """The code by which `edge.flag_words` knows a flag: what to do about a wired button is another thing."""
    button = plan.buttons.get(ButtonId(subject))
    wired = button is not None and button.wired is not None
    return f"{code}_wired" if wired and f"{code}_wired" in FLAGS else code


def place_of(plan: Plan, subject: str) -> str:
    """Where a thing, or what a link leads to, has its own page; `""`: nowhere."""
    thing = thing_of(subject)
    if DoorId(thing) in plan.doors:
        return f"/doors/{thing}"
    if ButtonId(thing) in plan.buttons:
        return f"/buttons/{thing}"
    if ControllerId(thing) in plan.controllers:
        return f"/controllers/{thing}"
    if CameraId(thing) in plan.cameras:
        return f"/cameras/{thing}"
    return "/inputs" if InputId(thing) in plan.inputs else ""


# --- evidence --------------------------------------------------------------------------------


def evidence(plan: Plan, state: State, code: str, subject: str) -> list[Document]:
    """What was last read or heard of the thing: (what, value, when). `at` null: never in this run."""
    live, thing = state.live, thing_of(subject)
    if code == LINK:
        tests = state.record.self_tests
        return [_seen("self_test", "" if tests.last is None else str(tests.last.number), _at(tests.last))]
    if code == "would_not_lock":
        run = state.record.dry_run
        return [_seen("dry_run", str(run.number), _at(run))]
    if (door := plan.doors.get(DoorId(thing))) is not None:
        its = live.doors.get(door.id)
        found = [_seen("verdict", "unknown" if its is None else its.verdict.word, its and its.verdict_at)]
        found += [
            _sensor(live, what, one)
            for what, one in (("bolt", door.bolt), ("position", door.position))
            if one is not None
        ]
        proven = state.record.secured.get(door.id)
        return [*found, _seen("last_proven", "", proven)]
    if (button := plan.buttons.get(ButtonId(thing))) is not None:
        if button.wired is not None:
            return [_sensor(live, "contact", button.wired.contact)]
        said = live.buttons.get(button.id)
        battery = "" if said is None or said.battery is None else f"{said.battery} %"
        return [
            _seen("last_heard", "", said and said.heard),
            *([_seen("battery", battery, said and said.status_at)] if battery else []),
        ]
    if (board := live.controllers.get(ControllerId(thing))) is not None:
        return [_seen("answers" if board.up else "silent", board.code, board.since)]
    if (one := plan.inputs.get(InputId(thing))) is not None:
        return [_sensor(live, "input", one.sensor)]
    if (camera := live.cameras.get(CameraId(thing))) is not None:
        if not camera.up:
            return [_seen("silent", camera.code or camera.picture, camera.since)]
        return [_seen("picture", camera.picture, camera.judged)]
    return []


def _sensor(live: Live, what: str, sensor: Sensor) -> Document:
    read = read_of(live, sensor.point)
    on = "" if read is None else str((read.value != 0) == sensor.when).lower()
    return _seen(what, on, read and read.at)


def _at(of: Any) -> Any:
    return None if of is None else of.at


def _seen(what: str, value: str, at: Any) -> Document:
    return {"what": what, "value": value, "at": None if at is None else rfc3339(at.utc_us)}
