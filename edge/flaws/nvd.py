"""The NVD's records (CVE API 2.0, and its yearly files of the same form), one at a time, whatever the size of the file.

Read tolerantly: keys that are not used may be anything, for the schema grows (`cveTags`, CVSS 4). What is used has its form,
or the whole file is refused.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from edge.flaws.refusal import Refused
from rules.book.flaws import LONGEST, Configuration, Criterion, Flaw, Node, NoName, name

MOST_RECORD_BYTES: Final = 16 * 1024 * 1024
MOST_HEAD_BYTES: Final = 64 * 1024
MOST_MATCHES: Final = 100_000
SUMMARY: Final = 300
_ARRAY: Final = re.compile(rb'"vulnerabilities"\s*:\s*\[')
_RECORD: Final = re.compile(rb'\{\s*"cve"\s*:')
_KEY_BYTES: Final = 1_024
"""More than the beginning of a record takes, however it is indented."""
_LEGACY: Final = (b'"CVE_data_type"', b'"CVE_Items"')

Id = Annotated[str, Meta(pattern=r"^CVE-[0-9]{4}-[0-9]{4,19}$")]
Cpe = Annotated[str, Meta(max_length=LONGEST)]
Bound = Annotated[str, Meta(max_length=200)]
Stamp = Annotated[str, Meta(max_length=40)]


class _Match(Struct, frozen=True):
    vulnerable: bool
    criteria: Cpe
    versionStartIncluding: Bound | None = None
    versionStartExcluding: Bound | None = None
    versionEndIncluding: Bound | None = None
    versionEndExcluding: Bound | None = None


class _Node(Struct, frozen=True):
    operator: Literal["AND", "OR"]
    cpeMatch: list[_Match]
    negate: bool = False


class _Configuration(Struct, frozen=True):
    nodes: list[_Node]
    operator: Literal["AND", "OR"] = "OR"
    negate: bool = False


class _Score(Struct, frozen=True):
    baseScore: Annotated[float, Meta(ge=0, le=10)]


class _Metric(Struct, frozen=True):
    cvssData: _Score
    type: Annotated[str, Meta(max_length=40)] = ""


class _Metrics(Struct, frozen=True):
    cvssMetricV40: list[_Metric] = []
    cvssMetricV31: list[_Metric] = []
    cvssMetricV30: list[_Metric] = []
    cvssMetricV2: list[_Metric] = []


class _Text(Struct, frozen=True):
    lang: str
    value: str


class _Cve(Struct, frozen=True):
    id: Id
    lastModified: Stamp
    descriptions: list[_Text]
    vulnStatus: Annotated[str, Meta(max_length=60)] = ""
    metrics: _Metrics = _Metrics()
    configurations: list[_Configuration] = []
    cisaExploitAdd: Stamp | None = None


class _Item(Struct, frozen=True):
    cve: _Cve


class _Top(Struct, frozen=True):
    format: Annotated[str, Meta(max_length=40)]
    version: Annotated[str, Meta(max_length=10)]
    timestamp: Stamp
    totalResults: Annotated[int, Meta(ge=0)]
    vulnerabilities: list[_Item]


@dataclass(frozen=True, slots=True)
class Record:
    """One CVE. modified: as published, which sorts as text. summary: its first words, for people."""

    flaw: Flaw
    modified: str
    summary: str


@dataclass(slots=True)
class Document:
    """What a document says of itself, known once it was read to its end. stamp_us: UTC microseconds; None: unreadable."""

    stamp_us: int | None = None
    total: int = 0
    count: int = 0


_item: Final = msgspec.json.Decoder(_Item)
_top: Final = msgspec.json.Decoder(_Top)


def records(blocks: Iterable[bytes], about: Document) -> Iterator[Record]:
    """The records of one document; `about` is filled as they come. Raises Refused."""
    for raw in _cut(blocks, about):
        about.count += 1
        yield record(raw)


def record(raw: bytes) -> Record:
    """One element of `vulnerabilities`. Raises Refused."""
    try:
        # Keys that are not used are passed over unread: what is no text would go unseen.
        raw.decode()
        its = _item.decode(raw).cve
        configurations = tuple(map(_configuration, its.configurations))
        matches = 0
        for configuration in configurations:
            for node in configuration.nodes:
                matches += len(node.criteria)
                for criterion in node.criteria:
                    name(criterion.name)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, NoName) as err:
        where = re.search(rb'"(CVE-\d{4}-\d{4,19})"', raw[:2_000])
        said = f" near {where[1].decode()}" if where is not None else ""
        raise Refused("wrong_record", f"a record{said} does not have the NVD's form", _AGAIN) from err
    if matches > MOST_MATCHES:
        raise Refused("too_large", f"{its.id} names more than {MOST_MATCHES} products", _AGAIN)
    gone = its.vulnStatus == "Rejected"
    flaw = Flaw(its.id, _score(its.metrics), its.cisaExploitAdd is not None, () if gone else configurations)
    said = next((one.value for one in its.descriptions if one.lang == "en"), "")
    return Record(flaw, its.lastModified, " ".join(said[: 2 * SUMMARY].split())[:SUMMARY])


_AGAIN: Final = "bring the file again from the NVD (API 2.0, or nvdcve-2.0-YEAR.json.gz); what was taken before still holds"


def _cut(blocks: Iterable[bytes], about: Document) -> Iterator[bytes]:
    """Each record's bytes. What stands around them is read at the end, as one document with an empty list."""
    came = iter(blocks)
    buffer, head = _head(came)
    at = searched = 0
    while True:
        start = _RECORD.match(buffer, at)
        following = None if start is None else _RECORD.search(buffer, max(start.end(), searched))
        if following is not None:
            raw = buffer[at : following.start()].rstrip()
            if not raw.endswith(b","):
                raise Refused("no_json", "the file is no JSON", _AGAIN)
            yield raw[:-1]
            at = searched = following.start()
            continue
        if len(buffer) - at > MOST_RECORD_BYTES:
            raise Refused("too_large", f"a record is longer than {MOST_RECORD_BYTES} bytes", _AGAIN)
        block = next(came, None)
        if block is None:
            break
        # A key that stands across two blocks is found all the same.
        searched = max(0, len(buffer) - at - _KEY_BYTES)
        buffer, at = buffer[at:] + block, 0
        if start is None:
            buffer = buffer.lstrip()
    buffer = buffer[at:]
    if start is not None:
        last, buffer = _last(buffer)
        yield last
    _end(head, buffer, about)


def _head(came: Iterator[bytes]) -> tuple[bytes, bytes]:
    buffer = b""
    for block in came:
        buffer += block
        found = _ARRAY.search(buffer[:MOST_HEAD_BYTES])
        if found is not None:
            return buffer[found.end() :].lstrip(), buffer[: found.end()].removeprefix(b"\xef\xbb\xbf")
        if len(buffer) > MOST_HEAD_BYTES:
            break
    if any(one in buffer[:MOST_HEAD_BYTES] for one in _LEGACY):
        raise Refused("other_version", "the file is of the NVD's old form 1.1", _AGAIN)
    raise Refused("no_bundle", "the file holds no list of vulnerabilities at its beginning", _AGAIN)


def _last(buffer: bytes) -> tuple[bytes, bytes]:
    try:
        text = buffer.decode()
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError) as err:
        raise Refused("no_json", "the file is no JSON, or was cut off", _AGAIN) from err
    return text[:end].encode(), text[end:].encode()


def _end(head: bytes, tail: bytes, about: Document) -> None:
    if len(tail) > MOST_HEAD_BYTES:
        raise Refused("no_json", "the file is no JSON", _AGAIN)
    try:
        (head + tail).decode()
        top = _top.decode(head + tail)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as err:
        raise Refused("no_json", "the file is no JSON of the NVD, or was cut off", _AGAIN) from err
    if (top.format, top.version) != ("NVD_CVE", "2.0") or top.vulnerabilities:
        raise Refused("other_version", "the file is not of the NVD's form 2.0", _AGAIN)
    about.stamp_us, about.total = stamp_us(top.timestamp), top.totalResults


def stamp_us(text: str) -> int | None:
    """ISO 8601 as UTC microseconds; without a zone it is UTC (NVD, API 2.0). None: it is no time."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = said if said.tzinfo is not None else said.replace(tzinfo=UTC)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    since = aware - epoch
    return max(0, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def _configuration(one: _Configuration) -> Configuration:
    nodes = tuple(
        Node(tuple(map(_criterion, each.cpeMatch)), each.operator == "AND", each.negate) for each in one.nodes
    )
    return Configuration(nodes, one.operator == "AND", one.negate)


def _criterion(one: _Match) -> Criterion:
    return Criterion(
        one.criteria,
        one.vulnerable,
        one.versionStartIncluding,
        one.versionStartExcluding,
        one.versionEndIncluding,
        one.versionEndExcluding,
    )


def _score(metrics: _Metrics) -> int | None:
    """The newest CVSS there is, the NVD's own before others'; tenths."""
    for each in (metrics.cvssMetricV40, metrics.cvssMetricV31, metrics.cvssMetricV30, metrics.cvssMetricV2):
        if each:
            best = next((one for one in each if one.type == "Primary"), each[0])
            return round(best.cvssData.baseScore * 10)
    return None
