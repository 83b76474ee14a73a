"""What `verify-journal` answers, in words and numbers: the same from a running daemon and from the files."""

from collections.abc import Sequence
from typing import Any, Final

from edge.journal.verify import Report
from edge.words import plural

MOST_UNNAMED: Final = 20


def told(report: Report) -> dict[str, Any]:
    """A journal's report in words and numbers; the daemon's answer to `verify-journal` has the same form."""
    counts = {
        name: getattr(report, name)
        for name in ("epochs", "events", "opened", "checkpoints", "erased", "spilled")
    }
    text = [
        f"{plural(report.events, 'event')} in {plural(report.epochs, 'epoch')}, "
        f"{plural(report.checkpoints, 'signed checkpoint')}, {plural(report.opened, 'sealed value')} open, "
        f"{report.erased} erased."
    ]
    if report.pictures or report.unnamed:
        how = "read whole" if report.pictures_read else "looked for by size; --evidence reads them"
        text.append(f"{plural(len(report.pictures), 'sealed file')} of pictures, {how}.")
    text += [f"{one} is no part of the record: no event seals it." for one in report.unnamed[:MOST_UNNAMED]]
    if report.spilled:
        text.append(
            f"{plural(report.spilled, 'event')} beside it, durable, will follow when the daemon starts."
        )
    text += [f"event {one.seq or '?'} of epoch {one.epoch or '?'}: {one.text}" for one in report.problems]
    if report.holds:
        head = report.head
        text.append(
            f"The record holds, up to event {head.seq} of epoch {head.epoch}." if head else "It is empty."
        )
    else:
        text.append(
            "The record does NOT hold: keep the disk as it is, copy it, and compare it with exports and the hub."
        )
    problems = [
        {"code": one.code, "epoch": one.epoch, "seq": one.seq, "text": one.text} for one in report.problems
    ]
    pictures = {
        "pictures": len(report.pictures),
        "pictures_read": report.pictures_read,
        "unnamed": report.unnamed,
    }
    return {
        "holds": report.holds,
        "text": text,
        "campus": report.campus,
        **counts,
        **pictures,
        "problems": problems,
    }


def add_rebuilt(found: dict[str, Any], events: int, differences: Sequence[str]) -> None:
    """Add to a report what came of making the views again."""
    found["rebuilt"] = {"events": events, "differences": list(differences)}
    if differences:
        found["holds"] = False
        found["text"] += [
            *differences,
            "The views did NOT follow from the events; those made again took their place.",
        ]
    else:
        found["text"].append(f"The views made again from {plural(events, 'event')} are equal.")
