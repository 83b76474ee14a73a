"""The NVD's records are read one at a time, whole or not at all, however a file is cut into blocks."""

from collections.abc import Iterator
from typing import Any

import pytest

from edge.flaws import nvd as reader
from edge.flaws.kev import Exploited, catalogue
from edge.flaws.nvd import Document, Record, record, records, stamp_us
from edge.flaws.refusal import Refused
from tests.edge.flaws.bundles import STAMP_US, item, kev, nvd, plain
from tests.rules.book.records import AXIS, DAHUA, HIKVISION, MOXA

REAL = (HIKVISION, DAHUA, AXIS, MOXA)


def cut(data: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def read(data: bytes, size: int = 1 << 20) -> tuple[list[Record], Document]:
    about = Document()
    return list(records(cut(data, size), about)), about


def refused(data: bytes) -> str:
    with pytest.raises(Refused) as told:
        read(data)
    assert told.value.what
    assert told.value.do
    return told.value.code


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("size", [7, 1_000, 1 << 20])
def test_real_records_come_out_as_they_are_however_they_are_cut(indent: int | None, size: int) -> None:
    found, about = read(plain(nvd(*map(item, REAL)), indent), size)
    assert tuple(one.flaw for one in found) == REAL
    assert (about.count, about.total, about.stamp_us) == (4, 4, STAMP_US)
    assert found[0].summary == 'A flaw, CVE-2021-36260, that says {"cve": 1}.'


def test_keys_behind_the_list_and_a_byte_order_mark_are_read_too() -> None:
    document = nvd(item(AXIS))
    behind = {"vulnerabilities": document.pop("vulnerabilities"), **document}
    found, about = read(b"\xef\xbb\xbf" + plain(behind))
    assert (len(found), about.total) == (1, 1)


def test_a_record_that_was_taken_back_names_nothing() -> None:
    assert record(plain(item(AXIS, vulnStatus="Rejected"))).flaw.configurations == ()


def metric(score: float, kind: str = "Primary") -> list[dict[str, Any]]:
    return [{"type": kind, "cvssData": {"baseScore": score}}]


@pytest.mark.parametrize(
    ("metrics", "score"),
    [
        ({}, None),
        ({"cvssMetricV2": metric(5.0), "cvssMetricV30": metric(6.5)}, 65),
        ({"cvssMetricV40": metric(9.3), "cvssMetricV31": metric(8.8)}, 93),
        ({"cvssMetricV31": [*metric(5.4, "Secondary"), *metric(7.1)]}, 71),
        ({"cvssMetricV31": metric(5.4, "Secondary")}, 54),
    ],
)
def test_the_newest_score_counts_and_the_nvds_own_before_others(metrics: Any, score: int | None) -> None:
    assert record(plain(item(AXIS, metrics=metrics))).flaw.score == score


DEEP = b"[" * 200_000 + b"]" * 200_000
GOOD = plain(nvd(item(AXIS), item(MOXA)))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_bundle"),
        (b"\x00" * 100_000, "no_bundle"),
        (b'{"CVE_data_type": "CVE", "CVE_Items": []}', "other_version"),
        (GOOD[:-1], "no_json"),
        (GOOD[:-200], "no_json"),
        (GOOD + b"{}", "no_json"),
        (GOOD.replace(b'}, {"cve"', b'} {"cve"'), "no_json"),
        (GOOD[:-2] + b",]}", "no_json"),
        (plain(nvd(item(AXIS), version="1.1")), "other_version"),
        (plain(nvd(item(AXIS), format="CVE")), "other_version"),
        (plain(nvd(item(AXIS))).replace(b'"totalResults": 1, ', b""), "no_json"),
        (plain(nvd(item(AXIS, id="CVE-1"))), "wrong_record"),
        (plain(nvd({"cve": {"id": "CVE-2030-1000"}})), "wrong_record"),
        (GOOD.replace(b"cpe:2.3:o:moxa", b"cpe:9.9:o:moxa"), "wrong_record"),
        (GOOD.replace(b'"vulnerable": true', b'"vulnerable": "yes"'), "wrong_record"),
        (GOOD.replace(b'"baseScore": 7.1', b'"baseScore": 71'), "wrong_record"),
        (plain(nvd(item(AXIS, deep=0), item(MOXA))).replace(b'"deep": 0', b'"deep": ' + DEEP), "wrong_record"),
        (plain(nvd()) [:-1] + b', "x": "' + b"x" * 70_000 + b'"}', "no_json"),
        (b'{"vulnerabilities": [1]}', "no_json"),
        (b'{"vulnerabilities": [\xff]}', "no_json"),
    ],
    ids=range(20),
)  # fmt: skip
def test_what_is_no_bundle_is_refused_with_its_reason(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_a_record_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_RECORD_BYTES", 5_000)
    assert refused(plain(nvd(item(AXIS, deep="x" * 10_000)))) == "too_large"
    monkeypatch.setattr(reader, "MOST_MATCHES", 3)
    assert refused(plain(nvd(item(AXIS)))) == "too_large"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-08-01T00:00:00.000", STAMP_US),
        ("2026-08-01T02:00:00.000+02:00", STAMP_US),
        ("1900-01-01T00:00:00", 0),
        ("yesterday", None),
    ],
)
def test_a_stamp_is_utc_or_says_its_zone(text: str, found: int | None) -> None:
    assert stamp_us(text) == found


# --- CISA's catalogue ------------------------------------------------------------------------


def test_the_catalogue_is_read_by_its_schema() -> None:
    found = catalogue(cut(plain(kev("CVE-2021-36260")), 100))
    assert found.stamp_us == STAMP_US
    assert found.entries == (Exploited("CVE-2021-36260", "2022-01-10", "2022-01-24", ransomware=False),)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_bundle"),
        (plain(kev("CVE-2021-36260"))[:-3], "no_bundle"),
        (plain(kev("CVE-2021-36260", count=2)), "wrong_record"),
        (plain(kev("CVE-1")), "no_bundle"),
        (plain(kev("CVE-2021-36260")).replace(b"2022-01-24", b"soon-01-24"), "no_bundle"),
        (plain(nvd(item(AXIS))), "no_bundle"),
        (b"[" * 300_000, "no_bundle"),
    ],
)
def test_what_is_no_catalogue_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Refused) as told:
        catalogue([data])
    assert told.value.code == code


def test_a_catalogue_without_end_is_given_up() -> None:
    with pytest.raises(Refused) as told:
        catalogue(b"x" * (1 << 22) for _ in range(1_000))
    assert told.value.code == "too_large"
