"""What every device driver is, what it is given and what it may raise."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from rules.model.commands import Drive, Permit
from rules.model.events import CommandEnded, Event
from rules.model.ids import ControllerId, OutputId, Space
from rules.model.notices import Notice
from rules.model.seal import SEAL
from rules.model.values import dataclass

Emit = Callable[[Event], None]
"""Hands one event to the inbox. Belongs to the loop's thread; from elsewhere use `call_soon_threadsafe`."""


class Driver(Protocol):
    """One configured controller. `run` is started once; `execute` may be called any number of times meanwhile."""

    controller: ControllerId

    async def run(self, emit: Emit) -> None:
        """Stay connected, poll the evidence and emit `Scanned` and `ControllerChanged` until cancelled.

        Reconnects by itself. A lost device is an event, never an exception; raises only on our own bugs.
        """

    def execute(self, permit: Permit) -> "asyncio.Future[CommandEnded]":
        """Put one command on the wire now, ahead of any polling, and return what will become of it.

        Where the connection is up the frame has left (or is first in the bus's queue, or goes with those of the
        other controllers at the end of a `Burst`) when this returns: nothing is awaited before. The future always
        resolves, within the driver's own time-out (counted anew from each answer of a device that does one thing
        after the other), and is never set to an exception. Raises `NotPermitted` for a permit the interlock did not seal.
        """

    def prepare(self, drives: tuple[Drive, ...]) -> None:
        """Have ready what a command of these would send, for the first one of its kind too. Sends nothing.

        Raises `NotPermitted` for drives that no sound permit holds.
        """


class NotPermitted(Exception):
    """A command that the interlock did not pass reached a driver: a bug of ours; nothing was switched."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Which points a driver reads, by (space, number), and how often.

    fast: wired buttons and their counters or latches, and the inputs that need two equal reads.
    evidence: every other bolt, position, input, and the coils or outputs we drive (their read-back).
    """

    evidence: frozenset[tuple[Space, int]]
    fast: frozenset[tuple[Space, int]]
    evidence_every_s: float = 0.5
    fast_every_s: float = 0.05


def checked_notice(notice: Notice, output: OutputId) -> Notice:
    """The notice itself, if the interlock sealed it for this output; every route's first line."""
    if notice.seal is not SEAL or notice.output != output:
        raise NotPermitted(f"notice {notice.id} to {output} carries no permit")
    return notice


def checked(permit: Permit, controller: ControllerId) -> Permit:
    """The permit itself, if the interlock sealed it for this controller; every driver's first line."""
    if permit.seal is not SEAL or permit.controller != controller or not permit.drives:
        raise NotPermitted(f"command {permit.id} to {controller} carries no permit")
    return permit
