"""Firmware notes as data: the front matter of `firmware_notes/*.md`, checked whole, and the note of a configured model.

A note is for people; what stands between its first two `---` is for us. One that is broken is told by `check` and counts
as no note: nothing it says is believed, and nothing of it keeps the daemon from starting.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

import rules
from edge.config import yaml12
from edge.config.collect import nearest
from edge.config.family import family_of
from edge.config.forms import Wrong, duration_us
from edge.config.model import Config
from edge.config.problems import Problem
from edge.config.report import Report
from edge.config.yaml12 import Node, Sequence, compose, plain_of
from rules.book.firmware import CpeName, How, Note
from rules.book.flaws import Part
from rules.model.values import dataclass
from rules.plan import DriverKind

NOTES: Final = Path(rules.__file__).parent.parent / "firmware_notes"
LONGEST_SUPERVISED_US: Final = 200_000_000
"""A model that reports less often cannot be missed in time: unsupervised by design (contract section 3)."""
LONGEST_BYTES: Final = 256 * 1024
LONGEST_FRONT_BYTES: Final = 16 * 1024
MOST_NOTES: Final = 500
_FENCE: Final = "---\n"

Why = Literal["", "unsupervised_by_design", "supervision_unknown"]
Slug = Annotated[str, Meta(pattern="^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
Line = Annotated[str, Meta(min_length=1, max_length=400, pattern=r"^[^\x00-\x1f\x7f]*$")]
Version = Annotated[str, Meta(min_length=1, max_length=96)]
Date = Annotated[str, Meta(pattern=r"^(unknown|[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))$")]
Evidence = Literal["inputs", "outputs", "pictures", "presses", "battery", "tamper"]
Supervision_ = Literal["poll", "channel", "stream", "heartbeat", "none"]


class CpeFront(Struct, frozen=True, forbid_unknown_fields=True):
    """A name that the family's flaws are published under; see `rules.book.firmware.CpeName`."""

    part: Part
    vendor: Annotated[str, Meta(min_length=1, max_length=100)]
    product: Annotated[str, Meta(min_length=1, max_length=200)]
    edition: Annotated[str, Meta(max_length=40)] | None = None
    models: Annotated[list[Line], Meta(max_length=50)] = []
    tracks: Annotated[list[Version], Meta(max_length=50)] = []


class Front(Struct, frozen=True, forbid_unknown_fields=True):
    """A note's front matter. What nobody knows is said so (`unknown`, `[]`), never left out.

    model: the file's name. also: further models that are of this family. identity: how a device tells what it is.
    tested: firmware that was tried with this product; minimum: below it the product does not support a device.
    dialogue: register map or protocol, in a line. evidence: what it lets the product know. supervision: how its silence is
    noticed. silence_limit: of buttons: a duration, or `unsupervised`.
    """

    model: Slug
    kind: Literal["controller", "camera", "button"]
    vendor: Slug
    identity: How
    tested: Annotated[list[Version], Meta(max_length=50)]
    minimum: Version
    end_of_support: Date
    cpe: Annotated[list[CpeFront], Meta(max_length=100)]
    dialogue: Line
    evidence: Annotated[list[Evidence], Meta(max_length=10)]
    supervision: Supervision_
    quirks: Annotated[list[Line], Meta(max_length=50)]
    also: Annotated[list[Slug], Meta(max_length=100)] = []
    driver: DriverKind | None = None
    format: Literal["native", "zigbee2mqtt", "chirpstack", "shelly", "tasmota"] | None = None
    silence_limit: Annotated[str, Meta(max_length=40)] | None = None


@dataclass(frozen=True, slots=True)
class Supervision:
    """limit_us None: silence of this button is never noticed, and `why` is a standing flag."""

    limit_us: int | None
    why: Why


UNSUPERVISED: Final = Supervision(None, "unsupervised_by_design")
UNKNOWN: Final = Supervision(None, "supervision_unknown")


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes of a folder. by_model: each sound one by every model that it names. problems: what is wrong with others."""

    by_model: Mapping[str, Front]
    problems: tuple[Problem, ...]

    def of(self, model: str | None) -> Front | None:
        """The note of a configured model: its own, else that of the longest model that begins it (`family_of`)."""
        found = family_of(model, self.by_model)
        return None if found is None else self.by_model[found]


def supervision(said: int | str | None, model: str | None, notes: Path = NOTES) -> Supervision:
    """What the file says, else what the model's note says, else unknown."""
    if said is None:
        said = noted_limit(model, notes) if model is not None else None
    if said is None:
        return UNKNOWN
    if isinstance(said, str) or said > LONGEST_SUPERVISED_US:
        return UNSUPERVISED
    return Supervision(said, "")


def noted_limit(model: str, notes: Path = NOTES) -> int | str | None:
    """Microseconds or `unsupervised`, from the note's `silence_limit`; None where unsaid."""
    front = notes_of(notes).of(model)
    if front is None or front.silence_limit is None:
        return None
    return "unsupervised" if front.silence_limit == "unsupervised" else duration_us(front.silence_limit)


def notes_of(folder: Path = NOTES) -> Notes:
    """All notes of a folder; none where there is no such folder. Read anew where a file changed."""
    try:
        files = sorted(folder.glob("*.md"))[:MOST_NOTES]
        seen = tuple((one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in files)
    except OSError:
        seen = ()
    return _read(folder, seen)


def check_notes(config: Config, report: Report, folder: Path = NOTES) -> None:
    """Every broken note, and every device whose model has none: its firmware is unknown, and stays so."""
    notes = notes_of(folder)
    report.problems += notes.problems
    devices = (
        ("controllers", config.controllers),
        ("buttons", config.buttons),
        ("cameras", config.cameras),
    )
    for section, ones in devices:
        for one in ones:
            if one.model is not None and notes.of(one.model) is None:
                do = (
                    nearest(one.model, notes.by_model)
                    or "its firmware is shown as unknown until there is one"
                )
                report.note(f"{section}[{one.id}].model", f"there is no firmware note for {one.model!r}", do)


def for_rules(front: Front) -> Note:
    """What rules compare with."""
    return Note(
        family=front.model,
        vendor=front.vendor,
        how=front.identity,
        tested=tuple(front.tested),
        minimum=None if front.minimum == "unknown" else front.minimum,
        end_of_support=None if front.end_of_support == "unknown" else front.end_of_support,
        cpe=tuple(
            CpeName(one.part, one.vendor, one.product, one.edition, tuple(one.models), tuple(one.tracks))
            for one in front.cpe
        ),
    )


def read_front(data: bytes, file: str) -> tuple[Front | None, tuple[Problem, ...]]:
    """The front matter of a note's bytes; None and what is wrong with it where it cannot be used. Never raises."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    if not text.startswith(_FENCE):
        do = "begin it with a line of three hyphens, the keys, and another such line"
        return None, (_problem(file, 1, "file", "has no front matter", do),)
    inner, fence, _ = text[len(_FENCE) :].partition(f"\n{_FENCE}")
    if not fence or len(inner) > LONGEST_FRONT_BYTES:
        do = f"end it with a line of three hyphens, within {LONGEST_FRONT_BYTES} bytes"
        return None, (_problem(file, 1, "file", "its front matter has no end", do),)
    # The fence becomes a comment, so that lines are counted as in the file.
    root, problems = compose(f"#--\n{inner}\n".encode(), file)
    if root is None or problems:
        return None, tuple(_problem(file, one.line, one.path, one.what, one.do) for one in problems)
    try:
        front = msgspec.convert(plain_of(root), Front)
    except (msgspec.ValidationError, RecursionError) as err:
        return None, (_said(file, root, str(err)),)
    return (None, wrong) if (wrong := tuple(_wrong(front, file, root))) else (front, ())


def _wrong(front: Front, file: str, root: Node) -> "list[Problem]":
    told = []
    if front.model != Path(file).stem:
        what = f"says {front.model!r} in a file named {Path(file).stem!r}"
        told.append(_problem(file, _line(root, ["model"]), "model", what, "name the file after its model"))
    if front.silence_limit not in (None, "unsupervised"):
        try:
            duration_us(front.silence_limit or "")
        except Wrong as err:
            line = _line(root, ["silence_limit"])
            told.append(_problem(file, line, "silence_limit", err.what, f"{err.do}, or unsupervised"))
    if front.kind == "button" and front.silence_limit is None:
        do = "write a duration, or unsupervised"
        told.append(_problem(file, 1, "silence_limit", "is missing for a button", do))
    return told


@lru_cache(maxsize=8)
def _read(folder: Path, seen: tuple[tuple[str, int, int], ...]) -> Notes:
    by_model: dict[str, Front] = {}
    problems: list[Problem] = []
    for name, _, size in seen:
        file = f"{folder.name}/{name}"
        if size > LONGEST_BYTES:
            problems.append(_problem(file, 1, "file", f"is longer than {LONGEST_BYTES} bytes", "shorten it"))
            continue
        try:
            data = (folder / name).read_bytes()
        except OSError as err:
            do = "let the daemon's user read it"
            problems.append(_problem(file, 1, "file", f"cannot be read: {err.strerror}", do))
            continue
        front, wrong = read_front(data, file)
        problems += wrong
        for model in () if front is None else (front.model, *front.also):
            if front is not None and model in by_model:
                what = f"{model!r} is named by {by_model[model].model!r} too"
                problems.append(_problem(file, 1, "also", what, "let one note name it"))
            elif front is not None:
                by_model[model] = front
    return Notes(by_model, tuple(problems))


_AT: Final = re.compile(r" - at `\$([^`]*)`$")
_UNKNOWN_FIELD: Final = re.compile(r"Object contains unknown field `([^`]*)`")
_MISSING_FIELD: Final = re.compile(r"Object missing required field `([^`]*)`")
_STEP: Final = re.compile(r"\.([a-z_]+)|\[(\d+)\]", re.ASCII)


def _said(file: str, root: Node, error: str) -> Problem:
    """What msgspec says of a value, at its line."""
    at = _AT.search(error)
    steps: list[Any] = [] if at is None else [key or int(index) for key, index in _STEP.findall(at[1])]
    what = _AT.sub("", error)
    known = CpeFront if "cpe" in steps else Front
    if unknown := _UNKNOWN_FIELD.match(what):
        steps.append(unknown[1])
        path = _path(steps)
        do = nearest(unknown[1], known.__struct_fields__) or "remove it"
        return _problem(file, _line(root, steps), path, "is no key of a note", do)
    if missing := _MISSING_FIELD.match(what):
        path = _path([*steps, missing[1]])
        do = "write it, with unknown or [] where nobody knows"
        return _problem(file, _line(root, steps), path, "is missing", do)
    do = "put it in quotes" if what.startswith("Expected `str`") else "see the other notes for its form"
    return _problem(file, _line(root, steps), _path(steps), what[:1].lower() + what[1:], do)


def _line(node: Node, steps: list[Any]) -> int:
    line = node.line
    for step in steps:
        if isinstance(node, yaml12.Mapping) and step in node.items:
            line, node = node.items[step].line, node.items[step].value
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            line = node.line
    return line


def _path(steps: list[Any]) -> str:
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in steps).lstrip(".") or "file"


def _problem(file: str, line: int, path: str, what: str, do: str) -> Problem:
    return Problem(file, line, path, what, do, "notes")
