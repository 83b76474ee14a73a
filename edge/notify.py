"""Tells systemd how the daemon fares (sd_notify(3)): a datagram to $NOTIFY_SOCKET, nothing where there is none."""

import os
import socket
import time
from collections.abc import Mapping
from typing import Final

LONGEST: Final = 4_096


def notify(*states: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send states such as `READY=1`. True: handed over. False: not run by systemd, or it does not listen.

    Never raises and never blocks: a deaf service manager is no reason to stop locking doors.
    """
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    message = "\n".join(state.replace("\n", " ") for state in states).encode("utf-8", "replace")[:LONGEST]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            sock.setblocking(False)
            sock.sendto(message, address)
    except OSError:
        return False
    return True


def ready(status: str) -> bool:
    """The start is over: armed, or known why not."""
    return notify("READY=1", f"STATUS={status}")


def status(text: str) -> bool:
    """One line for `systemctl status`."""
    return notify(f"STATUS={text}")


def watchdog() -> bool:
    """The loop, the writer and every bus kept their time."""
    return notify("WATCHDOG=1")


def reloading() -> bool:
    """A new configuration is being read; `ready` ends it."""
    return notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1_000}")


def stopping() -> bool:
    """The daemon is ending in order."""
    return notify("STOPPING=1")


def watchdog_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """Seconds after which systemd restarts a daemon that said nothing; None where it does not watch this process."""
    try:
        limit_us = int(environ.get("WATCHDOG_USEC", "0"))
        watched = int(environ.get("WATCHDOG_PID", str(os.getpid())))
    except ValueError:
        return None
    return limit_us / 1e6 if limit_us > 0 and watched == os.getpid() else None
