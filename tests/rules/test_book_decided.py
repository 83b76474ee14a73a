"""What the book decided enters the record as it is."""

from rules.model.book_events import BookDecided
from rules.model.facts import Because, Entry, FlagRaised
from rules.model.ids import Actor
from tests.rules.campus import facts
from tests.rules.story import running


def test_a_flag_of_the_book_is_entered_with_its_actor_and_cause() -> None:
    story = running()
    flag = FlagRaised("stock_low", "stock:radio", ("", "radio", "1", "2"))
    entered = Entry(flag, "stock:radio", Actor("rule"), because=Because("stock_low"))

    decision = story.do(BookDecided(story.now, (entered,)))

    assert facts(decision) == [flag]
    assert (decision.entries[0].actor, decision.entries[0].because) == (entered.actor, entered.because)
    assert ("stock_low", "stock:radio") in story.state.record.flags
    assert story.refolded() == story.state.record
