"""Every route of the one table, asked by every role's session with a second factor and without, by the cookie of before
it was proven, by a lapsed session and a token, by a revoked one and by none; what answers HEAD, by HEAD too.

What is expected is derived from `rules/packs/rights.yaml` alone.
"""

import re

import pytest

from edge.config.pack_rights import shipped_rights
from edge.web.application import SAFE
from edge.web.route import Route
from edge.web.routes import ROUTES
from rules.rights import ALWAYS, IN_QUIET, NEVER_BY_TOKEN, RIGHTS, ROLES, Role
from tests.edge.web.api.served import By, Served

OF_EACH_GATE = {(one.right, one.page, one.method in SAFE, one.own_factor): one for one in ROUTES}.values()
"""A route of each kind that the gate tells apart: every route is asked by sessions, these by everybody else."""
RIGHT_KINDS: tuple[By, ...] = ("session", "unproven", "replaced", "lapsed", "token")


def asked(api: Served, route: Route, role: str, by: By) -> int:
    """The status that somebody gets who asks for nothing that could be done."""
    path = re.sub(r"{\w+(:[^}]*)?}", "no-such-thing", route.path)
    headers = api.headers(role, by)
    if route.method == "POST":
        # A body that is no JSON: past the gate it is refused before anything is done.
        return api.send("POST", path, b"[", {**headers, "Content-Type": "application/json"}).status
    if route.path.endswith("/stream"):
        # A place in the record that is none: past the gate it is refused before it begins to stream.
        return api.send("GET", f"{path}?after=nowhere", None, headers).status
    answers = {api.send(method, path, None, headers).status for method in route.methods}
    assert len(answers) == 1, f"{path}: HEAD and GET differ"
    return answers.pop()


def expected(route: Route, role: Role, by: By) -> set[int] | None:
    """The gate's answer while nothing is live, None where it lets in."""
    if route.right == "open":
        return None
    refused = {303} if route.page and route.method in SAFE else {401}
    if by in ("none", "revoked"):
        return refused
    if route.right == "own":
        return {"session": None, "unproven": None, "token": {403}}.get(by, refused)
    table = shipped_rights()
    allowed = route.right in table.rights.get(role, frozenset())
    # A guest's are `tests/flow/test_roles.py` while something is.
    allowed = allowed and (role not in table.only_live or route.right in IN_QUIET)
    if by in ("lapsed", "replaced") and (route.right not in ALWAYS or not allowed):
        return refused if route.page and route.method in SAFE else {401}
    if by == "token" and route.right in NEVER_BY_TOKEN:
        return {403}
    if by == "unproven" and allowed and route.right in table.second_factor and not route.own_factor:
        # A page leads to where it is confirmed; a form and the API say what to do.
        return {303} if route.page and route.method in SAFE else {403}
    return None if allowed else {403}


def test_a_route_without_a_right_cannot_exist() -> None:
    for route in ROUTES:
        assert route.right in ("open", "own") or route.right in RIGHTS


def test_only_what_opens_a_release_session_or_needs_one_asks_for_its_own_factor() -> None:
    """Each time, and not once a session: a new such route is a decision, it stands here or it does not stand."""
    assert {(route.method, route.path) for route in ROUTES if route.own_factor} == {
        ("GET", "/release"),
        ("POST", "/release/open"),
        ("POST", "/release"),
        ("POST", "/api/v1/release-session"),
        ("POST", "/api/v1/incidents/{id}/release"),
        ("POST", "/api/v1/doors/{id}/unlock"),
    }


@pytest.mark.parametrize("path", ["incidents/inc-1/close", "unanswered/x/answer"])
def test_what_ends_something_tells_a_session_by_password_alone_where_to_confirm(
    api: Served, path: str
) -> None:
    said = {"answer": "dismiss", "reason": "x"} if path.endswith("answer") else {"reason": "over"}
    refused = api.post(path, said, "administrator", "unproven")
    assert (refused.status, refused.json["code"]) == (403, "second_factor")
    assert "/confirm" in refused.json["detail"]


def test_doors_stay_shut_to_a_session_by_password_alone_until_it_gives_a_factor(api: Served) -> None:
    api.start()
    for path in ("incidents/x/release", "doors/tcp-1/unlock"):
        said = {"reason": "x"} if path.startswith("doors") else {"reason": "x", "doors": ["tcp-1"]}
        refused = api.post(path, said, "administrator", "unproven")
        assert refused.status in (403, 404), refused.body
    assert api.post("doors/tcp-1/unlock", {"reason": "x"}, "responder", "unproven").json["code"] == (
        "no_release_session"
    )


def test_nothing_stands_before_a_start_by_password_alone(api: Served) -> None:
    said = {"response": "lockdown", "zones": ["flow-school"], "kind": "real", "reason": "shots heard"}
    assert api.post("incidents", said, "staff", "unproven").status == 200


def test_only_what_tells_nothing_is_open() -> None:
    """A new open route is a decision: it stands here, or it does not stand."""
    api_open = {route.path for route in ROUTES if route.right == "open" and not route.page}
    assert {one for one in api_open if one.startswith("/api/")} == {"/api/v1/openapi.json"}


def test_no_path_is_served_twice() -> None:
    rows = [(route.method, route.path) for route in ROUTES]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("by", RIGHT_KINDS)
@pytest.mark.parametrize("role", ROLES)
def test_every_route_lets_in_whom_the_table_lets_in_and_nobody_else(
    shared_api: Served, role: Role, by: By
) -> None:
    for route in ROUTES if by == "session" else OF_EACH_GATE:
        status, gate = asked(shared_api, route, role, by), expected(route, role, by)
        where = f"{route.method} {route.path} as {role} by {by}: {status}"
        if gate is not None:
            assert status in gate, where
        else:
            assert status not in (401, 500), where
            assert status != 403 or route.page, where


@pytest.mark.parametrize("by", ["revoked", "none"])
def test_nobody_known_gets_nothing(shared_api: Served, by: By) -> None:
    for route in ROUTES:
        gate = expected(route, "administrator", by)
        status = asked(shared_api, route, "administrator", by)
        assert gate is None or status in gate, f"{route.method} {route.path}: {status}"


def test_a_write_by_cookie_from_another_site_is_refused(shared_api: Served) -> None:
    elsewhere: tuple[dict[str, str], ...] = (
        {},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    )
    cookie = shared_api.headers("administrator", "session")["Cookie"]
    for place, route in enumerate(one for one in ROUTES if one.method == "POST"):
        path = re.sub(r"{\w+(:[^}]*)?}", "x", route.path)
        for origin in elsewhere if place == 0 else (elsewhere[place % 3],):
            told = {"Cookie": cookie, "Content-Type": "application/json", **origin}
            answer = shared_api.send("POST", path, b"{}", told)
            assert answer.status == 403, f"{path} {origin}"
