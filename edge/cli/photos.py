"""`ticket photo` and `inspection photo`: a photo from a file, looked at by the book's process before it counts."""

import argparse
import contextlib
import secrets
from typing import Any

from edge.cli import DID_NOT_HOLD, USAGE
from edge.cli.calling import NoAnswer, call
from edge.cli.doing import do
from edge.cli.out import complain, plain
from edge.cli.store import bring, store_of
from edge.cli.tickets import NOT_RECORDED, number_of
from edge.journal.places import TICKET_PHOTOS
from edge.words import reply

INCOMING = "incoming"


def of_ticket(args: argparse.Namespace) -> int:
    """Add one to a ticket."""
    number = number_of(args.number)
    if not number:
        complain(f"{plain(args.number)} is no number of a ticket. Nothing was changed.")
        return USAGE

    def asked(digest: str) -> dict[str, Any]:
        return {"verb": "ticket.note", "asked": {"ticket": number, "photos": [digest]}}

    return _added(args, asked, f"ticket {args.number}")


def of_inspection(args: argparse.Namespace) -> int:
    """Add one to an inspection that was signed."""

    def asked(digest: str) -> dict[str, Any]:
        return {"verb": "inspection.photo", "asked": {"inspection": args.number, "photos": [digest]}}

    return _added(args, asked, f"inspection {args.number}")


def _added(args: argparse.Namespace, asked: Any, what: str) -> int:
    name = secrets.token_hex(16)
    place = store_of(args.config) / TICKET_PHOTOS / INCOMING / name
    try:
        bring(args.path, place)
        taken = call(args.config, {"do": "book-read", "query": "tickets.take_photo", "asked": {"name": name}})
    except OSError as err:
        complain(
            f"{plain(args.path)} could not be read or brought to the store: {err.strerror}. Nothing was added."
        )
        return USAGE
    except NoAnswer:
        return DID_NOT_HOLD
    finally:
        with contextlib.suppress(OSError):
            place.unlink(missing_ok=True)
    if not taken["ok"]:
        complain(plain(taken["words"]))
        return DID_NOT_HOLD
    data = taken["data"]
    if data["code"]:
        complain(f"{plain(args.path)} was not added: {plain(reply(data['code'], {}))}")
        return DID_NOT_HOLD
    request = {"do": "book-ask", **asked(str(data["sha256"]))}
    return do(args, request, lambda _: [f"The photo is with {what}."], not_durable=NOT_RECORDED)
