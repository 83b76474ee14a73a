"""What to do about one event: the index of all rules. The same three arguments always give the same answer."""

from typing import assert_never

from rules import (
    alerts,
    camera_selves,
    cameras,
    contacts,
    device_selves,
    district,
    doors,
    drills,
    exercising,
    fire,
    notices,
    outputs,
    own_network,
    post,
    presses,
    readiness,
    requests,
    responses,
    school,
    screens,
    second_channel,
    selftest,
    shortcoming,
    statements,
    supervision,
    tabletop,
    would_lock,
)
from rules.decision import Decision, PressAnswer
from rules.model.alerts import (
    CallHeard,
    CallSeenAsked,
    DetectionAnswerAsked,
    DetectionHeard,
    DetectionLooked,
    DetectionPictured,
    ReportRefused,
    SourceReported,
)
from rules.model.book_events import BookDecided
from rules.model.camera_events import (
    CameraClockTold,
    CameraLooked,
    CameraSaid,
    CamerasTurned,
    CameraTold,
    CameraVisited,
    EvidenceGone,
    EvidenceTold,
    LearnAsked,
)
from rules.model.device_facts import ControllerIdentified
from rules.model.district_facts import DirectiveEnded
from rules.model.drill_asks import DrillAsked
from rules.model.events import (
    AnswerAsked,
    ClockTold,
    CloseAsked,
    CommandEnded,
    ConditionChanged,
    ControllerChanged,
    DryRunAsked,
    Event,
    ExportMade,
    LockAsked,
    MeasureAsked,
    MeasureEndAsked,
    MessageRefused,
    NetworkTold,
    NoteAsked,
    PressAsked,
    PressHeard,
    ProbeEnded,
    ReleaseAsked,
    Scanned,
    SelfTestAsked,
    SessionChanged,
    StartAsked,
    StatusHeard,
    Ticked,
    WalkTestAsked,
)
from rules.model.notices import NoticeEnded
from rules.model.post_asks import RespondingAsked, RoleAsked, RoomAsked, TaskAddAsked, TaskAsked
from rules.model.school import SchoolTold
from rules.model.screens import ScreenAnswerAsked, ScreenDrew
from rules.model.statements import StatementAsked
from rules.model.tabletop_asks import TabletopAsked
from rules.plan import Plan
from rules.state import State
from rules.step import LetOut, Step


def decide(plan: Plan, state: State, event: Event, let_out: LetOut | None = None) -> Decision:
    """Say what comes of `event`. `state` is what was believed just before it.

    let_out: told of the decision's permits as soon as the interlock passed them, so that two hundred
    doors' frames leave before two hundred doors' ledgers are brought up to date. Nothing it does comes back here.
    """
    step = Step(plan, state, event.at, let_out)
    match event:
        case PressHeard():
            presses.heard(step, event)
        case StatusHeard():
            supervision.status_heard(step, event)
        case MessageRefused():
            supervision.message_refused(step, event)
            if event.delivery is not None:
                step.answer(PressAnswer(None, None, None, "real", event.delivery, topic_answer=False))
        case SessionChanged():
            supervision.session_changed(step, event)
        case Scanned():
            _scanned(step, event)
        case ControllerChanged():
            before = step.live.controllers.get(event.controller)
            supervision.controller_changed(step, event)
            doors.controller_changed(step, event, before)
        case CommandEnded():
            doors.command_ended(step, event)
            selftest.command_ended(step, event)
        case NoticeEnded():
            notices.ended(step, event)
        case ScreenDrew():
            screens.drew(step, event)
        case ScreenAnswerAsked():
            screens.answer(step, event)
        case PressAsked():
            requests.press(step, event)
        case StartAsked():
            requests.start(step, event)
        case NoteAsked():
            requests.note(step, event)
        case LockAsked():
            requests.lock(step, event)
        case ReleaseAsked():
            requests.release(step, event)
        case AnswerAsked():
            requests.answer(step, event)
        case CloseAsked():
            requests.close(step, event)
        case WalkTestAsked():
            requests.walk_test(step, event)
        case DrillAsked():
            drills.asked(step, event)
        case TabletopAsked():
            tabletop.asked(step, event)
        case SelfTestAsked():
            selftest.asked(step, event)
        case MeasureAsked():
            shortcoming.measure(step, event)
        case MeasureEndAsked():
            shortcoming.end_measure(step, event)
        case DryRunAsked():
            would_lock.asked(step, event)
        case ClockTold():
            selftest.clock_told(step, event)
            exercising.begin(step)
            would_lock.clock_told(step)
        case SchoolTold():
            school.told(step, event)
        case NetworkTold():
            own_network.told(step, event)
        case ProbeEnded():
            selftest.probe_ended(step, event)
        case TaskAsked():
            post.task(step, event)
        case TaskAddAsked():
            post.add_task(step, event)
        case RoleAsked():
            post.role(step, event)
        case RespondingAsked():
            post.responding(step, event)
        case RoomAsked():
            post.room(step, event)
        case StatementAsked():
            statements.answer(step, event)
        case Ticked():
            _ticked(step)
        case ExportMade():
            requests.exported(step, event)
        case ConditionChanged():
            supervision.condition_changed(step, event)
        case CameraTold():
            cameras.told(step, event)
        case CamerasTurned():
            cameras.turned(step, event)
        case EvidenceTold():
            cameras.evidence(step, event)
        case EvidenceGone():
            cameras.gone(step, event)
        case CameraLooked():
            cameras.looked(step, event)
        case LearnAsked():
            cameras.learn(step, event)
        case CameraVisited():
            camera_selves.visited(step, event)
        case ControllerIdentified():
            device_selves.identified(step, event)
        case CameraSaid():
            camera_selves.said(step, event)
        case CameraClockTold():
            camera_selves.clock_told(step, event)
        case DetectionHeard():
            alerts.detected(step, event)
        case DetectionPictured():
            alerts.pictured(step, event)
        case DetectionAnswerAsked():
            alerts.answer(step, event)
        case CallHeard():
            alerts.called(step, event)
        case CallSeenAsked():
            alerts.seen(step, event)
        case DetectionLooked():
            alerts.looked(step, event)
        case SourceReported():
            alerts.reported(step, event)
        case ReportRefused():
            alerts.refused(step, event)
        case DirectiveEnded():
            district.ended(step, event)
        case BookDecided():
            for entry in event.entries:
                step.write(entry.fact, entry.subject, actor=entry.actor, because=entry.because)
        case _:
            assert_never(event)
    return step.decision()


def _scanned(step: Step, event: Scanned) -> None:
    observed = contacts.observe(step, event)
    # The fire rule first: what it frees must not be locked again by a press of the same scan.
    if observed.turned:
        fire.sweep(step)
    for pressed in observed.presses:
        presses.wired(step, pressed)
    doors.observe(step, event, moved=observed.moved)
    selftest.scanned(step, event)


def _ticked(step: Step) -> None:
    requests.end_walk_tests(step)
    drills.sweep(step)
    tabletop.sweep(step)
    fire.sweep(step)
    responses.sweep(step)
    post.sweep(step)
    doors.sweep(step)
    outputs.sweep(step)
    notices.sweep(step)
    second_channel.sweep(step)
    statements.sweep(step)
    selftest.sweep(step)
    exercising.sweep(step)
    cameras.sweep(step)
    alerts.sweep(step)
    supervision.sweep(step)
    would_lock.sweep(step)
    readiness.sweep(step)
