"""What a step of a written incident means on this campus, and how it happens there. What is not here is said by its line."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar

from edge.tabletop.messages import Close, Door, Fire, Inject, Note, Press, Room, Start, Step
from rules.model.events import CloseAsked, Event, NoteAsked, PressHeard, StartAsked
from rules.model.ids import Actor, ButtonId, DoorId, IncidentId, InputId, Point, PressId, RequestId, ZoneId
from rules.model.kinds import REAL
from rules.model.moments import MILLISECOND_US, Instant
from rules.model.post_asks import RoomAsked
from rules.plan import ButtonPlan, Plan
from rules.rooms import rooms_of
from rules.state import State

TABLE: Final = Actor("tabletop")
HELD_US: Final = 500 * MILLISECOND_US
"""How long a wired button is held down."""
T = TypeVar("T")


class NotHere(Exception):
    """The step names what this campus does not have; the text says what."""


class Campus(Protocol):
    """The made-up campus, as far as a step needs it."""

    plan: Plan
    state: State
    now: Instant

    def do(self, event: Event) -> None: ...

    def later(self, in_us: int, what: Callable[[], None]) -> None: ...

    def turn(self, input_id: InputId, active: bool) -> None: ...

    def set(self, where: Point, value: bool | int) -> None: ...

    def request(self) -> RequestId: ...


class Places:
    """The things of a plan by what a step calls them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def check(self, step: Step) -> None:
        """Raises NotHere."""
        match step:
            case Press():
                self.button(step)
            case Door():
                self.door(step)
            case Fire():
                self.fire(step)
            case Room():
                self.room(step)
            case Start():
                self._start(step)
            case Note() | Close() | Inject():
                pass

    def button(self, step: Press) -> tuple[ButtonPlan, str]:
        """The button, and the gesture by which it asks for what the step says. Raises NotHere."""
        plan = self._plan
        if step.button:
            found = plan.buttons.get(ButtonId(step.button))
            if found is None:
                raise NotHere(f"there is no button {step.button} on this campus")
        else:
            wanted = step.asks or "lockdown"
            may = [
                one
                for one in plan.buttons.values()
                if any(ask.response == wanted for ask in one.asks.values())
            ]
            found = _nth(may, step.number, f"buttons that ask for {wanted}")
        response = step.asks or found.highest.response
        gestures = [gesture for gesture, ask in found.asks.items() if ask.response == response]
        if not gestures:
            raise NotHere(f"button {found.id} has no gesture that asks for {response}")
        if plan.responses[response].silent:
            raise NotHere(f"{response} is silent, and not for a table")
        return found, gestures[0]

    def door(self, step: Door) -> DoorId:
        """The door. Raises NotHere."""
        doors = self._plan.doors
        if step.door:
            if DoorId(step.door) not in doors:
                raise NotHere(f"there is no door {step.door} on this campus")
            return DoorId(step.door)
        what = f"{step.kind} doors" if step.kind else "doors"
        return _nth([one.id for one in doors.values() if step.kind in (None, one.kind)], step.number, what)

    def fire(self, step: Fire) -> InputId:
        """The fire alarm's input. Raises NotHere."""
        alarms = [one.id for one in self._plan.inputs.values() if one.kind == "fire-alarm"]
        if not step.input:
            return _nth(alarms, 1, "fire alarm inputs")
        if InputId(step.input) not in alarms:
            raise NotHere(f"there is no fire alarm input {step.input} on this campus")
        return InputId(step.input)

    def room(self, step: Room) -> str:
        """The room's id. Raises NotHere."""
        rooms = rooms_of(self._plan)
        if not step.room:
            return _nth([one.id for one in rooms.values()], step.number, "rooms")
        wanted = step.room.casefold()
        found = [one.id for one in rooms.values() if wanted in (one.id.casefold(), one.name.casefold())]
        if not found:
            raise NotHere(f"there is no room {step.room} on this campus")
        return found[0]

    def _start(self, step: Start) -> ZoneId:
        plan = self._plan
        response = plan.responses.get(step.response)
        if response is None or response.silent:
            raise NotHere(f"there is no response {step.response} for a table on this campus")
        zone = ZoneId(step.zone) if step.zone else plan.campus
        if zone not in plan.zones:
            raise NotHere(f"there is no zone {step.zone} on this campus")
        return zone

    def happen(self, campus: Campus, step: Step) -> None:
        """Let it happen now."""
        live = next(iter(campus.state.record.incidents), None)
        match step:
            case Press():
                self._press(campus, step)
            case Fire():
                campus.turn(self.fire(step), step.active)
            case Start():
                zones = (self._start(step),)
                campus.do(
                    StartAsked(
                        campus.now,
                        campus.request(),
                        TABLE,
                        step.response,
                        zones,
                        REAL,
                        step.reason,
                        change=True,
                    )
                )
            case Room() if live is not None:
                room = self.room(step)
                campus.do(
                    RoomAsked(
                        campus.now, campus.request(), TABLE, live, room, step.word, step.people, step.text
                    )
                )
            case Note() if live is not None:
                campus.do(NoteAsked(campus.now, campus.request(), TABLE, IncidentId(live), step.text))
            case Close():
                campus.do(
                    CloseAsked(
                        campus.now,
                        campus.request(),
                        TABLE,
                        step.reason,
                        fresh=True,
                        second="account:tabletop",
                    )
                )
            case _:
                # A room or a note before anything is live has no place to stand; a question is the table's alone.
                pass

    def _press(self, campus: Campus, step: Press) -> None:
        button, gesture = self.button(step)
        if button.wired is None:
            press = PressId(f"tabletop-{campus.request()}")
            campus.do(PressHeard(campus.now, button.id, gesture, press, None, None, 0, False, "mqtt", None))
            return
        contact = button.wired.contact
        campus.set(contact.point, contact.when)
        campus.later(HELD_US, lambda: campus.set(contact.point, not contact.when))


def _nth(found: Sequence[T], number: int, what: str) -> T:
    if number > len(found):
        raise NotHere(f"it needs {number} {what}, and this campus has {len(found)}")
    return found[number - 1]
