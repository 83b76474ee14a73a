"""A campus under `decide`: events of buttons, persons and boards in a row; each decision is checked to fold to its record."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from rules.decide import decide
from rules.decision import Decision, PressAnswer, RequestAnswer
from rules.model.commands import Permit
from rules.model.events import (
    AnswerAsked,
    CloseAsked,
    CommandEnded,
    ControllerChanged,
    Ending,
    Event,
    LockAsked,
    NoteAsked,
    PressAsked,
    PressHeard,
    ReleaseAsked,
    Scanned,
    SessionChanged,
    StartAsked,
    StatusHeard,
    Ticked,
    WalkTestAsked,
)
from rules.model.facts import Entry, FlagCleared, FlagRaised, PressRecorded
from rules.model.ids import (
    ButtonId,
    ControllerId,
    DeliveryId,
    DoorId,
    IncidentId,
    PressId,
    RequestId,
    Space,
    ZoneId,
)
from rules.model.kinds import REAL, Drill, Exercise, Kind, Real
from rules.model.moments import SECOND_US, Instant
from rules.model.responses import Ask, Response
from rules.plan import ButtonPlan, Escalation, Plan
from rules.record import fold
from rules.state import Incident, Record
from tests.rules.campus import (
    A1,
    CAMPUS,
    PERSON,
    PLC,
    A,
    World,
    button,
    campus,
    contact,
    door,
    facts,
    output,
)

LIMIT_US: Final = 180 * SECOND_US
DESK, GYM, HALL, HIDDEN, WIRED = (
    ButtonId(one) for one in ("pb-desk", "pb-gym", "pb-hall", "pb-hidden", "pb-wired")
)
ROOM_1, ROOM_2, GYM_DOOR = DoorId("a-101"), DoorId("a-102"), DoorId("b-201")
TOLD: Final = DeliveryId(7)

T = TypeVar("T")


def desk(
    name: str,
    asks: Mapping[str, Ask],
    *,
    zone: ZoneId = A1,
    escalation: Escalation | None = None,
    silence_limit_us: int | None = LIMIT_US,
) -> ButtonPlan:
    """A networked button; its highest ask is the one of lockdown, else the last named."""
    by_rank: dict[Response, int] = {"lockdown": 90, "duress": 50, "staff-assist": 10}
    highest = max(asks.values(), key=lambda ask: by_rank.get(ask.response, 0))
    return ButtonPlan(ButtonId(name), name, zone, "", None, asks, highest, escalation, silence_limit_us)


LOCKDOWN: Final = Ask("lockdown", CAMPUS)
ASSIST: Final = Ask("staff-assist", A1)
DURESS: Final = Ask("duress", A1)
BUTTONS: Final = (
    desk(DESK, {"single": ASSIST, "hold": LOCKDOWN}),
    desk(GYM, {"single": Ask("lockdown", A)}, zone=A),
    desk(HALL, {"single": ASSIST}, escalation=Escalation(3, 10 * SECOND_US, LOCKDOWN)),
    desk(HIDDEN, {"single": DURESS}),
    button(WIRED, 60),
)


def standard() -> Plan:
    """Two rooms on floor a-1, a door in building b that the gym's narrow lockdown leaves, strobes, five buttons."""
    return campus(
        door(ROOM_1, 0),
        door(ROOM_2, 1),
        door(GYM_DOOR, 2, zone=ZoneId("b")),
        inputs=[contact("fire", 50, "fire-alarm")],
        buttons=BUTTONS,
        outputs=[output("strobe", 20), output("strobe-b", 21, zone=ZoneId("b"))],
        controllers=(PLC,),
    )


def without(plan: Plan, zone: ZoneId) -> Plan:
    """The campus after a reload that took a zone away."""
    zones = {
        one.id: replace(one, within=one.within - {zone}, above=tuple(up for up in one.above if up != zone))
        for one in plan.zones.values()
        if one.id != zone
    }
    return replace(
        plan,
        zones=zones,
        outputs={one.id: one for one in plan.outputs.values() if one.zone != zone},
        buttons={
            one.id: one
            for one in plan.buttons.values()
            if zone not in {ask.zone for ask in (*one.asks.values(), one.highest)}
        },
    )


class Story(World):
    """A world whose every event goes through `decide`. `entries` holds all that was ever written."""

    def __init__(self, plan: Plan | None = None, *, up: bool = True) -> None:
        super().__init__(standard() if plan is None else plan, up=up)
        self.entries: list[tuple[Instant, Entry]] = []
        self._request = 0

    def do(self, event: Event) -> Decision:
        """Decide, check that the record is the fold of what was written, and believe it."""
        before = self.state
        decision = decide(self.plan, before, event)
        record = before.record
        for entry in decision.entries:
            record = fold(record, event.at, entry)
        assert record == decision.state.record
        self.entries += [(event.at, entry) for entry in decision.entries]
        self.state = decision.state
        return decision

    def refolded(self) -> Record:
        """The record that a restart would make of everything written."""
        record = Record()
        for at, entry in self.entries:
            record = fold(record, at, entry)
        return record

    # --- buttons ---

    def hear(
        self,
        name: ButtonId = DESK,
        gesture: str = "hold",
        *,
        press_id: str | None = None,
        counter: int | None = None,
        at_us: int | None = None,
        waited_s: float | None = 0,
        retained: bool = False,
    ) -> Decision:
        """A networked button is heard, `waited_s` at most after it was pressed."""
        return self.do(
            PressHeard(
                at=self.now,
                button=name,
                gesture=gesture,
                press_id=None if press_id is None else PressId(press_id),
                counter=counter,
                device_at_us=at_us,
                waited_at_most_us=None if waited_s is None else round(waited_s * SECOND_US),
                retained=retained,
                path="mqtt",
                delivery=TOLD,
            )
        )

    def status(
        self,
        name: ButtonId = DESK,
        *,
        battery: int | None = None,
        online: bool | None = None,
        ahead_us: int | None = None,
        retained: bool = False,
    ) -> Decision:
        """A button reports; its clock is `ahead_us` before ours, None: it gives no time."""
        device = None if ahead_us is None else self.now.utc_us + ahead_us
        return self.do(StatusHeard(self.now, name, battery, online, device, retained))

    def sessions(self, up: bool = True) -> None:
        """Both sessions with the broker go up or down."""
        self.do(SessionChanged(self.now, "presses", up, ""))
        self.do(SessionChanged(self.now, "status", up, ""))

    # --- persons ---

    def request(self) -> RequestId:
        """A fresh number."""
        self._request += 1
        return RequestId(self._request)

    def ask_press(self, name: ButtonId = DESK, kind: Kind = REAL, gesture: str | None = None) -> Decision:
        """`campus-edge press`."""
        return self.do(PressAsked(self.now, self.request(), PERSON, name, kind, gesture))

    def ask_lock(self, *doors: str) -> Decision:
        """`campus-edge lock`."""
        named = tuple(DoorId(one) for one in doors)
        return self.do(LockAsked(self.now, self.request(), PERSON, named, "why"))

    def ask_release(self, *doors: str, asked: Instant | None = None) -> Decision:
        """`campus-edge release`. asked: when, where it comes late."""
        named = tuple(DoorId(one) for one in doors)
        return self.do(ReleaseAsked(self.now, self.request(), PERSON, named, "why", asked))

    def answer(self, number: int, *, start: bool, reason: str = "seen") -> Decision:
        """`campus-edge answer`."""
        return self.do(AnswerAsked(self.now, self.request(), PERSON, number, start, reason))

    def close(self, incident: IncidentId | None = None, *, silent: bool = True) -> Decision:
        """`campus-edge close`. silent: by somebody who may know of silent incidents."""
        return self.do(CloseAsked(self.now, self.request(), PERSON, "over", incident, silent))

    def start(
        self,
        response: Response = "lockdown",
        *zones: ZoneId,
        kind: Real | Drill | Exercise = REAL,
        reason: str = "seen at the gate",
    ) -> Decision:
        """A person starts a response from a page."""
        return self.do(StartAsked(self.now, self.request(), PERSON, response, zones, kind, reason))

    def note(self, incident: IncidentId, text: str, *, silent: bool = False) -> Decision:
        """A person writes a note. silent: somebody who may know of silent incidents."""
        return self.do(NoteAsked(self.now, self.request(), PERSON, incident, text, silent))

    def walk_test(self, *names: ButtonId, minutes: int = 10, person: str = "Kim") -> Decision:
        """`campus-edge walk-test`."""
        return self.do(WalkTestAsked(self.now, self.request(), PERSON, names, minutes, person))

    # --- the world's own, through decide ---

    def round(
        self, controller: ControllerId = PLC, only: Iterable[tuple[Space, int]] | None = None
    ) -> Decision:
        """One scan of a board."""
        points = self.points[controller]
        chosen = points if only is None else {key: points[key] for key in only}
        return self.do(Scanned(self.now, controller, self.now, dict(chosen)))

    def tick(self, ms: float = 100) -> Decision:
        """Time passes, and the loop says so."""
        self.wait(ms)
        return self.do(Ticked(self.now))

    def end(self, permit: Permit, ending: Ending = "written", code: str = "") -> Decision:
        """A command comes to this end."""
        return self.do(CommandEnded(self.now, permit.id, permit.controller, ending, code))

    def link(self, up: bool, controller: ControllerId = PLC) -> Decision:
        """A board is lost or comes back."""
        return self.do(ControllerChanged(self.now, controller, up, "up" if up else "silent", ""))

    def run(self, seconds: float, *, scans: bool = True) -> list[Decision]:
        """Ticks, scans of every board and answers for a while; all decisions in order."""
        made: list[Decision] = []
        for _ in range(round(seconds * 10)):
            decision = self.tick()
            made += [decision, *self.carry_out(decision)]
            for controller in self.plan.controllers if scans else ():
                decision = self.round(controller)
                made += [decision, *self.carry_out(decision)]
        return made

    def restart(self, boot: str = "boot") -> None:
        """The daemon starts anew on the journal: the record is folded, nothing live is left."""
        live = type(self.state.live)(self.now, boot, self.now)
        self.state = replace(self.state, record=self.refolded(), live=live)

    # --- what is believed ---

    @property
    def incidents(self) -> list[Incident]:
        """The live ones."""
        return list(self.state.record.incidents.values())

    @property
    def real(self) -> IncidentId:
        """The one live real incident."""
        (only,) = [one.id for one in self.incidents if one.kind == "real"]
        return only

    def zone(self, name: ZoneId) -> Response | None:
        """A zone's own response."""
        own = self.state.record.zones.get(name)
        return None if own is None else own.response

    def flags(self) -> set[tuple[str, str]]:
        """The raised ones, as (code, subject)."""
        return set(self.state.record.flags)


def standings(decision: Decision) -> list[str]:
    """What the presses of a decision counted as."""
    return [fact.standing for fact in facts(decision) if isinstance(fact, PressRecorded)]


def only(found: Iterable[T]) -> T:
    """The only one."""
    (one,) = found
    return one


def told(decision: Decision) -> PressAnswer:
    """The answer to the button."""
    return only(one for one in decision.answers if isinstance(one, PressAnswer))


def replied(decision: Decision) -> RequestAnswer:
    """The answer to the person."""
    return only(one for one in decision.answers if isinstance(one, RequestAnswer))


def locked(decision: Decision) -> set[str]:
    """The doors that commands to lock went out to."""
    return {str(drive.target) for one in decision.permits if one.purpose == "lock" for drive in one.drives}


def raised(made: list[Decision]) -> list[str]:
    """The codes of the flags raised, in order."""
    return [fact.code for each in made for fact in facts(each) if isinstance(fact, FlagRaised)]


def cleared(made: list[Decision]) -> list[str]:
    """The codes of the flags cleared, in order."""
    return [fact.code for each in made for fact in facts(each) if isinstance(fact, FlagCleared)]


def running() -> Story:
    """A campus some seconds after a good start: everything answers."""
    story = Story()
    story.sessions()
    story.run(6)
    assert story.flags() == set()
    return story


def raising(error: str = "broken") -> Callable[..., None]:
    """A rule that raises."""

    def rule(*_: object, **__: object) -> None:
        raise RuntimeError(error)

    return rule
