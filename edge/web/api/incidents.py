"""`/incidents`: started, joined or raised by persons and programs; each with its ledger, presses and timeline."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from edge import words
from edge.journal.writer import JournalRefused
from edge.views import pages
from edge.web.api.answering import answer, of
from edge.web.api.forms import (
    Asked,
    Cursor,
    Done,
    Held,
    Id,
    Ids,
    KindAsked,
    KindShown,
    Limit,
    MaybeWords,
    Response,
    Started,
    Time,
    Words,
)
from edge.web.api.reading import query
from edge.web.api.writing import caller_of, done, held, need, no_release, submit, write
from edge.web.incidents import known, listed, over
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from rules.model.events import CloseAsked, NoteAsked, ReleaseAsked, StartAsked
from rules.model.ids import DoorId, IncidentId, ZoneId
from rules.model.kinds import DRILL, EXERCISE, REAL, Drill, Exercise, Real


class Incident(Struct, frozen=True, kw_only=True):
    """response: the gravest that holds by it, or held at its end; what was before a change is in its timeline.

    zone: where that holds or held. zones: everywhere it is, or was until its end; that one first.
    silent: shown to those with the duress right alone. closed null: it is live.
    """

    id: str
    kind: KindShown
    response: Response
    zone: str
    zones: list[str]
    silent: bool
    opened: Time
    raised: Time | None
    closed: Time | None


class Incidents(Struct, frozen=True, kw_only=True):
    """history false: the disk does not answer, and only what is live is here."""

    items: list[Incident]
    next: str | None
    history: bool


class Older(Asked, frozen=True, kw_only=True):
    """after: `next` of the page before; the newest come first."""

    after: Cursor | None = None
    limit: Limit = 100


class StartIncident(Asked, frozen=True, kw_only=True):
    """kind has no default: what is real and what is a drill is said each time. zones: with all below each.

    change: it may take the place of something graver, as the pack's transitions allow; needs a reason and the right to end.
    """

    response: Response
    zones: Annotated[list[Id], Meta(min_length=1, max_length=100)]
    kind: KindAsked
    reason: MaybeWords = ""
    change: bool = False


class ReleaseDoors(Asked, frozen=True, kw_only=True):
    """Each door by name; never a zone, never all."""

    doors: Ids
    reason: Words


class Released(Done, frozen=True, kw_only=True):
    """held: doors that the interlock held back; the others were returned to their rest."""

    held: list[Held]


class Closing(Asked, frozen=True, kw_only=True):
    reason: Words


class Note(Asked, frozen=True, kw_only=True):
    text: Words


class Closed(Done, frozen=True, kw_only=True):
    """Doors stay as they are: those still locked by order are returned to rest by name."""

    doors_still_locked: int


KINDS: dict[str, Real | Drill | Exercise] = {"real": REAL, "drill": DRILL, "exercise": EXERCISE}


async def incidents(visit: Visit) -> web.StreamResponse:
    """The newest first; what is live is there even with the disk away."""
    asked = query(visit, Older)
    duress = visit.may("look-duress")
    try:
        lines = await visit.office.views(
            lambda views: pages.incidents(views, asked.after, asked.limit + 1, silent=duress)
        )
    except JournalRefused:
        live = [one.document for one in listed(visit.office, duress=duress)]
        return answer(Incidents(items=of(list[Incident], live), next=None, history=False))
    here = [over(one) for one in lines[: asked.limit]]
    after = here[-1]["id"] if len(lines) > asked.limit else None
    if asked.after is None:
        # What opened a moment ago is in memory before it is in the views.
        there = {one["id"] for one in here}
        here = [one.document for one in listed(visit.office, duress=duress) if one.id not in there] + here
    return answer(Incidents(items=of(list[Incident], here), next=after, history=True))


async def start(visit: Visit, asked: StartIncident) -> web.Response:
    """Start a response; on a live one of the same kind it joins or raises, never lowers."""
    if asked.kind != "real":
        need(visit, "start-drill", "start a drill or an exercise")
    elif asked.change:
        need(visit, "close", "change a response that holds")
    role = caller_of(visit).role
    zones = tuple(ZoneId(one) for one in asked.zones)
    reply = done(
        await submit(
            visit,
            lambda at, number, actor: StartAsked(
                at, number, actor, asked.response, zones, KINDS[asked.kind], asked.reason, role, asked.change
            ),
        )
    )
    said = words.reply(reply.code, dict(reply.args))
    return answer(Started(durable=reply.durable, words=said, incident=reply.incident))


async def release(visit: Visit, asked: ReleaseDoors) -> web.Response:
    """Return doors to their rest, each by name, within an open release session."""
    await known(visit)
    no_release(visit.office.people.release_left_s(caller_of(visit)))
    doors = tuple(DoorId(one) for one in dict.fromkeys(asked.doors))
    reply = done(
        await submit(
            visit, lambda at, number, actor: ReleaseAsked(at, number, actor, doors, asked.reason, visit.came)
        )
    )
    back = of(list[Held], held(reply))
    return answer(Released(durable=reply.durable, words=words.reply(reply.code, dict(reply.args)), held=back))


async def close(visit: Visit, asked: Closing) -> web.Response:
    """End this incident; every door stays as it is."""
    here = await known(visit)
    name, silent, role = IncidentId(here.id), visit.may("look-duress"), caller_of(visit).role
    people, caller = visit.office.people, caller_of(visit)
    fresh, second = people.release_left_s(caller) > 0, people.release_second(caller)
    named = caller.by != "token"
    if not here.live:
        raise Problem(409, "This incident is over already; nothing was changed.", code="no_incident")
    reply = done(
        await submit(
            visit,
            lambda at, number, actor: CloseAsked(
                at, number, actor, asked.reason, name, silent, role, fresh, second, named
            ),
        )
    )
    still = int(dict(reply.args).get("doors_still_locked", 0))
    said = words.reply(reply.code, dict(reply.args))
    return answer(Closed(durable=reply.durable, words=said, doors_still_locked=still))


async def note(visit: Visit, asked: Note) -> web.Response:
    """Write into its timeline, while it is live or after."""
    here = await known(visit)
    name, silent = IncidentId(here.id), visit.may("look-duress")
    reply = done(
        await submit(visit, lambda at, number, actor: NoteAsked(at, number, actor, name, asked.text, silent))
    )
    return answer(Done(durable=reply.durable, words=words.reply(reply.code, dict(reply.args))))


ROUTES = (
    Route(
        "GET",
        "/api/v1/incidents",
        "look",
        incidents,
        says=Says("Incidents, live and over, the newest first", Incidents, asks=Older),
    ),
    Route(
        "POST",
        "/api/v1/incidents",
        "start",
        write(StartIncident, start),
        says=Says(
            "Start a response, or join or raise the live one of its kind",
            Started,
            takes=StartIncident,
            problems=(404, 409),
            text="`incident` is null for a silent response. A real start is never refused for a limit or a full disk. "
            "409 with `needs_change`, `transition_refused`, `holds_above` or `not_in_plan` where it may not follow what holds.",
        ),
    ),
    Route(
        "POST",
        "/api/v1/incidents/{id}/release",
        "release",
        write(ReleaseDoors, release),
        says=Says(
            "Return named doors to their rest, within an open release session",
            Released,
            takes=ReleaseDoors,
            text="Never by a token. What the interlock holds back is named; the other doors go to their rest.",
        ),
        own_factor=True,
    ),
    Route(
        "POST",
        "/api/v1/incidents/{id}/close",
        "close",
        write(Closing, close),
        says=Says(
            "End an incident; doors stay as they are",
            Closed,
            takes=Closing,
            text="A real one is ended by a person, signed in: a token is answered 403 with `person_first`, and may end a drill. "
            "403 with `factor_first` or `second_person_first` where its plan asks for more.",
        ),
    ),
    Route(
        "POST",
        "/api/v1/incidents/{id}/notes",
        "note",
        write(Note, note),
        says=Says("Write into an incident's timeline", Done, takes=Note),
    ),
)
