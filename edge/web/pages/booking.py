"""What a page asks of the book: done once however often its form is sent."""

from edge.control.desk import Reply
from edge.operations import NotDone
from edge.web.pages.acting import decided
from edge.web.pages.forms import Form
from edge.web.pages.showing import actor_of, pages
from edge.web.route import Visit
from rules.model.book_asks import BookAsk


async def asked_of_book(visit: Visit, form: Form, asked: BookAsk) -> Reply:
    """What it came to. What was refused may be tried again with the same form."""

    async def ask() -> Reply:
        try:
            answered = await visit.office.ask_book(actor_of(visit), asked)
        except NotDone as err:
            return Reply(False, err.code, err.said)
        return Reply(True, "done", answered.args)

    once = pages(visit).once.do(actor_of(visit), form.text("key"), ask, stands=lambda reply: reply.done)
    return await decided(once)
