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
from tests.flow.rig import flags
from tests.flow.waiting import wait_for


def figures(api: Served) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = api.send("GET", "/metrics")
    assert answer.status == 200
    return {
        (one.name, tuple(one.labels.values())): one.value
        for family in text_string_to_metric_families(answer.body.decode())
        for one in family.samples
    }


NOT_BASE = {
    "milliseconds",
    "microseconds",
    "nanoseconds",
    "ms",
    "us",
    "ns",
    "minutes",
    "hours",
    "days",
    "percent",
}
"""Prometheus, Metric and label naming, "Base units"."""
FORMS = ("counter", "gauge", "histogram", "summary", "untyped", "info")


def complaints(text: str) -> list[str]:
    """What `promtool check metrics` (prometheus/client_golang, testutil/promlint) says of an exposition, and more."""
    found, seen = [], set()
    for family in text_string_to_metric_families(text):
        name, form = family.name, family.type
        exposed = f"{name}_total" if form == "counter" else name
        if exposed in seen:
            found.append(f"{name}: told twice")
        seen.add(exposed)
        if not re.fullmatch(r"campus_edge(_[a-z]+)+", name):
            found.append(f"{name}: not in snake case, or not ours")
        if not family.documentation:
            found.append(f"{name}: no HELP")
        if form not in FORMS or form == "untyped":
            found.append(f"{name}: no TYPE")
        if form == "counter" and f"# TYPE {exposed} counter" not in text:
            found.append(f"{name}: a counter that does not end with _total")
        if form != "counter" and name.endswith("_total"):
            found.append(f"{name}: no counter, and ends with _total")
        if form not in ("histogram", "summary") and name.endswith(("_count", "_sum", "_bucket")):
            found.append(f"{name}: a suffix of histograms")
        found += [f"{name}: names its form" for part in name.split("_") if part in FORMS[:4]]
        found += [f"{name}: no base unit" for part in name.split("_") if part in NOT_BASE]
        for sample in family.samples:
            if form != "histogram" and {"le", "quantile"} & set(sample.labels):
                found.append(f"{name}: a label of histograms")
            if not all(re.fullmatch(r"[a-z]+", label) for label in sample.labels):
                found.append(f"{name}: a label that is no word")
    return found


def test_names_follow_prometheus_conventions(api: Served) -> None:
    text = api.send("GET", "/metrics").body.decode()
    assert complaints(text) == []


def test_what_breaks_a_convention_is_found() -> None:
    text = (
        "# TYPE campus_edge_lag_ms gauge\ncampus_edge_lag_ms 1\n# TYPE other_x_total gauge\nother_x_total 1\n"
    )
    assert len(complaints(text)) >= 5


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("press_to_last_written_seconds", "histogram"),
        ("press_to_last_proven_seconds", "histogram"),
        ("press_unproven_doors", "histogram"),
        ("doors", "gauge"),
        ("evidence_age_seconds", "gauge"),
        ("inbox_waiting_events", "gauge"),
        ("inbox_shed_events", "counter"),
        ("loop_lag_seconds", "histogram"),
        ("journal_recording", "gauge"),
        ("journal_waiting_rows", "gauge"),
        ("views_waiting_items", "gauge"),
        ("tasks", "gauge"),
        ("page_listeners", "gauge"),
        ("stream_listeners", "gauge"),
        ("build_info", "gauge"),
    ],
)
def test_all_that_was_asked_for_is_told(api: Served, name: str, form: str) -> None:
    """Issue 3, C15: press to last written and proven, verdicts, ages, lanes, loop lag, journal, views."""
    text = api.send("GET", "/metrics").body.decode()
    family = {one.name: one for one in text_string_to_metric_families(text)}[f"campus_edge_{name}"]
    assert family.type == form
    assert family.samples


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
    api.campus.until("the book has raised its own flags", lambda now: "devices_unknown" in flags(now))
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
