"""What must hold whatever broke: read from what the devices did, what was said of them, and what the record keeps.

Pure: a `Story` in, the broken promises out. I1 to I6 of the fault research; the words are those of the report.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.faults.button import Press

Row = dict[str, Any]

FRESH_US: Final = 3_500_000
"""Evidence is fresh for 2 s, the sweep and the publish come after; a busy machine adds its second."""
PROVEN_US: Final = 1_500_000
"""Who begins to say secured has read the bolt thrown so long ago at most: two polls and a publish."""
GUARDED: Final = "gym"
ACTING: Final = frozenset({"acted", "joined"})


@dataclass(frozen=True, slots=True)
class Story:
    """One cell, from its first press to its last look. Times are microseconds of CLOCK_MONOTONIC.

    writes: (when, door, locks) of every write to a lock's output. moved: (when, door, thrown, closed) in truth,
    from the beginning of the campus. claims: (when, door, verdict) said on the broker, and of the `appliance`.
    rows: the journal of the cell. released: doors whose release was asked, from when and until when.
    refused: doors that the interlock refuses throughout. problems: of the chain, in words.
    """

    presses: Sequence[Press]
    writes: Sequence[tuple[int, str, bool]]
    moved: Sequence[tuple[int, str, bool, bool]]
    claims: Sequence[tuple[int, str, str]]
    rows: Sequence[Row]
    problems: Sequence[str]
    refused: frozenset[str]
    doors: frozenset[str]
    released: Mapping[str, tuple[int, int]]
    locked: dict[str, bool]
    ended_us: int
    record_lost: bool = False
    """The fault destroys rows that were on disk (bits of the database itself): the record may say so instead."""
    before: Sequence[Mapping[str, Any]] = ()
    after: Sequence[Mapping[str, Any]] = ()
    """The whole journal as it stood before the cell, and behind it."""
    doorway: Sequence[tuple[int, bool]] = ()
    """(when, whether somebody stood in it) of the `refused` that a REX guards; none: somebody stood in it throughout."""
    ends_us: Sequence[int] = ()
    """When the daemon ended; what it had said not to be durable may be gone with it."""


def broken(story: Story) -> list[str]:
    """Every promise that was broken, in words; empty: all held."""
    return [
        *_presses(story),
        *_record(story),
        *_doors(story),
        *false_secured(story.claims, story.moved, story.ended_us),
    ]


def _presses(story: Story) -> Iterable[str]:
    standings: dict[str, list[str]] = {}
    for row in story.rows:
        if row["kind"].partition("/")[0] == "press.heard":
            standings.setdefault(row["data"]["press"], []).append(row["data"]["standing"])
    for press in story.presses:
        found = standings.get(press.id, [])
        acted = [one for one in found if one in ACTING]
        if not press.answers:
            yield f"press {press.id} was never accepted"
        if press.answers and not acted and not _said_lost(story) and not _gone_unkept(story, press):
            what = "as durable " if press.durable else ""
            yield f"press {press.id} was accepted {what}and stands in the journal as {found or 'nothing'}"
        if len(acted) > 1:
            yield f"press {press.id} acted {len(acted)} times"


def _gone_unkept(story: Story, press: Press) -> bool:
    """It was answered as not durable, and the daemon ended before the disk took anything again."""
    return not press.durable and any(at_us > press.answers[0][0] for at_us in story.ends_us)


def _said_lost(story: Story) -> bool:
    """Rows were destroyed on the disk, and the record says so: a new epoch that names why."""
    return story.record_lost and any(row["kind"].startswith("epoch.started/") for row in story.rows)


def _record(story: Story) -> Iterable[str]:
    yield from story.problems
    opened = [row for row in story.rows if row["kind"].startswith("incident.opened/")]
    names = {row["incident"] for row in opened}
    if story.presses and len(names) != 1 and not (story.record_lost and len(names) <= 1):
        yield f"{len(names)} incidents were opened by the presses of one lockdown"
    seqs: dict[str, list[int]] = {}
    for row in story.rows:
        seqs.setdefault(row["epoch"], []).append(row["seq"])
    for epoch, found in seqs.items():
        if found != list(range(found[0], found[0] + len(found))):
            yield f"a gap or a double in epoch {epoch[:8]}"
    yield from _kept(story)
    doubled = [one for one, count in Counter(row["id"] for row in story.rows).items() if count > 1]
    if doubled:
        yield f"{len(doubled)} events stand in the journal twice"


def _kept(story: Story) -> Iterable[str]:
    """Whatever was on the disk before stands there as it was, unless it was destroyed and the record says so."""
    if _said_lost(story):
        return
    now = {row["id"]: row for row in story.after}
    gone = [row for row in story.before if now.get(row["id"]) != row]
    if gone:
        yield f"{len(gone)} events of before are gone or changed, the first of them number {gone[0]['seq']}"


def _doors(story: Story) -> Iterable[str]:
    for at_us, door, locks in story.writes:
        if door in story.refused and locks and not (door == GUARDED and _left(story, at_us)):
            yield f"{door} was told to lock, which the interlock refuses"
        if not locks and door not in story.refused and not _asked(story, door, at_us):
            since_s = [(at_us - one.at_us) / 1e6 for one in story.presses if one.at_us <= at_us]
            when = f"{min(since_s):.2f} s behind a press" if since_s else "before any press"
            yield f"{door} was told to unlock {when} and nobody had asked for it"
    for door in sorted(story.doors - story.refused):
        if not story.locked.get(door, False):
            yield f"{door} is not locked at the end"


def _left(story: Story, at_us: int) -> bool:
    """Nobody was in the doorway at some instant at which that may have been read."""
    return not all(_held(story.doorway, at_us - FRESH_US, at_us))


def _asked(story: Story, door: str, at_us: int) -> bool:
    begins, ends = story.released.get(door, (1, 0))
    return begins <= at_us <= ends


def false_secured(
    claims: Sequence[tuple[int, str, str]], moved: Sequence[tuple[int, str, bool, bool]], ended_us: int
) -> Iterable[str]:
    """Doors said to be secured while they were not: at the first word of it, or for longer than evidence is fresh."""
    for door in sorted({door for _, door, _ in claims if door != "appliance"}):
        truth = [(at, thrown and closed) for at, one, thrown, closed in moved if one == door]
        for begins, ends in _said_secured(door, claims, ended_us):
            if not any(_held(truth, begins - PROVEN_US, begins)):
                yield f"{door} was said to be secured and its bolt was not thrown"
                break
            if any(until - since > FRESH_US for since, until in _unproven(truth, begins, ends)):
                yield f"{door} stayed secured for more than {FRESH_US / 1e6:g} s after it was not any more"
                break


def _said_secured(
    door: str, claims: Sequence[tuple[int, str, str]], ended_us: int
) -> Iterable[tuple[int, int]]:
    """When a door was said to be secured by an armed appliance: [from, to)."""
    since: int | None = None
    for at_us, one, said in claims:
        if one == door and said == "secured":
            since = at_us if since is None else since
        elif since is not None and (one == door or (one == "appliance" and said == "gone")):
            yield since, at_us
            since = None
    if since is not None:
        yield since, ended_us


def _held(truth: Sequence[tuple[int, bool]], begins: int, ends: int) -> Iterable[bool]:
    """What was true at some instant between, both ends included."""
    before = [held for at, held in truth if at <= begins]
    yield from before[-1:]
    yield from (held for at, held in truth if begins < at <= ends)


def _unproven(truth: Sequence[tuple[int, bool]], begins: int, ends: int) -> Iterable[tuple[int, int]]:
    """The stretches within [begins, ends) in which the door was not secured."""
    since: int | None = begins if (first := list(_held(truth, begins, begins))) and not first[-1] else None
    for at, held in truth:
        if begins < at < ends:
            if held and since is not None:
                yield since, at
                since = None
            elif not held and since is None:
                since = at
    if since is not None:
        yield since, ends
