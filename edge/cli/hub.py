"""`campus-edge hub`: runs the district's receiver, and administers it. Talks to PostgreSQL, not to a running hub."""

import argparse
import asyncio
import ipaddress
import os
import ssl
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from edge import logs
from edge.cli import CONFIGURATION, DID_NOT_HOLD, DONE, USAGE
from edge.cli.hub_verbs import DATABASE
from edge.cli.moments import seconds
from edge.cli.out import age, complain, plain, say, say_json
from edge.cli.table import table
from edge.district.api import Campus
from edge.hub import alarms as raised
from edge.hub import directives, enrolment
from edge.hub.database import Busy, Database, NotOurs, Refuses, Unreachable, migrate
from edge.hub.process import Settings
from edge.hub.supervising import DidNotBegin
from edge.hub.supervising import serve as supervise
from edge.journal.keys import KeyRefused, SigningKey, key_id, public_key_sha256
from edge.words import plural

LONGEST_NAME: Final = 200


class _No(Exception):
    """It was not done; the text says why and what to do. code: the exit code."""

    def __init__(self, text: str, code: int = DID_NOT_HOLD) -> None:
        super().__init__(text)
        self.code = code


def serve(args: argparse.Namespace) -> int:
    """Run it in the foreground until SIGTERM."""

    async def run() -> int:
        host, _, port = args.listen.rpartition(":")
        host = host.strip("[]")
        if args.certificate is None and not _loopback(host):
            raise _No(
                f"{host} is not loopback: campuses reach it over the network, and only by TLS. "
                "Give --certificate and --key, or listen on 127.0.0.1 behind a balancer on this machine that does TLS.",
                CONFIGURATION,
            )
        if args.certificate is None and (args.key or args.client_ca):
            raise _No("--key and --client-ca belong to a --certificate.", USAGE)
        for one in (args.certificate, args.key, args.client_ca):
            if one is not None and not os.access(one, os.R_OK):
                raise _No(
                    f"{one} cannot be read: name a file in PEM, which this user may read.", CONFIGURATION
                )
        settings = Settings(
            _database(args),
            str(args.keys.absolute()),
            host,
            int(port),
            *(
                "" if one is None else str(one.absolute())
                for one in (args.certificate, args.key, args.client_ca)
            ),
        )
        logs.set_up()
        await supervise(settings, args.processes, lambda where: say(f"The hub listens on {where}."))
        return DONE

    return _run(run)


def enrol(args: argparse.Namespace) -> int:
    """Let a campus in."""
    campus = _campus(args.campus)
    pem = "" if args.checkpoint_key is None else _text(args.checkpoint_key)
    spki = None
    try:
        if pem:
            key_id(pem)
        if args.certificate is not None:
            spki = public_key_sha256(ssl.PEM_cert_to_DER_cert(_text(args.certificate).strip()))
    except ValueError as err:
        complain(f"this is no PEM of the kind that is needed: {err}")
        return CONFIGURATION

    async def do(database: Database, key: SigningKey) -> int:
        made = await enrolment.enrol(
            database,
            key,
            campus,
            args.name[:LONGEST_NAME],
            pem=pem,
            spki=spki,
            life=timedelta(days=args.days),
        )
        if made is None:
            say(f"{campus} is enrolled: whoever shows this certificate's key speaks for it.")
        elif args.out is not None:
            _write_secret(args.out, made.token)
            say(f"{campus} is enrolled. Its token is in {args.out} and ends on {made.until[:10]}.")
            say("Bring it to the campus as the file that `district: {token_file: …}` names.")
        else:
            say(made.token)
            print_to_person(
                f"{campus} is enrolled. This is its token; it is shown once and ends on {made.until[:10]}."
            )
        return DONE

    return _with(args, do)


def print_to_person(text: str) -> None:
    """Beside what a pipe takes."""
    sys.stderr.write(plain(text) + "\n")


def revoke(args: argparse.Namespace) -> int:
    """End its tokens and certificates."""
    campus = _campus(args.campus)

    async def do(database: Database, _: SigningKey) -> int:
        ended = await enrolment.revoke(database, campus)
        if ended is None:
            raise _No(f"No campus {campus} is enrolled; `campus-edge hub campuses` lists them.")
        say(
            f"{campus}: {plural(ended, 'credential')} ended. Nobody speaks for it until it is enrolled again; its record stays."
        )
        return DONE

    return _with(args, do)


def campuses(args: argparse.Namespace) -> int:
    """Every campus."""

    async def do(database: Database, _: SigningKey) -> int:
        found = await enrolment.campuses(database)
        if args.json:
            say_json(msgspec.to_builtins(found))
            return DONE
        now = datetime.now(UTC)
        rows = [
            (
                one.campus,
                one.name,
                age(None if one.heard is None else 1_000 * (now - _time(one.heard)).total_seconds()),
                one.events,
                one.provisional,
                one.alarms,
                ", ".join(
                    [f"HALTED: {one.halted}"] * bool(one.halted)
                    + ["nobody may speak for it"] * (not one.credentials)
                ),
            )
            for one in found
        ]
        head = ("campus", "name", "last heard", "events", "ahead", "alarms", "")
        say(table(head, rows) if rows else "No campus is enrolled; `campus-edge hub enrol CAMPUS` does.")
        return DONE

    return _with(args, do)


def alarms(args: argparse.Namespace) -> int:
    """What a person must look at."""

    async def do(database: Database, _: SigningKey) -> int:
        found = await enrolment.alarms(database, cleared=args.all)
        if args.json:
            say_json(found)
            return DONE
        rows = [
            (
                one["campus"],
                one["number"],
                one["what"],
                one["last"][:16].replace("T", " "),
                one["times"],
                MEANING[one["what"]].format(**one)
                + (f" Cleared by {one['cleared_by']}: {one['cleared_reason']}" if one["cleared"] else ""),
            )
            for one in found
        ]
        say(
            table(("campus", "no.", "what", "last (UTC)", "times", ""), rows) if rows else "Nothing is wrong."
        )
        return DONE

    return _with(args, do)


MEANING: Final = {
    "fork": "Another event came as number {seq} of epoch {epoch} than is held. Nothing more is taken. Find out which box is "
    "the campus's, then clear this.",
    "cloned": "Two boxes, or one without its memory, write this journal ({epoch}). Nothing more is taken. Stop the other "
    "one, then clear this; --begin-anew where the box was set up again.",
    "restored": "The box was restored: it went on from number {seq} of epoch {epoch}. What it lost is kept here.",
    "gap": "What follows number {seq} of epoch {epoch} has not come. It clears itself when it does.",
    "checkpoint": "The checkpoint at number {seq} of epoch {epoch} is not signed by this campus's key.",
}


def clear(args: argparse.Namespace) -> int:
    """A person has looked."""
    campus = _campus(args.campus)

    async def do(database: Database, _: SigningKey) -> int:
        if not await raised.clear(database, campus, args.number, args.by, args.reason, anew=args.begin_anew):
            raise _No(
                f"{campus} has no alarm {args.number} that stands; `campus-edge hub alarms` lists them."
            )
        say(f"Alarm {args.number} of {campus} is cleared.")
        return DONE

    return _with(args, do)


def directive(args: argparse.Namespace) -> int:
    """Sign one for a campus."""
    campus = _campus(args.campus)
    try:
        said = msgspec.json.decode(_said(args.args), type=dict[str, Any])
    except msgspec.MsgspecError as err:
        complain(f"--args is a JSON object: {err}")
        return USAGE
    expires = None if args.expires is None else seconds(args.expires)
    if args.expires is not None and expires is None:
        complain("--expires is a time (2026-12-01T08:00:00Z) or how long from now (2h, 1d)")
        return USAGE

    async def do(database: Database, key: SigningKey) -> int:
        ends = None if expires is None else datetime.fromtimestamp(expires, UTC)
        try:
            made = await directives.issue(database, key, campus, args.kind, said, ends)
        except KeyError:
            raise _No(f"No campus {campus} is enrolled; `campus-edge hub campuses` lists them.") from None
        except ValueError as err:
            raise _No(f"This is no directive: {err}.", USAGE) from None
        if args.json:
            say_json(msgspec.to_builtins(made))
        else:
            say(f"Directive {made.number} waits for {campus}; it answers with an event whether it did it.")
        return DONE

    return _with(args, do)


# --- what they have in common -----------------------------------------------------------------------


def _with(args: argparse.Namespace, do: Callable[[Database, SigningKey], Awaitable[int]]) -> int:
    async def run() -> int:
        url = _database(args)
        await migrate(url)
        key = enrolment.key_in(args.keys)
        database = await Database.open(url, 1)
        try:
            await enrolment.own_key(database, key)
            return await do(database, key)
        finally:
            await database.close()

    return _run(run)


def _run(what: Callable[[], Awaitable[int]]) -> int:
    async def run() -> int:
        return await what()

    try:
        return asyncio.run(run())
    except _No as err:
        complain(plain(err))
        return err.code
    except (NotOurs, KeyRefused, ssl.SSLError) as err:
        complain(plain(err))
        return CONFIGURATION
    except DidNotBegin as err:
        complain(plain(err))
        return DID_NOT_HOLD
    except (*Unreachable, *Busy, *Refuses) as err:
        complain(
            f"it could not be done: {plain(err) or type(err).__name__}. Is PostgreSQL there, and may this user reach it? "
            "Campuses keep what they have and send it again by themselves."
        )
        return DID_NOT_HOLD


def _database(args: argparse.Namespace) -> str:
    url = str(args.database)
    if not url.startswith(("postgresql://", "postgres://")):
        raise _No(f"Which database? --database postgresql://…, or ${DATABASE}.", USAGE)
    return url


def _campus(text: str) -> str:
    try:
        return msgspec.convert(text, Campus)
    except msgspec.ValidationError:
        complain("a campus's id is as in its configuration: lower-case letters, digits and dashes")
        raise SystemExit(USAGE) from None


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError) as err:
        complain(f"{path} cannot be read: {err}")
        raise SystemExit(CONFIGURATION) from None


def _said(file: str) -> bytes:
    if not file:
        return b"{}"
    try:
        return sys.stdin.buffer.read(directives.MOST_BYTES) if file == "-" else Path(file).read_bytes()
    except OSError as err:
        complain(f"{file} cannot be read: {err.strerror}")
        raise SystemExit(USAGE) from None


def _write_secret(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text + "\n")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
