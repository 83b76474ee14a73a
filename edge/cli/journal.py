"""`verify-journal`: every link, signature, sealed value and file of pictures; `--rebuild`: the views made again as well."""

import argparse
from typing import Final

from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call, runs
from edge.cli.out import complain, plain, say, say_json

VERIFY_S: Final = 7_200.0


def verify(args: argparse.Namespace) -> int:
    """0 only if all of it holds."""
    try:
        if runs(args.config):
            request = {"do": "verify-journal", "rebuild": args.rebuild, "evidence": args.evidence}
            reply = call(args.config, request, timeout_s=VERIFY_S)
            if not reply["ok"]:
                complain(plain(reply["words"]))
                return DID_NOT_HOLD
            found = reply["data"]
        else:
            from edge.cli.files import verified_journal

            found = verified_journal(args.config, rebuild=args.rebuild, evidence=args.evidence)
    except NoAnswer:
        return DID_NOT_HOLD
    if args.json:
        say_json(found)
    else:
        say("\n".join(plain(line) for line in found["text"]))
    return DONE if found["holds"] else DID_NOT_HOLD
