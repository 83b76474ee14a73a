"""Asks the daemon to do one thing or to tell it, and says what became of it: in sentences, or as JSON, and by the exit code."""

import argparse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call
from edge.cli.out import complain, plain, say, say_json

Reply = Mapping[str, Any]


def do(
    args: argparse.Namespace,
    request: Mapping[str, object],
    told: Callable[[Reply], Iterable[str]],
    *,
    not_durable: str,
    timeout_s: float = 15.0,
) -> int:
    """told: the sentences of a reply that did it. not_durable: what is said where the disk took nothing.

    Returns `DONE`, or `DID_NOT_HOLD` where it was refused or nobody answered.
    """
    try:
        reply = call(args.config, request, timeout_s)
    except NoAnswer:
        return DID_NOT_HOLD
    if args.json:
        say_json({name: value for name, value in reply.items() if name != "more"})
        return DONE if reply["ok"] else DID_NOT_HOLD
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return DID_NOT_HOLD
    for line in told(reply):
        say(plain(line))
    if not reply.get("durable", True):
        say(not_durable)
    return DONE


def read(
    args: argparse.Namespace,
    request: Mapping[str, object],
    told: Callable[[Any], Iterable[str]],
    *,
    timeout_s: float = 15.0,
) -> int:
    """told: the lines of the reply's data, as they are printed; foreign text in them went through `plain`.

    Returns `DONE`, or `DID_NOT_HOLD` where it was refused or nobody answered.
    """
    try:
        reply = call(args.config, request, timeout_s)
    except NoAnswer:
        return DID_NOT_HOLD
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return DID_NOT_HOLD
    if args.json:
        say_json(reply["data"])
        return DONE
    for line in told(reply["data"]):
        say(line)
    return DONE
