"""A press calls a paging adapter: what becomes of the call is in the incident, on its page and in the record."""

import asyncio
import re
from pathlib import Path
from typing import Any

from drivers.simulators.paging_adapter import PagingAdapter
from tests.edge.web.api.served import Served, serving


def page(api: Served, path: str) -> str:
    answer = api.send("GET", path, None, api.headers("staff", "session"))
    assert answer.status == 200, answer.body[:300]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.body.decode()))


def journey(folder: Path, port: int) -> dict[str, Any]:
    secret = folder / "secrets" / "pa"
    secret.parent.mkdir(mode=0o700, parents=True)
    secret.write_text("ladder-47\n")
    secret.chmod(0o600)
    output = {"id": "pa", "driver": "sip-paging", "uri": f"sip:8000@127.0.0.1:{port}", "username": "page",
              "password_file": "secrets/pa", "zone": "a", "repeat": "10s"}  # fmt: skip
    tried = {**output, "commissioned": "2026-08-14"}
    untried = {**output, "id": "pa-2", "uri": f"sip:9000@127.0.0.1:{port}"}
    with serving(folder, more={"outputs": [tried, untried]}) as api:
        incident = api.start().json["incident"]

        def told(now: Any) -> Any:
            notices = [one for output in now["outputs"] if output["id"] == "pa" for one in output["notices"]]
            return [one for one in notices if one["state"] == "received"]

        now = api.campus.until("the call was taken", told, 40)
        shown = page(api, f"/incidents/{incident}")
        rows = api.campus.rows("notice.turned")
        api.quiet()
        return {"told": told(now)[0], "shown": shown, "rows": rows, "log": api.campus.log}


async def test_a_press_calls_the_adapter_and_the_incident_says_that_it_took_the_call(tmp_path: Path) -> None:
    adapter = await PagingAdapter.start(password="ladder-47")
    try:
        found = await asyncio.to_thread(journey, tmp_path / "school", adapter.port)
    finally:
        adapter.close()
        await asyncio.sleep(0)

    assert adapter.calls[0].acknowledged
    assert len(adapter.calls[0].packets) > 50
    # Only what was commissioned was called.
    assert found["told"]["code"].split(":")[0] in ("answered", "tones")
    assert "the call was taken: " in found["shown"]
    assert found["rows"][0]["data"]["outcome"] == "received"
    assert "ladder-47" not in found["log"]
