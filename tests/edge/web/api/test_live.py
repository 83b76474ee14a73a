"""What the API shows of the live picture, and what writes do to it."""

from tests.edge.web.api.served import Served


def test_the_campus_is_one_document(api: Served) -> None:
    seen = api.get("campus", "viewer")

    assert seen.status == 200, seen.body
    campus = seen.json
    assert (campus["id"], campus["armed"], campus["timezone"]) == ("flow-school", True, "America/Chicago")
    assert campus["counts"]["doors"] == 3
    assert sum(campus["counts"]["verdicts"].values()) == 3
