"""Checklists come in from files whole or not at all; a round is answered over days, each no one ticket, and is compared."""

from pathlib import Path

from tests.edge.web.api.served import Served
from tests.edge.web.enclosing import TYPE
from tests.edge.web.enclosing import sent as form_with

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


def test_a_checklist_comes_in_by_the_api_and_by_a_form_without_a_script_whole_or_not_at_all(
    api: Served,
) -> None:
    known = {**api.headers("technician", "session"), "Accept": "text/html"}
    place, table = "/api/v1/checklists/gate", {**known, "Content-Type": "text/csv"}
    rows = b"section,text\nGate,Does it close?\nGate,Is it lit?\n"
    bad = api.send("POST", f"{place}?title=Gate", rows + b"Gate,\n", table)
    assert (bad.status, bad.json["rows"][0]["line"]) == (409, 4), bad.body
    assert api.send("POST", place, rows, table).json["code"] == "checklist_untitled"
    assert api.send("POST", f"{place}?title=Gate", b"a,b\n", table).json["code"] == "checklist_unread"
    assert api.send("POST", f"{place}?title=Gate", b"a" * 2_000_000, table).status == 413
    assert api.send("POST", f"{place}?title=Gate", rows, {**known, "Content-Type": "text/x"}).status == 415
    assert api.send("POST", f"{place}?title=Gate&check=true", rows, table).status == 200
    assert "gate" not in {one["id"] for one in api.get("checklists").json["items"]}
    done = api.send("POST", f"{place}?title=Gate", rows, table)
    assert (done.status, done.json["questions"]) == (200, 2), done.body
    assert api.send("POST", f"{place}?title=Gate", rows, table).json["code"] == "checklist_known"

    form, to = {**known, "Content-Type": TYPE}, "/assessments/checklists"
    deep = b"a: " + b"[" * 5_000
    refused = api.send("POST", to, form_with(deep, ("checklist", "yard"), name="yard.yaml"), form)
    assert (refused.status, b"cannot be taken in" in refused.body) == (409, True)
    wrong = form_with(YAML.replace("lock,", "moon,").encode(), ("checklist", "yard"), name="yard.yaml")
    assert b"Line 2: There is no category moon." in api.send("POST", to, wrong, form).body
    good = form_with(YAML.encode(), ("checklist", "yard"), ("title", "Yard"), name="yard.yaml")
    taken = api.send("POST", to, good, form)
    assert (taken.status, taken.headers["location"]) == (303, "/assessments")
    assert api.send("POST", to, good, {**form, **api.headers("viewer", "session")}).status == 403
    listed = {one["id"]: one["title"] for one in api.get("checklists").json["items"]}
    assert (listed["gate"], listed["yard"]) == ("Gate", "Yard")
    assert list(api.campus.store.glob("import-*")) == []

    cli = api.campus.cli
    assert cli("assessment", "begin", "gate").returncode == 0
    number = str(
        next(one["number"] for one in api.get("assessments").json["items"] if one["checklist"] == "gate")
    )
    answered = cli("assessment", "answer", number, "q-1", "no", "--comment", "Rusty")
    assert (answered.returncode, "ticket" in answered.stdout) == (0, True), answered.stderr
    assert cli("assessment", "answer", number, "q-9", "yes").returncode == 1
    item = api.get(f"assessments/{number}").json["items"][0]
    assert api.get(f"tickets/{item['ticket']}").json["title"] == "Does it close?"
    assert cli("assessment", "end", number).returncode == 0
