"""`tabletop`: a past or written incident replayed at a table. Nothing of it is live, and no device hears of it."""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge.cli import DID_NOT_HOLD
from edge.cli.doing import do, read
from edge.cli.out import complain, plain
from edge.tabletop import LARGEST
from edge.tabletop_words import BANNER

Document = Mapping[str, Any]
NOT_RECORDED: Final = "It is done and NOT yet recorded: the disk takes nothing. See `campus-edge status`."
PATIENCE_S: Final = 180.0
"""A film is made in a process of its own, at the lowest priority."""


def listing(args: argparse.Namespace) -> int:
    """All of them, and what one can be begun with."""
    return _read(args, {"do": "tabletop", "verb": "list"}, _listed)


def show(args: argparse.Namespace) -> int:
    """One, at its moment."""
    return _read(args, {"do": "tabletop", "verb": "show", "tabletop": args.tabletop}, _shown)


def add(args: argparse.Namespace) -> int:
    """Keep a written incident."""
    try:
        with args.path.open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode("utf-8")
    except OSError as err:
        complain(f"{args.path}: {err.strerror}. Nothing was kept.")
        return DID_NOT_HOLD
    except UnicodeDecodeError:
        complain(f"{args.path} is not UTF-8 text. Nothing was kept.")
        return DID_NOT_HOLD
    name = args.name or args.path.stem
    return _ask(
        args,
        "add",
        {"name": name, "text": text},
        lambda _: [f"{name} is kept: `tabletop start --scenario {name}`."],
    )


def asking(args: argparse.Namespace) -> int:
    """Ask for what a verb says."""
    if args.about == "start":
        args.source, args.of = ("incident", args.incident) if args.incident else ("scenario", args.scenario)
    asked = {name: value for name in args.fields if (value := getattr(args, name)) is not None}
    return _ask(args, args.about, asked, lambda reply: _said(args, reply))


def _ask(args: argparse.Namespace, verb: str, asked: Document, told: Any) -> int:
    request = {"do": "tabletop", "verb": verb, "tabletop": getattr(args, "tabletop", ""), "asked": asked}
    return do(args, request, told, not_durable=NOT_RECORDED, timeout_s=PATIENCE_S)


def _said(args: argparse.Namespace, reply: Document) -> Iterator[str]:
    yield BANNER
    one = reply["args"].get("tabletop", "")
    match args.about:
        case "start":
            yield f"{one} stands still at its first moment: `tabletop play {one} --speed 5`, `tabletop show {one}`."
        case "end":
            yield f"{one} is over: `drill show {one}`. Its findings close with a ticket or a change of the plan."
        case _:
            yield "Done."


def _read(args: argparse.Namespace, request: Document, lines: Any) -> int:
    def told(found: Document) -> Iterator[str]:
        yield found["banner"]
        yield from map(plain, lines(found))

    return read(args, request, told, timeout_s=PATIENCE_S)


def _listed(told: Document) -> Iterator[str]:
    yield from _real(told)
    yield from (
        f"UNDER WAY {one['id']}: {one['title']} ({one['source']} {one['of']})" for one in told["running"]
    )
    for one in told["over"]:
        yield (
            f"over {one['id']}: {one['title']}, {one['people']} persons, {one['decisions']} decisions, "
            f"{one['open_findings']} open; {one['words']}"
        )
    yield from (f"written {one['name']}: {one['title']}" for one in told["scenarios"])


def _shown(told: Document) -> Iterator[str]:
    yield from _real(told)
    moves = f"playing {told['speed']}x" if told["playing"] else "stands still"
    yield f"{told['title']}: {_clock(told['position_ms'])} of {_clock(told['length_ms'])}, {moves}"
    yield from (f"  {one['name']} holds {one['response']}" for one in told["zones"] if one["response"])
    for door in told["doors"]:
        yield f"  {door['name']}: {door['verdict']}. {door['words']}"
    yield from (f"  room {one['name']}: {one['word']}" for one in told["rooms"])
    for one in told["injects"]:
        to = f" to {one['to']}" if one["to"] else ""
        yield f"  QUESTION {one['number']}{to}: {one['text']}" + (" (answered)" if one["answered"] else "")
    yield from (f"  decided at {_clock(one['at_ms'])}: {one['text']}" for one in told["decided"])
    yield from (f"  finding: {one}" for one in told["found"])
    yield from (f"  {_clock(one['at_ms'])} {one['words']} {one['note']}".rstrip() for one in told["timeline"])


def _real(told: Document) -> Iterator[str]:
    if told["real"] is not None:
        yield f"A REAL {told['real']['response']} is live: {told['real']['incident']}. Leave the table."


def _clock(ms: int) -> str:
    return f"{ms // 60_000}:{ms // 1_000 % 60:02}"
