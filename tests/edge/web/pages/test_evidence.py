"""Files of pictures handed out: only those in the record, only as they were sealed, to who may take them out, by range."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rules.model.camera_events import CameraLooked
from rules.model.ids import IncidentId
from tests.edge.campus import D1, locked_down, quiet
from tests.edge.web.pages.conftest import Office, Serve, Served

FILM = bytes(range(256)) * 4_000
SHA = hashlib.sha256(FILM).hexdigest()
PLACE = "/api/v1/incidents/inc-1/evidence/cam-hall.mp4"


class Record:
    """The views of an incident with some files."""

    def __init__(self, *files: dict[str, Any]) -> None:
        self.files = files

    def lines(self, sql: str, *values: object) -> list[dict[str, Any]]:
        if "FROM evidence" in sql:
            return [one for one in self.files if (one["incident"], one["name"]) == values]
        incident = {
            "incident": "inc-1", "kind": "real", "response": "lockdown", "zone": "hs", "silent": 0,
            "raised_at": None, "zones": "[]",
            "opened_at": "2026-08-14T11:00:00.000000Z", "closed_at": "2026-08-14T11:30:00.000000Z", "epoch": "e", "seq": 9,
        }  # fmt: skip
        return [incident] if values[0] == "inc-1" else []


def line(name: str = "cam-hall.mp4", data: bytes = FILM, **more: Any) -> dict[str, Any]:
    return {
        "incident": "inc-1", "name": f"inc-1/{name}", "ending": "sealed", "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data), "camera": "cam-hall", "deleted_at": None, **more,
    }  # fmt: skip


@pytest.fixture
async def served(serve: Serve, tmp_path: Path) -> Served:
    here = Office(state=quiet(), store=tmp_path)
    here.record = Record(line())  # type: ignore[assignment]
    folder = tmp_path / "evidence" / "inc-1"
    folder.mkdir(parents=True)
    (folder / "cam-hall.mp4").write_bytes(FILM)
    (folder / "seals.ndjson").write_text("{}")
    return await serve(here)


async def ask(
    served: Served,
    path: str = PLACE,
    role: str = "administrator",
    method: str = "GET",
    body: str | None = None,
    **headers: str,
) -> tuple[int, dict[str, str], bytes]:
    known = {"Cookie": f"campus-edge={role}", "Accept-Encoding": "identity", "Origin": served.url}
    if body is not None:
        known["Content-Type"] = "application/x-www-form-urlencoded"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with served.client.request(
        method, served.url + path, headers={**known, **named}, data=body, allow_redirects=False
    ) as got:
        return got.status, {name.lower(): value for name, value in got.headers.items()}, await got.read()


async def test_a_file_is_whole_and_carries_the_hash_of_the_record(served: Served) -> None:
    status, headers, data = await ask(served)

    assert (status, data) == (200, FILM)
    assert headers["etag"] == f'"{SHA}"'
    assert headers["repr-digest"] == f"sha-256=:{base64.b64encode(bytes.fromhex(SHA)).decode()}:"
    assert headers["content-type"] == "video/mp4"
    assert headers["content-disposition"] == 'attachment; filename="inc-1-cam-hall.mp4"'
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=1000000-", 1_000_000, len(FILM)),
        ("bytes=-5", len(FILM) - 5, len(FILM)),
        ("bytes=1023990-99999999", 1_023_990, len(FILM)),
        ("bytes=262143-262145", 262_143, 262_146),
    ],
)
async def test_a_range_is_that_part_of_it(served: Served, asked: str, begin: int, end: int) -> None:
    status, headers, data = await ask(served, Range=asked)

    assert (status, data) == (206, FILM[begin:end])
    assert headers["content-range"] == f"bytes {begin}-{end - 1}/{len(FILM)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "pieces=0-1", "bytes=-", "bytes=9-3", "bytes=a-b", "bytes= 1-2"]
)
async def test_what_is_no_single_range_is_passed_over(served: Served, asked: str) -> None:
    status, _, data = await ask(served, Range=asked)

    assert (status, data) == (200, FILM)


@pytest.mark.parametrize("asked", [f"bytes={len(FILM)}-", "bytes=99999999-99999999", "bytes=-0"])
async def test_a_range_beyond_its_end_is_refused_with_its_length(served: Served, asked: str) -> None:
    status, headers, _ = await ask(served, Range=asked)

    assert status == 416
    assert headers["content-range"] == f"bytes */{len(FILM)}"


async def test_a_range_of_another_file_than_it_was_is_the_whole(served: Served) -> None:
    same, _, part = await ask(served, Range="bytes=0-9", If_Range=f'"{SHA}"')
    other, _, whole = await ask(served, Range="bytes=0-9", If_Range='"another"')

    assert (same, part) == (206, FILM[:10])
    assert (other, whole) == (200, FILM)


async def test_head_says_how_long_it_is_and_sends_nothing(served: Served) -> None:
    status, headers, data = await ask(served, method="HEAD")

    assert (status, headers["content-length"], data) == (200, str(len(FILM)), b"")


@pytest.mark.parametrize(
    "name", ["seals.ndjson", "..%2f..%2fjournal.db", "..", "cam-hall.mp4.part", "%00", "cam-hall", "x" * 300]
)
async def test_nothing_but_the_names_in_the_record_is_handed_out(served: Served, name: str) -> None:
    status, _, _ = await ask(served, f"/api/v1/incidents/inc-1/evidence/{name}")

    assert status == 404


@pytest.mark.parametrize(
    "more",
    [
        {"ending": None, "sha256": None},
        {"ending": "failed", "sha256": ""},
        {"deleted_at": "2026-09-14T12:00:00Z"},
    ],
    ids=["being written", "failed", "deleted"],
)
async def test_what_is_not_whole_is_not_here(served: Served, more: dict[str, Any]) -> None:
    served.office.record = Record(line(**more))  # type: ignore[assignment]

    assert (await ask(served))[0] == 404


async def test_a_file_that_is_not_what_was_sealed_is_not_handed_out(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "evidence" / "inc-1" / "cam-hall.mp4"
    file.write_bytes(FILM[:-1])

    status, _, said = await ask(served)

    assert status == 409
    assert b"evidence_changed" in said
    file.unlink()
    assert (await ask(served))[0] == 409


@pytest.mark.parametrize("inside", [True, False], ids=["to another file of it", "to what is no evidence"])
async def test_a_link_in_the_folder_leads_nowhere(served: Served, tmp_path: Path, *, inside: bool) -> None:
    folder = tmp_path / "evidence" / "inc-1"
    target = (folder if inside else tmp_path) / "accounts.db"
    target.write_bytes(FILM)
    (folder / "cam-hall.mp4").unlink()
    (folder / "cam-hall.mp4").symlink_to(target)

    status, _, said = await ask(served)

    assert (status, b"evidence_changed" in said) == (409, True)


async def test_a_folder_that_leads_out_of_the_store_leads_nowhere(served: Served, tmp_path: Path) -> None:
    folder = tmp_path / "evidence" / "inc-1"
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")

    assert (await ask(served))[0] == 409


async def test_taking_a_file_out_is_recorded_once_in_its_incident(served: Served) -> None:
    await ask(served, Range="bytes=0-9")
    await ask(served, Range="bytes=10-19")

    (looked,) = served.office.emitted
    assert isinstance(looked, CameraLooked)
    assert (looked.camera, looked.how, looked.incident) == ("cam-hall", "evidence", IncidentId("inc-1"))
    assert looked.actor == "account:administrator"


async def test_only_who_may_take_the_record_out_takes_a_file_and_by_a_second_factor(served: Served) -> None:
    refused, _, _ = await ask(served, role="technician")
    unproven, _, said = await ask(served, role="administrator--unproven")
    page, headers, _ = await ask(
        served, PLACE.removeprefix("/api/v1"), "administrator--unproven", Accept="text/html"
    )

    assert refused == 403
    assert (unproven, b"second_factor" in said) == (403, True)
    assert (page, headers.get("content-disposition", "").encode() == b"") in (
        (303, True),
        (403, True),
        (200, True),
    )
    assert served.office.emitted == []


async def test_the_page_s_link_is_the_same_file(served: Served) -> None:
    status, _, data = await ask(served, PLACE.removeprefix("/api/v1"), Accept="text/html")

    assert (status, data) == (200, FILM)


async def test_a_silent_incident_s_file_is_not_there_for_who_may_not_know(served: Served) -> None:
    class Silent(Record):
        def lines(self, sql: str, *values: object) -> list[dict[str, Any]]:
            found = super().lines(sql, *values)
            return [{**one, "silent": 1} if "kind" in one else one for one in found]

    served.office.record = Silent(line())  # type: ignore[assignment]
    rights = served.office.rights
    both = {**rights.rights, "technician": frozenset({"look", "export"})}
    served.office.rights = replace(rights, rights=both)  # type: ignore[arg-type]

    assert (await ask(served))[0] == 200
    assert (await ask(served, role="technician"))[0] == 404


# --- a disk, a caller and a file that change meanwhile ------------------------------------------

LONG = 64 * 1024 * 1024


@asynccontextmanager
async def taking(
    served: Served, role: str = "administrator"
) -> AsyncIterator[tuple[asyncio.StreamReader, bytes]]:
    """A taking that has begun and is not read on: the reader, and the headers that came."""
    host, _, port = served.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=65_536)
    writer.write(
        f"GET {PLACE} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: campus-edge={role}\r\n\r\n".encode()
    )
    try:
        yield reader, await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.transport.abort()


@pytest.fixture
async def long(served: Served, tmp_path: Path) -> Path:
    """The same file, far longer than what any buffer on the way holds."""
    file = tmp_path / "evidence" / "inc-1" / "cam-hall.mp4"
    with file.open("wb") as opened:
        opened.truncate(LONG)
    served.office.record = Record({**line(), "size": LONG})  # type: ignore[assignment]
    return file


async def test_half_a_file_never_looks_whole(served: Served, long: Path) -> None:
    async with taking(served) as (reader, headers):
        assert f"content-length: {LONG}".encode() in headers.lower()
        with long.open("r+b") as opened:
            opened.truncate(LONG // 2)
        got = await _all(reader)

    assert got < LONG


async def test_who_may_no_longer_have_it_gets_no_more_of_it(served: Served, long: Path) -> None:
    async with taking(served) as (reader, _headers):
        served.office.people.revoked.add("administrator")
        assert await _all(reader) < LONG


async def test_so_many_are_served_at_once_and_the_next_is_asked_to_wait(served: Served, long: Path) -> None:
    async with taking(served), taking(served), taking(served), taking(served):
        status, headers, _ = await ask(served)
        assert (status, headers["retry-after"]) == (503, "10")
    async with asyncio.timeout(20):
        while (await ask(served, Range="bytes=0-9"))[0] != 206:
            await asyncio.sleep(0)


async def _all(reader: asyncio.StreamReader) -> int:
    """How much comes until it ends, however it ends."""
    got = 0
    try:
        while data := await reader.read(1 << 20):
            got += len(data)
    except ConnectionError:
        pass
    return got


async def test_a_live_incident_s_still_is_there_before_it_is_over(served: Served, tmp_path: Path) -> None:
    served.office.state = locked_down({D1: "secured"})
    (tmp_path / "evidence" / "inc-1" / "cam-hall.jpg").write_bytes(FILM)
    served.office.record = Record(line("cam-hall.jpg"))  # type: ignore[assignment]

    status, headers, data = await ask(served, PLACE.replace(".mp4", ".jpg"))

    assert (status, headers["content-type"], data) == (200, "image/jpeg", FILM)


EXPORT = "/incidents/inc-1/export"


async def test_a_record_is_taken_out_from_its_page_as_it_was_chosen_and_leaves_no_file_behind(
    served: Served, tmp_path: Path
) -> None:
    status, _, page = await ask(served, EXPORT)
    assert (status, b'name="redact" value="yes"' in page) == (200, True)

    for said, redacted in (("redact=no", False), ("redact=yes", True), ("", True)):
        status, headers, data = await ask(served, EXPORT, method="POST", body=said)
        assert (status, headers["content-type"]) == (200, "application/zip")
        assert served.office.exported[-1] == ("inc-1", redacted, "account:administrator", True)
        assert data == FILM
    while list(tmp_path.glob("export-*")):  # noqa: ASYNC240
        await asyncio.sleep(0.01)


async def test_a_record_is_taken_out_by_nobody_who_may_not_or_did_not_prove_it(served: Served) -> None:
    assert (await ask(served, EXPORT, "technician", "POST", "redact=yes"))[0] == 403
    assert (await ask(served, EXPORT, "administrator--unproven", "POST", "redact=yes"))[0] == 403
    assert served.office.exported == []


async def test_a_record_with_silent_calls_in_it_is_for_who_may_see_them(served: Served) -> None:
    rights = served.office.rights
    given = {**rights.rights, "administrator": rights.rights["administrator"] - {"look-duress"}}
    served.office.rights = replace(rights, rights=given)
    assert (await ask(served, EXPORT, method="POST", body="redact=yes"))[0] == 403
    assert served.office.exported == []


async def test_an_export_that_cannot_be_made_is_said_and_another_may_be_tried(served: Served) -> None:
    served.office.no_export = True
    status, _, page = await ask(served, EXPORT, method="POST", body="redact=yes")
    assert (status, b"Nothing was taken" in page) == (503, True)
    served.office.no_export = False
    assert (await ask(served, EXPORT, method="POST", body="redact=yes"))[0] == 200
