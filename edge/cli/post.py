"""`post`: who does what in a live incident, what runs out, which rooms nothing was heard of; and each thing done there."""

import argparse
import shutil
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge.cli.doing import do, read
from edge.cli.out import clock, plain
from edge.cli.screen import wrapped
from edge.post_words import ROLES, STATES
from edge.words import plural

Document = Mapping[str, Any]
NOT_RECORDED: Final = "It is done and NOT yet recorded: the disk takes nothing. See `campus-edge status`."


def show(args: argparse.Namespace) -> int:
    """The post of a live incident."""
    width = shutil.get_terminal_size((110, 50)).columns

    def told(found: Document) -> Iterator[str]:
        for line in _lines(found):
            yield from wrapped(plain(line), width, "") if line else [""]

    return read(args, {"do": "post", "verb": "show", "incident": args.incident}, told)


def task(args: argparse.Namespace) -> int:
    """Take a task, or say what became of it."""
    return _ask(args, {"verb": "task", "task": args.task, "state": args.state, "reason": args.reason})


def add(args: argparse.Namespace) -> int:
    """One more task or timer."""
    asked = {"verb": "add", "text": args.text, "role": args.role, "minutes": args.minutes}
    return _ask(args, {**asked, "timer": args.timer or args.every, "every": args.every})


def role(args: argparse.Namespace) -> int:
    """Who holds a role from now on."""
    return _ask(args, {"verb": "role", "role": args.role, "name": args.to or "", "reason": args.reason})


def responder(args: argparse.Namespace) -> int:
    """Who responds at the scene, or no longer."""
    return _ask(args, {"verb": "responder", "name": args.name, "gone": args.gone, "reason": args.reason})


def room(args: argparse.Namespace) -> int:
    """How a room is."""
    asked = {"verb": "room", "room": args.room, "word": args.word, "text": args.text}
    return _ask(args, {**asked, "people": args.people})


def _ask(args: argparse.Namespace, asked: Mapping[str, object]) -> int:
    request = {"do": "post", "incident": args.incident, **asked}
    return do(args, request, _done, not_durable=NOT_RECORDED)


def _done(reply: Document) -> list[str]:
    number = reply.get("args", {}).get("task")
    return [f"Task {number} is added." if number else "It is in the record."]


def _lines(post: Document) -> Iterator[str]:
    if not post["coordinator"]:
        yield "NOBODY COORDINATES. Say who does: campus-edge post role incident-commander --to NAME"
    for one in post["roles"]:
        if one["holder"] is not None:
            both = ", RESPONDS TOO" if one["holder"]["coordinates_and_responds"] else ""
            yield f"{one['words']}: {one['holder']['name']} since {clock(one['holder']['since'])}{both}"
        elif one["primary"] or one["tasks_waiting"] or one["role"] == "incident-commander":
            yield f"{one['words']}: vacant{_named(one)}{_waiting(one)}"
    if post["responders"]:
        yield f"Responding: {', '.join(one['name'] for one in post['responders'])}"
    yield ""
    for one in (*post["timers"], *post["tasks"]):
        yield _task(one)
    rooms, people = post["rooms"], post["people"]
    yield ""
    yield f"Not heard from: {plural(len(rooms['silent']), 'room')} of {rooms['of']}{_names(rooms['silent'])}"
    for one in rooms["heard"]:
        count = "" if one["people"] is None else f", {one['people']} there"
        yield f"{one['name']}: {one['words']}{count}, {clock(one['at'])} {one['text']}".rstrip()
    yield (
        "How many people where: not known."
        if people is None
        else f"{people['counted']} people counted in {plural(people['places'], 'place')}; of others nothing is known."
    )
    for one in post["notes"]:
        yield f"{clock(one['at'])} {one['by']}: {one['text']}"


def _task(one: Document) -> str:
    what = "timer" if one["timer"] else "task"
    late = f" LATE since {clock(one['due'])}" if one["late"] else ""
    waits = one["left_s"] is not None and not one["late"] and not one["left_behind"]
    due = f", due {clock(one['due'])}" if waits else ""
    behind = f" (of {', '.join(one['left_behind'])}, which holds nowhere now)" if one["left_behind"] else ""
    by = f" by {one['by']}" if one["by"] and one["state"] != "open" else ""
    return f"{what} {one['number']} [{STATES[one['state']]}{by}{due}]{late} {ROLES[one['role']]}: {one['text']}{behind}"


def _named(one: Document) -> str:
    names = [name for name in (one["primary"], *one["deputies"]) if name]
    return f"; call {', then '.join(names)}" if names else "; nobody is named for it in the configuration"


def _waiting(one: Document) -> str:
    count = one["tasks_waiting"]
    return f"; {plural(count, 'task')} wait{'s' if count == 1 else ''} for it" if count else ""


def _names(rooms: list[Document]) -> str:
    names = [one["name"] for one in rooms[:20]]
    more = f" and {len(rooms) - 20} more" if len(rooms) > 20 else ""
    return f": {', '.join(names)}{more}" if names else ""
