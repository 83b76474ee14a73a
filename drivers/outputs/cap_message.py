"""What a CAP 1.2 message says, and which message follows which. Pure.

OASIS Common Alerting Protocol 1.2, section 3.2. One chain of messages for each zone and kind: an Alert, its Updates, and the
Cancel that ends it, each naming those before it. A drill's chain and a real one never touch: where one takes the other's
place, the other is cancelled. `status` follows from the kind's type alone, so that no drill can say Actual.

The identifier is that of what is said (`route.sameness`): told again, it is the same message, before a restart and after it.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import Final, Literal, assert_never

from msgspec import Struct

from drivers.outputs.route import DRILL, Wording, marked, sameness
from rules.model.kinds import Drill, Exercise, Kind, Real, Test, kind_of
from rules.model.notices import Notice
from rules.model.responses import Response
from rules.model.values import dataclass

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
DOMAIN: Final = "campus-edge"
"""Before the names of our own codes and parameters, which CAP leaves to the sender."""
REFERENCES_MOST: Final = 16
"""Named in one message: the newest of its chain."""
KEPT_MOST: Final = 256
RESTRICTION: Final = "For the people on this campus."
LANGUAGE: Final = "en-US"
OVER: Final = "all-clear"
"""Under which the words of a second language have those of an end."""

MessageType = Literal["Alert", "Update", "Cancel"]
Status = Literal["Actual", "Exercise", "Test"]


class Alert(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message as it was published, and as it is kept. sent_s: UTC seconds since 1970, for CAP takes no fraction.

    response None: what was told is over. replaced: a Cancel because another kind took its place, which says no all-clear.
    references: `sender,identifier,sent` of those before it, the oldest first. headline, text: for people.
    """

    identifier: str
    sent_s: int
    type: MessageType
    kind: Literal["real", "drill"]
    response: Response | None
    zone: str
    incident: str
    number: int
    headline: str
    text: str
    replaced: bool = False
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says it. campus: its id. name: what people call it. zones: names by id.

    language, words: a second language (BCP 47) and its words by response, and by `all-clear`.
    """

    campus: str
    name: str
    zones: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Row:
    event: str
    categories: tuple[str, ...]
    does: tuple[str, ...]
    urgency: str
    severity: str
    certainty: str


_ROWS: Final[Mapping[Response, _Row]] = {
    "lockdown": _Row("Lockdown", ("Security",), ("Shelter", "Execute"), "Immediate", "Extreme", "Observed"),
    "secure": _Row("Secure", ("Security",), ("Shelter", "Avoid"), "Immediate", "Severe", "Likely"),
    "hold-in-place": _Row("Hold", ("Safety",), ("Execute",), "Immediate", "Minor", "Observed"),
    "shelter": _Row("Shelter", ("Met", "Safety"), ("Shelter",), "Immediate", "Severe", "Likely"),
    "evacuate": _Row("Evacuate", ("Safety",), ("Evacuate",), "Immediate", "Severe", "Observed"),
    "fire": _Row("Fire", ("Fire",), ("Evacuate",), "Immediate", "Extreme", "Observed"),
}
"""CAP names no lockdown: `event` is free text, the rest says what it comes to. What makes no public sign is not here."""
_OTHER: Final = _Row("Other", ("Other",), ("Monitor",), "Unknown", "Unknown", "Unknown")


def status(kind: Kind) -> Status:
    """What a kind is called: only a real emergency is Actual."""
    match kind:
        case Real():
            return "Actual"
        case Drill() | Exercise():
            return "Exercise"
        case Test():
            return "Test"
        case _:
            assert_never(kind)


def followed(kept: Sequence[Alert], campus: str, notice: Notice, wording: Wording, at_s: int) -> list[Alert]:
    """What a notice adds to the messages that are kept, oldest first; nothing, where it was said already."""
    name = identifier(campus, notice)
    if any(one.identifier == name for one in kept):
        return []
    zone, word = str(notice.zone), notice.kind.word
    added = []
    if notice.response is not None:
        for other in ("real", "drill"):
            before = [] if other == word else chain(kept, zone, other)
            if before:
                added.append(_ended(before, campus, f"{name}.{other}", at_s))
    before = chain(kept, zone, word)
    if notice.response is None and not before:
        # Nobody was told of it here.
        return added
    following: MessageType = "Update" if before else "Alert"
    added.append(
        Alert(
            identifier=name,
            sent_s=at_s,
            type="Cancel" if notice.response is None else following,
            kind=word,
            response=notice.response,
            zone=zone,
            incident=str(notice.incident),
            number=notice.number,
            headline=marked(notice, " ".join(wording.subject.split())),
            text=marked(notice, wording.text.strip()),
            references=references(before, campus),
        )
    )
    return added


def identifier(campus: str, notice: Notice) -> str:
    """What the message of a notice is called, however often it is told."""
    return f"{campus}.{sameness(campus, notice)}"


def chain(kept: Iterable[Alert], zone: str, kind: str) -> list[Alert]:
    """The messages of a zone and kind that no Cancel has ended, oldest first."""
    found: list[Alert] = []
    for one in kept:
        if one.zone == zone and one.kind == kind:
            found = [] if one.type == "Cancel" else [*found, one]
    return found


def current(kept: Sequence[Alert]) -> list[Alert]:
    """The newest of each chain that holds still, oldest first."""
    newest = {(one.zone, one.kind): one for one in kept}
    return [one for one in kept if newest[one.zone, one.kind] is one and one.type != "Cancel"]


def bounded(kept: Sequence[Alert]) -> list[Alert]:
    """The newest; what holds still is always among them, for its end has to name it."""
    holding = {one.identifier for one in current(kept)}
    surplus = len(kept) - KEPT_MOST
    return [one for place, one in enumerate(kept) if place >= surplus or one.identifier in holding]


def references(before: Sequence[Alert], campus: str) -> tuple[str, ...]:
    """CAP's triples."""
    return tuple(f"{campus},{one.identifier},{moment(one.sent_s)}" for one in before[-REFERENCES_MOST:])


def moment(seconds: int) -> str:
    """`2026-11-30T09:41:07-00:00`: the schema takes no `Z` and no fraction."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}-00:00"


def element(alert: Alert, by: Speaker) -> ET.Element:
    """The message itself, its elements in the order that the schema fixes."""
    kind = kind_of(alert.kind)
    root = ET.Element("alert", {"xmlns": NAMESPACE})
    _add(root, "identifier", alert.identifier)
    _add(root, "sender", by.campus)
    _add(root, "sent", moment(alert.sent_s))
    _add(root, "status", status(kind))
    _add(root, "msgType", alert.type)
    _add(root, "source", DOMAIN)
    _add(root, "scope", "Restricted")
    _add(root, "restriction", RESTRICTION)
    if alert.kind == "drill":
        _add(root, "note", f"{DRILL}. This is a DRILL: nobody calls 911 for it.")
    elif alert.replaced:
        _add(root, "note", "Another message takes its place.")
    if alert.references:
        _add(root, "references", " ".join(alert.references))
    _add(root, "incidents", alert.incident)
    if not alert.replaced:
        _info(root, alert, by, LANGUAGE, alert.headline, alert.text)
        foreign = by.words.get(alert.response or OVER, "")
        if by.language is not None and foreign:
            # The English word stays first: it is what everybody was drilled to look for.
            said = f"{DRILL}. {foreign}" if alert.kind == "drill" else foreign
            _info(root, alert, by, by.language, said, f"{said} ({alert.number})")
    return root


def document(alert: Alert, by: Speaker) -> bytes:
    """The message as an XML document, UTF-8."""
    return _written(element(alert, by))


def feed(kept: Sequence[Alert], by: Speaker, output: str, most: int, place: str) -> bytes:
    """An Atom feed (RFC 4287) of what holds and what was last said, the newest first, each whole. place: the feed's address."""
    root = ET.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom"})
    _add(root, "id", f"urn:{DOMAIN}:{by.campus}:{output}")
    _add(root, "title", f"{by.name}: what holds on this campus")
    _add(root, "updated", _utc(kept[-1].sent_s if kept else 0))
    ET.SubElement(root, "link", {"rel": "self", "href": place})
    _add(ET.SubElement(root, "author"), "name", by.name)
    holding = {one.identifier for one in current(kept)}
    shown = [one for back, one in enumerate(reversed(kept)) if back < most or one.identifier in holding]
    for one in shown:
        entry = ET.SubElement(root, "entry")
        _add(entry, "id", f"urn:{DOMAIN}:{one.identifier}")
        _add(entry, "title", one.headline)
        _add(entry, "updated", _utc(one.sent_s))
        _add(entry, "summary", one.text)
        link = {
            "rel": "alternate",
            "type": "application/cap+xml",
            "href": f"{place.rstrip('/')}/{one.identifier}",
        }
        ET.SubElement(entry, "link", link)
        ET.SubElement(entry, "content", {"type": "application/cap+xml"}).append(element(one, by))
    return _written(root)


def _ended(before: Sequence[Alert], campus: str, name: str, at_s: int) -> Alert:
    last = before[-1]
    title = "Another message takes its place"
    said = f"{DRILL}. {title}" if last.kind == "drill" else title
    return Alert(
        identifier=name,
        sent_s=at_s,
        type="Cancel",
        kind=last.kind,
        response=last.response,
        zone=last.zone,
        incident=last.incident,
        number=last.number,
        headline=said,
        text=f"{said}.",
        replaced=True,
        references=references(before, campus),
    )


def _info(root: ET.Element, alert: Alert, by: Speaker, language: str, headline: str, text: str) -> None:
    row = _OTHER if alert.response is None else _ROWS.get(alert.response, _OTHER)
    event = "All clear" if alert.response is None else row.event
    over = alert.response is None
    info = ET.SubElement(root, "info")
    _add(info, "language", language)
    for one in ("Safety",) if over else row.categories:
        _add(info, "category", one)
    _add(info, "event", f"{DRILL}. {event}" if alert.kind == "drill" else event)
    for one in ("AllClear",) if over else row.does:
        _add(info, "responseType", one)
    _add(info, "urgency", "Past" if over else row.urgency)
    _add(info, "severity", "Minor" if over else row.severity)
    _add(info, "certainty", "Observed" if over else row.certainty)
    _pair(info, "eventCode", "response", (alert.response or OVER).upper())
    _add(info, "senderName", by.name)
    _add(info, "headline", headline)
    _add(info, "description", text)
    _pair(info, "parameter", "kind", alert.kind)
    _pair(info, "parameter", "state-number", str(alert.number))
    area = ET.SubElement(info, "area")
    named = by.zones.get(alert.zone)
    _add(area, "areaDesc", by.name if named is None else f"{by.name}, {named}")
    _pair(area, "geocode", "zone", alert.zone)


def _pair(parent: ET.Element, tag: str, name: str, value: str) -> None:
    pair = ET.SubElement(parent, tag)
    _add(pair, "valueName", f"{DOMAIN}:{name}")
    _add(pair, "value", value)


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = _UNWRITABLE.sub("", text)


def _written(root: ET.Element) -> bytes:
    text: str = ET.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _utc(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (section 2.2)."""
