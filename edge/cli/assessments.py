"""`import checklist` takes one in, whole or not at all; `assessment list|begin|show|end` are its rounds."""

import argparse
import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from edge import words
from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call
from edge.cli.doing import do
from edge.cli.out import complain, plain, say, say_json
from edge.cli.table import table
from edge.cli.ticket_files import NotRead, called, told_wrong
from edge.config.yaml12 import compose, plain_of
from edge.words import plural

LARGEST: Final = 1_048_576
PIECE: Final = 40
COLUMNS: Final = ("question", "section", "text", "category", "weight")
NOT_RECORDED = "It is done and NOT yet recorded: the disk takes nothing. See `campus-edge status`."
Question = dict[str, str]
Read = tuple[str, list[tuple[int, Question]], list[tuple[int, str]]]
"""Title (`""`: not said), questions with their lines, and what cannot be read, by line."""


def importing(args: argparse.Namespace) -> int:
    """Take a checklist in."""
    try:
        data = args.path.read_bytes() if args.path.stat().st_size <= LARGEST else b""
        if not data:
            raise NotRead("it is empty, or larger than 1 MiB")
        title, questions, wrong = (
            read_yaml(data, str(args.path)) if args.path.suffix in (".yaml", ".yml") else read_csv(data)
        )
        title = args.title or title
        if not title:
            raise NotRead("nobody says what it is called: add --title")
    except (NotRead, OSError) as err:
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


def read_csv(data: bytes) -> Read:
    """The questions of a table with a head: section and text, and question (its id), category, weight. Raises NotRead."""
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        head = [one.strip().casefold() for one in next(reader, [])]
        if not {"section", "text"} <= set(head) or len(set(head)) != len(head):
            raise NotRead("its first line does not name section and text, or names a column twice")
        rows, wrong = [], []
        for cells in reader:
            if any(cells) and len(cells) != len(head):
                wrong.append((reader.line_num, f"it has {len(cells)} cells, the first line {len(head)}"))
            elif any(cells):
                rows.append((reader.line_num, dict(zip(head, cells, strict=True))))
    except UnicodeDecodeError as err:
        raise NotRead(f"it is not UTF-8, from byte {err.start} on: save it as CSV UTF-8") from None
    except csv.Error as err:
        raise NotRead(f"line {reader.line_num}: {err}") from None
    return "", *_questions(rows, wrong)


def read_yaml(data: bytes, file: str) -> Read:
    """`title` and `sections`, each with `section` and `questions`: texts, or keys as the columns of a table. Raises NotRead."""
    root, problems = compose(data, file)
    if root is None or problems:
        raise NotRead(problems[0].text() if problems else "it is empty")
    said: Any = plain_of(root)
    rows: list[tuple[int, Question]] = []
    wrong: list[tuple[int, str]] = []
    try:
        for section in said["sections"]:
            if not isinstance(section["questions"], list):
                raise TypeError
            for one in section["questions"]:
                row = (
                    {"text": one}
                    if isinstance(one, str)
                    else {str(name): str(value) for name, value in one.items()}
                )
                rows.append((len(rows) + 1, {**row, "section": str(section["section"])}))
        title = str(said.get("title", ""))
    except (AttributeError, KeyError, TypeError):
        raise NotRead("it is no checklist: title, and sections with section and questions") from None
    return title, *_questions(rows, wrong)


def _questions(
    rows: list[tuple[int, Question]], wrong: list[tuple[int, str]]
) -> tuple[list[tuple[int, Question]], list[tuple[int, str]]]:
    seen: dict[str, int] = {}
    found = []
    for place, (line, row) in enumerate(rows):
        said = {name: " ".join(row.get(name, "").split()) for name in COLUMNS}
        said["question"] = said["question"] or f"q-{place + 1}"
        first = seen.setdefault(said["question"], line)
        if first != line:
            wrong.append((line, f"its id {said['question'][:40]} stands in line {first} already"))
        found.append((line, said))
    if not rows and not wrong:
        raise NotRead("it holds no question")
    return found, wrong


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
