"""What the district directs is answered once, in the order of its numbers, whatever comes twice."""

from rules.model.district_facts import DirectiveAnswered, DirectiveEnded
from tests.rules.campus import facts
from tests.rules.story import Story


def told(story: Story, number: int, code: str = "") -> list[DirectiveAnswered]:
    decision = story.do(DirectiveEnded(story.now, number, "ticket.merge/1", code))
    return [one for one in facts(decision) if isinstance(one, DirectiveAnswered)]


def test_a_directive_is_answered_as_applied_or_refused_with_why() -> None:
    story = Story()

    assert told(story, 1) == [DirectiveAnswered(1, "ticket.merge/1", "applied", "")]
    assert told(story, 2, "unknown_kind") == [
        DirectiveAnswered(2, "ticket.merge/1", "refused", "unknown_kind")
    ]
    assert told(story, 2) == []
    assert story.state.record.directive == 2
