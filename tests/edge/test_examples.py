"""The shipped Node-RED flow follows topics that are published and reads fields that are in them."""

import json
import re
from fnmatch import fnmatch
from pathlib import Path

from edge.topics import messages, payload
from tests.edge.campus import D1, NOON, PLAN, STARTED, locked_down

FLOW = json.loads((Path(__file__).parents[2] / "config" / "node-red-campus.json").read_text())


def test_the_node_red_flow_reads_what_is_published() -> None:
    said = messages(PLAN, locked_down({D1: "secured"}), "epoch", STARTED)
    followed = [node["topic"] for node in FLOW if node["type"] == "mqtt in"]
    fields: set[str] = set()
    for topic in followed:
        found = [one for one in said if fnmatch(one, topic.replace("+", "*"))]
        assert found, f"nothing is published on {topic}"
        for one in found:
            fields |= json.loads(payload(said[one], NOON)).keys()
    (function,) = [node["func"] for node in FLOW if node["type"] == "function"]
    read = set(re.findall(r"\b(?:s|z|last)\.(\w+)", function))
    assert {"epoch", "number", "response", "kind", "at", "valid_for", "armed"} <= read
    assert read <= fields


def test_the_flow_writes_nothing_to_the_broker() -> None:
    assert not [node for node in FLOW if node["type"] == "mqtt out"]
