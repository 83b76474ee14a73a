"""Folds what is said at an incident's command post into the record."""

from dataclasses import replace
from typing import Final, assert_never

from rules.altered import altered
from rules.model.facts import Entry, NoteWritten
from rules.model.ids import IncidentId
from rules.model.moments import MINUTE_US, Instant
from rules.model.post_facts import (
    PostFact,
    ResponderMarked,
    RoleHandedOver,
    RoomReported,
    TaskOverdue,
    TasksOpened,
    TaskTurned,
)
from rules.post_state import Holder, Post, PostNote, RoomHeard, Task, person, place
from rules.state import Record

MOST_NOTES: Final = 200
"""Notes of one live incident that are shown from memory; the record has all."""


def folded(record: Record, at: Instant, entry: Entry, fact: PostFact | NoteWritten) -> Record:
    """The record after a fact of the post. Of an incident that is over it changes nothing: the journal alone has it."""
    if fact.id not in record.incidents:
        return record
    before = record.posts.get(fact.id, Post())
    now = _after(before, at, entry, fact)
    return record if now is before else altered(record, posts={**record.posts, fact.id: now})


def without(record: Record, incident: IncidentId) -> Record:
    """The record once an incident is over."""
    if incident not in record.posts:
        return record
    return altered(record, posts={one: post for one, post in record.posts.items() if one != incident})


def _after(post: Post, at: Instant, entry: Entry, fact: PostFact | NoteWritten) -> Post:
    match fact:
        case TasksOpened():
            return _opened(post, at, fact)
        case TaskTurned():
            return _turned(post, at, entry, fact)
        case TaskOverdue():
            task = post.tasks.get(fact.number)
            return post if task is None else _with(post, replace(task, overdue=True))
        case RoleHandedOver():
            roles = {one: held for one, held in post.roles.items() if one != fact.role}
            if fact.holder or fact.name:
                roles[fact.role] = Holder(fact.holder, fact.name, at, fact.reason, fact.responds)
            return replace(post, roles=roles)
        case ResponderMarked():
            who = person(fact.who, fact.name)
            responders = {one: held for one, held in post.responders.items() if one != who}
            if fact.here:
                responders[who] = Holder(fact.who, fact.name, at, fact.reason, fact.coordinates)
            return replace(post, responders=responders)
        case RoomReported():
            return _reported(post, at, entry, fact)
        case NoteWritten():
            note = PostNote(entry.actor, fact.text, at)
            return replace(post, notes=(*post.notes, note)[-MOST_NOTES:])
        case _:
            assert_never(fact)


def _opened(post: Post, at: Instant, fact: TasksOpened) -> Post:
    tasks = dict(post.tasks)
    # Erased words are gone, and with them their number: the tasks stay.
    texts = (*fact.texts, *("" for _ in fact.tasks[len(fact.texts) :]))
    for (number, code, role, within_us, every_us, timer), text in zip(fact.tasks, texts, strict=False):
        due = _later(at, within_us)
        tasks[number] = Task(number, code, text, role, at, timer, every_us, fact.boot, due)
    opened = post.opened if fact.response is None else (*post.opened, fact.response)
    return replace(post, opened=opened, tasks=tasks)


def _turned(post: Post, at: Instant, entry: Entry, fact: TaskTurned) -> Post:
    task = post.tasks.get(fact.number)
    if task is None:
        return post
    now = replace(task, state=fact.state, by=entry.actor, since=at, reason=fact.reason)
    if fact.state == "done" and task.every_us:
        # It comes again, and is nobody's until then.
        due = _later(at, task.every_us)
        now = replace(now, state="open", done_at=at, due=due, boot=fact.boot, overdue=False)
    return _with(post, now)


def _reported(post: Post, at: Instant, entry: Entry, fact: RoomReported) -> Post:
    key = place(post, fact.room, fact.text, entry.actor)
    before = post.rooms.get(key)
    recent = () if before is None else tuple(one for one in before.written if at.utc_us - one < MINUTE_US)
    first = at if before is None else before.first
    people = fact.people if fact.people is not None or before is None else before.people
    heard = RoomHeard(
        fact.room, fact.word, people, fact.text, entry.actor, at, first, (*recent, at.utc_us)[-16:]
    )
    return replace(post, rooms={**post.rooms, key: heard})


def _with(post: Post, task: Task) -> Post:
    return replace(post, tasks={**post.tasks, task.number: task})


def _later(at: Instant, after_us: int) -> Instant | None:
    return Instant(at.utc_us + after_us, at.mono_us + after_us) if after_us else None
