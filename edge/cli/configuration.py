"""`check` and `schema`: a configuration judged, and its form described."""

import argparse

from edge.cli import CONFIGURATION, DONE
from edge.cli.out import plain, say, say_json
from edge.words import plural


def check(args: argparse.Namespace) -> int:
    """Every problem at once; exit 78 if there is any. Notices leave it 0."""
    from edge.config.check import read

    checked = read(args.config)
    if args.json:
        say_json(
            {
                "problems": [_document(one) for one in checked.problems],
                "notices": [_document(one) for one in checked.notices],
            }
        )
        return CONFIGURATION if checked.problems else DONE
    for problem in checked.problems:
        say(plain(problem.text()))
    for notice in checked.notices:
        say(f"notice: {plain(notice.text())}")
    if checked.problems:
        say(
            f"{plural(len(checked.problems), 'problem')}; a daemon that runs keeps its last accepted configuration."
        )
        return CONFIGURATION
    config = checked.config
    counts = (
        f": {plural(len(config.doors), 'door')}, {plural(len(config.buttons), 'button')}" if config else ""
    )
    say(f"{args.config} holds{counts}, {plural(len(checked.notices), 'notice')}.")
    return DONE


def schema(args: argparse.Namespace) -> int:
    """The JSON Schema, for editors."""
    from edge.config.schema import json_schema

    say_json(json_schema())
    return DONE


def _document(problem: object) -> dict[str, object]:
    fields = ("file", "line", "column", "path", "what", "do", "topic")
    return {name: getattr(problem, name) for name in fields if hasattr(problem, name)}
