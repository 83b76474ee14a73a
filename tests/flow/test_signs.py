"""Signs fetch what holds as CAP 1.2: a drill as an exercise, a press as what it is, its end; and on after a restart."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from tests.drivers.outputs.cap_schema import CAP, faults
from tests.flow.browser import Browser
from tests.flow.rig import School, running
from tests.flow.school import school
from tests.flow.waiting import wait_for

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("signs")

    def made(port: int) -> dict[str, Any]:
        tree = school(folder, port, outputs=True)
        tree["outputs"] += [
            {"id": "signs", "driver": "cap-feed", "language": "es-US", "words": {"lockdown": "Encierro."},
             "commissioned": "2026-08-14"},
            {"id": "untried", "driver": "cap-feed"},
        ]  # fmt: skip
        return tree

    with running(folder, made) as here:
        wait_for("the page", lambda: here.health("healthz") == 200)
        yield here


class Sign:
    """A program with a token that fetches one feed."""

    def __init__(self, campus: School, name: str) -> None:
        made = campus.cli("token", "create", "--name", name, "--role", "device", "--json")
        assert made.returncode == 0, made.stderr
        (token,) = json.loads(made.stdout)["data"]["secret"]
        self._browser = Browser(campus.tree["web"]["listen"], token)

    def raw(self, path: str) -> Any:
        return self._browser.get(path)

    def alerts(self, feed: str = "signs") -> list[Any]:
        seen = self._browser.get(f"/cap/{feed}")
        if seen.status == 503:
            return []
        assert seen.status == 200, seen.body
        found = fromstring(seen.body).findall(f"{ATOM}entry/{ATOM}content/{CAP}alert")
        return list(found)

    def newest(self) -> dict[str, str]:
        found = self.alerts()
        return {one.tag.removeprefix(CAP): one.text or "" for one in found[0]} if found else {}


def notices(campus: School, output: str = "signs") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(
        one["notices"] for one in campus.status()["outputs"] if one["id"] == output
    )
    return found


def test_a_drill_a_press_its_end_and_a_restart_between_as_a_sign_sees_them(campus: School) -> None:
    sign = Sign(campus, "Sign in the hall")
    wait_for("an open feed", lambda: sign.raw("/cap/signs").status == 200)
    assert sign.alerts() == []

    assert campus.cli("press", "pb-native", "--drill").returncode == 0
    wait_for("the drill on the sign", lambda: sign.newest().get("status") == "Exercise")
    drilled = sign.newest()
    assert (drilled["msgType"], drilled["scope"]) == ("Alert", "Restricted")
    assert drilled["note"].startswith("DRILL")

    campus.broker.press("pb-native", "hold", "real-1")
    campus.until_secured()
    wait_for("the press on the sign", lambda: sign.newest().get("status") == "Actual")
    real = sign.newest()
    assert real["msgType"] == "Alert"
    assert [one.findtext(f"{CAP}status") for one in sign.alerts()] == ["Actual", "Exercise", "Exercise"]
    # What the sign was given is evidence; what nobody fetched is none, and what was never tried out tells nobody.
    wait_for(
        "evidence",
        lambda: [(n["state"], n["told"], n["of"]) for n in notices(campus)] == [("received", 1, 1)],
    )
    assert {one["code"] for one in notices(campus, "untried")} == {"not_commissioned"}
    assert sign.alerts("untried") == []

    campus.restart()
    wait_for("the page", lambda: campus.health("healthz") == 200)
    wait_for(
        "the same message after a restart", lambda: sign.newest().get("identifier") == real["identifier"]
    )
    assert len(sign.alerts()) == 3
    wait_for("evidence anew", lambda: {n["state"] for n in notices(campus)} == {"received"})

    whole = sign.raw(f"/cap/signs/{real['identifier']}")
    assert (whole.status, faults(whole.body)) == (200, [])
    assert b"Encierro." in whole.body

    assert campus.cli_close("over").returncode == 0
    wait_for("the end", lambda: sign.newest().get("msgType") == "Cancel")
    over = sign.newest()
    assert over["references"] == f"flow-school,{real['identifier']},{real['sent']}"
    assert all(
        faults(sign.raw(f"/cap/signs/{one.findtext(f'{CAP}identifier')}").body) == [] for one in sign.alerts()
    )


def test_a_feed_is_nobodys_without_a_token_and_shows_nothing_that_makes_no_public_sign(
    campus: School,
) -> None:
    sign = Sign(campus, "Sign in the gym")
    before = [one.findtext(f"{CAP}identifier") for one in sign.alerts()]
    open_to_all = Browser(campus.tree["web"]["listen"])
    assert {open_to_all.get(one).status for one in ("/cap/signs", "/cap/signs/x")} == {401}
    assert sign.raw("/cap/nothing").status == 404
    assert sign.raw("/cap/signs/nothing").status == 404

    campus.broker.press("pb-native", "single", "help-1")
    campus.until("help is asked for", lambda now: now["incidents"])
    assert campus.cli_close("over").returncode == 0
    campus.until("it is over", lambda now: not now["incidents"])
    assert [one.findtext(f"{CAP}identifier") for one in sign.alerts()] == before
