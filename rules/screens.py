"""Rooms with a screen: what it shows, that it drew it, and what those inside answer. Nobody counts who was not heard from.

A screen shows what the interlock let out to it and nothing else: the highest of what its output was told and is not over.
That a screen drew it is evidence that the room has it; that somebody pressed its button, that a person does.
"""

from collections.abc import Mapping

from rules.decision import RequestAnswer
from rules.interlock_notices import SCREENS
from rules.model.facts import Because, RequestRefused
from rules.model.ids import OutputId
from rules.model.notices import NoticeState
from rules.model.screens import RoomHeard, RoomName, ScreenAnswerAsked, ScreenDrew, ScreenWord
from rules.notice_state import NO_NOTICE, NoticeMemory, RoomMemory
from rules.plan import OutputPlan, Plan
from rules.state import Record
from rules.step import Step


def shown(plan: Plan, record: Record, output: OutputId) -> NoticeMemory | None:
    """What a screen shows now; None: nothing is on. What is real stands above all that is not, then the rank counts."""
    ranks = {one.response: one.rank for one in plan.responses.values()}
    told = [
        ((one.kind == "real", ranks[one.response], one.number), one)
        for one in record.notices.values()
        if one.output == output
        and one.response in ranks
        and one.id != NO_NOTICE
        and one.state != "failed"
        and one.incident in record.incidents
    ]
    return max(told, key=lambda one: one[0])[1] if told else None


def room_of(plan: Plan, name: str) -> tuple[OutputPlan, RoomName] | None:
    """The screen of a room, or of a zone; None: there is none of this name."""
    for one in plan.outputs.values():
        if one.driver in SCREENS and name in rooms_of(one):
            return one, RoomName(name)
    return None


def rooms_of(output: OutputPlan) -> tuple[RoomName, ...]:
    """Where a screen's output has screens; without rooms, in its zone."""
    return tuple(RoomName(one) for one in output.rooms) or (RoomName(output.zone),)


def drew(step: Step, event: ScreenDrew) -> None:
    """A screen drew what holds; what was overtaken meanwhile is evidence of nothing any more."""
    on = _there(step, event.output, event.room)
    if on is None or on.number != event.number:
        return
    known = step.record.rooms.get(event.room)
    if known is None or known.incident != on.incident or known.number != on.number:
        _write(step, event, on, "shown")


def answer(step: Step, event: ScreenAnswerAsked) -> None:
    """Those in a room say how they are, as often as that changes; while nothing is on there is nothing to answer."""
    on = _there(step, event.output, event.room)
    if on is None or not step.plan.outputs[event.output].rooms:
        step.write(RequestRefused("room", "nothing_on"), step.plan.campus, actor=event.actor)
        step.answer(RequestAnswer(event.request, False, "nothing_on"))
        return
    known = step.record.rooms.get(event.room)
    said = (on.incident, on.number, event.answer)
    if known is None or (known.incident, known.answered_number, known.answer) != said:
        _write(step, event, on, event.answer)
    step.answer(RequestAnswer(event.request, True, "done", incident=on.incident))


def reached(plan: Plan, record: Record, one: NoticeMemory) -> tuple[NoticeState, int, int]:
    """(state, rooms that have it, rooms there are) of a notice; of a route without rooms as the route said."""
    output = plan.outputs.get(one.output)
    if output is None or output.driver not in SCREENS or one.response is None or one.state == "failed":
        return one.state, one.told, one.of
    rooms = rooms_of(output)
    have = [room for room in rooms if has(record.rooms, room, one)]
    answered = [room for room in rooms if has_answered(record.rooms, room, one)]
    if len(answered) == len(rooms):
        return "acknowledged", len(rooms), len(rooms)
    return ("received" if have else one.state), len(have), len(rooms)


def has(rooms: Mapping[RoomName, RoomMemory], room: RoomName, one: NoticeMemory) -> bool:
    """Whether a room's screen drew this notice, or somebody there answered it."""
    known = rooms.get(room)
    return known is not None and known.incident == one.incident and known.number == one.number


def has_answered(rooms: Mapping[RoomName, RoomMemory], room: RoomName, one: NoticeMemory) -> bool:
    """Whether somebody in a room answered this notice."""
    known = rooms.get(room)
    return known is not None and known.incident == one.incident and known.answered_number == one.number


def _there(step: Step, output: OutputId, room: RoomName) -> NoticeMemory | None:
    planned = step.plan.outputs.get(output)
    if planned is None or planned.driver not in SCREENS or room not in rooms_of(planned):
        return None
    return shown(step.plan, step.record, output)


def _write(step: Step, event: ScreenDrew | ScreenAnswerAsked, on: NoticeMemory, word: ScreenWord) -> None:
    fact = RoomHeard(event.room, event.output, on.number, word)
    because = Because("asked" if isinstance(event, ScreenAnswerAsked) else "drawn")
    step.write(fact, on.zone, actor=event.actor, incident=on.incident, because=because)
