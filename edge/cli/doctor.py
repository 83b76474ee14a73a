"""`doctor`: probes what is configured, outside the daemon, and says what to do about what failed: cameras, the map."""

import argparse
import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

from msgspec import structs

from edge.cli import CONFIGURATION, DID_NOT_HOLD, DONE
from edge.cli.out import complain, plain, say, say_json
from edge.cli.store import store_of
from edge.cli.table import table
from edge.doctor import floorplans
from edge.doctor.cameras import Examined, Unconfigured, examine
from edge.doctor.finding import Finding
from edge.doctor.stream import Played
from edge.floorplans.drawn import Limits
from edge.setting import NotAccepted, setting_of


def doctor(args: argparse.Namespace) -> int:
    """Exit 1 where anything does not do what it is configured for. Nothing is changed anywhere."""
    try:
        setting = setting_of(args.config)
        guest = _guest(args.guest_file)
    except NotAccepted as err:
        for problem in err.problems:
            complain(problem.text())
        return CONFIGURATION
    except OSError as err:
        complain(f"{args.guest_file} cannot be read: {err.strerror}")
        return DID_NOT_HOLD
    examined, unconfigured = asyncio.run(
        examine(setting.config.cameras, setting.secrets, search=not args.no_search, guest=guest)
    )
    said = setting.config.policies.floorplans
    limits = Limits(said.file_mb, said.things, said.points)
    kept = floorplans.examined(store_of(args.config), limits)
    if args.json:
        say_json(
            {
                **_document(examined, unconfigured),
                "floorplans": {**asdict(kept), "limits": structs.asdict(limits)},
            }
        )
    else:
        _tell(examined, unconfigured)
        _tell_map(kept, limits)
    failed = any(one.failed for one in examined) or any(one.weight == "failed" for one in kept.findings)
    return DID_NOT_HOLD if failed else DONE


def _tell_map(kept: floorplans.Kept, limits: Limits) -> None:
    say(
        f"Map: {kept.plans} floor plans; the largest draws {kept.things} of {limits.things} things and "
        f"{kept.points} of {limits.points} points; {kept.kept / 1_048_576:.1f} MB kept."
        if kept.plans
        else "No floor plan was brought."
    )
    for finding in kept.findings:
        say(f"{finding.weight}: map: {plain(finding.what)}; {plain(finding.do)}.")


def _guest(path: Path | None) -> str:
    """Raises OSError."""
    return "" if path is None else path.read_text("utf-8", "replace").strip()


def _tell(examined: list[Examined], unconfigured: list[Unconfigured]) -> None:
    rows: list[tuple[object, ...]] = []
    for one in examined:
        firmware = one.description.identity if one.description is not None else None
        known = "" if firmware is None else f"{firmware.manufacturer} {firmware.model} {firmware.firmware}"
        rows.append((one.id, "main", *_row(one.main), known))
        if one.sub is not None:
            rows.append(("", "sub", *_row(one.sub), ""))
    if rows:
        header = (
            "camera",
            "stream",
            "state",
            "codec",
            "size",
            "fps",
            "keys every",
            "Mbit/s",
            "by",
            "clock",
            "firmware",
        )
        say(table(header, rows))
    else:
        say("No camera is configured.")
    for one in examined:
        for stream, finding in _findings(one):
            say(f"{finding.weight}: {one.id}{stream}: {plain(finding.what)}; {plain(finding.do)}.")
    for stranger in unconfigured:
        what = f"{stranger.found.name} {stranger.found.hardware}".strip()
        say(f"\nfound: {plain(what)} at {stranger.found.host} is not configured. Beneath cameras: write")
        say("\n".join(f"  {plain(line)}" for line in stranger.stanza.split("\n")))


def _row(played: Played) -> tuple[object, ...]:
    if played.lost:
        return (played.lost, "", "", "", "", "", "", "")
    every = f"{played.gop / played.fps:.1f} s" if played.gop and played.fps else "?"
    skew = "?" if played.skew_us is None else f"{round(played.skew_us / 1e6, 1) or 0:+.1f} s"
    size = f"{played.width}x{played.height}"
    rate = f"{played.bit_rate / 1e6:.1f}"
    return ("plays", played.codec, size, f"{played.fps:.1f}", every, rate, played.transport or "?", skew)


def _findings(one: Examined) -> list[tuple[str, Finding]]:
    told = [("", finding) for finding in one.findings]
    told += [(", main", finding) for finding in one.main.findings]
    if one.sub is not None:
        told += [(", sub", finding) for finding in one.sub.findings]
    return sorted(told, key=lambda pair: pair[1].weight)


def _document(examined: list[Examined], unconfigured: list[Unconfigured]) -> dict[str, Any]:
    return {
        "cameras": [{**asdict(one), "failed": one.failed} for one in examined],
        "unconfigured": [asdict(one) for one in unconfigured],
    }
