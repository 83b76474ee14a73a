"""`import checklist` takes one in, whole or not at all; `assessment list|begin|show|answer|end` are its rounds."""

import argparse
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from edge import checklist_file, words
from edge.checklist_file import Question
from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call
from edge.cli.doing import do
from edge.cli.out import complain, plain, say, say_json
from edge.cli.table import table
from edge.cli.ticket_files import told_wrong
from edge.cli.written import NotRead, called
from edge.words import plural

PIECE: Final = 40
NOT_RECORDED = "It is done and NOT yet recorded: the disk takes nothing. See `campus-edge status`."


def importing(args: argparse.Namespace) -> int:
    """Take a checklist in."""
    try:
        data = args.path.read_bytes() if args.path.stat().st_size <= checklist_file.LARGEST else b""
        name = str(args.path)
        title, questions, wrong = checklist_file.read(data, checklist_file.form_of(name), name)
        title = args.title or title
        if not title:
            raise NotRead("nobody says what it is called: add --title")
    except (checklist_file.NotRead, NotRead, OSError) as err:
        complain(f"{args.path} cannot be taken in: {plain(err)}. Nothing was changed.")
        return DID_NOT_HOLD
    try:
        wrong = wrong or list(_judged(args.config, questions))
        if wrong:
            return told_wrong(args, wrong)
        if args.check:
            say(f"{plural(len(questions), 'question')} can be taken in. Nothing was changed.")
            return DONE
        return _take(args, title, data, [one for _, one in questions])
    except NoAnswer:
        return DID_NOT_HOLD
    except NotRead as err:
        complain(f"{plain(err)} Nothing of the file counts.")
        return DID_NOT_HOLD


def _judged(config: Path, questions: list[tuple[int, Question]]) -> Iterator[tuple[int, str]]:
    """Every question that the book would refuse. Raises NoAnswer, NotRead."""
    for start in range(0, len(questions), PIECE):
        piece = questions[start : start + PIECE]
        asked = {"lines": [one for _, one in piece]}
        request = {"do": "book-read", "query": "checklists.judged", "asked": asked}
        for one in called(config, request)["data"]:
            yield piece[one["place"]][0], words.reply(one["code"], one["args"])


def _take(args: argparse.Namespace, title: str, data: bytes, questions: list[Question]) -> int:
    digest = hashlib.sha256(data).hexdigest()
    head = {"number": 0, "checklist": args.id, "title": title, "rows": len(questions), "sha256": digest}
    number = int(str(_asked(args.config, head)["args"]["subject"]).rpartition("-")[2])
    try:
        for start in range(0, len(questions), PIECE):
            _asked(args.config, {"number": number, "lines": questions[start : start + PIECE]})
        _asked(args.config, {"number": number, "end": "taken"})
    except NotRead:
        _asked(args.config, {"number": number, "end": "abandoned"})
        raise
    if args.json:
        say_json({"taken": len(questions), "number": number, "sha256": digest})
    else:
        say(f"{plural(len(questions), 'question')} taken in: campus-edge assessment begin {args.id}")
    return DONE


def _asked(config: Path, asked: Mapping[str, object]) -> dict[str, Any]:
    return called(config, {"do": "book-ask", "verb": "checklist.import", "asked": asked})


# --- rounds -----------------------------------------------------------------------------------


def listing(args: argparse.Namespace) -> int:
    """Checklists and rounds."""
    try:
        lists = called(args.config, {"do": "book-read", "query": "checklists", "asked": {}})["data"]
        rounds = called(args.config, {"do": "book-read", "query": "assessments", "asked": {}})["data"]
    except NoAnswer:
        return DID_NOT_HOLD
    except NotRead as err:
        complain(plain(err))
        return DID_NOT_HOLD
    if args.json:
        say_json({"checklists": lists, "assessments": rounds})
        return DONE
    rows = [(one["id"], one["questions"], one["title"]) for one in lists]
    say(table(("checklist", "questions", "what"), rows) if rows else "No checklist was taken in.")
    shown = [
        (one["number"], one["checklist"], one["zone"], one["begun_at"][:10], (one["ended_at"] or "under way")[:10],
         f"{one['answered']} of {one['questions']}", f"{one['no']} no")
        for one in rounds
    ]  # fmt: skip
    if shown:
        say(table(("no.", "checklist", "zone", "began", "ended", "answered", ""), shown))
    return DONE


def begin(args: argparse.Namespace) -> int:
    """Begin a round."""
    asked = {"checklist": args.checklist, "zone": args.zone or ""}
    return _ask(
        args, "assessment.begin", asked, lambda subject: f"{subject.replace('-', ' ').capitalize()} began."
    )


def answer(args: argparse.Namespace) -> int:
    """Answer a question of a round."""
    try:
        found = called(
            args.config, {"do": "book-read", "query": "assessment", "asked": {"number": args.number}}
        )["data"]
    except NoAnswer:
        return DID_NOT_HOLD
    except NotRead as err:
        complain(plain(err))
        return DID_NOT_HOLD
    item = next((one for one in found["items"] if one["id"] == args.question), None)
    asked = {
        "assessment": args.number,
        "question": args.question,
        "answer": args.answer,
        "comment": args.comment,
        # A no becomes a ticket of these words.
        "text": "" if item is None else item["text"],
    }
    told = "It is answered; its no is a ticket." if args.answer == "no" else "It is answered."
    return _ask(args, "assessment.answer", asked, lambda _: told)


def end(args: argparse.Namespace) -> int:
    """End a round."""
    return _ask(
        args, "assessment.end", {"assessment": args.number}, lambda _: f"Assessment {args.number} is over."
    )


def _ask(args: argparse.Namespace, verb: str, asked: Mapping[str, object], told: Any) -> int:
    request = {"do": "book-ask", "verb": verb, "asked": asked}
    return do(
        args, request, lambda reply: [told(str(reply["args"].get("subject", "")))], not_durable=NOT_RECORDED
    )


def show(args: argparse.Namespace) -> int:
    """One round, question by question."""
    try:
        reply = call(
            args.config, {"do": "book-read", "query": "assessment", "asked": {"number": args.number}}
        )
    except NoAnswer:
        return DID_NOT_HOLD
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return DID_NOT_HOLD
    one = reply["data"]
    if args.json:
        say_json(one)
        return DONE
    say(
        plain(
            f"{one['title']}, {one['zone']}: {one['answered']} of {one['questions']} answered, {one['no']} no"
        )
    )
    rows = [
        (each["section"], each["id"], each["answer"] or "-", each["was"] or "", each["ticket"] or "",
         " · ".join(filter(None, (each["text"], each["comment"]))))
        for each in one["items"]
    ]  # fmt: skip
    say(table(("section", "id", "now", "before", "ticket", "question"), rows))
    return DONE
