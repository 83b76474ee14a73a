"""The record through the API: read from a place on, followed as it grows, taken up where it was cut."""

import re
import resource
import socket
import zipfile
from pathlib import Path
from typing import Any

import pytest

from edge.journal.standalone_verifier import verify_export
from tests.edge.web.api.listening import dial, ears
from tests.edge.web.api.served import Served
from tests.flow.waiting import wait_for


def all_events(api: Served, role: str = "administrator", limit: int = 500) -> list[Any]:
    found: list[Any] = []
    after = ""
    while True:
        page = api.get(f"events?limit={limit}{after}", role)
        assert page.status == 200, page.body
        if not page.json["items"]:
            return found
        found += page.json["items"]
        after = f"&after={page.json['next']}"


def settled(api: Served) -> None:
    """Until the journal has grown no more for a moment."""
    counts: list[int] = []

    def still() -> bool:
        counts.append(len(api.campus.rows()))
        return len(counts) > 3 and len(set(counts[-3:])) == 1

    wait_for("the journal rests", still)


def test_all_events_are_read_page_by_page_each_once_in_order(api: Served) -> None:
    api.start("secure")
    settled(api)
    rows = api.campus.rows()

    seen = all_events(api, limit=7)

    assert [(one["epoch"], one["seq"]) for one in seen[: len(rows)]] == [
        (one["epoch"], one["seq"]) for one in rows
    ]
    assert [one["kind"] for one in seen[: len(rows)]] == [one["kind"] for one in rows]


def test_the_end_has_a_place_to_go_on_from(api: Served) -> None:
    settled(api)
    last = all_events(api)[-1]
    place = f"{last['epoch']}:{last['seq']}"
    assert api.get(f"events?after={place}").json == {"items": [], "next": place}

    incident = api.start("secure").json["incident"]

    (opened,) = [
        one for one in api.get(f"events?after={place}").json["items"] if one["kind"] == "incident.opened/1"
    ]
    assert opened["incident"] == incident


def test_a_place_that_is_not_in_the_record_is_told(api: Served) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000:1"
    assert api.get(f"events?after={nowhere}").json["code"] == "unknown_position"
    assert api.get(f"events/stream?after={nowhere}").json["code"] == "unknown_position"
    assert api.get("events/stream?after=yesterday").status == 422


# --- what is silent ----------------------------------------------------------------------------


def test_a_duress_press_leaves_no_event_no_number_and_no_gap_for_those_without_the_right(api: Served) -> None:
    heard = ears(api, "technician")
    everything = ears(api, "administrator")
    api.campus.broker.press("pb-duress", "single", "d-record")
    api.campus.until("duress is live", lambda now: any(one["silent"] for one in now["incidents"]))
    incident = next(one["id"] for one in api.campus.status()["incidents"] if one["silent"])
    assert api.post(f"incidents/{incident}/notes", {"text": "call the police"}).status == 200
    api.start("duress", zones=["a-1"])
    shown = api.start("secure").json["incident"]
    heard.until("the shown one", "zone.response/1")
    everything.until("the shown one", "zone.response/1")
    heard.hang_up()
    everything.hang_up()

    seen = all_events(api, "technician")

    text = str(seen) + str(heard.heard)
    assert incident not in text
    assert "duress" not in text.replace("pb-duress", "")
    assert shown in text
    for epoch in dict.fromkeys(one["epoch"] for one in seen):
        numbers = [one["seq"] for one in seen if one["epoch"] == epoch]
        assert numbers == list(range(1, len(numbers) + 1)), "a gap"
    numbers = [int(one.rpartition(":")[2]) for one in heard.ids]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "a gap in the stream"
    assert "incident.note/1" in everything.kinds
    assert incident in str(all_events(api))


def test_both_count_the_same_event_alike_in_list_and_stream(api: Served) -> None:
    api.campus.broker.press("pb-duress", "single", "d-count")
    heard = ears(api, "technician")
    api.start("secure")
    heard.until("the shown one", "zone.response/1")
    heard.hang_up()
    listed = {f"{one['epoch']}:{one['seq']}": one for one in all_events(api, "technician")}
    for name, document in heard.heard:
        assert listed[name] == document


# --- the stream --------------------------------------------------------------------------------


def test_a_stream_taken_up_again_loses_and_doubles_nothing(api: Served) -> None:
    for role in ("administrator", "technician"):
        heard = ears(api, role)
        api.start("secure")
        heard.until("the first", "incident.opened/1")
        heard.hang_up()
        first = heard.ids
        api.campus.broker.press("pb-duress", "single", f"d-{role}")
        api.start("lockdown")
        api.campus.until_secured()

        again = ears(api, role, heard.last)
        api.post("doors/tcp-1/lock", {"reason": "again"})
        again.until("the raise", "incident.raised/1")
        settled(api)
        last = all_events(api, role)[-1]
        again.until_last(f"{last['epoch']}:{last['seq']}")
        again.hang_up()

        ids = first + again.ids
        every = [f"{one['epoch']}:{one['seq']}" for one in all_events(api, role)]
        # What came after it hung up is not its to have.
        assert ids == every[every.index(ids[0]) : every.index(ids[-1]) + 1]
        api.quiet()


def test_a_stream_from_long_ago_brings_all_that_was_missed_first(api: Served) -> None:
    settled(api)
    every = all_events(api, "technician")
    begin = f"{every[0]['epoch']}:{every[0]['seq']}"

    heard = ears(api, "technician", begin)
    wait_for("all of it", lambda: len(heard.heard) >= len(every) - 1 or None)
    heard.hang_up()

    assert [one for _, one in heard.heard][: len(every) - 1] == every[1:]


def test_it_beats_so_that_silence_is_never_taken_for_quiet(api: Served) -> None:
    heard = ears(api)
    wait_for("a beat", lambda: heard.beats or None)
    heard.hang_up()
    assert heard.beats[0]["armed"] is True
    assert heard.beats[0]["trouble"] == ""
    assert re.fullmatch(r"\d{4}-.*Z", heard.beats[0]["at"])


def test_three_hundred_listeners_cost_the_press_nothing_and_all_hear_it(api: Served) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4_096)), hard))
    links = [dial(api, "administrator" if number % 2 else "technician") for number in range(300)]
    try:
        for one in links:
            one.settimeout(20)
            _read_until(one, b"event: begin")
        api.campus.broker.press("pb-native", "hold", "crowd")
        now = api.campus.until_secured()
        written = [one["ledger"]["written_ms"] for one in now["doors"]]
        assert all(one is not None for one in written)
        for one in links:
            _read_until(one, b"doors.ordered/1")
    finally:
        for one in links:
            one.close()
    # Devices take 100 ms to move; what the listeners add must not show beside it.
    assert max(one["ledger"]["commanded_ms"] for one in now["doors"]) < 100


def test_one_that_does_not_read_keeps_nobody_from_hearing(api: Served) -> None:
    deaf = dial(api, "administrator", small=True)
    heard = ears(api)
    for number in range(30):
        api.campus.broker.press("pb-native", "single", f"noise-{number}")
    api.start("lockdown")
    heard.until("the lockdown", "incident.raised/1")
    heard.hang_up()
    deaf.close()


@pytest.mark.parametrize("redact", [False, True])
def test_an_incidents_record_is_taken_out_verifies_and_who_took_it_is_in_the_record(
    api: Served, tmp_path: Path, redact: bool
) -> None:
    incident = api.start("secure").json["incident"]

    got = api.post(f"incidents/{incident}/export?redact={str(redact).lower()}", {}, by="session")

    assert (got.status, got.headers["content-type"]) == (200, "application/zip"), got.body
    assert got.headers["content-disposition"].startswith(f'attachment; filename="{incident}')
    assert len(got.body) == int(got.headers["content-length"])
    out = tmp_path / "export.zip"
    out.write_bytes(got.body)
    with zipfile.ZipFile(out) as archive:
        keys = [archive.read(one).decode() for one in archive.namelist() if one.startswith("keys/")]
        told = any(b"shots heard" in archive.read(one) for one in archive.namelist())
    assert verify_export(out, keys[0])["about"]["incident"] == incident
    assert told is not redact
    taken = api.campus.rows("incident.exported")[-1]
    assert (taken["incident"], taken["data"]["redacted"]) == (incident, redact)
    assert taken["actor"].startswith("account:")
    wait_for(
        "it is kept by nobody here",
        lambda: not list((Path(api.campus.tree["store"]["directory"])).glob("export-*")),
    )
    assert api.post("incidents/no-such-one/export?redact=true", {}).status == 404


def test_a_stream_ends_within_a_second_of_its_right(api: Served) -> None:
    secret = _new_token(api)
    link = socket.create_connection((api.host, api.port))
    link.settimeout(10)
    link.sendall(
        f"GET /api/v1/events/stream HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n\r\n".encode()
    )
    _read_until(link, b"event: begin")

    done = api.campus.cli("token", "revoke", "streamer")
    assert done.returncode == 0, done.stderr
    while link.recv(65_536):
        pass
    link.close()


def _new_token(api: Served) -> str:
    made = api.campus.cli("token", "create", "--name", "streamer", "--role", "technician")
    assert made.returncode == 0, made.stderr
    found = re.search(r"ce_[\w-]+", made.stdout)
    assert found
    return found[0]


def _read_until(link: socket.socket, mark: bytes) -> bytes:
    data = b""
    while mark not in data:
        more = link.recv(65_536)
        assert more, f"it ended before {mark!r}: {data[-300:]!r}"
        data += more
    return data
