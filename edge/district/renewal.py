"""Has the campus's token renewed long before it ends, and keeps the new one in the process's own folder.

The configured file stays as IT wrote it: of the two the one that was made later counts. What a token says is read here without
its signature, which is the hub's to check.
"""

import asyncio
import base64
import binascii
import contextlib
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from edge.district.client import Client

NAME: Final = "token"
LOOK_S: Final = 3_600.0
DUE: Final = 0.5
"""Of a token's life: half is left for a district whose hub is away for months."""
LONGEST: Final = 4_096


class Claims(msgspec.Struct, frozen=True):
    """since, until: seconds of UTC."""

    campus: str
    since: int
    until: int


def claims(token: str) -> Claims | None:
    """What a token says of itself; None: it is none that says anything, such as another hub's."""
    parts = token.split(".")
    if len(token) > LONGEST or len(parts) != 3:
        return None
    try:
        raw = base64.urlsafe_b64decode(parts[1].encode("ascii") + b"=" * (-len(parts[1]) % 4))
        return msgspec.json.decode(raw, type=Claims)
    except (ValueError, binascii.Error, msgspec.MsgspecError, RecursionError):
        return None


def chosen(folder: Path, configured: str, campus: str) -> str:
    """The configured token, or the one that was kept, where that is this campus's and was made later."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        kept = (folder / NAME).read_bytes()[: LONGEST + 1].decode("ascii").strip()
        new, old = claims(kept), claims(configured)
        if (
            new is not None
            and old is not None
            and new.campus == campus == old.campus
            and new.since > old.since
        ):
            return kept
    return configured


def due(token: str, now_s: float) -> bool:
    """Whether half of its life is over; what does not say when it ends is never due."""
    said = claims(token)
    return said is not None and now_s >= said.until - (said.until - said.since) * DUE


def keep(folder: Path, token: str) -> None:
    """To disk, whole or not at all. Raises OSError."""
    new = folder / f"{NAME}.new"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, token.encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    new.rename(folder / NAME)


async def run(client: Client, folder: Path, now_s: Callable[[], float] = time.time) -> None:
    """Renew it once it is due, for ever. Raises Away, Told: called again, it tries again."""
    while True:
        if due(client.token, now_s()):
            made = await client.new_token()
            # Kept before it is used: once it was used the old one is over.
            keep(folder, made.token)
            client.token = made.token
        await asyncio.sleep(random.uniform(0.5, 1.0) * LOOK_S)  # noqa: S311  # no secret
