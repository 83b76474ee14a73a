"""Bundles as the NVD and CISA publish them, made of the real records in `tests.rules.book.records`."""

import gzip
import json
import zipfile
from io import BytesIO
from typing import Any

from rules.book.flaws import Criterion, Flaw

STAMP = "2026-08-01T00:00:00.000"
STAMP_US = 1_785_542_400_000_000
_BOUNDS = {
    "versionStartIncluding": "start_including",
    "versionStartExcluding": "start_excluding",
    "versionEndIncluding": "end_including",
    "versionEndExcluding": "end_excluding",
}


def _match(one: Criterion) -> dict[str, Any]:
    bounds = {said: getattr(one, its) for said, its in _BOUNDS.items() if getattr(one, its) is not None}
    return {"vulnerable": one.vulnerable, "criteria": one.name, **bounds, "matchCriteriaId": "0" * 36}


def item(flaw: Flaw, modified: str = "2026-01-01T00:00:00.000", **more: Any) -> dict[str, Any]:
    """An element of `vulnerabilities`, with keys that nobody reads."""
    metrics: dict[str, Any] = {}
    if flaw.score is not None:
        score = {"version": "3.1", "baseScore": flaw.score / 10, "baseSeverity": "HIGH"}
        metrics = {"cvssMetricV31": [{"source": "x", "type": "Primary", "cvssData": score}]}
    its: dict[str, Any] = {
        "id": flaw.cve,
        "sourceIdentifier": "nobody@example.org",
        "published": "2021-09-22T13:15:07.690",
        "lastModified": modified,
        "vulnStatus": "Modified",
        "cveTags": [],
        "descriptions": [
            {"lang": "es", "value": "Un fallo"},
            {"lang": "en", "value": f'A flaw,\n {flaw.cve}, that says {{"cve": 1}}.'},
        ],
        "metrics": metrics,
        "configurations": [
            {
                **({"operator": "AND"} if configuration.every else {}),
                "nodes": [
                    {
                        "operator": "AND" if node.every else "OR",
                        "negate": node.negate,
                        "cpeMatch": [_match(one) for one in node.criteria],
                    }
                    for node in configuration.nodes
                ],
            }
            for configuration in flaw.configurations
        ],
        "references": [],
    }
    if flaw.exploited:
        its["cisaExploitAdd"] = "2022-01-10"
    return {"cve": {**its, **more}}


def nvd(*items: dict[str, Any], stamp: str = STAMP, total: int | None = None, **more: Any) -> dict[str, Any]:
    """A document of the API 2.0."""
    count = len(items)
    return {
        "resultsPerPage": count,
        "startIndex": 0,
        "totalResults": count if total is None else total,
        "format": "NVD_CVE",
        "version": "2.0",
        "timestamp": stamp,
        "vulnerabilities": list(items),
        **more,
    }


def kev(*cves: str, released: str = "2026-08-01T00:00:00.0000Z", **more: Any) -> dict[str, Any]:
    """CISA's catalogue."""
    return {
        "title": "CISA Catalog of Known Exploited Vulnerabilities",
        "catalogVersion": "2026.08.01",
        "dateReleased": released,
        "count": len(cves),
        "vulnerabilities": [
            {
                "cveID": cve,
                "vendorProject": "Acme",
                "product": "Cameras",
                "vulnerabilityName": "Acme Cameras Vulnerability",
                "dateAdded": "2022-01-10",
                "shortDescription": "It can be entered.",
                "requiredAction": "Apply updates per vendor instructions.",
                "dueDate": "2022-01-24",
                "knownRansomwareCampaignUse": "Unknown",
                "notes": "",
                "cwes": [],
            }
            for cve in cves
        ],
        **more,
    }


def plain(document: Any, indent: int | None = None) -> bytes:
    return json.dumps(document, indent=indent).encode()


def packed(document: Any) -> bytes:
    return gzip.compress(plain(document), 1)


def zipped(**members: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.json", data)
    return file.getvalue()
