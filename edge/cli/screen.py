"""One screen of plain text from a snapshot: shape and word, no color needed. Pure."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from edge.camera_words import BLIND, lost
from edge.cli.detections import waiting
from edge.cli.ledger import evidence, verdict
from edge.cli.out import age, clock, plain
from edge.cli.table import table
from edge.district_words import standing
from edge.notice_words import CODES, FOR_GOOD, STATES
from edge.words import MODES, plural

Document = Mapping[str, Any]
MARKS: Final[Mapping[str, str]] = {"not_secured": "!!", "look": " !", "": "  "}
INDENT: Final = "  "


def screen(document: Document, *, width: int = 110) -> str:
    """What a person at the box needs first: armed, what is live, which doors are not secured, what waits for them."""
    parts = [
        _head(document, width),
        waiting(document.get("detections", ()), width),
        _calls(document, width),
        _live(document, width),
        _unanswered(document, width),
        _doors(document, width),
        _notices(document, width),
        _cameras(document, width),
        _flags(document, width),
        _buttons(document, width),
    ]
    return "\n\n".join("\n".join(part) for lines in parts if (part := list(lines)))


def _head(document: Document, width: int) -> Iterator[str]:
    box = document["appliance"]
    yield plain(f"{box['name']} ({box['campus']}), {clock(document['at'])}, campus-edge {box['version']}")
    flags = len(document["flags"])
    gaps = f", with {plural(flags, 'flag')}" if flags else ""
    since = f"since {clock(box['since'])}"
    if box["armed"]:
        yield f"ARMED {since}{gaps}."
    else:
        yield from wrapped(f"NOT ARMED {since}. {box['words']}", width)
    if box["mode"] != "normal":
        yield f"Running {MODES.get(box['mode'], box['mode'])}."
    if box["journal"]["trouble"]:
        yield from wrapped(f"NOT RECORDED ({box['journal']['trouble']}): {box['journal']['words']}", width)
    if box.get("district") is not None:
        yield from wrapped(standing(box["district"]), width)


def _live(document: Document, width: int) -> Iterator[str]:
    if not document["incidents"]:
        yield "No response."
    for one in document["incidents"]:
        silent = " SILENT: do not show, do not speak of it." if one["silent"] else ""
        yield plain(
            f"{one['kind'].upper()}: {one['response']} in {one['zone']}{_also(one)} since {clock(one['opened'])}, "
            f"incident {one['id']}.{silent}"
        )
    rows = [
        (zone["id"], f"{zone['kind'].upper()} {zone['response']}", clock(zone["since"]))
        for zone in document["zones"]
        if zone["response"]
    ]
    if rows:
        yield table(("zone", "holds", "since"), rows, width=width, indent=INDENT)
    for test in document["walk_tests"]:
        pressed = "heard" if test["pressed"] else "not pressed yet"
        left = f"{test['left_s'] // 60}:{test['left_s'] % 60:02d}"
        yield plain(f"TEST: button {test['button']} ({test['name']}), {left} left, {pressed}")


def _also(incident: Document) -> str:
    """The other zones of an incident, in which something else may hold: the table below says what."""
    others = [one for one in incident["zones"] if one != incident["zone"]]
    return f", also {', '.join(others)}," if others else ""


def _calls(document: Document, width: int) -> Iterator[str]:
    """911 calls by telephone that nobody has seen."""
    found = document.get("emergency_calls", ())
    if not found:
        return
    yield "911 WAS CALLED by telephone, and nobody said that they saw it (on the page)"
    rows = [
        (
            one["number"],
            "TEST" if one["test"] else "",
            ", ".join(part for part in (one["place"], one["zone_name"]) if part),
            one["extension"],
            f"{age(one['age_ms'])} ago",
            one["doubt_words"],
        )
        for one in found
    ]
    yield table(("number", "", "place", "extension", "when", ""), rows, width=width, indent=INDENT)


def _unanswered(document: Document, width: int) -> Iterator[str]:
    if not document["unanswered"]:
        return
    yield "UNANSWERED PRESSES: look there, then campus-edge answer NUMBER --start or --dismiss --reason …"
    rows = [
        (
            one["number"],
            one["response"],
            f"{_place(one)} ({one['zone']})",
            f"{age(one['age_ms'])} ago",
            one["words"],
        )
        for one in document["unanswered"]
    ]
    yield table(("number", "asks for", "place", "arrived", "why"), rows, width=width, indent=INDENT)


def _doors(document: Document, width: int) -> Iterator[str]:
    doors: Sequence[Document] = document["doors"]
    worst = [door for door in doors if door["attention"]]
    not_secured = sum(door["attention"] == "not_secured" for door in doors)
    look = len(worst) - not_secured
    yield (
        f"{plural(len(doors), 'door')}: {not_secured} NOT SECURED, {look} to look at, "
        f"{len(doors) - len(worst)} as they should be"
    )
    if worst:
        rows = [
            (MARKS[door["attention"]], door["id"], door["name"], verdict(door), evidence(door), door["words"])
            for door in worst
        ]
        yield table(("", "door", "name", "verdict", "evidence", "why"), rows, width=width, indent=INDENT)
    rest: dict[str, list[str]] = {}
    for door in doors:
        if not door["attention"]:
            rest.setdefault(door["verdict"], []).append(door["id"])
    for word, names in rest.items():
        yield from wrapped(f"{word}: {' '.join(names)}", width, INDENT)


def _notices(document: Document, width: int) -> Iterator[str]:
    """By how many ways people were told; every way with what is known of it, those that did not go out first."""
    told = [(one["id"], notice) for one in document["outputs"] for notice in one["notices"]]
    if not told:
        return
    went = sum(notice["state"] in ("sent", "received", "acknowledged") for _, notice in told)
    yield f"Told by {went} of {plural(len(told), 'way')}; sent is not informed"
    rows = []
    for output, one in sorted(told, key=lambda each: each[1]["state"] != "failed"):
        mark = f"{one['kind'].upper()} " if one["kind"] != "real" else ""
        what = f"{mark}{one['response'] or 'all clear'} in {one['zone']}"
        count = f", {one['told']} of {one['of']}" if one["of"] else ""
        why = CODES.get(one["code"], one["code"])
        failed = one["state"] == "failed"
        again = "; it is tried again" if failed and one["code"] not in FOR_GOOD else ""
        state = STATES.get(one["state"], one["state"])
        rows.append(
            ("!!" if failed else "", output, what, f"{state}{count}", clock(one["since"]), why + again)
        )
    yield table(("", "output", "says", "is", "since", "why"), rows, width=width, indent=INDENT)
    for output, one in told:
        if one["second"] is not None:
            since = "" if one["unacknowledged"] else "; all heard from since"
            yield from wrapped(_second(output, one["second"]) + since, width, INDENT)


def _second(output: str, one: Document) -> str:
    """Who did not acknowledge, and what came of the second channel."""
    who = f"{output}: " + (", ".join(one["rooms"]) or "whom it is addressed to")
    if one["output"] is None:
        return f"!! NOT ACKNOWLEDGED by {who}; no second channel is configured for them"
    why = CODES.get(one["code"], one["code"])
    state = STATES.get(one["state"], one["state"]) + (f" ({why})" if why else "")
    return f"!! NOT ACKNOWLEDGED by {who}; tried by {one['output']} at {clock(one['at'])}: {state}"


def _cameras(document: Document, width: int) -> Iterator[str]:
    """How many can be relied on; the others each with why, and since when."""
    cameras: Sequence[Document] = document["cameras"]
    if not cameras:
        return
    blind = [one for one in cameras if one["blind"]]
    yield f"Cameras: {len(cameras) - len(blind)} up, {len(blind)} blind, of {len(cameras)}"
    rows = []
    for one in blind:
        word, says = BLIND.get(one["blind"], (one["blind"], ""))
        why = lost(one["code"]) if one["blind"] == "lost" and one["code"] else says
        since = clock(one["since"]) if one["blind"] == "lost" and one["since"] else "-"
        rows.append((" !", one["id"], one["name"], word.upper(), since, why))
    if rows:
        yield table(("", "camera", "name", "is", "since", "why"), rows, width=width, indent=INDENT)


def _flags(document: Document, width: int) -> Iterator[str]:
    if not document["flags"]:
        return
    yield plural(len(document["flags"]), "flag").upper()
    grouped: dict[tuple[str, str], list[str]] = {}
    for one in document["flags"]:
        # The same shortcoming of many devices is one line with their names, not a page of equal lines.
        key = (one["code"], one["text"])
        grouped.setdefault(key, []).append(one["title"] if not one["subject"] else one["subject"])
    titles = {(one["code"], one["text"]): one["title"] for one in document["flags"]}
    for key, subjects in grouped.items():
        title = titles[key] if len(subjects) == 1 else f"{key[0]} ({len(subjects)}): {' '.join(subjects)}"
        yield from wrapped(f"{title}. {key[1]}", width, INDENT)


def _buttons(document: Document, width: int) -> Iterator[str]:
    rows = []
    for one in document["buttons"]:
        heard = "-" if one["path"] == "wired" else age(one["heard_ms"])
        battery = "-" if one["battery"] is None else f"{one['battery']} %"
        campus = document["appliance"]["campus"]
        gestures = " ".join(
            f"{word}={_asks(ask, one['zone'], campus)}" for word, ask in one["gestures"].items()
        )
        state = "TEST" if one["walk_test"] else one["supervision"]
        rows.append((one["id"], _place(one), state, heard, battery, gestures))
    if rows:
        header = ("button", "place", "state", "heard", "battery", "gestures")
        yield table(header, rows, width=width)


def _place(button: Document) -> str:
    """The button's name, and its room where the name does not say it."""
    room = button["room"]
    return f"{button['name']}, room {room}" if room and room not in button["name"] else str(button["name"])


def _asks(ask: Document, own: str, campus: str) -> str:
    """The response, with its zone where that is neither the button's own nor the campus."""
    return str(ask["response"]) if ask["zone"] in (own, campus) else f"{ask['response']}@{ask['zone']}"


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Lines of at most `width` columns."""
    return textwrap.wrap(
        plain(text),
        max(40, width),
        initial_indent=indent,
        subsequent_indent=indent + INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
