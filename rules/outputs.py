"""On-site outputs on coils and readers: switched with a response in its zones, and again until they read so."""

from collections.abc import Iterable
from dataclasses import replace

from rules import interlock
from rules.evidence import read_back
from rules.ledger import on_the_wire, retry_at, told
from rules.model.events import CommandEnded
from rules.model.facts import Because, OutputsOrdered
from rules.model.ids import ControllerId, DoorId, IncidentId, OutputId, ZoneId
from rules.model.kinds import Switching
from rules.plan import SWITCHED, OutputPlan
from rules.state import CommandLive, DoorLive
from rules.step import Step


def switch(
    step: Step,
    zones: Iterable[ZoneId],
    on: bool,
    *,
    incident: IncidentId | None,
    kind: Switching,
    because: Because,
    joined: bool = False,
    below: bool = True,
) -> None:
    """Switch the commissioned outputs with two states of these zones and all below; name those that may not be switched.

    joined: the incident was live before, and what it has on already, or on the way, gets no second frame.
    below False: of these zones alone, for below one of them something else may hold.
    """
    some = frozenset(zones)
    within = frozenset(one for zone in some for one in step.plan.zones[zone].within) if below else some
    named = [
        one
        for one in step.plan.outputs.values()
        # What we did not switch on is not ours to switch off.
        if one.driver in SWITCHED and one.zone in within and (on or one.id in step.record.outputs_on)
    ]
    if joined:
        # A hundred presses in a row must not keep a board from being read.
        named = [one for one in named if not _stands(step, one)]
    why = Because(because.code, (*because.args, ("kind", kind.word)))
    _order(step, [one.id for one in named], on, incident, why, again=False)


def sweep(step: Step) -> None:
    """Write again, with back-off, what does not read back as ordered: the same value, never cycled."""
    for on in (True, False):
        due = [one.id for one in step.plan.outputs.values() if _due(step, one, on)]
        _order(step, due, on, _incident(step), Because("not_proven"), again=True)


def ended(step: Step, output: DoorId | OutputId, event: CommandEnded) -> bool:
    """A command to an output ended; whether otherwise than the one before."""
    one = OutputId(output)
    its = step.live.outputs.get(one)
    if its is None or its.command is None or its.command.id != event.command:
        return False
    last = replace(its.command, ended=event.at, ending=event.ending, code=event.code)
    before = its.answered
    _set(step, one, replace(its, command=last, answered=last))
    return before is None or (before.ending, before.code) != (last.ending, last.code)


def controller_back(step: Step, controller: ControllerId) -> None:
    """A controller is up again: what differs on it is written with the next tick."""
    for one in step.plan.outputs.values():
        its = step.live.outputs.get(one.id)
        if its is not None and one.point is not None and one.point.controller == controller:
            _set(step, one.id, replace(its, tries=0, next_try=None))


def _order(
    step: Step,
    outputs: list[OutputId],
    on: bool,
    incident: IncidentId | None,
    because: Because,
    *,
    again: bool,
) -> None:
    if not outputs:
        return
    passed = interlock.output_permits(step, outputs, on)
    if passed.permits:
        targets = {permit.id: tuple(drive.target for drive in permit.drives) for permit in passed.permits}
        step.change(commands={**step.live.commands, **targets})
    step.let_out(passed.permits)
    for name, command in passed.commands.items():
        its = step.live.outputs.get(OutputId(name), DoorLive()) if again else DoorLive()
        sent = CommandLive(command, "output", step.at)
        again_at = retry_at(step.at, its.tries + 1)
        _set(step, OutputId(name), replace(its, command=sent, tries=its.tries + 1, next_try=again_at))
    tries = max((step.live.outputs[OutputId(one)].tries for one in passed.commands), default=0)
    if not again or step.record.incidents or told(tries):
        fact = OutputsOrdered(on, tuple(passed.commands), passed.held, passed.ids)
        step.write(fact, _subject(step, outputs), incident=incident, because=because)


def _stands(step: Step, output: OutputPlan) -> bool:
    """Whether it was ordered on in this run, and nothing says yet that it is not."""
    its = step.live.outputs.get(output.id)
    last = None if its is None else its.command
    if its is None or last is None or output.point is None or output.id not in step.record.outputs_on:
        return False
    if on_the_wire(its, step.at):
        return True
    read = read_back(step.live, output.point, step.at)
    off = read is not None and read.value == 0 and last.ended is not None and read.at.since(last.ended) > 0
    return last.ending == "written" and not off


def _due(step: Step, output: OutputPlan, on: bool) -> bool:
    """On, and not read back on; or switched off in this run, and not off yet. A foreign value is left alone."""
    if (output.id in step.record.outputs_on) != on or interlock.output_refusal(step.plan, output):
        return False
    its = step.live.outputs.get(output.id, DoorLive())
    if on_the_wire(its, step.at) or (its.next_try is not None and its.next_try.since(step.at) > 0):
        return False
    last = its.command
    if not on and last is None:
        return False
    read = None if output.point is None else read_back(step.live, output.point, step.at)
    if read is not None and (last is None or last.ended is None or read.at.since(last.ended) > 0):
        return (read.value != 0) != on
    return last is None or last.ending != "written"


def _incident(step: Step) -> IncidentId | None:
    return next((one.id for one in step.record.incidents.values() if not one.silent), None)


def _subject(step: Step, outputs: list[OutputId]) -> ZoneId:
    zones = {step.plan.outputs[one].zone for one in outputs}
    return zones.pop() if len(zones) == 1 else step.plan.campus


def _set(step: Step, output: OutputId, now: DoorLive) -> None:
    step.change(outputs={**step.live.outputs, output: now})
