"""What the district asked for is answered once, in the order of the numbers it gave."""

from rules.model.district_facts import DirectiveAnswered, DirectiveEnded, Outcome
from rules.model.facts import Because
from rules.step import DAEMON, Step


def ended(step: Step, event: DirectiveEnded) -> None:
    """Enter what came of a directive; one that was answered before changes nothing."""
    if event.number <= step.record.directive:
        return
    outcome: Outcome = "refused" if event.code else "applied"
    fact = DirectiveAnswered(event.number, event.directive, outcome, event.code)
    step.write(fact, step.plan.campus, actor=DAEMON, because=Because("directed"))
