"""`/metrics`: names by convention, figures of real presses, nothing silent, and only for whom it is."""

import re

import pytest
from aiohttp.test_utils import make_mocked_request
from prometheus_client.parser import text_string_to_metric_families

from edge.config.pack_rights import shipped_rights
from edge.people.caller import Caller
from edge.web.metrics import allow
from edge.web.problem import Problem
from edge.web.route import Visit
from rules.model.ids import Actor
from rules.rights import ROLES, Role
from tests.edge.web.api.served import Served
from tests.flow.waiting import wait_for


def figures(api: Served) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = api.send("GET", "/metrics")
    assert answer.status == 200
    return {
        (one.name, tuple(one.labels.values())): one.value
        for family in text_string_to_metric_families(answer.body.decode())
        for one in family.samples
    }


def test_names_follow_prometheus_conventions(api: Served) -> None:
    text = api.send("GET", "/metrics").body.decode()
    names = set(re.findall(r"^# TYPE (\S+) (\S+)", text, re.MULTILINE))
    assert len(names) > 15
    for name, form in names:
        assert re.fullmatch(r"campus_edge_[a-z_]+", name)
        assert not name.endswith(("_created", "_ms", "_us", "_count", "_sum"))
        assert name.endswith("_total") == (form == "counter"), name
    assert all(f"# HELP {name} " in text for name, _ in names)


def test_a_press_is_measured_to_its_last_door_written_and_proven(api: Served) -> None:
    def count(name: str) -> float:
        return figures(api)[(f"campus_edge_press_to_last_{name}_seconds_count", ())]

    before = count("written"), count("proven")
    api.campus.broker.press("pb-native", "hold", "measured")
    api.campus.until_secured()

    wait_for("it was measured", lambda: (count("written"), count("proven")) == (before[0] + 1, before[1] + 1))
    now = figures(api)
    assert now["campus_edge_doors", ("secured",)] == 3
    assert now["campus_edge_incidents", ("real",)] == 1
    assert now["campus_edge_armed", ()] == 1
    assert 0 <= now["campus_edge_evidence_age_seconds", ("plc",)] < 5
    assert now["campus_edge_loop_lag_seconds_count", ()] > 0
    assert now["campus_edge_journal_recording", ()] == 1


def test_a_duress_press_counts_nowhere(api: Served) -> None:
    named = ("incidents", "unanswered", "flags", "press_")
    before = {name: value for name, value in figures(api).items() if name[0][12:].startswith(named)}
    api.campus.broker.press("pb-duress", "single", "d-figures")
    api.campus.until("duress is live", lambda now: any(one["silent"] for one in now["incidents"]))
    after = figures(api)
    assert before == {name: after[name] for name in before}


class _Office:
    rights = shipped_rights()


def visit(role: Role | None) -> Visit:
    caller = None if role is None else Caller(Actor("token:x"), role, "token")
    return Visit(make_mocked_request("GET", "/metrics"), _Office(), caller)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", [None, *ROLES])
def test_from_elsewhere_only_the_right_reads_them(role: Role | None) -> None:
    allow("127.0.0.1", visit(role))
    if role is not None and shipped_rights().may(role, "metrics"):
        allow("10.20.0.9", visit(role))
        return
    with pytest.raises(Problem) as refused:
        allow("10.20.0.9", visit(role))
    assert refused.value.status == (401 if role is None else 403)
