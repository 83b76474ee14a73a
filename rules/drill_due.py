"""The flag for what drill law asked for by a day that has passed. By rule, from the campus's own calendar."""

from collections.abc import Iterator

from rules import drill_law
from rules.plan import Plan
from rules.state import State


def flags(plan: Plan, state: State) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    """One for each requirement that is overdue: held, needed by now at the least, and the law that asks for it."""
    clock, law = state.live.clock, plan.drills.law
    if clock is None or law is None:
        return
    for one in drill_law.due(plan.drills, state.record.drills, clock.day):
        if one.progress == "overdue":
            yield (
                ("drill_overdue", f"drill-law-{one.requirement.id}"),
                (str(one.done), str(one.done + one.missing), law.name, one.requirement.title),
            )
