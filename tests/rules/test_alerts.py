"""Detectors' reports and 911 calls under the rules: they wait, they are bounded, and only a person's word does anything."""

from dataclasses import replace
from typing import Any

import pytest

from rules import alerts
from rules.alert_fold import KEPT_ANSWERED, REMEMBERED_MOST, fold_alert
from rules.alert_state import Alerts
from rules.decision import Decision, RequestAnswer
from rules.model.alerts import (
    CallHeard,
    CallSeen,
    CallSeenAsked,
    DetectionAnswerAsked,
    DetectionAnswered,
    DetectionHeard,
    DetectionLooked,
    DetectionPictured,
    DetectionRecorded,
    DetectionShown,
    DetectionViewed,
    ReportRefused,
    SourceReported,
)
from rules.model.facts import Entry, StartRecorded
from rules.model.ids import AlertId, CameraId, DetectorId, PhoneSystemId, RequestId
from rules.model.moments import MINUTE_US, SECOND_US
from rules.model.responses import Ask
from rules.plan import DetectorPlan, PhoneSystemPlan, Plan
from rules.shortcoming import zones_of
from rules.step import RULE
from tests.rules.campus import A1, CAMPUS, PERSON, STARTED
from tests.rules.story import ROOM_1, Story, standard, without

GUN, PBX = DetectorId("gun"), PhoneSystemId("pbx")
DETECTOR = DetectorPlan(
    GUN, "Front", "weapon", A1, (CameraId("cam"),), Ask("lockdown", CAMPUS), 60 * SECOND_US, 120 * SECOND_US
)
PHONES = PhoneSystemPlan(PBX, "Telephones", CAMPUS, {"2101": (A1, "Room 101")}, None, 60 * SECOND_US)
DEVICE = RULE


def plan(**changed: Any) -> Plan:
    return replace(standard(), detectors={GUN: replace(DETECTOR, **changed)}, phone_systems={PBX: PHONES})


class Watched(Story):
    """A school with a detector and a telephone system."""

    def __init__(self, watched: Plan | None = None) -> None:
        super().__init__(plan() if watched is None else watched)
        self.wait(6_000)

    def request(self) -> RequestId:
        self._request += 1
        return RequestId(self._request)

    def report(
        self, alert: str, source: DetectorId = GUN, *, ago_us: int | None = 0, **more: Any
    ) -> Decision:
        said = {"camera": None, "confidence": None, "place": "", "said": "", "retained": False, "test": False}
        when = None if ago_us is None else self.now.utc_us - ago_us
        return self.do(
            DetectionHeard(
                at=self.now, request=self.request(), actor=DEVICE, detector=source, alert=AlertId(alert),
                detected="weapon", device_at_us=when, **{**said, **more},
            )
        )  # fmt: skip

    def call(
        self,
        call: str,
        system: PhoneSystemId = PBX,
        *,
        extension: str = "",
        place: str = "",
        test: bool = False,
    ) -> Decision:
        return self.do(
            CallHeard(
                self.now,
                self.request(),
                DEVICE,
                system,
                AlertId(call),
                extension,
                "R. Diaz",
                place,
                "",
                None,
                False,
                test,
            )
        )

    def answered(self, number: int, *, confirm: bool, reason: str = "") -> Decision:
        return self.do(DetectionAnswerAsked(self.now, self.request(), PERSON, number, confirm, reason))

    def flagged(self) -> set[tuple[str, str]]:
        self.ticked(2)
        return set(self.state.record.flags)

    def ticked(self, times: int = 1) -> None:
        for _ in range(times):
            self.wait(1_100)
            self.tick()


def reply(decision: Decision) -> RequestAnswer:
    (answer,) = decision.answers
    assert isinstance(answer, RequestAnswer)
    return answer


def standing(decision: Decision) -> tuple[object, object]:
    args = dict(reply(decision).args)
    return args["standing"], args["number"]


def test_a_report_waits_for_a_person_and_orders_nothing() -> None:
    here = Watched()

    made = here.report("a", place="Door 7", said="rifle", confidence=90)

    assert standing(made) == ("waiting", 1)
    assert made.permits == ()
    assert made.notices == ()
    (one,) = here.state.record.alerts.detections.values()
    assert (one.detector, one.zone, one.in_zone, one.place, one.doubt) == (GUN, A1, CAMPUS, "Door 7", "")
    assert here.state.record.incidents == {}


def test_what_is_confirmed_is_started_by_the_person_who_says_so() -> None:
    here = Watched()
    here.report("a")

    made = here.answered(1, confirm=True, reason="seen")

    assert reply(made).done
    assert made.permits
    (incident,) = here.state.record.incidents.values()
    assert reply(made).incident == incident.id
    assert (incident.response, incident.zone, incident.kind) == ("lockdown", CAMPUS, "real")
    started = next(one for one in made.entries if isinstance(one.fact, StartRecorded))
    assert (started.actor, started.incident) == (PERSON, incident.id)
    assert started.because is not None
    assert started.because.code == "detection"
    assert here.state.record.orders[ROOM_1].word == "lock"
    (over,) = here.state.record.alerts.answered
    assert (over.confirmed, over.by, over.incident) == (True, PERSON, incident.id)
    # What comes while it is live stands in its timeline, and waits all the same.
    assert [one.incident for one in here.report("b").entries] == [incident.id]


def test_what_is_dismissed_needs_a_reason_and_does_nothing() -> None:
    here = Watched()
    here.report("a")

    assert reply(here.answered(1, confirm=False, reason=" ")).code == "no_reason"
    made = here.answered(1, confirm=False, reason="crisps")

    assert reply(made).done
    assert made.permits == ()
    assert here.state.record.incidents == {}
    assert here.state.record.alerts.detections == {}
    assert reply(here.answered(1, confirm=True)).code == "detection_answered"
    assert reply(here.answered(2, confirm=True)).code == "unknown_detection"


def test_in_a_zone_that_a_reload_took_away_it_holds_everywhere() -> None:
    here = Watched(plan(ask=Ask("lockdown", A1)))
    here.report("a")
    here.plan = replace(without(here.plan, A1), doors={}, detectors={})

    here.answered(1, confirm=True)

    (incident,) = here.state.record.incidents.values()
    assert incident.zone == CAMPUS


@pytest.mark.parametrize(
    ("ago_s", "retained", "doubt"),
    [(0, False, ""), (89, False, ""), (91, False, "old"), (-4, False, ""), (-6, False, "ahead"),
     (None, False, "no_time"), (0, True, "retained")],
)  # fmt: skip
def test_what_is_to_be_said_of_a_reports_own_time_is_said(
    ago_s: int | None, retained: bool, doubt: str
) -> None:
    here = Watched()
    here.report("a", ago_us=None if ago_s is None else ago_s * SECOND_US, retained=retained)

    (one,) = here.state.record.alerts.detections.values()
    assert one.doubt == doubt


def test_the_same_is_repeated_alike_is_joined_and_a_test_waits_for_nobody() -> None:
    here = Watched()

    assert standing(here.report("a")) == ("waiting", 1)
    assert standing(here.report("a")) == ("repeated", 0)
    assert standing(here.report("b")) == ("joined", 1)
    assert standing(here.report("c", camera=CameraId("cam"))) == ("waiting", 2)
    assert standing(here.report("d", test=True)) == ("test", 0)
    assert here.state.record.alerts.detections[1].count == 2
    assert [one.number for one in here.state.record.alerts.detections.values()] == [1, 2]


def test_of_one_detector_so_many_wait_and_what_comes_beyond_is_counted_with_the_newest() -> None:
    here = Watched()
    for number in range(alerts.MOST_WAITING):
        assert standing(here.report(f"a{number}", camera=CameraId(f"cam-{number}")))[0] == "waiting"

    assert standing(here.report("more", camera=CameraId("cam-more"))) == ("joined", alerts.MOST_WAITING)
    assert len(here.state.record.alerts.detections) == alerts.MOST_WAITING


def test_a_flood_is_counted_and_not_written_one_by_one_and_what_is_new_always_is() -> None:
    here = Watched()
    written = sum(len(here.report(f"a{number}").entries) for number in range(50))

    assert written == alerts.WRITTEN_EACH_MINUTE
    assert here.state.live.sources[GUN].unwritten == 50 - written
    assert here.report("new", camera=CameraId("cam")).entries
    assert ("reports_flood", GUN) in here.flagged()
    here.wait(60_000)
    assert here.report("later").entries
    here.wait(3_700_000)
    assert ("reports_flood", GUN) not in here.flagged()


def test_nobody_answers_and_it_is_named_once_and_decides_nothing() -> None:
    here = Watched()
    here.report("a")
    here.ticked()
    assert [one.escalated for one in here.state.record.alerts.detections.values()] == [False]

    here.wait(60_000)
    assert ("detection_unanswered", GUN) in here.flagged()

    assert here.state.record.alerts.detections[1].escalated
    assert here.state.record.incidents == {}
    assert sum(one.fact.KIND == "detection.escalated/1" for _at, one in here.entries) == 1
    here.answered(1, confirm=False, reason="crisps")
    assert ("detection_unanswered", GUN) not in here.flagged()


def test_a_clock_that_was_set_back_makes_nobody_wait_longer() -> None:
    here = Watched()
    here.report("a")
    here.now = replace(here.now, utc_us=here.now.utc_us - 3_600 * SECOND_US)
    here.ticked()
    assert here.state.record.alerts.detections[1].escalated


def test_a_detector_that_is_gone_from_the_configuration_leaves_its_report_waiting_and_named() -> None:
    here = Watched()
    here.report("a")
    here.call("c")
    here.plan = replace(here.plan, detectors={}, phone_systems={})

    assert {("detection_unanswered", GUN), ("emergency_call_unseen", PBX)} <= here.flagged()
    assert reply(here.report("b")).code == "unknown_detector"
    assert reply(here.call("d")).code == "unknown_phone_system"


def test_a_silent_source_is_a_flag_and_one_that_is_heard_again_is_not() -> None:
    here = Watched()
    here.do(SourceReported(here.now, GUN))
    here.do(SourceReported(here.now, PBX))
    here.do(SourceReported(here.now, "nobody"))
    assert ("detector_silent", GUN) not in here.flagged()
    assert set(here.state.live.sources) == {GUN, PBX}

    here.wait(125_000)
    assert ("detector_silent", GUN) in here.flagged()
    # After a restart nobody knows yet: it stays named until it is heard.
    here.state = replace(here.state, live=replace(here.state.live, sources={}, started=here.now))
    here.wait(10_000)
    assert ("detector_silent", GUN) in here.flagged()
    here.report("a")
    assert ("detector_silent", GUN) not in here.flagged()
    assert zones_of(here.plan, GUN) == (A1,)
    assert zones_of(here.plan, PBX) == (CAMPUS,)


def test_what_cannot_be_trusted_is_no_sign_of_life_and_a_flood_of_it_is_bounded() -> None:
    here = Watched()
    made = [here.do(ReportRefused(here.now, GUN, "signature", b"{}")) for _ in range(30)]

    assert sum(len(one.entries) for one in made) == alerts.WRITTEN_EACH_MINUTE
    assert here.state.live.sources[GUN].heard is None
    assert ("message_refused", GUN) in here.flagged()


def test_pictures_are_kept_with_what_waits_each_once_and_only_so_many() -> None:
    here = Watched()
    here.report("a")

    def show(number: int, sha256: str) -> RequestAnswer:
        return reply(here.do(DetectionPictured(here.now, here.request(), DEVICE, number, sha256)))

    assert show(1, "x").done
    assert show(1, "x").done
    for number in range(1, alerts.MOST_PHOTOS):
        assert show(1, f"x{number}").done
    assert show(1, "y").code == "too_many_photos"
    assert show(2, "y").code == "unknown_detection"
    assert len(here.state.record.alerts.detections[1].photos) == alerts.MOST_PHOTOS


def test_a_911_call_is_told_with_its_place_and_orders_nothing() -> None:
    here = Watched()

    made = here.call("a", extension="2101")

    assert standing(made) == ("waiting", 1)
    assert made.permits == ()
    assert here.state.record.incidents == {}
    (call,) = here.state.record.alerts.calls.values()
    assert (call.zone, call.place, call.caller) == (A1, "Room 101", "R. Diaz")
    assert standing(here.call("a")) == ("repeated", 0)
    assert standing(here.call("b", extension="9", place="Gym")) == ("waiting", 2)
    assert here.state.record.alerts.calls[2].zone == CAMPUS
    here.wait(61_000)
    assert ("emergency_call_unseen", PBX) in here.flagged()

    for number in (1, 2):
        assert reply(here.do(CallSeenAsked(here.now, here.request(), PERSON, number))).done
    assert reply(here.do(CallSeenAsked(here.now, here.request(), PERSON, 1))).code == "unknown_call"
    assert ("emergency_call_unseen", PBX) not in here.flagged()
    assert [one.by for one in here.state.record.alerts.seen] == [PERSON, PERSON]


def test_a_test_call_is_told_as_one_and_is_no_shortcoming() -> None:
    here = Watched()
    assert standing(here.call("a", test=True)) == ("test", 1)
    here.wait(61_000)
    assert ("emergency_call_unseen", PBX) not in here.flagged()
    assert here.state.record.alerts.calls[1].test


def test_fifty_calls_stand_each_by_itself() -> None:
    here = Watched()
    for number in range(alerts.MOST_CALLS):
        here.call(f"a{number}")
    assert standing(here.call("more")) == ("joined", alerts.MOST_CALLS)
    assert len(here.state.record.alerts.calls) == alerts.MOST_CALLS


def test_what_is_remembered_is_bounded() -> None:
    here, made = Watched(), Alerts()
    here.report("a")
    fact = next(one.fact for _at, one in here.entries if isinstance(one.fact, DetectionRecorded))
    at = STARTED
    for number in range(REMEMBERED_MOST + 50):
        one = replace(fact, number=number + 1, alert=AlertId(f"a{number}"))
        made = fold_alert(made, at, Entry(one, GUN, RULE), one)
        over = DetectionAnswered(number + 1, GUN, False, "")
        made = fold_alert(made, at, Entry(over, GUN, PERSON), over)
    assert len(made.ids[GUN]) == REMEMBERED_MOST
    assert len(made.answered) == KEPT_ANSWERED
    assert made.detections == {}
    late = at.plus(25 * 60 * MINUTE_US)
    again = fold_alert(made, late, Entry(fact, GUN, RULE), fact)
    assert len(again.ids[GUN]) == 1


def test_what_says_something_of_one_that_was_answered_changes_nothing() -> None:
    made = Alerts()
    for fact in (DetectionShown(1, ("x",)), DetectionAnswered(1, GUN, True, ""), CallSeen(1, PBX)):
        assert fold_alert(made, STARTED, Entry(fact, "x", RULE), fact) == made


def test_a_restart_remembers_what_waits() -> None:
    here = Watched()
    here.report("a")
    here.call("c")
    assert here.refolded().alerts == here.state.record.alerts


def test_who_looked_at_a_picture_stands_in_the_record_and_changes_nothing() -> None:
    here = Watched()
    here.report("a")
    number = next(iter(here.state.record.alerts.detections))
    before = here.state.record.alerts
    looked = here.do(DetectionLooked(here.now, PERSON, number))
    assert [(one.fact, one.actor, one.subject) for one in looked.entries] == [
        (DetectionViewed(number, GUN), PERSON, GUN)
    ]
    assert here.state.record.alerts == before
    assert not here.do(DetectionLooked(here.now, PERSON, number + 1)).entries


def test_a_look_after_the_answer_stands_in_the_incident_that_came_of_it() -> None:
    here = Watched()
    here.report("a")
    number = next(iter(here.state.record.alerts.detections))
    here.do(DetectionAnswerAsked(here.now, here.request(), PERSON, number, True, ""))
    (entry,) = here.do(DetectionLooked(here.now, PERSON, number)).entries
    assert entry.incident == here.incidents[0].id
