"""What no notice gets past: beside `rules.interlock` the only place that puts the seal on anything.

A notice goes by a route that is named in the configuration and was tried out, and never by a number of the emergency services,
which is for dispatch alone; it is of a kind that may reach people at all, which its type says: nobody outside of the campus's
staff hears of a drill; and a page over loudspeakers waits for a fire
alarm, which outranks it (NFPA 72, 24.5: what sounds for fire is not talked over). A fire input that is stale or unreadable
holds no page back: then the words are all that people hear.
"""

from collections.abc import Iterable
from typing import Final

from rules.model.ids import IncidentId, NoticeId, OutputId, ZoneId
from rules.model.kinds import REAL, Dispatching, KindWord, Real, Switching
from rules.model.notices import Notice
from rules.model.responses import Response
from rules.model.seal import SEAL
from rules.model.values import dataclass
from rules.plan import OutputPlan, Plan
from rules.state import Live
from rules.step import Step

SOUNDING: Final = frozenset({"rtp-paging", "sip-paging"})
"""Drivers of outputs that are heard in a zone."""
WRITING: Final = frozenset({"smtp", "webhook", "gsm-modem"})
"""Drivers of outputs that are read by whom they are addressed to."""
SCREENS: Final = frozenset({"screens"})
"""Drivers of outputs that take over what is open in a room, and where somebody may answer."""
SIGNS: Final = frozenset({"cap-feed"})
"""Drivers of outputs that signs and desktops fetch, each alert for the zone that it names."""
SHOWING: Final = SIGNS | SCREENS
"""Drivers of outputs that anybody may see who passes by: what makes no public sign is never there."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What the interlock lets out, and which outputs are held, why."""

    notices: tuple[Notice, ...] = ()
    held: tuple[tuple[OutputId, str], ...] = ()


def is_outside(output: OutputPlan) -> bool:
    """Whether it tells somebody who is not of this campus's staff."""
    return output.audience != "staff"


def notice_refusal(step: Step, output: OutputPlan, kind: KindWord) -> str:
    """`""` if an output may tell people something of this kind now, else the code of why not."""
    if output.driver not in SOUNDING | WRITING | SHOWING:
        return "no_route"
    if not output.commissioned:
        return "not_commissioned"
    if output.audience == "emergency-number":
        return "emergency_number"
    if kind != REAL.word and is_outside(output):
        return "not_real"
    if output.driver in SOUNDING and sounds_fire(step.plan, step.live, output.zone):
        return "fire_alarm"
    return ""


def notice_permits(
    step: Step,
    outputs: Iterable[OutputId],
    *,
    incident: IncidentId,
    kind: Switching,
    response: Response | None,
    zone: ZoneId,
    number: int,
    unheard: tuple[tuple[OutputId, str], ...] = (),
) -> Passed:
    """One notice for each of these outputs that may tell it, numbered from the record's last one on."""
    last = step.record.last_notice
    notices: list[Notice] = []
    held: list[tuple[OutputId, str]] = []
    for one in dict.fromkeys(outputs):
        output = step.plan.outputs.get(one)
        code = "unknown_output" if output is None else notice_refusal(step, output, kind.word)
        if output is None or code:
            held.append((one, code))
            continue
        last += 1
        said = (NoticeId(last), one, incident, response, zone, number)
        # What is not real is held above; what goes outside is made by what takes `Real` alone.
        if isinstance(kind, Real) and is_outside(output):
            notices.append(to_outside(*said, kind))
        else:
            notices.append(_on_campus(*said, kind, unheard))
    return Passed(tuple(notices), tuple(held))


def to_outside(
    number: NoticeId,
    output: OutputId,
    incident: IncidentId,
    response: Response | None,
    zone: ZoneId,
    state: int,
    kind: Dispatching,
) -> Notice:
    """What police, families, the press or another campus are told. Its kind is real: nothing wider is a type error."""
    return Notice(number, output, incident, kind, response, zone, state, SEAL)


def _on_campus(
    number: NoticeId,
    output: OutputId,
    incident: IncidentId,
    response: Response | None,
    zone: ZoneId,
    state: int,
    kind: Switching,
    unheard: tuple[tuple[OutputId, str], ...],
) -> Notice:
    return Notice(number, output, incident, kind, response, zone, state, SEAL, unheard)


def sounds_fire(plan: Plan, live: Live, zone: ZoneId) -> bool:
    """Whether a fire alarm is heard somewhere in a zone."""
    within = plan.zones[zone].within
    return any(
        one.kind == "fire-alarm" and live.inputs.get(one.id) == "active" and not within.isdisjoint(one.zones)
        for one in plan.inputs.values()
    )
