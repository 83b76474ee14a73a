"""Firmware notes and lists of flaws: any bytes are read or refused, and what is read holds by a second reading."""

import json
import re
from typing import Any, Final

from edge.config.notes import NOTES, read_front
from edge.flaws.kev import catalogue
from edge.flaws.nvd import Document, records
from edge.flaws.refusal import Refused
from rules.book.flaws import Known, match, named
from tests.edge.config.noting import note
from tests.edge.flaws.bundles import item, kev, nvd, plain
from tests.rules.book.records import AXIS, HIKVISION_BRACKETS, MOXA

_KNOWN: Final = (Known("o", "axis", "axis_os", "active"), Known("h", "moxa", "iologik_e1210"))


def front(data: bytes) -> None:
    """A note: whole with nothing to say of it, or none with each thing at a line of the file."""
    found, problems = read_front(data, "firmware_notes/acme-cam.md")
    assert (found is None) is bool(problems), "half a note"
    lines = data.count(b"\n") + data.count(b"\r") + 2
    assert all(1 <= one.line <= lines and one.topic == "notes" for one in problems), (
        "a line that is not there"
    )
    assert found is None or found.model == "acme-cam"


def front_seeds() -> list[bytes]:
    """Notes that hold."""
    return [note("acme-cam").encode(), *(one.read_bytes()[:4_000] for one in sorted(NOTES.glob("*.md"))[:4])]


def bundle(data: bytes) -> None:
    """The NVD's records, cut at an odd place: what is taken is the JSON that Python's own reader sees."""
    about = Document()
    cut = [data[:37], data[37:]]
    try:
        found = list(records(cut, about))
    except Refused as err:
        assert err.what, "no reason"
        assert err.do, "nothing to do"
        return
    told: Any = json.loads(data.decode().removeprefix("\ufeff"))
    assert (told["format"], told["version"], told["totalResults"]) == ("NVD_CVE", "2.0", about.total)
    assert [one["cve"]["id"] for one in told["vulnerabilities"]] == [one.flaw.cve for one in found]
    for one in found:
        assert re.fullmatch(r"CVE-\d{4}-\d{4,19}", one.flaw.cve)
        assert len(one.summary) <= 300
        list(named(one.flaw))
        match(one.flaw, _KNOWN, "1.2.3")


def bundle_seeds() -> list[bytes]:
    """Lists that are taken."""
    return [
        plain(nvd(item(AXIS))),
        plain(nvd(item(HIKVISION_BRACKETS), item(MOXA)), 1),
        plain(nvd(item(AXIS, vulnStatus="Rejected"))),
    ]


def exploited(data: bytes) -> None:
    """CISA's catalogue: as many entries as it says, each a CVE with its dates."""
    try:
        found = catalogue([data])
    except Refused as err:
        assert err.code in ("no_bundle", "wrong_record", "too_large"), err.code
        return
    told: Any = json.loads(data.decode().removeprefix("\ufeff"))
    assert told["count"] == len(found.entries) == len(told["vulnerabilities"])
    assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", one.added + "") for one in found.entries)


def exploited_seeds() -> list[bytes]:
    """Catalogues that are taken."""
    return [plain(kev("CVE-2021-36260")), plain(kev("CVE-2021-36260", "CVE-2017-7921"), 1)]
