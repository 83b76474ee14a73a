"""A checklist as a file says it, CSV or YAML: its title and questions, each with its line, and what cannot be read. Pure."""

import csv
import io
from typing import Any, Final, Literal

from edge.config.yaml12 import compose, plain_of
from edge.delimited import delimiter

LARGEST: Final = 1_048_576
COLUMNS: Final = ("question", "section", "text", "category", "weight")
Form = Literal["csv", "yaml"]
Question = dict[str, str]
Read = tuple[str, list[tuple[int, Question]], list[tuple[int, str]]]
"""Title (`""`: not said), questions with their lines, and what cannot be read, by line."""


class NotRead(Exception):
    """The file cannot be read as a checklist; the text says why."""


def form_of(name: str) -> Form:
    """By a file's name."""
    return "yaml" if name.casefold().endswith((".yaml", ".yml")) else "csv"


def read(data: bytes, form: Form, file: str = "the file") -> Read:
    """Raises NotRead."""
    if not data or len(data) > LARGEST:
        raise NotRead("it is empty, or larger than 1 MiB")
    return read_yaml(data, file) if form == "yaml" else read_csv(data)


def read_csv(data: bytes) -> Read:
    """The questions of a table with a head: section and text, and question (its id), category, weight. Raises NotRead."""
    try:
        text = data.decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text), strict=True)
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
