"""Checklists come in from files whole or not at all; a round is answered over days, each no one ticket, and is compared."""

from pathlib import Path

from tests.edge.web.api.served import Served

YAML = """\
title: Campus walk
sections:
  - section: Perimeter
    questions:
      - {question: p-1, text: "Are all exterior doors numbered?"}
      - {question: p-2, text: "Does every lock work?", category: lock, weight: safety}
  - section: Classrooms
    questions: ["Can every door be locked from inside?"]
"""


def test_each_no_of_a_checklist_becomes_one_ticket_and_the_next_round_knows_it(
    api: Served, tmp_path: Path
) -> None:
    cli = api.campus.cli
    file, table = tmp_path / "walk.yaml", tmp_path / "walk.csv"
    file.write_text(YAML)
    table.write_text(
        "Question,Section,Text,Category\nq 1,A,Is it?,\nq-2,A,Is it?,moon\nq-3,,Is it?,\nq-2,A,Is it?\n"
    )
    refused = cli("import", "checklist", str(table), "--id", "walk", "--title", "Walk")
    assert (refused.returncode, "walk.csv:5: it has 3 cells" in refused.stderr) == (1, True)
    table.write_text(table.read_text().rpartition("q-2")[0] + "q-3,A,Is it?,\n")
    assert (
        "stands in line 4 already"
        in cli("import", "checklist", str(table), "--id", "walk", "--title", "Walk").stderr
    )
    table.write_text(table.read_text().rpartition("q-3")[0])
    refused = cli("import", "checklist", str(table), "--id", "walk", "--title", "Walk")
    for line, why in ((2, "is no id of a question"), (3, "There is no category moon"), (4, "cannot be")):
        assert f"walk.csv:{line}:" in refused.stderr
        assert why in refused.stderr
    assert api.get("checklists").json["items"] == []

    done = cli("import", "checklist", str(file), "--id", "walk")
    assert done.returncode == 0, done.stderr
    assert "taken in before" in cli("import", "checklist", str(file), "--id", "walk").stderr
    begun = api.post("assessments", {"checklist": "walk"}, "administrator")
    assert begun.status == 200, begun.body
    place = f"assessments/{begun.json['number']}"
    assert api.post("assessments", {"checklist": "walk"}, "administrator").json["code"] == "assessed_already"
    for word, comment in (("no", "North side"), ("no", "")):
        said = {"question": "p-2", "answer": word, "comment": comment}
        assert api.post(f"{place}/answers", said, "staff").status == 200
    assert api.post(f"{place}/answers", {"question": "q-3", "answer": "yes"}, "staff").status == 200
    assert api.post(f"{place}/answers", {"question": "q-9", "answer": "yes"}, "staff").status == 404
    assert api.post(f"{place}/answers", {"question": "p-1", "answer": "yes"}, "viewer").status == 403
    one = api.get(place).json
    assert (one["answered"], one["questions"], one["no"]) == (2, 3, 1)
    (wrong,) = [item for item in one["items"] if item["ticket"]]
    assert (wrong["id"], wrong["section"], wrong["comment"], wrong["ticket_open"]) == (
        "p-2",
        "Perimeter",
        "",
        True,
    )
    ticket = api.get(f"tickets/{wrong['ticket']}").json
    assert (ticket["title"], ticket["category"], ticket["weight"]) == (
        "Does every lock work?",
        "lock",
        "safety",
    )
    assert ticket["text"] == "Does every lock work?\nNorth side"

    assert api.post(f"{place}/end", {}, "administrator").status == 200
    assert "began" in cli("assessment", "begin", "walk").stdout
    later = api.get("assessments").json["items"][0]["number"]
    assert (
        api.post(f"assessments/{later}/answers", {"question": "p-2", "answer": "no"}, "staff").status == 200
    )
    again = api.get(f"assessments/{later}").json
    assert (again["former"], again["former_no"]) == (begun.json["number"], 1)
    assert [(item["was"], item["ticket"]) for item in again["items"]] == [
        (None, 0),
        ("no", wrong["ticket"]),
        ("yes", 0),
    ]
    assert "Does every lock work?" in cli("assessment", "show", str(later)).stdout
    assert "walk" in cli("assessment", "list").stdout
    assert cli("assessment", "end", str(later)).returncode == 0
    assert cli("assessment", "show", "99").returncode == 1
    for path in ("/assessments", f"/assessments/{later}"):
        shown = api.send("GET", path, None, api.headers("staff", "session"))
        assert (shown.status, b"Campus walk" in shown.body) == (200, True)
