"""The laws of drills in the simulation: who may press in one, what ends it, and who hears of it."""

from collections.abc import Iterator
from typing import Final

from rules.model.drill_asks import BeginDrill, DrillAsked
from tests.simulation.notes import Notes, Step

OUTSIDE: Final = ("police",)
"""Outputs of the campus that tell somebody who is not of its staff."""
TWICE_S: Final = 10.0


def what_is_real_ends_drills(notes: Notes, step: Step) -> Iterator[str]:
    """Beside a real response that people see there is no drill, no exercise and no enrolled button"""
    record = step.after.record
    if not any(one.kind == "real" and not one.silent for one in record.incidents.values()):
        return
    if record.drills.run is not None:
        yield f"{record.drills.run.id} goes on"
    for one in record.incidents.values():
        if one.kind != "real" and not one.silent:
            yield f"{one.id}, a {one.kind}, goes on"


def a_drill_stays_inside(notes: Notes, step: Step) -> Iterator[str]:
    """Nobody outside of the staff is told anything of a drill"""
    for row in step.rows:
        if row.kind == "notices.ordered/1" and row.data["kind"] != "real":
            # Pairs of an output and a notice's number.
            named = str(row.data["outputs"])
            told = [one for one in OUTSIDE if f"'{one}'" in named]
            if told:
                yield f"{told} hears of a {row.data['kind']}"


def a_drill_press_was_enrolled(notes: Notes, step: Step) -> Iterator[str]:
    """A button's press is a drill's only while a person has it enrolled, and never the second within 10 s"""
    if isinstance(step.event, DrillAsked) and isinstance(step.event.ask, BeginDrill):
        if step.after.record.drills.run is not step.before.record.drills.run:
            notes.drilled_s.clear()
        return
    for row in step.rows:
        if row.kind != "press.heard/1" or row.data["path"] == "cli" or row.data["kind"] != "drill":
            continue
        if row.data["standing"] not in ("acted", "joined"):
            continue
        button, now_s = str(row.data["button"]), notes.loop.world_s
        run = step.before.record.drills.run
        if run is None or button not in run.enrolled:
            yield f"a press of {button}, which is in no drill, counts as one"
        last_s = notes.drilled_s.get(button)
        # Seen a turn of the loop after it was stamped.
        if last_s is not None and now_s - last_s < TWICE_S - 0.5:
            yield f"{button} was pressed twice within {now_s - last_s:.1f} s, and the second counts as the drill's"
        notes.drilled_s[button] = now_s


AT_EACH_EVENT: Final = (what_is_real_ends_drills, a_drill_stays_inside, a_drill_press_was_enrolled)
