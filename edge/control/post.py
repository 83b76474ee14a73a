"""What the socket asks of an incident's command post: its document, or one thing that a person does there."""

from typing import Any

from edge.control.desk import Desk, Make, Reply
from edge.control.requests import Post
from edge.named import called, whose
from edge.post import post_document
from rules.model.ids import Actor, IncidentId
from rules.model.moments import MINUTE_US
from rules.model.post_asks import RespondingAsked, RoleAsked, RoomAsked, TaskAddAsked, TaskAsked


def incident_of(desk: Desk, request: Post) -> IncidentId | Reply:
    """The live incident that is meant: the one named, else the only one."""
    live = tuple(desk.snapshot()["incidents"])
    if request.incident is not None:
        return IncidentId(request.incident)
    if len(live) == 1:
        return IncidentId(str(live[0]["id"]))
    return Reply(False, "no_incident" if not live else "which_incident")


def document(desk: Desk, of: IncidentId) -> dict[str, Any] | None:
    """The post; None: no incident of this id is live."""
    book = desk.people.registrar.book
    return post_document(desk.plan, desk.state, of, lambda one: called(book, one))


def asked(desk: Desk, request: Post, of: IncidentId, *, silent: bool) -> Make:
    """What makes the event of a request that does something. silent: the caller may know of silent ones."""
    reason = request.reason
    match request.verb:
        case "task":
            number_of, state = request.task, request.state
            return lambda at, number, actor: TaskAsked(
                at, number, actor, of, number_of, state, reason, silent
            )
        case "add":
            within_us = request.minutes * MINUTE_US
            every_us = within_us if request.every else 0
            return lambda at, number, actor: TaskAddAsked(
                at, number, actor, of, request.role, request.text, within_us, every_us, request.timer, silent
            )
        case "role":
            who, name = whose(desk.people.registrar.book, request.name) if request.name else (Actor(""), "")
            return lambda at, number, actor: RoleAsked(
                at, number, actor, of, request.role, who, name, reason, silent
            )
        case "responder":
            who, name = whose(desk.people.registrar.book, request.name)
            return lambda at, number, actor: RespondingAsked(
                at, number, actor, of, who, name, not request.gone, reason, silent
            )
        case _:
            return lambda at, number, actor: RoomAsked(
                at, number, actor, of, request.room, request.word, request.people, request.text, silent
            )
