"""`verify-journal`: every link, signature and sealed value; with `--rebuild` the views made again and compared."""

import argparse

from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call, runs
from edge.cli.out import complain, plain, say, say_json


def verify(args: argparse.Namespace) -> int:
    """0 only if all of it holds."""
    try:
        if runs(args.config):
            reply = call(args.config, {"do": "verify-journal", "rebuild": args.rebuild}, timeout_s=3_600.0)
            if not reply["ok"]:
                complain(plain(reply["words"]))
                return DID_NOT_HOLD
            found = reply["data"]
        else:
            from edge.cli.files import verified_journal

            found = verified_journal(args.config, rebuild=args.rebuild)
    except NoAnswer:
        return DID_NOT_HOLD
    if args.json:
        say_json(found)
    else:
        say("\n".join(plain(line) for line in found["text"]))
    return DONE if found["holds"] else DID_NOT_HOLD
