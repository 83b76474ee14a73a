"""Folds facts into the record: the same function after an event and at a restart, so that replay never decides again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from rules.alert_fold import fold_alert
from rules.altered import altered
from rules.drill_fold import fold_drills
from rules.flag_state import DryRunMemory, Measure, Stated
from rules.model.alerts import AlertFact
from rules.model.camera_facts import (
    CameraAudioTurned,
    CameraIdentified,
    CameraPictureTurned,
    CamerasAsked,
    CamerasFoundBlind,
    CameraTurned,
)
from rules.model.device_facts import DeviceIdentified
from rules.model.district_facts import DirectiveAnswered
from rules.model.facts import (
    DoorsOrdered,
    Entry,
    FlagCleared,
    FlagRaised,
    IncidentClosed,
    IncidentOpened,
    IncidentRaised,
    NoteWritten,
    OutputsOrdered,
    PressAnswered,
    PressRecorded,
    PressUnanswered,
    Standing,
    VerdictReached,
    WalkTestEnded,
    WalkTestStarted,
    ZoneResponded,
)
from rules.model.flag_facts import DryRunTold, FlagCompensated, FlagUncompensated, ReadinessStated
from rules.model.ids import CameraId, DoorId, OutputId, ZoneId
from rules.model.moments import MINUTE_US, Instant
from rules.model.notices import NoticesOrdered, NoticeTurned, SecondChannelTried
from rules.model.post_facts import (
    ResponderMarked,
    RoleHandedOver,
    RoomReported,
    TaskOverdue,
    TasksOpened,
    TaskTurned,
)
from rules.model.response_facts import ExercisePlayed, IncidentJoined, ResponseChanged
from rules.model.responses import Response
from rules.model.screens import RoomHeard
from rules.model.selftest import LinkName
from rules.model.selftest_facts import (
    DoorExercised,
    SelfTestEnded,
    SelfTestScheduled,
    SelfTestStarted,
)
from rules.model.statements import StatementAnswered, StatementsPrepared
from rules.model.verdicts import SECURED
from rules.notice_fold import heard_of, noticed, second, turned, without_notices
from rules.post_fold import folded, without
from rules.selftest_state import (
    ExerciseMemory,
    SelfTests,
    TestResult,
)
from rules.state import (
    Asset,
    ButtonMemory,
    CameraMemory,
    DeviceMemory,
    DoorOrder,
    Flag,
    Incident,
    PressMemory,
    Record,
    Unanswered,
    WalkTest,
    ZoneState,
)
from rules.statement_fold import fold_statements

REMEMBERED_US: Final = 24 * 60 * MINUTE_US
"""Contract section 4: a press is compared with the same button's of the last 24 h and of the live incident."""
REMEMBERED_MOST: Final = 4_096
"""Presses kept of one button; a stuck button that presses every 20 s for a day stays below it."""

CAME_THROUGH: Final[frozenset[Standing]] = frozenset({"acted", "joined", "test", "too_old", "unknown_age"})
"""Standings of a press that came from its button by the way that presses take."""

K = TypeVar("K")
V = TypeVar("V")


def fold(record: Record, at: Instant, entry: Entry) -> Record:
    """The record after `entry`, which was written at `at`. Facts that change no record fold to the same record."""
    folded = _fold(record, at, entry)
    drills = fold_drills(record.drills, at, entry)
    return folded if drills is record.drills else altered(folded, drills=drills)


def _fold(record: Record, at: Instant, entry: Entry) -> Record:
    fact = entry.fact
    match fact:
        case PressRecorded():
            return _remember(record, at, entry, fact)
        case PressUnanswered():
            waiting = Unanswered(fact.number, fact.button, fact.press, fact.response, fact.zone, fact.why, at)
            return altered(
                record,
                unanswered=_with(record.unanswered, fact.number, waiting),
                last_unanswered=max(record.last_unanswered, fact.number),
            )
        case DirectiveAnswered():
            return altered(record, directive=max(record.directive, fact.number))
        case PressAnswered():
            return altered(record, unanswered=_without(record.unanswered, fact.number))
        case IncidentOpened():
            opened = Incident(fact.id, fact.kind, fact.response, fact.zone, fact.silent, at)
            opened = _play(opened, fact.zone, fact.response)
            return altered(record, incidents=_with(record.incidents, fact.id, opened))
        case IncidentRaised() if fact.id in record.incidents:
            raised = replace(record.incidents[fact.id], response=fact.response, zone=fact.zone)
            raised = _play(raised, fact.zone, fact.response)
            return altered(record, incidents=_with(record.incidents, fact.id, raised))
        case ResponseChanged() if fact.id in record.incidents:
            changed = replace(record.incidents[fact.id], response=fact.stands, zone=fact.stands_in)
            return altered(record, incidents=_with(record.incidents, fact.id, changed))
        case ExercisePlayed() | IncidentJoined() if fact.id in record.incidents:
            played = _play(record.incidents[fact.id], fact.zone, fact.response)
            return altered(record, incidents=_with(record.incidents, fact.id, played))
        case IncidentClosed():
            over = altered(
                without_notices(without(record, fact.id), fact.id),
                incidents=_without(record.incidents, fact.id),
            )
            if fact.id not in record.keeping:
                return over
            return altered(
                over,
                keeping=_without(record.keeping, fact.id),
                blind=_without(record.blind, fact.id),
                blind_found=_without(record.blind_found, fact.id),
            )
        case CamerasAsked() if entry.incident is not None and entry.incident in record.incidents:
            kept = record.keeping.get(entry.incident, frozenset()) | set(fact.cameras)
            # One that grows asks again: where nobody could see at its press stays what it was.
            blind = record.blind.get(entry.incident, fact.blind)
            return altered(
                record,
                keeping=_with(record.keeping, entry.incident, kept),
                blind=_with(record.blind, entry.incident, blind),
            )
        case CamerasFoundBlind() if entry.incident is not None and entry.incident in record.incidents:
            found = tuple((camera, code, fact.since_us) for camera, code in fact.blind)
            found = (*record.blind_found.get(entry.incident, ()), *found)
            return altered(record, blind_found=_with(record.blind_found, entry.incident, found))
        case CameraTurned():
            return _of_camera(record, fact.camera, down=not fact.up)
        case CameraPictureTurned():
            return _of_camera(record, fact.camera, picture=fact.picture)
        case CameraAudioTurned():
            return _of_camera(record, fact.camera, sound=fact.date if fact.on else "")
        case CameraIdentified():
            asset = Asset(fact.manufacturer, fact.model, fact.firmware, fact.hardware, at)
            return altered(record, assets=_with(record.assets, fact.camera, asset))
        case DeviceIdentified():
            said = DeviceMemory(fact.code, fact.vendor, fact.model, fact.firmware, at)
            return altered(record, devices=_with(record.devices, fact.controller, said))
        case ZoneResponded():
            return _respond(record, at, fact)
        case DoorsOrdered():
            order = DoorOrder(fact.order, at, entry.incident)
            named = (*fact.doors, *(door for door, _ in fact.held))
            return altered(record, orders={**record.orders, **dict.fromkeys(named, order)})
        case OutputsOrdered():
            named_outputs = {OutputId(one) for one in fact.outputs}
            on = record.outputs_on | named_outputs if fact.on else record.outputs_on - named_outputs
            return altered(record, outputs_on=on)
        case NoticesOrdered() if entry.incident is not None:
            return noticed(record, at, entry.incident, fact)
        case NoticeTurned():
            return turned(record, at, fact)
        case SecondChannelTried() if entry.incident is not None:
            return second(record, at, entry.incident, fact)
        case RoomHeard() if entry.incident is not None:
            return heard_of(record, at, entry.incident, fact)
        case WalkTestStarted():
            test = WalkTest(Instant(fact.until_utc_us, fact.until_mono_us), fact.boot)
            return altered(record, walk_tests={**record.walk_tests, **dict.fromkeys(fact.buttons, test)})
        case WalkTestEnded():
            gone = set(fact.buttons)
            left = {button: test for button, test in record.walk_tests.items() if button not in gone}
            return altered(record, walk_tests=left)
        case FlagRaised():
            key = (fact.code, fact.subject)
            # One that is raised again for another reason stands since it first was: its age is what it is judged by.
            since = record.flags[key].since if key in record.flags else at
            return altered(record, flags=_with(record.flags, key, Flag(*key, fact.args, since)))
        case FlagCleared():
            return altered(record, flags=_without(record.flags, (fact.code, fact.subject)))
        case FlagCompensated():
            key = (fact.code, fact.subject)
            measure = Measure(*key, fact.until_us, fact.text, entry.actor, at)
            return altered(record, measures=_with(record.measures, key, measure))
        case FlagUncompensated():
            return altered(record, measures=_without(record.measures, (fact.code, fact.subject)))
        case ReadinessStated():
            return altered(record, readiness=Stated(at, fact.score, fact.lost, fact.zones))
        case DryRunTold():
            return altered(record, dry_run=_dry_run(record.dry_run, at, fact))
        case VerdictReached() if fact.verdict in SECURED:
            # A verdict says so only of sensors read after the command.
            return altered(record, secured=_with(record.secured, fact.door, at))
        case SelfTestScheduled():
            tests = record.self_tests
            return altered(record, self_tests=replace(tests, since=fact.day, day=fact.day, done=fact.day))
        case SelfTestStarted():
            day = record.self_tests.day if fact.day is None else fact.day
            return altered(record, self_tests=replace(record.self_tests, number=fact.number, day=day))
        case SelfTestEnded():
            tested = altered(record, self_tests=_tested(record.self_tests, at, fact))
            return _none_later(tested, at) if fact.complete else tested
        case DoorExercised():
            return _exercised(record, at, fact)
        case (
            TasksOpened()
            | TaskTurned()
            | TaskOverdue()
            | RoleHandedOver()
            | ResponderMarked()
            | RoomReported()
            | NoteWritten()
        ):
            return folded(record, at, entry, fact)
        case StatementsPrepared() | StatementAnswered():
            return altered(record, statements=fold_statements(record.statements, at, entry, fact))
        case _ if isinstance(fact, AlertFact):
            return altered(record, alerts=fold_alert(record.alerts, at, entry, fact))
        case _:
            return record


def _tested(tests: SelfTests, at: Instant, fact: SelfTestEnded) -> SelfTests:
    if not fact.complete:
        # It is due again, once what broke it off is over.
        return tests if fact.day is None else replace(tests, day=fact.day - 1)
    proven = tuple(LinkName(one) for one in fact.proven)
    others = {LinkName(one): (outcome, code) for one, outcome, code in fact.others}
    # Only links of this test: what a configuration took away is not remembered for ever.
    before = {one: tests.proven[one] for one in others if one in tests.proven}
    return replace(
        tests,
        done=tests.done if fact.day is None else fact.day,
        last=TestResult(fact.number, at, fact.cause, proven, others),
        proven={**before, **dict.fromkeys(proven, at)},
    )


def _dry_run(before: DryRunMemory, at: Instant, fact: DryRunTold) -> DryRunMemory:
    doors: dict[DoorId, tuple[str, ...]] = {}
    for door, code in fact.doors:
        doors[door] = (*doors.get(door, ()), code)
    day = before.day if fact.day is None else fact.day
    return DryRunMemory(fact.number, day, at, fact.cause, fact.asked, doors)


def _none_later(record: Record, at: Instant) -> Record:
    """What was proven before this moment, by a clock that was ahead, was proven at this moment at the latest.

    Else what is found not to work now would count as proven since, until the calendar has caught up.
    """
    buttons = {
        one: replace(its, proven=_at_the_latest(its.proven, at)) for one, its in record.buttons.items()
    }
    return altered(record, secured=_at_the_latest(record.secured, at), buttons=buttons)


def _at_the_latest(times: Mapping[K, Instant], at: Instant) -> Mapping[K, Instant]:
    return {one: its if its.utc_us <= at.utc_us else at for one, its in times.items()}


def _exercised(record: Record, at: Instant, fact: DoorExercised) -> Record:
    tests, record = record.self_tests, _none_later(record, at)
    before = tests.exercises.get(fact.door)
    # That it is not back is a flag for as long as it stands; what its night said of the lock comes with the end.
    says_nothing = fact.outcome == "untestable" or fact.step == "not_back"
    told = (None if before is None else before.told) if says_nothing else fact.window
    memory = ExerciseMemory(fact.window, at, fact.step, fact.outcome, fact.code, told)
    record = altered(record, self_tests=replace(tests, exercises=_with(tests.exercises, fact.door, memory)))
    if fact.outcome != "proven":
        return record
    return altered(record, secured=_with(record.secured, fact.door, at))


def _remember(record: Record, at: Instant, entry: Entry, fact: PressRecorded) -> Record:
    known = record.buttons.get(fact.button, ButtonMemory())
    one = PressMemory(fact.press, fact.gesture, at, entry.incident, fact.standing, fact.kind)
    presses = known.presses
    # The oldest stands first: while it is not to be forgotten, nothing is. A stuck button has thousands.
    if presses and at.utc_us - presses[0].at.utc_us > REMEMBERED_US:
        presses = tuple(
            press
            for press in presses
            if at.utc_us - press.at.utc_us <= REMEMBERED_US or press.incident in record.incidents
        )
    kept = presses[-(REMEMBERED_MOST - 1) :]
    if fact.standing == "repeated":
        # Among them already. It is remembered from now on: a device that repeats its last press for days stays a repeat.
        presses = tuple(replace(press, at=at) if press.press == fact.press else press for press in kept)
    else:
        presses = (*kept, one)
    # A retained copy may come before its live original, whose counter is then still to be heard.
    counter = known.counter if fact.counter is None or fact.standing == "retained" else fact.counter
    proven = known.proven
    if fact.standing in CAME_THROUGH and fact.path != "cli":
        proven = {**proven, fact.response: at}
    memory = ButtonMemory(presses, counter, proven)
    record = altered(record, buttons=_with(record.buttons, fact.button, memory))
    # A person's test by name is no press of the button: the tester's own comes after it.
    if (
        fact.standing == "test"
        and fact.path != "cli"
        and (test := record.walk_tests.get(fact.button)) is not None
    ):
        tests = _with(record.walk_tests, fact.button, replace(test, last_press=one))
        record = altered(record, walk_tests=tests)
    return record


def _of_camera(record: Record, camera: CameraId, **now: Any) -> Record:
    memory = replace(record.cameras.get(camera, CameraMemory()), **now)
    known = (
        _without(record.cameras, camera)
        if memory == CameraMemory()
        else _with(record.cameras, camera, memory)
    )
    return altered(record, cameras=known)


def _respond(record: Record, at: Instant, fact: ZoneResponded) -> Record:
    zones = _without(record.zones, fact.zone)
    if fact.response is not None and fact.kind is not None and fact.incident is not None:
        zones = _with(zones, fact.zone, ZoneState(fact.response, fact.kind, fact.incident, at))
    return altered(record, number=fact.number, zones=zones)


def _play(live: Incident, zone: ZoneId, response: Response) -> Incident:
    """What is there from now on of an exercise or a silent incident; of any other the zones' own states say where it holds."""
    if live.kind != "exercise" and not live.silent:
        return live
    return replace(live, played=tuple({**dict(live.played), zone: response}.items()))


def _with(old: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    return {**old, key: value}


def _without(old: Mapping[K, V], key: K) -> Mapping[K, V]:
    return {other: value for other, value in old.items() if other != key}
